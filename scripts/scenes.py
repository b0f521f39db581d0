"""Scenes of students and operators: each goes to a page and returns it."""

from __future__ import annotations

from playwright.sync_api import Page

from scripts.stage import PROMPT, Stage


def lessons(stage: Stage) -> Page:
    """The map of lessons."""
    stage.student.goto("/lessons/")
    return stage.student


def lesson(stage: Stage) -> Page:
    """A lesson beside its terminal, the first container in the picture."""
    stage.student.goto("/lessons/names-and-ends/")
    stage.wait_for(PROMPT)
    stage.type("docker run -d --name web -p 8080:80 -v data:/srv nginx", r"[0-9a-f]{64}")
    stage.type("docker run -d --name cache redis", r"[0-9a-f]{64}[\s\S]*[0-9a-f]{64}")
    stage.student.wait_for_timeout(2500)
    return stage.student


def layers(stage: Stage) -> Page:
    """An image's layers, file by file."""
    stage.student.goto("/layers/")
    stage.student.wait_for_timeout(3500)
    return stage.student


def explain(stage: Stage) -> Page:
    """A command explained part by part."""
    stage.student.goto(
        "/explain/?line=docker+run+-d+--name+web+-p+8080%3A80+-e+TZ%3DAsia%2FSeoul+nginx"
    )
    stage.student.wait_for_timeout(1500)
    return stage.student


def account(stage: Stage) -> Page:
    """One's own page."""
    stage.student.goto("/account/")
    return stage.student


def operator(stage: Stage) -> Page:
    """The operator's page."""
    stage.operator.goto("/operator/")
    stage.operator.wait_for_selector("tr[data-sandbox]")
    stage.operator.wait_for_timeout(500)
    return stage.operator


def people(stage: Stage) -> Page:
    """Accounts and roles."""
    stage.operator.goto("/operator/users/")
    return stage.operator


def nodes(stage: Stage) -> Page:
    """The machines that make sandboxes."""
    stage.operator.goto("/operator/nodes/")
    return stage.operator
