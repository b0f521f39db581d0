"""Pages' requests about files of a student's host, all but the bytes of an upload."""

from __future__ import annotations

from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from playground.accounts.students import student_of
from playground.sandboxes.transfers import Stream, TransferFailed, Upload, open_stream

#: Longer paths no file system takes (PATH_MAX of Linux).
_MOST_PATH = 4096


@never_cache
@require_GET
async def look(request: HttpRequest) -> HttpResponse:
    """What a path is, and of a folder what is in it."""
    try:
        stream = await _open(request, "look")
        try:
            return JsonResponse(await stream.answer())
        finally:
            await stream.close()
    except TransferFailed as error:
        return refusal(error)


@never_cache
@require_GET
async def download(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """A file, or a folder as a tar archive, passed on as it comes."""
    try:
        stream = await _open(request, "get")
        try:
            facts = await stream.answer()
        except BaseException:
            await stream.close()
            raise
    except TransferFailed as error:
        return refusal(error)
    is_file = facts["kind"] == "file"
    name = facts["name"] if is_file else f"{facts['name']}.tar"
    response = StreamingHttpResponse(
        _pieces(stream),
        content_type="application/octet-stream" if is_file else "application/x-tar",
        headers={
            "Content-Disposition": content_disposition_header(True, name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            # Should a browser show it all the same, it is nobody's page.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
    if is_file:
        response.headers["Content-Length"] = str(facts["size"])
    return response


@require_POST
def upload_ticket(request: HttpRequest) -> HttpResponse:
    """Leave to upload one file; asked for with the form's token, as any change is."""
    size = request.POST.get("size", "")
    upload = Upload(
        student=student_of(request.session),
        terminal=request.POST.get("terminal", "")[:32],
        name=request.POST.get("name", "")[:1000],
        size=int(size) if size.isdigit() and len(size) < 16 else -1,
    )
    if upload.size < 0:
        return refusal(TransferFailed("large"))
    return JsonResponse({"ticket": upload.sign()})


def refusal(error: TransferFailed) -> JsonResponse:
    """The answer of a transfer that does not happen."""
    return JsonResponse({"error": error.code, "message": str(error)}, status=409)


async def _open(request: HttpRequest, operation: str) -> Stream:
    student = await sync_to_async(student_of)(request.session)
    path = request.GET.get("path", "") or "."
    if len(path) > _MOST_PATH:
        raise TransferFailed("missing")
    terminal = request.GET.get("terminal", "")
    return await open_stream(student, terminal, op=operation, path=path)


async def _pieces(stream: Stream) -> AsyncIterator[bytes]:
    """The bytes of a download. One that breaks off must not look complete: it breaks too."""
    try:
        async for piece in stream.pieces():
            yield piece
    finally:
        await stream.close()
