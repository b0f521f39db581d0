"""The page of the nodes; administrators only."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.accounts.roles import administrators_only
from playground.operators import nodes as shown
from playground.sandboxes.draining import StillReports


@never_cache
@require_safe
@administrators_only
def nodes(request: HttpRequest) -> HttpResponse:
    """All nodes; ``?part=table`` is the table alone, which the page asks for again and again."""
    part = request.GET.get("part") == "table"
    template = "operators/nodes_table.html" if part else "operators/nodes.html"
    return render(request, template, {"nodes": shown.rows()})


@require_POST
@administrators_only
def act(request: HttpRequest, name: str) -> HttpResponse:
    """Drain a node, take it back or forget it: ``verb``."""
    try:
        shown.act(request, name, request.POST.get("verb", ""))
    except ValueError:
        return HttpResponseBadRequest("verb: drain, up or forget")
    except StillReports:
        messages.error(request, _("It still reports: drain it, and stop it first."))
    return redirect("operator-nodes")
