"""A line taken apart for the page: each part with its place, its number and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from lessons.explain import manual, problem_words, texts, together, value_words
from lessons.explain.happened import Happened, happened
from playground.dockerline import reference
from playground.dockerline.command import Argument, Command, Option, Span
from playground.dockerline.parse import MOST_CHARACTERS, parse

#: How many colours the style sheet has; parts take them in turn.
COLOURS = 6


@dataclass(frozen=True)
class Part:
    """One part of the line and what there is to say about it."""

    number: int
    #: ``docker``, ``option``, ``unknown``, ``image``, ``program``, ``argument``, ``before``,
    #: ``redirection``.
    kind: str
    span: Span
    text: str
    title: str
    means: str = ""
    value: str = ""
    default: str = ""
    manual: str = ""
    example: str = ""
    happened: str = ""

    @property
    def colour(self) -> int:
        """Which of the style sheet's colours it has, from 1."""
        return (self.number - 1) % COLOURS + 1

    @property
    def heading(self) -> str:
        """Its text as it could stand alone: the ``t`` of ``-it`` is ``-t``."""
        is_letter = self.kind in ("option", "unknown") and not self.text.startswith("-")
        return f"-{self.text}" if is_letter else self.text


@dataclass(frozen=True)
class Trouble:
    """A problem in words, and what was probably meant with the line that this would make."""

    text: str
    #: (what to type, the whole line with it).
    suggestions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Explained:
    """One command of the line."""

    #: The line in pieces, in order: marked ones with their part, the rest without.
    pieces: tuple[tuple[str, Part | None], ...]
    parts: tuple[Part, ...]
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    #: What the engine says of the container as a whole.
    container: str = ""
    is_docker: bool = True


@dataclass
class _Builder:
    line: str
    command: Command
    language: str
    found: Happened | None
    parts: list[Part] = field(default_factory=list)

    def add(self, kind: str, span: Span, title: str, **words: str) -> None:
        text = self.line[span.start : span.end]
        self.parts.append(Part(len(self.parts) + 1, kind, span, text, title, **words))

    def build(self) -> list[Part]:
        command = self.command
        for word in command.before:
            self.add("before", word.span, word.text, means=_before(word.text))
        self._add_command()
        for index, option in enumerate(command.options):
            self._add_option(index, option)
        if command.runs_image:
            self._add_image()
        elif command.is_docker:
            for word in command.words:
                self.add("argument", word.span, word.text, means=self._argument())
        for word in command.redirections:
            means = _("For the shell, not for Docker: where input comes from or output goes.")
            self.add("redirection", word.span, word.text, means=means)
        self.parts.sort(key=lambda part: part.span.start)
        return [_renumber(part, number) for number, part in enumerate(self.parts, 1)]

    def _argument(self) -> str:
        if self.command.typed:
            return _("What the command is about: a name, an ID or a path.")
        return ""

    def _add_command(self) -> None:
        command = self.command
        if command.docker is None:
            return
        first = command.docker.span
        last = command.typed[-1].span if command.typed else first
        between = [o for o in command.options if first.end <= o.span.start < last.start]
        name = " ".join(("docker", *command.path))
        means = texts.command(command.path, self.language)
        words = {"means": means, "manual": manual.summary(command.path)}
        if between:  # options of docker itself stand between: two parts
            self.add("docker", first, "docker", means=_("The Docker command line."))
            for word in command.typed:
                self.add("docker", word.span, name, **words)
            return
        self.add("docker", Span(first.start, last.end), name, **words)

    def _add_option(self, index: int, option: Option) -> None:
        path = () if option.is_global else self.command.path
        if option.spec is None:
            self.add("unknown", option.span, option.given_as, means=_("Unknown to this command."))
            return
        spec = option.spec
        typed = self.line[option.span.start : option.span.end]
        example = texts.example(path, spec.name)
        text = texts.option(path, spec.name, self.language)
        names = [f"-{spec.short}"] if spec.short else []
        self.add(
            "option",
            option.span,
            " ".join([", ".join([*names, spec.spelled]), spec.kind]).strip(),
            means=text.means if text else "",
            value=value_words.of(option) if text else "",
            default=text.default if text else "",
            manual=manual.words(path, spec.name),
            example="" if typed in (example, example.lstrip("-")) else example,
            happened=self.found.options.get(index, "") if self.found else "",
        )

    def _add_image(self) -> None:
        image, program = self.command.image, self.command.program
        if image is None:
            return
        found = self.found.image if self.found else ""
        self.add("image", image.span, _("Image"), means=_image(image), happened=found)
        default = _("The image's own command (its CMD).")
        if program:
            span = Span(program[0].span.start, program[-1].span.end)
            means = _(
                "What runs in the container, in place of the image's CMD. If the image has an "
                "ENTRYPOINT, these are its arguments."
            )
            ran = self.found.program if self.found else ""
            title = _("The container's command")
            self.add("program", span, title, means=means, default=default, happened=ran)


