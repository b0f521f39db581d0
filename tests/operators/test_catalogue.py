from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from playground.accounts.models import AuditEntry, Role, User
from playground.operators import tasks
from playground.operators.catalogue import builds, recipes, shown
from playground.operators.models import CatalogueBuild, CatalogueImage
from playground.runtime.catalogue import recipe, rollout, store
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.sandboxes import tasks as sandbox_tasks

pytestmark = pytest.mark.django_db
ADD = "/operator/catalogue/images/"
GOOD = {
    "name": "greeter",
    "tags": "greeter:1, greeter",
    "dockerfile": "FROM busybox\r\nCOPY --from=python /a /a\r\n",
    "summary_en": 'It says "hi" \\ 👋',
    "summary_ko": "인사",
}


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create(username="operator", role=Role.ADMINISTRATOR))
    return client


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RuntimeConfig:
    """A site with a state of its own beside the catalogue that is built here."""
    monkeypatch.setenv("PLAYGROUND_VAR", str(tmp_path))
    config = RuntimeConfig.from_environ()
    monkeypatch.setattr(tasks, "local_node", lambda: Node(config))
    monkeypatch.setattr(sandbox_tasks.renew_pool, "delay", lambda: None)
    return config


def test_an_image_becomes_a_folder_that_the_builder_reads(operator: Client, tmp_path: Path) -> None:
    script = SimpleUploadedFile("greet.sh", b"#!/bin/sh\necho hi\n")
    plain = SimpleUploadedFile("text", b"\xff\0")
    operator.post(ADD, {**GOOD, "copied": [script, plain]})
    image = CatalogueImage.objects.get()
    assert image.needs == ["busybox", "python"]
    recipes.Draft.of(image).write(tmp_path)
    found = recipe.read(tmp_path / "greeter")
    assert found.tags == ("greeter:1", "greeter")
    assert found.summary == {"en": GOOD["summary_en"], "ko": "인사"}
    folder = tmp_path / "greeter"
    assert (folder / "Dockerfile").read_text() == "FROM busybox\nCOPY --from=python /a /a\n"
    assert (folder / "text").read_bytes() == b"\xff\0"
    modes = [(folder / name).stat().st_mode & 0o777 for name in ("greet.sh", "text")]
    assert modes == [0o755, 0o644]
    before = recipes.Draft.of(image).digest()
    operator.post(f"{ADD}greeter/", {**GOOD, "tags": "greeter:2", "drop": ["text"]})
    image.refresh_from_db()
    assert image.tags == ["greeter:2"]
    assert [each.name for each in image.files.all()] == ["greet.sh"]
    assert recipes.Draft.of(image).digest() != before
    actions = AuditEntry.objects.order_by("pk").values_list("action", "target")
    assert list(actions) == [
        ("catalogue.add", "image greeter"),
        ("catalogue.change", "image greeter"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "nginx"}, "There is an image of that name already."),
        ({"name": "host"}, "There is an image of that name already."),
        ({"name": "../up"}, "Small letters, digits and dashes"),
        ({"tags": "docker.io/library/nginx"}, "is the image nginx already."),
        ({"tags": "Big:1"}, "Big:1 is no name of an image."),
        ({"tags": "a b c d e f g h i j k"}, "One to ten names."),
        ({"reference": "http://x/y"}, "That is no reference of an image"),
        ({"reference": "--all"}, "That is no reference of an image"),
        ({"dockerfile": " "}, "Give a reference, a Dockerfile, or both."),
        ({"dockerfile": "x" * 70000}, "More than 64 kB."),
        ({"needs": ["nowhere"]}, "nowhere is not one of the available choices"),
        ({"copied": SimpleUploadedFile("Dockerfile", b"x")}, "a file’s name has letters"),
        ({"copied": SimpleUploadedFile("a", b"x" * (1 << 20 | 1))}, "a has more than 1 MB."),
    ],
)
def test_what_could_not_be_built_is_refused_in_a_sentence(
    operator: Client, change: dict[str, Any], said: str
) -> None:
    page = operator.post(ADD, {**GOOD, **change})
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not CatalogueImage.objects.exists()


def test_by_reference_alone(operator: Client, tmp_path: Path) -> None:
    given = {**GOOD, "dockerfile": "", "reference": "docker.io/library/alpine:3.20"}
    assert operator.post(ADD, given).status_code == 302
    recipes.Draft.of(CatalogueImage.objects.get()).write(tmp_path)
    found = recipe.read(tmp_path / "greeter")
    assert (found.reference, found.can_be_built) == ("docker.io/library/alpine:3.20", False)


def test_what_another_is_built_on_stays(operator: Client) -> None:
    operator.post(ADD, GOOD)
    operator.post(ADD, {**GOOD, "name": "top", "tags": "top", "dockerfile": "FROM greeter:1\n"})
    assert CatalogueImage.objects.get(name="top").needs == ["greeter"]
    page = operator.post(f"{ADD}greeter/remove/", follow=True).content.decode()
    assert "These images are built on it: top." in page
    operator.post(f"{ADD}top/remove/")
    operator.post(f"{ADD}greeter/remove/")
    assert not CatalogueImage.objects.exists()


