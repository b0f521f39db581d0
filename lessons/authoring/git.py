"""Fetches a lesson from a git repository, as a stranger's address asks for it.

Nothing is checked out: files are read from git's objects, so that no link, hook or filter of the
repository's means anything. The name is looked up once, and git connects to that address alone.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from lessons.authoring.files import BadFiles
from lessons.authoring.packing import MOST_ALL, MOST_FILE, MOST_FILES, checked_path

#: Seconds that a repository may take, and bytes that any file git writes may have.
_SECONDS, _MOST_PACK = 60, 64 << 20
#: Bytes of memory: what is packed small can be large, and trees can be written that never end.
_MOST_MEMORY = 2 << 30
#: Bytes of a list of files. A lesson has 250 of them.
_MOST_LISTED = 4 << 20
#: Names of hosts as people write them. No dot at the end: curl takes it away, and then the address
#: that was looked up is another name's.
_HOST = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\Z")
#: The first git that connects to the address that it is told (its release notes, 2.37).
_PINS = (2, 37)
_SETTINGS = (
    "protocol.allow=never",
    "protocol.https.allow=always",
    "http.followRedirects=false",
    "credential.helper=",
    "core.hooksPath=/dev/null",
    "core.askPass=",
    "transfer.fsckObjects=true",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    # One file, whose size is bounded, however few objects come.
    "transfer.unpackLimit=1",
    "pack.threads=1",
    "core.bigFileThreshold=8m",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=20",
)


@dataclass(frozen=True)
class Fetched:
    """Files by path, and the commit that they are of."""

    commit: str
    files: dict[str, bytes]


def checked_url(url: str) -> tuple[str, str, int]:
    """Return address, host and port; raises ``BadFiles`` for what may not be fetched from."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        host, port, parts = "", 0, urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 300
    named = _HOST.match(host.lower()) or ":" in host
    if parts.scheme != "https" or not named or not plain:
        raise BadFiles(_("A repository's address begins with https:// and has a host's name."))
    if parts.username or parts.password or "@" in parts.netloc:
        raise BadFiles(
            _("The address holds a name or a password: everybody who sees the draft would see it.")
        )
    if parts.query or parts.fragment:
        raise BadFiles(_("A repository's address has no ? and no #."))
    return url, host.lower(), port


def _address(host: str, port: int) -> str:
    """The address that git connects to; raises ``BadFiles`` for one that is nobody's business."""
    named = settings.AUTHORING_GIT_HOSTS
    if named and host not in named:
        raise BadFiles(
            _("Repositories are fetched from these hosts: %(hosts)s") % {"hosts": ", ".join(named)}
        )
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadFiles(_("There is no host %(host)s.") % {"host": host}) from None
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    for address in addresses:
        # A host that the operator names may be in the institution's own network.
        if host not in named and not is_public(address):
            raise BadFiles(
                _("%(host)s is in this machine's own network. An operator can allow it.")
                % {"host": host}
            )
    return str(addresses[0])


