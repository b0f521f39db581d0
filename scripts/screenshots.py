"""``make screenshots``: the pictures of the guides, taken from the running product.

Starts a site of its own, plays each scene in a browser, in English and in Korean, and writes
``docs/img/NAME.LANGUAGE.png``. What a picture shows is what the product shows: none is touched up.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.site import site
from scripts import authoring_scenes, class_scenes, scenes
from scripts.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "img"
LANGUAGES = {"en": "en-US", "ko": "ko-KR"}
PASSWORD = "a whale carries boxes 7"


#: In the order in which they are played: later ones show what earlier ones did.
SCENES: dict[str, Callable[[Stage], Page]] = {
    each.__name__: each
    for each in (
        scenes.lessons, scenes.lesson, scenes.layers, scenes.explain, scenes.account,
        scenes.operator, scenes.people, scenes.nodes,
        authoring_scenes.editor, authoring_scenes.versions, authoring_scenes.review,
        authoring_scenes.play,
        class_scenes.invitation, class_scenes.live, class_scenes.look_on, class_scenes.projector,
        class_scenes.report,
    )
}  # fmt: skip
#: Scenes that only set up what those of a later name show, so those are played for it too.
_WITH = {
    "versions": "editor",
    "live": "invitation",
    **dict.fromkeys(("review", "play"), "versions"),
    **dict.fromkeys(("look_on", "projector", "report"), "live"),
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
    contexts = [_context(browser, url, locale) for _ in range(6)]
    pages = [each.new_page() for each in contexts]
    stage = Stage(pages[0], pages[1], pages[2], tuple(pages[3:]), language)
    _sign_in(stage.operator, "operator", "/operator/")
    _sign_in(stage.instructor, "hana", "/author/")
    played = _needed(wanted)
    for name, scene in SCENES.items():
        if name not in played:
            continue
        page = scene(stage)
        if wanted and name not in wanted:
            continue
        file = TARGET / f"{name}.{language}.png"
        _keep(page.screenshot(), file)
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size >> 10} kB", flush=True)
    for context in contexts:
        context.close()


def _needed(wanted: list[str]) -> set[str]:
    """Those wanted, and those that set up what they show; all if none is named."""
    needed = set(wanted or SCENES)
    while more := {_WITH[name] for name in needed if name in _WITH} - needed:
        needed |= more
    if needed & {"operator"}:
        needed.add("lesson")  # whose sandbox the operator sees
    return needed


def _keep(picture: bytes, file: Path) -> None:
    """Write a picture with 256 colours: a third of the size, and no eye sees it."""
    with Image.open(io.BytesIO(picture)) as image:
        few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(file, optimize=True)


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
        f"User.objects.create_user('minho', password={PASSWORD!r}, role='instructor'); "
        f"User.objects.create_user('jun', password={PASSWORD!r})"
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", code],
        cwd=ROOT, env={**os.environ, "PLAYGROUND_VAR": str(var)}, check=True, capture_output=True,
    )  # fmt: skip


def _sign_in(page: Page, name: str, to: str) -> None:
    page.goto(f"/account/login/?next={to}")
    page.locator("#id_login").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator(".form button").click()
    page.wait_for_url(f"**{to}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
