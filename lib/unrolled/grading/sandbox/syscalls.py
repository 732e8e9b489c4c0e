"""A filter of system calls for the sandbox: doors of the kernel that no learner's code needs.

The walls do not rest on it. It keeps bugs in the kernel's rarer parts out of reach, memory that no
process shows (``memfd_create``, System V segments) from going uncounted, and sockets that know
nothing of a network namespace (``AF_VSOCK`` leads to the host of a virtual machine) from opening.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import socket
import tempfile
from collections.abc import Iterator

FORBIDDEN = (
    "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "clone3", "delete_module",
    "fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module",
    "inotify_init", "inotify_init1", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents",
    "io_setup", "io_submit", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm",
    "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "landlock_add_rule",
    "landlock_create_ruleset", "landlock_restrict_self", "listmount", "lookup_dcookie",
    "memfd_create", "memfd_secret", "modify_ldt", "mount", "mount_setattr", "move_mount", "msgget",
    "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "open_tree_attr",
    "perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise",
    "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot",
    "request_key", "semget", "setdomainname", "sethostname", "setns", "settimeofday", "shmget",
    "socketcall", "statmount", "swapoff", "swapon", "sysfs", "syslog", "umount2", "unshare",
    "uselib", "userfaultfd", "ustat", "vhangup", "vmsplice",
)  # fmt: skip
# Numbers of calls are the same on every machine from here on, and there is none beyond so far.
COMMON, BEYOND = 424, 512
# What a socket may be: of a family, and in it of a type and a protocol.
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)
INTERNET, INTERNET_TYPES = FAMILIES[1:3], (socket.SOCK_STREAM, socket.SOCK_DGRAM)
INTERNET_PROTOCOLS = (0, socket.IPPROTO_TCP, socket.IPPROTO_UDP)
NETLINK, NETLINK_ROUTE = FAMILIES[-1], 0
TYPE_BITS, INT_BITS = 0xF, 0xFFFFFFFF
# A namespace of any kind, made with a process: a user's own would hand out every capability.
NAMESPACES = tuple(1 << bit for bit in (17, 25, 26, 27, 28, 29, 30))
TTY_INPUT = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX put words into a terminal
UPPER_PROTOCOL = 31  # TCP_ULP: TLS, SMC and others, in the kernel
BUFFERS = (socket.SO_SNDBUF, socket.SO_RCVBUF)  # a wish, and nobody is told that it is not granted


@functools.cache
def filter_problem() -> str | None:
    """Say why there is no filter of system calls here, or None if there is one."""
    try:
        filter_program()
    except (ImportError, OSError, RuntimeError) as error:
        return (
            f"none ({error}). The sandbox works without it, and lets code open sockets that lead "
            "past the network, such as to the host of a virtual machine. To get it: `sudo apt "
            "install libseccomp2`, and `pip install pyseccomp`, which the extra `grade` contains."
        )
    return None


def filter_program() -> bytes:
    """Return the filter as the kernel reads it.

    A forbidden call fails like one that this kernel does not have, so that programs do without.
    """
    import pyseccomp  # looks for the system's library

    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    # Calls of another architecture's would pass by names: on x86-64 those of 32 bits, and of x32.
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    for call in (*FORBIDDEN, *_later_calls()):
        with contextlib.suppress(OSError):  # a call that this library or machine does not have
            rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), call)
    for error, call, *tests in _refused():
        conditions = [pyseccomp.Arg(number, getattr(pyseccomp, test), *values)
                      for number, test, *values in tests]  # fmt: skip
        rules.add_rule(pyseccomp.ERRNO(error), call, *conditions)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _later_calls() -> Iterator[int]:
    """Numbers that the system's library has no name for: newer than it, so nothing needs them."""
    import pyseccomp

    native = pyseccomp.system_arch()
    for number in range(COMMON, BEYOND):
        try:
            pyseccomp.resolve_syscall(native, number)
        except ValueError:
            yield number


_Test = tuple[int | str, ...]


def _is(argument: int, value: int, bits: int = INT_BITS) -> _Test:
    """The kernel reads an ``int``: what stands above must not make two values different."""
    return argument, "MASKED_EQ", bits, value


def _refused() -> Iterator[tuple[int, str, *tuple[_Test, ...]]]:
    """Calls that are refused by what they are given: the error, the name and the tests."""
    yield errno.EAFNOSUPPORT, "socketpair", (0, "NE", socket.AF_UNIX)
    yield errno.EAFNOSUPPORT, "socket", (0, "GT", max(FAMILIES))
    for family in {*range(max(FAMILIES))} - {*FAMILIES}:
        yield errno.EAFNOSUPPORT, "socket", _is(0, family)
    yield errno.EPROTONOSUPPORT, "socket", _is(0, NETLINK), (2, "NE", NETLINK_ROUTE)
    for family in INTERNET:
        for kind in {*range(TYPE_BITS + 1)} - {*INTERNET_TYPES}:
            yield errno.ESOCKTNOSUPPORT, "socket", _is(0, family), _is(1, kind, TYPE_BITS)
        yield errno.EPROTONOSUPPORT, "socket", _is(0, family), (2, "GT", max(INTERNET_PROTOCOLS))
        for protocol in {*range(max(INTERNET_PROTOCOLS))} - {*INTERNET_PROTOCOLS}:
            yield errno.EPROTONOSUPPORT, "socket", _is(0, family), _is(2, protocol)
    flags = 1 if os.uname().machine == "s390x" else 0  # where clone takes them
    for namespace in NAMESPACES:
        yield errno.EPERM, "clone", _is(flags, namespace, namespace)
    for request in TTY_INPUT:
        yield errno.EPERM, "ioctl", _is(1, request)
    yield errno.ENOPROTOOPT, "setsockopt", _is(1, socket.IPPROTO_TCP), _is(2, UPPER_PROTOCOL)
    for option in BUFFERS:
        yield 0, "setsockopt", _is(1, socket.SOL_SOCKET), _is(2, option)
