"""Questions of a source, and how they stand in a lesson."""

from __future__ import annotations

from dataclasses import dataclass, field

from lessons.importing.draft import Names
from lessons.importing.report import Report
from lessons.importing.source import Place


@dataclass
class Answer:
    """One answer; ``right`` if it is one."""

    text: str
    right: bool
    place: Place


@dataclass
class Quiz:
    """A question. ``kind`` is ``one``, ``several`` or ``text`` as in the lesson format."""

    question: str
    kind: str
    place: Place
    last: int
    answers: list[Answer] = field(default_factory=list)

    def problem(self) -> str:
        """Why it cannot be a quiz of a lesson, ``""`` if it can."""
        right = sum(answer.right for answer in self.answers)
        if not self.answers:
            return "a question without answers"
        if not right:
            return "no answer of this question is marked as right"
        if self.kind != "text" and right == len(self.answers):
            return "every answer of this question is right"
        return ""

    def lines(self, names: Names, report: Report) -> list[str]:
        """Return its Markdown. What cannot be a quiz becomes a list, and is reported."""
        question = self.question.strip()
        if why := self.problem():
            report.lose(self.place, question, f"{why}; it stands there as a list", self.last)
            answers = [f"- {answer.text}" for answer in self.answers]
            return [question, "", *answers] if answers else [question]
        kind = self.kind
        if kind == "one" and sum(answer.right for answer in self.answers) > 1:
            kind = "several"
            report.change(self.place, question, "several answers are right, so it asks for several")
        report.count("quizzes")
        name = names.new("question", "question")
        lines = [f"::: quiz {name} {kind}", question or "?", ""]
        for answer in self.answers:
            text = answer.text.strip() or "?"
            lines.append(f"- [{'x' if answer.right else ' '}] {text}")
        return [*lines, ":::"]
