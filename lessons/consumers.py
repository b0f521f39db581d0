"""A lesson's page: its checks as they come to hold, its quizzes, its files.

JSON texts, one a message. From the page::

    {"step": name}                          this step is open now
    {"read": name}                          a step without tasks was left for the next
    {"answer": quiz, "chosen": [0] or text}
    {"opened": "hint" or "solution"}
    {"put": number}                         put that file of the step on the host

To the page::

    {"lesson": {"tasks": [done…], "steps": [done…]}}
    {"check": name, "done": bool, "missing": [sentence…]}
    {"step": name, "done": true}
    {"quiz": name, "right": bool, "why": {number: HTML}}
    {"put": path, "error": text}
    {"setup": what went wrong}
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.utils.translation import override
from websockets.exceptions import ConnectionClosed

from lessons import library, markdown, progress
from lessons.blocks import Quiz
from lessons.format import LANGUAGES
from lessons.library import Lesson, Step
from lessons.sentences import sentences
from playground.accounts.students import student_of
from playground.sandboxes.consumers import SandboxConsumer
from playground.sandboxes.pages import CLOSE_BAD_FRAME, CLOSE_TOO_MUCH

CLOSE_NO_LESSON = 4404
_MOST = 4096


class LessonConsumer(SandboxConsumer):
    """One page with a lesson open."""

    purpose = "checks"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lesson: Lesson
        self.step: Step | None = None
        self.language = LANGUAGES[0]
        self.student = ""

    async def connect(self) -> None:
        self.student = await database_sync_to_async(student_of)(self.scope["session"])
        slug = self.scope["url_route"]["kwargs"]["slug"]
        found = await database_sync_to_async(library.open_lesson)(self.student, slug)
        if found is None:
            await self.accept()
            await self.end(CLOSE_NO_LESSON)
            return
        self.lesson = found
        query = parse_qs(self.scope["query_string"].decode(errors="replace"))
        wanted = query.get("language", [""])[-1]
        self.language = wanted if wanted in LANGUAGES else LANGUAGES[0]
        await super().connect()

    async def tell(self, document: dict[str, Any]) -> None:
        return None  # the terminal's socket says how the sandbox is

    async def connected(self) -> None:
        if self.lesson.setup:
            await self._to_hub(
                {"setup": {"name": self.lesson.setup_name, "script": self.lesson.setup}}
            )
        await self._watch()

    async def forward(self, message: str | bytes) -> None:
        """Turn what the hub says into what the page shows."""
        if not isinstance(message, str):
            return
        said = json.loads(message)
        if "check" in said:
            await self._checked(said)
        elif "typed" in said:
            if said["code"] is None and self.step:
                await self._count(attempts=1, line=str(said["typed"]))
            elif said["code"] and self.step:
                await database_sync_to_async(progress.failed)(
                    self.student, self.lesson, self.step, str(said["typed"]), int(said["code"])
                )
        elif said.get("setup") or "put" in said:
            await self._say(said)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what the page asks for."""
        if not self._frames.take():
            await self.end(CLOSE_TOO_MUCH)
            return
        try:
            document = json.loads(text_data) if text_data and len(text_data) <= _MOST else None
            if not isinstance(document, dict) or not self.student:
                raise ValueError
            await self._do(document)
        except (ValueError, LookupError, TypeError, RecursionError):
            await self.end(CLOSE_BAD_FRAME)

    async def _do(self, document: dict[str, Any]) -> None:
        if "step" in document:
            await self._open(str(document["step"]))
        elif "read" in document:
            step = self.lesson.step(str(document["read"]))
            if step and not step.tasks:
                await self._finish(step)
        elif "answer" in document:
            await self._answer(str(document["answer"]), document["chosen"])
        elif document.get("opened") == "hint":
            await self._count(hints=1)
        elif document.get("opened") == "solution":
            await self._count(solutions=1)
        elif "put" in document:
            await self._put(int(document["put"]))
        else:
            raise ValueError("unknown message")

    async def _open(self, name: str) -> None:
        step = self.lesson.step(name)
        if step is None:
            raise ValueError("no such step")
        self.step = step
        await database_sync_to_async(progress.begin)(self.student, self.lesson, step)
        tasks = await self._tasks_done()
        steps = await database_sync_to_async(progress.steps_done)(self.student, self.lesson)
        await self._say({"lesson": {"tasks": sorted(tasks), "steps": sorted(steps)}})
        await self._watch()

    async def _watch(self) -> None:
        """Have the hub look at the checks of the step that are not done."""
        if self.step is None:
            return
        done = await self._tasks_done()
        checks = {
            name: self.lesson.checks[name].model_dump(mode="json", exclude_defaults=True)
            for name in self.step.checks
            if name not in done and name in self.lesson.checks
        }
        await self._to_hub({"watch": checks})

    async def _tasks_done(self) -> set[str]:
        found: set[str] = await database_sync_to_async(progress.tasks_done)(
            self.student, self.lesson
        )
        return found

    async def _checked(self, said: dict[str, Any]) -> None:
        name = said["check"]
        if self.step is None or name not in self.step.checks:
            return  # of the step before
        if said["ok"]:
            await self._task_done(name)
            await self._say({"check": name, "done": True, "missing": []})
            return
        with override(self.language):
            missing = sentences(said["missing"]) if said["near"] else []
        await self._say({"check": name, "done": False, "missing": missing[:3]})

    async def _answer(self, name: str, chosen: Any) -> None:
        step = self.step
        quizzes = step.read(self.language).quizzes if step else ()
        quiz = next((each for each in quizzes if each.name == name), None)
        if step is None or quiz is None:
            raise ValueError("no such quiz")
        right, picked = is_right(quiz, chosen)
        source = step.sources[self.language]
        why = {
            number: markdown.why((source, name, number), self.language)
            for number in picked
            if quiz.answers[number].why
        }
        await self._say({"quiz": name, "right": right, "why": why})
        if right:
            await self._task_done(name)
        else:
            await self._count(attempts=1)

    async def _task_done(self, name: str) -> None:
        step = self.step
        assert step
        if await database_sync_to_async(progress.task_done)(self.student, self.lesson, step, name):
            await self._say({"step": step.name, "done": True})

    async def _finish(self, step: Step) -> None:
        await database_sync_to_async(progress.step_done)(self.student, self.lesson, step)
        await self._say({"step": step.name, "done": True})

    async def _put(self, number: int) -> None:
        if self.step is None or number < 0:
            raise ValueError("no such file")
        blocks = self.step.read(self.language).blocks
        file = [block for block in blocks if block.kind == "file"][number]
        await self._to_hub({"put": {"path": file.name, "text": file.text}})

    async def _count(self, **what: Any) -> None:
        if self.step:
            await database_sync_to_async(progress.count)(
                self.student, self.lesson, self.step, **what
            )

    async def _to_hub(self, document: dict[str, Any]) -> None:
        if self.stream:
            with suppress(ConnectionClosed):
                await self.stream.send(json.dumps(document))

    async def _say(self, document: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(document))


def is_right(quiz: Quiz, chosen: Any) -> tuple[bool, list[int]]:
    """Whether an answer is right, and which of the quiz's answers it is.

    Raises ``ValueError`` for what is no answer to such a quiz.
    """
    if quiz.kind == "text":
        if not isinstance(chosen, str):
            raise ValueError("a text quiz is answered by a text")
        given = " ".join(chosen.split()).casefold()
        picked = [
            number
            for number, answer in enumerate(quiz.answers)
            if given == " ".join(answer.source.strip("`").split()).casefold()
        ]
        return bool(picked), picked
    numbers = sorted({int(each) for each in chosen})
    if any(not 0 <= number < len(quiz.answers) for number in numbers):
        raise ValueError("no such answer")
    return tuple(numbers) == quiz.right, numbers
