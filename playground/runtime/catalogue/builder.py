"""Making the catalogue: an ordinary sandbox that is lent the network while it builds."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from playground.runtime import disks, hostimage, idmap
from playground.runtime.catalogue import recipe, skeleton, store
from playground.runtime.config import Limits, RuntimeConfig
from playground.runtime.egress import Egress
from playground.runtime.errors import BuildFailed, SandboxError
from playground.runtime.node import Node
from playground.runtime.private_mounts import in_private_mounts, leave_machine_mounts
from playground.runtime.recipes import Progress, build_lock
from playground.runtime.sandbox import Sandbox

#: What a build may use: more than a student's, for compressing and unpacking packages.
_LIMITS = Limits(memory_mb=3072, cpus=64, pids=2048, disk_mb=12288)
#: What a build makes lies in a folder of this name and its key until it is whole.
SCRATCH = ".building-"
_REGISTRY = "https://registry-1.docker.io/v2/"
#: Seconds for one pull; a tenth of it where Docker Hub does not answer.
_PULL_SECONDS = 600.0

#: apt's caches are as large again as a small package, and a layer keeps them for ever.
_APT_WITHOUT_CACHE = """\
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Binary::apt::APT::Keep-Downloaded-Packages "false";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };
"""

#: slirp4netns's own name server, which hands on to the machine's (its manual page, "--configure").
_NAME_SERVER = "10.0.2.3"


def build(
    config: RuntimeConfig, progress: Progress, images: Path | None = None, stamp: str = ""
) -> store.Catalogue:
    """Make a catalogue unless it is there: the checkout's own, or one with more ``images``.

    Raises ``BuildFailed`` and ``SandboxError``.
    """
    recipes = recipe.read_all(recipe.IMAGES, *([images] if images else []))
    # What can only be pulled needs nothing before it, and fails at once where it cannot be.
    recipes.sort(key=lambda each: each.can_be_built)
    key = store.key_of(images, stamp) if images else store.own_key()
    target = store.path(config, key)
    if found := store.built(config, key):
        return found
    hostimage.build(config, progress)
    with build_lock(config.cache_dir):
        if found := store.built(config, key):
            return found
        clear_dead(config)
        scratch = target.with_name(f"{SCRATCH}{key}")
        scratch.mkdir(parents=True)
        node = _node(config, scratch)
        try:
            _build_into(node, scratch, recipes, progress)
        except BaseException:
            node.shutdown()
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        node.shutdown()
        shutil.rmtree(scratch / "node", ignore_errors=True)
        scratch.rename(target)
    return store.Catalogue(target)


def cancel(config: RuntimeConfig, key: str) -> None:
    """End the builder of that catalogue, if it runs: ``build`` then raises ``BuildFailed``."""
    scratch = store.path(config, key).with_name(f"{SCRATCH}{key}")
    if scratch.is_dir():
        _node(config, scratch).shutdown()


def clear_dead(config: RuntimeConfig) -> None:
    """Remove what builds have left that did not come to their end. The lock must be held."""
    for scratch in (config.cache_dir / "catalogue").glob(f"{SCRATCH}*"):
        _node(config, scratch).shutdown()
        shutil.rmtree(scratch, ignore_errors=True)


def clear_dead_unless_busy(config: RuntimeConfig) -> None:
    """The same where nobody builds; where somebody does, nothing."""
    with suppress(BlockingIOError), build_lock(config.cache_dir, wait=False):
        clear_dead(config)


def _node(config: RuntimeConfig, scratch: Path) -> Node:
    """A node of its own: a running playground in the same checkout is none of its business.

    It has its network from slirp4netns, so none of the sandboxes' own kind, and the last range of
    ids, which a running node comes to last.
    """
    last = idmap.base_of(config.id_slots - 1, config.id_base)
    return Node(
        replace(
            config,
            state_dir=scratch / "node",
            egress=Egress(),
            rollouts=None,
            id_base=last,
            id_slots=1,
        )
    )


def _build_into(
    node: Node, scratch: Path, recipes: list[recipe.ImageRecipe], progress: Progress
) -> None:
    progress("starting the builder sandbox")
    sandbox = node.create("builder", _LIMITS, with_catalogue=False)
    with network(sandbox):
        builder = _Builder(sandbox, progress)
        images = [builder.make(each) for each in recipes]
    progress("stopping the engine")
    sandbox.group.kill()
    progress("copying the layers")
    skeleton_of = lambda: _extract(sandbox, scratch)  # noqa: E731
    in_private_mounts(skeleton_of)
    document = {"made": time.time(), "images": images}
    (scratch / "index.json").write_text(json.dumps(document, indent=1, ensure_ascii=False))


def _extract(sandbox: Sandbox, scratch: Path) -> None:
    """Mount the builder's disk as it is (ids from 0) and take its layers."""
    raw = sandbox.directory / "raw"
    raw.mkdir()
    disks.mount_image(sandbox.directory / "disk.img", raw)
    skeleton.extract(raw / disks.DOCKER, scratch / "layers", scratch / "skeleton")


