"""One address of Redis, as the channel layer, Celery and Django's cache each want it.

============================================  =====================================
``unix:///run/redis.sock``                    a unix socket
``redis://user:password@host:6379/0``         one server
``rediss://…?ssl_ca_certs=/etc/ca.pem``       the same by TLS
``redis+sentinel://:password@a:26379,b/NAME`` the master that sentinels know as NAME
``rediss+sentinel://…``                       the same, servers and sentinels by TLS
============================================  =====================================
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from redis import asyncio as asynchronous
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.sentinel import Sentinel, SentinelConnectionPool

#: Seconds to connect.
_CONNECT = 5
#: A server whose machine is gone says nothing more: TCP itself has to notice, after some ten
#: seconds, for reads block for as long as nothing happens.
_ALIVE: dict[str, Any] = {
    "socket_connect_timeout": _CONNECT,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        socket.TCP_KEEPIDLE: 5,
        socket.TCP_KEEPINTVL: 2,
        socket.TCP_KEEPCNT: 3,
    },
}
_TEXTS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_SENTINELS = ("sentinel_username", "sentinel_password")
_VERIFIED = {"required", "none"}


@dataclass(frozen=True)
class RedisServer:
    """Where Redis is. Certificates are checked unless the address says otherwise."""

    #: ``unix``, or empty with hosts.
    path: str = ""
    #: The server, or the sentinels if ``master`` has a name.
    hosts: tuple[tuple[str, int], ...] = ()
    master: str = ""
    db: int = 0
    #: ``username`` and ``password`` of the server, and of the sentinels.
    login: dict[str, str] = field(default_factory=dict)
    sentinel_login: dict[str, str] = field(default_factory=dict)
    #: redis-py's ``ssl_…``; none without TLS.
    tls: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, name: str, url: str) -> RedisServer:
        """Read an address; raises ``ValueError`` that names the variable, never the password."""
        try:
            return cls._read(url)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    @classmethod
    def _read(cls, url: str) -> RedisServer:
        # Apart from the rest: Python takes one host in brackets, and there may be several.
        before, _, rest = url.partition("://")
        netloc = re.split(r"[/?#]", rest, maxsplit=1)[0]
        parts = urlsplit(f"{before}://{rest[len(netloc) :]}")
        scheme, _, sentinel = parts.scheme.partition("+")
        options = dict(parse_qsl(parts.query))
        if parts.scheme == "unix":
            db = _db(options.get("db", ""))
            return cls(path=unquote(parts.path), db=db, login=_login(netloc))
        if scheme not in ("redis", "rediss") or sentinel not in ("", "sentinel"):
            raise ValueError(
                f"{parts.scheme}:// is none of unix://, redis://, rediss://, redis+sentinel://, "
                "rediss+sentinel://"
            )
        words = [unquote(each) for each in parts.path.strip("/").split("/") if each]
        master = words.pop(0) if sentinel and words else ""
        if sentinel and not master:
            raise ValueError("after the sentinels comes the name of what they watch: …:26379/NAME")
        if len(words) > 1:
            raise ValueError(f"{parts.path} has too many parts")
        address = netloc.rpartition("@")[2]
        hosts = tuple(_host(each, 26379 if sentinel else 6379) for each in address.split(","))
        if not sentinel and len(hosts) > 1:
            raise ValueError("several hosts are for redis+sentinel://")
        names = {"sentinel_username": "username", "sentinel_password": "password"}
        found = cls(
            hosts=hosts,
            master=master,
            db=_db(words[0] if words else ""),
            login=_login(netloc),
            sentinel_login={names[key]: options.pop(key) for key in _SENTINELS if key in options},
            tls=_tls(options) if scheme == "rediss" else {},
        )
        if options:
            raise ValueError(f"it knows no {', '.join(sorted(options))}")
        return found

    def channel_layer(self) -> dict[str, Any]:
        """An entry of channels-redis' ``hosts``.

        The layer waits in blocking reads for as long as nothing happens; redis-py 8 would cut those
        off after its default of five seconds.
        """
        if not self.master:
            return {
                "address": self._url(),
                "socket_timeout": None,
                **self._kept_alive(),
                **self.tls,
            }
        return {
            "sentinels": list(self.hosts),
            "master_name": self.master,
            "sentinel_kwargs": self._to_sentinels(),
            "db": self.db,
            "socket_timeout": None,
            **_ALIVE,
            **self.login,
            **self._tls_on(),
        }

    def broker(self) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
        """Celery's ``broker_url``, ``broker_transport_options`` and ``broker_use_ssl``."""
        options: dict[str, Any] = {"socket_timeout": None, **self._kept_alive()}
        if not self.master:
            url = (
                self._url()
                .replace("unix://", "redis+socket://", 1)
                .replace("?db=", "?virtual_host=")
            )
            return url, options, self.tls or None
        login = _written(self.login)
        url = ";".join(
            f"sentinel://{login}{_bracketed(host)}:{port}/{self.db}" for host, port in self.hosts
        )
        options |= {"master_name": self.master, "sentinel_kwargs": self._to_sentinels()}
        return url, options, self.tls or None

    def cache(self) -> dict[str, Any]:
        """``LOCATION`` and ``OPTIONS`` of Django's own cache in Redis."""
        if not self.master:
            return {"LOCATION": self._url(), "OPTIONS": {**self._kept_alive(), **self.tls}}
        sentinels: Any = Sentinel(self.hosts, sentinel_kwargs=self._to_sentinels())  # type: ignore[no-untyped-call]
        return {
            "LOCATION": f"redis://{quote(self.master)}/{self.db}",
            "OPTIONS": {
                "pool_class": SentinelConnectionPool,
                "service_name": self.master,
                "sentinel_manager": sentinels,
                **_ALIVE,
                **self.login,
                **self._tls_on(),
            },
        }

    def client(self, seconds: float) -> asynchronous.Redis:
        """A client of one's own, which waits so long for an answer; to be closed."""
        if not self.master:
            return asynchronous.Redis.from_url(self._url(), socket_timeout=seconds, **self.tls)
        options: dict[str, Any] = {"db": self.db, **self.login, **self._tls_on()}
        sentinels: Any = AsyncSentinel(self.hosts, sentinel_kwargs=self._to_sentinels())  # type: ignore[no-untyped-call]
        found: asynchronous.Redis = sentinels.master_for(
            self.master, socket_timeout=seconds, **options
        )
        return found

    def _url(self) -> str:
        if self.path:
            return f"unix://{_written(self.login)}{quote(self.path)}" + (
                f"?db={self.db}" if self.db else ""
            )
        host, port = self.hosts[0]
        scheme = "rediss" if self.tls else "redis"
        return f"{scheme}://{_written(self.login)}{_bracketed(host)}:{port}/{self.db}"

    def _kept_alive(self) -> dict[str, Any]:
        return {} if self.path else _ALIVE

    def _tls_on(self) -> dict[str, Any]:
        return {"ssl": True, **self.tls} if self.tls else {}

    def _to_sentinels(self) -> dict[str, Any]:
        return {**_ALIVE, "socket_timeout": _CONNECT, **self.sentinel_login, **self._tls_on()}


