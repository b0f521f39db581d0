"""No Redis runs here."""

from tests.this_process import of_this_process, removed

__all__ = ["of_this_process", "removed"]
