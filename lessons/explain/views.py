"""The pages that take a command apart, and put one together."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lessons.explain import builder as building
from lessons.explain import parts, texts
from lessons.languages import language_now
from playground.accounts.students import student_of
from playground.dockerline.parse import MOST_CHARACTERS, parse
from playground.sandboxes import inspecting

#: A line to begin with.
EXAMPLE = "docker run -d --name web -p 8080:80 nginx"
#: The builder's form as it is first seen: something that runs.
_FIRST_FORM = {"image": ["nginx"], "detach": ["on"], "name": ["web"], "publish": ["8080:80"]}


@never_cache
@require_GET
async def explainer(request: HttpRequest) -> HttpResponse:
    """A line and its parts; without ``?line=`` an example."""
    line = request.GET.get("line", EXAMPLE)[:MOST_CHARACTERS]
    context = {"line": line, "commands": await _explained(request, line), "example": EXAMPLE}
    # In a thread: every page says who is signed in and what is announced, from the database.
    return await sync_to_async(render)(request, "explain/explainer.html", context)


@never_cache
@require_GET
async def part(request: HttpRequest) -> HttpResponse:
    """The parts of ``?line=`` as a piece of HTML."""
    line = request.GET.get("line", "")[:MOST_CHARACTERS]
    context = {"line": line, "commands": await _explained(request, line)}
    return await sync_to_async(render)(request, "explain/explained.html", context)


async def _explained(request: HttpRequest, line: str) -> tuple[parts.Explained, ...]:
    """The line's commands, with what the engine of the student's host notes of the container."""
    run = next((command for command in parse(line) if command.runs_image), None)
    found: dict[str, Any] | None = None
    if run and run.image:
        student = await sync_to_async(student_of)(request.session)
        found = await inspecting.container(student, run.value("name") or "", run.image.text)
    # In a thread: the manual's words are asked of a program, the first time.
    return await sync_to_async(parts.explain)(line, language_now(), found)


@require_GET
def builder(request: HttpRequest) -> HttpResponse:
    """A form with the options of ``docker run``, and its line."""
    form = _form(request) or _FIRST_FORM
    language = language_now()
    themes = [
        {
            "title": theme.title,
            "fields": [
                {
                    "field": field,
                    "value": building.values(form, field.option),
                    "text": texts.options(language)[field.option],
                }
                for field in theme.fields
            ],
        }
        for theme in building.THEMES
    ]
    ends = {name: building.values(form, name) for name in ("image", "program")}
    context = {"themes": themes, **ends, **_line(form)}
    return render(request, "explain/builder.html", context)


@require_GET
def builder_line(request: HttpRequest) -> HttpResponse:
    """The line of the form as a piece of HTML."""
    return render(request, "explain/builder_line.html", _line(_form(request)))


def _form(request: HttpRequest) -> dict[str, list[str]]:
    return {name: [str(v) for v in values] for name, values in request.GET.lists()}


def _line(form: building.Form) -> dict[str, Any]:
    line = building.line(form)
    problems = [problem.code for command in parse(line) for problem in command.problems]
    return {"line": line, "query": urlencode({"line": line}), "has_image": "image" not in problems}
