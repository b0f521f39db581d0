"""The page ``/layers/``, and what it says and asks about archives, all but their bytes."""

from __future__ import annotations

import math
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.students import ensure_student, student_of
from playground.archives import room
from playground.archives.models import ImageArchive
from playground.archives.readers import ANALYSES
from playground.sandboxes.files import refusal
from playground.sandboxes.models import Sandbox
from playground.sandboxes.transfers import TransferFailed, Upload


@never_cache
@require_safe
def layers(request: HttpRequest) -> HttpResponse:
    """Layers of the catalogue's images, of the student's host and of their archives."""
    student = ensure_student(request.session)
    context = {
        "most": settings.ARCHIVE_MB,
        "hours": settings.ARCHIVE_HOURS,
        "has_host": Sandbox.objects.filter(owner=student, state=Sandbox.State.READY).exists(),
    }
    return render(request, "layers/page.html", context)


@never_cache
@require_safe
def archives(request: HttpRequest) -> HttpResponse:
    """The student's archives."""
    student = student_of(request.session)
    found = ImageArchive.objects.filter(owner=student).order_by("created") if student else []
    return JsonResponse({"archives": [_document(each) for each in found]})


@require_POST
def ticket(request: HttpRequest) -> HttpResponse:
    """Leave to send one archive; asked for with the form's token, as any change is."""
    size = request.POST.get("size", "")
    upload = Upload(
        student=student_of(request.session),
        terminal="",
        name=request.POST.get("name", "")[:1000],
        size=int(size) if size.isdigit() and len(size) < 16 else -1,
    )
    try:
        if upload.size < 0 or not upload.student:
            raise TransferFailed("failed")
        room.check(upload.student, upload.size)
    except TransferFailed as error:
        return refusal(error)
    return JsonResponse({"ticket": upload.sign()})


@require_POST
async def remove(request: HttpRequest, archive: str) -> HttpResponse:
    """Remove an archive of the student's now."""
    student = await sync_to_async(student_of)(request.session)
    found = await ImageArchive.objects.filter(id=archive, owner=student).afirst()
    if found is None or not student:
        raise Http404
    ANALYSES.end(found.id)
    await sync_to_async(found.discard)()
    return JsonResponse({"ok": True})


def _document(archive: ImageArchive) -> dict[str, Any]:
    left = (archive.ends - timezone.now()).total_seconds() / 60
    return {
        "id": archive.id,
        "name": archive.name,
        "size": archive.size,
        "state": archive.state,
        "minutes": max(1, math.ceil(left)),
    }
