"""What is wrong with a line, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from playground.dockerline.command import Command, Problem


def sentence(problem: Problem, command: Command) -> str:
    """A problem as a sentence; its suggestions are shown beside it."""
    name = " ".join(("docker", *(word.text for word in command.typed)))
    facts = {"text": problem.text, "command": name}
    if problem.code == "command":
        key = "command" if problem.text else "no-command"
    elif problem.code == "bad-value":
        facts["example"] = problem.suggestions[0]
        key = "bad-value" if facts["example"] else "switch"
    elif problem.code == "late":
        facts["image"] = problem.suggestions[0]
        key = "late"
    else:
        key = problem.code
    return _sentences()[key] % facts


def suggestions(problem: Problem) -> tuple[str, ...]:
    """What was probably meant, as it would be typed."""
    return () if problem.code in ("bad-value", "late") else problem.suggestions


def _sentences() -> dict[str, str]:
    return {
        "quote": _("Nothing closes the quote %(text)s; the shell waits for more."),
        "option": _("%(command)s has no option %(text)s."),
        "value": _("%(text)s needs a value, and the line ends."),
        "bad-value": _("%(text)s: this value does not fit. It looks like %(example)s."),
        "switch": _("%(text)s: a switch is true or false."),
        "command": _("%(command)s has no command %(text)s."),
        "no-command": _("%(command)s needs a command behind it, such as docker ps."),
        "image": _("There is no image, so there is nothing to run."),
        "bad-image": _(
            "No image can be called %(text)s: names are small letters, digits and . _ - /"
        ),
        "late": _(
            "%(text)s stands behind the image %(image)s, so it goes to the program inside "
            "and not to Docker. Options come before the image."
        ),
        "dash": _(
            "%(text)s begins with a long dash, which text programs make of two hyphens. "
            "Docker takes it for the image."
        ),
        "one-dash": _(
            "%(text)s has one hyphen, so its letters are read one by one. Long names have two."
        ),
        "not-docker": _("%(text)s is not docker; only docker lines are explained here."),
    }
