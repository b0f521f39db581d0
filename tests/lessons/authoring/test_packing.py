"""Out as a zip archive and in again: the same bytes; what is meant to do harm is refused."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lessons import library
from lessons.authoring import packing
from lessons.authoring.arriving import arrive
from lessons.authoring.files import BadFiles
from lessons.authoring.models import Draft, files_of
from tests.lessons.authoring.conftest import Written


def test_every_lesson_comes_back_as_it_was() -> None:
    lessons = library._of_folder(library.CONTENT)
    assert len(lessons) > 20
    for lesson in lessons:
        packed = packing.pack(lesson.slug, dict(lesson.files))
        assert packing.pack(lesson.slug, dict(lesson.files)) == packed
        arrived = arrive(packing.unpack(packed))
        assert (arrived.slug, arrived.files) == (lesson.slug, dict(lesson.files))
        assert arrived.files == {
            each.name: each.read_bytes() for each in lesson.folder.iterdir() if each.is_file()
        }


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return into.getvalue()


def _link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("x/lesson.toml")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def _lies_about_its_size() -> bytes:
    data = bytearray(zipped(("x.md", b"\0" * (8 << 20))))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = (100).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (zipped(("../../etc/passwd", b"x")), "leads out"),
        (zipped(("/etc/passwd", b"x")), "leads out"),
        (zipped(("a\\..\\b", b"x")), "leads out"),
        (zipped(("a//b", b"x")), "leads out"),
        (zipped(("C:x", b"x")), "leads out"),
        (zipped((_link(), b"/etc/passwd")), "a link"),
        (zipped(("x.md", b"\0" * (3 << 20))), "larger than"),
        (zipped(*((f"{n}.md", b"\0" * (2 << 20)) for n in range(20))), "more than"),
        (zipped(*((f"{n}.md", b"") for n in range(1200))), "more than"),
        (_lies_about_its_size(), "zip archive"),
        (b"PK\x03\x04 and nothing", "no zip"),
        (b"", "no zip"),
        (b"\0" * (21 << 20), "larger"),
    ],
)
def test_archives_that_mean_harm(data: bytes, said: str) -> None:
    with pytest.raises(BadFiles, match=said):
        packing.unpack(data)


def test_several_lessons_want_a_name() -> None:
    one, two = (dict(each.files) for each in library._of_folder(library.CONTENT)[:2])
    tree = {f"all/one/{name}": data for name, data in one.items()}
    tree |= {f"all/two/{name}": data for name, data in two.items()}
    with pytest.raises(BadFiles, match="all/one, all/two"):
        arrive(tree)
    assert arrive(tree, folder="all/two").files == two
    with pytest.raises(BadFiles, match="no folder"):
        arrive(tree, folder="three")


def test_a_scenario_of_another_site_becomes_a_lesson() -> None:
    folder = next(Path(__file__).parents[1].glob("samples/**/index.json")).parent
    tree = {
        f"it/{each.relative_to(folder)}": each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file()
    }
    arrived = arrive(tree, name="brought", track="run")
    assert arrived.slug == "brought"
    assert b'track = "run"' in arrived.files["lesson.toml"]
    assert arrived.report[0].startswith("mapped: ")


@pytest.mark.django_db
def test_by_the_page(written: Written) -> None:
    url = f"/author/{written.draft.pk}/"
    answer = written.client.get(url + "export.zip")
    assert answer["Content-Disposition"] == 'attachment; filename="greet.zip"'
    sent = SimpleUploadedFile("greet.zip", answer.content)
    asked = {"how": "upload", "upload-sent": sent, "upload-language": "en"}
    written.client.post("/author/new/", asked)
    copy = Draft.objects.exclude(pk=written.draft.pk).get()
    assert (copy.slug, copy.files()) == ("greet", written.draft.files())
    bad = SimpleUploadedFile("x.zip", zipped(("../x", b"")))
    asked = {"how": "upload", "upload-sent": bad, "upload-language": "en"}
    refused = written.client.post("/author/new/", asked)
    assert refused.status_code == 422
    assert "leads out" in refused.content.decode()
    # A folder, of which a browser's form says no paths: the page's script does.
    files = [
        SimpleUploadedFile(name, data) for name, data in written.draft.files().items()
    ]  # fmt: skip
    paths = [f"hello/{each.name}" for each in files]
    asked = {"how": "upload", "upload-sent": files, "upload-language": "en", "path": paths}
    written.client.post("/author/new/", asked)
    assert Draft.objects.get(slug="hello").files() == written.draft.files()


@pytest.mark.django_db
def test_a_drafts_files_are_replaced_and_the_old_ones_kept(written: Written) -> None:
    url = f"/author/{written.draft.pk}/upload/"
    was = written.draft.files()
    tree = {f"greet/{name}": data for name, data in was.items()}
    tree["greet/01-start.en.md"] = b"# Another\n"
    sent = SimpleUploadedFile("x.zip", zipped(*tree.items()))
    page = written.client.post(url, {"sent": sent}, follow=True).content.decode()
    assert "1 file has changed: 01-start.en.md" in page
    written.draft.refresh_from_db()
    assert written.draft.files()["01-start.en.md"] == b"# Another\n"
    assert files_of(written.draft.revision(1).manifest) == was
    for bad in ({}, {"sent": SimpleUploadedFile("x.zip", zipped(("../x", b"")))}):
        page = written.client.post(url, bad, follow=True).content.decode()
        assert "leads out" in page or "Choose a zip archive" in page
    written.draft.refresh_from_db()
    assert written.draft.head == 2
