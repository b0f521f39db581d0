"""Code of a source: what is run, what is copied, what is but shown."""

from __future__ import annotations

from lessons.importing.commands import Commands, is_dockerfile, is_for_a_shell
from lessons.importing.dialect import Mark
from lessons.importing.draft import fenced
from lessons.importing.outline import Outline
from lessons.importing.pieces import Action
from lessons.importing.report import Report
from lessons.importing.source import Place

#: Fences that mean something in a lesson; in a source they are but listings.
_OURS = ("run", "keys", "file")
#: What a marker may say besides, where there is one terminal on one host.
_THE_ONE = ("t1", "host1", "host01")


class CodeBlocks:
    """Writes the code of one page."""

    def __init__(self, out: Outline, commands: Commands, report: Report) -> None:
        self._out = out
        self._commands = commands
        self._report = report

    def act(self, actions: list[Action]) -> None:
        """Write below a paragraph what is to be run of it."""
        for action in actions:
            action.mark.used = True
            word = action.mark.words[:1]
            if word == ("exec",):
                self._run(action.code.strip("\n"), action.mark, action.mark.place, "")
            elif word == ("copy",):
                self._report.count("codes to copy")
            else:
                self.unknown(action.mark)

    def block(self, code: str, mark: Mark | None, place: Place, language: str) -> None:
        """Write a code block; ``place`` is its first line."""
        code = code.strip("\n") if mark else code
        word = mark.words[0] if mark and mark.words else ""
        if mark:
            mark.used = True
        if mark and word == "copy" and is_for_a_shell(language, code):
            word = "exec"
        if mark and word == "exec" and code.strip():
            self._run(code, mark, place, language)
            return
        if mark and word not in ("copy", ""):
            self.unknown(mark)
        if word == "copy":
            self._report.count("codes to copy")
        else:
            self._report.count("outputs" if language == "output" else "listings")
        if is_dockerfile(language, code):
            self._commands.listing(code, place)
        self._out.put(fenced("" if language in _OURS else language, code))

    def unknown(self, mark: Mark) -> None:
        """Report a mark that says something for which there is nothing here."""
        if mark.words:
            self._report.lose(mark.place, " ".join(mark.words), "nothing here corresponds to it")

    def _run(self, code: str, mark: Mark, place: Place, language: str) -> None:
        if not code.strip():
            self.unknown(mark)
            self._out.put(fenced(language, code))
            return
        info = self._commands.run(code, place)
        for other in mark.words[1:]:
            if other == "interrupt":
                self._out.put(fenced("keys", "Ctrl-C"))
            elif other.lower() not in _THE_ONE:
                why = "a second terminal or host: it is shown, not played"
                self._report.lose(mark.place, " ".join(mark.words), why)
                info = "run skip"
        self._out.put(fenced(info, code))
