"""What ``lesson.toml`` and ``tracks.toml`` may hold. The JSON schema is made from these classes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from playground.checks.spec import Check, Reference

LANGUAGES = ("en", "ko")

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, StringConstraints(pattern=SLUG, max_length=60)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Texts(_Table):
    """One text in each language."""

    en: str = Field(min_length=1, max_length=400)
    ko: str = Field(min_length=1, max_length=400)

    def by_language(self) -> dict[str, str]:
        """As a dictionary."""
        return {"en": self.en, "ko": self.ko}


class Setup(_Table):
    """What is done in a sandbox before the lesson begins."""

    script: str = Field(
        min_length=1,
        max_length=20_000,
        description="Run once by `sh` as root on the host, when the lesson is opened.",
    )


class LessonFile(_Table):
    """``lesson.toml``."""

    track: Slug = Field(description="A track of tracks.toml.")
    order: int = Field(ge=0, description="Its place in the track.")
    level: Literal["beginner", "intermediate", "advanced"]
    minutes: int = Field(ge=1, le=240)
    tags: list[Slug] = []
    requires: list[Slug] = Field([], description="Lessons that one should have done before.")
    images: list[Reference] = Field([], description="Images of the catalogue that it uses.")
    title: Texts
    summary: Texts
    setup: Setup | None = None
    checks: dict[Slug, Check] = {}


class Track(_Table):
    """A row of lessons."""

    order: int
    title: Texts
    summary: Texts
