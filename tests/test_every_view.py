"""Every address of the site, for whoever may not see it. A new one without a row here fails.

What else must not happen, as that nothing is changed or told, is in the tests of each part; this
one holds that none is forgotten, and that none fails for whom it is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from lessons.authoring import saving, starting
from lessons.authoring.models import Play
from playground.accounts.models import Role
from playground.api import tokens
from playground.api.scopes import LESSONS_READ
from playground.lti.models import Platform
from playground.operators.models import CatalogueImage
from playground.sandboxes.models import NodeRecord, Sandbox
from tests.classes.conftest import Taught, signed_in, taught
from tests.this_process import of_this_process, removed

__all__ = ["of_this_process", "removed", "taught"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("of_this_process", "removed")]

#: What somebody is answered: a redirect to the page for signing in counts as "sign in".
SIGN_IN = "sign in"
#: Anything but a failure, or being let in where another kind of page refuses.
FINE = "fine"


@dataclass(frozen=True)
class Kind:
    """Whom a page is for, and what others are told; ``owner`` names whom it must not fail for."""

    nobody: str | int
    student: str | int
    instructor: str | int
    owner: str


ALL = Kind(FINE, FINE, FINE, "student")
ACCOUNTS = Kind(SIGN_IN, FINE, FINE, "student")
#: Of one's own account: another's is not there.
ONES_OWN = Kind(SIGN_IN, 404, 404, "operator")
INSTRUCTORS = Kind(SIGN_IN, 403, FINE, "instructor")
#: Of a class or a draft: to other instructors it is not there.
WHO_TEACHES = Kind(SIGN_IN, 403, 404, "teacher")
MEMBERS = Kind(404, 404, 404, "member")
ADMINISTRATORS = Kind(SIGN_IN, 403, 403, "operator")
API = Kind(401, FINE, FINE, "student")
API_OWN = Kind(401, 404, 404, "owner of the host")
API_TEACHES = Kind(401, 404, 404, "teacher")

KINDS: dict[str, Kind] = {
    "": ALL,
    "i18n/setlang/": ALL,
    **dict.fromkeys(
        (
            "lessons/", "lessons/<slug:slug>/", "lessons/<slug:slug>/pictures/<str:name>",
            "lessons/<slug:slug>/newer/", "tracks/<slug:track>/certificate/", "playground/",
            "progress/carry/", "progress/carry/<str:token>/", "explain/", "explain/part/",
            "explain/builder/", "explain/builder/line/", "images/", "recordings/", "layers/",
        ),
        ALL,
    ),
    # Of one's own host or archives, by the session; there is no name of another's in the address.
    **dict.fromkeys(
        (
            "ports/<int:port>/", "sandbox/share/", "sandbox/share/stop/", "watch/<str:token>/",
            "sandbox/before/", "sandbox/reset/", "sandbox/files/look/", "sandbox/files/get/",
            "sandbox/files/ticket/", "layers/archives/", "layers/archives/ticket/",
            "layers/archives/<slug:archive>/remove/",
        ),
        ALL,
    ),
    **dict.fromkeys(
        (
            "account/", "account/export/", "account/login/", "account/logout/",
            "account/inactive/", "account/signup/", "account/confirm-email/",
            "account/password/reset/", "account/login/code/confirm/",
            r"account/^confirm-email/(?P<key>[-:\w]+)/$", "account/password/reset/key/done/",
            r"account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
            "account/password/reset/done/", "account/3rdparty/login/cancelled/",
            "account/3rdparty/login/error/", "account/3rdparty/signup/",
            "account/social/login/cancelled/", "account/social/login/error/",
            "account/social/signup/", "account/social/connections/",
        ),
        ALL,
    ),
    "account/delete/": ALL,  # without an account too; with one it asks for the password
    **dict.fromkeys(
        (
            "account/reauthenticate/", "account/email/", "account/password/change/",
            "account/password/set/", "account/3rdparty/", "account/sessions/", "account/tokens/",
        ),
        ACCOUNTS,
    ),
    "account/first/<str:word>/": Kind(SIGN_IN, 404, 404, ""),
    "account/tokens/<int:pk>/end/": ONES_OWN,
    "api/": ALL,
    "api/v1/openapi.json": ALL,
    "api/v1/": ALL,
    "^api/v1/": Kind(404, 404, 404, ""),
    **dict.fromkeys(
        (
            "api/v1/lessons", "api/v1/lessons/<slug>", "api/v1/lessons/<slug>/steps",
            "api/v1/progress", "api/v1/progress/<slug>", "api/v1/sandboxes", "api/v1/images",
            "api/v1/images/files",
        ),
        API,
    ),
    "api/v1/classes": API,
    "api/v1/classes/<pk>": API_TEACHES,
    "api/v1/classes/<pk>/members": API_TEACHES,
    "api/v1/classes/<pk>/report": API_TEACHES,
    "api/v1/sandboxes/<sandbox_id>": API_OWN,
    "api/v1/sandboxes/<sandbox_id>/exec": API_OWN,
    **dict.fromkeys(
        ("classes/", "classes/now/", "classes/join/", "classes/join/<str:token>/"), ALL
    ),
    **dict.fromkeys(
        (
            "classes/<int:pk>/", "classes/<int:pk>/leave/", "classes/<int:pk>/help/",
            "classes/<int:pk>/projector/",
        ),
        MEMBERS,
    ),
    "teach/new/": INSTRUCTORS,
    **dict.fromkeys(
        (
            f"teach/<int:pk>/{rest}"
            for rest in (
                "", "invitation/", "archive/", "lessons/", "helpers/", "remove/<int:member>/",
                "live/", "say/", "file/", "helped/<int:member>/", "watch/<int:member>/",
                "port/<int:member>/", "project/", "report/", "report.csv",
            )
        ),
        WHO_TEACHES,
    ),
    **dict.fromkeys(("author/", "author/new/", "author/words/"), INSTRUCTORS),
    **dict.fromkeys(
        (
            f"author/<int:pk>/{rest}"
            for rest in (
                "", "save/", "look/", "settle/", "pictures/", "pictures/<str:name>", "try/",
                "try/again/", "play/", "plays/<int:play>/", "versions/", "review/", "restore/",
                "give/", "export.zip", "upload/", "sync/", "authors/", "rename/", "delete/",
            )
        ),
        WHO_TEACHES,
    ),
    **dict.fromkeys(
        (
            f"operator/{rest}"
            for rest in (
                "", "state/", "act/", "users/", "users/<int:pk>/", "log/", "announcements/",
                "nodes/", "nodes/<slug:name>/act/", "limits/", "catalogue/", "catalogue/state/",
                "catalogue/build/", "catalogue/images/", "catalogue/images/<slug:name>/",
                "catalogue/images/<slug:name>/remove/", "catalogue/<slug:key>/act/",
            )
        ),
        ADMINISTRATORS,
    ),
    **dict.fromkeys(
        (
            "lti/platforms/", "lti/platforms/new/", "lti/platforms/link/",
            "lti/platforms/<int:pk>/",
        ),
        ADMINISTRATORS,
    ),
    # For platforms, which show who they are by signatures (tests/lti), and for whoever has a link.
    **dict.fromkeys(
        ("lti/login/", "lti/launch/", "lti/pick/", "lti/keys.json", "lti/canvas.json",
         "lti/register/<str:word>/"),
        ALL,
    ),
}  # fmt: skip
#: Django's own, which lets administrators in only (tests/operators/test_views.py).
_OTHERS = ("admin/",)
#: Providers of accounts: only those that the environment names, and what they are asked is theirs.
_PROVIDERS = ("account/github/", "account/google/", "account/oidc/")


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every address of the site, as its pattern."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route
        elif not route.startswith(_OTHERS):
            yield from routes(each, route)


ROUTES = sorted({each for each in routes() if not each.startswith(_PROVIDERS)})


@dataclass
class Place:
    """A site on which there is one of everything; ``ids`` are those in addresses."""

    ids: dict[str, dict[str, object]]
    owners: dict[str, Client]


@pytest.fixture
def place(taught: Taught) -> Place:
    operator, at_operator = signed_in("operator", Role.ADMINISTRATOR)
    files = starting.scratch("run", 900, "Greetings", "인사") | {"whale.png": _PNG}
    draft = saving.create(taught.owner, "greet", files)
    play = Play.objects.create(draft=draft, revision=1)
    token, _ = tokens.make(operator, "x", [LESSONS_READ], 30)
    https = "https://platform.example.org/"
    platform = Platform.objects.create(
        name="P", issuer=https, client_id="c", login_url=https, token_url=https, keys_url=https
    )
    CatalogueImage.objects.create(name="mine", tags=["mine:1"], dockerfile="FROM busybox")
    host = Client()
    host.get("/playground/")
    Sandbox.objects.create(
        id="s-0123456789abcdef", owner=str(host.session["student"]), state="requested"
    )
    NodeRecord.objects.create(name="node-1")
    return Place(
        {
            "teach": {"pk": taught.course.pk, "member": taught.member.pk},
            "classes": {"pk": taught.course.pk, "token": taught.course.token},
            "author": {"pk": draft.pk, "play": play.pk, "name": "whale.png"},
            "operator": {"pk": operator.pk, "name": "mine", "key": "0123456789abcdef"},
            "account": {"pk": token.pk, "word": "x", "key": "x", "uidb36": "1"},
            "lti": {"pk": platform.pk, "word": "x"},
            "api": {"pk": taught.course.pk, "slug": "images", "sandbox_id": "s-0123456789abcdef"},
            "lessons": {"slug": "images", "name": "x.svg"},
            "": {"track": "run", "token": "x", "port": 80, "archive": "x"},
        },
        {
            "operator": at_operator,
            "teacher": taught.teacher,
            "member": taught.student,
            "owner of the host": host,
        },
    )


_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0"


def path_of(route: str, ids: dict[str, dict[str, object]]) -> str:
    """The address that a pattern has with the names of what is there."""
    first = route.lstrip("^").partition("/")[0]
    given = ids[""] | ids.get(first, {})
    plain = route.replace("^", "").replace("$", "")
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: str(given[found[1]]), plain)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(given[found[1]]), plain)


def answers(client: Client, path: str) -> set[str | int]:
    """What it answers to looking and to doing, but for methods that there are not."""
    asked = {"text": "x", "wanted": "1", "name": "x", "what": "publish"}
    sent = {"command": ["true"]}
    ways: list[Callable[[], object]] = [
        lambda: client.get(path),
        lambda: (
            client.post(path, sent, content_type="application/json")
            if path.startswith("/api/")
            else client.post(path, asked)
        ),
    ]
    found: set[str | int] = set()
    for way in ways:
        answer = way()
        status = int(answer.status_code)  # type: ignore[attr-defined]
        to = str(answer.headers.get("Location", ""))  # type: ignore[attr-defined]
        if status == 302 and to.startswith(("/account/login/?", "/account/reauthenticate/?")):
            found.add(SIGN_IN)
        elif status != 405:
            found.add(status)
    return found


def test_every_address_is_known_here() -> None:
    assert set(ROUTES) == set(KINDS), "say in KINDS whom a new address is for"


@pytest.mark.parametrize("who", ["nobody", "student", "instructor"])
@pytest.mark.parametrize("route", ROUTES)
def test_who_may_not_is_refused(route: str, who: str, place: Place) -> None:
    wanted = getattr(KINDS[route], who)
    client = Client() if who == "nobody" else signed_in("somebody", who)[1]
    client.raise_request_exception = False
    found = answers(client, path_of(route, place.ids))
    if wanted == FINE:
        assert 500 not in found
        assert not found & {401, 403} or route in _MAY_REFUSE, found
    else:
        assert found == {wanted}


#: Refuse by what is asked, as a link that was never made.
_MAY_REFUSE = {
    "lti/login/", "lti/launch/", "lti/pick/", "lti/register/<str:word>/",
    "account/3rdparty/login/error/",
}  # fmt: skip


@pytest.mark.parametrize("route", [each for each in ROUTES if KINDS[each].owner])
def test_it_does_not_fail_for_whom_it_is_for(route: str, place: Place) -> None:
    kind = KINDS[route]
    owner = kind.owner
    client = place.owners.get(owner) or signed_in("somebody", owner)[1]
    client.raise_request_exception = False
    path = path_of(route, place.ids)
    if "<slug:name>" in route and "nodes" in route:
        path = path.replace("mine", "node-1")
    status = client.get(path).status_code
    assert status != 500
    if kind != ALL:
        assert status in (200, 302, 405, *_NOT_YET.get(route, ())), status


#: What is not there without a host that runs, or without more in the query.
_NOT_YET: dict[str, tuple[int, ...]] = {
    "teach/<int:pk>/port/<int:member>/": (400, 404),
    "api/v1/images/files": (400, 404, 422, 503),
    "api/v1/images": (503,),
}
