"""What is known of the CLI is what the installed one says."""

from __future__ import annotations

import pytest

from playground.dockerline import crawl, help_text, installed, options
from playground.runtime import hostimage
from playground.runtime.config import RuntimeConfig

ROOTFS = hostimage.path(RuntimeConfig.from_environ())


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, object]]:
    return crawl.crawl(ROOTFS)


def test_every_option_of_every_command_is_known(facts: dict[str, dict[str, object]]) -> None:
    assert options.FILE.read_text(encoding="utf-8") == crawl.text(facts), (
        "run scripts/docker_options.py"
    )


def test_all_options_of_run_are_read_from_its_help() -> None:
    text = installed.help_of(ROOTFS, ["run"])
    known = options.command(("container", "run"))
    assert known
    # Each option once, however the help is laid out.
    assert {word for word in text.split() if word.startswith("--")} == {
        option.spelled for option in known.options.values()
    }


def test_the_help_words_are_whole() -> None:
    read = help_text.read(installed.help_of(ROOTFS, ["run"]))
    words = {option.name: option for option in read.options}
    assert words["publish"].words == "Publish a container's port(s) to the host"
    assert (words["publish"].short, words["publish"].kind) == ("p", "list")
    assert words["pull"].default == "missing"
    assert words["detach"].kind == ""
    assert read.path == ("container", "run")
    assert ("run",) in read.aliases


def test_no_docker_no_words(tmp_path: object) -> None:
    with pytest.raises(installed.NoDocker):
        installed.help_of(ROOTFS / "nowhere", ["run"])


def test_a_text_that_is_no_help() -> None:
    read = help_text.read("what?\n  --x\n")
    assert read.commands == () and read.path == ()
