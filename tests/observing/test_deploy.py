"""Dashboard and alerts ask for metrics that exist, and each alert says what to do."""

from __future__ import annotations

import json

import yaml

from playground.runtime.config import PROJECT_ROOT
from tests.observing.dashboards import known, named

DASHBOARD = PROJECT_ROOT / "deploy" / "grafana" / "dashboard.json"
ALERTS = PROJECT_ROOT / "deploy" / "prometheus" / "alerts.yml"


def test_every_metric_of_the_dashboard_exists() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    for panel in panels:
        for target in panel["targets"]:
            assert named(target["expr"])
            assert named(target["expr"]) <= known(), panel["title"]


def test_the_dashboard_shows_every_metric() -> None:
    shown = named(DASHBOARD.read_text())
    missing = {
        name for name in known() if not name.endswith(("_sum", "_count")) and name not in shown
    }
    assert not missing


def test_panels_have_places_and_numbers_of_their_own() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)


def test_every_alert_asks_for_what_exists_and_says_what_to_do() -> None:
    document = (PROJECT_ROOT / "docs" / "observability.md").read_text()
    rules = [
        rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
    ]
    assert len(rules) >= 10
    for rule in rules:
        assert named(rule["expr"]) <= known(), rule["alert"]
        assert named(rule["expr"]) or rule["alert"] == "PlaygroundDown"
        assert f"\n### {rule['alert']}\n" in document
        assert rule["annotations"]["runbook"].endswith(f"#{rule['alert'].lower()}")


def test_a_metric_that_is_not_there_is_found_out() -> None:
    assert not named("rate(playground_no_such_total[5m])") <= known()
