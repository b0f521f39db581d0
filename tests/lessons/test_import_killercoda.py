from __future__ import annotations

import json
from pathlib import Path

import pytest

from lessons import library
from lessons.blocks import Block
from lessons.importing.draft import Draft
from lessons.importing.killercoda import minutes
from lessons.importing.run import import_lesson
from lessons.importing.setup import MOST_CHECK, MOST_SETUP
from lessons.importing.source import BadSource
from lessons.importing.writer import toml
from lessons.problems import problems
from tests.lessons.import_support import ODDS, TEA_SHOP, bring, changed, said, scenario


def _blocks(lesson: library.Lesson, kind: str) -> list[Block]:
    return [b for step in lesson.steps for b in step.read().blocks if b.kind == kind]


def test_a_scenario_becomes_a_lesson_without_a_mistake(tmp_path: Path) -> None:
    made, lesson = bring(TEA_SHOP, tmp_path)
    assert made.problems == []
    assert said(made) == []
    assert (lesson.level, lesson.minutes, lesson.images) == ("intermediate", 20, ("nginx",))
    assert [step.read().title for step in lesson.steps] == [
        "A shop window for tea",
        "Open the shop",
        "Look behind the counter",
        "Finish",
    ]


def test_commands_become_run_blocks_in_their_order(tmp_path: Path) -> None:
    _, lesson = bring(TEA_SHOP, tmp_path)
    runs = [block.text.strip() for block in _blocks(lesson, "run")]
    assert runs == [
        "ls /root/shop",
        "tally.sh /root/shop/stock",
        "docker run -d --name window -p 8080:80 \\\n  -v /root/shop:/usr/share/nginx/html:ro nginx",
        "curl -s localhost:8080",
        "sh /opt/lesson/step2-restock.sh >/dev/null 2>&1 &",
        "docker top window",
        "docker exec window sh -c 'echo oolong > /tmp/note'",
        "docker rm -f window",
    ]
    text = lesson.steps[1].sources["en"]
    assert "Look at what there is with `ls /root/shop` and count it:\n" in text
    assert "only to be copied: `docker logs window`.\n" in text


def test_checks_quizzes_hints_and_pictures(tmp_path: Path) -> None:
    _, lesson = bring(TEA_SHOP, tmp_path)
    assert sorted(lesson.checks) == ["look-behind-the-counter", "open-the-shop"]
    script = lesson.checks["open-the-shop"].script
    assert script
    assert '[[ $(curl -s localhost:8080) == *"Tea of the day"* ]]' in script.run
    quizzes = [quiz for step in lesson.steps for quiz in step.read().quizzes]
    assert [(quiz.kind, quiz.right) for quiz in quizzes] == [
        ("one", (1,)),
        ("several", (0, 2)),
        ("text", (0,)),
    ]
    assert [block.words for block in _blocks(lesson, "hint")] == [("What", "does", "ro", "do?")]
    assert (lesson.folder / "cup.svg").read_bytes() == (TEA_SHOP / "assets/cup.svg").read_bytes()


