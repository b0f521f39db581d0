"""Whether volumes, networks, files, ports and scripts are as a check asks for."""

from __future__ import annotations

import http.client
import subprocess

from playground.checks.containers import name_of
from playground.checks.facts import READ, Facts
from playground.checks.spec import File, Http, Network, Script, Volume
from playground.checks.verdict import HOLDS, Missing, Verdict, absent, missing
from playground.runtime import inside
from playground.runtime.errors import NotInEngine
from playground.runtime.private_mounts import leave_machine_mounts

#: Seconds that a server or a script may take.
_HTTP_WITHIN, _SCRIPT_WITHIN = 2.0, 5.0


def volume(wanted: Volume, facts: Facts) -> Verdict:
    """Look for a volume."""
    there = wanted.name in facts.volumes()
    if there is wanted.exists:
        return HOLDS
    if there:
        return missing([Missing.of("volume-still-there", name=wanted.name)])
    return absent("no-volume", name=wanted.name)


def network(wanted: Network, facts: Facts) -> Verdict:
    """Look for a network and who is attached to it."""
    found = [each for each in facts.networks() if str(each["Name"]) == wanted.name]
    if not wanted.exists:
        problem = Missing.of("network-still-there", name=wanted.name)
        return missing([problem]) if found else HOLDS
    if not found:
        return absent("no-network", name=wanted.name)
    if not wanted.containers:
        return HOLDS
    inspected = facts.network(str(found[0]["Id"]))
    attached = {str(each["Name"]) for each in (inspected["Containers"] or {}).values()}
    return missing(
        Missing.of("not-attached", network=wanted.name, name=name)
        for name in wanted.containers
        if name not in attached
    )


def file(wanted: File, facts: Facts) -> Verdict:
    """Look for a file and a text in it."""
    content: bytes | None
    if wanted.container:
        there = [each for each in facts.containers() if name_of(each) == wanted.container]
        if not there:
            return absent("no-container", name=wanted.container)
        try:
            content = facts.container_file(str(there[0]["Id"]), wanted.path)
        except NotInEngine:
            content = None
    elif wanted.volume:
        if wanted.volume not in facts.volumes():
            return absent("no-volume", name=wanted.volume)
        content = facts.volume_file(wanted.volume, wanted.path)
    else:
        content = facts.host_file(wanted.path)
    where = wanted.container or wanted.volume or ""
    kind = "container" if wanted.container else "volume" if wanted.volume else "host"
    if not wanted.exists:
        problem = Missing.of(f"file-still-there-{kind}", path=wanted.path, where=where)
        return HOLDS if content is None else missing([problem])
    if content is None:
        return absent(f"no-file-{kind}", path=wanted.path, where=where)
    if wanted.contains and wanted.contains not in content.decode(errors="replace"):
        return missing([Missing.of("file-lacks", path=wanted.path, text=wanted.contains)])
    return HOLDS


def http_answer(wanted: Http, facts: Facts) -> Verdict:
    """Ask a port of the host, as ``curl localhost:…`` there would."""
    connection = http.client.HTTPConnection("localhost", wanted.port)
    try:
        connection.sock = inside.connect(facts.sandbox.pid, wanted.port, _HTTP_WITHIN)
    except OSError:
        return absent("no-answer", port=wanted.port)
    try:
        connection.request("GET", wanted.path)
        answer = connection.getresponse()
        body = answer.read(READ).decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError):
        return missing([Missing.of("no-http", port=wanted.port)])
    finally:
        connection.close()
    if answer.status != wanted.status:
        return missing(
            [Missing.of("http-status", port=wanted.port, have=answer.status, wanted=wanted.status)]
        )
    if wanted.contains and wanted.contains not in body:
        return missing([Missing.of("http-lacks", port=wanted.port, text=wanted.contains)])
    return HOLDS


def script(wanted: Script, facts: Facts) -> Verdict:
    """Run a script on the host; only how it ends is of interest."""
    process = subprocess.Popen(
        facts.sandbox.exec_command(["sh", "-c", wanted.run], env={"LC_ALL": "C.UTF-8"}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=leave_machine_mounts,
    )
    try:
        code = process.wait(_SCRIPT_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return absent("script-slow")
    if code == 0:
        return HOLDS
    # Its own words, by language, where the lesson brings some.
    said = {f"says_{language}": text for language, text in wanted.says.items()}
    return Verdict(False, bool(said), (Missing("script", said),))
