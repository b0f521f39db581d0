"""The explainer's and the builder's pages, without a browser and without a host."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from lessons.explain import builder
from lessons.explain.parts import explain
from playground.dockerline.parse import parse

pytestmark = pytest.mark.django_db


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def test_a_line_is_explained_without_scripts(client: Client) -> None:
    answer = client.get("/explain/", {"line": "docker run -d --name web -p 8080:80 nginx"})
    page = text_of(answer.content.decode())
    assert "Port 8080 of the host leads to port 80 of the container." in page
    assert "Publish a container's port(s) to the host" in page
    assert "Starts the container in the background" in page
    assert "There is no tag, so Docker takes latest." in page
    assert "This time" not in page
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_korean(client: Client) -> None:
    line, korean = {"line": "docker run -p 8080:80 --prot nginx"}, {"accept-language": "ko"}
    page = text_of(client.get("/explain/", line, headers=korean).content.decode())
    assert "호스트의 8080번 포트가 컨테이너의 80번 포트로 이어집니다." in page
    assert "docker run에는 --prot 옵션이 없습니다." in page
    builder_page = client.get("/explain/builder/", headers=korean)
    assert "백그라운드에서 실행하기" in builder_page.content.decode()


def test_a_wrong_option_gets_the_nearest_and_a_line_with_it(client: Client) -> None:
    page = client.get("/explain/part/", {"line": "docker run --prot 80:80 nginx"}).content.decode()
    assert "docker run has no option --prot." in text_of(page)
    assert 'data-line="docker run --publish 80:80 nginx"' in page
    assert "<html" not in page


@pytest.mark.parametrize(
    "line",
    ["", "   ", "ls -l", "docker", "docker ps -a | grep x && docker run 'a", "docker rm -f web",
     "docker --help", "docker buildx build .", "sudo A=1 docker -D run x > y", "x" * 20000],
)  # fmt: skip
def test_any_line_has_a_page(client: Client, line: str) -> None:
    for address in ("/explain/", "/explain/part/"):
        assert client.get(address, {"line": line}).status_code == 200


def test_what_is_typed_stays_text(client: Client) -> None:
    nasty = "docker run --name '<script>alert(1)</script>' \"><img src=x onerror=alert(1)>"
    for address in ("/explain/", "/explain/part/"):
        page = client.get(address, {"line": nasty}).content.decode()
        assert "<script>alert" not in page and "<img" not in page.split("<main")[-1]
    page = client.get("/explain/builder/", {"image": nasty, "name": nasty}).content.decode()
    assert "<script>alert" not in page and "<img" not in page.split("<main")[-1]


@given(st.text(max_size=60), st.sampled_from(["", "docker run ", "docker "]))
def test_pieces_are_the_line(line: str, before: str) -> None:
    whole = before + line
    for explained in explain(whole, "en"):
        pieces = "".join(text for text, _ in explained.pieces)
        assert pieces in whole
        assert [part.number for part in explained.parts] == [*range(1, len(explained.parts) + 1)]


FORM = {
    "image": ["python:3"],
    "program": ["python -c 'print(1)'"],
    "detach": ["on"],
    "interactive": ["on"],
    "tty": ["on"],
    "name": ["my web"],
    "publish": ["8080:80\n\n 8443:443 "],
    "env": ["A=b c", "D=$HOME"],
    "restart": ["on-failure:3"],
    "memory": ["512m"],
    "cap-drop": ["ALL"],
    "unknown": ["x"],
}


def test_the_builder_writes_the_line(client: Client) -> None:
    line = (
        "docker run -dit --name 'my web' -p 8080:80 -p 8443:443 -e 'A=b c' -e 'D=$HOME' -m 512m "
        "--restart on-failure:3 --cap-drop ALL python:3 python -c 'print(1)'"
    )
    assert builder.line(FORM) == line
    page = client.get("/explain/builder/line/", FORM).content.decode()
    assert line in html.unescape(page)
    (query,) = re.findall(r'href="/explain/\?([^"]+)"', page)
    assert parse_qs(html.unescape(query)) == {"line": [line]}


def test_a_form_without_an_image(client: Client) -> None:
    page = client.get("/explain/builder/line/", {"detach": "on"}).content.decode()
    assert "An image is missing" in page and "data-copy-line" not in page


_VALUE = st.text(max_size=20).filter(lambda text: text.strip() and len(text.splitlines()) == 1)


@given(name=_VALUE, env=_VALUE, image=_VALUE)
def test_what_was_chosen_is_what_docker_gets(name: str, env: str, image: str) -> None:
    form = {"name": [name], "env": [env], "image": [image], "detach": ["on"]}
    (command,) = parse(builder.line(form))
    clean = [text.replace("\0", "").strip() for text in (name, env, image)]
    if all(clean):
        assert [command.value("name"), command.value("env")] == clean[:2]
        assert command.image and command.image.text == clean[2]
        assert command.given("detach")


def test_every_field_is_an_option_with_words() -> None:
    (command,) = parse("docker run x")
    for theme in builder.THEMES:
        for field in theme.fields:
            form = {field.option: [field.placeholder or "on"], "image": ["x"]}
            if field.kind == "choice":
                form[field.option] = [field.choices[-1]]
            (command,) = parse(builder.line(form))
            assert [option.name for option in command.options] == [field.option]
            assert command.problems == ()
