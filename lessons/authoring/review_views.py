"""Review, publishing, versions and the way back."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lessons import library
from lessons.authoring import diffs, publishing
from lessons.authoring.access import authors_only, readers_only
from lessons.authoring.models import Draft, Place, Remark, Revision, Version, files_of
from lessons.authoring.publishing import MayNot
from lessons.authoring.saving import add, locked
from playground.accounts import audit
from playground.accounts.roles import user_of

_MOST_SHOWN = 100


@never_cache
@require_safe
@readers_only
def versions(request: HttpRequest, draft: Draft) -> HttpResponse:
    """What was said and decided, its revisions and versions, and what differs between two."""
    user = user_of(request)
    revisions = list(draft.revisions.select_related("author")[:_MOST_SHOWN])
    published = list(
        Version.objects.filter(slug=draft.slug).select_related("publisher")[:_MOST_SHOWN]
    )
    place = Place.objects.filter(slug=draft.slug).select_related("version").first()
    sides = [(f"r{each.number}", each) for each in revisions]
    sides += [(f"v{each.number}", each) for each in published]
    has_folder = library.of_folder(draft.slug) is not None
    now = f"v{place.version.number}" if place and place.version else "folder" if has_folder else ""
    old = request.GET.get("old") or now
    new = request.GET.get("new") or f"r{draft.head}"
    before, after = _side(draft, old), _side(draft, new)
    return render(
        request,
        "authoring/versions.html",
        {
            "draft": draft,
            "writes": draft.is_written_by(user),
            "wrote": publishing.wrote(draft, user),
            "remarks": draft.remarks.select_related("author"),
            "revisions": revisions,
            "versions": published,
            "place": place,
            "has_folder": has_folder,
            "needs_review": settings.AUTHORING_NEEDS_REVIEW,
            "problems": publishing.problems(draft.slug, draft.files()),
            "why_not": publishing.why_not(draft, user),
            "old": old,
            "new": new,
            "sides": [key for key, _each in sides],
            "diffs": diffs.between(before, after),
            "authors": draft.authors.all(),
        },
    )


def _side(draft: Draft, key: str) -> dict[str, bytes]:
    """The files of ``r3`` (a revision), ``v2`` (a version), ``folder``; none for nothing."""
    kind, number = key[:1], key[1:]
    if key == "folder":
        lesson = library.of_folder(draft.slug)
        return dict(lesson.files) if lesson else {}
    if not number.isdigit():
        return {}
    row: Revision | Version | None = None
    if kind == "r":
        row = draft.revisions.filter(number=int(number)).first()
    elif kind == "v":
        row = Version.objects.filter(slug=draft.slug, number=int(number)).first()
    if row is None:
        raise Http404
    return files_of(row.manifest)


@require_POST
@readers_only
def review(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Say or decide something about a draft."""
    user = user_of(request)
    text, what = request.POST.get("text", ""), request.POST.get("what", "")
    back = redirect("author-versions", pk=draft.pk)
    try:
        if what == "comment" and text.strip():
            publishing.remark(draft, user, Remark.Kind.COMMENT, text)
        elif what == "ask" and draft.is_written_by(user):
            Draft.objects.filter(pk=draft.pk).update(state=Draft.State.REVIEW)
            publishing.remark(draft, user, Remark.Kind.ASKED, text)
        elif what == "approve":
            publishing.approve(draft, user, text)
        elif what == "back" and draft.state == Draft.State.REVIEW:
            Draft.objects.filter(pk=draft.pk).update(state=Draft.State.DRAFT, approved=None)
            publishing.remark(draft, user, Remark.Kind.BACK, text)
            if not draft.is_written_by(user):
                back = redirect("author")
        elif what == "publish":
            if str(draft.head) != request.POST.get("revision"):
                raise MayNot(_("Somebody has changed it meanwhile: look at it again."))
            version = publishing.publish(draft, user, text)
            said = _("Version %(n)s is published.") % {"n": version.number}
            messages.success(request, said)
        else:
            raise MayNot(_("Say something first."))
    except MayNot as error:
        messages.error(request, str(error))
        return redirect("author-versions", pk=draft.pk)
    audit.record(request, f"authoring.{what}", draft.slug, draft=draft.pk, revision=draft.head)
    return back


@require_POST
@authors_only
def restore(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Make an earlier state the newest revision; nothing after it is lost."""
    key = request.POST.get("state", "")
    files = _side(draft, key)
    if not files:
        raise Http404
    with transaction.atomic():
        draft = locked(draft)
        message = _("as it was in %(state)s") % {"state": key}
        made = add(draft, user_of(request), files, message)
    audit.record(request, "authoring.restore", draft.slug, draft=draft.pk, state=key)
    messages.success(request, _("Revision %(n)s is as it was.") % {"n": made.number})
    return redirect("author-versions", pk=draft.pk)


@require_POST
@authors_only
def give(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Choose which version students get; none: the folder's lesson, or no lesson at all."""
    wanted = request.POST.get("version", "")
    version = None
    if wanted:
        number = int(wanted) if wanted.isdigit() else 0
        version = Version.objects.filter(slug=draft.slug, number=number).first()
        if version is None:
            raise Http404
    published = Version.objects.filter(slug=draft.slug).exists()
    if not published or not publishing.owns_name(draft.slug, user_of(request)):
        messages.error(request, _("This draft has published nothing."))
        return redirect("author-versions", pk=draft.pk)
    publishing.give(draft.slug, version)
    if version is None:
        publishing.remark(draft, user_of(request), Remark.Kind.WITHDRAWN)
    audit.record(request, "authoring.give", draft.slug, version=version.number if version else None)
    messages.success(request, _("Students who begin now get it as you chose."))
    return redirect("author-versions", pk=draft.pk)
