"""Pages on which drafts begin and end, and what goes in and out of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lessons import library
from lessons.authoring import diffs, git, packing, saving, starting
from lessons.authoring.access import authors_only, readers_only
from lessons.authoring.arriving import Arrived, arrive
from lessons.authoring.files import BadFiles
from lessons.authoring.forms import (
    CopyForm,
    GitForm,
    ScratchForm,
    UploadForm,
    check_slug,
    tree_of,
)
from lessons.authoring.models import Draft, Place, drafts_of
from lessons.languages import language_now
from playground.accounts import audit
from playground.accounts.models import User
from playground.accounts.roles import instructors_only, user_of

_FORMS: dict[str, type[forms.Form]] = {
    "scratch": ScratchForm,
    "copy": CopyForm,
    "upload": UploadForm,
    "git": GitForm,
}


@never_cache
@require_safe
@instructors_only
def overview(request: HttpRequest) -> HttpResponse:
    """Drafts that one may see, and all lessons with where each comes from."""
    user = user_of(request)
    language = language_now()
    places = {each.slug: each for each in Place.objects.select_related("version")}
    drafts = list(drafts_of(user).select_related("owner"))
    return render(
        request,
        "authoring/list.html",
        {
            "own": [each for each in drafts if each.is_written_by(user)],
            "reviewed": [each for each in drafts if not each.is_written_by(user)],
            "lessons": [
                {
                    "slug": each.slug,
                    "title": each.titles[language],
                    "version": places[each.slug].version if each.slug in places else None,
                    "in_folder": library.of_folder(each.slug) is not None,
                }
                for each in library.lessons()
            ],
        },
    )


@never_cache
@require_http_methods(["GET", "POST"])
@instructors_only
def create(request: HttpRequest) -> HttpResponse:
    """Begin a draft: empty, from a lesson, from files, from a repository."""
    how = request.POST.get("how", "")
    first = {"lesson": request.GET.get("lesson", ""), "slug": request.GET.get("slug", "")}
    made: dict[str, forms.Form] = {
        name: form(request.POST, request.FILES, prefix=name)
        if name == how
        else form(prefix=name, initial=first)
        for name, form in _FORMS.items()
    }
    if request.method == "POST" and how in made and made[how].is_valid():
        try:
            draft = _begin(request, how, made[how].cleaned_data)
        except BadFiles as error:
            made[how].add_error(None, str(error))
        else:
            audit.record(request, "authoring.create", draft.slug, how=how, draft=draft.pk)
            return redirect("author-edit", pk=draft.pk)
    status = 422 if request.method == "POST" else 200
    opened = how or ("copy" if first["lesson"] else "scratch")
    return render(request, "authoring/new.html", {"forms": made, "opened": opened}, status=status)


def _begin(request: HttpRequest, how: str, given: dict[str, Any]) -> Draft:
    user = user_of(request)
    if how == "scratch":
        orders = [each.order for each in library.lessons() if each.track == given["track"]]
        order = max(orders, default=0) + 10
        files = starting.scratch(given["track"], order, given["title_en"], given["title_ko"])
        return saving.create(user, given["slug"], files)
    if how == "copy":
        lesson = library.lesson(given["lesson"])
        if lesson is None:
            raise BadFiles(_("There is no such lesson any more."))
        return saving.create(user, given["slug"] or lesson.slug, dict(lesson.files))
    if how == "git":
        fetched = git.fetch(given["url"], given["branch"])
        arrived = _arrived(fetched.files, given)
        return _made(
            request, user, arrived, git_url=given["url"].strip(), git_branch=given["branch"],
            git_folder=given["folder"].strip("/"), git_commit=fetched.commit,
        )  # fmt: skip
    return _made(request, user, _arrived(_sent(request, given["sent"]), given))


def _sent(request: HttpRequest, files: list[Any]) -> dict[str, bytes]:
    return tree_of(files, request.POST.getlist("path"))


def _arrived(tree: dict[str, bytes], given: dict[str, Any]) -> Arrived:
    return arrive(
        tree,
        folder=given["folder"],
        name=given["slug"],
        track=given["track"],
        language=given["language"],
    )


def _made(request: HttpRequest, user: User, arrived: Arrived, **facts: str) -> Draft:
    if not arrived.slug:
        raise BadFiles(_("Its folder's name is no lesson's name: give it one."))
    draft = saving.create(user, arrived.slug, arrived.files, **facts)
    if arrived.report:
        draft.remarks.create(
            author=user, revision=draft.head, text="\n".join(arrived.report)[:4000]
        )
        messages.info(request, _("It was written for another site: see what became of it."))
    return draft


@never_cache
@require_safe
@readers_only
def export(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The draft as a zip archive."""
    response = HttpResponse(packing.pack(draft.slug, draft.files()), "application/zip")
    response["Content-Disposition"] = f'attachment; filename="{draft.slug}.zip"'
    return response


