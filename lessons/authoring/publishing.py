"""Publishing: versions, which of them students get, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from lessons import library, shelf
from lessons.authoring.models import Begun, Draft, Place, Remark, Revision, Version, files_of
from lessons.authoring.published import Published
from lessons.authoring.saving import locked
from lessons.library import Problem
from lessons.models import StepProgress
from lessons.problems import of_files
from playground.accounts.models import User


class MayNot(ValueError):
    """It may not be published, or not yet; the text says why, in the reader's language."""


def problems(slug: str, files: Mapping[str, bytes]) -> list[Problem]:
    """All mistakes of a draft's files; ``file`` is the file's name alone."""
    folder = Path(slug)
    return sorted(
        Problem(
            Path(each.file.name if each.file != folder else "lesson.toml"), each.line, each.message
        )
        for each in of_files(files, folder)
    )


def why_not(draft: Draft, user: User) -> str:
    """Why somebody may not publish a draft as it is now; empty if they may."""
    if not draft.is_written_by(user) and not draft.is_seen_by(user):
        return _("It is not yours.")
    if settings.AUTHORING_NEEDS_REVIEW and draft.approved != draft.head:
        return _("An instructor who did not write it has to approve it first.")
    if not owns_name(draft.slug, user):
        return _("Another instructor's lesson has the name %(name)s.") % {"name": draft.slug}
    return ""


def owns_name(slug: str, user: User) -> bool:
    """Whether nobody else has published under a name; what is left of a deleted draft is free."""
    published = Draft.objects.filter(versions__slug=slug).distinct()
    return all(draft.is_written_by(user) for draft in published)


def approve(draft: Draft, user: User, text: str = "") -> None:
    """Note that somebody finds a draft good as it is now; raises ``MayNot``."""
    with transaction.atomic():
        draft = locked(draft)
        if wrote(draft, user):
            raise MayNot(_("Who wrote it cannot approve it."))
        draft.approved, draft.approved_by = draft.head, user
        draft.save(update_fields=["approved", "approved_by"])
        remark(draft, user, Remark.Kind.APPROVED, text)


def wrote(draft: Draft, user: User) -> bool:
    """Whether somebody wrote any of a draft, or is one of its authors."""
    own = user.pk == draft.owner_id or draft.authors.filter(pk=user.pk).exists()
    return own or draft.revisions.exclude(kind=Revision.Kind.ASIDE).filter(author=user).exists()


def remark(draft: Draft, user: User | None, kind: str, text: str = "") -> Remark:
    """Note what somebody said or decided."""
    found: Remark = draft.remarks.create(
        kind=kind, author=user, revision=draft.head, text=text.strip()[:4000]
    )
    return found


def publish(draft: Draft, user: User, message: str = "") -> Version:
    """Make a draft's newest revision what students get; raises ``MayNot``."""
    with transaction.atomic():
        draft = locked(draft)
        if why := why_not(draft, user):
            raise MayNot(why)
        revision = draft.revision()
        if problems(draft.slug, files_of(revision.manifest)):
            raise MayNot(_("It has mistakes: mend them first."))
        place, _new = Place.objects.select_for_update().get_or_create(slug=draft.slug)
        _keep_those_under_way(draft.slug, place.version)
        last = Version.objects.filter(slug=draft.slug).first()
        version: Version = Version.objects.create(
            slug=draft.slug,
            number=(last.number if last else 0) + 1,
            draft=draft,
            revision=revision.number,
            publisher=user,
            message=message.strip()[:200],
            manifest=revision.manifest,
        )
        _put(place, version)
        draft.state = Draft.State.PUBLISHED
        draft.save(update_fields=["state"])
        remark(draft, user, Remark.Kind.PUBLISHED, message)
    return version


def give(slug: str, version: Version | None) -> None:
    """Let students get another version, or (``None``) the folder's lesson, or none at all."""
    with transaction.atomic():
        place, _new = Place.objects.select_for_update().get_or_create(slug=slug)
        _keep_those_under_way(slug, place.version)
        _put(place, version)
        state = Draft.State.PUBLISHED if version else Draft.State.WITHDRAWN
        if version is None:
            Draft.objects.filter(slug=slug, state=Draft.State.PUBLISHED).update(state=state)
        elif version.draft:
            Draft.objects.filter(pk=version.draft.pk).update(state=state)


def _put(place: Place, version: Version | None) -> None:
    place.version = version
    place.save()
    kept = shelf.shelf()
    if isinstance(kept, Published):
        kept.forget()
        transaction.on_commit(kept.forget)


def _keep_those_under_way(slug: str, now: Version | None) -> None:
    """Note what those go on with who began before anything of it was noted."""
    if not Version.objects.filter(slug=slug).exists() and library.of_folder(slug) is None:
        return
    students = set(StepProgress.objects.filter(lesson=slug).values_list("student", flat=True))
    noted = set(Begun.objects.filter(lesson=slug).values_list("student", flat=True))
    rows = [Begun(student=each, lesson=slug, version=now) for each in sorted(students - noted)]
    Begun.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
