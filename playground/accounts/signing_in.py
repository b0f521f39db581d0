"""What signing in does: the browser's student becomes the account's, with all they did."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from playground.accounts import sessions  # noqa: F401  (its receivers)
from playground.accounts.models import User
from playground.accounts.signals import student_moves
from playground.accounts.students import set_student, student_of


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: object, **_: Any) -> None:
    if not isinstance(user, User):
        return
    here = student_of(request.session)
    if here == user.student:
        return
    set_student(request.session, user.student)
    if here and not User.objects.filter(student=here).exists():
        student_moves.send(User, old=here, new=user.student, session=request.session)
