"""Links by which others look on at a terminal, made and taken back by its student."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from playground.accounts.students import student_of
from playground.sandboxes.models import Sandbox

_SALT = "playground.sandboxes.sharing"
_TERMINAL = "abcdefghijklmnopqrstuvwxyz0123456789-"


@dataclass(frozen=True)
class Share:
    """Leave to look at one terminal."""

    sandbox: Sandbox
    terminal: str


def token(sandbox: Sandbox, terminal: str) -> str:
    """What a link holds; makes the sandbox's key if it has none."""
    if not sandbox.share_key:
        key = secrets.token_urlsafe(12)
        Sandbox.objects.filter(id=sandbox.id, share_key="").update(share_key=key)
        sandbox.refresh_from_db()
    return signing.dumps([sandbox.id, terminal, sandbox.share_key], salt=_SALT)


def read(text: str) -> Share | None:
    """What a link gives leave to, ``None`` if it is void (any more)."""
    try:
        sandbox_id, terminal, key = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    row = Sandbox.objects.filter(id=sandbox_id, state=Sandbox.State.READY, share_key=key).first()
    return Share(row, terminal) if row and key else None


@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """Return the link to the terminal that is named in the form."""
    terminal = request.POST.get("terminal", "")
    row = _of(request)
    if row is None or not 0 < len(terminal) <= 32 or not set(terminal) <= set(_TERMINAL):
        return JsonResponse({"error": "There is no such terminal."}, status=404)
    path = reverse("watch", args=[token(row, terminal)])
    return JsonResponse({"url": request.build_absolute_uri(path)})


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Make all links to the student's terminals void and send those who look on away."""
    if row := _of(request):
        Sandbox.objects.filter(id=row.id).update(share_key="")
        if layer := get_channel_layer():
            async_to_sync(layer.group_send)(row.group, {"type": "sandbox.changed"})
    return JsonResponse({"ok": True})


def watch(request: HttpRequest, token: str) -> HttpResponse:
    """The page of somebody who looks on."""
    found = read(token)
    context = {"token": token if found else ""}
    return render(request, "terminal/watch.html", context, status=200 if found else 404)


def _of(request: HttpRequest) -> Sandbox | None:
    student = student_of(request.session)
    living = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY)
    row: Sandbox | None = living.first() if student else None
    return row
