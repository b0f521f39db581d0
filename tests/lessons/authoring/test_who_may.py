"""Every address of authoring, for whoever may not see it. A new one without a row here fails."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from lessons.authoring import urls
from lessons.authoring.models import Draft, Place, Remark, Revision, Version
from playground.accounts.models import AuditEntry, Role
from tests.classes.conftest import signed_in
from tests.lessons.authoring.conftest import Written

pytestmark = pytest.mark.django_db
NAMES = [str(each.name) for each in urls.urlpatterns]
FOR_ANY_INSTRUCTOR = {"author", "author-new", "author-words"}
#: What whoever reviews may see and do, once the author has asked for it.
FOR_REVIEWERS = {
    "author-picture", "author-try", "author-try-again", "author-play", "author-played",
    "author-versions", "author-review", "author-export",
}  # fmt: skip
OF_ONE_DRAFT = [name for name in NAMES if name not in FOR_ANY_INSTRUCTOR]
MORE: dict[str, list[object]] = {"author-picture": ["whale.png"], "author-played": [1]}


def path_of(name: str, draft: Draft) -> str:
    return reverse(name, args=[draft.pk, *MORE.get(name, [])])


def ask_both(client: Client, path: str) -> set[int]:
    """What it answers to looking and to doing, but for methods that there are not."""
    asked = {"what": "publish", "add": "x", "slug": "taken", "state": "r1", "text": "x"}
    answers = {client.get(path).status_code, client.post(path, asked).status_code}
    return answers - {405}


def everything() -> list[object]:
    models = (Draft, Revision, Remark, Version, Place, AuditEntry)
    return [list(model._default_manager.values()) for model in models]


def test_all_addresses_are_known_here() -> None:
    assert set(NAMES) >= FOR_ANY_INSTRUCTOR | FOR_REVIEWERS
    of_draft = [str(each.pattern) for each in urls.urlpatterns if each.name in OF_ONE_DRAFT]
    assert all(pattern.startswith("<int:pk>/") for pattern in of_draft)


@pytest.mark.parametrize("name", OF_ONE_DRAFT)
@pytest.mark.parametrize("who", ["nobody", "student", "instructor"])
def test_a_draft_is_its_authors_alone(name: str, who: str, written: Written) -> None:
    client = Client() if who == "nobody" else signed_in("somebody", who)[1]
    before = everything()
    wanted = {"nobody": 302, "student": 403, "instructor": 404}[who]
    assert ask_both(client, path_of(name, written.draft)) == {wanted}
    assert everything() == before


@pytest.mark.parametrize("name", OF_ONE_DRAFT)
def test_who_reviews_may_look_and_not_write(name: str, written: Written) -> None:
    Draft.objects.update(state=Draft.State.REVIEW)
    _, client = signed_in("bae", Role.INSTRUCTOR)
    if name in FOR_REVIEWERS - {"author-picture", "author-played", "author-play"}:
        assert ask_both(client, path_of(name, written.draft)) <= {200, 302}
    elif name not in FOR_REVIEWERS:
        before = everything()
        assert ask_both(client, path_of(name, written.draft)) == {404}
        assert everything() == before


@pytest.mark.parametrize("name", sorted(FOR_ANY_INSTRUCTOR))
@pytest.mark.parametrize(("who", "answer"), [("nobody", 302), ("student", 403)])
def test_writing_is_for_instructors(name: str, who: str, answer: int) -> None:
    client = Client() if who == "nobody" else signed_in("somebody", who)[1]
    assert ask_both(client, reverse(name)) == {answer}


def test_a_draft_is_no_lesson_of_anybody_elses(written: Written) -> None:
    from lessons.authoring.published import hidden_name, tried

    name = hidden_name(written.draft.pk, 1)
    assert tried(written.author.student, written.draft.pk, 1)
    other, client = signed_in("bae", Role.INSTRUCTOR)
    assert tried(other.student, written.draft.pk, 1) is None
    for browser in (client, Client()):
        assert browser.get(f"/lessons/{name}/").status_code == 404
        assert browser.get(f"/lessons/{name}/pictures/whale.png").status_code == 404
    Draft.objects.update(state=Draft.State.REVIEW)
    assert tried(other.student, written.draft.pk, 1)
    other.role = Role.STUDENT
    other.save()
    assert tried(other.student, written.draft.pk, 1) is None
