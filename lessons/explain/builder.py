"""The other way round: from a form's choices to the ``docker run`` line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from playground.dockerline import options

#: Lines of one field, and characters of one, that are taken; more is nobody's typing.
MOST_LINES = 20
MOST_CHARACTERS = 300

_Text = str | Promise


@dataclass(frozen=True)
class Field:
    """One option in the form, named by its long name."""

    option: str
    #: ``switch``, ``text``, ``lines`` (one value a line) or ``choice``.
    kind: str
    label: _Text
    placeholder: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Theme:
    """Options that belong together."""

    title: _Text
    fields: tuple[Field, ...]


THEMES = (
    Theme(
        _("Keyboard and screen"),
        (
            Field("interactive", "switch", _("Keep the input open")),
            Field("tty", "switch", _("Give it a terminal")),
        ),
    ),
    Theme(
        _("Background and name"),
        (
            Field("detach", "switch", _("Run in the background")),
            Field("rm", "switch", _("Remove it when it ends")),
            Field("name", "text", _("Name"), "web"),
        ),
    ),
    Theme(
        _("Ports"),
        (
            Field("publish", "lines", _("Ports, host:container"), "8080:80"),
            Field("publish-all", "switch", _("All exposed ports, on free ones")),
        ),
    ),
    Theme(
        _("Files"),
        (
            Field("volume", "lines", _("Folders and volumes, outside:inside"), "data:/srv"),
            Field("workdir", "text", _("Folder to start in"), "/srv"),
            Field("read-only", "switch", _("Its own files cannot be written")),
        ),
    ),
    Theme(
        _("Environment"),
        (
            Field("env", "lines", _("Variables, NAME=value"), "GREETING=hello"),
            Field("env-file", "text", _("File with variables"), "settings.env"),
        ),
    ),
    Theme(
        _("User"),
        (Field("user", "text", _("Runs as, user:group"), "1000:1000"),),
    ),
    Theme(
        _("Limits"),
        (
            Field("memory", "text", _("Memory"), "512m"),
            Field("cpus", "text", _("Processors"), "1.5"),
            Field("pids-limit", "text", _("Number of processes"), "100"),
        ),
    ),
    Theme(
        _("Network"),
        (
            Field("network", "text", _("Network"), "bridge"),
            Field("hostname", "text", _("Its own name inside"), "box"),
        ),
    ),
    Theme(
        _("Starting again"),
        (
            Field(
                "restart",
                "choice",
                _("When it ends"),
                choices=("no", "on-failure", "on-failure:3", "always", "unless-stopped"),
            ),
        ),
    ),
    Theme(
        _("Security"),
        (
            Field("cap-drop", "lines", _("Privileges to take away"), "ALL"),
            Field("cap-add", "lines", _("Privileges to give"), "NET_BIND_SERVICE"),
            Field("security-opt", "lines", _("Security options"), "no-new-privileges"),
            Field("privileged", "switch", _("Nearly all that the host's root may do")),
        ),
    ),
)

Form = Mapping[str, Sequence[str]]


def line(form: Form) -> str:
    """The line for a form's values by option name, and ``image`` and ``program``.

    Every value is quoted for the shell, so that it reaches Docker as it was written.
    """
    words = ["docker", "run"]
    letters = "".join(
        letter
        for name, letter in (("detach", "d"), ("interactive", "i"), ("tty", "t"))
        if _text(form, name)
    )
    if letters:
        words.append(f"-{letters}")
    for theme in THEMES:
        for each in theme.fields:
            if each.option not in ("detach", "interactive", "tty"):
                words += _option(each, form)
    image = _text(form, "image")
    if image.startswith("-"):
        words.append("--")
    if image:
        words += [shlex.quote(image), *_program(_text(form, "program"))]
    return " ".join(words)


def _option(wanted: Field, form: Form) -> list[str]:
    command = options.command(("container", "run"))
    spec = command.long(wanted.option) if command else None
    assert spec
    spelled = f"-{spec.short}" if spec.short else spec.spelled
    if wanted.kind == "switch":
        return [spelled] if _text(form, wanted.option) else []
    if wanted.kind == "choice":
        chosen = _text(form, wanted.option)
        return [spelled, chosen] if chosen in wanted.choices and chosen != "no" else []
    values = _lines(form, wanted.option) if wanted.kind == "lines" else [_text(form, wanted.option)]
    return [word for value in values if value for word in _given(spelled, value)]


def _given(spelled: str, value: str) -> list[str]:
    """The option with its value; one that begins with a hyphen is joined, to be read as one."""
    quoted = shlex.quote(value)
    return [f"{spelled}={quoted}"] if value.startswith("-") else [spelled, quoted]


def _lines(form: Form, name: str) -> list[str]:
    text = "\n".join(form.get(name, ())).replace("\0", "")
    lines = [each.strip()[:MOST_CHARACTERS] for each in text.splitlines()]
    return [each for each in lines if each][:MOST_LINES]


def _text(form: Form, name: str) -> str:
    return next(iter(_lines(form, name)), "")


def _program(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:  # a quote that nothing closes is taken as it is
        words = text.split()
    return [shlex.quote(word) for word in words]


def values(form: Form, name: str) -> str:
    """What a field shows again, a value a line."""
    return "\n".join(_lines(form, name))
