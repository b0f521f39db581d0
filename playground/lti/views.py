"""A platform starts a lesson, or has one picked."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from pylti1p3.exception import LtiException, OIDCException

from lessons import library
from lessons.languages import language_now
from playground.lti import deep_links, dynamic, grades, keys
from playground.lti.addresses import absolute, lesson_of
from playground.lti.messages import (
    Launch,
    Login,
    NoCookie,
    NotAllowedHere,
    find_platform,
    login_words,
)
from playground.lti.models import Platform
from playground.lti.outbound import origin
from playground.lti.owners import have_sent
from playground.lti.people import identity_of, sign_in

log = logging.getLogger(__name__)

_FRAMES = {"iframe", "frame", "embed", "object"}


@require_safe
def key_set(request: HttpRequest) -> JsonResponse:
    """Our public keys."""
    response = JsonResponse(keys.key_set())
    response["Cache-Control"] = "max-age=600"
    return response


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """A platform begins a launch: the browser goes on to it, to come back signed for.

    In a frame of the platform's it stops here with a button that begins in a window of its own;
    the picker alone belongs into a frame.
    """
    try:
        words = login_words(request)
        if _is_framed(request) and not _is_pick(words):
            find_platform(words.get("iss"), words.get("client_id"))
            return _new_window(request, words)
        begun = Login(request)
        url, _platform = begun.begin(absolute(request, "lti-launch"))
    except (LtiException, OIDCException) as error:
        return _refuse(request, error)
    response = redirect(url)
    begun.cookies.put(response)
    return response


@csrf_exempt
@never_cache
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """The signed message of a platform: a lesson to start, or one to pick."""
    if said := request.POST.get("error"):
        detail = request.POST.get("error_description", "")
        return _refuse(request, LtiException(f"the platform said: {said} {detail}"[:300]))
    coming = Launch(request)
    try:
        message = coming.checked()
        if coming.is_deep_link_launch():
            wish = deep_links.read(coming.platform, message)
            response = _picker(request, wish)
        elif not coming.is_resource_launch():
            raise LtiException("this kind of message is not known here")
        elif _is_framed(request):
            response = _new_window(request, coming.login)
        else:
            response = _enter(request, coming.platform, message)
    except NoCookie as error:
        log.info("a launch without its cookie")
        return _new_window(request, error.login or {}, no_cookie=True)
    except LtiException as error:
        return _refuse(request, error)
    coming.cookies.forget(response, coming.state)
    return response


def _enter(request: HttpRequest, platform: Platform, message: dict[str, Any]) -> HttpResponse:
    identity = identity_of(platform, message)
    if not identity.user.is_active:
        raise LtiException("this account was switched off by an administrator of the site")
    sign_in(request, identity)
    lesson = lesson_of(message)
    if lesson is None:
        return redirect("lesson-list")
    row = grades.remember(identity, lesson.slug, message)
    if row and grades.is_due(row):
        have_sent(platform.pk)
    return redirect("lesson", lesson.slug)


@csrf_exempt
@never_cache
@require_POST
def pick(request: HttpRequest) -> HttpResponse:
    """What was picked, on its way back to the platform. The sealed wish is what lets one in."""
    try:
        wish = deep_links.unseal(request.POST.get("wish", ""))
        names = request.POST.getlist("lesson")[: None if wish.many else 1]
        picked = [each for each in library.lessons() if each.slug in names]
        if not picked:
            return _picker(request, wish, nothing=True)
        token = deep_links.answer(request, wish, picked, language_now())
    except LtiException as error:
        return _refuse(request, error)
    words = {"url": wish.return_url, "token": token, "lessons": picked}
    response = render(request, "lti/picked.html", words)
    platform = Platform.objects.get(pk=wish.platform)
    # A platform may lead on from the address that it gave to another one of its own.
    targets = {wish.origin, origin(platform.login_url), origin(platform.token_url)}
    return _may_be_framed(response, [wish.origin], sorted(targets))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, word: str) -> HttpResponse:
    """A platform that was handed an administrator's link. In its frame, so the link is the key."""
    words = {
        name: request.GET.get(name, "") for name in ("openid_configuration", "registration_token")
    }
    if not dynamic.is_open(word):
        return _refuse(request, dynamic.NotRegistered("the link holds no more: make another one"))
    if not words["openid_configuration"]:
        why = "this link is for a learning platform: paste it into the platform's own form"
        return _refuse(request, dynamic.NotRegistered(why))
    made = None
    if request.method == "POST":
        try:
            made = dynamic.register(request, word, *words.values())
        except dynamic.NotRegistered as error:
            return _refuse(request, error)
    response = render(
        request, "lti/register.html", {"made": made, "asked": words["openid_configuration"]}
    )
    return _may_be_framed(response, ["*"])


def _picker(request: HttpRequest, wish: deep_links.Wish, *, nothing: bool = False) -> HttpResponse:
    language = language_now()
    tracks = [
        {
            "title": track.title.by_language()[language],
            "lessons": [
                {
                    "slug": each.slug,
                    "title": each.titles[language],
                    "summary": each.summaries[language],
                    "minutes": each.minutes,
                }
                for each in library.lessons()
                if each.track == name
            ],
        }
        for name, track in library.tracks().items()
    ]
    words = {"tracks": tracks, "wish": wish, "sealed": wish.sealed(), "nothing": nothing}
    response = render(request, "lti/picker.html", words, status=422 if nothing else 200)
    return _may_be_framed(response, [wish.origin])


def _is_framed(request: HttpRequest) -> bool:
    """Whether the browser says that it asks for a frame; all since 2023 say it over TLS."""
    return request.headers.get("Sec-Fetch-Dest") in _FRAMES


def _is_pick(words: dict[str, str]) -> bool:
    try:
        return urlsplit(words.get("target_link_uri", "")).path == reverse("lti-pick")
    except ValueError:
        return False


def _new_window(
    request: HttpRequest, words: dict[str, str], *, no_cookie: bool = False
) -> HttpResponse:
    again = f"{reverse('lti-login')}?{urlencode(words)}" if words else ""
    response = render(
        request,
        "lti/new_window.html",
        {"again": again, "no_cookie": no_cookie},
        status=403 if no_cookie else 200,
    )
    return _may_be_framed(response, ["*"])


def _refuse(request: HttpRequest, error: Exception) -> HttpResponse:
    log.warning("a launch was refused: %s", error)
    waiting = str(error) if isinstance(error, NotAllowedHere) else ""
    response = render(
        request, "lti/refused.html", {"why": str(error), "waiting": waiting}, status=403
    )
    return _may_be_framed(response, ["*"])


def _may_be_framed(
    response: HttpResponse, ancestors: list[str], forms: list[str] | None = None
) -> HttpResponse:
    """Let a page stand in a platform's frame: one on which a stolen click does nothing."""
    response.xframe_options_exempt = True
    changed = {"frame-ancestors": ancestors}
    if forms:
        changed["form-action"] = forms
    response._csp_replace = changed  # type: ignore[attr-defined]
    return response
