"""A stand-in for Jenkins, for lessons where the real one cannot be had.

It does what a first lesson needs: a password in a file and in the log, a page to unlock with it, a
list of jobs that outlives the container, and a look at the engine through its mounted socket.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

PORT = 8080
HOME = Path(os.environ.get("JENKINS_HOME") or "/var/jenkins_home")
PASSWORD_FILE = HOME / "secrets" / "initialAdminPassword"
STATE_FILE = HOME / "stand-in.json"
ENGINE_SOCKET = "/var/run/docker.sock"

MAX_FORM = 4096
MAX_JOBS = 50
MAX_ENGINE_ANSWER = 1 << 20
SHOWN_CONTAINERS = 50

#: Proves that a form was made by this process, so that no other web site can send one.
CRUMB = secrets.token_hex(16)


def write_atomically(path: Path, text: str, mode: int) -> None:
    """Replace a file in one step: whatever happens, it has its old or its new content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def initial_password() -> str:
    """Return the password of this home, making it at the first start."""
    try:
        password = PASSWORD_FILE.read_text().strip()
    except FileNotFoundError:
        password = ""
    if not re.fullmatch("[0-9a-f]{32}", password):
        password = secrets.token_hex(16)
        write_atomically(PASSWORD_FILE, password + "\n", 0o640)
    return password


@dataclass
class Job:
    """A job. Its builds do nothing: they are only counted."""

    name: str
    builds: int = 0
    last: str = ""


@dataclass
class State:
    """What outlives a restart, kept in one file of the home.

    The methods that change it may run in any thread, and return what went wrong, or nothing.
    """

    unlocked: bool = False
    jobs: list[Job] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    @classmethod
    def load(cls) -> State:
        """Read the file; raises ``ValueError`` if it holds something else."""
        try:
            data = json.loads(STATE_FILE.read_text(encoding="utf-8"))
            return cls(bool(data["unlocked"]), [Job(**job) for job in data["jobs"]])
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{STATE_FILE} cannot be understood ({error})") from None

    def unlock(self) -> str:
        """Remember that the password was given."""
        with self._lock:
            self.unlocked = True
            return self._save()

    def add(self, name: str) -> str:
        """Add a job."""
        with self._lock:
            if not name or len(name) > 60 or not name.isprintable():
                return "A job needs a name of at most 60 letters."
            if any(job.name == name for job in self.jobs):
                return "There is a job of that name."
            if len(self.jobs) >= MAX_JOBS:
                return f"There are {MAX_JOBS} jobs, and no room for more."
            self.jobs.append(Job(name))
            return self._save()

    def build(self, name: str) -> str:
        """Count one build of a job."""
        with self._lock:
            for job in self.jobs:
                if job.name == name:
                    job.builds += 1
                    job.last = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
                    return self._save()
            return "There is no job of that name."

    def _save(self) -> str:
        data = {"unlocked": self.unlocked, "jobs": [asdict(job) for job in self.jobs]}
        try:
            write_atomically(STATE_FILE, json.dumps(data, ensure_ascii=False, indent=1), 0o600)
        except OSError as error:
            return f"This will not outlive the container: {error}."
        return ""


class EngineConnection(http.client.HTTPConnection):
    """HTTP over the engine's socket instead of over the network."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(3)
        self.sock.connect(ENGINE_SOCKET)


def engine_containers() -> list[dict[str, Any]]:
    """Ask the engine for all its containers.

    Raises ``OSError``, ``HTTPException`` or ``ValueError``.
    """
    connection = EngineConnection("localhost")
    try:
        connection.request("GET", "/containers/json?all=1")
        response = connection.getresponse()
        body = response.read(MAX_ENGINE_ANSWER + 1)
    finally:
        connection.close()
    if response.status != 200 or len(body) > MAX_ENGINE_ANSWER:
        raise ValueError(f"unusable answer with status {response.status}")
    answer = json.loads(body)
    if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
        raise ValueError("the answer is no list of containers")
    return answer


STYLE = """
body { margin: 0; background: #f4f6f8; color: #1d2a36; font: 1rem/1.6 system-ui, sans-serif;
       word-break: keep-all; }
