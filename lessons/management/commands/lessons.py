"""``manage.py lessons``: find mistakes in lessons, play, describe and import them."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lessons import library, reference
from lessons.format import LANGUAGES
from lessons.problems import problems
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node


class Command(BaseCommand):
    """Check, play, describe and import lessons."""

    help = "Check, play, describe and import lessons."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        check = verbs.add_parser("check", help="find every mistake, with file and line")
        check.add_argument("slugs", nargs="*", help="only these lessons")
        check.add_argument("--content", type=Path, default=library.CONTENT, help="their folder")
        check.add_argument(
            "--run", action="store_true", help="play them: each check must fail before, hold after"
        )
        check.add_argument("--jobs", type=int, default=2, help="lessons played at once")
        verbs.add_parser("schema", help="write the JSON schema and the tables of docs/")
        bring = verbs.add_parser("import", help="make a lesson of one that was written elsewhere")
        bring.add_argument(
            "source", type=Path, help="a Killercoda scenario's folder or a Play with Docker page"
        )
        bring.add_argument("--into", type=Path, default=library.CONTENT, help="the lessons' folder")
        bring.add_argument("--slug", default="", help="the lesson's name; else the source's")
        bring.add_argument("--track", default="", help="its track; else `imported`, which is made")
        bring.add_argument("--language", choices=LANGUAGES, default="en", help="of the source")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _check(self, options: dict[str, Any]) -> None:
        content, slugs = options["content"].resolve(), tuple(options["slugs"])
        found = problems(content, slugs)
        for problem in found:
            self.stderr.write(_shown(str(problem)))
        if found:
            raise CommandError(f"{len(found)} mistakes")
        folders = [each for each in library.folders(content) if not slugs or each.name in slugs]
        lessons = [library.read(folder) for folder in folders]
        self.stdout.write(f"{len(lessons)} lessons without a mistake")
        if options["run"]:
            self._play(lessons, options["jobs"])

    def _play(self, lessons: list[library.Lesson], jobs: int) -> None:
        from lessons import player

        failed = 0

        def report(played: player.Played) -> None:
            nonlocal failed
            self.stdout.write(
                f"{'ok  ' if played.ok else 'FAIL'} {played.slug}: "
                f"{played.checks} checks in {played.seconds:.0f} s"
            )
            for problem in played.problems:
                self.stderr.write(_shown(problem))
            failed += not played.ok

        # Not the site's node: its worker clears away what has no row.
        with TemporaryDirectory(prefix="playground-play-") as folder:
            node = Node(replace(RuntimeConfig.from_environ(), state_dir=Path(folder)))
            try:
                player.play_all(lessons, node, jobs, report)
            finally:
                node.shutdown()
        if failed:
            raise CommandError(f"{failed} of {len(lessons)} lessons cannot be played to their end")

    def _schema(self, options: dict[str, Any]) -> None:
        reference.SCHEMA.write_text(reference.schema(), encoding="utf-8")
        before = reference.FORMAT.read_text(encoding="utf-8")
        reference.FORMAT.write_text(reference.documentation(before), encoding="utf-8")
        self.stdout.write(f"{reference.SCHEMA} and {reference.FORMAT} are written")

    def _import(self, options: dict[str, Any]) -> None:
        from lessons.importing.run import import_lesson
        from lessons.importing.source import BadSource

        try:
            made = import_lesson(
                options["source"],
                options["into"],
                options["slug"],
                options["track"],
                options["language"],
            )
        except (BadSource, library.LessonError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(_shown(f"{made.folder} is written"))
        for line in made.report.lines():
            self.stdout.write(line)
        said = f"{len(made.problems)} mistakes" if made.problems else "no mistake"
        self.stdout.write(f"lessons check: {said}")
        for problem in made.problems:
            self.stdout.write(_shown(f"  {problem}"))


def _shown(text: str) -> str:
    """Paths from here on, as an editor opens them."""
    return text.replace(f"{Path.cwd()}/", "")
