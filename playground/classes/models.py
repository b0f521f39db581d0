"""What the site remembers of classes."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.accounts.models import User

#: No letter or digit that is taken for another when read aloud or from a wall.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 8
MOST_NAME = 60


def new_code() -> str:
    """A code to type in: 31 to the 8th are too many to guess at the rate that joining allows."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def new_token() -> str:
    """What an invitation's link holds."""
    return secrets.token_urlsafe(18)


class Class(models.Model):
    """A class: who teaches it, how one joins, what its sandboxes may use."""

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="owned_classes")
    helpers = models.ManyToManyField(User, blank=True, related_name="helped_classes")
    code = models.CharField(max_length=16, unique=True, default=new_code, editable=False)
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    #: Whether anybody may still join.
    is_open = models.BooleanField(_("people can join"), default=True)
    starts = models.DateTimeField(_("starts"), null=True, blank=True)
    #: Sandboxes that are to be ready at the start.
    prewarm = models.PositiveIntegerField(_("hosts ready at the start"), default=0)
    memory_mb = models.PositiveIntegerField(_("memory of a host, MB"), null=True, blank=True)
    cpus = models.FloatField(_("processors of a host"), null=True, blank=True)
    disk_mb = models.PositiveIntegerField(_("disk of a host, MB"), null=True, blank=True)
    life_minutes = models.PositiveIntegerField(_("life of a host, minutes"), null=True, blank=True)
    #: A stricter policy than the site's may hold for its members' hosts, a looser one never.
    policy = models.CharField(
        _("what members may do on a host"),
        max_length=16,
        blank=True,
        default="",
        choices=[("", _("as for everybody")), ("hardened", _("hardened: no packet filter"))],
        help_text=_("Hardened, names on networks of one’s own and iptables do not work."),
    )
    #: The terminal that all members may follow, with whose it is: a student's name; empty: none.
    projected_student = models.CharField(max_length=64, blank=True, default="", editable=False)
    projected_terminal = models.CharField(max_length=32, blank=True, default="", editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    archived = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["archived", "-created"]
        verbose_name = _("class")
        verbose_name_plural = _("classes")

    def __str__(self) -> str:
        return self.name

    def is_taught_by(self, user: User) -> bool:
        """Whether somebody may see and do all in it; administrators may not, unless they teach."""
        return user.is_instructor and (
            user.pk == self.owner_id or self.helpers.filter(pk=user.pk).exists()
        )

    @property
    def group(self) -> str:
        """The channel layer's group of its instructors' live pages."""
        return f"class.{self.pk}.live"

    @property
    def members_group(self) -> str:
        """The channel layer's group of its members' pages."""
        return f"class.{self.pk}.members"


def taught_by(user: User) -> QuerySet[Class]:
    """The classes that somebody teaches."""
    found: QuerySet[Class] = Class.objects.filter(Q(owner=user) | Q(helpers=user)).distinct()
    return found if user.is_instructor else found.none()


class Membership(models.Model):
    """A student in a class, and where in the lessons they are."""

    course = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="members")
    #: See :mod:`playground.accounts.students`.
    student = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=MOST_NAME)
    joined = models.DateTimeField(default=timezone.now)
    #: The step they are on, and since when in this sitting.
    lesson = models.CharField(max_length=64, blank=True, default="")
    step = models.CharField(max_length=64, blank=True, default="")
    on_step_since = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(null=True, blank=True)
    #: The last line typed at their host's prompt in one of the class's lessons.
    last_line = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "student"], name="one_membership_per_class")
        ]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.course})"

    @property
    def group(self) -> str:
        """The channel layer's group of this member's pages."""
        return f"member.{self.pk}"


class Assignment(models.Model):
    """A lesson that a class does, in a span of time."""

    course = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="assignments")
    lesson = models.CharField(max_length=64)
    order = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "lesson"], name="one_assignment_per_lesson")
        ]
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return f"{self.course}: {self.lesson}"


class HelpRequest(models.Model):
    """A student asks for help; open until it is answered or taken back."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="asked")
    lesson = models.CharField(max_length=64, blank=True)
    step = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(ended=None), name="one_open_request_per_member"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member}, {self.at:%H:%M}"


class Message(models.Model):
    """What an instructor tells a class or one member: words, a command, or a file's name."""

    KINDS = [("text", _("message")), ("command", _("command")), ("file", _("file"))]

    course = models.ForeignKey(Class, on_delete=models.CASCADE, related_name="messages")
    #: ``None``: all members.
    member = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    sender = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=8, choices=KINDS, default="text")
    text = models.TextField(max_length=2000)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.text[:60]

    def document(self) -> dict[str, object]:
        """As pages get it."""
        sender = str(self.sender) if self.sender else ""
        return {
            "id": self.pk,
            "kind": self.kind,
            "text": self.text,
            "from": sender,
            "course": self.course.name,
            "at": self.at.isoformat(),
        }


class Failure(models.Model):
    """A line that ended with an error, or a wrong answer, while a member was on a step."""

    member = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="failures")
    lesson = models.CharField(max_length=64)
    step = models.CharField(max_length=64)
    #: The line; empty for a wrong answer to a question.
    line = models.CharField(max_length=300, blank=True)
    code = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["member", "lesson", "step"])]

    def __str__(self) -> str:
        return f"{self.line} ({self.code})"
