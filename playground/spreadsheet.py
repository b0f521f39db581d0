"""Tables for spreadsheets: CSV in which nothing is a formula, as it comes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from django.http import HttpResponse
from django.utils.http import content_disposition_header

#: The last four are what spreadsheets in East Asian languages take for the first four.
_FORMULA = frozenset("=+-@＝＋－＠")


class _Line:
    """What the writer of CSV writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def plain(cell: str) -> str:
    """No cell that a spreadsheet would take for a formula (OWASP, CSV injection)."""
    begins = cell.strip()[:1]
    return f"'{cell}" if cell[:1] in ("\t", "\r", "\n") or begins in _FORMULA else cell


def lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The rows as lines of CSV. Without the mark before them Excel takes UTF-8 for another code."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    for row in rows:
        yield str(writer.writerow([plain(cell) for cell in row]))


def download(name: str, rows: Iterable[Iterable[str]]) -> HttpResponse:
    """An answer that is saved under that name. Whole: ASGI would gather a stream's pieces too."""
    response = HttpResponse("".join(lines(rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
