"""The editor's page and what its script asks for: saving, checking, preview, pictures."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lessons import library, markdown
from lessons.authoring import completion, saving, translation
from lessons.authoring import files as rules
from lessons.authoring.access import authors_only, readers_only
from lessons.authoring.files import BadFiles
from lessons.authoring.models import Draft
from lessons.authoring.publishing import problems
from lessons.authoring.translation import Pairs
from lessons.format import LANGUAGES
from playground.accounts.roles import instructors_only, user_of


def _answers(
    view: Callable[[HttpRequest, Draft, dict[str, Any]], dict[str, Any]],
) -> Callable[[HttpRequest, Draft], HttpResponse]:
    """A view that takes and gives JSON; what it cannot do is said with 422."""

    @wraps(view)
    def answered(request: HttpRequest, draft: Draft) -> HttpResponse:
        try:
            asked = json.loads(request.body)
            if not isinstance(asked, dict):
                raise ValueError("no object")
            return JsonResponse(view(request, draft, asked))
        except BadFiles as error:
            return JsonResponse({"error": str(error)}, status=422)
        except (ValueError, TypeError, KeyError, RecursionError):
            return JsonResponse(
                {"error": _("The page and the site differ: load the page again.")}, status=400
            )

    return answered


def _texts(asked: dict[str, Any]) -> dict[str, str]:
    """The texts that a page sends; raises ``BadFiles``."""
    given = {str(name): str(text) for name, text in dict(asked.get("files", {})).items()}
    if any(not rules.is_text(name) for name in given):
        raise BadFiles(_("Only texts are saved so."))
    return {name: text.replace("\r\n", "\n").replace("\r", "\n") for name, text in given.items()}


@never_cache
@require_safe
@authors_only
def edit(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The editor."""
    files = draft.files()
    return render(
        request,
        "authoring/edit.html",
        {
            "draft": draft,
            "state": {
                "base": draft.head,
                "files": saving.texts(files),
                "pictures": sorted(name for name in files if not rules.is_text(name)),
                "languages": list(LANGUAGES),
            },
            "replaces": library.of_folder(draft.slug) is not None,
        },
    )


@never_cache
@require_safe
@instructors_only
def words(request: HttpRequest) -> HttpResponse:
    """The words of the format."""
    return JsonResponse(completion.words())


@require_POST
@authors_only
@_answers
def save(request: HttpRequest, draft: Draft, asked: dict[str, Any]) -> dict[str, Any]:
    """Save what somebody changed; says what else has changed, or what is in conflict."""
    saved = saving.save(
        draft,
        user_of(request),
        int(asked["base"]),
        _texts(asked),
        [str(name) for name in asked.get("removed", [])],
        message=str(asked.get("message", "")),
        auto=bool(asked.get("auto")),
    )
    return {
        "revision": saved.revision,
        "merged": saved.merged,
        "removed": saved.removed,
        "conflicts": saved.conflicts,
        "by": saved.by,
    }


@require_POST
@authors_only
@_answers
def look(request: HttpRequest, draft: Draft, asked: dict[str, Any]) -> dict[str, Any]:
    """What the checker says of texts that need not be saved, a step's preview, what is behind."""
    kept = draft.files()
    for name in asked.get("removed", []):
        kept.pop(str(name), None)
    files = kept | {name: text.encode() for name, text in _texts(asked).items()}
    rules.check(files)
    texts = saving.texts(files)
    step = str(asked.get("step", ""))
    address = reverse("author-picture", args=[draft.pk, "x"])[:-1]
    return {
        "problems": [
            {"file": each.file.name, "line": each.line, "message": each.message}
            for each in problems(draft.slug, files)
        ],
        "html": {
            language: markdown.render(texts[name], language, address)
            for language in LANGUAGES
            if (name := f"{step}.{language}.md") in texts
        },
        "behind": [
            {"file": each.file, "line": each.line, "why": each.why}
            for each in translation.state(texts, draft.translated)
        ],
    }


@require_POST
@authors_only
@_answers
def settle(request: HttpRequest, draft: Draft, asked: dict[str, Any]) -> dict[str, Any]:
    """Note that the two files of a step say the same, as they are saved now."""
    with transaction.atomic():
        draft = saving.locked(draft)
        remembered: dict[str, Pairs] = draft.translated
        texts = saving.texts(draft.files())
        draft.translated = translation.remember(texts, remembered, settle=str(asked["step"]))
        draft.save(update_fields=["translated"])
    return {}


@require_POST
@authors_only
def add_picture(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Keep a picture that was dropped into the editor."""
    sent = request.FILES.get("picture")
    if sent is None or (sent.size or 0) > rules.MOST_PICTURE:
        said = _("A picture has at most %(n)s kB.") % {"n": rules.MOST_PICTURE >> 10}
        return JsonResponse({"error": said}, status=422)
    name = str(sent.name).replace(".jpeg", ".jpg")
    try:
        if rules.is_text(name):
            raise BadFiles(_("%(name)s is no picture.") % {"name": name})
        was, revision = saving.put_picture(draft, user_of(request), name, sent.read())
    except BadFiles as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"name": name, "was": was, "revision": revision})


@never_cache
@require_safe
@readers_only
def picture(request: HttpRequest, draft: Draft, name: str) -> HttpResponse:
    """A draft's picture. Shown as an image only: no script in it runs."""
    kind = mimetypes.guess_type(name)[0] or ""
    data = draft.files().get(name)
    if data is None or not kind.startswith("image/"):
        raise Http404
    response = HttpResponse(data, content_type=kind)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
