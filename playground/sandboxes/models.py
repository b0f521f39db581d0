"""What the site remembers of sandboxes."""

from __future__ import annotations

import math
import secrets
from datetime import timedelta

from django.db import models
from django.utils import timezone


def new_id() -> str:
    """An id that cannot be guessed; the runtime core's alphabet."""
    return f"s-{secrets.token_hex(8)}"


class Sandbox(models.Model):
    """A student's Docker host, from the wish for it to its end."""

    class State(models.TextChoices):
        """Where in its life a sandbox is."""

        POOLED = "pooled"
        WAITING = "waiting"
        REQUESTED = "requested"
        READY = "ready"
        FAILED = "failed"
        REMOVED = "removed"

    id = models.CharField(primary_key=True, max_length=48, default=new_id)
    owner = models.CharField(max_length=64, blank=True)
    #: The network that the student came from; see :mod:`playground.sandboxes.addresses`.
    address = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=16, choices=State.choices, default=State.REQUESTED)
    #: The node that it is on, by name; empty until a node has taken the wish for it.
    node = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(blank=True)
    #: What the links to look on are signed with; another one makes all of them void.
    share_key = models.CharField(max_length=32, blank=True, default="")
    #: What it may use where that is not the site's own, see :mod:`playground.sandboxes.kinds`.
    kind = models.CharField(max_length=32, blank=True, default="")
    limits = models.JSONField(blank=True, default=dict)
    life_minutes = models.PositiveIntegerField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)
    claimed = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Two tabs that open at once must not make two hosts.
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(state__in=["waiting", "requested", "ready"]),
                name="one_living_sandbox_per_owner",
            )
        ]
        indexes = [
            models.Index(fields=["state", "last_seen"]),
            models.Index(fields=["claimed"]),
            models.Index(fields=["address", "state"]),
            models.Index(fields=["node", "state"], name="sandbox_node_state"),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.state})"

    def minutes_left(self) -> int | None:
        """Whole minutes, at least one, until its life time is over; ``None`` before its claim."""

        if self.claimed is None:
            return None
        age = timezone.now() - self.claimed
        return max(1, math.ceil(self.life - age.total_seconds() / 60))

    @property
    def life(self) -> int:
        """Minutes from its claim to its end."""
        from playground.sandboxes import limits

        return int(self.life_minutes or limits.value("SANDBOX_LIFE_MINUTES"))

    def is_over(self) -> bool:
        """Whether its life time is over."""
        lives = timedelta(minutes=self.life)
        return self.claimed is not None and timezone.now() - self.claimed > lives

    @property
    def group(self) -> str:
        """The channel layer's group that hears of its changes."""
        return f"sandbox.{self.id}"


class NodeRecord(models.Model):
    """A node that has a name: a machine with a worker and a hub, as it last said of itself.

    A playground on one machine has none of these.
    """

    class State(models.TextChoices):
        """Whether it takes new sandboxes; a lost one has not reported for some seconds."""

        UP = "up"
        DRAINING = "draining"
        LOST = "lost"

    name = models.CharField(primary_key=True, max_length=40)
    #: ``address:port`` of the hub's gateway and of its streams to ports.
    gateway = models.CharField(max_length=128, blank=True, default="")
    ports = models.CharField(max_length=128, blank=True, default="")
    state = models.CharField(max_length=16, choices=State.choices, default=State.UP)
    #: An operator wants it to take no more; that also holds when it comes back.
    drain = models.BooleanField(default=False)
    #: How many more sandboxes it can make, and what that comes from.
    places = models.PositiveIntegerField(default=0)
    memory_mb = models.PositiveIntegerField(default=0)
    disk_mb = models.PositiveIntegerField(default=0)
    pids = models.PositiveIntegerField(default=0)
    sandboxes = models.PositiveIntegerField(default=0)
    catalogue = models.CharField(max_length=64, blank=True, default="")
    version = models.CharField(max_length=32, blank=True, default="")
    #: By the database's clock, as the nodes' own may differ.
    reported = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"


class PoolWish(models.Model):
    """Sandboxes that somebody wants to have ready for a time, as for the start of a class."""

    #: Whose wish it is, as ``class 12``; one each.
    name = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField()
    kind = models.CharField(max_length=32, blank=True, default="")
    limits = models.JSONField(blank=True, default=dict)
    since = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.count} from {self.since:%H:%M} to {self.until:%H:%M}"


class Setting(models.Model):
    """A limit that was set on the operator's page; see :mod:`playground.sandboxes.limits`."""

    name = models.CharField(primary_key=True, max_length=64)
    value = models.FloatField()
    changed = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name}={self.value}"
