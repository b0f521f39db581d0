"""Who gets in to a port, under which names, and what is no request."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.site.port_client import PortClient

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


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
