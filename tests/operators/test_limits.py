from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import AuditEntry
from playground.sandboxes import limits, tasks
from tests.operators.test_catalogue import operator  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def test_a_limit_is_set_refused_and_given_back(
    operator: Client,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    renewed: list[bool] = []
    monkeypatch.setattr(tasks.renew_pool, "delay", lambda: renewed.append(True))
    settings.SANDBOX_IDLE_MINUTES = 60

    def post(**given: str) -> str:
        found = operator.post("/operator/limits/", {"name": "SANDBOX_IDLE_MINUTES", **given})
        return found.content.decode()

    assert "60, by the environment" in operator.get("/operator/limits/").content.decode()
    assert post(value="45") == ""
    assert limits.value("SANDBOX_IDLE_MINUTES") == 45
    page = operator.get("/operator/limits/").content.decode()
    assert "45, set here" in page
    assert "Back to 60" in page
    refused = post(value="<b>soon</b>")
    assert "“&lt;b&gt;soon&lt;/b&gt;” is not a number." in refused
    assert limits.value("SANDBOX_IDLE_MINUTES") == 45
    post(back="1")
    assert limits.overridden() == {}
    assert operator.post("/operator/limits/", {"name": "DEBUG", "value": "1"}).status_code == 404
    logged = AuditEntry.objects.order_by("pk").values_list("action", "target", "detail")
    assert list(logged) == [
        ("limit.change", "SANDBOX_IDLE_MINUTES", {"before": None, "after": 45.0}),
        ("limit.default", "SANDBOX_IDLE_MINUTES", {"before": 45.0}),
    ]
    assert renewed == [True, True]