#: IPv6 networks whose last 32 bits are an IPv4 address that is reached through them.
_TRANSLATED = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "::/96")]


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is anybody's to connect to, also what it stands for."""
    inner: ipaddress.IPv4Address | ipaddress.IPv6Address = address
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or address
        if any(address in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner.is_global and not inner.is_multicast


def _pins() -> bool:
    """Whether this git connects to the address that it is told; an older one looks it up again."""
    said = subprocess.run(["git", "--version"], capture_output=True, text=True, timeout=10).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    return bool(found and (int(found[1]), int(found[2])) >= _PINS)


def fetch(url: str, branch: str = "") -> Fetched:
    """Return the files of a branch's newest commit; raises ``BadFiles``."""
    url, host, port = checked_url(url)
    if (
        branch.startswith("-")
        or not all(c.isalnum() or c in "-_./" for c in branch)
        or ".." in branch
    ):
        raise BadFiles(_("%(name)s is no branch.") % {"name": repr(branch[:80])})
    if shutil.which("git") is None:
        raise BadFiles(_("This site has no git: its operator can install it."))
    if host not in settings.AUTHORING_GIT_HOSTS and not _pins():
        oldest = ".".join(map(str, _PINS))
        said = _("This site's git is older than %(version)s: its operator can name trusted hosts.")
        raise BadFiles(said % {"version": oldest})
    address = _address(host, port)
    shown = f"[{address}]" if ":" in address else address
    pin = f"http.curloptResolve={host}:{port}:{shown}"
    with TemporaryDirectory(prefix="playground-git-") as scratch:
        where = Path(scratch, "it")
        one = ["--branch", branch] if branch else []
        _git(
            scratch, "clone", "--quiet", "--bare", "--depth", "1", "--single-branch", "--no-tags",
            "--no-recurse-submodules", *one, "--", url, str(where), settings=(*_SETTINGS, pin),
        )  # fmt: skip
        commit = _git(str(where), "rev-parse", "--verify", "HEAD^{commit}").decode().strip()
        return Fetched(commit, dict(_files(where, commit)))


def _files(where: Path, commit: str) -> Iterator[tuple[str, bytes]]:
    # Of a few small trees a repository can make more paths than there is memory.
    listed = _git(str(where), "ls-tree", "-r", "-z", "-l", commit, most=_MOST_LISTED)
    left = MOST_ALL
    entries = [each for each in listed.decode(errors="replace").split("\0") if each]
    kept = [each for each in entries if _is_wanted(each.partition("\t")[2])]
    if len(kept) > MOST_FILES:
        raise BadFiles(
            _("The repository has more than %(n)s files that a lesson can have.")
            % {"n": MOST_FILES}
        )
    for entry in kept:
        facts, _tab, path = entry.partition("\t")
        mode, kind, digest, size = facts.split()
        if kind != "blob" or mode not in ("100644", "100755"):
            continue  # links and other repositories are not followed
        if int(size) > MOST_FILE:
            continue  # no lesson's file is as large
        left -= int(size)
        if left < 0:
            raise BadFiles(_("The repository holds more than %(n)s MB.") % {"n": MOST_ALL >> 20})
        yield checked_path(path), _git(str(where), "cat-file", "blob", digest)


def _is_wanted(path: str) -> bool:
    hidden = any(part.startswith(".") for part in path.split("/"))
    return not hidden


def _git(
    where: str, *arguments: str, settings: tuple[str, ...] = _SETTINGS, most: int = 0
) -> bytes:
    """Run git, bounded in time, memory and in what it writes: files, and what it prints.

    Raises ``BadFiles`` with what it said.
    """
    configured = [word for each in settings for word in ("-c", each)]
    environ = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": where,
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https",
        "GIT_PROTOCOL_FROM_USER": "0",
    }
    # Where a machine trusts another authority, and the way out of its network.
    for name in ("GIT_SSL_CAINFO", "SSL_CERT_FILE"):
        if name in os.environ:
            environ[name] = os.environ[name]
    limits = [f"--fsize={most or _MOST_PACK}", f"--as={_MOST_MEMORY}", "--core=0"]
    bounded = ["prlimit", *limits, "--", "git", *configured, *arguments]
    # What it prints goes into files, for which the same bound holds.
    with TemporaryFile(dir=where) as out, TemporaryFile(dir=where) as said:
        process = subprocess.Popen(
            bounded, cwd=where, env=environ, stdin=subprocess.DEVNULL,
            stdout=out, stderr=said, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its helpers too
            process.wait()
            said_so = _("The repository took longer than %(n)s seconds.")
            raise BadFiles(said_so % {"n": _SECONDS}) from None
        for each in (out, said):
            each.seek(0)
        if process.returncode:
            words = said.read(1 << 16).decode(errors="replace")
            last = [line for line in words.splitlines() if line.strip()]
            why = " ".join(last[-2:])[:300].replace(where, "")
            raise BadFiles(
                _("git could not fetch it: %(why)s") % {"why": why or process.returncode}
            )
        return out.read()