def servers(environ: Mapping[str, str], socket_path: str) -> tuple[RedisServer, ...]:
    """Where channel layer, broker and cache are: all in one place but for what is given apart.

    ``socket_path`` is the private Redis of this machine. Raises ``ImproperlyConfigured``.
    """
    found = [RedisServer(path=socket_path)] * 3
    for index, kind in enumerate(("REDIS", "BROKER", "CACHE")):
        name = f"PLAYGROUND_{kind}_URL"
        if not (url := environ.get(name)):
            continue
        try:
            found[index] = RedisServer.read(name, url)
        except ValueError as error:
            raise ImproperlyConfigured(str(error)) from None
        if kind == "REDIS":
            found = found[:1] * 3
    return tuple(found)


def _db(text: str) -> int:
    if text and not text.isdigit():
        raise ValueError(f"{text!r} is no number of a database")
    return int(text or 0)


def _host(text: str, port: int) -> tuple[str, int]:
    found = urlsplit(f"//{text}")
    if not found.hostname:
        raise ValueError(f"{text!r} is no host")
    return found.hostname, found.port or port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _login(netloc: str) -> dict[str, str]:
    name, _, password = netloc.rpartition("@")[0].partition(":")
    given = {"username": unquote(name), "password": unquote(password)}
    return {key: value for key, value in given.items() if value}


def _written(login: dict[str, str]) -> str:
    if not login:
        return ""
    name, password = (quote(login.get(key, ""), safe="") for key in ("username", "password"))
    return f"{name}:{password}@"


def _tls(options: dict[str, str]) -> dict[str, Any]:
    """Take what is about TLS out of the options."""
    found: dict[str, Any] = {key: options.pop(key) for key in _TEXTS if key in options}
    verified = options.pop("ssl_cert_reqs", "required")
    if verified not in _VERIFIED:
        raise ValueError(f"ssl_cert_reqs={verified!r} is none of {', '.join(sorted(_VERIFIED))}")
    named = options.pop("ssl_check_hostname", "true").lower() in ("1", "true", "yes", "on")
    found["ssl_cert_reqs"] = verified
    found["ssl_check_hostname"] = named and verified == "required"
    return found
