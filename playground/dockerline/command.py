"""What a ``docker …`` line says: its command, options and arguments, each with its place."""

from __future__ import annotations

from dataclasses import dataclass

from playground.dockerline.options import OptionSpec

#: Commands that take an image and what to run in it.
RUNS_IMAGE = (("container", "run"), ("container", "create"))


@dataclass(frozen=True)
class Span:
    """From where to where something stands in the line."""

    start: int
    end: int


@dataclass(frozen=True)
class Option:
    """An option as it was given."""

    #: Its long name; as written where there is no such option.
    name: str
    #: As it was typed: ``-p``, ``--publish``; the ``t`` of ``-it`` is ``-t``.
    given_as: str
    #: Its value; ``None`` for a switch without one.
    value: str | None
    span: Span
    spec: OptionSpec | None
    #: Whether it stood before the command, as ``docker -H … ps``.
    is_global: bool = False

    @property
    def known(self) -> bool:
        """Whether the command has such an option."""
        return self.spec is not None

    @property
    def is_on(self) -> bool:
        """What a switch says: ``--rm=false`` is off."""
        return self.value is None or self.value in TRUE


#: What Go's ``strconv.ParseBool`` takes for a switch's value.
TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")


@dataclass(frozen=True)
class Argument:
    """A word that is no option."""

    text: str
    span: Span


@dataclass(frozen=True)
class Problem:
    """Something that Docker, or the shell, would not take, or takes for something else.

    ``code`` is one of: ``quote`` (nothing closes it), ``option`` (unknown), ``value`` (missing),
    ``bad-value``, ``command`` (unknown or none), ``image`` (missing), ``bad-image`` (no image can
    be called so), ``late`` (an option behind
    the image belongs to the program inside), ``dash`` (a long dash, as text programs make of two),
    ``one-dash`` (``-env`` is read as ``-e`` with the value ``nv``), ``not-docker``.
    """

    code: str
    text: str
    span: Span
    #: What was probably meant, the best first, as it would be typed. Of ``bad-value`` a value that
    #: fits, of ``late`` the image.
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Command:
    """A simple command of the line, and what its words are."""

    span: Span
    #: The words before ``docker``: ``sudo``, ``NAME=value``.
    before: tuple[Argument, ...] = ()
    docker: Argument | None = None
    #: The words that name the command, as typed.
    typed: tuple[Argument, ...] = ()
    #: The command's own name: ``("container", "run")`` for ``docker run``.
    path: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    words: tuple[Argument, ...] = ()
    redirections: tuple[Argument, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_docker(self) -> bool:
        """Whether it is ``docker`` at all."""
        return self.docker is not None

    @property
    def arguments(self) -> list[str]:
        """The words that are no options."""
        return [word.text for word in self.words]

    @property
    def runs_image(self) -> bool:
        """Whether it makes a container of an image."""
        return self.path in RUNS_IMAGE

    @property
    def image(self) -> Argument | None:
        """The image of a command that makes a container."""
        return self.words[0] if self.runs_image and self.words else None

    @property
    def program(self) -> tuple[Argument, ...]:
        """What is to run in the container; empty: the image's own command."""
        return self.words[1:] if self.runs_image else ()

    def given(self, name: str) -> list[Option]:
        """The options of that long name, in their order."""
        return [option for option in self.options if option.name == name]

    def value(self, name: str) -> str | None:
        """The value of the last option of that name: of several, Docker takes the last."""
        given = self.given(name)
        return given[-1].value if given else None
