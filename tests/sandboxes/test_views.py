from __future__ import annotations

import pytest
from django.test import Client

from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig

pytestmark = pytest.mark.django_db


def test_pages_load_nothing_from_elsewhere(client: Client) -> None:
    for path in ("/lessons/", "/images/", "/lessons/layer-stack/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        body = answer.content.decode()
        assert "http://" not in body.replace("http://www.w3.org", "").split("<main")[0]


def test_the_catalogue_says_where_each_image_came_from(client: Client) -> None:
    found = store.find(RuntimeConfig.from_environ())
    assert found is not None
    page = client.get("/images/").content.decode()
    for image in found.images():
        assert f'id="{image["name"]}"' in page
        expected = "built from the recipe" if image["source"] == "recipe" else "pulled as"
        assert expected in page
        for tag in image["tags"]:
            assert f"<code>{tag}</code>" in page


def test_an_unknown_lesson_is_not_found(client: Client) -> None:
    answer = client.get("/lessons/no-such-lesson/")
    assert answer.status_code == 404


def test_reset_needs_a_form_of_the_site(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/sandbox/reset/").status_code == 403
    assert client.get("/sandbox/reset/").status_code == 405
    assert client.post("/sandbox/reset/").status_code == 200
