from __future__ import annotations

import pytest

from playground.runtime import seccomp


def test_lists_do_not_contradict_each_other() -> None:
    assert set(seccomp.ALLOWED).isdisjoint(seccomp.REFUSED)
    assert len(set(seccomp.ALLOWED)) == len(seccomp.ALLOWED)
    # Calls that a lesson has no use for and that have opened kernels before.
    for name in ("bpf", "io_uring_setup", "perf_event_open", "userfaultfd", "kexec_load"):
        assert name not in seccomp.ALLOWED


def test_is_for_the_native_architecture_only() -> None:
    assert seccomp.profile("x86_64")["architectures"] == ["SCMP_ARCH_X86_64"]
    assert seccomp.profile("aarch64")["architectures"] == ["SCMP_ARCH_AARCH64"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("call", "errno"),
    [
        ("lib.syscall(298, 0, 0, 0, 0, 0)", 1),  # perf_event_open
        ("lib.syscall(321, 0, 0, 0)", 1),  # bpf
        ("lib.syscall(425, 1, 0)", 38),  # io_uring_setup
        ("lib.syscall(323, 0)", 1),  # userfaultfd
        ("lib.syscall(248, b'user', b'x', b'y', 1, -3)", 1),  # add_key
        ("lib.syscall(250, 11, 0)", 38),  # keyctl KEYCTL_READ
        ("lib.socket(40, 1, 0)", 38),  # AF_VSOCK
        ("lib.socket(38, 5, 0)", 38),  # AF_ALG
        ("lib.syscall(304, 0, 0, 0)", 1),  # open_by_handle_at
    ],
)
def test_refused_calls_are_refused(host: object, call: str, errno: int) -> None:
    from tests.support import Host

    assert isinstance(host, Host)
    # The numbers are x86-64's; the python image's own library makes the calls.
    program = (
        f"import ctypes; lib = ctypes.CDLL(None, use_errno=True); print({call}, ctypes.get_errno())"
    )
    said = host.sh(
        f'docker run --rm --privileged --security-opt seccomp=unconfined python python3 -c "{program}"'
    )
    assert said == f"-1 {errno}"
