"""Our key pair, by which platforms know us."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pylti1p3.registration import Registration

from playground.lti.models import ToolKey


def current() -> ToolKey:
    """The key pair, made now if there is none; two processes that ask at once get the same."""
    found: ToolKey | None = ToolKey.objects.order_by("-pk").first()
    if found is None:
        private, public = generate()
        found, _made = ToolKey.objects.get_or_create(
            pk=1, defaults={"private": private, "public": public}
        )
    return found


def key_set() -> dict[str, Any]:
    """The public keys as a JSON Web Key Set; never a private part."""
    current()
    return {"keys": [Registration.get_jwk(each.public) for each in ToolKey.objects.all()]}


def generate() -> tuple[str, str]:
    """A new key pair, private and public, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
