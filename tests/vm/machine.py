"""A Debian machine with systemd and cgroup v2, in QEMU, to run the runtime core's tests in.

Plain emulation (``-accel tcg``): it works everywhere, and is some ten times slower than the
machine itself. Three disks: the system (made once, a copy-on-write overlay is thrown away after
each run), the host image and the catalogue of this checkout (made once), and the checkout itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from playground.runtime import hostimage
from playground.runtime.catalogue import store
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.recipes import build_lock, debian_mirror, recipe_hash, run_logged

_VERSION = "3"
_SUITE = "bookworm"
#: What makes a Debian boot.
_BARE = ("dbus", "linux-image-cloud-amd64", "systemd-sysv", "udev")
#: What the runtime core's tests need: there is no network in that machine.
_FOR_TESTS = (
    *_BARE, "crun", "e2fsprogs", "iproute2", "mmdebstrap", "nftables", "python3", "python3-venv",
    "slirp4netns",
)  # fmt: skip
#: What a newcomer has who has fetched the checkout: `make`.
_UNTOUCHED = (*_BARE, "ca-certificates", "make")
#: How long a script may take in the machine, in seconds; it takes a tenth of it outside.
_LIMIT = 90 * 60

_NETWORK = """\
[Match]
Name=e*
[Network]
DHCP=yes
"""

_SERVICE = """\
[Unit]
Description=Tests of the runtime core
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/run-tests
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
[Install]
WantedBy=multi-user.target
"""

_SCRIPT = """\
#!/bin/sh
# Runs what /code/run-in-vm says, says how it ended, and switches the machine off.
mkdir -p /code
mount /dev/vdb /code
if [ -e /dev/vdc ]; then
    mkdir -p /var/cache/docker-playground
    mount /dev/vdc /var/cache/docker-playground
