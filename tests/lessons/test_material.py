"""What has to be taught is taught, and asked for by a check: nothing of it gets lost."""

from __future__ import annotations

import pytest

from lessons import library
from playground.checks.spec import Container, Image, Network, Part, Script, Typed

#: An option of `docker run`, and what a check that asks for it says about the container.
OPTIONS: dict[str, dict[str, object]] = {
    "-i": {"stdin_open": True},
    "-t": {"tty": True},
    "-d": {"detached": True},
    "-e": {"env": ...},
    "-v": {"mounts": ...},
    "-p": {"ports": ...},
    "-u": {"user": ...},
    "--name": {"name": ...},
    "--rm": {"auto_remove": True},
    "-w": {"workdir": ...},
    "-h": {"hostname": ...},
    "-m": {"memory": ...},
    "--cpus": {"cpus": ...},
    "--pids-limit": {"pids": ...},
    "--restart": {"restart": ...},
    "--network of one's own": {"network": "mo-net"},
    "--network none": {"network": "none"},
    "--entrypoint": {"entrypoint": "sh"},
    "--read-only": {"read_only": True},
    "--cap-drop": {"cap_drop": ...},
    "--init": {"process": "docker-init"},
    "changes in the read/write layer": {"changed": ...},
    "logs": {"logs": ...},
    "a MySQL root password": {"image": "mysql", "env": {"MYSQL_ROOT_PASSWORD": "*"}},
    "the socket in Jenkins": {"image": "jenkins", "user": "root", "mounts": ...},
    "several side by side": {"count": 10},
    "ENTRYPOINT in a Dockerfile": {"entrypoint": "echo Dear"},
}

#: Parts of a Dockerfile, by what is asked of the image.
DOCKERFILE: dict[str, str] = {
    "FROM": "parent",
    "RUN": "instruction",
    "COPY": "layer_contains",
    "ENV": "env",
    "WORKDIR": "workdir",
    "EXPOSE": "exposes",
    "USER": "user",
    "CMD": "command",
    "ENTRYPOINT": "entrypoint",
    "multi-stage": "size_below",
}


def _asked() -> list[Part]:
    return [
        part
        for lesson in library.lessons()
        for check in lesson.checks.values()
        for part in check.parts()
    ]


def _says(part: Part, wanted: dict[str, object]) -> bool:
    have = {key: getattr(part, key) for key in wanted}
    return all(
        value not in (None, []) if wanted[key] is ... else value == wanted[key]
        for key, value in have.items()
    )


@pytest.mark.parametrize("what", OPTIONS)
def test_every_option_is_asked_for(what: str) -> None:
    containers = [part for part in _asked() if isinstance(part, Container) and part.exists]
    assert any(_says(part, OPTIONS[what]) for part in containers)


@pytest.mark.parametrize("what", DOCKERFILE)
def test_every_part_of_a_dockerfile_is_asked_for(what: str) -> None:
    images = [part for part in _asked() if isinstance(part, Image) and part.exists]
    assert any(_says(part, {DOCKERFILE[what]: ...}) for part in images)


def test_docker_s_other_parts_are_asked_for() -> None:
    asked = _asked()
    assert any(isinstance(part, Network) and part.containers for part in asked)
    typed = [part for part in asked if isinstance(part, Typed)]
    assert any(part.docker == "run" and part.options.get("privileged") for part in typed)
    scripts = "\n".join(part.run for part in asked if isinstance(part, Script))
    assert "OOMKilled" in scripts


def test_every_lesson_has_checks_in_most_of_its_steps() -> None:
    for lesson in library.lessons():
        with_tasks = [step for step in lesson.steps if step.tasks]
        assert lesson.checks and len(with_tasks) > len(lesson.steps) / 2, lesson.slug
