"""Nothing is dropped silently: each line of a source is in the lesson or in the report."""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons.importing import killercoda, labs
from lessons.importing.draft import Draft
from lessons.importing.ledger import missing
from lessons.importing.report import Report
from lessons.importing.run import import_lesson
from lessons.importing.source import Place
from tests.lessons.import_support import (
    LOOSE_ENDS,
    ODDS,
    SHELVES,
    TEA_SHOP,
    scenario,
    words,
    words_of,
)

#: Signs of the formats themselves, which a lesson says in signs of its own.
_SIGNS = re.compile(
    r"\{\{(exec|execute|copy)?( interrupt| T1)?\}\}|\{:\.(term1|quiz)\}|^\s*(```|~~~)[^`]*$"
    r"|\{% (end)?(highlight|raw)\b.*?%\}|\{\{ site\.baseurl \}\}|>>Q\d+:|\]\([^ ()]*( [^ ()]*)*\)"
    r"|</?(details|summary|b|kbd|br|p)>|<a href=\"[^\"]*\">|</a>|<pre class=[^>]*>|</pre>"
)


def _unsaid(lines: list[tuple[Place, str]], draft: Draft, report: Report) -> list[str]:
    """The lines that are neither in a draft nor in its report. Knows nothing of the importers'
    own last look, which would find them too."""
    known = words_of(draft)
    found = []
    for place, line in lines:
        left = words(html.unescape(_SIGNS.sub(" ", line))) - known
        if left and not report.covers(place):
            found.append(f"{place}: {line!r} without {sorted(left)}")
    return found


def _lines(root: Path, *names: str) -> list[tuple[Place, str]]:
    return [
        (Place(name, number), line)
        for name in names
        for number, line in enumerate((root / name).read_text().split("\n"), 1)
    ]


@pytest.mark.parametrize("folder", [TEA_SHOP, ODDS], ids=lambda folder: folder.name)
def test_every_line_of_the_scenarios(folder: Path) -> None:
    report = Report()
    draft, _ = killercoda.read(folder, report)
    names = [p.relative_to(folder).as_posix() for p in folder.rglob("*.*") if p.is_file()]
    texts = [name for name in names if name.endswith((".md", ".sh", ".py", ".txt"))]
    assert len(texts) > 6
    assert _unsaid(_lines(folder, *texts), draft, report) == []


@pytest.mark.parametrize("folder", [TEA_SHOP, ODDS], ids=lambda folder: folder.name)
def test_every_line_of_the_indexes(folder: Path) -> None:
    """Each value stands in the lesson, names a file that does, or is in the report."""
    report = Report()
    draft, read = killercoda.read(folder, report)
    known = words_of(draft) | words(draft.level) | {str(draft.minutes)}
    for place, line in _lines(folder, "index.json"):
        for value in re.findall(r': "([^"]*)"', line):
            named = value in read.texts or "assets" in str(folder / value)
            taken = value in ("terminal", "ubuntu") or (folder / "assets" / value).exists()
            there = words(value.lower()) <= known or value == "15-20 minutes"
            assert named or taken or there or report.covers(place), f"{place}: {value}"


@pytest.mark.parametrize("page", [SHELVES, LOOSE_ENDS], ids=lambda page: page.stem)
def test_every_line_of_the_labs(page: Path) -> None:
    report = Report()
    draft, _ = labs.read(page, report)
    root = page.parent.parent
    lines = _lines(root, page.relative_to(root).as_posix())
    # Names of values that are mapped.
    mapped = ("title:", "tags:", "categories: beginner", "terms: 1", "description:")
    lines = [(p, re.sub(r"^\w+:", "", s) if s.startswith(mapped) else s) for p, s in lines]
    draft.tags += [draft.level, "linux", "windows"]
    assert _unsaid(lines, draft, report) == []


