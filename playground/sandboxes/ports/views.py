"""The site's door to a port."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from playground.accounts.students import student_of
from playground.sandboxes.models import Sandbox
from playground.sandboxes.ports import access, names


@never_cache
@require_safe
def port(request: HttpRequest, port: int) -> HttpResponse:
    """Hand the student over to a port of their own host; changes nothing, so a link may lead here.

    ``to`` is the path to land at.
    """
    if not 0 < port < 1 << 16:
        raise Http404
    student = student_of(request.session)
    living = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY)
    sandbox = living.first() if student else None
    if sandbox is None or not access.may_open(request.session, sandbox):
        return render(request, "ports/no_host.html", status=404)
    return hand_over(request, sandbox, port)


def hand_over(request: HttpRequest, sandbox: Sandbox, port: int) -> HttpResponse:
    """Lead a browser to a port's origin, with leave to come in; the caller says who may."""
    leave = access.Pass(sandbox.id, port)
    ticket = leave.ticket(access.local_path(request.GET.get("to", "/")))
    host = names.host_of(sandbox.id, port, request.get_host())
    query = urlencode({"ticket": ticket})
    return HttpResponseRedirect(f"{request.scheme}://{host}{access.ENTER}?{query}")
