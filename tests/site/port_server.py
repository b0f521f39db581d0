"""A student's server in the python image, with the standard library alone: it does as asked."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BLOCK = bytes(range(256)) * 256
go = threading.Event()
left = threading.Event()
requests: list[str] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def read_body(self) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0

        def take(count: int) -> None:
            nonlocal size
            while count and (data := self.rfile.read(min(count, 65536))):
                digest.update(data)
                size += len(data)
                count -= len(data)

        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while count := int(self.rfile.readline(), 16):
                take(count)
                self.rfile.readline()
            self.rfile.readline()
        else:
            take(int(self.headers.get("Content-Length", 0)))
        return size, digest.hexdigest()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        requests.append(f"{self.command} {self.path}")
        if url.path == "/headers":
            said = {"path": self.path, "headers": self.headers.items()}
            self.answer(json.dumps(said).encode(), headers={"Content-Type": "application/json"})
        elif url.path == "/seen":
            self.answer(json.dumps(requests).encode())
        elif url.path == "/big":
            self.big(int(asked["n"]), asked.get("how", ""))
        elif url.path == "/answer":
            headers = json.loads(asked["headers"])
            self.answer(b"body", int(asked.get("status", 200)), headers)
        elif url.path == "/events":
            self.events()
        elif url.path == "/forever":
            self.forever()
        elif url.path == "/go":
            go.set()
            self.answer(b"")
        elif url.path == "/left":
            self.answer(str(left.is_set()).encode())
        elif url.path == "/range":
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            piece = BLOCK[int(first) : int(last) + 1]
            self.answer(piece, 206, {"Content-Range": f"bytes {first}-{last}/{len(BLOCK)}"})
        elif url.path == "/ws":
            self.websocket()
        elif url.path == "/page":
            self.answer(
                b"<!doctype html><title>mine</title><p>hello", headers={"Content-Type": "text/html"}
            )
        elif url.path == "/raw":
            self.wfile.write(base64.urlsafe_b64decode(asked["data"]))
            self.close_connection = True
        else:
            self.answer(b"nothing", 404)

    do_HEAD = do_DELETE = do_OPTIONS = do_GET

    def do_POST(self) -> None:
        requests.append(f"{self.command} {self.path}")
        size, digest = self.read_body()
        said = {"size": size, "sha256": digest, "headers": self.headers.items()}
        self.answer(json.dumps(said).encode())

    do_PUT = do_POST

    def big(self, size: int, how: str) -> None:
        self.send_response(200)
        if how == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif how != "close":
            self.send_header("Content-Length", str(size))
        self.end_headers()
        due = size // 2 if how == "broken" else size
        while due > 0:
            piece = BLOCK[: min(due, len(BLOCK))]
            due -= len(piece)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if how == "chunked" else piece)
        if how == "chunked":
            self.wfile.write(b"0\r\n\r\n")
        if how in ("close", "broken"):
            self.close_connection = True

    def events(self) -> None:
        go.clear()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: one\n\n")
        go.wait(20)
        self.wfile.write(b"data: two\n\n")
        self.close_connection = True

    def forever(self) -> None:
        left.clear()
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(200):
                self.wfile.write(b"tick\n")
                time.sleep(0.05)
        except OSError:
            left.set()
        self.close_connection = True

    def websocket(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        if "chat" in self.headers.get("Sec-WebSocket-Protocol", ""):
            self.send_header("Sec-WebSocket-Protocol", "chat")
        self.end_headers()
        self.frame(1, json.dumps(self.headers.items()).encode())
        while True:
            first, second = self.rfile.read(2)
            length = second & 127
            if length > 125:
                length = int.from_bytes(self.rfile.read(2 if length == 126 else 8), "big")
            mask = self.rfile.read(4)
            data = bytes(byte ^ mask[n % 4] for n, byte in enumerate(self.rfile.read(length)))
            if data == b"bye":
                self.frame(8, (4321).to_bytes(2, "big") + b"as asked")
            else:
                self.frame(first & 15, data)
            if first & 15 == 8 or data == b"bye":
                break
        self.close_connection = True

    def frame(self, kind: int, data: bytes) -> None:
        size = (
            bytes([len(data)])
            if len(data) < 126
            else b"\x7e" + len(data).to_bytes(2, "big")
            if len(data) < 1 << 16
            else b"\x7f" + len(data).to_bytes(8, "big")
        )
        self.wfile.write(bytes([128 | kind]) + size + data)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100


if __name__ == "__main__":
    Server(("", 80), Handler).serve_forever()
