"""Puts the scripts and files of a source into the set-up of a lesson."""

from __future__ import annotations

import base64
import re
import shlex

from lessons.importing.commands import Commands
from lessons.importing.draft import Draft
from lessons.importing.report import Report
from lessons.importing.source import Place

#: What `lesson.toml` has room for.
MOST_SETUP, MOST_CHECK = 20_000, 4000
#: Seconds that a script of the set-up may take: the set-up as a whole has sixty.
_SECONDS = 20
#: Where scripts lie that are too long for a check, or that are run in a later step.
SCRIPTS = "/opt/lesson"
_INTERPRETERS = {"sh": "sh", "bash": "bash", "dash": "sh", "ash": "sh", "": "bash"}
_MODE = re.compile(r"[ugoa]*[-+=][rwxXst]+|[0-7]{3,4}")


class SetupScript:
    """The set-up, as long as there is room in it."""

    def __init__(self, draft: Draft, commands: Commands, report: Report) -> None:
        self._draft = draft
        self._commands = commands
        self._report = report

    def _add(self, text: str) -> bool:
        if len(self._draft.setup) + len(text) > MOST_SETUP:
            return False
        self._draft.setup += text
        return True

    def file(self, path: str, data: bytes, mode: str, place: Place) -> bool:
        """Put a file there; whether there was room. Reports a bad mode."""
        quoted = shlex.quote(path)
        folder = shlex.quote(path.rpartition("/")[0] or "/")
        text = f"mkdir -p {folder}\n{_written(quoted, data)}"
        if mode and _MODE.fullmatch(mode):
            text += f"chmod {mode} {quoted}\n"
        elif mode:
            self._report.lose(place, f"chmod {mode}", "this is no mode; the file has none")
        return self._add(text)

    def run(self, script: str, name: str, place: Place) -> bool:
        """Run a script when the lesson is opened; whether it is in the set-up."""
        shell = interpreter(script)
        if not shell:
            first = script.split("\n", 1)[0]
            why = "the host has no such interpreter; it is left out"
            self._report.lose(place, first, why, script.count("\n") + 1)
            return False
        self._commands.script(script, place)
        # Its end does not matter there either. Here one that never ends must not keep the lesson.
        written = _written(f"/tmp/{name}", script.encode())
        text = f"{written}(cd /root && timeout {_SECONDS} {shell} /tmp/{name}) || :\n"
        if self._add(f"{text}rm -f /tmp/{name}\n"):
            return True
        self._report.lose(place, name, _too_long("the set-up has no room for it", MOST_SETUP))
        return False

    def keep(self, script: str, name: str, place: Place) -> str:
        """Put a script there to be run later; returns the command for it, ``""`` without room."""
        shell = interpreter(script)
        if not shell:
            first = script.split("\n", 1)[0]
            why = "the host has no such interpreter; it is left out"
            self._report.lose(place, first, why, script.count("\n") + 1)
            return ""
        self._commands.script(script, place)
        if self.file(f"{SCRIPTS}/{name}", script.encode(), "", place):
            return f"{shell} {SCRIPTS}/{name}"
        self._report.lose(place, name, _too_long("the set-up has no room for it", MOST_SETUP))
        return ""

    def check(self, script: str, name: str, place: Place) -> str:
        """Return the script of a check, ``""`` where there can be none."""
        said = [line.strip() for line in script.splitlines()]
        said = [line for line in said if line and not line.startswith("#")]
        if all(line in ("true", ":", "exit 0", "exit") for line in said):
            self._report.lose(place, name, "this check cannot fail", script.count("\n") + 1)
            return ""
        shell = interpreter(script)
        if shell == "sh":
            text = f"cd /root\n{script}"
        else:
            marker = _marker(script)
            body = script.rstrip("\n")
            text = f"cd /root\nexec bash -c \"$(cat <<'{marker}'\n{body}\n{marker}\n)\"\n"
        if shell and len(text) <= MOST_CHECK:
            self._commands.script(script, place)
            return text
        command = self.keep(script, f"{name}.sh", place)
        return f"cd /root\nexec {command}\n" if command else ""


def interpreter(script: str) -> str:
    """The shell that a script is for, ``""`` for one that the host has not."""
    first = script.split("\n", 1)[0]
    if not first.startswith("#!"):
        return "bash"
    words = [word for word in first[2:].split() if word.rpartition("/")[2] != "env"]
    name = words[0].rpartition("/")[2] if words else ""
    return _INTERPRETERS.get(name, "")


def _written(path: str, data: bytes) -> str:
    """Commands that write a file: as text where it can be read, else as base64."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    readable = text.endswith("\n") and all(c.isprintable() or c in "\n\t" for c in text)
    if not data:
        return f": > {path}\n"
    if readable:
        marker = _marker(text)
        return f"cat > {path} <<'{marker}'\n{text}{marker}\n"
    encoded = base64.encodebytes(data).decode()
    return f"base64 -d > {path} <<'END'\n{encoded}END\n"


def _marker(text: str) -> str:
    """A line that a text has not."""
    lines, marker = set(text.splitlines()), "END"
    while marker in lines:
        marker += "_"
    return marker


def _too_long(why: str, most: int) -> str:
    return f"{why}: it takes {most} characters"
