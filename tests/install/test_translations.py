"""Every word of the pages is there in Korean."""

from __future__ import annotations

import re
import subprocess

from django.utils.translation import gettext, override

from playground.runtime.config import PROJECT_ROOT


def test_nothing_is_untranslated_or_unsure() -> None:
    said = subprocess.run(
        ["msgfmt", "--check-format", "--statistics", "-o", "/dev/null", "django.po"],
        cwd=PROJECT_ROOT / "locale" / "ko" / "LC_MESSAGES",
        capture_output=True,
        text=True,
    ).stderr
    assert "translated messages" in said
    assert "untranslated" not in said
    assert "fuzzy" not in said


def test_no_word_of_the_templates_is_missing() -> None:
    listed = (PROJECT_ROOT / "locale" / "ko" / "LC_MESSAGES" / "django.po").read_text()
    entries = "".join(re.findall(r'"(.*)"', listed))  # long ones are broken over lines
    for page in (PROJECT_ROOT / "templates").rglob("*.html"):
        for word in re.findall(r"""{% trans (?:"([^"]+)"|'([^']+)') %}""", page.read_text()):
            text = (word[0] or word[1]).replace("%", "%%")
            assert text in entries, f"{page.name}: {text}"


def test_the_compiled_form_is_used() -> None:
    with override("ko"):
        assert gettext("Fresh host") == "새 호스트"
