"""The seccomp profile of a sandbox: a list of what is allowed, by what it is for.

Docker's own default profile does not fit one level up: it refuses ``pivot_root`` and ``keyctl``,
which nesting needs, and opens ``bpf`` to whoever holds ``CAP_SYS_ADMIN``, which every sandbox does
in its own namespace. What is not listed answers ``ENOSYS``, so that the C library and Go fall back
to an older call, but for the calls in :data:`REFUSED`, which answer ``EPERM``: there a program
should hear that it may not, not that the kernel is old.

The profile holds for the native architecture only: crun then lets the kernel kill any process that
calls through another one's table (32-bit calls on x86-64).
"""

from __future__ import annotations

import errno
import platform
from typing import Any

_FILES = """
access chdir chmod chown chroot close close_range copy_file_range creat dup dup2 dup3 epoll_create
epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 faccessat faccessat2
fadvise64 fallocate fanotify_init fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchownat
fcntl fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate
futimesat getcwd getdents getdents64 getxattr inotify_add_watch inotify_init inotify_init1
inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit ioctl lchown
lgetxattr link linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod
mknodat name_to_handle_at newfstatat open openat openat2 pipe pipe2 poll ppoll pread64 preadv
preadv2 pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv removexattr
rename renameat renameat2 rmdir select sendfile setxattr signalfd signalfd4 splice stat statfs
statx symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink unlinkat utime
utimensat utimes vmsplice write writev
"""
_MEMORY = """
brk get_mempolicy madvise mbind membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall
mmap mprotect mremap msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect
process_madvise process_mrelease remap_file_pages set_mempolicy set_mempolicy_home_node
"""
_PROCESSES = """
arch_prctl capget capset clone clone3 execve execveat exit exit_group fork futex futex_requeue
futex_wait futex_waitv futex_wake get_robust_list getcpu getegid geteuid getgid getgroups getpgid
getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid
ioprio_get ioprio_set kcmp kill landlock_add_rule landlock_create_ruleset landlock_restrict_self
pause personality pidfd_getfd pidfd_open pidfd_send_signal prctl prlimit64 process_vm_readv
process_vm_writev ptrace restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask
rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max
sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
seccomp set_robust_list set_tid_address setfsgid setfsuid setgid setgroups setpgid setpriority
setregid setresgid setresuid setreuid setrlimit setsid setuid sigaltstack tgkill tkill uname vfork
wait4 waitid
"""
_TIME = """
alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time
timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
timerfd_gettime timerfd_settime times
"""
_TALKING = """
accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify
mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd recvfrom recvmmsg
recvmsg semctl semget semop semtimedop sendmmsg sendmsg sendto setsockopt shmat shmctl shmdt shmget
shutdown socketpair
"""
_MACHINE = """
getrandom sethostname setdomainname sysinfo
"""
#: What Docker inside a sandbox needs beyond what a program needs.
_NESTING = """
fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root setns umount2
unshare
"""

ALLOWED: tuple[str, ...] = tuple(
    sorted(" ".join([_FILES, _MEMORY, _PROCESSES, _TIME, _TALKING, _MACHINE, _NESTING]).split())
)

#: Refused by name: no lesson has a use for them, and each was a way into some kernel.
REFUSED: tuple[str, ...] = tuple(
    """
    acct add_key adjtimex bpf clock_adjtime clock_settime delete_module finit_module init_module
    ioperm iopl kexec_file_load kexec_load lookup_dcookie open_by_handle_at perf_event_open
    quotactl quotactl_fd reboot request_key settimeofday swapoff swapon syslog userfaultfd vhangup
    """.split()
)

#: Socket families by number (bits/socket.h): UNIX, INET, INET6, NETLINK, PACKET. All others,
#: AF_ALG (38) and AF_VSOCK (40) among them, are refused.
SOCKET_FAMILIES: tuple[int, ...] = (1, 2, 10, 16, 17)

_AF_NETLINK = 16
#: linux/netlink.h: the protocol that nftables and iptables-nft speak.
_NETLINK_NETFILTER = 12

#: keyctl operations (linux/keyctl.h): get a keyring's id, join a session keyring, describe, set
#: permissions: what an OCI runtime does when it gives a container a keyring of its own.
KEYCTL_OPERATIONS: tuple[int, ...] = (0, 1, 5, 6)

_ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


def _only_first_argument(name: str, values: tuple[int, ...]) -> list[dict[str, Any]]:
    return [
        {
            "names": [name],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}],
        }
        for value in values
    ]


def _netlink_without_packet_filter() -> dict[str, Any]:
    return {
        "names": ["socket"],
        "action": "SCMP_ACT_ALLOW",
        "args": [
            {"index": 0, "value": _AF_NETLINK, "op": "SCMP_CMP_EQ"},
            {"index": 2, "value": _NETLINK_NETFILTER, "op": "SCMP_CMP_NE"},
        ],
    }


def profile(policy: str = "classroom", machine: str = "") -> dict[str, Any]:
    """Return the OCI ``linux.seccomp`` object of a policy for ``machine`` (default: this one)."""
    architecture = _ARCHITECTURES.get(machine or platform.machine())
    families = _only_first_argument("socket", SOCKET_FAMILIES)
    if policy == "hardened":
        others = tuple(family for family in SOCKET_FAMILIES if family != _AF_NETLINK)
        families = [*_only_first_argument("socket", others), _netlink_without_packet_filter()]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.ENOSYS,
        "architectures": [architecture] if architecture else [],
        "syscalls": [
            {"names": list(ALLOWED), "action": "SCMP_ACT_ALLOW"},
            {"names": list(REFUSED), "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EPERM},
            *families,
            *_only_first_argument("keyctl", KEYCTL_OPERATIONS),
        ],
    }