fi
cd /code && sh ./run-in-vm
echo "vm-exit-code:$?"
systemctl poweroff --force
"""


def _mkfs(folder: Path, image: Path, spare_mb: int) -> None:
    used = int(subprocess.run(["du", "-sm", folder], capture_output=True).stdout.split()[0])
    with image.open("wb") as file:
        file.truncate(int(used * 1.15 + spare_mb) << 20)
    subprocess.run(
        ["mkfs.ext4", "-q", "-F", "-m", "0", "-i", "8192", "-d", folder, image], check=True
    )


def system(config: RuntimeConfig, untouched: bool = False) -> Path:
    """The folder with the system's disk, kernel and initrd; made once.

    ``untouched`` is one with nothing of the playground's in it, and a network.
    """
    requirements = "" if untouched else (PROJECT_ROOT / "requirements-dev.txt").read_text()
    packages = _UNTOUCHED if untouched else _FOR_TESTS
    key = recipe_hash(_VERSION, extra=[*packages, _SERVICE, _SCRIPT, _NETWORK, requirements])
    target = config.cache_dir / "vm" / key
    with build_lock(config.cache_dir):
        if not target.is_dir():
            scratch = target.with_name(f".building-{key}")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            _build_system(scratch, packages)
            if not untouched:
                _install_libraries(scratch / "rootfs")
            _finish(scratch)
            scratch.rename(target)
    return target


def _build_system(scratch: Path, packages: tuple[str, ...]) -> None:
    rootfs = scratch / "rootfs"
    run_logged(
        ["unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=minbase",
         '--aptopt=Apt::Install-Recommends "false"', f"--include={','.join(packages)}",
         _SUITE, str(rootfs), debian_mirror()],
        print, "mmdebstrap of the virtual machine",
    )  # fmt: skip
    # This machine's own, which may know a proxy's certificate; the virtual one has none installed.
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    (rootfs / certificates.parent.relative_to("/")).mkdir(parents=True, exist_ok=True)
    shutil.copy(certificates, rootfs / certificates.relative_to("/"))


def _install_libraries(rootfs: Path) -> None:
    shutil.copy(PROJECT_ROOT / "requirements-dev.txt", rootfs / "tmp")
    shutil.copy("/etc/resolv.conf", rootfs / "etc" / "resolv.conf")
    pip = (
        "python3 -m venv /venv && /venv/bin/pip install --quiet --no-cache-dir "
        "--cert /etc/ssl/certs/ca-certificates.crt -r /tmp/requirements-dev.txt"
    )
    run_logged(
        ["unshare", "--mount", "--pid", "--fork", "sh", "-c",
         f'mount -t proc proc "{rootfs}/proc" && '
         f'exec env -u PIP_FIND_LINKS chroot "{rootfs}" sh -c "{pip}"'],
        print, "pip in the virtual machine",
    )  # fmt: skip


def _finish(scratch: Path) -> None:
    """Lay down what runs the script, and make the disk."""
    rootfs = scratch / "rootfs"
    # QEMU's own name server (its documentation, "Using the user mode network stack").
    (rootfs / "etc" / "resolv.conf").unlink(missing_ok=True)
    (rootfs / "etc" / "resolv.conf").write_text("nameserver 10.0.2.3\n")
    (rootfs / "etc" / "systemd" / "network" / "user.network").write_text(_NETWORK)
    (rootfs / "etc" / "systemd" / "system" / "run-tests.service").write_text(_SERVICE)
    script = rootfs / "usr" / "local" / "sbin" / "run-tests"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    wanted = rootfs / "etc" / "systemd" / "system" / "multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    (wanted / "run-tests.service").symlink_to("../run-tests.service")
    (wanted / "systemd-networkd.service").symlink_to("/lib/systemd/system/systemd-networkd.service")
    (rootfs / "etc" / "fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(
            (rootfs / "boot" / os.readlink(rootfs / name).rsplit("/", 1)[1]), scratch / name
        )
    _mkfs(rootfs, scratch / "system.img", spare_mb=8192)
    shutil.rmtree(rootfs)


def built_things(config: RuntimeConfig) -> Path:
    """A disk image with this checkout's host image and catalogue; made once."""
    image = hostimage.path(config)
    catalogue = store.find(config)
    assert catalogue is not None
    target = config.cache_dir / "vm" / f"cache-{image.parent.name}-{catalogue.key}.img"
    with build_lock(config.cache_dir):
        if not target.is_file():
            for old in target.parent.glob("cache-*.img"):
                old.unlink()
            with tempfile.TemporaryDirectory(dir=config.cache_dir) as folder:
                for made in (image.parent, catalogue.root):
                    place = Path(folder) / made.parent.name
                    place.mkdir()
                    # Hard links: mkfs reads the content from where it is.
                    subprocess.run(["cp", "-al", made, place], check=True)
                scratch = target.with_suffix(".new")
                _mkfs(Path(folder), scratch, spare_mb=8192)
                scratch.rename(target)
    return target


def run(
    config: RuntimeConfig, script: str, scratch: Path, untouched: bool = False
) -> tuple[int, str]:
    """Boot, run a script in the checkout's copy, and return its exit code and the console."""
    made = system(config, untouched)
    code = scratch / "code"
    code.mkdir()
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard",
         "-z"],
        cwd=PROJECT_ROOT, capture_output=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.decode().split("\0"):
        source = PROJECT_ROOT / name
        if name and source.is_file():
            (code / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, code / name)
    (code / "run-in-vm").write_text(script)
    _mkfs(code, scratch / "code.img", spare_mb=4096)
    console = scratch / "console"
    disks = [made / "system.img", scratch / "code.img"]
    network = ["-nic", "none"]
    if untouched:
        network = ["-nic", "user,model=virtio-net-pci"]
    else:
        disks.append(built_things(config))
    command = [
        # Whoever ends this process ends the machine.
        "setpriv", "--pdeathsig", "KILL",
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
        "-m", "3072", "-display", "none", "-no-reboot", *network,
        "-serial", f"file:{console}",
        "-kernel", str(made / "vmlinuz"), "-initrd", str(made / "initrd.img"),
        "-append", "root=/dev/vda rw console=ttyS0 quiet systemd.mask=serial-getty@ttyS0.service",
    ]  # fmt: skip
    for disk in disks:
        command += ["-drive", f"file={disk},if=virtio,format=raw,snapshot=on"]
    subprocess.run(command, check=True, timeout=_LIMIT, env={**os.environ, "TMPDIR": str(scratch)})
    said = console.read_text(errors="replace")
    ended = re.search(r"vm-exit-code:(\d+)", said)
    return int(ended[1]) if ended else -1, said
