"""What other applications hear of lessons and of ways through them; this one knows none of them."""

from __future__ import annotations

from django.dispatch import Signal

#: A student has more of a lesson done than before: ``student`` and ``lesson``, names.
progressed = Signal()

#: A student did something: ``student``, ``lesson`` and ``step`` (names), ``what``: ``open``,
#: ``line`` (typed at a prompt), ``failed`` (it ended with ``code``), ``wrong`` (an answer) or
#: ``done``. ``line`` and ``code`` go with the middle ones.
activity = Signal()

#: Without an account a student went on at another machine as who they were there: ``old`` and
#: ``new``, names of students.
student_carried = Signal()
