"""What web processes and nodes know each other by: certificates of an authority of their own.

A node's certificate is for serving only and holds the node's name, which is what a web process
looks for; the address may change. A web process's is for asking only, so that no node can ask
another one. ``ca.key`` is needed to make certificates and on no machine that only uses them.
"""

from __future__ import annotations

import os
import ssl
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: Days that a certificate holds. Renew well before: the doctor warns of the last month.
CA_DAYS, DAYS, WARN_DAYS = 3650, 397, 30
#: The name of a web process's certificate.
WEB = "web"


def make_authority(folder: Path) -> None:
    """Make ``ca.pem`` and ``ca.key`` if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "ca.key").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Docker Playground nodes")])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        _builder(name, name, key, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / "ca.key", key)
    _write(folder / "ca.pem", made.public_bytes(serialization.Encoding.PEM), 0o644)


def make(folder: Path, name: str, group: int | None = None) -> Path:
    """Make (again) ``NAME.pem`` and ``NAME.key``, signed by the folder's authority.

    ``group`` may read the key too. Raises ``FileNotFoundError`` without ``ca.key``.
    """
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    use = ExtendedKeyUsageOID.CLIENT_AUTH if name == WEB else ExtendedKeyUsageOID.SERVER_AUTH
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        _builder(subject, authority.subject, key, DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    old = folder / f"{name}.key"
    if group is None and old.exists():  # whoever could read it before can read the new one
        group = old.stat().st_gid or None
    _write_key(old, key, group)
    path = folder / f"{name}.pem"
    _write(path, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return path


def days_left(path: Path) -> int:
    """Whole days until a certificate ends; raises ``OSError`` and ``ValueError``."""
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    return (ends - datetime.now(timezone.utc)).days


def web_context(folder: Path) -> ssl.SSLContext:
    """How a web process connects; raises ``OSError`` if its certificate is not there."""
    return _web_context(folder, (folder / f"{WEB}.pem").stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _web_context(folder: Path, _: int) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(folder / "ca.pem"))
    return _load(context, folder, WEB)


def node_context(folder: Path, name: str) -> ssl.SSLContext:
    """How a node serves: to those alone who show a web process's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    return _load(context, folder, name)


def reload(context: ssl.SSLContext, folder: Path, name: str) -> None:
    """Have new connections use a renewed certificate; those that are open go on."""
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")


def _load(context: ssl.SSLContext, folder: Path, name: str) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    reload(context, folder, name)
    return context


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A day back: clocks of machines differ.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey, group: int | None = None) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(path, text, 0o600 if group is None else 0o640, group)


def _write(path: Path, data: bytes, mode: int, group: int | None = None) -> None:
    """Write as a whole or not at all, never readable to more than ``mode`` says."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        if group is not None:
            os.fchown(file.fileno(), -1, group)
        os.fchmod(file.fileno(), mode)
    scratch.rename(path)
