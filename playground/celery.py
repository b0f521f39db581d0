"""The Celery application. Start it with ``celery -A playground``."""

from __future__ import annotations

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
# Celery warns root for fear of pickled tasks. Ours are JSON, and making sandboxes takes root.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("playground")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
