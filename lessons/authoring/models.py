"""What the site remembers of lessons that are written here.

Files are kept once each, by what they hold (:class:`Blob`). A *manifest* says which files a lesson
has: file name to digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lessons.authoring.files import is_text
from playground.accounts.models import User

#: States and kinds in words.
WORDS = {
    "draft": _("draft"),
    "review": _("in review"),
    "published": _("published"),
    "withdrawn": _("withdrawn"),
    "saved": _("saved"),
    "auto": _("saved by itself"),
    "aside": _("set aside"),
    "comment": _("said"),
    "asked": _("asked for review"),
    "approved": _("approved"),
    "back": _("sent it back"),
}


class Blob(models.Model):
    """What a file holds."""

    digest = models.CharField(primary_key=True, max_length=64)
    data = models.BinaryField()
    #: When a manifest with it was last made; what is in none is removed a while after.
    used = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.digest[:12])


def keep(files: Mapping[str, bytes]) -> dict[str, str]:
    """Keep files; return their manifest."""
    manifest = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    known = set(Blob.objects.filter(pk__in=manifest.values()).values_list("pk", flat=True))
    Blob.objects.filter(pk__in=known).update(used=timezone.now())
    new = {digest: files[name] for name, digest in manifest.items() if digest not in known}
    Blob.objects.bulk_create(
        [Blob(digest=digest, data=data) for digest, data in new.items()], ignore_conflicts=True
    )
    return manifest


def tidy(older_than: timedelta) -> int:
    """Remove what is in no manifest and was not used for a while; return how many."""
    named: set[str] = set()
    for model in (Revision, Version):
        for manifest in model._default_manager.values_list("manifest", flat=True).iterator():
            named |= set(manifest.values())
    old = Blob.objects.filter(used__lt=timezone.now() - older_than)
    gone = set(old.values_list("pk", flat=True)) - named
    Blob.objects.filter(pk__in=gone).delete()
    return len(gone)


def files_of(manifest: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a manifest."""
    rows = Blob.objects.filter(pk__in=set(manifest.values())).values_list("pk", "data")
    data = {digest: bytes(kept) for digest, kept in rows}
    return {name: data[digest] for name, digest in manifest.items()}


class KeptFiles(Mapping[str, bytes]):
    """The files of a manifest. Texts are read at once, a picture each time that it is asked for."""

    def __init__(self, manifest: Mapping[str, str]) -> None:
        self._manifest = dict(manifest)
        texts = {name: digest for name, digest in manifest.items() if is_text(name)}
        self._texts = files_of(texts)

    def __getitem__(self, name: str) -> bytes:
        if name in self._texts:
            return self._texts[name]
        return files_of({name: self._manifest[name]})[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest)

    def __len__(self) -> int:
        return len(self._manifest)

    def __contains__(self, name: object) -> bool:
        return name in self._manifest


class Draft(models.Model):
    """A lesson that is being written."""

    class State(models.TextChoices):
        """Where on its way it is."""

        DRAFT = "draft"
        REVIEW = "review"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    slug = models.SlugField(max_length=60)
    #: Without one its authors and administrators have it.
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    authors = models.ManyToManyField(User, blank=True, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    created = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    #: The number of the newest revision.
    head = models.PositiveIntegerField(default=0)
    #: The revision that somebody approved, and who.
    approved = models.PositiveIntegerField(null=True, blank=True)
    approved_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: Pairs of paragraphs that say the same, by step: see :mod:`lessons.authoring.translation`.
    translated = models.JSONField(default=dict)
    #: Where it is synchronised from: address, branch, folder and the last commit.
    git_url = models.CharField(max_length=300, blank=True, default="")
    git_branch = models.CharField(max_length=100, blank=True, default="")
    git_folder = models.CharField(max_length=200, blank=True, default="")
    git_commit = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["-changed"]

    def __str__(self) -> str:
        return self.slug

    @property
    def state_word(self) -> str:
        """Its state in the reader's language."""
        return str(WORDS[self.state])

    def is_written_by(self, user: User) -> bool:
        """Whether somebody may change it; administrators may change all."""
        if not user.is_instructor:
            return False
        own = user.pk == self.owner_id or user.is_administrator
        return own or self.authors.filter(pk=user.pk).exists()

    def is_seen_by(self, user: User) -> bool:
        """Whether somebody may see it: who writes it, and while it is in review any instructor."""
        reviews = user.is_instructor and self.state == self.State.REVIEW
        return reviews or self.is_written_by(user)

    def revision(self, number: int = 0) -> Revision:
        """One of its revisions, without a number the newest; raises ``DoesNotExist``."""
        found: Revision = self.revisions.get(number=number or self.head)
        return found

    def files(self) -> dict[str, bytes]:
        """Its files now."""
        return files_of(self.revision().manifest)


def drafts_of(user: User) -> QuerySet[Draft]:
    """The drafts that somebody may see."""
    seen = Q(owner=user) | Q(authors=user) | Q(state=Draft.State.REVIEW)
    may = Q() if user.is_administrator else seen if user.is_instructor else Q(pk=None)
    found: QuerySet[Draft] = Draft.objects.filter(may).distinct()
    return found


class Revision(models.Model):
    """A draft at one time; never changed."""

    class Kind(models.TextChoices):
        """How it came to be. One set aside was refused, as somebody else had saved before."""

        SAVED = "saved"
        AUTO = "auto"
        ASIDE = "aside"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SAVED)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    message = models.CharField(max_length=200, blank=True, default="")
    manifest = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_revision_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.draft} {self.number}"

    @property
    def kind_word(self) -> str:
        """How it came to be, in the reader's language."""
        return str(WORDS[self.kind])


class Remark(models.Model):
    """What was said or decided about a draft."""

    class Kind(models.TextChoices):
        """What it is."""

        COMMENT = "comment"
        ASKED = "asked"
        APPROVED = "approved"
        BACK = "back"
        PUBLISHED = "published"
        WITHDRAWN = "withdrawn"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="remarks")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.COMMENT)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField()
    text = models.TextField(max_length=4000, blank=True, default="")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.draft}: {self.kind}"

    @property
    def kind_word(self) -> str:
        """What was done, in the reader's language."""
        return str(WORDS[self.kind])


class Version(models.Model):
    """A lesson as it was published; never changed."""

    slug = models.SlugField(max_length=60)
    number = models.PositiveIntegerField()
    draft = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="versions")
    revision = models.PositiveIntegerField()
    publisher = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    message = models.CharField(max_length=200, blank=True, default="")
    manifest = models.JSONField(default=dict)

    class Meta:
        ordering = ["slug", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "number"], name="one_version_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.number}"


class Place(models.Model):
    """Which version of a lesson students get; without one the folder's, if it has it."""

    slug = models.SlugField(primary_key=True, max_length=60)
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.slug


class Begun(models.Model):
    """The version of a lesson that a student began; without one the folder's."""

    student = models.CharField(max_length=64)
    lesson = models.SlugField(max_length=60)
    version = models.ForeignKey(Version, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["student", "lesson"], name="one_version_begun")
        ]

    def __str__(self) -> str:
        return f"{self.student:.8} {self.lesson}"


class Play(models.Model):
    """A draft's solutions being played on a real host."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="plays")
    revision = models.PositiveIntegerField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    started = models.DateTimeField(default=timezone.now)
    #: When the worker last said that it is at it.
    seen = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(default=0)
    #: Checks by name in the order they came, each with ``before`` and ``after``: true when right.
    checks = models.JSONField(default=list)
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.draft} {self.revision}: {self.state}"