@contextmanager
def network(sandbox: Sandbox) -> Iterator[None]:
    """Lend a sandbox the machine's network through slirp4netns (user mode: no route, no NAT)."""
    process = subprocess.Popen(
        [
            "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback",
            "--ready-fd=1", f"--userns-path=/proc/{sandbox.pid}/ns/user", str(sandbox.pid), "tap0",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout and process.stderr
        if process.stdout.read(1) != b"1":
            said = process.stderr.read().decode(errors="replace")[-300:]
            raise BuildFailed(f"slirp4netns gave the builder no network: {said}")
        _run(sandbox, ["sh", "-c", f"echo nameserver {_NAME_SERVER} > /etc/resolv.conf"])
        yield
    finally:
        process.kill()
        process.communicate()


def _run(sandbox: Sandbox, arguments: list[str], seconds: float = 60) -> bytes:
    done = sandbox.run(arguments, seconds=seconds)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).decode(errors="replace")[-500:].strip()
        raise BuildFailed(f"`{' '.join(arguments)}` failed in the builder: {said}")
    return done.stdout


class _Builder:
    """Makes one image after the other in the builder sandbox."""

    def __init__(self, sandbox: Sandbox, progress: Progress) -> None:
        self.sandbox = sandbox
        self.progress = progress
        self.registry = self._registry_answers()
        if not self.registry:
            progress("no registry can be reached: every image is built from its recipe")

    def _registry_answers(self) -> bool:
        """Whether Docker Hub can be reached; it answers 401 to whoever has no token."""
        probe = ["curl", "-s", "-o", "/dev/null", "-m", "5", "-w", "%{http_code}", _REGISTRY]
        return self.sandbox.run(probe, seconds=20).stdout in (b"200", b"401")

    def make(self, image: recipe.ImageRecipe) -> dict[str, Any]:
        """Pull or build one image, give it its tags, and describe it for the index."""
        started = time.monotonic()
        say: Callable[[str], None] = lambda text: self.progress(f"{image.name}: {text}")  # noqa: E731
        source = "registry" if self._pull(image, say) else "recipe"
        if source == "recipe":
            self._build(image, say)
        for tag in image.tags[1:]:
            _run(self.sandbox, ["docker", "tag", image.tags[0], tag])
        say(f"done in {time.monotonic() - started:.1f} s ({source})")
        return self._describe(image, source)

    def _pull(self, image: recipe.ImageRecipe, say: Progress) -> bool:
        # What has no recipe is asked for all the same: it may lie in another registry.
        if not image.reference or (image.can_be_built and not self.registry):
            return False
        say(f"pulling {image.reference}")
        seconds = _PULL_SECONDS if self.registry else _PULL_SECONDS / 10
        said = ""
        try:
            pulled = self.sandbox.run(
                ["docker", "pull", "--quiet", image.reference], seconds=seconds
            )
            if pulled.returncode != 0:
                said = pulled.stderr.decode(errors="replace").strip()[-200:] or "no reason given"
        except SandboxError:
            said = f"no answer in {seconds:.0f} s"
        if said:
            if not image.can_be_built:
                raise BuildFailed(
                    f"{image.name}: {image.reference} could not be pulled, and there is no "
                    f"Dockerfile to build it from ({said})",
                    "See that the reference is right and that this machine reaches its registry, "
                    "or give a Dockerfile",
                )
            say(f"not pulled ({said})")
            return False
        _run(self.sandbox, ["docker", "tag", image.reference, image.tags[0]])
        if recipe.full_name(image.reference) not in map(recipe.full_name, image.tags):
            _run(self.sandbox, ["docker", "rmi", image.reference])
        return True

    def _build(self, image: recipe.ImageRecipe, say: Progress) -> None:
        if image.bootstrap is not None:
            self._import_base(image, image.bootstrap, say)
            return
        self._stream(
            ["docker", "build", "--progress=plain", "--network=host", "-t", image.tags[0], "-"],
            _context(image.folder),
            say,
            f"docker build of {image.name}",
        )

    def _import_base(
        self, image: recipe.ImageRecipe, packages: tuple[str, ...], say: Progress
    ) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            base = Path(scratch) / "base"
            hostimage.bootstrap(base, list(packages), say)
            # Not this machine's name or name servers.
            (base / "etc" / "hostname").write_text(f"{image.name}\n")
            (base / "etc" / "resolv.conf").write_text("")
            (base / "etc" / "apt" / "apt.conf.d" / "90no-cache").write_text(_APT_WITHOUT_CACHE)
            tarball = Path(scratch) / "base.tar"
            subprocess.run(
                ["tar", "--xattrs", "--numeric-owner", "-C", base, "-cf", tarball, "."], check=True
            )
            say("importing")
            command = [
                "docker", "import", "--change", 'CMD ["bash"]',
                "--message", "a Debian base made by mmdebstrap", "-", image.tags[0],
            ]  # fmt: skip
            with tarball.open("rb") as file:
                self._stream(command, file.fileno(), say, f"docker import of {image.name}")

    def _stream(self, command: list[str], stdin: bytes | int, say: Progress, what: str) -> None:
        """Run a long command in the builder and hand on what it says, line by line."""
        lines: list[str] = []
        with tempfile.TemporaryFile() as given:
            if isinstance(stdin, bytes):
                given.write(stdin)
                given.seek(0)
            with subprocess.Popen(
                self.sandbox.exec_command(command),
                stdin=given if isinstance(stdin, bytes) else stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                preexec_fn=leave_machine_mounts,
            ) as process:
                assert process.stdout
                try:
                    for line in process.stdout:
                        if text := line.strip():
                            lines = [*lines[-19:], text]
                            say(text)
                except BaseException:
                    process.kill()  # it was told to stop: nobody waits for the end
                    raise
        if process.returncode != 0:
            raise BuildFailed(f"{what} failed:\n  " + "\n  ".join(lines) + "\n")

    def _describe(self, image: recipe.ImageRecipe, source: str) -> dict[str, Any]:
        facts = self.sandbox.engine_get(f"/images/{image.tags[0]}/json")
        history = self.sandbox.engine_get(f"/images/{image.tags[0]}/history")
        return {
            "name": image.name,
            "tags": list(image.tags),
            "id": facts["Id"],
            "size": facts["Size"],
            "source": source,
            "reference": image.reference,
            "stand_in": image.stand_in and source == "recipe",
            "summary": image.summary,
            "layers": layers_of(facts, history),
        }


def layers_of(facts: dict[str, Any], history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An image's layers from the base up: the steps of :func:`steps_of` that have a digest."""
    return [step for step in steps_of(facts, history) if step["digest"]]


def steps_of(facts: dict[str, Any], history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join an image's layer digests with its history, from the base up.

    The history also has entries for instructions that made no layer (``ENV``, ``CMD``), whose
    ``digest`` is ``""`` here. The engine does not mark them in its API, where they have size 0;
    but an empty layer has size 0 too. So while there are more digests than entries with a size,
    the first entries of size 0 whose instruction can make a layer at all get the rest.
    """
    digests: list[str] = facts["RootFS"].get("Layers", [])
    steps = list(reversed(history))
    spare = len(digests) - sum(1 for step in steps if step["Size"] > 0)
    left = iter(digests)
    found: list[dict[str, Any]] = []
    for step in steps:
        has_layer = step["Size"] > 0
        if not has_layer and spare > 0 and _can_make_layer(step["CreatedBy"]):
            has_layer = True
            spare -= 1
        found.append(
            {
                "digest": next(left, "") if has_layer else "",
                "size": step["Size"],
                "created_by": step["CreatedBy"] or step.get("Comment", ""),
                "created": step.get("Created", 0),
            }
        )
    return found


def _can_make_layer(created_by: str) -> bool:
    """Whether an instruction of the history changes files; the classic builder says ``#(nop)``."""
    instruction = created_by.rpartition("#(nop)")[2].split()
    return not instruction or instruction[0] in ("ADD", "COPY", "RUN", "WORKDIR", "/bin/sh")


def _context(folder: Path) -> bytes:
    """A build context: the recipe's folder as a tar archive, all of it root's."""
    buffer = io.BytesIO()

    def as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if entry.name == "image.toml":
            return None
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = "root"
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    # The docker client knows an archive by its first header, and not by a pax one.
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name, filter=as_root)
    return buffer.getvalue()
