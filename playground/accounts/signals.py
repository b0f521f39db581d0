"""What other applications hear of people; this one knows none of them."""

from __future__ import annotations

from django.dispatch import Signal

#: A browser's student signed in and goes on as their account's: ``old`` and ``new``, names of
#: students, and ``session``.
student_moves = Signal()

#: Somebody wants to have what is kept of a student. Receivers get ``student`` and return a
#: dictionary that JSON can hold, by section.
student_asks = Signal()

#: Forget a student: ``student``. Receivers remove all they have.
student_leaves = Signal()
