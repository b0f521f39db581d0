"""Read a line as the Docker CLI does. Whatever is wrong with it becomes a :class:`Problem`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from playground.dockerline import options, reference, values, words
from playground.dockerline.command import RUNS_IMAGE, Argument, Command, Option, Problem, Span
from playground.dockerline.options import CommandSpec, OptionSpec
from playground.dockerline.words import Simple, Word

#: Longer lines are cut: nobody types them, and every page that shows one would be as long.
MOST_CHARACTERS = 8000

#: Commands whose options end at the first other word: what follows is another program's line.
_OWN_LINE_FOLLOWS = frozenset(
    {
        *RUNS_IMAGE,
        ("container", "exec"),
        ("container", "top"),
        ("service", "create"),
        ("compose", "exec"),
        ("compose", "run"),
    }
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
#: Programs that run the rest of their line.
_RUNNERS = ("sudo", "time", "exec", "command", "nohup")
#: Dashes that text programs put for two hyphens: figure, en, em dash, minus.
_LONG_DASHES = "‒–—−"


def parse(line: str) -> list[Command]:
    """Return the commands of a line, in their order. Never raises."""
    return [_Reader(simple).read() for simple in words.split(line[:MOST_CHARACTERS])]


def first(line: str) -> Command | None:
    """The first ``docker`` command of a line, or its first command; ``None`` for an empty line."""
    commands = parse(line)
    return next((each for each in commands if each.is_docker), commands[0] if commands else None)


def _argument(word: Word) -> Argument:
    return Argument(word.text, Span(word.start, word.end))


class _Reader:
    """Reads the words of one simple command from left to right."""

    def __init__(self, simple: Simple) -> None:
        self.simple = simple
        self.words = simple.words
        self.at = 0
        self.options: list[Option] = []
        self.arguments: list[Argument] = []
        self.typed: list[Argument] = []
        self.problems: list[Problem] = []

    def read(self) -> Command:
        before = self._before()
        docker = None
        path: tuple[str, ...] = ()
        if self.at < len(self.words) and self._is_docker(self.words[self.at]):
            docker = _argument(self.words[self.at])
            self.at += 1
            path = self._command()
        else:
            self._say_not_docker()
            self.arguments = [_argument(word) for word in self.words[self.at :]]
        every = (*self.words, *self.simple.redirections)
        self.problems += [
            Problem("quote", word.unclosed, Span(word.start, word.end))
            for word in every
            if word.unclosed
        ]
        return Command(
            span=Span(min(w.start for w in every), max(w.end for w in every)),
            before=before,
            docker=docker,
            typed=tuple(self.typed),
            path=path,
            options=tuple(self.options),
            words=tuple(self.arguments),
            redirections=tuple(_argument(word) for word in self.simple.redirections),
            problems=tuple(sorted(self.problems, key=lambda p: (p.span.start, p.span.end))),
        )

    def _before(self) -> tuple[Argument, ...]:
        """``sudo``, its own options, and variables that are set for the command."""
        while self.at < len(self.words):
            text = self.words[self.at].text
            is_runner = text in _RUNNERS
            is_option = self.at > 0 and self.words[0].text in _RUNNERS and text.startswith("-")
            if not (is_runner or is_option or _ASSIGNMENT.match(text)):
                break
            self.at += 1
        return tuple(_argument(word) for word in self.words[: self.at])

    @staticmethod
    def _is_docker(word: Word) -> bool:
        return word.text == "docker" or word.text.endswith("/docker")

    def _say_not_docker(self) -> None:
        if self.at >= len(self.words):
            return
        word = self.words[self.at]
        near = difflib.get_close_matches(word.text, ["docker"], cutoff=0.7)
        span = Span(word.start, word.end)
        self.problems.append(Problem("not-docker", word.text, span, tuple(near)))

    def _command(self) -> tuple[str, ...]:
        """Follow the words that name a command, with the options that stand between them."""
        path: tuple[str, ...] = ()
        while True:
            spec = options.command(path)
            assert spec
            below = options.commands_in(path)
            if not below:
                self._rest(spec)
                return path
            self._options_before_command(spec, path)
            if self.at >= len(self.words):
                if not any(option.name in ("help", "version") for option in self.options):
                    self._say_no_command(path)
                return path
            word = self.words[self.at]
            if word.text not in below:
                near = difflib.get_close_matches(word.text, below, n=3, cutoff=0.6)
                span = Span(word.start, word.end)
                self.problems.append(Problem("command", word.text, span, tuple(near)))
                self.arguments = [_argument(each) for each in self.words[self.at :]]
                return path
            self.typed.append(_argument(word))
            self.at += 1
            path = options.canonical((*path, word.text))

    def _say_no_command(self, path: tuple[str, ...]) -> None:
        end = self.words[-1].end
        self.problems.append(Problem("command", "", Span(end, end)))

    def _options_before_command(self, spec: CommandSpec, path: tuple[str, ...]) -> None:
        while self.at < len(self.words) and self._looks_like_option(self.words[self.at]):
            if self.words[self.at].text == "--":
                self.at += 1
                return
            self._option(spec, is_global=not path)

    @staticmethod
    def _looks_like_option(word: Word) -> bool:
        return word.text.startswith("-") and len(word.text) > 1

    def _rest(self, spec: CommandSpec) -> None:
        """Options and arguments of the command itself."""
        only_arguments = False
        while self.at < len(self.words):
            word = self.words[self.at]
            if only_arguments or not self._looks_like_option(word):
                self._take_argument(spec, word)
                only_arguments |= spec.path in _OWN_LINE_FOLLOWS
            elif word.text == "--":
                self.at += 1
                only_arguments = True
            else:
                self._option(spec)
        if spec.path in RUNS_IMAGE and not self.arguments and not self._asks_help():
            end = self.words[-1].end
            self.problems.append(Problem("image", "", Span(end, end)))
        if spec.path in RUNS_IMAGE and self.arguments:
            self._say_bad_image(self.arguments[0])
            self._say_late_options(spec)

    def _take_argument(self, spec: CommandSpec, word: Word) -> None:
        span = Span(word.start, word.end)
        if word.text[:1] and word.text[0] in _LONG_DASHES:
            rest = word.text.lstrip(_LONG_DASHES + "-")
            found = spec.long(rest.partition("=")[0])
            meant = f"--{rest}" if found or len(rest) > 1 else f"-{rest}"
            self.problems.append(Problem("dash", word.text, span, (meant,)))
        self.arguments.append(_argument(word))
        self.at += 1

    def _asks_help(self) -> bool:
        return any(option.name == "help" for option in self.options)

    def _say_bad_image(self, image: Argument) -> None:
        is_said = any(problem.code == "dash" for problem in self.problems)
        if is_said or "$" in image.text or "`" in image.text or reference.is_image(image.text):
            return
        name = image.text.lower()
        meant = (name,) if name != image.text and reference.is_image(name) else ()
        self.problems.append(Problem("bad-image", image.text, image.span, meant))

    def _say_late_options(self, spec: CommandSpec) -> None:
        """An image followed at once by an option: most often it stood on the wrong side."""
        if len(self.arguments) < 2:
            return
        late = self.arguments[1]
        text = late.text
        found = None
        if text.startswith("--"):
            found = spec.long(text[2:].partition("=")[0])
        elif text.startswith("-") and len(text) > 1:
            found = spec.short(text[1])
        if found:
            self.problems.append(Problem("late", text, late.span, (self.arguments[0].text,)))

    def _option(self, spec: CommandSpec, is_global: bool = False) -> None:
        word = self.words[self.at]
        self.at += 1
        if word.text.startswith("--"):
            self._long(spec, word, is_global)
        else:
            self._letters(spec, word, is_global)

    def _long(self, spec: CommandSpec, word: Word, is_global: bool) -> None:
        name, equals, text = word.text[2:].partition("=")
        found = spec.long(name)
        value = text if equals else None
        end = word.end
        if found is None:
            self._unknown(spec, word, name, value, is_global)
            return
        if found.takes_value and not equals:
            value, end = self._next_value(found, word, f"--{name}")
        self._add(found, f"--{name}", value, Span(word.start, end), is_global)

    def _letters(self, spec: CommandSpec, word: Word, is_global: bool) -> None:
        """``-it``, ``-p8080:80``, ``-p=8080:80``, ``-itp 80:80``: the last may have a value."""
        text = word.text
        name = text[1:].partition("=")[0]
        if len(name) > 1 and spec.long(name) and all(self._is_read(spec, name)):
            meant = (f"--{name}",)
            self.problems.append(Problem("one-dash", text, Span(word.start, word.end), meant))
        for index in range(1, len(text)):
            start = word.start if index == 1 else word.place(index)
            found = spec.short(text[index])
            if found is None:
                self._unknown_letter(spec, word, index, is_global)
                return
            given_as = f"-{text[index]}"
            rest = text[index + 1 :]
            if not found.takes_value and not rest.startswith("="):
                end = word.end if not rest else word.place(index + 1)
                self._add(found, given_as, None, Span(start, end), is_global)
                continue
            value: str | None = rest[1:] if rest.startswith("=") else rest
            end = word.end
            if not rest:
                value, end = self._next_value(found, word, given_as)
            self._add(found, given_as, value, Span(start, end), is_global)
            return

    @staticmethod
    def _is_read(spec: CommandSpec, letters: str) -> Iterator[bool]:
        """For each letter up to the first that takes the rest as its value: is it an option?"""
        for letter in letters:
            found = spec.short(letter)
            yield found is not None
            if found and found.takes_value:
                return

    def _next_value(self, found: OptionSpec, word: Word, given_as: str) -> tuple[str | None, int]:
        if self.at < len(self.words):
            value = self.words[self.at]
            self.at += 1
            return value.text, value.end
        self.problems.append(Problem("value", given_as, Span(word.start, word.end)))
        return None, word.end

    def _add(
        self, spec: OptionSpec, given_as: str, value: str | None, span: Span, is_global: bool
    ) -> None:
        if not values.fits(spec, value):
            right = (values.example(spec),)
            self.problems.append(Problem("bad-value", f"{given_as} {value}", span, right))
        self.options.append(Option(spec.name, given_as, value, span, spec, is_global))

    def _unknown(
        self, spec: CommandSpec, word: Word, name: str, value: str | None, is_global: bool
    ) -> None:
        near = spec.nearest(name)
        if 1 < len(name) < 4 and all(spec.short(letter) for letter in name):
            near = (f"-{name}", *near)
        end = word.end
        meant = spec.long(near[0][2:]) if near and near[0].startswith("--") else None
        if value is None and meant and meant.takes_value and self._next_is_value():
            value, end = self.words[self.at].text, self.words[self.at].end
            self.at += 1
        self._say_unknown(f"--{name}", value, Span(word.start, end), word, near, is_global)

    def _next_is_value(self) -> bool:
        return self.at < len(self.words) and not self._looks_like_option(self.words[self.at])

    def _unknown_letter(self, spec: CommandSpec, word: Word, index: int, is_global: bool) -> None:
        name, equals, text = word.text[1:].partition("=")
        value = text if equals else None
        end = word.end
        meant = spec.long(name) if len(name) > 1 else None
        if meant:  # -name for --name
            if meant.takes_value and not equals and self._next_is_value():
                value, end = self.words[self.at].text, self.words[self.at].end
                self.at += 1
            # The letters before the unknown one were taken for options of their own.
            del self.options[len(self.options) - (index - 1) :]
            near: tuple[str, ...] = (f"--{name}",)
            self._say_unknown(f"-{name}", value, Span(word.start, end), word, near, is_global)
            return
        letter = word.text[index]
        near = spec.nearest(name) if len(name) > 2 else ()
        if not near and spec.short(letter.swapcase()):
            near = (f"-{letter.swapcase()}",)
        start = word.start if index == 1 else word.place(index)
        self._say_unknown(f"-{letter}", None, Span(start, end), word, near, is_global)

    def _say_unknown(
        self,
        given_as: str,
        value: str | None,
        span: Span,
        word: Word,
        near: tuple[str, ...],
        is_global: bool,
    ) -> None:
        name = given_as.lstrip("-")
        self.options.append(Option(name, given_as, value, span, None, is_global))
        where = Span(span.start, max(word.end, span.start))
        self.problems.append(Problem("option", given_as, where, near))
