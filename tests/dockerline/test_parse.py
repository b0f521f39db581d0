"""Lines are read as the Docker CLI reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.dockerline import options
from playground.dockerline.command import Command
from playground.dockerline.parse import MOST_CHARACTERS, first, parse


def only(line: str) -> Command:
    (command,) = parse(line)
    return command


def shown(command: Command) -> list[str]:
    return [o.name if o.value is None else f"{o.name}={o.value}" for o in command.options]


@pytest.mark.parametrize(
    ("line", "path", "given_options", "arguments"),
    [
        ("docker run hello-world", "container run", [], ["hello-world"]),
        ("docker run -d --name web -p 8080:80 nginx", "container run",
         ["detach", "name=web", "publish=8080:80"], ["nginx"]),
        ("docker container run -it busybox sh -c 'ls -l /'", "container run",
         ["interactive", "tty"], ["busybox", "sh", "-c", "ls -l /"]),
        ("docker run -p8080:80 nginx", "container run", ["publish=8080:80"], ["nginx"]),
        ("docker run -p=8080:80 nginx", "container run", ["publish=8080:80"], ["nginx"]),
        ("docker run -itp 80:80 nginx", "container run",
         ["interactive", "tty", "publish=80:80"], ["nginx"]),
        ("docker run --name=web --rm=false nginx", "container run",
         ["name=web", "rm=false"], ["nginx"]),
        ("docker run -d=false nginx", "container run", ["detach=false"], ["nginx"]),
        ("docker run -d -- nginx date", "container run", ["detach"], ["nginx", "date"]),
        ("docker run nginx sh --name web", "container run", [], ["nginx", "sh", "--name", "web"]),
        ("docker run --name -x nginx", "container run", ["name=-x"], ["nginx"]),
        ("docker run --net host --dns-opt a x", "container run",
         ["network=host", "dns-option=a"], ["x"]),
        ("docker run -h box -e A -e 'B=c d' x", "container run",
         ["hostname=box", "env=A", "env=B=c d"], ["x"]),
        ("docker create -P nginx", "container create", ["publish-all"], ["nginx"]),
        ("docker rm web -f", "container rm", ["force"], ["web"]),
        ("docker rm -fv web db", "container rm", ["force", "volumes"], ["web", "db"]),
        ("docker rmi nginx", "image rm", [], ["nginx"]),
        ("docker images -q", "image ls", ["quiet"], []),
        ("docker ps -a --filter name=web", "container ls", ["all", "filter=name=web"], []),
        ("docker container list", "container ls", [], []),
        ("docker exec -it web bash -l", "container exec",
         ["interactive", "tty"], ["web", "bash", "-l"]),
        ("docker build -t mine . -f Other", "buildx build", ["tag=mine", "file=Other"], ["."]),
        ("docker image build --no-cache .", "buildx build", ["no-cache"], ["."]),
        ("docker network create --subnet 10.1.0.0/16 back", "network create",
         ["subnet=10.1.0.0/16"], ["back"]),
        ("docker volume ls", "volume ls", [], []),
        ("docker logs -f --tail 5 web", "container logs", ["follow", "tail=5"], ["web"]),
        ("docker -H tcp://a:2375 -D ps", "container ls", ["host=tcp://a:2375", "debug"], []),
        ("docker compose -f a.yml up -d web", "compose up", ["file=a.yml", "detach"], ["web"]),
        ("docker compose exec web ls -l", "compose exec", [], ["web", "ls", "-l"]),
        ("docker system prune -af", "system prune", ["all", "force"], []),
        ("docker top web -ef", "container top", [], ["web", "-ef"]),
        ("docker inspect -f '{{.Id}}' web", "inspect", ["format={{.Id}}"], ["web"]),
        ("sudo -E docker run x", "container run", [], ["x"]),
        ("A=1 /usr/bin/docker run x", "container run", [], ["x"]),
        ("docker run -v \"$(pwd)\"/a:/b x", "container run", ["volume=$(pwd)/a:/b"], ["x"]),
        ("docker run \\\n  -d \\\n  nginx", "container run", ["detach"], ["nginx"]),
        ("docker --version", "", ["version"], []),
        ("docker run --help", "container run", ["help"], []),
        ("docker commit -m 'a note' web mine", "container commit",
         ["message=a note"], ["web", "mine"]),
        ("docker cp web:/etc/hosts .", "container cp", [], ["web:/etc/hosts", "."]),
        ("docker run --mount type=bind,src=/a,dst=/b x", "container run",
         ["mount=type=bind,src=/a,dst=/b"], ["x"]),
    ],
)  # fmt: skip
def test_real_lines(line: str, path: str, given_options: list[str], arguments: list[str]) -> None:
    command = only(line)
    assert " ".join(command.path) == path
    assert shown(command) == given_options
    assert command.arguments == arguments
    assert command.problems == ()


@pytest.mark.parametrize(
    ("line", "code", "text", "suggestions"),
    [
        ("docker run --prot 80:80 nginx", "option", "--prot", ("--publish",)),
        ("docker run --port 80:80 nginx", "option", "--port", ("--publish",)),
        ("docker run --nmae web nginx", "option", "--nmae", ("--name",)),
        ("docker run --detatch nginx", "option", "--detatch", ("--detach",)),
        ("docker run --it busybox", "option", "--it", ("-it",)),
        ("docker run -name web nginx", "option", "-name", ("--name",)),
        ("docker run -rm nginx", "option", "-rm", ("--rm",)),
        ("docker run -D nginx", "option", "-D", ("-d",)),
        ("docker run -env nginx", "one-dash", "-env", ("--env",)),
        ("docker run —name web nginx", "dash", "—name", ("--name",)),
        ("docker run –d nginx", "dash", "–d", ("-d",)),
        ("docker run nginx -d", "late", "-d", ("nginx",)),
        ("docker run -d", "image", "", ()),
        ("docker run nginx 'a", "quote", "'", ()),
        ("docker ps --filter", "value", "--filter", ()),
        ("docker run -m 12x nginx", "bad-value", "-m 12x", ("512m",)),
        ("docker run -p web:80 nginx", "bad-value", "-p web:80", ("8080:80",)),
        ("docker run -e =b nginx", "bad-value", "-e =b", ("NAME=value",)),
        ("docker run Nginx", "bad-image", "Nginx", ("nginx",)),
        ("docker run a//b", "bad-image", "a//b", ()),
        ("docker run --rm=maybe nginx", "bad-value", "--rm maybe", ("",)),
        ("docker rnu nginx", "command", "rnu", ("run",)),
        ("docker container lst", "command", "lst", ("list",)),
        ("docker", "command", "", ()),
        ("dokcer ps", "not-docker", "dokcer", ("docker",)),
        ("ls -l", "not-docker", "ls", ()),
    ],
)  # fmt: skip
def test_what_is_wrong(line: str, code: str, text: str, suggestions: tuple[str, ...]) -> None:
    (problem,) = only(line).problems
    assert (problem.code, problem.text) == (code, text)
    assert problem.suggestions[: len(suggestions)] == suggestions
    assert bool(problem.suggestions) == bool(suggestions)


def test_an_unknown_option_keeps_its_value_from_being_the_image() -> None:
    command = only("docker run --prot 80:80 nginx")
    assert command.image and command.image.text == "nginx"
    assert not command.options[0].known


def test_image_and_program_are_apart() -> None:
    command = only("docker run --rm busybox:1 echo hi")
    assert command.image and command.image.text == "busybox:1"
    assert [word.text for word in command.program] == ["echo", "hi"]
    assert only("docker exec web ls").image is None


def test_a_line_of_several_commands() -> None:
    line = "cd /tmp && docker build -t mine . | tee log; docker run mine > out"
    commands = parse(line)
    assert [command.is_docker for command in commands] == [False, True, False, True]
    assert [r.text for r in commands[3].redirections] == [">out"]
    found = first(line)
    assert found and found.path == ("buildx", "build")
    assert first("  ") is None


def test_of_several_values_the_last_counts() -> None:
    command = only("docker run --name a --name b x")
    assert command.value("name") == "b"
    assert [option.value for option in command.given("name")] == ["a", "b"]


def test_places() -> None:
    line = "sudo docker run -itp '80:80' --name=web nginx"
    command = only(line)
    parts = [line[o.span.start : o.span.end] for o in command.options]
    assert parts == ["-i", "t", "p '80:80'", "--name=web"]
    assert command.image
    assert line[command.image.span.start : command.image.span.end] == "nginx"


PIECES = st.sampled_from(
    ["docker", "run", "-it", "--name", "-p", "8080:80", "--rm=", "--", "-", "'", '"', "$(", "\\",
     "exec", "container", "compose", "—x", "-zzz", "--nope=1", "|", ";", ">", "\n", " ", "#", "-=",
     "nginx", "-h", "--help", "=", "-env", "가"]
)  # fmt: skip
LINES = st.one_of(
    st.text(max_size=80),
    st.lists(PIECES, max_size=12).map(" ".join),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=10).map(lambda words: "docker run " + " ".join(words)),
)


@settings(max_examples=500)
@given(LINES)
def test_any_line_is_read(line: str) -> None:
    for command in parse(line):
        spans = [command.span]
        spans += [option.span for option in command.options]
        every = (*command.words, *command.typed, *command.before, *command.redirections)
        spans += [each.span for each in every]
        spans += [problem.span for problem in command.problems]
        for span in spans:
            assert command.span.start <= span.start <= span.end <= command.span.end
        placed = sorted(o.span.start for o in command.options)
        assert placed == [o.span.start for o in command.options]
        for before, after in zip(command.options, command.options[1:]):  # noqa: B905
            assert before.span.end <= after.span.start


def test_a_very_long_line_is_cut() -> None:
    (command,) = parse("docker run " + "x " * 100_000)
    assert command.span.end <= MOST_CHARACTERS


def test_every_command_is_reached_by_its_name() -> None:
    for path in options.paths():
        if not options.commands_in(path):
            assert only(f"docker {' '.join(path)}").path == path