def test_the_last_look_finds_what_was_lost() -> None:
    report = Report()
    texts = {"a.md": "one two\nthree `x`{{exec}}\nfour\n"}
    assert list(missing(texts, {"one", "two", "three"}, report)) == [(Place("a.md", 3), "four")]
    report.lose(Place("a.md", 3), "four", "why")
    assert list(missing(texts, {"one", "two", "three"}, report)) == []


#: Pieces of a page; ``@`` is a word that occurs nowhere else. Those of the second list are markers
#: that the importers do not know.
_PIECES = [
    "@ text with `code @`.",
    "Run `echo @`{{exec}} and `echo @`{{copy}}.",
    "## @ heading",
    "@ other heading\n------",
    "- @ item\n  - @ inner `id @`{{execute}}\n\n    @ paragraph",
    "1. @ first\n\n   ```sh\n   echo @\n   ```{{exec}}\n2. @ second",
    "> @ quoted\n> - @ `echo @`{{exec}}",
    "```bash\necho @\n```{{exec}}",
    "```\n@\n```{{copy}}",
    "~~~yaml\na: @\n~~~",
    "    indented @",
    "| @ a | b |\n|---|:-:|\n| `echo @`{{exec}} | @ |",
    ">>Q1: @ question<<\n(*) @ yes\n( ) @ no",
    ">>Q2: @ question<<\n[*] @ yes\n[ ] @ no\n[*] @ more",
    ">>Q3: @ question<<\n=== @",
    ">>Q4: @ nothing right<<\n( ) @",
    "<details><summary>@ title</summary>\n\n@ inside\n\n</details>",
    "<details>\n<summary>@</summary>\n<p>\n\n```\n@\n```{{exec}}\n\n</p>\n</details>",
    '<pre class="file" data-filename="a" data-target="replace">@</pre>',
    "<p>@ <b>bold</b> <i>@</i> <a href='https://e.org'>@</a></p>",
    "[@ label][ref] and [ref] and [@ link](https://e.org/ '@ title')",
    "[ref]: https://e.org '@'",
    "![@ alt](gone.png)",
    "::: check @\n@ colons\n:::",
    "***",
    "@ hard  \nbreak @\\\n@",
    "</details>",
    "<ul><li>@</li><li>@ <code>a @</code>{{exec}}</li></ul>",
    "@ <kbd>@</kbd> &amp; @",
]
_MARKERS = [
    "@ {{unknown @}}",
    "@ {{TRAFFIC_HOST1_80}} @",
    "[@]({{TRAFFIC_SELECTOR}})",
    "`echo @`{{open}} @",
    "`echo @`{{exec HOST2}}",
    "```\necho @\n```{{exec T2}}",
    "```\necho @\n```{{open}}",
    "`echo @`{{whatever @}}",
    "@ <blink>@</blink>",
    "<!-- @ -->",
    "<script>@</script>",
    "<div class='@'>\n\n@\n\n</div>",
    "[@](relative/@.md)",
    "[[KATACODA_@]] @",
    "@ `docker run alpine`{{exec}}",
    "<iframe src='@'>@</iframe>",
    '<pre class="file" data-filename="a" data-target="append">@</pre>',
]
_LIQUID = [
    "@ {{ page.unknown_@ }}",
    "{% include @.html %}",
    "[@](/@)",
    "[@](https://e.org){:target='_@'}",
    "@\n{:.unknown-@}",
    "```.term2\necho @\n```",
    "# @ {#id-@}",
    "{% if @ %}@{% endif %}",
]
_LAB_PIECES = [
    "```.term1\necho @\n```",
    "~~~\necho @\n~~~\n{:.term1}",
    "{% highlight bash %}\necho @\n{% endhighlight %}\n{:.term1}",
    "@ question\n{:.quiz}\n\n- ( ) @\n- (x) @",
    "{:.quiz}\n@ question\n\n- [x] @\n- [ ] @",
    "@ question\n{:.quiz}\n\n> @",
    "@ question\n{:.quiz}\n\n- (x) @\n\n  ```\n  @\n  ```\n- ( ) @",
    "@ `echo '{{ \"{{ .@ \"}}}}'`",
    "{% raw %}@ {{ @ }}{% endraw %}",
    "@ {:.quiz} @",
]


