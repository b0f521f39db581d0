"""Pages about the catalogue, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playground.accounts import audit
from playground.accounts.roles import administrators_only, user_of
from playground.operators import tasks
from playground.operators.catalogue import builds, recipes, shown
from playground.operators.catalogue.forms import ImageForm
from playground.operators.models import CatalogueImage
from playground.runtime.errors import BuildFailed


@never_cache
@require_safe
@administrators_only
def catalogue(request: HttpRequest) -> HttpResponse:
    """Images, the newest build and all catalogues."""
    images = shown.images()
    return render(
        request,
        "operators/catalogue.html",
        {
            "images": images,
            "changes": sum(1 for each in images if each["standing"]),
            "catalogues": shown.catalogues(),
            "build": shown.build(),
            "said": shown.said(),
        },
    )


@never_cache
@require_safe
@administrators_only
def state(request: HttpRequest) -> JsonResponse:
    """The newest build, as it goes."""
    return JsonResponse({"build": shown.build(), "said": shown.said()})


@never_cache
@administrators_only
def image(request: HttpRequest, name: str = "") -> HttpResponse:
    """Add an image, or change one."""
    found = get_object_or_404(CatalogueImage, name=name) if name else None
    form = ImageForm(request.POST or None, request.FILES or None, image=found)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        verb = "catalogue.change" if found else "catalogue.add"
        audit.record(
            request, verb, f"image {saved.name}", tags=saved.tags, reference=saved.reference
        )
        messages.success(request, _("Saved. New sandboxes get it with the next roll-out."))
        return redirect("operator-catalogue")
    return render(request, "operators/catalogue_image.html", {"form": form, "image": found})


@require_POST
@administrators_only
def remove_image(request: HttpRequest, name: str) -> HttpResponse:
    """Leave an image out of the next roll-out."""
    found = get_object_or_404(CatalogueImage, name=name)
    others = [recipes.Draft.of(each) for each in CatalogueImage.objects.exclude(pk=found.pk)]
    if needing := [each.name for each in others if name in each.needs]:
        said = _("These images are built on it: %(names)s.") % {"names": ", ".join(needing)}
        messages.error(request, said)
        return redirect("operator-catalogue")
    found.delete()
    audit.record(request, "catalogue.remove", f"image {name}")
    return redirect("operator-catalogue")


@require_POST
@administrators_only
def build(request: HttpRequest) -> HttpResponse:
    """Build and roll out, with new packages if ``refresh``; or ``stop`` it."""
    if "stop" in request.POST:
        if builds.stop():
            audit.record(request, "catalogue.stop")
        return redirect("operator-catalogue")
    refresh = "refresh" in request.POST
    try:
        drafts = [recipes.Draft.of(each) for each in CatalogueImage.objects.all()]
        recipes.check(drafts)
        made = builds.start(user_of(request), refresh=refresh)
    except builds.Busy:
        messages.error(request, _("It is being built already."))
    except BuildFailed as error:  # the checkout got an image of the same name, for one
        messages.error(request, str(error))
    else:
        audit.record(request, "catalogue.refresh" if refresh else "catalogue.build")
        tasks.build_catalogue.delay(made.pk)
    return redirect("operator-catalogue")


@require_POST
@administrators_only
def act(request: HttpRequest, key: str) -> HttpResponse:
    """``use`` a catalogue for new sandboxes, or ``remove`` it."""
    verb = request.POST.get("verb", "")
    there = {each["key"]: each for each in shown.catalogues()}
    allowed = {"use": "can_use", "remove": "can_go"}
    if verb not in allowed:
        return HttpResponseBadRequest("verb: use or remove")
    if not (key in there and there[key][allowed[verb]]):
        messages.error(request, _("That cannot be done with this catalogue now."))
        return redirect("operator-catalogue")
    cache.delete(tasks.SAID)
    audit.record(request, f"catalogue.{verb}_old", f"catalogue {key}")
    (tasks.use_catalogue if verb == "use" else tasks.remove_catalogue).delay(key)
    messages.info(request, _("The worker does it now: reload the page in a moment."))
    return redirect("operator-catalogue")