.note { margin: 0; padding: .6rem 1.5rem; background: #fff3cd; border-bottom: 1px solid #e5d08a; }
.note p { max-width: 52rem; margin: 0 auto; }
main { max-width: 52rem; margin: 2rem auto; padding: 0 1.5rem; }
section { margin-bottom: 1.5rem; padding: 1rem 1.5rem 1.5rem; background: #fff;
          border: 1px solid #d6dee6; border-radius: .6rem; }
table { width: 100%; margin-bottom: 1rem; border-collapse: collapse; }
th, td { padding: .35rem .5rem; border-bottom: 1px solid #e4eaf0; text-align: left;
         overflow-wrap: anywhere; }
input, button { padding: .4rem .7rem; font: inherit; }
input { width: 20rem; max-width: 100%; box-sizing: border-box; }
.error { color: #b3261e; font-weight: 600; }
code { overflow-wrap: anywhere; }
"""

#: Said on every page.
NOTE = """<div class="note"><p>This is a stand-in for lessons, <strong>not Jenkins</strong>:
it runs no builds. <span lang="ko">실습을 위한 대체 프로그램이며 Jenkins가 아닙니다.
실제 빌드는 실행하지 않습니다.</span></p></div>"""


def page(title: str, content: str, error: str = "") -> str:
    """Lay out a page; ``content`` is HTML, the rest is text."""
    alert = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Jenkins stand-in</title><style>{STYLE}</style></head>
<body>{NOTE}<main><h1>{escape(title)}</h1>{alert}{content}</main></body></html>
"""


def form(action: str, content: str) -> str:
    """Make a form that carries the crumb; links are relative, to work behind any proxy."""
    crumb = f'<input type="hidden" name="crumb" value="{CRUMB}">'
    return f'<form method="post" action="{action}">{crumb}{content}</form>'


def table(headings: list[str], rows: list[list[str]]) -> str:
    """Make a table; the headings are text, the cells HTML."""
    head = "".join(f"<th>{escape(each)}</th>" for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def unlock_page(error: str = "") -> str:
    """The page before the password was given."""
    content = f"""<section>
<p>At its first start this container wrote a password to its log and to the file
<code>{escape(str(PASSWORD_FILE))}</code>. Read it with <code>docker logs</code> or
<code>docker exec</code>, and enter it here.</p>"""
    content += form(
        "unlock",
        '<p><label for="password">Administrator password</label><br>'
        '<input id="password" name="password" type="password" autocomplete="off" required'
        " autofocus></p><button>Continue</button>",
    )
    return page("Unlock Jenkins", content + "</section>", error)


def jobs_section(state: State) -> str:
    """The list of jobs and the form for a new one."""
    rows = []
    for job in list(state.jobs):
        name = escape(job.name)
        button = form(
            "build", f'<input type="hidden" name="name" value="{name}"><button>Build</button>'
        )
        rows.append([name, str(job.builds), escape(job.last or "never"), button])
    content = table(["Job", "Builds", "Last build", ""], rows) if rows else "<p>No jobs yet.</p>"
    content += form(
        "jobs",
        '<label for="name">New job</label> <input id="name" name="name" maxlength="60" required>'
        " <button>Add</button>",
    )
    return f"<section><h2>Jobs</h2>{content}</section>"


def containers_section() -> str:
    """The engine's containers, or why they cannot be shown."""
    try:
        containers = engine_containers()
    except FileNotFoundError:
        content = f"""<p>The engine's socket is not mounted in this container. With
<code>-v /var/run/docker.sock:{ENGINE_SOCKET}</code> at <code>docker run</code> this program could
use the Docker Engine that it runs on.</p>"""
    except PermissionError:
        content = """<p>The engine's socket is mounted, but this program's user may not use it.
With <code>-u root</code> at <code>docker run</code> it could.</p>"""
    except (OSError, http.client.HTTPException, ValueError) as error:
        content = f"<p>The engine does not answer at its socket: {escape(str(error))}.</p>"
    else:
        rows = [
            [
                escape(", ".join(str(name).lstrip("/") for name in each.get("Names") or [])),
                escape(str(each.get("Image", ""))),
                escape(str(each.get("Status", ""))),
            ]
            for each in containers[:SHOWN_CONTAINERS]
        ]
        content = table(["Container", "Image", "Status"], rows)
        if len(containers) > SHOWN_CONTAINERS:
            content += f"<p>... and {len(containers) - SHOWN_CONTAINERS} more.</p>"
        content += """<p>They come from the engine's socket. A program that may use it can do
anything on that engine, so mount it only where you trust what runs there.</p>"""
    return f"<section><h2>Containers of this engine</h2>{content}</section>"


class Server(ThreadingHTTPServer):
    """The HTTP server with what its handlers share."""

    daemon_threads = True  # none of them is waited for at the end

    def __init__(self, password: str, state: State) -> None:
        super().__init__(("", PORT), Handler)
        self.password = password
        self.state = state


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    server_version = "JenkinsStandIn/1"
    timeout = 15  # seconds a client may be silent

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/":
            self._show()
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        fields = self._form()
        if fields is None:
            return
        if not same(fields.get("crumb", ""), CRUMB):
            self._show("This page was out of date. Please try again.", 403)
        elif self.path == "/unlock":
            if same(fields.get("password", "").strip(), self.server.password):
                self._done(self.server.state.unlock())
            else:
                self._show("That is not the password.", 403)
        elif not self.server.state.unlocked:
            self._show("Enter the password first.", 403)
        elif self.path == "/jobs":
            self._done(self.server.state.add(fields.get("name", "").strip()))
        elif self.path == "/build":
            self._done(self.server.state.build(fields.get("name", "").strip()))
        else:
            self.send_error(404)

    def _form(self) -> dict[str, str] | None:
        """Read the form that was sent; answers by itself and returns ``None`` if it is not one."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length):
            self.send_error(411)
        elif int(length) > MAX_FORM:
            self.send_error(413)
        else:
            try:
                body = self.rfile.read(int(length)).decode()
                fields = parse_qs(body, keep_blank_values=True, max_num_fields=10)
            except ValueError:
                self.send_error(400)
            else:
                return {name: values[-1] for name, values in fields.items()}
        return None

    def _show(self, error: str = "", status: int = 200) -> None:
        """Answer with the page that is due."""
        state = self.server.state
        if state.unlocked:
            html = page("Dashboard", jobs_section(state) + containers_section(), error)
        else:
            html = unlock_page(error)
        body = html.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _done(self, error: str) -> None:
        """Send the browser back to the page, or show it here with what went wrong."""
        if error:
            self._show(error, 400)
            return
        self.send_response(303)
        self.send_header("Location", "./")
        self.send_header("Content-Length", "0")
        self.end_headers()


def same(given: str, expected: str) -> bool:
    """Compare in a time that tells nothing of how much of it was right."""
    return secrets.compare_digest(given.encode(), expected.encode())


def greet(password: str) -> None:
    """Tell whoever reads the log how to go on."""
    stars = "*" * 60
    print(
        f"{stars}\n\nThis is a stand-in for Jenkins, made for lessons.\n"
        f"To unlock it at port {PORT}, use this administrator password:\n\n{password}\n\n"
        f"It can also be found at: {PASSWORD_FILE}\n\n{stars}",
        flush=True,
    )


def main() -> None:
    """Serve until SIGTERM or SIGINT; as process 1 a program must ask for them."""
    arguments = sys.argv[1:]
    if arguments and not arguments[0].startswith("-"):
        # `docker run -it jenkins bash`: some other program instead.
        try:
            os.execvp(arguments[0], arguments)
        except OSError as error:
            sys.exit(f"{arguments[0]}: {error.strerror}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        server = Server(initial_password(), State.load())
    except (OSError, ValueError) as error:
        sys.exit(f"The Jenkins stand-in cannot start: {error}")
    if server.state.unlocked:
        print("The Jenkins stand-in is unlocked already.", flush=True)
    else:
        greet(server.password)
    print(f"Listening on port {PORT}.", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