def test_the_setup_has_assets_and_scripts_as_they_were(tmp_path: Path) -> None:
    made, lesson = bring(TEA_SHOP, tmp_path)
    assert "chmod +x /usr/local/bin/tally.sh" in lesson.setup
    assert (TEA_SHOP / "prepare.sh").read_text() in lesson.setup
    assert "base64 -d > /root/shop/leaf.bin" in lesson.setup
    assert lesson.setup.index("prepare.sh") < lesson.setup.index("greet.sh")
    assert changed(made) == [
        "index.json:10: greet.sh: it runs before the lesson opens, "
        "and not in the student's terminal",
        "index.json:21: step2/restock.sh: there is no script that begins with a step: "
        "the student runs it there",
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        "always.sh:1: old-forms: this check cannot fail",
        "assets/Dockerfile:1: FROM alpine:3: the image is not in the catalogue",
        "assets/big.bin: the set-up has no room for its 19200 bytes, so it is not in the lesson",
        "foreground.sh:2: curl -s https://example.org/ > /dev/null: a sandbox has no internet",
        "index.json:6: icon",
        "index.json:10: details.intro.credits",
        "index.json:30: chmod rwx?",
        "index.json:35: host02: Dockerfile: there is but one host",
        "index.json:40: environment.uilayout",
        "index.json:44: kubernetes-kubeadm-2nodes: a backend that is not one Docker host",
        "later.py:1: #!/usr/bin/env python3: the host has no such interpreter",
        "notes.txt: nothing names this file",
        "pages/html.md:1: <!-- a comment of two lines -->",
        'pages/html.md:19: <script> alert("never") </script>',
        "pages/html.md:23: <iframe",
        "pages/intro.md:1: {{TRAFFIC_HOST1_8080}}",
        "pages/intro.md:1: link to {{TRAFFIC_SELECTOR}}",
        "pages/intro.md:2: https://[[HOST_SUBDOMAIN]]-3000-",
        "pages/intro.md:4: [[KATACODA_ENV]]",
        "pages/intro.md:4: {{a marker}}",
        "pages/intro.md:6: exec HOST2: a second terminal or host",
        "pages/intro.md:6: open: nothing",
        "pages/intro.md:10: link to ../next.md",
        "pages/intro.md:11: cat.gif",
        "pages/intro.md:11: https://example.org/far.png",
        "pages/intro.md:13: link to relative/page.html",
        "pages/intro.md:17: [unused]",
        'pages/old.md:9: <pre class="file" data-filename="app.conf" data-target="append">',
        "pages/old.md:12: docker run alpine echo far: the image alpine is not in the catalogue",
        "pages/old.md:16: docker pull busybox: a sandbox has no internet",
        "pages/old.md:34: All of them: every answer",
        "pages/old.md:38: Nothing is right: no answer",
        "pages/old.md:47: docker run --nonsense busybox: docker will not take --nonsense",
    ],
)
def test_what_does_not_map_is_listed_by_file_and_line(tmp_path: Path, wanted: str) -> None:
    made, _ = bring(ODDS, tmp_path)
    assert any(line.startswith(wanted) for line in said(made)), "\n".join(said(made))


def test_odd_pages_still_make_a_lesson_without_a_mistake(tmp_path: Path) -> None:
    made, lesson = bring(ODDS, tmp_path)
    assert made.problems == []
    assert [block.words for block in _blocks(lesson, "file")][:1] == [("/root/app.conf",)]
    assert _blocks(lesson, "keys")[0].text == "Ctrl-C\n"
    quizzes = {quiz.kind for step in lesson.steps for quiz in step.read().quizzes}
    assert quizzes == {"text", "one"}
    # Its script is longer than a check may be: it lies on the host, or is said to be left out.
    assert list(lesson.checks) == ["check"] or any("long.sh" in line for line in said(made))
    skipped = [b.text.strip() for b in _blocks(lesson, "run") if "skip" in b.words]
    assert "docker run alpine echo far" in skipped
    assert "hostname" in skipped


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("`ls`{{exec}}", "`ls`\n\n```run\nls\n```"),
        ("```\nls\n```\n{{exec}}", "```run\nls\n```"),
        ("~~~sh\nls\n~~~{{execute}}", "```run\nls\n```"),
        ("```\nls\n```{{exec}} and more", "```run\nls\n```\n\nand more"),
        ("```bash\nls\n```{{copy}}", "```run\nls\n```"),
        ("```yaml\na: 1\n```{{copy}}", "```yaml\na: 1\n```"),
        ("- `ls`{{exec}}\n- more", "- `ls`\n\n  ```run\n  ls\n  ```\n\n- more"),
        ("> `ls`{{exec}}", "> `ls`\n>\n> ```run\n> ls\n> ```"),
        ("``a `b` c``{{exec}}", "``a `b` c``\n\n```run\na `b` c\n```"),
        ("```output\nx\n```", "```output\nx\n```"),
        ("<code>a &lt; b</code>{{exec}}", "`a < b`\n\n```run\na < b\n```"),
        ("a<br>b", "a\\\nb"),
        ("- a\n  - b\n- c\n\n1. d", "- a\n  - b\n- c\n\n1. d"),
        ("[a](https://e.org 'T')", '[a](https://e.org "T")'),
        ("::: check x", "\\::: check x"),
        ("text[^1] [x] \\[y] *z*", "text[^1] [x] \\[y] *z*"),
    ],
)
def test_markdown(tmp_path: Path, text: str, wanted: str) -> None:
    made, lesson = bring(scenario(tmp_path / "s", text), tmp_path / "out")
    assert lesson.steps[0].sources["en"] == f"# One\n\n{wanted}\n"
    assert made.problems == []