def test_one_build_at_a_time_and_none_is_waited_for_in_vain(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.build_catalogue, "delay", asked.append)
    path = "/operator/catalogue/build/"
    operator.post(path, {"build": "1"})
    page = operator.post(path, {"refresh": "1"}, follow=True).content.decode()
    assert "It is being built already." in page
    operator.post(path, {"stop": "1"})
    assert CatalogueBuild.objects.get().stop
    CatalogueBuild.objects.update(seen=timezone.now() - timedelta(minutes=5))
    state = operator.get("/operator/catalogue/state/").json()["build"]
    assert (state["state"], state["error"][:10]) == ("failed", "The worker")
    operator.post(path, {"refresh": "1"})
    assert asked == list(CatalogueBuild.objects.order_by("pk").values_list("pk", flat=True))
    assert CatalogueBuild.objects.first().refresh
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["catalogue.build", "catalogue.stop", "catalogue.refresh"]


def test_what_a_build_says_is_bounded_and_shown_as_text() -> None:
    build = CatalogueBuild.objects.create()
    follower = builds.Follower(build)
    for n in range(1000):
        follower.say(f"{n}\x1b[31m" + "x" * 1000)
    follower.keep()
    build.refresh_from_db()
    assert len(build.lines) == builds.MOST_LINES
    assert build.lines[-1].startswith("999[31mxxx")
    assert max(map(len, build.lines)) <= 300
    assert not follower.stopped
    builds.stop()
    follower.keep()
    assert follower.stopped
    with pytest.raises(builds.Stopped):
        follower.say("more")


def test_nothing_to_build_is_rolled_out_at_once(
    operator: Client, config: RuntimeConfig, transactional_db: None
) -> None:
    by = User.objects.get(username="operator")
    build = builds.start(by, refresh=False)
    tasks.build_catalogue(build.pk)
    build.refresh_from_db()
    assert (build.state, build.key, build.error) == ("done", store.own_key(), "")
    assert AuditEntry.objects.get().actor == by
    tasks.build_catalogue(build.pk)  # asked again, it is over
    assert AuditEntry.objects.count() == 1


def test_a_build_that_fails_says_why_and_changes_nothing(
    config: RuntimeConfig, transactional_db: None
) -> None:
    CatalogueImage.objects.create(name="python", tags=["python:1"], reference="x", summary_en="a")
    build = builds.start(User.objects.create(username="one"), refresh=True)
    tasks.build_catalogue(build.pk)
    build.refresh_from_db()
    assert build.state == "failed"
    assert "two images with the name python" in build.error
    assert store.in_use(config) == store.own_key()


def _pretend(config: RuntimeConfig, key: str, images: dict[str, str], **about: Any) -> None:
    root = store.path(config, key)
    root.mkdir(parents=True)
    listed = [{"name": name, "tags": [name], "size": 5, "source": "recipe", "summary": {"en": "x"},
               "layers": [{"digest": name, "size": 5}]} for name in images]  # fmt: skip
    (root / "index.json").write_text(json.dumps({"images": listed}))
    made = rollout.About(key, store.own_key(), "1", 1.0, images)
    folder = (config.rollouts or Path()) / key
    folder.mkdir(parents=True)
    (folder / "about.json").write_text(json.dumps(vars(replace(made, **about))))


def test_catalogues_are_used_and_removed_if_nobody_has_them(
    operator: Client, config: RuntimeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path / "cache"))
    cached = RuntimeConfig.from_environ()
    monkeypatch.setattr(tasks, "local_node", lambda: Node(cached))
    for name in ("use_catalogue", "remove_catalogue"):
        monkeypatch.setattr(getattr(tasks, name), "delay", getattr(tasks, name))
    monkeypatch.setattr(shown, "users", lambda: {"c" * 16: 2})  # there is no hub here
    first, second, third, older = "a" * 16, "b" * 16, "c" * 16, "d" * 16
    operator.post(ADD, GOOD)
    digest = recipes.Draft.of(CatalogueImage.objects.get()).digest()
    for key in (first, third):
        _pretend(cached, key, {"greeter": digest})
    _pretend(cached, second, {"greeter": "other", "gone": "x"})
    _pretend(cached, older, {}, base="0" * 16)

    def act(key: str, verb: str) -> int:
        return operator.post(f"/operator/catalogue/{key}/act/", {"verb": verb}).status_code

    def standing() -> dict[str, str]:
        return {each["name"]: each["standing"] for each in shown.images()}

    assert standing() == {"greeter": "new"}
    act(first, "use")
    assert store.in_use(cached) == first
    assert standing() == {"greeter": ""}
    act(second, "use")
    assert standing() == {"greeter": "changed", "gone": "goes"}
    act(older, "use")
    act(second, "remove")  # in use
    act(third, "remove")  # two sandboxes have it
    assert act(first, "burn") == 400
    assert {each.key for each in rollout.kept(cached)} == {first, second, third, older}
    assert store.in_use(cached) == second
    act(first, "remove")
    act(older, "remove")
    assert {each.key for each in rollout.kept(cached)} == {second, third}
    page = operator.get("/operator/catalogue/").content.decode()
    assert "changed: not rolled out" in page
    assert "goes with the next roll-out" in page
