"""Every option has its words, in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import lessons.explain
from lessons.explain import manual, texts
from lessons.format import LANGUAGES
from playground.dockerline import help_text, installed, options
from playground.dockerline.parse import parse
from playground.runtime import hostimage
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig

RUN = ("container", "run")
_HANGUL = re.compile(r"[가-힣]")


def installed_options() -> set[str]:
    rootfs = hostimage.path(RuntimeConfig.from_environ())
    return {o.name for o in help_text.read(installed.help_of(rootfs, ["run"])).options}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_installed_option_has_its_words(language: str) -> None:
    listed = texts.options(language)
    assert set(listed) == installed_options()
    for name, text in listed.items():
        assert len(text.means) > 10 and text.default, name
        assert text.means.endswith((".", ")")) and text.default.endswith("."), name
        assert bool(_HANGUL.search(text.means)) == (language == "ko"), name


def test_every_example_is_of_its_option_and_right() -> None:
    for name in installed_options():
        (command,) = parse(f"docker run {texts.example(RUN, name)} busybox")
        assert [option.name for option in command.options] == [name]
        assert command.problems == ()
        assert command.image and command.image.text == "busybox"


def test_create_has_the_same_options() -> None:
    create = options.command(("container", "create"))
    assert create
    without = {"detach", "detach-keys", "sig-proxy"}
    assert set(create.options) == installed_options() - without
    assert texts.option(("container", "create"), "env", "en")
    assert texts.option(("container", "exec"), "env", "en") is None


def test_commands_with_words_are_commands() -> None:
    known = {" ".join(path) for path in options.paths()}
    listed = texts._read("commands.toml")
    assert set(listed) <= known
    assert all(set(words) == set(LANGUAGES) for words in listed.values())


def test_the_manual_has_words_for_each_option() -> None:
    for name in installed_options():
        assert manual.words(RUN, name), name
    assert manual.summary(("container", "run")) == "Create and run a new container from an image"
    assert manual.summary(("buildx", "build")) == "Start a build"


def test_every_sentence_is_there_in_korean() -> None:
    listed = (PROJECT_ROOT / "locale" / "ko" / "LC_MESSAGES" / "django.po").read_text()
    known = {ast.literal_eval(text) for text in re.findall(r'^msgid (".*")$', listed, re.MULTILINE)}
    assert lessons.explain.__file__
    for file in Path(lessons.explain.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                sentence = ast.literal_eval(node.args[0])
                assert sentence in known, f"{file.name}: {sentence}"
