"""What can be wrong with a backup."""

from __future__ import annotations


class BackupError(Exception):
    """A backup that cannot be made or put back, and what to do about it."""