@require_POST
@authors_only
def upload(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Put what a zip archive or a folder holds in the place of a draft's files."""
    form = UploadForm({**request.POST.dict(), "language": "en"}, request.FILES)
    try:
        if not form.is_valid():
            raise BadFiles(_("Choose a zip archive, or the files of a folder."))
        arrived = _arrived(_sent(request, form.cleaned_data["sent"]), form.cleaned_data)
        _replace(request, draft, arrived.files, _("brought in as files"))
    except BadFiles as error:
        messages.error(request, str(error))
    return redirect("author-versions", pk=draft.pk)


@require_POST
@authors_only
def sync(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Fetch the draft's repository; what it has there becomes the newest revision."""
    try:
        fetched = git.fetch(draft.git_url, draft.git_branch)
        arrived = arrive(fetched.files, folder=draft.git_folder, name=draft.slug)
        said = _("from git: %(commit)s") % {"commit": fetched.commit[:12]}
        _replace(request, draft, arrived.files, said)
        Draft.objects.filter(pk=draft.pk).update(git_commit=fetched.commit)
        audit.record(request, "authoring.sync", draft.slug, commit=fetched.commit)
    except BadFiles as error:
        messages.error(request, str(error))
    return redirect("author-versions", pk=draft.pk)


def _replace(request: HttpRequest, draft: Draft, files: dict[str, bytes], message: str) -> None:
    """What was there stays as the revision before; says what changed."""
    with transaction.atomic():
        draft = saving.locked(draft)
        changed = diffs.between(draft.files(), files)
        if changed:
            saving.add(draft, user_of(request), files, message)
    if not changed:
        messages.info(request, _("Nothing has changed."))
        return
    audit.record(request, "authoring.replace", draft.slug, draft=draft.pk, message=message)
    names = ", ".join(each.name for each in changed[:8])
    count = ngettext("%(n)s file has changed: %(names)s", "%(n)s files have changed: %(names)s",
                     len(changed))  # fmt: skip
    messages.success(request, count % {"n": len(changed), "names": names})


@require_POST
@authors_only
def authors(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Let another instructor write too, or no more."""
    if name := request.POST.get("add", "").strip():
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None or not found.is_instructor:
            messages.error(request, _("There is no instructor %(name)s.") % {"name": name[:60]})
        else:
            draft.authors.add(found)
            audit.record(request, "authoring.authors.add", draft.slug, who=found.username)
    elif (pk := request.POST.get("remove", "")).isdigit():
        draft.authors.remove(int(pk))
        audit.record(request, "authoring.authors.remove", draft.slug, who=pk)
    return redirect("author-versions", pk=draft.pk)


@require_POST
@authors_only
def rename(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Give a draft that was never published another name."""
    slug = request.POST.get("slug", "").strip()
    try:
        check_slug(slug)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("author-versions", pk=draft.pk)
    if slug and not draft.versions.exists():
        Draft.objects.filter(pk=draft.pk).update(slug=slug)
        audit.record(request, "authoring.rename", draft.slug, draft=draft.pk, to=slug)
    else:
        messages.error(request, _("What is published keeps its name."))
    return redirect("author-versions", pk=draft.pk)


@require_POST
@authors_only
def delete(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Remove a draft with its revisions. What it published stays."""
    audit.record(request, "authoring.delete", draft.slug, draft=draft.pk)
    draft.delete()
    messages.success(request, _("The draft is deleted. What it published stays."))
    return redirect("author")
