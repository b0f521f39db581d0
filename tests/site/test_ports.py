"""A port in the browser: what passes, who gets in, what does not get out."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.site.port_client import PortClient, host_of

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
MEGABYTES = 500 if os.environ.get("PLAYGROUND_FULL") == "1" else 50


def digest_of(size: int) -> str:
    block = bytes(range(256)) * 256
    digest = hashlib.sha256()
    for _ in range(size // len(block)):
        digest.update(block)
    return digest.hexdigest()


# What passes.


@pytest.mark.parametrize("how", ["", "chunked", "close"])
def test_a_large_download(me: PortClient, how: str) -> None:
    size = MEGABYTES << 20
    me.ask("/big?n=65536")
    before = me.site.most_memory()
    stream, response = me.begin(f"/big?n={size}&how={how}")
    digest = hashlib.sha256()
    with stream:
        while piece := response.read(1 << 20):
            digest.update(piece)
    assert digest.hexdigest() == digest_of(size)
    assert me.site.most_memory() - before < 30 << 20


def test_one_who_reads_slowly_costs_no_memory(me: PortClient) -> None:
    before = me.site.most_memory()
    stream, response = me.begin(f"/big?n={200 << 20}")
    with stream:
        response.read(1000)
        time.sleep(2)
        assert me.site.most_memory() - before < 20 << 20


@pytest.mark.parametrize("how", ["length", "chunked"])
def test_a_large_upload(me: PortClient, how: str) -> None:
    before = me.site.most_memory()
    pieces = MEGABYTES * 16

    def body() -> Iterator[bytes]:
        for _ in range(pieces):
            yield bytes(range(256)) * 256

    headers = {"Content_Length": str(pieces << 16)} if how == "length" else {}
    said = me.ask("/up", "PUT", body(), **headers).json()
    assert said["size"] == pieces << 16
    assert said["sha256"] == digest_of(pieces << 16)
    named = {name.lower() for name, _ in said["headers"]}
    assert ("content-length" in named) == (how == "length")
    assert ("transfer-encoding" in named) == (how == "chunked")
    assert me.site.most_memory() - before < 30 << 20


def test_an_upload_that_waits_for_leave(me: PortClient) -> None:
    head = b"POST /up HTTP/1.1\r\n" + me.head() + b"Expect: 100-continue\r\nContent-Length: 5\r\n"
    with socket.create_connection(("127.0.0.1", me.site.port), timeout=10) as stream:
        stream.sendall(head + b"Connection: close\r\n\r\n")
        assert stream.recv(1000).startswith(b"HTTP/1.1 100")
        stream.sendall(b"hello")
        assert b'"size": 5' in b"".join(iter(lambda: stream.recv(65536), b""))


def test_an_event_arrives_before_the_next_is_sent(me: PortClient) -> None:
    stream, response = me.begin("/events")
    with stream:
        assert response.getheader("Content-Type") == "text/event-stream"
        assert response.readline() == b"data: one\n"
        me.ask("/go")
        assert response.read() == b"\ndata: two\n\n"


def test_methods_ranges_and_addresses(me: PortClient) -> None:
    assert me.ask("/page", "HEAD").body == b""
    assert me.ask("/page", "HEAD").header("Content-Length") == "42"
    assert me.ask("/headers", "DELETE").status == 200
    part = me.ask("/range", Range="bytes=10-19")
    assert (part.status, part.body) == (206, bytes(range(10, 20)))
    for path in ("/headers?a=%20b&c=d+e", "/headers?x=%2e%2e/é".replace("é", "%C3%A9")):
        assert me.ask(path).json()["path"] == path
    me.ask("/a/../b%2fc;d=1?e=?/")
    assert "GET /a/../b%2fc;d=1?e=?/" in me.ask("/seen").body.decode()


def test_what_the_server_is_told(me: PortClient) -> None:
    said = me.ask(
        "/headers",
        cookie=f"mine=1; {me.cookie}; other=2; __Host-playground-port=x; Playground-Port=y",
        X_Forwarded_For="6.6.6.6",
        X_Forwarded_Host="evil.example",
        Forwarded="for=6.6.6.6",
        Connection="close, X-Hop",
        X_Hop="1",
        TE="trailers",
        Accept_Encoding="gzip",
    ).json()
    headers = {name.lower(): value for name, value in said["headers"]}
    assert headers["host"] == me.host
    assert headers["cookie"] == "mine=1; other=2"
    assert headers["x-forwarded-for"] == "6.6.6.6"  # loopback is a proxy that the site believes
    assert headers["x-forwarded-host"] == me.host
    assert headers["x-forwarded-proto"] == "http"
    assert headers["accept-encoding"] == "gzip"
    assert not {"forwarded", "x-hop", "te", "user-agent"} & set(headers)
    assert "playground" not in json.dumps(said).replace(me.host, "").lower()


@pytest.mark.parametrize(
    ("to", "leads_to"),
    [
        ("/a?b=c", "/a?b=c"),
        ("next", "next"),
        ("http://localhost:8081/a?b#c", "http://HOST/a?b#c"),
        ("http://127.0.0.1:8081", "http://HOST/"),
        ("//localhost:8081/x", "http://HOST/x"),
        ("http://localhost/", "http://80--REST/"),
        ("http://localhost:9090/x", "http://9090--REST/x"),
        ("https://example.org/", "https://example.org/"),
        ("http://localhost:99999/", "http://localhost:99999/"),
    ],
)
def test_redirects(me: PortClient, to: str, leads_to: str) -> None:
    headers = quote(json.dumps({"Location": to}))
    answer = me.ask(f"/answer?status=302&headers={headers}")
    rest = me.host.partition("--")[2]
    assert answer.status == 302
    assert answer.header("Location") == leads_to.replace("HOST", me.host).replace("REST", rest)


def test_what_an_answer_may_not_say(me: PortClient) -> None:
    said = {
        "Clear-Site-Data": '"cookies"',
        "X-Accel-Redirect": "/internal/secret",
        "X-Sendfile": "/etc/passwd",
        "Alt-Svc": 'h3=":4433"',
        "Connection": "close, X-Private",
        "X-Private": "1",
        "X-Own": "kept",
        "Content-Encoding": "gzip",
        "Set-Cookie": "sessionid=evil; Domain=localhost; Path=/; HttpOnly",
    }
    answer = me.ask(f"/answer?headers={quote(json.dumps(said))}")
    names = {name.lower() for name, _ in answer.headers}
    assert not names & {"clear-site-data", "x-accel-redirect", "x-sendfile", "alt-svc", "x-private"}
    assert answer.header("X-Own") == "kept"
    assert answer.header("Content-Encoding") == "gzip" and answer.body == b"body"
    assert answer.header("Set-Cookie") == "sessionid=evil; Path=/; HttpOnly"
    assert len(re.findall("date", " ".join(names))) == 1
    for cookie in ("playground-port=x", "__Host-playground-port=x; Secure", "PlayGround-port=; a"):
        answer = me.ask(f"/answer?headers={quote(json.dumps({'Set-Cookie': cookie}))}")
        assert answer.header("Set-Cookie") == ""


def raw_answer(me: PortClient, data: bytes, accept: str = "text/html") -> tuple[int, str]:
    text = base64.urlsafe_b64encode(data).decode()
    answer = me.ask(f"/raw?data={text}", Accept=accept)
    return answer.status, answer.body.decode("latin-1")


def test_servers_that_speak_nonsense(me: PortClient) -> None:
    for data in (
        b"220 smtp.example ESMTP\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
    ):
        status, body = raw_answer(me, data)
        assert status == 502, data[:60]
        assert "does not speak HTTP" in body
    status, body = raw_answer(me, b"")
    assert status == 502 and "Nothing answers on this port" in body
    # Two answers where one is due: the second is nobody's.
    two = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 2
    assert raw_answer(me, two) == (200, "ok")
    assert me.ask("/page").body.endswith(b"hello")


def test_what_breaks_off_does_not_look_complete(me: PortClient) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        me.ask(f"/big?n={4 << 20}&how=broken")


def test_the_server_hears_that_the_browser_has_left(me: PortClient) -> None:
    stream, response = me.begin("/forever")
    assert response.read(5) == b"tick\n"
    stream.close()
    response.close()
    for _ in range(50):
        if me.ask("/left").body == b"True":
            return
        time.sleep(0.1)
    raise AssertionError("it was never told")


def websocket(me: PortClient, path: str = "/ws", **more: Any) -> ClientConnection:
    stream = socket.create_connection(("127.0.0.1", me.site.port))
    headers = {"Cookie": me.cookie} if "cookie" not in more else {"Cookie": str(more.pop("cookie"))}
    more.setdefault("origin", f"http://{me.host}")
    connection: ClientConnection = connect(
        f"ws://{me.host}{path}",
        sock=stream,
        additional_headers=headers,
        proxy=None,
        max_size=None,
        **more,
    )
    return connection


def test_a_websocket(me: PortClient) -> None:
    with websocket(me, subprotocols=["other", "chat"]) as socket_:
        assert socket_.subprotocol == "chat"
        headers = {name.lower(): value for name, value in json.loads(socket_.recv())}
        assert headers["origin"] == f"http://{me.host}" and headers["host"] == me.host
        assert "cookie" not in headers
        for message in ("", "hello 안녕", "x" * 70_000, b"\x00\xff" * 300):
            socket_.send(message)
            assert socket_.recv(10) == message
        socket_.send("bye")
        with pytest.raises(ConnectionClosed) as closed:
            socket_.recv(10)
        assert closed.value.rcvd and closed.value.rcvd.code == 4321
        assert closed.value.rcvd.reason == "as asked"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"cookie": "playground-port=x"}, 403),
        ({"cookie": ""}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://8081--aaaaaaaaaaaaaaaa.localhost"}, 403),
        ({"path": "/page"}, 502),
        ({"path": "/nothing"}, 404),
    ],
)
def test_websockets_that_are_refused(me: PortClient, change: dict[str, Any], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        websocket(me, **change)
    assert refused.value.response.status_code == status


# What is said when there is nothing.


def test_nothing_answers(me: PortClient) -> None:
    other = PortClient(me.site, me.session)
    for port in (9, 53, 22, 65535):
        other.enter(port)
        answer = other.ask("/x", Accept="text/html", Accept_Language="en")
        text = answer.body.decode()
        assert answer.status == 502
        assert "Nothing answers on this port" in text and "docker ps" in text
        assert f"-p {port}:80" in text and "/ports/8081/" in text
        assert "script-src 'sha256-" in answer.header("Content-Security-Policy")
    korean = other.ask("/x", Accept="text/html", Accept_Language="ko").body.decode()
    assert "이 포트에서 응답하는 것이 없습니다" in korean
    assert other.ask("/x").body == b"Nothing to see on port 65535.\n"


def test_a_published_port_without_a_program_behind_it(me: PortClient) -> None:
    host_of(me).sh("docker run -d --name idle -p 8090:80 busybox sleep 1000")
    other = PortClient(me.site, me.session)
    other.enter(8090)
    for _ in range(100):  # how far the request gets before it is dropped differs
        answer = other.ask("/", Accept="text/html", Accept_Language="en")
        assert answer.status == 502
        assert "Nothing answers on this port" in answer.body.decode()
        assert "script-src" in answer.header("Content-Security-Policy")


def test_a_udp_port_is_none(me: PortClient) -> None:
    host_of(me).sh(
        "docker run -d --name udp -p 5300:53/udp busybox sleep 1000; sleep 0.5; "
        "grep -q 14B4 /proc/net/udp"
    )
    other = PortClient(me.site, me.session)
    other.enter(5300)
    assert other.ask("/").status == 502
