"""What other applications hear of lessons; this one knows none of them."""

from __future__ import annotations

from django.dispatch import Signal

#: A student has more of a lesson done than before: ``student`` and ``lesson``, names.
progressed = Signal()
