"""What instructors see and do during class."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lessons.views import catalogue_tags
from playground.accounts import audit
from playground.accounts.roles import user_of
from playground.classes import placing, saying
from playground.classes.access import teachers_only
from playground.classes.models import Class, Membership
from playground.sandboxes.models import Sandbox
from playground.sandboxes.ports.views import hand_over

_KINDS = ("text", "command")


@never_cache
@require_safe
@teachers_only
def live(request: HttpRequest, course: Class) -> HttpResponse:
    """The page; its rows come by a websocket."""
    return render(request, "classes/live.html", {"course": course})


@require_POST
@teachers_only
def say(request: HttpRequest, course: Class) -> HttpResponse:
    """Tell all members, or ``member``, a ``text`` of a ``kind``: words, or a command to type."""
    kind, text = request.POST.get("kind", "text"), request.POST.get("text", "").strip()
    member = _member(course, request.POST.get("member", ""))
    if kind not in _KINDS or not text or len(text) > saying.MOST_TEXT:
        return HttpResponseBadRequest("kind: text or command; text: 1 to 2000 characters")
    if kind == "command":
        try:
            text = saying.clean_command(text)
        except ValueError:
            words = _("A command is one line of at most {n} characters.")
            return JsonResponse({"error": words.format(n=saying.MOST_COMMAND)}, status=409)
    saying.say(course, user_of(request), kind, text, member)
    _note(request, course, f"class.{'command' if kind == 'command' else 'message'}", member, text)
    return JsonResponse({"ok": True})


@require_POST
@teachers_only
def put_file(request: HttpRequest, course: Class) -> HttpResponse:
    """Put the ``file`` where the shell of each member, or of ``member``, is."""
    file = request.FILES.get("file")
    if file is None or not file.name or (file.size or 0) > placing.MOST_BYTES:
        words = _("Choose a file of at most {n} MB.").format(n=placing.MOST_BYTES >> 20)
        return JsonResponse({"error": words}, status=409)
    member = _member(course, request.POST.get("member", ""))
    to = [member] if member else list(course.members.all())
    done = placing.place(to, file.name, file.read())
    for each in to if member else []:
        saying.say(course, user_of(request), "file", file.name, each)
    if not member:
        saying.say(course, user_of(request), "file", file.name)
    _note(request, course, "class.file", member, file.name)
    return JsonResponse({"done": done, "of": len(to)})


@require_POST
@teachers_only
def helped(request: HttpRequest, course: Class, member: int) -> HttpResponse:
    """Note that somebody who asked for help got it."""
    found = _member(course, str(member))
    assert found
    if saying.end_help(found, by=user_of(request)):
        _note(request, course, "class.helped", found)
    return JsonResponse({"ok": True})


@never_cache
@require_safe
@teachers_only
def watch(request: HttpRequest, course: Class, member: int) -> HttpResponse:
    """Look on at a member's terminal and picture; they see that."""
    found = _member(course, str(member))
    assert found
    words = {
        "course": course,
        "member": found,
        "title": found.name,
        "void": _("There is no running host to look at now. Reload the page to look again."),
        "terminal_socket": f"/ws/teach/{course.pk}/watch/{found.pk}/",
        "engine_socket": f"/ws/teach/{course.pk}/engine/{found.pk}/",
        "catalogue_tags": catalogue_tags(),
    }
    return render(request, "classes/watch.html", words)


@never_cache
@require_safe
@teachers_only
def port(request: HttpRequest, course: Class, member: int) -> HttpResponse:
    """Hand the instructor over to a ``port`` of a member's host; noted as watching is."""
    found = _member(course, str(member))
    assert found
    text = request.GET.get("port", "")
    number = int(text) if text.isdigit() and len(text) < 6 else 0
    if not 0 < number < 1 << 16:
        return HttpResponseBadRequest("port: 1 to 65535")
    living = Sandbox.objects.filter(owner=found.student, state=Sandbox.State.READY)
    if (sandbox := living.first()) is None:
        return render(request, "ports/no_host.html", status=404)
    _note(request, course, "class.port", found, text)
    return hand_over(request, sandbox, number)


def _member(course: Class, pk: str) -> Membership | None:
    """The member of that number, ``None`` for an empty one; raises ``Http404``."""
    if not pk:
        return None
    found = course.members.filter(pk=int(pk)).first() if pk.isdigit() and len(pk) < 16 else None
    if found is None:
        raise Http404
    return found


def _note(
    request: HttpRequest, course: Class, action: str, member: Membership | None, text: str = ""
) -> None:
    who = {"who": member.name} if member else {}
    said = {"text": text[:200]} if text else {}
    audit.record(request, action, f"class {course.pk}", **who, **said)