def test_the_other_language_has_its_note_and_the_same_blocks(tmp_path: Path) -> None:
    made, lesson = bring(TEA_SHOP, tmp_path / "en")
    assert made.report.to_translate == [
        "tea-shop/lesson.toml: title.ko, summary.ko",
        "tea-shop/01-a-shop-window-for-tea.ko.md: A shop window for tea",
        "tea-shop/02-open-the-shop.ko.md: Open the shop",
        "tea-shop/03-look-behind-the-counter.ko.md: Look behind the counter",
        "tea-shop/04-finish.ko.md: Finish",
    ]
    assert "번역되지 않았습니다" in lesson.steps[0].sources["ko"]
    assert "번역" not in lesson.steps[0].sources["en"]
    made, lesson = bring(TEA_SHOP, tmp_path / "ko", language="ko")
    assert "not translated into English yet" in lesson.steps[0].sources["en"]
    assert made.problems == []


def test_track_order_and_name(tmp_path: Path) -> None:
    bring(scenario(tmp_path / "one", "a"), tmp_path / "out")
    made = import_lesson(scenario(tmp_path / "two", "b"), tmp_path / "out", name="second")
    lesson = library.read(made.folder)
    assert (lesson.slug, lesson.track, lesson.order) == ("second", "imported", 20)
    assert list(library.tracks(tmp_path / "out")) == ["imported"]
    assert problems(tmp_path / "out") == []
    with pytest.raises(BadSource, match="is there already"):
        import_lesson(tmp_path / "two", tmp_path / "out", name="second")
    with pytest.raises(BadSource, match="no track nowhere"):
        import_lesson(tmp_path / "two", tmp_path / "out", track="nowhere", name="third")
    with pytest.raises(BadSource, match="no name for a lesson"):
        import_lesson(tmp_path / "two", tmp_path / "out", name="../x")


def test_a_course_names_its_scenarios(tmp_path: Path) -> None:
    scenario(tmp_path / "one", "a")
    with pytest.raises(BadSource, match="import each of its scenarios: one"):
        import_lesson(tmp_path, tmp_path / "out")


def test_any_text_survives_lesson_toml(tmp_path: Path) -> None:
    import tomli

    text = 'a\\b """ \'\'\' \x00\x1b\x7f\r\n"\t{x} 한 "'
    draft = Draft(title=text, setup=text, checks={"a": text + '""'}, minutes=1, tags=["x"])
    data = tomli.loads(toml(draft, "t", 1))
    assert data["setup"]["script"] == text
    assert data["checks"]["a"]["script"]["run"] == text + '""'
    assert data["title"]["en"] == text


def test_bounds_are_those_of_the_format() -> None:
    schema = json.loads((Path(__file__).parents[2] / "docs/lesson.schema.json").read_text())
    assert schema["$defs"]["Setup"]["properties"]["script"]["maxLength"] == MOST_SETUP
    assert schema["$defs"]["Script"]["properties"]["run"]["maxLength"] == MOST_CHECK


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("15-20 minutes", 20), ("1 hour", 60), ("2h", 120), ("5", 5), ("soon", 0), ("9000 min", 240)],
)
def test_minutes(text: str, wanted: int) -> None:
    assert minutes(text) == wanted