def _renumber(part: Part, number: int) -> Part:
    return Part(**{**vars(part), "number": number})


def _before(text: str) -> str:
    if text == "sudo":
        return _("Runs the rest as root. On your host you are root already.")
    if "=" in text:
        return _(
            "A variable of the shell for this one command. The container does not get it; "
            "that is what -e is for."
        )
    return _("For the shell, not for Docker.")


def _image(image: Argument) -> str:
    found = reference.image(image.text)
    said = [_("The image of which the container is made: %(name)s.") % {"name": found.repository}]
    if found.digest:
        said.append(_("Exactly the one with this digest."))
    elif found.tag:
        said.append(_("Its tag is %(tag)s.") % {"tag": found.tag})
    else:
        said.append(_("There is no tag, so Docker takes latest."))
    if found.registry:
        said.append(_("It comes from the registry %(registry)s.") % {"registry": found.registry})
    else:
        said.append(_("If it is not on the host, it comes from Docker Hub."))
    return " ".join(said)


def explain(
    line: str, language: str, inspect: Mapping[str, Any] | None = None
) -> tuple[Explained, ...]:
    """Take every command of a line apart. ``inspect`` is of the container that the first made."""
    line = line[:MOST_CHARACTERS]
    said = []
    for command in parse(line):
        found = None
        if inspect and command.runs_image:
            found, inspect = happened(command, inspect), None
        said.append(_explained(line, command, language, found))
    return tuple(said)


def _explained(line: str, command: Command, language: str, found: Happened | None) -> Explained:
    parts = _Builder(line, command, language, found).build()
    notes = together.notes(command)
    troubles = _troubles(line, command)
    if not command.is_docker:
        # Other commands of a line are no mistake, unless one looks like docker.
        notes += [trouble.text for trouble in troubles if not trouble.suggestions]
        troubles = [trouble for trouble in troubles if trouble.suggestions]
    if command.image and not command.program:
        notes.append(_("No command is given behind the image: its own (CMD) runs."))
        if found and found.program:
            notes.append(found.program)
    return Explained(
        pieces=tuple(_pieces(line, command.span, parts)),
        parts=tuple(parts),
        troubles=tuple(troubles),
        notes=tuple(notes),
        container=found.container if found else "",
        is_docker=command.is_docker,
    )


def _pieces(line: str, whole: Span, parts: list[Part]) -> list[tuple[str, Part | None]]:
    pieces: list[tuple[str, Part | None]] = []
    at = whole.start
    for part in parts:
        if part.span.start > at:
            pieces.append((line[at : part.span.start], None))
        pieces.append((part.text, part))
        at = part.span.end
    if at < whole.end:
        pieces.append((line[at : whole.end], None))
    return pieces


def _troubles(line: str, command: Command) -> list[Trouble]:
    said = []
    for problem in command.problems:
        start = problem.span.start
        written = line[start : start + len(problem.text)]
        suggested = []
        for meant in problem_words.suggestions(problem):
            mended = ""
            if problem.text and written == problem.text:
                mended = line[:start] + meant + line[start + len(problem.text) :]
            suggested.append((meant, mended))
        said.append(Trouble(problem_words.sentence(problem, command), tuple(suggested)))
    return said
