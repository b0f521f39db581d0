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
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.site.conftest import Site
from tests.site.port_client import PortClient
from tests.site.terminal_page import TerminalPage
from tests.support import Host

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
SERVER = (Path(__file__).parent / "port_server.py").read_bytes()
MEGABYTES = 500 if os.environ.get("PLAYGROUND_FULL") == "1" else 50


def student(browser: Browser, site: Site) -> PortClient:
    """A new student with a host of their own."""
    context = browser.new_context(base_url=site.url, locale="en")
    page = context.new_page()
    TerminalPage(page).open()
    session = "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())
    page.close()
    client = PortClient(site, session)
    client.enter(8081)
    return client


def host_of(client: PortClient) -> Host:
    return Host(client.site.node.get(client.sandbox))


@pytest.fixture(scope="module")
def me(browser: Browser, site: Site) -> PortClient:
    client = student(browser, site)
    host = host_of(client)
    text = base64.b64encode(SERVER).decode()
    host.sh(f"mkdir -p /srv/it && echo {text} | base64 -d > /srv/it/server.py")
    host.sh("docker run -d --name it -p 8081:80 -v /srv/it:/it:ro python python3 /it/server.py")
    for _ in range(100):
        if client.ask("/page").status == 200:
            return client
        time.sleep(0.1)
    raise AssertionError(client.ask("/page", Accept="text/html").body.decode())


@pytest.fixture(scope="module")
def another(browser: Browser, site: Site) -> PortClient:
    return student(browser, site)


