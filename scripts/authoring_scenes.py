"""Scenes of an instructor who writes a lesson. The later ones go on with what the first made."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from scripts.stage import Stage

_EN = """# A greeting from a container

A container is a process with its own files. This one says **{word}** and ends.

```run
docker run busybox echo hello
```

::: check said-hello
A container of `busybox` has said hello.
:::

::: hint
`docker run IMAGE COMMAND` starts a container.
:::

::: solution said-hello
```run
docker run busybox echo hello
```
:::
"""
_KO = """# 컨테이너의 인사

컨테이너는 자기 파일을 가진 프로세스입니다. 이 컨테이너는 **{word}** 인사하고 끝납니다.

```run
docker run busybox echo hello
```

::: check said-hello
`busybox` 컨테이너가 hello라고 말했습니다.
:::

::: hint
`docker run 이미지 명령`은 컨테이너를 시작합니다.
:::

::: solution said-hello
```run
docker run busybox echo hello
```
:::
"""


def _write(page: Page, file: str, text: str) -> None:
    page.get_by_role("textbox", name=re.compile(f"^{re.escape(file)}")).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def _save(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("[data-status]")).to_have_attribute("data-state", "saved")


def _address(page: Page) -> str:
    found = re.search(r"/author/\d+/", page.url)
    assert found, page.url
    return found[0]


def _act(page: Page, verb: str) -> None:
    with page.expect_navigation():
        page.locator(f'button[name="what"][value="{verb}"]').click()


def editor(stage: Stage) -> Page:
    """The editor: both languages, the preview, and a mistake in its line."""
    page = stage.instructor
    page.goto("/author/new/")
    form = page.locator("details[open]")
    # A name of its own for each language: what is published keeps it.
    form.locator('[name$="slug"]').fill(stage.say("greeting", "first-greeting"))
    form.locator('[name$="title_en"]').fill("A greeting from a container")
    form.locator('[name$="title_ko"]').fill("컨테이너의 인사")
    form.locator("button").click()
    page.wait_for_selector("[data-found]:not(:empty)")
    _write(page, "01-start.en.md", _EN.format(word="hello"))
    _write(page, "01-start.ko.md", _KO.format(word="hello라고"))
    _save(page)
    own = _address(page)
    page.goto(f"{own}versions/")
    _act(page, "publish")
    page.goto(own)
    page.wait_for_selector("[data-found]:not(:empty)")
    _write(
        page,
        "01-start.en.md",
        _EN.format(word="hello, then bye").replace("check said", "check says"),
    )
    page.keyboard.press("Control+Home")
    page.wait_for_selector(".cm-lint-marker-error")
    page.wait_for_timeout(1500)
    return page


def versions(stage: Stage) -> Page:
    """What differs from what students have, line by line."""
    page = stage.instructor
    _write(page, "01-start.en.md", _EN.format(word="hello, then bye"))
    _save(page)
    page.goto(f"{_address(page)}versions/#difference")
    page.locator("#difference").evaluate("element => element.scrollIntoView()")
    page.wait_for_timeout(300)
    return page


def review(stage: Stage) -> Page:
    """Asked for review: what was said, and the versions that students have had."""
    page = stage.instructor
    page.goto(f"{_address(page)}versions/")
    text = stage.say("Is the second sentence clear?", "둘째 문장이 이해하기 쉬운가요?")
    page.locator("#text").fill(text)
    _act(page, "ask")
    return page


def play(stage: Stage) -> Page:
    """Every check fails before its solution and holds after it."""
    page = stage.instructor
    page.goto(_address(page))
    page.wait_for_selector("[data-found]:not(:empty)")
    page.locator("[data-play-form] button").click()
    page.wait_for_selector('[data-play][data-state="done"]', timeout=120_000)
    return page
