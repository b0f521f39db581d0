"""What the site remembers of platforms and of who came from them."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.accounts.models import User
from playground.lti.outbound import check_url


class ToolKey(models.Model):
    """Our key pair. Made once; platforms get its public half by the address of the key set."""

    #: PEM. The database is readable to the site's own processes only.
    private = models.TextField()
    public = models.TextField()
    created = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"key {self.pk}"


class Platform(models.Model):
    """A learning platform, registered by an administrator: issuer and client id name it."""

    name = models.CharField(_("name"), max_length=100)
    issuer = models.CharField(_("issuer (platform ID)"), max_length=255)
    client_id = models.CharField(_("client ID"), max_length=255)
    login_url = models.CharField(
        _("authentication request URL"), max_length=500, validators=[check_url]
    )
    token_url = models.CharField(_("access token URL"), max_length=500, validators=[check_url])
    keys_url = models.CharField(_("public keyset URL"), max_length=500, validators=[check_url])
    audience = models.CharField(
        _("audience of access tokens"),
        max_length=500,
        blank=True,
        help_text=_("Only if the platform asks for another one than its access token URL."),
    )
    instructors = models.BooleanField(
        _("its instructors are instructors here"),
        default=False,
        help_text=_("Who teaches a course there may then teach on this whole site."),
    )
    is_active = models.BooleanField(_("may start lessons"), default=True)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        verbose_name = _("platform")
        verbose_name_plural = _("platforms")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "client_id"],
                name="one_platform_per_client",
                violation_error_message=_("This issuer and client ID are registered already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hosts(self) -> set[str]:
        """The names of the hosts that its administrator entered."""
        urls = (self.login_url, self.token_url, self.keys_url)
        return {urlsplit(url).hostname or "" for url in urls}


class Deployment(models.Model):
    """A place in a platform where this tool is installed. Unknown ones wait to be allowed."""

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="deployments")
    name = models.CharField(max_length=255)
    allowed = models.BooleanField(default=False)
    seen = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["platform", "name"], name="one_deployment_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """Somebody of a platform, and their account here. Nothing but these three names finds it."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="identities")
    subject = models.CharField(max_length=255)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="lti_identity")
    #: Made an instructor by a launch once; an administrator who took that back is not overruled.
    was_promoted = models.BooleanField(default=False)
    created = models.DateTimeField(default=timezone.now)
    last_launch = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(fields=["platform", "subject"], name="one_identity_per_subject")
        ]

    def __str__(self) -> str:
        return f"{self.platform} {self.subject}"


class Grade(models.Model):
    """A lesson that somebody was given by a link in a course, and what the platform knows of it."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="grades")
    lesson = models.CharField(max_length=64)
    #: The link in the course; one person may have the same lesson in two courses.
    link = models.CharField(max_length=255)
    #: The column of the gradebook. Empty until it is made, where the platform lets us make it.
    column = models.CharField(max_length=1000, blank=True)
    columns = models.CharField(max_length=1000, blank=True)
    scopes = models.JSONField(default=list)
    #: Percent that the platform has; ``None``: nothing yet.
    sent = models.PositiveSmallIntegerField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    #: When to send next; ``None``: nothing to send.
    due = models.DateTimeField(null=True, blank=True, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identity", "link"], name="one_grade_per_link")
        ]

    def __str__(self) -> str:
        return f"{self.identity} {self.lesson}: {self.sent}"