def digest_of(size: int) -> str:
    block = bytes(range(256)) * 256
    digest = hashlib.sha256()
    for _ in range(size // len(block)):
        digest.update(block)
    return digest.hexdigest()


def memory_of(site: Site) -> int:
    """The most that web process and hub together have had in memory, in bytes."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes()
            status = (folder / "status").read_text()
        except OSError:
            continue
        ours = f"PLAYGROUND_SERVE={site.var}".encode() in environ
        if ours and (b"uvicorn" in command or b"playground.hub" in command):
            found = re.search(r"VmHWM:\s+(\d+)", status)
            total += int(found[1]) << 10 if found else 0
    assert total
    return total


# What passes.


@pytest.mark.parametrize("how", ["", "chunked", "close"])
def test_a_large_download(me: PortClient, how: str) -> None:
    size = MEGABYTES << 20
    me.ask("/big?n=65536")
    before = memory_of(me.site)
    stream, response = me.begin(f"/big?n={size}&how={how}")
    digest = hashlib.sha256()
    with stream:
        while piece := response.read(1 << 20):
            digest.update(piece)
    assert digest.hexdigest() == digest_of(size)
    assert memory_of(me.site) - before < 30 << 20


def test_one_who_reads_slowly_costs_no_memory(me: PortClient) -> None:
    before = memory_of(me.site)
    stream, response = me.begin(f"/big?n={200 << 20}")
    with stream:
        response.read(1000)
        time.sleep(2)
        assert memory_of(me.site) - before < 20 << 20


@pytest.mark.parametrize("how", ["length", "chunked"])
def test_a_large_upload(me: PortClient, how: str) -> None:
    before = memory_of(me.site)
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
    assert memory_of(me.site) - before < 30 << 20


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


# Who gets in.


def test_nobody_without_a_pass(me: PortClient, another: PortClient) -> None:
    for cookie in ("", "playground-port=", "playground-port=a:b:c", me.session, another.cookie):
        answer = me.ask("/headers", cookie=cookie, Accept="text/html", Accept_Language="ko-KR,en")
        assert answer.status == 403
        assert "/ports/8081/" in answer.body.decode() and "포트" in answer.body.decode()
    # A pass is for one port of one host, under its one name.
    other_port = me.host.replace("8081--", "8082--")
    assert me.ask("/headers", host=other_port).status == 403
    assert me.ask("/headers", host=another.host).status == 403
    assert (
        me.ask("/headers", cookie=me.cookie.replace("playground", "__Host-playground")).status
        == 403
    )
    # Others of that name beside the right one do no harm.
    assert me.ask("/headers", cookie=f"playground-port=x; {me.cookie}").status == 200


def test_tickets(me: PortClient, another: PortClient) -> None:
    given = me.ask("/ports/8081/", host=me.site.address, cookie=me.session)
    address = given.header("Location")
    path = address.partition(me.host)[2]
    assert given.header("Cache-Control") and given.status == 302
    cookie = me.ask(path, cookie="").header("Set-Cookie")
    assert re.fullmatch(r"playground-port=\S+; Path=/; HttpOnly; SameSite=Lax", cookie)
    safe = me.ask(path, cookie="", X_Forwarded_Proto="https").header("Set-Cookie")
    assert re.fullmatch(r"__Host-playground-port=\S+; Path=/; HttpOnly; SameSite=Lax; Secure", safe)
    for host, tried in (
        (me.host, path[:-2]),
        (me.host, path.replace("ticket=", "ticket=x")),
        (me.host, "/.playground/enter"),
        (me.host, "/.playground/enter?ticket=" + me.cookie.partition("=")[2]),
        (me.host, path.replace("enter", "other")),
        (another.host, path),
        (me.host.replace("8081", "8082"), path),
    ):
        answer = me.ask(tried, host=host, cookie="")
        assert answer.status == 403 and not answer.header("Set-Cookie"), tried
    assert me.ask(path, "POST", cookie="").status == 403
    # A ticket is no pass.
    ticket = path.partition("ticket=")[2].replace("%3A", ":")
    assert me.ask("/page", cookie=f"playground-port={ticket}").status == 403


def test_where_entering_leads(me: PortClient) -> None:
    for to, due in (
        ("/a?b=c", "/a?b=c"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/%5Cevil.example", "/"),
        ("/a%0d%0aSet-Cookie:%20x=y", "/"),
    ):
        assert me.enter(8081, quote(to, safe="/%")) == due


def test_the_site_lets_only_students_with_a_host_go_on(me: PortClient) -> None:
    assert me.ask("/ports/8081/", host=me.site.address, cookie="").status == 404
    for port in ("0", "65536", "99999999", "x", "-1"):
        answer = me.ask(f"/ports/{port}/", host=me.site.address, cookie=me.session)
        assert answer.status == 404, port
    assert me.ask("/ports/8081/", "POST", host=me.site.address, cookie=me.session).status in (
        403,
        405,
    )


def test_other_origins_pages_cannot_use_the_pass(me: PortClient) -> None:
    label = me.host.partition("--")[2]
    for headers, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": f"http://8081--aaaaaaaaaaaaaaaa.{label.partition('.')[2]}"}, 403),
        ({"Origin": f"http://3000--{label}"}, 200),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 200),
        (
            {
                "Sec_Fetch_Site": "same-site",
                "Sec_Fetch_Mode": "navigate",
                "Sec_Fetch_Dest": "iframe",
            },
            403,
        ),
        (
            {
                "Sec_Fetch_Site": "same-site",
                "Sec_Fetch_Mode": "no-cors",
                "Referer": f"http://3000--{label}/",
            },
            200,
        ),
        ({"Sec_Fetch_Site": "same-origin"}, 200),
    ):
        assert me.ask("/headers", **headers).status == status, headers


def test_host_names(me: PortClient) -> None:
    name, _, number = me.host.partition(":")
    label = name.partition("--")[2].partition(".")[0]
    for host, status in (
        (me.host.upper(), 200),
        (name, 200),
        (f"{name}.:{number}", 404),
        (f"{name}:x", 404),
        (f"08081--{label}.localhost:{number}", 404),
        (f"65536--{label}.localhost:{number}", 404),
        (f"8081--{label}x.localhost:{number}", 404),
        (f"8081--.localhost:{number}", 404),
        (f"--{label}.localhost:{number}", 404),
        (f"8081--aaaaaaaaaaaaaaaa.localhost:{number}", 403),
        # These are not below the ports' domain: the site's, which knows no such host.
        ("8081--x.evil.example", 400),
        (f"8081--{label}.localhost.evil.example", 400),
        (f"x.8081--{label}.localhost:{number}", 400),
        (f"sub.localhost:{number}", 400),
        (f"evil@{me.host}", 400),
    ):
        answer = me.ask("/lessons/", host=host)
        if status == 200:
            assert answer.body == b"nothing", host  # the student's server, whatever it says
        else:
            assert answer.status == status, host
    # The site's pages are not on a port's origin, nor a port's on the site's.
    assert b"csrfmiddlewaretoken" not in me.ask("/lessons/").body
    assert me.ask("/page", host=me.site.address).status == 404
    # And a student's page has no business with the site.
    for origin, status in ((f"http://{me.host}", 403), (f"http://{me.site.address}", 200)):
        answer = me.ask("/lessons/", host=me.site.address, cookie="", Origin=origin)
        assert answer.status == status


def test_requests_within_requests(me: PortClient) -> None:
    """However a request's end is hidden, no second one reaches the server as somebody's."""
    inner = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    length = str(len(inner) + 5).encode()
    for head, body in (
        (
            b"Content-Length: " + length + b"\r\nTransfer-Encoding: chunked\r\n",
            b"0\r\n\r\n" + inner,
        ),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n" + inner),
        (b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n", inner),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + inner),
        (b"Transfer-Encoding:\x0bchunked\r\n", b"0\r\n\r\n" + inner),
        (b"Content-Length: 0\r\nContent-Length: " + length + b"\r\n", inner),
        (b"X: 1\r\n Content-Length: " + length + b"\r\n", inner),
        (b"X: 1\nContent-Length: " + length + b"\n", inner),
        (b"Content-Length : " + length + b"\r\n", inner),
        (b"Content-Length: +5\r\n", inner),
        (b"Connection: Content-Length\r\nContent-Length: 5\r\n", b"hello" + inner),
        (b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + inner),
    ):
        me.raw(b"POST /outer HTTP/1.1\r\n" + me.head() + head + b"\r\n" + body, 0.5)
    me.raw(b"GET /a HTTP/1.1\r\n" + me.head() + b"\r\nHost: " + me.host.encode() + b"\r\n\r\n", 0.5)
    assert "smuggled" not in me.ask("/seen").body.decode()
    # What is behind a request is one of its own, without a pass.
    assert me.ask("/page").status == 200


@pytest.mark.parametrize(
    "start",
    [
        b"GET http://127.0.0.1/lessons/ HTTP/1.1\r\n",
        b"GET http://127.0.0.1/headers HTTP/1.1\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n",
        b"OPTIONS * HTTP/1.1\r\n",
        b"GET @evil.example/ HTTP/1.1\r\n",
    ],
)
def test_requests_for_no_path(me: PortClient, start: bytes) -> None:
    said = me.raw(start + me.head() + b"Connection: close\r\n\r\n", 2)
    assert said.startswith(b"HTTP/1.1 404")


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
