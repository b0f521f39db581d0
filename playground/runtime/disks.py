"""A sandbox's own disk: an ext4 image, and the root file system laid over the host image.

The image is a sparse copy of a template that already holds the skeleton of ``/var/lib/docker``,
so a new disk costs a few megabytes and no time. All mounts are made in a mount namespace that only
the sandbox outlives: nothing of them is ever seen in, or left behind in, the machine's own.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from playground.runtime import syscalls
from playground.runtime.errors import MachineUnfit, SandboxError

# include/uapi/linux/loop.h
_LOOP_CONFIGURE = 0x4C0A
_LOOP_CTL_GET_FREE = 0x4C82
_LO_FLAGS_AUTOCLEAR = 4
_LO_FLAGS_DIRECT_IO = 16

#: Where a sandbox is put together, in a mount namespace of its own.
STAGE = Path("/run/docker-playground")

#: The name of a sandbox's disk in its directory.
IMAGE = "disk.img"

#: Top-level directories of a disk.
UPPER, WORK, DOCKER, CONTAINERD = "host", "host.work", "docker", "containerd"

#: One inode for 8 KiB of disk: images are many small files.
BYTES_PER_INODE = 8192


class _LoopInfo64(ctypes.Structure):
    _fields_ = [
        ("lo_device", ctypes.c_uint64),
        ("lo_inode", ctypes.c_uint64),
        ("lo_rdevice", ctypes.c_uint64),
        ("lo_offset", ctypes.c_uint64),
        ("lo_sizelimit", ctypes.c_uint64),
        ("lo_number", ctypes.c_uint32),
        ("lo_encrypt_type", ctypes.c_uint32),
        ("lo_encrypt_key_size", ctypes.c_uint32),
        ("lo_flags", ctypes.c_uint32),
        ("lo_file_name", ctypes.c_char * 64),
        ("lo_crypt_name", ctypes.c_char * 64),
        ("lo_encrypt_key", ctypes.c_char * 32),
        ("lo_init", ctypes.c_uint64 * 2),
    ]


class _LoopConfig(ctypes.Structure):
    _fields_ = [
        ("fd", ctypes.c_uint32),
        ("block_size", ctypes.c_uint32),
        ("info", _LoopInfo64),
        ("reserved", ctypes.c_uint64 * 8),
    ]


def make_template(template: Path, size_mb: int, skeleton: Path | None) -> None:
    """Write the ext4 image that every new disk is a copy of.

    ``skeleton`` becomes the disk's ``docker`` directory. Written beside the target and renamed, so
    that a half-made template is never used. Raises ``SandboxError``.
    """
    template.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=template.parent) as scratch:
        content = Path(scratch) / "content"
        for name in (UPPER, WORK, DOCKER, CONTAINERD):
            (content / name).mkdir(parents=True, mode=0o755)
        (content / DOCKER).chmod(0o710)
        if skeleton:
            # cp keeps links, times and owners, and Python's copytree would follow some of them.
            subprocess.run(
                ["cp", "--archive", "--no-target-directory", skeleton, content / DOCKER], check=True
            )
        image = Path(scratch) / "disk.img"
        with image.open("wb") as file:
            file.truncate(size_mb << 20)
        made = subprocess.run(
            [
                "mkfs.ext4", "-q", "-F", "-m", "0", "-i", str(BYTES_PER_INODE),
                "-J", "size=16", "-E", "lazy_itable_init=1,nodiscard,root_owner=0:0",
                "-d", str(content), str(image),
            ],
            capture_output=True,
            text=True,
        )  # fmt: skip
        if made.returncode != 0:
            raise SandboxError(
                f"mkfs.ext4 could not make a disk of {size_mb} MB: {made.stderr.strip()[:300]}",
                "PLAYGROUND_SANDBOX_DISK_MB must leave room for the images' metadata",
            )
        image.rename(template)


def copy_template(template: Path, image: Path) -> None:
    """Copy the template without its holes; a reflink where the file system has them."""
    subprocess.run(
        ["cp", "--sparse=always", "--reflink=auto", str(template), str(image)], check=True
    )


def check(image: Path, seconds: float = 10.0) -> None:
    """Mend a disk whose sandbox died, once nothing has it any more; raises ``SandboxError``.

    Two loop devices over one image would write over each other, and the kernel lets go of the
    first only some time after the last process of the sandbox.
    """
    deadline = time.monotonic() + seconds
    while _has_loop(image):
        if time.monotonic() > deadline:
            raise SandboxError(f"The disk {image} is still in use")
        time.sleep(0.01)
    # "f" looks even at what calls itself clean, "p" mends what is safe, "y" the rest; below 4 the
    # disk is whole again (e2fsck(8)).
    for how in ("-fp", "-fy"):
        done = subprocess.run(["e2fsck", how, str(image)], capture_output=True, text=True)
        if done.returncode < 4:
            return
    raise SandboxError(f"The disk could not be mended: {done.stdout.strip()[-300:]}")


def _has_loop(image: Path) -> bool:
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with suppress(OSError):  # it has just gone
            if backing.read_text().strip() == str(image):
                return True
    return False


def mount_image(image: Path, target: Path) -> None:
    """Mount an ext4 image by a loop device that goes away with the last mount of it.

    Raises ``MachineUnfit`` where there are no loop devices and ``OSError`` for the rest.
    """
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        control = os.open("/dev/loop-control", flags)
    except OSError as error:
        raise MachineUnfit(
            f"No loop devices: {error.strerror}", "Load the kernel module `loop`"
        ) from error
    backing = os.open(image, flags)
    device = -1
    try:
        # Between "which is free" and "take it" another process may have taken it.
        for _ in range(64):
            number = fcntl.ioctl(control, _LOOP_CTL_GET_FREE)
            device = _open_loop(number)
            config = _LoopConfig(fd=backing)
            config.info.lo_flags = _LO_FLAGS_AUTOCLEAR | _LO_FLAGS_DIRECT_IO
            config.info.lo_file_name = os.fsencode(image)[-63:]
            try:
                fcntl.ioctl(device, _LOOP_CONFIGURE, config)
                break
            except OSError:
                os.close(device)
                device = -1
        if device < 0:
            raise SandboxError("No free loop device", "Remove sandboxes that are not needed")
        syscalls.mount(
            f"/dev/loop{number}",
            str(target),
            "ext4",
            syscalls.MS_NOATIME | syscalls.MS_NODEV,
            # The inode tables of a sparse file are zero without being written; a student's disk
            # that fails must not take the machine down.
            "noinit_itable,errors=remount-ro",
        )
    finally:
        for descriptor in (control, backing, device):
            if descriptor >= 0:
                os.close(descriptor)


def _open_loop(number: int) -> int:
    path = f"/dev/loop{number}"
    with suppress(FileExistsError):
        # A /dev that is no devtmpfs does not get the node by itself; 7 is the loop driver's major.
        if not os.path.exists(path):
            os.mknod(path, 0o600 | 0o060000, os.makedev(7, number))
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def assemble(
    image: Path, host_image: Path, layers: Path | None, userns_fd: int, id_base: int
) -> None:
    """Mount a sandbox's file systems below :data:`STAGE`, in the calling thread's namespace.

    The disk image becomes ``disk``, the catalogue's layers ``layers``, and ``rootfs`` is the host
    image with the disk's upper directory over it; all idmapped, what is shared read-only. The
    stage is a tmpfs of that namespace: the sandbox's own root needs to pass through every
    directory on the way, which it may not do in a checkout below ``/root``, and does not get to
    see the machine's paths in its ``/proc/mounts``. Raises ``OSError`` and ``SandboxError``.
    """
    # The empty folder on the machine: runc's `exec` goes to where the root was, and fails if that
    # is nowhere.
    (STAGE / "rootfs").mkdir(parents=True, exist_ok=True)
    syscalls.mount(
        "docker-playground", str(STAGE), "tmpfs", syscalls.MS_NOSUID, "mode=0755,size=1m"
    )
    raw, disk, lower = STAGE / "disk.raw", STAGE / "disk", STAGE / "lower"
    for directory in (raw, disk, lower, STAGE / "layers", STAGE / "rootfs"):
        directory.mkdir()
    # The image goes below a throw-away mount point: only its idmapped view is kept.
    mount_image(image, raw)
    try:
        syscalls.mount_idmapped(str(raw), str(disk), userns_fd)
    finally:
        syscalls.umount(str(raw), syscalls.MNT_DETACH)
    syscalls.mount_idmapped(str(host_image), str(lower), userns_fd, read_only=True)
    if layers:
        syscalls.mount_idmapped(str(layers), str(STAGE / "layers"), userns_fd, read_only=True)
    # Overlayfs works as whoever mounted it, and the machine's root has no id on the idmapped disk:
    # without this it could not make its work directory and would come up read-only.
    with syscalls.file_ids(id_base):
        syscalls.mount(
            "overlay",
            str(STAGE / "rootfs"),
            "overlay",
            syscalls.MS_NODEV,
            f"lowerdir={lower},upperdir={disk / UPPER},workdir={disk / WORK}"
            ",index=off,metacopy=off",
        )


def open_mounted(pid: int) -> int:
    """Open the disk as the sandbox whose first process is ``pid`` has it; raises ``OSError``.

    Its links are not followed. Returns a descriptor (``O_PATH``), to be closed by the caller.
    """
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return syscalls.open_beneath(root, "var/lib/docker", os.O_PATH | os.O_DIRECTORY)
    finally:
        os.close(root)


def used_bytes(image: Path) -> int:
    """What a sparse image really takes of the machine's disk."""
    return image.stat().st_blocks * 512


def remove_tree(directory: Path) -> None:
    """Remove a sandbox's directory; nothing of a student's is mounted there by then."""
    shutil.rmtree(directory, ignore_errors=True)
