"""The pages on which administrators register platforms."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts import audit
from playground.accounts.roles import administrators_only, user_of
from playground.lti import canvas as canvas_file
from playground.lti import dynamic, grades
from playground.lti.addresses import absolute
from playground.lti.forms import PlatformForm
from playground.lti.models import Grade, Platform
from playground.lti.owners import have_sent

_MOST_FAILED = 50


@never_cache
@require_safe
@administrators_only
def platforms(request: HttpRequest) -> HttpResponse:
    """All platforms, and the addresses that theirs forms ask for."""
    found = Platform.objects.annotate(
        people=Count("identities", distinct=True),
        last=Max("identities__last_launch"),
        waiting=Count("deployments", filter=Q(deployments__allowed=False), distinct=True),
    )
    return render(request, "lti/platforms.html", {"platforms": found, "ours": _ours(request)})


@never_cache
@require_http_methods(["GET", "POST"])
@administrators_only
def new(request: HttpRequest) -> HttpResponse:
    """Register a platform."""
    form = PlatformForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        audit.record(request, "lti.add", f"platform {made.pk} {made}", issuer=made.issuer)
        messages.success(request, _("The platform is registered."))
        return redirect("lti-platform", made.pk)
    return render(request, "lti/platform.html", {"form": form, "ours": _ours(request)})


@never_cache
@require_POST
@administrators_only
def link(request: HttpRequest) -> HttpResponse:
    """A link by which a platform registers itself."""
    audit.record(request, "lti.link")
    url = absolute(request, "lti-register", dynamic.new_link(user_of(request)))
    words = {"link": url, "minutes": dynamic.LASTS // 60}
    return render(request, "lti/link.html", words)


@never_cache
@require_http_methods(["GET", "POST"])
@administrators_only
def platform(request: HttpRequest, pk: int) -> HttpResponse:
    """One platform: change it, allow a deployment, have grades sent again, remove it."""
    found = get_object_or_404(Platform, pk=pk)
    failed = Grade.objects.filter(identity__platform=found).exclude(error="")
    form = PlatformForm(instance=found)
    if request.method == "POST":
        target = f"platform {found.pk} {found}"
        if allowed := request.POST.get("allow"):
            found.deployments.filter(pk=_number(allowed)).update(allowed=True)
            audit.record(request, "lti.allow", target, deployment=_number(allowed))
        elif refused := request.POST.get("forget"):
            found.deployments.filter(pk=_number(refused)).delete()
            audit.record(request, "lti.forget", target, deployment=_number(refused))
        elif "send" in request.POST:
            if grades.mark(failed):
                have_sent(found.pk)
            audit.record(request, "lti.send", target)
        elif "remove" in request.POST:
            return _remove(request, found, target)
        else:
            form = PlatformForm(request.POST, instance=found)
            if not form.is_valid():
                return _page(request, get_object_or_404(Platform, pk=pk), form)
            form.save()
            audit.record(request, "lti.change", target, fields=form.changed_data)
            messages.success(request, _("The platform is changed."))
        return redirect("lti-platform", found.pk)
    return _page(request, found, form)


def _remove(request: HttpRequest, found: Platform, target: str) -> HttpResponse:
    if found.identities.exists():
        messages.error(request, _("Somebody has come from it. Switch it off instead."))
        return redirect("lti-platform", found.pk)
    found.delete()
    audit.record(request, "lti.remove", target)
    return redirect("lti-platforms")


def _page(request: HttpRequest, found: Platform, form: PlatformForm) -> HttpResponse:
    rows = Grade.objects.filter(identity__platform=found)
    return render(
        request,
        "lti/platform.html",
        {
            "platform": found,
            "form": form,
            "ours": _ours(request),
            "waiting": found.deployments.filter(allowed=False),
            "sent": rows.exclude(sent=None).count(),
            "pending": rows.exclude(due=None).count(),
            "failed": rows.exclude(error="").select_related("identity__user")[:_MOST_FAILED],
            "has_people": found.identities.exists(),
        },
        status=422 if form.errors else 200,
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _ours(request: HttpRequest) -> list[tuple[str, str]]:
    """Names and addresses, in the order of the platforms' forms."""
    return [
        (_("Tool URL, target link URI"), absolute(request, "lesson-list")),
        (_("Initiate login URL"), absolute(request, "lti-login")),
        (_("Redirection URI"), absolute(request, "lti-launch")),
        (_("Public keyset URL"), absolute(request, "lti-keys")),
        (_("Content selection URL (deep linking)"), absolute(request, "lti-pick")),
        (_("Configuration URL for Canvas"), absolute(request, "lti-canvas")),
    ]


@require_safe
def canvas(request: HttpRequest) -> JsonResponse:
    """What Canvas reads instead of a form; nothing in it is secret."""
    return JsonResponse(canvas_file.configuration(request))
