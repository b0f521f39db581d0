"""One's own sandbox: claimed, looked at, used, removed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from playground.api import problems
from playground.api.access import Rate, caller, who_has
from playground.api.answers import answers
from playground.api.hub import ask_hub, unavailable
from playground.api.problems import Problem
from playground.api.scopes import SANDBOXES_READ, SANDBOXES_WRITE
from playground.hub.commands import MOST_SECONDS
from playground.sandboxes import claims, line, tasks
from playground.sandboxes.addresses import network_of
from playground.sandboxes.models import Sandbox

router = Router(tags=["sandboxes"])

SandboxId = Annotated[str, Path(pattern=r"^s-[0-9a-f]{16}$", description="As `id` says it.")]
#: Seconds that the hub may take around a command: to start it, and to end one that does not end.
_AROUND = 25
#: Bytes of a command and its input; the gateway takes frames of 64 kB.
_MOST_BYTES = 48 << 10
_Word = Annotated[str, StringConstraints(max_length=16_000, pattern=r"^[^\x00]*$")]


class SandboxOut(Schema):
    """One's sandbox, or the wish for it."""

    id: str
    state: Literal["waiting", "requested", "ready"] = Field(
        description="`waiting`: the machine is full, see `position`; `requested`: being made."
    )
    created: datetime
    minutes_left: int | None = Field(description="Until its life is over; null before it begins.")
    position: int | None = Field(description="The place in the waiting line, from 1.")


class CommandIn(Schema):
    """A command without a terminal."""

    model_config = ConfigDict(extra="forbid")

    command: list[_Word] = Field(
        min_length=1,
        max_length=100,
        description="The program and its words; no shell reads them.",
        examples=[["docker", "ps"], ["sh", "-c", "docker ps | wc -l"]],
    )
    stdin: str = Field("", max_length=32_000)
    seconds: int = Field(20, ge=1, le=MOST_SECONDS, description="It is ended after that.")

    @model_validator(mode="after")
    def _fits(self) -> CommandIn:
        if sum(len(each.encode()) for each in (*self.command, self.stdin)) > _MOST_BYTES:
            raise ValueError(f"command and stdin have more than {_MOST_BYTES} bytes")
        return self


class CommandOut(Schema):
    """What became of a command. The outputs are the sandbox's: trust nothing in them."""

    exit_code: int | None = Field(description="Null if it was ended for its time.")
    stdout: str = Field(description="At most 256 kB of it.")
    stderr: str = Field(description="At most 256 kB of it.")
    cut: bool = Field(description="Whether there was more output.")
    timed_out: bool
    seconds: float


def _facts(row: Sandbox) -> dict[str, object]:
    waits = row.state == Sandbox.State.WAITING
    return {
        "id": row.id,
        "state": row.state,
        "created": row.created,
        "minutes_left": row.minutes_left(),
        "position": line.position(row) if waits else None,
    }


def _mine(request: HttpRequest, sandbox_id: str) -> Sandbox:
    student = caller(request).student
    row: Sandbox | None = Sandbox.objects.filter(
        id=sandbox_id, owner=student, state__in=claims.OWNED
    ).first()
    if row is None:
        raise problems.missing("sandbox", "POST /api/v1/sandboxes claims one.")
    return row


@router.get("", auth=who_has(SANDBOXES_READ), response=answers(list[SandboxOut]))
def sandboxes(request: HttpRequest) -> list[dict[str, object]]:
    """List one's sandboxes: one, or none."""
    rows = Sandbox.objects.filter(owner=caller(request).student, state__in=claims.OWNED)
    return [_facts(row) for row in rows]


@router.post("", auth=who_has(SANDBOXES_WRITE), response=answers(SandboxOut, 503))
def claim(request: HttpRequest) -> dict[str, object]:
    """Claim a sandbox: the one that one has, else a new one, which may take a while."""
    try:
        row = claims.claim(caller(request).student, network_of((request.META["REMOTE_ADDR"],)))
    except claims.NetworkIsFull as error:
        raise Problem(
            503,
            "network-full",
            f"Your network has {error.limit} sandboxes already",
            "Try again when somebody there has finished.",
            Retry_After="60",
        ) from None
    claims.seen(row.id)
    return _facts(row)


@router.get("/{sandbox_id}", auth=who_has(SANDBOXES_READ), response=answers(SandboxOut, 404))
def sandbox(request: HttpRequest, sandbox_id: SandboxId) -> dict[str, object]:
    """One's sandbox. To ask for it also keeps its place in the waiting line."""
    row = _mine(request, sandbox_id)
    claims.seen(row.id)
    return _facts(row)


@router.delete(
    "/{sandbox_id}", auth=who_has(SANDBOXES_WRITE), response=answers(None, 404, status=204)
)
def remove(request: HttpRequest, sandbox_id: SandboxId) -> Status[None]:
    """Remove one's sandbox with all that is in it."""
    row = _mine(request, sandbox_id)
    if claims.give_up(row.id, "removed by its student through the API"):
        tasks.remove.delay(row.id)
    return Status(204, None)


@router.post(
    "/{sandbox_id}/exec",
    auth=who_has(SANDBOXES_WRITE),
    throttle=[Rate("all", "API_REQUESTS_A_MINUTE"), Rate("exec", "API_COMMANDS_A_MINUTE")],
    response=answers(CommandOut, 400, 404, 409, 503),
)
def run(request: HttpRequest, sandbox_id: SandboxId, what: CommandIn) -> dict[str, object]:
    """Run a command as the sandbox's root, and wait until it ends."""
    row = _mine(request, sandbox_id)
    if row.state != Sandbox.State.READY:
        raise Problem(
            409, "not-ready", "The sandbox is not ready", "Ask for it until `state` is `ready`."
        )
    claims.seen(row.id)
    answer = ask_hub("exec", row.id, what.model_dump(), what.seconds + _AROUND)
    if answer.get("error") == "busy":
        raise Problem(
            409, "busy", "Two commands run already", "Wait for one of them, then try again."
        )
    if "error" in answer:
        raise unavailable()
    return answer
