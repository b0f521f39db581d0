"""``make screenshots``: the pictures of the guides, taken from the running product.

Starts a site of its own, plays each scene in a browser, in English and in Korean, and writes
``docs/img/NAME.LANGUAGE.png``. What a picture shows is what the product shows: none is touched up.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.site import site

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "img"
LANGUAGES = {"en": "en-US", "ko": "ko-KR"}
PASSWORD = "a whale carries boxes 7"
_PROMPT = re.compile(r"docker-host[^\n]*#")


@dataclass(frozen=True)
class Stage:
    """What a scene plays on: a student's page and an administrator's."""

    student: Page
    operator: Page
    language: str

    def type(self, line: str, until: str) -> None:
        """Type a line into the student's terminal and wait for what it prints."""
        self.student.locator("[data-active] [data-terminal] textarea").focus()
        self.student.keyboard.type(line + "\n")
        self.wait_for(until)

    def wait_for(self, pattern: str, seconds: float = 60) -> None:
        """Wait until the student's terminal shows a pattern."""
        for _ in range(int(seconds / 0.1)):
            if re.search(pattern, self.student.evaluate(_SCREEN), re.MULTILINE):
                return
            self.student.wait_for_timeout(100)
        raise AssertionError(f"{pattern!r} did not appear in {self.student.url}")


_SCREEN = """() => {
    const terminal = window.playground?.terminal?.terminal;
    if (!terminal) return "";
    const buffer = terminal.buffer.active;
    const lines = [];
    for (let row = 0; row < buffer.length; row++)
        lines.push(buffer.getLine(row).translateToString(true));
    return lines.join("\\n");
}"""


def lessons(stage: Stage) -> Page:
    """The map of lessons."""
    stage.student.goto("/lessons/")
    return stage.student


def lesson(stage: Stage) -> Page:
    """A lesson beside its terminal, the first container in the picture."""
    stage.student.goto("/lessons/names-and-ends/")
    stage.wait_for(_PROMPT.pattern)
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


#: In the order in which they are played: later ones show what earlier ones did.
SCENES: dict[str, Callable[[Stage], Page]] = {
    "lessons": lessons,
    "lesson": lesson,
    "layers": layers,
    "explain": explain,
    "account": account,
    "operator": operator,
    "people": people,
}


def main(wanted: list[str]) -> int:
    """Take the pictures that are asked for by name, or all."""
    if unknown := set(wanted) - set(SCENES):
        print(f"no scene is called {', '.join(sorted(unknown))}: {', '.join(SCENES)}")
        return 1
    TARGET.mkdir(exist_ok=True)
    with sync_playwright() as playwright, site() as (address, layout):
        _make_people(layout.var)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        for language, locale in LANGUAGES.items():
            _play(browser, f"http://{address}", language, locale, wanted)
        browser.close()
    return 0


def _play(browser: Browser, url: str, language: str, locale: str, wanted: list[str]) -> None:
    contexts = [_context(browser, url, locale) for _ in range(2)]
    stage = Stage(contexts[0].new_page(), contexts[1].new_page(), language)
    _sign_in(stage.operator)
    for name, scene in SCENES.items():
        page = scene(stage)
        if wanted and name not in wanted:
            continue
        file = TARGET / f"{name}.{language}.png"
        page.screenshot(path=file)
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size >> 10} kB", flush=True)
    for context in contexts:
        context.close()


def _context(browser: Browser, url: str, locale: str) -> BrowserContext:
    return browser.new_context(
        base_url=url,
        locale=locale,
        viewport={"width": 1280, "height": 800},
        reduced_motion="reduce",
    )


def _make_people(var: Path) -> None:
    code = (
        "from playground.accounts.models import User; "
        f"User.objects.create_superuser('operator', password={PASSWORD!r}); "
        f"User.objects.create_user('hana', password={PASSWORD!r}, role='instructor'); "
        f"User.objects.create_user('jun', password={PASSWORD!r})"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code],
        cwd=ROOT, env={**os.environ, "PLAYGROUND_VAR": str(var)}, check=True, capture_output=True,
    )  # fmt: skip


def _sign_in(page: Page) -> None:
    page.goto("/account/login/?next=/operator/")
    page.locator("#id_login").fill("operator")
    page.locator("#id_password").fill(PASSWORD)
    page.locator(".form button").click()
    page.wait_for_url("**/operator/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
