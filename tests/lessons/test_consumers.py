"""A lesson's websocket: who may open it, what it takes, what it does with what the hub says.

The hub's stream is a list: what a real one says is in ``tests/site/test_lesson_page.py``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from lessons import consumers, library, progress
from lessons.consumers import LessonConsumer, is_right
from lessons.models import StepProgress
from playground.sandboxes import rates
from playground.sandboxes.pages import (
    CLOSE_BAD_FRAME,
    CLOSE_NO_STUDENT,
    CLOSE_TOO_MUCH,
)
from tests.page_socket import Socket, open_socket, student_with_cookie

pytestmark = pytest.mark.django_db(transaction=True)
LESSON = library.read(Path(__file__).parent / "content" / "ports")
FIRST, SECOND = (step.name for step in LESSON.steps)


class _Stream:
    """What was sent to the hub."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, text: str) -> None:
        self.sent.append(json.loads(text))


class Page:
    """A page's side of the socket."""

    def __init__(self, socket: Socket, consumer: list[LessonConsumer], student: str) -> None:
        self.socket = socket
        self.student = student
        self._consumer = consumer

    async def says(self, document: Any) -> None:
        await self.socket.send_to(text=json.dumps(document))

    async def hears(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads((await self.socket.receive_output())["text"])
        return heard

    async def closed(self) -> int:
        """The code that the site closes with."""
        said = await self.socket.receive_output()
        assert said["type"] == "websocket.close", said
        return int(said["code"])

    async def nothing(self) -> None:
        assert await self.socket.receive_nothing()

    async def watched(self, times: int) -> dict[str, Any]:
        """What the hub was asked to watch, the time of that number."""
        for _ in range(500):
            found = [each["watch"] for each in self.hub if "watch" in each]
            if len(found) >= times:
                return dict(found[times - 1])
            await asyncio.sleep(0.01)
        raise AssertionError(f"the hub heard only {self.hub}")

    @property
    def hub(self) -> list[dict[str, Any]]:
        stream = self._consumer[0].stream
        assert isinstance(stream, _Stream)
        return stream.sent

    async def hub_says(self, document: Any) -> None:
        await self._consumer[0].forward(json.dumps(document))


@pytest.fixture(autouse=True)
def _lessons(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr(library, "lessons", lambda: (LESSON,))


@asynccontextmanager
async def _page(
    monkeypatch: pytest.MonkeyPatch, query: str = "", cookie: str = "", student: str = ""
) -> AsyncIterator[Page]:
    there: list[LessonConsumer] = []

    async def run(self: LessonConsumer, _: str) -> None:
        self.stream = _Stream()  # type: ignore[assignment]
        there.append(self)
        await self.connected()
        await asyncio.Event().wait()

    monkeypatch.setattr(LessonConsumer, "_run", run)
    if not cookie:
        student, cookie = await sync_to_async(student_with_cookie)()
    socket = open_socket(f"/ws/lesson/ports/{query}", cookie)
    assert await socket.connect()
    try:
        yield Page(socket, there, student)
    finally:
        await socket.disconnect()


async def _opened(page: Page, step: str = FIRST) -> dict[str, Any]:
    await page.says({"step": step})
    return await page.hears()


async def test_who_has_no_session_is_sent_away() -> None:
    socket = open_socket("/ws/lesson/ports/")
    assert await socket.connect()
    assert (await socket.receive_output())["code"] == CLOSE_NO_STUDENT
    await socket.disconnect()


async def test_another_sites_page_may_not_connect() -> None:
    _, cookie = await sync_to_async(student_with_cookie)()
    socket = open_socket("/ws/lesson/ports/", cookie, origin="http://elsewhere.example")
    assert not await socket.connect()


async def test_a_lesson_that_there_is_none_of() -> None:
    _, cookie = await sync_to_async(student_with_cookie)()
    socket = open_socket("/ws/lesson/gone/", cookie)
    assert await socket.connect()
    assert (await socket.receive_output())["code"] == consumers.CLOSE_NO_LESSON
    await socket.disconnect()


async def test_too_many_pages_of_one_student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates.SOCKETS, "enter", lambda _: False)
    _, cookie = await sync_to_async(student_with_cookie)()
    socket = open_socket("/ws/lesson/ports/", cookie)
    assert await socket.connect()
    assert (await socket.receive_output())["code"] == CLOSE_TOO_MUCH
    await socket.disconnect()


async def test_a_step_is_opened_and_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _page(monkeypatch) as page:
        assert await _opened(page) == {"lesson": {"tasks": [], "steps": []}}
        assert set(await page.watched(1)) == set(LESSON.steps[0].checks)
        assert page.hub[0]["setup"]["name"] == "ports"
        row = await StepProgress.objects.aget()
        assert (row.student, row.lesson, row.step) == (page.student, "ports", FIRST)


async def test_a_check_that_holds_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _page(monkeypatch) as page:
        await _opened(page)
        await page.hub_says({"check": "typed", "ok": True, "near": False, "missing": []})
        assert await page.hears() == {"check": "typed", "done": True, "missing": []}
        assert (await _opened(page))["lesson"]["tasks"] == ["typed"]
        assert "typed" in await page.watched(1)
        assert "typed" not in await page.watched(2)
        # One of another step is no longer of interest.
        await page.hub_says({"check": "gone", "ok": True, "near": False, "missing": []})
        await page.nothing()


async def test_the_last_task_of_a_step_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _page(monkeypatch) as page:
        await _opened(page)
        step = LESSON.step(FIRST)
        assert step
        for name in step.tasks[:-1]:
            await sync_to_async(progress.task_done)(page.student, LESSON, step, name)
        assert step.quizzes == step.tasks[-1:]
        (quiz,) = step.read().quizzes
        await page.says({"answer": quiz.name, "chosen": list(quiz.right)})
        heard = await page.hears()
        assert (heard["quiz"], heard["right"]) == (quiz.name, True)
        assert await page.hears() == {"step": FIRST, "done": True}


@pytest.mark.parametrize(
    ("query", "begins"),
    [("", "`web` runs, but"), ("?language=ko", "`web`"), ("?language=xx", "`web` runs, but")],
)
async def test_what_is_missing_is_said_in_the_pages_language(
    monkeypatch: pytest.MonkeyPatch, query: str, begins: str
) -> None:
    async with _page(monkeypatch, query) as page:
        await _opened(page)
        params = {"name": "web", "inner": "80", "wanted": "8080:80"}
        missing = [{"code": "port-random", "params": params}] * 5
        said = {"check": "started", "ok": False, "near": True, "missing": missing}
        await page.hub_says(said)
        heard = await page.hears()
        assert len(heard["missing"]) == 3
        assert heard["missing"][0].startswith(begins)
        assert heard["missing"][0].isascii() == ("ko" not in query)
        await page.hub_says({**said, "near": False})
        assert (await page.hears())["missing"] == []


async def test_tries_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _page(monkeypatch) as page:
        await _opened(page)
        await page.hub_says({"typed": "docker ps", "code": None})
        await page.hub_says({"typed": "docker ps", "code": 0})
        await page.says({"opened": "hint"})
        await page.says({"opened": "solution"})
        quiz = LESSON.steps[0].read().quizzes[0]
        wrong = next(n for n in range(len(quiz.answers)) if n not in quiz.right)
        await page.says({"answer": quiz.name, "chosen": [wrong]})
        heard = await page.hears()
        assert not heard["right"]
        assert set(heard["why"]) == {str(wrong)}
        row = await StepProgress.objects.aget()
        assert (row.attempts, row.hints, row.solutions) == (2, 1, 1)
        assert row.last_line == "docker ps"


async def test_what_the_hub_says_of_files_and_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _page(monkeypatch) as page:
        await _opened(page)
        await page.hub_says({"setup": ""})
        await page.hub_says({"setup": "no space"})
        assert await page.hears() == {"setup": "no space"}
        await page.hub_says({"put": "/a", "error": ""})
        assert await page.hears() == {"put": "/a", "error": ""}


BAD = [
    "",
    "{",
    "[]",
    "3",
    "null",
    "{}",
    '{"unknown": 1}',
    '{"step": "no-such"}',
    '{"step": ["x"]}',
    '{"answer": "no-such", "chosen": [0]}',
    '{"answer": "x"}',
    '{"opened": "door"}',
    '{"put": 99}',
    '{"put": -1}',
    '{"put": "x"}',
    '{"put": null}',
    '{"step": "' + "x" * 5000 + '"}',
    "[" * 4000,
]


async def test_a_bad_frame_ends_theopen_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    quiz = LESSON.steps[0].quizzes[0]
    answers = (None, "80", [99], [-1], ["x"], [[0]], {"a": 1}, 1.5)
    frames = [json.dumps({"answer": quiz, "chosen": each}) for each in answers]
    for frame in (*BAD, *frames):  # one test: each would begin with an empty database
        async with _page(monkeypatch) as page:
            await _opened(page)
            await page.socket.send_to(text=frame)
            assert await page.closed() == CLOSE_BAD_FRAME, frame


async def test_bytes_are_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _page(monkeypatch) as page:
        await page.socket.send_to(bytes=b'{"step": "x"}')
        assert await page.closed() == CLOSE_BAD_FRAME


async def test_before_a_step_is_open_there_is_nothing_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _page(monkeypatch) as page:
        await page.says({"answer": LESSON.steps[0].quizzes[0], "chosen": [0]})
        assert await page.closed() == CLOSE_BAD_FRAME


async def test_too_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates.TokenBucket, "take", lambda _: False)
    async with _page(monkeypatch) as page:
        await page.says({"step": FIRST})
        assert await page.closed() == CLOSE_TOO_MUCH


async def test_a_step_with_tasks_is_not_done_by_being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _page(monkeypatch) as page:
        await _opened(page)
        await page.says({"read": FIRST})
        await page.says({"read": "no-such"})
        await page.nothing()
        assert await sync_to_async(progress.steps_done)(page.student, LESSON) == set()


def test_what_is_right() -> None:
    (one,) = LESSON.steps[0].read().quizzes
    assert is_right(one, list(one.right))[0]
    assert is_right(one, [*one.right, *one.right])[0]
    assert not is_right(one, [])[0]
    assert not is_right(one, range(len(one.answers)))[0]
