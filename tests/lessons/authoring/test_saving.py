"""Two who save one draft: nothing of either is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lessons.authoring import saving
from lessons.authoring.files import BadFiles
from lessons.authoring.models import Blob, Revision, files_of, keep, tidy
from playground.accounts.models import Role
from tests.classes.conftest import signed_in
from tests.lessons.authoring.conftest import Written

pytestmark = pytest.mark.django_db
EN, KO = "01-start.en.md", "01-start.ko.md"


def text(written: Written, name: str = EN) -> str:
    written.draft.refresh_from_db()
    return written.draft.files()[name].decode()


def test_a_save_on_the_newest_revision(written: Written) -> None:
    saved = saving.save(written.draft, written.author, 1, {EN: "# New\n"}, message="shorter")
    assert (saved.revision, saved.merged, saved.conflicts) == (2, {}, {})
    assert text(written) == "# New\n"
    assert written.draft.revision(1).message == ""
    assert written.draft.revision().message == "shorter"
    again = saving.save(written.draft, written.author, 2, {EN: "# New\n"}, auto=True)
    assert again.revision == 2  # nothing changed, no revision


def test_changes_of_other_lines_and_files_are_merged(written: Written) -> None:
    other, _ = signed_in("bae", Role.INSTRUCTOR)
    was = text(written)
    saving.save(written.draft, written.author, 1, {EN: was + "\nThe end.\n", KO: "# 다른\n"})
    mine = was.replace("# Greetings", "# Hello")
    saved = saving.save(written.draft, other, 1, {EN: mine})
    assert saved.conflicts == {}
    assert saved.by == "ahn"
    assert saved.merged == {EN: mine + "\nThe end.\n", KO: "# 다른\n"}
    assert text(written) == mine + "\nThe end.\n"
    assert text(written, KO) == "# 다른\n"


def test_changes_of_one_line_are_shown_and_kept_aside(written: Written) -> None:
    other, _ = signed_in("bae", Role.INSTRUCTOR)
    was = text(written)
    ours, theirs = was.replace("Greetings", "Evening"), was.replace("Greetings", "Morning")
    saving.save(written.draft, written.author, 1, {EN: theirs})
    saved = saving.save(written.draft, other, 1, {EN: ours, KO: "# 또\n"})
    assert saved.conflicts[EN]["theirs"] == theirs
    assert "# Morning\n# Evening\n" in saved.conflicts[EN]["both"]
    assert text(written) == theirs  # nothing of it is the draft's yet
    aside = written.draft.revisions.get(kind=Revision.Kind.ASIDE)
    assert files_of(aside.manifest)[EN].decode() == ours
    assert files_of(aside.manifest)[KO].decode() == "# 또\n"
    assert written.draft.head == 2


def test_what_one_removes_and_another_changes_stays(written: Written) -> None:
    other, _ = signed_in("bae", Role.INSTRUCTOR)
    changed = text(written) + "more\n"
    saving.save(written.draft, written.author, 1, {EN: changed})
    saved = saving.save(written.draft, other, 1, {}, [EN, KO])
    assert saved.merged == {EN: changed}
    assert KO not in written.draft.revision(saved.revision).manifest


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../x.md", "x"), ("a/b.md", "x"), (".hidden.md", "x"), ("run.sh", "x"),
        ("other.toml", "x"), ("x" * 120 + ".md", "x"), ("big.md", "x" * (300 << 10)),
    ],
)  # fmt: skip
def test_no_lesson_has_such_a_file(written: Written, name: str, content: str) -> None:
    with pytest.raises(BadFiles):
        saving.save(written.draft, written.author, 1, {name: content})
    assert written.draft.revisions.count() == 1


def test_a_revision_that_is_not_there(written: Written) -> None:
    with pytest.raises(BadFiles, match="load the page again"):
        saving.save(written.draft, written.author, 7, {EN: "x"})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"base": "x"}', b'{"base": 1, "files": [1]}', b"[" * 100_000]
)
def test_what_is_no_save_is_refused(written: Written, body: bytes) -> None:
    answer = written.client.post(
        f"/author/{written.draft.pk}/save/", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert written.draft.revisions.count() == 1


def test_files_that_nobody_has_go_after_a_while(written: Written) -> None:
    saving.save(written.draft, written.author, 1, {EN: "# New\n"})
    kept = Blob.objects.count()
    assert tidy(timedelta(0)) == 0
    lost = keep({EN: b"# Never saved\n"})
    assert tidy(timedelta(hours=1)) == 0
    assert tidy(timedelta(0)) == 1
    assert not Blob.objects.filter(pk__in=lost.values()).exists()
    assert Blob.objects.count() == kept
    assert written.draft.revision(1).manifest.keys() == written.draft.files().keys()
