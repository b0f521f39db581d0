"""Saving a draft: nobody's work is written over, whoever saves first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from merge3 import Merge3

from lessons.authoring import files as rules
from lessons.authoring import translation
from lessons.authoring.files import BadFiles
from lessons.authoring.models import Draft, Revision, files_of, keep
from playground.accounts.models import User

#: Revisions that were saved by themselves are kept for so long.
_KEEP_AUTO = timedelta(days=7)
_MOST_MESSAGE = 200


@dataclass
class Saved:
    """What became of a save. With conflicts nothing of it is the draft's, it is set aside."""

    revision: int
    #: Texts that are other than those that were sent, as somebody else's changes are in them.
    merged: dict[str, str] = field(default_factory=dict)
    #: Texts that two have changed at the same place: what the other one has, and both in one.
    conflicts: dict[str, dict[str, str]] = field(default_factory=dict)
    by: str = ""
    removed: list[str] = field(default_factory=list)


def texts(files: Mapping[str, bytes]) -> dict[str, str]:
    """The texts among files."""
    return {name: data.decode() for name, data in files.items() if rules.is_text(name)}


def create(
    user: User, slug: str, files: Mapping[str, bytes], message: str = "", **facts: str
) -> Draft:
    """Make a draft with its first revision; raises ``BadFiles``."""
    rules.check(files)
    with transaction.atomic():
        draft: Draft = Draft.objects.create(slug=slug, owner=user, **facts)
        add(draft, user, files, message)
    return draft


def add(
    draft: Draft,
    user: User | None,
    files: Mapping[str, bytes],
    message: str = "",
    kind: str = Revision.Kind.SAVED,
) -> Revision:
    """Add a revision to a draft that is locked or new; raises ``BadFiles``."""
    rules.check(files)
    last = draft.revisions.first()
    revision: Revision = draft.revisions.create(
        number=(last.number if last else 0) + 1,
        kind=kind,
        author=user,
        message=message[:_MOST_MESSAGE],
        manifest=keep(files),
    )
    if kind != Revision.Kind.ASIDE:
        draft.head = revision.number
        draft.changed = timezone.now()
        draft.translated = translation.remember(texts(files), draft.translated)
        draft.save(update_fields=["head", "changed", "translated"])
    return revision


def locked(draft: Draft) -> Draft:
    """The draft as nobody else can change it until the transaction ends."""
    found: Draft = Draft.objects.select_for_update().get(pk=draft.pk)
    return found


def save(
    draft: Draft,
    user: User,
    base: int,
    changed: Mapping[str, str],
    removed: Iterable[str] = (),
    *,
    message: str = "",
    auto: bool = False,
) -> Saved:
    """Save texts that somebody changed since revision ``base``; raises ``BadFiles``.

    If somebody else saved meanwhile the two are merged line by line.
    """
    with transaction.atomic():
        draft = locked(draft)
        try:
            before = files_of(draft.revision(base).manifest)
        except Revision.DoesNotExist:
            said = _("There is no revision %(n)s: load the page again.")
            raise BadFiles(said % {"n": base}) from None
        head = draft.revision()
        now = before if head.number == base else files_of(head.manifest)
        mine = before | {name: text.encode() for name, text in changed.items()}
        for name in removed:
            mine.pop(name, None)
        rules.check(mine)
        result = Saved(head.number, by=str(head.author or ""))
        both = _merge(before, mine, now, result)
        result.removed = sorted(set(mine) - set(both))
        if result.conflicts:
            kept = _("set aside: %(name)s had saved before") % {"name": result.by}
            add(draft, user, mine, kept, Revision.Kind.ASIDE)
            return result
        if keep(both) != head.manifest:
            kind = Revision.Kind.AUTO if auto else Revision.Kind.SAVED
            result.revision = add(draft, user, both, message, kind).number
        elif message or not auto:
            Revision.objects.filter(pk=head.pk, kind=Revision.Kind.AUTO).update(
                kind=Revision.Kind.SAVED, message=message[:_MOST_MESSAGE]
            )
        _prune(draft)
    return result


def _merge(
    before: Mapping[str, bytes], mine: Mapping[str, bytes], now: Mapping[str, bytes], result: Saved
) -> dict[str, bytes]:
    """Both changes in one; what cannot be is in ``result``'s conflicts."""
    both: dict[str, bytes] = {}
    for name in sorted({*before, *mine, *now}):
        was, own, other = before.get(name), mine.get(name), now.get(name)
        if own == other or other == was:
            picked = own
        elif own == was:
            picked = other
        elif own is None or other is None or not rules.is_text(name):
            # Removed by one and changed by the other: what was written stays.
            picked = other if own is None else own
        else:
            picked = _merge_texts(name, was or b"", own, other, result)
        if picked is not None:
            both[name] = picked
            if picked != own and rules.is_text(name):
                result.merged[name] = picked.decode()
    return both


def _merge_texts(name: str, was: bytes, own: bytes, other: bytes, result: Saved) -> bytes:
    one, two, three = (text.decode().splitlines(keepends=True) for text in (was, own, other))
    merging = Merge3(one, two, three)
    groups = list(merging.merge_groups())
    if any(group[0] == "conflict" for group in groups):
        lines: list[str] = []
        for group in groups:
            # Both, one below the other, for whoever merges them to choose from.
            lines += [*group[3], *group[2]] if group[0] == "conflict" else group[1]
        result.conflicts[name] = {"theirs": other.decode(), "both": "".join(lines)}
        return own
    return "".join(line for group in groups for line in group[1]).encode()


def put_picture(draft: Draft, user: User, name: str, data: bytes) -> tuple[int, int]:
    """Add a picture; return the revision before and the new one. Raises ``BadFiles``."""
    rules.check_one(name, data)
    with transaction.atomic():
        draft = locked(draft)
        files = draft.files()
        was = draft.head
        if name in files and files[name] != data:
            raise BadFiles(_("There is another picture %(name)s already.") % {"name": name})
        files[name] = data
        return was, add(draft, user, files, f"+ {name}").number


def _prune(draft: Draft) -> None:
    old = draft.revisions.filter(kind=Revision.Kind.AUTO, at__lt=timezone.now() - _KEEP_AUTO)
    used = {draft.head, draft.approved or 0, *draft.plays.values_list("revision", flat=True)}
    used |= set(draft.remarks.values_list("revision", flat=True))
    used |= set(draft.versions.values_list("revision", flat=True))
    old.exclude(number__in=used).delete()
