"""What students get, what those go on with who are in the middle, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from lessons import library, progress
from lessons.authoring import publishing, saving
from lessons.authoring.models import Begun, Draft, Place, Version
from lessons.authoring.publishing import MayNot
from playground.accounts.models import AuditEntry, Role
from playground.accounts.students import student_of
from tests.classes.conftest import signed_in
from tests.lessons.authoring.conftest import Written

pytestmark = pytest.mark.django_db
SLUG = "first-container"  # one that the folder has
EN = "01-start.en.md"


def change(written: Written, title: str) -> None:
    written.draft.refresh_from_db()
    text = f"# {title}\n\n" + written.draft.files()[EN].decode().partition("\n\n")[2]
    saving.save(written.draft, written.author, written.draft.head, {EN: text})
    written.draft.refresh_from_db()


@pytest.fixture
def replacing(written: Written) -> Written:
    Draft.objects.update(slug=SLUG)
    written.draft.refresh_from_db()
    return written


def titles(client: Client, slug: str = SLUG) -> list[str]:
    answer = client.get(f"/lessons/{slug}/", headers={"Accept-Language": "en"})
    return [each["title"] for each in answer.context["steps"]] if answer.context else []


def begin(client: Client) -> str:
    """Open the lesson as its page and its socket do; return the student."""
    assert titles(client)
    student = student_of(client.session)
    lesson = library.open_lesson(student, SLUG)
    assert lesson
    progress.begin(student, lesson, lesson.steps[0])
    return student


def test_who_began_the_folders_lesson_goes_on_with_it(replacing: Written) -> None:
    early, late = Client(), Client()
    student = begin(early)
    before = titles(early)
    publishing.publish(replacing.draft, replacing.author)
    assert titles(early) == before
    assert titles(late) == ["Greetings"]
    page = early.get(f"/lessons/{SLUG}/").content.decode()
    assert f"/lessons/{SLUG}/newer/" in page
    assert library.lesson(SLUG) != library.of_folder(SLUG)
    of_student = {each.slug: each for each in library.lessons_of(student)}
    assert of_student[SLUG] == library.of_folder(SLUG)
    early.post(f"/lessons/{SLUG}/newer/")
    assert titles(early) == ["Greetings"]
    assert "/newer/" not in early.get(f"/lessons/{SLUG}/").content.decode()
    # and the way back, which changes nothing for those who began what was published
    publishing.give(SLUG, None)
    assert titles(Client()) == before
    assert titles(early) == ["Greetings"]
    replacing.draft.refresh_from_db()
    assert replacing.draft.state == Draft.State.WITHDRAWN


def test_who_has_done_it_gets_what_is_new(replacing: Written) -> None:
    publishing.publish(replacing.draft, replacing.author)
    client = Client()
    student = begin(client)
    change(replacing, "Hello")
    publishing.publish(replacing.draft, replacing.author)
    assert titles(client) == ["Greetings"]
    old = library.open_lesson(student, SLUG)
    assert old
    for step in old.steps:
        progress.step_done(student, old, step)
    assert titles(client) == ["Hello"]


def test_a_version_never_changes_and_can_be_given_again(replacing: Written) -> None:
    first = publishing.publish(replacing.draft, replacing.author)
    change(replacing, "Hello")
    second = publishing.publish(replacing.draft, replacing.author, "shorter")
    assert (first.number, second.number) == (1, 2)
    assert titles(Client()) == ["Hello"]
    publishing.give(SLUG, first)
    assert titles(Client()) == ["Greetings"]
    replacing.draft.delete()
    assert titles(Client()) == ["Greetings"]


def test_with_a_mistake_nothing_is_published(replacing: Written) -> None:
    change(replacing, "Hello")
    saving.save(replacing.draft, replacing.author, 2, {EN: "no title\n"})
    with pytest.raises(MayNot, match="mistakes"):
        publishing.publish(replacing.draft, replacing.author)
    assert not Version.objects.exists()


def test_where_review_is_wanted_another_has_to_approve(replacing: Written, settings: Any) -> None:
    settings.AUTHORING_NEEDS_REVIEW = True
    draft, client = replacing.draft, replacing.client
    url = f"/author/{draft.pk}/review/"
    other, reviewer = signed_in("bae", Role.INSTRUCTOR)

    def say(by: Client, what: str) -> None:
        draft.refresh_from_db()
        by.post(url, {"what": what, "text": "x", "revision": draft.head})
        draft.refresh_from_db()

    say(client, "publish")
    say(client, "approve")
    assert (draft.state, draft.approved) == (Draft.State.DRAFT, None)
    assert reviewer.post(url, {"what": "approve"}).status_code == 404
    say(client, "ask")
    say(reviewer, "approve")
    assert (draft.approved, draft.approved_by) == (1, other)
    change(replacing, "Hello")  # what was approved is not what would be published
    say(client, "publish")
    assert draft.state == Draft.State.REVIEW
    say(reviewer, "approve")
    say(client, "publish")
    assert draft.state == Draft.State.PUBLISHED
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == [f"authoring.{each}" for each in ("ask", "approve", "approve", "publish")]
    assert list(draft.remarks.values_list("kind", flat=True)) == [
        "asked", "approved", "approved", "published",
    ]  # fmt: skip


def test_the_name_of_another_instructors_lesson_is_taken(replacing: Written) -> None:
    publishing.publish(replacing.draft, replacing.author)
    other, _ = signed_in("bae", Role.INSTRUCTOR)
    theirs = saving.create(other, SLUG, replacing.draft.files())
    with pytest.raises(MayNot, match="Another instructor"):
        publishing.publish(theirs, other)


def test_the_way_back_is_not_another_instructors(replacing: Written) -> None:
    publishing.publish(replacing.draft, replacing.author)
    other, client = signed_in("bae", Role.INSTRUCTOR)
    theirs = saving.create(other, SLUG, replacing.draft.files())
    client.post(f"/author/{theirs.pk}/give/", {"version": ""})
    assert Place.objects.get().version is not None
    replacing.draft.delete()  # what is left of it is anybody's who takes it on
    client.post(f"/author/{theirs.pk}/give/", {"version": ""})
    assert Place.objects.get().version is None
    assert AuditEntry.objects.get().action == "authoring.give"


def test_what_changed_meanwhile_is_not_published(replacing: Written) -> None:
    url = f"/author/{replacing.draft.pk}/review/"
    change(replacing, "Hello")
    replacing.client.post(url, {"what": "publish", "revision": "1"})
    assert not Place.objects.exists()


def test_a_version_that_cannot_be_read_any_more_takes_nothing_along(replacing: Written) -> None:
    version = publishing.publish(replacing.draft, replacing.author)
    Version.objects.filter(pk=version.pk).update(manifest={})
    from lessons.authoring.published import _read

    _read.cache_clear()
    assert titles(Client()) == [
        step.read("en").title
        for step in library.of_folder(SLUG).steps  # type: ignore[union-attr]
    ]


def test_what_a_student_began_moves_and_goes_with_them(replacing: Written) -> None:
    publishing.publish(replacing.draft, replacing.author)
    client = Client()
    begin(client)
    answer = client.get("/account/data/")
    if answer.status_code == 200:
        assert '"versions"' in answer.content.decode()
    from playground.accounts.signals import student_leaves, student_moves

    student = student_of(client.session)
    student_moves.send(None, old=student, new="someone", session=client.session)
    assert Begun.objects.get().student == "someone"
    student_leaves.send(None, student="someone")
    assert not Begun.objects.exists()


def test_an_earlier_state_comes_back_on_top(written: Written) -> None:
    change(written, "Hello")
    written.client.post(f"/author/{written.draft.pk}/restore/", {"state": "r1"})
    written.draft.refresh_from_db()
    assert written.draft.head == 3
    assert written.draft.revision().manifest == written.draft.revision(1).manifest
    page = written.client.get(f"/author/{written.draft.pk}/versions/?old=r2&new=r3")
    rows = [row for each in page.context["diffs"] for row in each.rows if row.kind != "same"]
    assert [(row.kind, row.text) for row in rows] == [("gone", "# Hello"), ("new", "# Greetings")]


def test_a_published_picture_is_shown_as_one(replacing: Written) -> None:
    data = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0"
    saving.put_picture(replacing.draft, replacing.author, "whale.png", data)
    replacing.draft.refresh_from_db()
    publishing.publish(replacing.draft, replacing.author)
    answer = Client().get(f"/lessons/{SLUG}/pictures/whale.png")
    assert (answer.content, answer["Content-Type"]) == (data, "image/png")
    assert "sandbox" in answer["Content-Security-Policy"]
    for name in ("lesson.toml", EN, "other.png"):
        assert Client().get(f"/lessons/{SLUG}/pictures/{name}").status_code == 404


def test_another_set_up_is_run_on_the_same_host(replacing: Written) -> None:
    toml = replacing.draft.files()["lesson.toml"].decode()
    names = set()
    for script in ("true", "true", "touch /root/x"):
        files = {"lesson.toml": f'{toml}\n[setup]\nscript = "{script}"\n'}
        saving.save(replacing.draft, replacing.author, replacing.draft.head, files)
        replacing.draft.refresh_from_db()
        publishing.publish(replacing.draft, replacing.author)
        lesson = library.lesson(SLUG)
        assert lesson
        names.add(lesson.setup_name)
    assert len(names) == 2
    folders = library.of_folder(SLUG)
    assert folders
    assert folders.setup_name == SLUG
