"""Pages about sandboxes and their images."""

from __future__ import annotations

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from playground.accounts.students import student_of
from playground.runtime.catalogue import rollout, store
from playground.runtime.config import RuntimeConfig
from playground.sandboxes import owners, tasks
from playground.sandboxes.claims import give_up
from playground.sandboxes.models import Sandbox


def catalogue(request: HttpRequest) -> HttpResponse:
    """List the images that every new host has, and where each came from."""
    config = RuntimeConfig.from_environ()
    found, about = store.find(config), rollout.current(config)
    language = (get_language() or "en")[:2]
    images = [
        {
            **image,
            "summary": image["summary"].get(language, image["summary"]["en"]),
            "added": about is not None and image["name"] in about.images,
        }
        for image in (found.images() if found else [])
    ]
    return render(request, "sandboxes/catalogue.html", {"images": images})


# The player has a terminal in WebAssembly; scripts from texts stay forbidden.
@csp_update({"script-src": ["'wasm-unsafe-eval'"]})
def recordings(request: HttpRequest) -> HttpResponse:
    """Play what was recorded; the recordings themselves never leave the browser."""
    return render(request, "terminal/recordings.html")


@never_cache
@require_http_methods(["GET", "POST"])
def before(request: HttpRequest) -> HttpResponse:
    """Have somebody choose between the host from before they signed in and their account's."""
    student = student_of(request.session)
    older = owners.host_before(request.session, student)
    if request.method == "POST" or older is None:
        keep = request.POST.get("keep")
        if older is None or keep in ("before", "account"):
            owners.choose(request.session, student, before=keep == "before")
        return redirect("lesson-list")
    choices = {"before": older, "account": owners.living(student)}
    return render(request, "sandboxes/host_before.html", choices)


@require_POST
def reset(request: HttpRequest) -> HttpResponse:
    """Throw the student's host away; the next terminal gets a fresh one."""
    student = student_of(request.session)
    living = Sandbox.objects.filter(
        owner=student, state__in=[Sandbox.State.REQUESTED, Sandbox.State.READY]
    )
    for sandbox in living if student else []:
        give_up(sandbox.id, "reset by its student")
        tasks.remove.delay(sandbox.id)
    return JsonResponse({"ok": True})
