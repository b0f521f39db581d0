"""Taking one's progress along to another machine, without an account: a link, good for minutes.

The other machine becomes the same student, host included. Whoever gets the link becomes them too,
so it is short-lived and its page says so.
"""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lessons import progress
from lessons.signals import student_carried
from playground.accounts.models import User
from playground.accounts.signals import student_moves
from playground.accounts.students import become, ensure_student, student_of

#: Seconds in which the link can be used.
LIFETIME = 600
_SALT = "lessons.carry"


@never_cache
@require_POST
def offer(request: HttpRequest) -> HttpResponse:
    """Show the link."""
    if request.user.is_authenticated:  # a link would sign in without the password
        return render(request, "lessons/carry.html", {"account": True})
    student = ensure_student(request.session)
    token = signing.dumps(student, salt=_SALT, compress=False)
    link = request.build_absolute_uri(reverse("carry-take", args=[token]))
    return render(request, "lessons/carry.html", {"link": link, "minutes": LIFETIME // 60})


@never_cache
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and become that student; what was done here is added to what they did."""
    try:
        student = str(signing.loads(token, salt=_SALT, max_age=LIFETIME))
    except signing.BadSignature:
        return render(request, "lessons/carry.html", {"void": True}, status=410)
    if request.user.is_authenticated:
        return _to_account(request, student)
    if request.method == "GET":  # a preview of the link must not move anybody
        return render(request, "lessons/carry.html", {"ask": True})
    here = student_of(request.session)
    if User.objects.filter(student=student).exists():  # signed up since: the account is the way now
        return render(request, "lessons/carry.html", {"account": True}, status=410)
    if here and here != student:
        progress.move(here, student)
        student_carried.send(None, old=here, new=student)
    become(request.session, student)
    return redirect("lesson-list")


def _to_account(request: HttpRequest, student: str) -> HttpResponse:
    """Add what was done there to the account that is signed in here."""
    if request.method == "GET":
        return render(request, "lessons/carry.html", {"ask": True})
    mine = student_of(request.session)
    if student != mine and not User.objects.filter(student=student).exists():
        student_moves.send(User, old=student, new=mine, session=request.session)
    return redirect("lesson-list")
