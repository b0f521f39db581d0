"""What values mean, and options together."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from lessons.explain import together, value_words
from playground.dockerline.parse import parse


def said(options: str) -> str:
    (command,) = parse(f"docker run {options} busybox")
    return value_words.of(command.options[0])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("-p 8080:80", "Port 8080 of the host leads to port 80 of the container."),
        ("-p 127.0.0.1:8080:80/udp", "Port 8080 of the host leads to port 80 of the container. "
         "Only the host itself can use it, as its address is 127.0.0.1. "
         "The protocol is UDP; without it, TCP."),
        ("-p 80", "A free port of the host, which Docker picks, leads to port 80"),
        ("-p 127.0.0.1::80", "A free port of the host"),
        ("-p 8000-8010:8000-8010", "Ports 8000-8010 of the host lead to ports 8000-8010"),
        ("-p '[::1]:8080:80'", "as its address is ::1"),
        ("-p 0.0.0.0:80:80", "Port 80 of the host leads to port 80 of the container."),
        ("-p 10.0.0.1:80:80", "on the host's address 10.0.0.1 only"),
        ("-p web:80", "This is no port."),
        ("-p a.b:80:80", "This is no port."),
        ("-p 80:80/xyz", "This is no port."),
        ("-p $PORT:80", ""),
        ("-p 99999:80", "This is no port."),
        ("-v data:/srv:ro", "The volume data, made if it is not there, is seen at /srv in the "
         "container. It outlives the container. The container can only read it."),
        ("-v /host:/x", "The host's /host is seen at /x in the container: the same files"),
        ("-v ./a:/x", "The host's ./a"),
        ("-v $(pwd)/a:/x", "The host's $(pwd)/a"),
        ("-v ${A:-/b}/a:/x", "The host's ${A:-/b}/a"),
        ("-v /x", "A new volume without a name is seen at /x"),
        ("-v data", "This is no mount."),
        ("--mount type=bind,src=/a,dst=/b,readonly", "The host's /a is seen at /b in the"),
        ("--mount source=data,target=/b", "The volume data"),
        ("--mount type=tmpfs,target=/b", "A folder in memory at /b"),
        ("--mount type=bind", "A target is missing"),
        ("-e NAME=value=x", "The variable NAME has the value value=x."),
        ("-e NAME=", "The variable NAME is there and empty."),
        ("-e NAME", "The variable NAME gets the value that it has in your own shell"),
        ("-u 1000:1000", "The program runs as the user number 1000, whether or not it has a name "
         "in the image. Its group is 1000."),
        ("-u root", "The program runs as root"),
        ("-u www", "The program runs as the user www"),
        ("-m 512m", "536,870,912 bytes."),
        ("-m 1.5g", "1,610,612,736 bytes."),
        ("--memory-swap -1", "No limit."),
        ("--cpus 1.5", "At most 150 % of one processor's time."),
        ("--network host", "No network of its own"),
        ("--net none", "No network but the loopback"),
        ("--network shop", "The network shop, which must be there: docker network create shop."),
        ("--network name=shop,alias=db", "The network shop"),
        ("--network container:db", "The network of the container db"),
        ("--restart on-failure:3", "Started again when it ends with an error, 3 times at most."),
        ("--restart unless-stopped", "unless you have stopped it"),
        ("--restart sometimes", "This is no restart policy"),
        ("--rm=false", "Switched off"),
        ("--rm", ""),
        ("--pull never", "Not fetched"),
        ("--add-host db:10.0.0.5", "The name db leads to 10.0.0.5."),
        ("--pid host", "That of the host"),
        ("-l a=b", "The label a has the value b."),
        ("--entrypoint ''", "Empty: the image's ENTRYPOINT is left out."),
        ("--name web", "From now on: docker logs web, docker stop web."),
        ("-h box", ""),
    ],
)  # fmt: skip
def test_values(options: str, sentence: str) -> None:
    found = said(options)
    assert found.startswith(sentence) or sentence in found
    assert bool(found) == bool(sentence)
    with override("ko"):
        korean = said(options)
    assert bool(korean) == bool(sentence)
    assert not sentence or korean != found


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ("-it", "-i and -t together"),
        ("-dit", "-it with -d"),
        ("-t", "-t without -i"),
        ("-i", "-i without -t"),
        ("--rm --restart always", "exclude each other"),
        ("-p 80:80 --network host", "no effect"),
        ("-p 80:80 --network none", "no network"),
    ],
)
def test_options_together(options: str, note: str) -> None:
    (command,) = parse(f"docker run {options} busybox")
    assert note in " ".join(together.notes(command))


@pytest.mark.parametrize("options", ["-d", "--rm --restart no", "-it=false", "-p 80:80"])
def test_nothing_to_say_of_what_goes_together(options: str) -> None:
    (command,) = parse(f"docker run {options} busybox")
    assert not [note for note in together.notes(command) if "together" in note or "--rm" in note]
