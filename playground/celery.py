"""The Celery application. Start it with ``celery -A playground``."""

from __future__ import annotations

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
# Celery warns root for fear of pickled tasks. Ours are JSON, and making sandboxes takes root.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("playground")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _leave_the_group(**_: Any) -> None:
    """A stop is sent to the worker's process group; the worker itself lets its tasks finish."""
    os.setpgrp()
