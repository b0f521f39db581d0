"""Sources that mean harm, or are broken: a clear word with file and line, and nothing written."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from lessons.importing.run import import_lesson
from lessons.importing.source import MOST_FILE, MOST_TEXT, BadSource
from tests.lessons.import_support import LOOSE_ENDS, TEA_SHOP, bring, said, scenario

_INDEX = """{{
  "title": "T",
  "details": {{
    "steps": [
      {{"title": "One",
       "text": "{text}"}}
    ]{more}
  }}
}}
"""


def _refused(source: Path, into: Path) -> str:
    with pytest.raises(BadSource) as refused:
        import_lesson(source, into)
    assert not into.exists() or not list(into.iterdir())
    return str(refused.value)


def _index(folder: Path, text: str = "one.md", more: str = "") -> Path:
    folder.mkdir()
    (folder / "one.md").write_text("Text.\n")
    (folder / "index.json").write_text(_INDEX.format(text=text, more=more))
    return folder


@pytest.mark.parametrize("text", ["../../etc/passwd", "/etc/passwd", "a/../../b", ".."])
def test_a_step_leads_out_of_the_folder(tmp_path: Path, text: str) -> None:
    why = _refused(_index(tmp_path / "s", text), tmp_path / "out")
    assert why == f"index.json:6: '{text}' leads out of the folder"


@pytest.mark.parametrize("file", ["../../etc/passwd", "/etc/passwd", "../one.md"])
def test_an_asset_leads_out_of_the_folder(tmp_path: Path, file: str) -> None:
    more = f',\n"assets": {{"host01": [\n{{"file": "{file}", "target": "/root"}}]}}'
    why = _refused(_index(tmp_path / "s", more=more), tmp_path / "out")
    assert why.startswith(f"index.json:9: '{file}' leads out of the folder")


@pytest.mark.parametrize("target", ["/root/../etc", "relative", "/with space", "/a\\nb"])
def test_a_target_that_is_no_folder(tmp_path: Path, target: str) -> None:
    more = f', "assets": {{"host01": [{{"file": "a", "target": "{target}"}}]}}'
    source = _index(tmp_path / "s", more=more)
    (source / "assets").mkdir()
    (source / "assets/a").write_text("a\n")
    made, lesson = bring(source, tmp_path / "out")
    assert any("this is no folder of the host" in line for line in said(made))
    assert not lesson.setup


@pytest.mark.parametrize("name", ["one.md", "pages"])
def test_links_are_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/one.md").write_text("secret\n")
    source = _index(tmp_path / "s", "one.md" if name == "one.md" else "pages/one.md")
    (source / "one.md").unlink()
    (source / name).symlink_to(tmp_path / "secret" / ("one.md" if name == "one.md" else ""))
    assert "is a link or cannot be read" in _refused(source, tmp_path / "out")


def test_a_picture_out_of_the_folder_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    source = scenario(tmp_path / "s", "![a](../secret.png) ![b](link.png) ![c](%2e%2e/secret.png)")
    (source / "link.png").symlink_to(tmp_path / "secret.png")
    made, lesson = bring(source, tmp_path / "out")
    assert len([line for line in said(made) if line.startswith("one.md:1: ")]) == 3
    assert not list(lesson.folder.glob("*.png"))


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    source = _index(tmp_path / "s", "pipe")
    os.mkfifo(source / "pipe")
    assert "pipe is no plain file" in _refused(source, tmp_path / "out")


def test_huge_files(tmp_path: Path) -> None:
    source = _index(tmp_path / "s")
    (source / "one.md").write_bytes(b"x" * (MOST_TEXT + 1))
    assert "one.md is larger than" in _refused(source, tmp_path / "out")
    (source / "one.md").write_text("![big](big.png)")
    with (source / "big.png").open("wb") as file:
        file.truncate(MOST_FILE + 1)
    made, _ = bring(source, tmp_path / "out")
    assert "one.md:1: big.png: big.png is larger than 2048 kB" in said(made)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lessons.importing.source.MOST_FILES", 5)
    source = _index(tmp_path / "s")
    for number in range(5):
        (source / str(number)).touch()
    assert "more than 5 files" in _refused(source, tmp_path / "out")


@pytest.mark.parametrize(
    ("index", "wanted"),
    [
        ('{\n"title": "T",\n}', "index.json:3: this is no JSON"),
        ("[]", "index.json:1: this is no JSON object"),
        ("[" * 100_000, "this JSON is nested too deep"),
        ('{"a":' * 200 + "1" + "}" * 200, "this JSON is nested too deep"),
        ('{"title": ["T"]}', "title must be a text"),
        ('{"title": "T",\n"details": []}', "index.json:2: details must be an object"),
        (
            '{"title": "T", "details": {\n"steps": {}}}',
            "index.json:2: details.steps must be a list",
        ),
        ('{"title": "T", "details": {"steps": [1]}}', "details.steps must be a list of objects"),
        ('{"title": "T", "details": {}}', "the scenario has no steps"),
        ('{"details": {}}', "the scenario has no title"),
        ('{"title": "T", "details": {"steps": [{"text": 5}]}}', "there is no file 5"),
        ('{"title": "T", "details": {"steps": [{"text": "a\\u0000b"}]}}', "there is no file"),
        ('{"title": "T", "details": {"steps": [{"text": "gone.md"}]}}', "there is no file gone.md"),
    ],
)
def test_bad_indexes(tmp_path: Path, index: str, wanted: str) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/index.json").write_text(index)
    assert wanted in _refused(tmp_path / "s", tmp_path / "out")


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    source = _index(tmp_path / "s")
    (source / "one.md").write_bytes(b"fine\n\xff\n")
    assert _refused(source, tmp_path / "out") == "one.md:2: it is not UTF-8"


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("title: [", "lab.md:2: this is no YAML"),
        ("title: T\nx: &a [1]\ny: *a", "lab.md:4: an alias (*name) is not taken"),
        ("- a\n- b", "must be a table"),
        ("title: T\ntags: {a: b}", "lab.md:3: tags must be a list or a text"),
        ("title: !!python/object/apply:os.system [id]", "lab.md:2: this is no YAML"),
        ("[" * 5000, "this is no YAML"),
        ("x" * 30_000, "the front matter is longer"),
        ("a: 2024-99-99", "this is no YAML"),
    ],
)
def test_bad_front_matter(tmp_path: Path, head: str, wanted: str) -> None:
    (tmp_path / "lab.md").write_text(f"---\n{head}\n---\nText.\n")
    assert wanted in _refused(tmp_path / "lab.md", tmp_path / "out")


def test_front_matter_without_an_end(tmp_path: Path) -> None:
    (tmp_path / "lab.md").write_text("---\ntitle: T\n")
    assert _refused(tmp_path / "lab.md", tmp_path / "out").startswith("lab.md:1: nothing ends")


@pytest.mark.parametrize("name", ["gone", "picture.png"])
def test_what_is_no_source(tmp_path: Path, name: str) -> None:
    (tmp_path / "picture.png").touch()
    assert _refused(tmp_path / name, tmp_path / "out").startswith(name)


def test_an_index_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/index.json").symlink_to(TEA_SHOP / "index.json")
    assert "is a link" in _refused(tmp_path / "s", tmp_path / "out")


@pytest.mark.parametrize(
    "text",
    [
        "<" * 20_000,
        "[" * 20_000,
        "`" + "a`" * 10_000,
        "<!-- " * 5000,
        "> " * 5000,
        "{{" * 10_000,
        "<a href='x'>" * 3000,
        "- " * 2000 + "x",
        "<pre>" * 3000,
    ],
)
def test_texts_that_are_meant_to_take_forever(tmp_path: Path, text: str) -> None:
    source = scenario(tmp_path / "s", text)
    made, _ = bring(source, tmp_path / "out")
    assert made.folder.is_dir()


def _call(*words: Any) -> str:
    out = StringIO()
    call_command("lessons", "import", *map(str, words), stdout=out)
    return out.getvalue()


def test_the_command_says_what_became_of_everything(tmp_path: Path) -> None:
    text = _call(LOOSE_ENDS, "--into", tmp_path, "--slug", "ends", "--language", "ko")
    assert f"{tmp_path}/ends is written" in text
    assert "not mapped: 20\n" in text
    assert "  ends/lesson.toml: title.en, summary.en\n" in text
    assert "lessons check: no mistake\n" in text


def test_the_command_fails_where_nothing_could_be_imported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"index\.json:6: .* leads out of the folder"):
        _call(_index(tmp_path / "s", "../x"), "--into", tmp_path / "out")
