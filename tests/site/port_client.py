"""A browser on a port's origin, without the browser."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support import Host

if TYPE_CHECKING:
    from tests.site.conftest import Site


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class PortClient:
    """One student's browser, which has a session of the site's and passes of ports."""

    site: Site
    session: str
    host: str = ""
    cookie: str = ""
    sandbox: str = ""

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: object = None,
        host: str | None = None,
        cookie: str | None = None,
        **headers: str,
    ) -> Answer:
        connection, response = self.begin(path, method, body, host, cookie, **headers)
        with connection:
            return Answer(response.status, response.getheaders(), response.read())

    def begin(
        self,
        path: str,
        method: str = "GET",
        body: object = None,
        host: str | None = None,
        cookie: str | None = None,
        **headers: str,
    ) -> tuple[socket.socket, http.client.HTTPResponse]:
        """Send a request; the answer's body is still to be read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Host", self.host if host is None else host)
        if cookie is None:
            cookie = self.cookie
        if cookie:
            sent["Cookie"] = cookie
        connection.request(method, path, body=body, headers=sent)  # type: ignore[arg-type]
        stream = connection.sock
        return stream, connection.getresponse()

    def enter(self, port: int, to: str = "") -> str:
        """Go from the site to a port, as a click does; return the path where that leads."""
        path = f"/ports/{port}/" + (f"?to={to}" if to else "")
        answer = self.ask(path, host=self.site.address, cookie=self.session)
        assert answer.status == 302, answer.body
        url = urlsplit(answer.header("Location"))
        self.host = url.netloc
        ticket = url.query.removeprefix("ticket=").partition("%3A")[0]
        self.sandbox = json.loads(base64.urlsafe_b64decode(ticket + "==="))[0]
        entered = self.ask(f"{url.path}?{url.query}", cookie="")
        assert entered.status == 302, entered.body
        self.cookie = entered.header("Set-Cookie").partition(";")[0]
        return entered.header("Location")

    def raw(self, data: bytes, seconds: float = 5) -> bytes:
        """Send bytes as they are, return all that comes back until the end, or for a while."""
        with socket.create_connection(("127.0.0.1", self.site.port), timeout=seconds) as stream:
            stream.sendall(data)
            said = b""
            try:
                while piece := stream.recv(65536):
                    said += piece
            except TimeoutError:
                pass
            return said

    def head(self) -> bytes:
        """The lines that every request of this browser's has."""
        return f"Host: {self.host}\r\nCookie: {self.cookie}\r\n".encode()


def host_of(client: PortClient) -> Host:
    """The host of a student whose port was entered."""
    return Host(client.site.node.get(client.sandbox))