def _numbered(pieces: list[str]) -> str:
    """A page of the pieces, each ``@`` a word of its own."""
    count = 0

    def word(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"w{count}w"

    return re.sub("@", word, "\n\n".join(pieces)) + "\n"


def _own_words(text: str) -> set[str]:
    return set(re.findall(r"w\d+w", text.lower()))


def _check(
    text: str, first: int, draft: Draft, report: Report, file: str, pieces: list[str]
) -> None:
    known = _own_words(
        "\n".join(
            [
                draft.setup,
                *draft.checks.values(),
                *("\n".join(s.lines) + s.title for s in draft.steps),
            ]
        )
    )
    lines = text.split("\n")
    for number, line in enumerate(lines, first):
        lost = _own_words(line) - known
        assert not lost or report.covers(Place(file, number)), f"{line!r} lost {lost}"
    for piece in pieces:
        span = range(first, first + len(piece.split("\n")))
        if piece in _MARKERS or piece in _LIQUID:
            assert any(report.covers(Place(file, n)) for n in span), f"{piece!r} is not said"
        first = span.stop + 1


_FULL = os.environ.get("PLAYGROUND_FULL") == "1"
_SETTINGS = settings(
    max_examples=2000 if _FULL else 120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not _FULL,
)


@_SETTINGS
@given(st.lists(st.sampled_from([*_PIECES, *_MARKERS]), min_size=1, max_size=7))
def test_no_piece_of_a_scenario_is_lost(pieces: list[str]) -> None:
    text = _numbered(pieces)
    with tempfile.TemporaryDirectory() as folder:
        report = Report()
        draft, _ = killercoda.read(scenario(Path(folder) / "s", text), report)
        _check(text, 1, draft, report, "one.md", pieces)
        made = import_lesson(Path(folder) / "s", Path(folder) / "out")
        assert made.problems == []


@_SETTINGS
@given(
    st.lists(
        st.sampled_from([*_LAB_PIECES, *_LIQUID, *(p for p in _PIECES if "{{" not in p)]),
        min_size=1,
        max_size=7,
    )
)
def test_no_piece_of_a_lab_is_lost(pieces: list[str]) -> None:
    text = _numbered(pieces)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "lab.md"
        page.write_text(f"---\ntitle: Lab\n---\nHere.\n\n{text}")
        report = Report()
        draft, _ = labs.read(page, report)
        _check(text, 6, draft, report, "lab.md", pieces)
        made = import_lesson(page, Path(folder) / "out")
        assert made.problems == []


@settings(_SETTINGS, max_examples=5000 if _FULL else 100)
@given(st.text(alphabet="ab \n`{}[]()<>!*:#|-=~\\'\"&.%/1", max_size=200))
def test_any_text_is_taken(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = scenario(Path(folder) / "s", text)
        assert import_lesson(source, Path(folder) / "out").problems == []


@settings(_SETTINGS, max_examples=1000 if _FULL else 60)
@given(
    st.dictionaries(
        st.text(alphabet="abc", min_size=1, max_size=3),
        st.recursive(
            st.text(alphabet="xyz", min_size=1) | st.integers() | st.booleans(),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(st.text(alphabet="abc", min_size=1), inner, max_size=2)
            ),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_every_unknown_value_of_an_index_is_reported(values: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = scenario(Path(folder) / "s", "Text.")
        index = json.loads((source / "index.json").read_text())
        text = json.dumps({**index, "unknown": values}, indent=1)
        (source / "index.json").write_text(text)
        report = Report()
        killercoda.read(source, report)
        inside = False
        for number, line in enumerate(text.split("\n"), 1):
            inside = inside or '"unknown"' in line
            has_value = re.search(r"[^\s\[\]{},]", re.sub(r'^\s*"\w+": ?', "", line))
            if inside and has_value:
                assert report.covers(Place("index.json", number)), line
