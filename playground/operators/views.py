"""The operator's pages; administrators only."""

from __future__ import annotations

import json
from collections.abc import Iterator

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground import spreadsheet
from playground.accounts import audit
from playground.accounts.models import ROLE_NAMES, AuditEntry, Role, User
from playground.accounts.roles import administrators_only
from playground.operators import acts, overview, people
from playground.operators.forms import AnnouncementForm
from playground.operators.models import Announcement
from playground.sandboxes.asking import ask_nodes

_PAGE = 50
_MOST_ROWS = 100_000


@never_cache
@require_safe
@administrators_only
def operator(request: HttpRequest) -> HttpResponse:
    """The page; its figures come by ``state``."""
    return render(request, "operators/operator.html")


@never_cache
@require_safe
@administrators_only
def state(request: HttpRequest) -> JsonResponse:
    """Machine, numbers and sandboxes now."""
    looked = async_to_sync(ask_nodes)()
    found = [each for each in looked.values() if each]
    return JsonResponse(
        {
            "machine": overview.machines([each["machine"] for each in found]),
            "silent": [name for name, each in looked.items() if each is None],
            "numbers": overview.numbers(),
            "sandboxes": overview.sandboxes(
                {key: facts for each in found for key, facts in each["sandboxes"].items()}
            ),
        }
    )


@require_POST
@administrators_only
def act(request: HttpRequest) -> HttpResponse:
    """Remove, freeze or thaw sandboxes: ``{"verb": …, "ids": […]}``."""
    try:
        asked = json.loads(request.body)
        verb, ids = str(asked["verb"]), [str(each) for each in asked["ids"]]
        done = acts.act(request, verb, ids)
    except (ValueError, KeyError, TypeError):
        return HttpResponseBadRequest("verb: remove, freeze or thaw; ids: a list")
    return JsonResponse({"done": done})


@never_cache
@require_safe
@administrators_only
def users(request: HttpRequest) -> HttpResponse:
    """Accounts, by name or address."""
    asked = request.GET.get("q", "").strip()
    found = User.objects.order_by("username")
    if asked:
        found = found.filter(
            Q(username__icontains=asked)
            | Q(email__icontains=asked)
            | Q(first_name__icontains=asked)
            | Q(last_name__icontains=asked)
        )
    if (role := request.GET.get("role", "")) in Role.values:
        found = found.filter(role=role)
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    words = {"page": page, "q": asked, "role": role, "roles": ROLE_NAMES}
    return render(request, "operators/users.html", words)


@require_POST
@administrators_only
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one account: ``role``, ``active`` or ``password``."""
    found = get_object_or_404(User, pk=pk)
    try:
        if "role" in request.POST:
            people.set_role(request, found, request.POST["role"])
        elif "active" in request.POST:
            people.set_active(request, found, request.POST["active"] == "1")
        elif "password" in request.POST:
            link = people.password_link(request, found)
            return render(request, "operators/password.html", {"person": found, "link": link})
        else:
            return HttpResponseBadRequest("role, active or password")
    except ValueError:
        return HttpResponseBadRequest("no such role")
    except people.OnlyAdministrator:
        messages.error(request, _("That is the only administrator: make another one first."))
    return redirect("operator-users")


@never_cache
@require_safe
@administrators_only
def log(request: HttpRequest) -> HttpResponse:
    """The audit log, filtered; ``format=csv`` downloads it."""
    found = _entries(request)
    if request.GET.get("format") == "csv":
        return spreadsheet.download("audit.csv", _table(found[:_MOST_ROWS]))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    actions = AuditEntry.objects.order_by("action").values_list("action", flat=True).distinct()
    query = request.GET.copy()
    query.pop("page", None)
    words = {"page": page, "actions": list(actions), "asked": request.GET, "query": query}
    return render(request, "operators/log.html", words)


def _entries(request: HttpRequest) -> QuerySet[AuditEntry]:
    found: QuerySet[AuditEntry] = AuditEntry.objects.all()
    if who := request.GET.get("who", "").strip():
        found = found.filter(name__icontains=who)
    if action := request.GET.get("action", ""):
        found = found.filter(action=action)
    if target := request.GET.get("target", "").strip():
        found = found.filter(target__icontains=target)
    return found


def _table(entries: QuerySet[AuditEntry]) -> Iterator[list[str]]:
    yield ["at", "who", "action", "target", "detail", "address"]
    for each in entries.iterator(chunk_size=500):
        detail = json.dumps(each.detail, ensure_ascii=False)
        yield [each.at.isoformat(), each.name, each.action, each.target, detail, each.address]


@never_cache
@administrators_only
def announcements(request: HttpRequest) -> HttpResponse:
    """Say something on all pages, or stop saying it."""
    form = AnnouncementForm(request.POST or None)
    if request.method == "POST" and (gone := request.POST.get("remove")):
        if gone.isdigit() and (old := Announcement.objects.filter(pk=gone).first()):
            audit.record(request, "announcement.remove", str(old))
            old.delete()
        return redirect("operator-announcements")
    if request.method == "POST" and form.is_valid():
        made = form.save()
        audit.record(request, "announcement.add", str(made))
        return redirect("operator-announcements")
    words = {"form": form, "all": Announcement.objects.all()[:50]}
    return render(request, "operators/announcements.html", words)
