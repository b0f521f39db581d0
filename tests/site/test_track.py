"""A student does all that a track asks for, by typing: to the certificate in the full form."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from lessons import library
from tests.site.lesson_typist import LessonTypist, shortest_track

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

FULL = os.environ.get("PLAYGROUND_FULL") == "1"


@pytest.mark.skipif(FULL, reason="the whole track is played")
def test_a_lesson_from_first_to_last_step(page: Page) -> None:
    lesson = library.lesson("side-by-side")
    assert lesson
    page.goto("/lessons/side-by-side/")
    typist = LessonTypist(page)
    typist.play(lesson)
    typist.go_on()
    page.goto("/lessons/")
    card = page.locator(".card", has=page.locator("a[href^='/lessons/side-by-side/']"))
    expect(card).to_have_class("card is-done")


@pytest.mark.skipif(not FULL, reason="PLAYGROUND_FULL=1 plays a whole track")
def test_a_track_to_its_certificate(page: Page) -> None:
    lessons = shortest_track()
    track = library.tracks()[lessons[0].track]
    page.goto(f"/tracks/{lessons[0].track}/certificate/")
    expect(page.locator(".certificate")).to_have_count(0)
    page.goto(f"/lessons/{lessons[0].slug}/")
    typist = LessonTypist(page)
    for lesson in lessons:
        expect(page.locator(f"[data-lesson='{lesson.slug}']")).to_be_visible()
        typist.play(lesson)
        typist.go_on()
    expect(page.locator(".certificate h1")).to_have_text(track.title.en)
    expect(page.locator(".certificate li")).to_have_count(len(lessons))
