from __future__ import annotations

import ctypes
import errno
import json

import pytest

from playground.runtime import seccomp
from tests.support import Host

#: Calls on neither list, which answer as if the kernel were too old to have them.
_UNLISTED = (
    "io_uring_setup io_uring_enter io_uring_register uselib ustat sysfs modify_ldt migrate_pages "
    "move_pages"
).split()

_PROBE = """
import ctypes, json, sys
lib = ctypes.CDLL(None, use_errno=True)
found = {}
for name, number in json.loads(sys.stdin.read()).items():
    ctypes.set_errno(0)
    result = lib.syscall(number, 0, 0, 0, 0, 0, 0)
    found[name] = [result, ctypes.get_errno()]
for family in range(46):
    ctypes.set_errno(0)
    lib.socket(family, 2, 0)
    found[f"socket {family}"] = [0, ctypes.get_errno()]
for operation in range(32):
    ctypes.set_errno(0)
    lib.syscall(KEYCTL, operation, -1, -1, -1, -1)
    found[f"keyctl {operation}"] = [0, ctypes.get_errno()]
print(json.dumps(found))
"""


def _number(name: str) -> int:
    """A system call's number here; negative if this architecture has none. crun brings the library."""
    library = ctypes.CDLL("libseccomp.so.2")
    number: int = library.seccomp_syscall_resolve_name(name.encode())
    return number


def test_lists_do_not_contradict_each_other() -> None:
    assert set(seccomp.ALLOWED).isdisjoint(seccomp.REFUSED)
    assert len(set(seccomp.ALLOWED)) == len(seccomp.ALLOWED)
    assert set(_UNLISTED).isdisjoint({*seccomp.ALLOWED, *seccomp.REFUSED})


def test_no_name_is_misspelt() -> None:
    unknown = -1  # __NR_SCMP_ERROR
    newer_than_the_library = {"futex_requeue", "futex_wait", "futex_wake", "fchmodat2"}
    for name in {*seccomp.ALLOWED, *seccomp.REFUSED} - newer_than_the_library:
        assert _number(name) != unknown, name


def test_is_for_the_native_architecture_only() -> None:
    assert seccomp.profile(machine="x86_64")["architectures"] == ["SCMP_ARCH_X86_64"]
    assert seccomp.profile(machine="aarch64")["architectures"] == ["SCMP_ARCH_AARCH64"]


@pytest.mark.sandbox
def test_each_refused_call_is_refused(host: Host) -> None:
    """Really called, from the strongest container there is; the errno tells who refused."""
    numbers = {
        name: number for name in (*seccomp.REFUSED, *_UNLISTED) if (number := _number(name)) >= 0
    }
    assert len(numbers) > 30
    program = _PROBE.replace("KEYCTL", str(_number("keyctl")))
    host.sh(f"cat > /tmp/probe.py <<'END'\n{program}\nEND")
    host.sh(f"echo '{json.dumps(numbers)}' > /tmp/numbers")
    said = json.loads(
        host.sh(
            "docker run --rm -i --privileged --security-opt seccomp=unconfined -v /tmp:/tmp "
            "python python3 /tmp/probe.py < /tmp/numbers"
        )
    )
    for name in numbers:
        expected = errno.EPERM if name in seccomp.REFUSED else errno.ENOSYS
        assert said[name] == [-1, expected], name
    for family in range(46):
        allowed = family in seccomp.SOCKET_FAMILIES
        assert (said[f"socket {family}"][1] == errno.ENOSYS) != allowed, family
    for operation in range(32):
        allowed = operation in seccomp.KEYCTL_OPERATIONS
        assert (said[f"keyctl {operation}"][1] == errno.ENOSYS) != allowed, operation


@pytest.mark.sandbox
def test_calls_of_another_architecture_end_the_caller(host: Host) -> None:
    """The 32-bit table is another list of calls: int 0x80 must not get around the profile."""
    code = "bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3])"  # mov eax, __NR_getpid; int 0x80; ret
    program = (
        "import ctypes, mmap; m = mmap.mmap(-1, 4096, prot=7); m.write(" + code + "); "
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()"
    )
    if host.sh("uname -m") != "x86_64":
        pytest.skip("only x86-64 has a second table")
    tried = host.try_sh(
        "docker run --rm --privileged --security-opt seccomp=unconfined "
        f"python python3 -c '{program}'"
    )
    assert tried.returncode in (128 + 31, 128 + 11, 159, 139)
