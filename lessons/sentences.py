"""What is missing, in a sentence of the student's language. The codes are those of the checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as n

from lessons.languages import language_now

SENTENCES = {
    "no-container": n("There is no container `%(name)s` yet."),
    "no-container-of": n("There is no container of the image `%(image)s` yet."),
    "too-few-containers": n("%(have)s of %(wanted)s containers are there."),
    "container-still-there": n("The container `%(name)s` is still there."),
    "image-differs": n(
        "`%(name)s` was made from the image `%(have)s`; the step asks for `%(wanted)s`."
    ),
    "not-running": n(
        "`%(name)s` does not run: it ended with the code %(code)s. `docker logs "
        "%(name)s` shows what it said."
    ),
    "never-started": n("`%(name)s` was made but never started."),
    "still-running": n("`%(name)s` still runs."),
    "not-paused": n("`%(name)s` is not paused."),
    "paused": n("`%(name)s` is paused."),
    "exit-code": n("`%(name)s` ended with the code %(have)s; the step asks for %(wanted)s."),
    "env-missing": n("`%(name)s` has no variable `%(key)s`: `-e %(key)s=…` sets it."),
    "env-differs": n(
        "In `%(name)s` the variable `%(key)s` is `%(have)s`; the step asks for `%(wanted)s`."
    ),
    "user": n("`%(name)s` was started as the user `%(have)s`; the step asks for `-u %(wanted)s`."),
    "no-tty": n("`%(name)s` has no terminal: `-t` gives it one."),
    "has-tty": n("`%(name)s` has a terminal; the step asks for one without `-t`."),
    "no-stdin": n("The input of `%(name)s` is closed: `-i` keeps it open."),
    "has-stdin": n("The input of `%(name)s` is open; the step asks for one without `-i`."),
    "not-detached": n(
        "`%(name)s` was started in the foreground: `-d` starts it in the background."
    ),
    "detached": n("`%(name)s` was started in the background; the step asks for one without `-d`."),
    "memory": n("The memory limit of `%(name)s` is %(have)s; the step asks for `-m %(wanted)s`."),
    "cpus": n(
        "The processor limit of `%(name)s` is %(have)s; the step asks for `--cpus %(wanted)s`."
    ),
    "pids": n(
        "The process limit of `%(name)s` is %(have)s; the step asks for `--pids-limit %(wanted)s`."
    ),
    "network": n("`%(name)s` is on the network %(have)s; the step asks for `%(wanted)s`."),
    "hostname": n("The host name of `%(name)s` is `%(have)s`; the step asks for `-h %(wanted)s`."),
    "workdir": n("`%(name)s` starts in `%(have)s`; the step asks for `-w %(wanted)s`."),
    "restart": n(
        "The restart policy of `%(name)s` is `%(have)s`; the step asks for `--restart %(wanted)s`."
    ),
    "not-read-only": n("`%(name)s` can write to its root: `--read-only` forbids it."),
    "read-only": n(
        "The root of `%(name)s` is read-only; the step asks for one without `--read-only`."
    ),
    "cap-kept": n(
        "`%(name)s` still has the capability %(wanted)s: `--cap-drop %(wanted)s` takes it away."
    ),
    "entrypoint": n("The entrypoint of `%(name)s` is `%(have)s`; the step asks for `%(wanted)s`."),
    "command": n("The command of `%(name)s` is `%(have)s`; the step asks for `%(wanted)s`."),
    "not-auto-removed": n("`%(name)s` stays when it ends: `--rm` removes it then."),
    "auto-removed": n("`%(name)s` goes when it ends; the step asks for one without `--rm`."),
    "log-lacks": n("The log of `%(name)s` has no `%(text)s` yet."),
    "not-changed": n("`%(path)s` in `%(name)s` is as in its image."),
    "no-process": n("No process `%(text)s` runs in `%(name)s`."),
    "port-random": n(
        "`%(name)s` runs, but its port %(inner)s went to a random port of the host: you "
        "wrote `-P`, the step asks for `-p %(wanted)s`."
    ),
    "port-other": n("`%(name)s` publishes `%(have)s`; the step asks for `-p %(wanted)s`."),
    "port-turned": n(
        "In `%(name)s` the two ports are the wrong way round: you wrote `-p %(have)s`, "
        "the step asks for `-p %(wanted)s` (host first, then container)."
    ),
    "port-missing": n(
        "`%(name)s` is there, but its port %(inner)s is not published: the step asks for "
        "`-p %(wanted)s`."
    ),
    "mount-missing": n(
        "Nothing is mounted at `%(target)s` in `%(name)s`: the step asks for `-v %(wanted)s`."
    ),
    "mount-source": n(
        "At `%(target)s` in `%(name)s` is `%(have)s`; the step asks for `%(wanted)s`."
    ),
    "mount-writable": n("`%(name)s` can write to `%(target)s`: `:ro` at the end forbids it."),
    "mount-read-only": n(
        "`%(name)s` cannot write to `%(target)s`; the step asks for a mount without `:ro`."
    ),
    "no-image": n("There is no image `%(tag)s` yet."),
    "image-still-there": n("The image `%(tag)s` is still there."),
    "not-from": n("`%(tag)s` does not begin with the layers of `%(wanted)s`."),
    "layer-count": n("`%(tag)s` has %(have)s layers of its own; the step asks for %(wanted)s."),
    "too-large": n("`%(tag)s` has %(have)s; the step asks for less than %(wanted)s."),
    "image-user": n(
        "Containers of `%(tag)s` start as `%(have)s`; the step asks for `USER %(wanted)s`."
    ),
    "image-workdir": n(
        "Containers of `%(tag)s` start in `%(have)s`; the step asks for `WORKDIR %(wanted)s`."
    ),
    "not-exposed": n("`%(tag)s` does not expose the port %(port)s."),
    "image-env-missing": n("`%(tag)s` has no variable `%(key)s`: `ENV %(key)s=…` sets it."),
    "image-env-differs": n(
        "In `%(tag)s` the variable `%(key)s` is `%(have)s`; the step asks for `%(wanted)s`."
    ),
    "image-command": n("The command of `%(tag)s` is `%(have)s`; the step asks for `%(wanted)s`."),
    "image-entrypoint": n(
        "The entrypoint of `%(tag)s` is `%(have)s`; the step asks for `%(wanted)s`."
    ),
    "no-instruction": n("The history of `%(tag)s` has no `%(text)s`."),
    "not-in-layers": n("No layer of its own of `%(tag)s` has `%(path)s`."),
    "no-volume": n("There is no volume `%(name)s` yet."),
    "volume-still-there": n("The volume `%(name)s` is still there."),
    "no-network": n("There is no network `%(name)s` yet."),
    "network-still-there": n("The network `%(name)s` is still there."),
    "not-attached": n("`%(name)s` is not attached to the network `%(network)s`, or does not run."),
    "no-file-host": n("There is no file `%(path)s` on the host yet."),
    "no-file-container": n("There is no file `%(path)s` in `%(where)s` yet."),
    "no-file-volume": n("There is no file `%(path)s` in the volume `%(where)s` yet."),
    "file-still-there-host": n("The file `%(path)s` is still on the host."),
    "file-still-there-container": n("The file `%(path)s` is still in `%(where)s`."),
    "file-still-there-volume": n("The file `%(path)s` is still in the volume `%(where)s`."),
    "file-lacks": n("`%(path)s` has no `%(text)s`."),
    "no-answer": n("Nothing answers at port %(port)s of the host."),
    "no-http": n("What answers at port %(port)s is no web server."),
    "http-status": n("Port %(port)s answers with %(have)s; the step asks for %(wanted)s."),
    "http-lacks": n("The page at port %(port)s has no `%(text)s`."),
    "script-slow": n("The check took too long; it is tried again."),
    "option-missing": n("`%(command)s` was typed without `%(option)s`."),
    "option-value": n("`%(option)s` was `%(have)s`; the step asks for `%(wanted)s`."),
    "option-unwanted": n("The step asks for the command without `%(option)s`."),
    "arguments": n("After the options came `%(have)s`; the step asks for `%(wanted)s`."),
    "command-code": n("The command ended with the code %(have)s; the step asks for %(wanted)s."),
    "still-runs": n("`%(command)s` still runs."),
    "not-typed": n("`%(command)s` was not typed yet."),
    "engine": n("The engine does not answer."),
}


def sentence(code: str, params: Mapping[str, str]) -> str:
    """The sentence of a code; ``""`` for one that says nothing to a student."""
    if code == "script":
        return str(params.get(f"says_{language_now()}") or params.get("says_en") or "")
    if code not in SENTENCES:
        return ""
    return _(SENTENCES[code]) % params


def sentences(missing: Iterable[Mapping[str, Any]]) -> list[str]:
    """Sentences for what a verdict says is missing."""
    found = (sentence(str(each["code"]), each["params"]) for each in missing)
    return [text for text in found if text]
