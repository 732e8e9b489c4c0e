"""A filter of system calls for the sandbox: doors of the kernel that no learner's code needs.

The walls do not rest on it. It keeps bugs in the kernel's rarer parts out of reach, and memory that
no process shows (``memfd_create``, System V segments) from going uncounted.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import tempfile

FORBIDDEN = (
    "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "delete_module", "fanotify_init",
    "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter",
    "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load",
    "kexec_load", "keyctl", "lookup_dcookie", "memfd_create", "memfd_secret", "mount",
    "mount_setattr", "move_mount", "msgget", "name_to_handle_at", "nfsservctl", "open_by_handle_at",
    "open_tree", "perf_event_open", "personality", "pidfd_getfd", "pivot_root", "process_madvise",
    "process_vm_readv", "process_vm_writev", "ptrace", "quotactl", "quotactl_fd", "reboot",
    "request_key", "semget", "setdomainname", "sethostname", "setns", "settimeofday", "shmget",
    "swapoff", "swapon", "syslog", "umount2", "unshare", "userfaultfd", "vhangup", "vmsplice",
)  # fmt: skip


@functools.cache
def filter_problem() -> str | None:
    """Say why there is no filter of system calls here, or None if there is one."""
    try:
        os.close(filter_descriptor())
    except (ImportError, OSError, RuntimeError) as error:
        return (
            f"none ({error}). The sandbox works without it. To get it: `sudo apt install "
            "libseccomp2`, and `pip install pyseccomp`, which the extra `grade` contains."
        )
    return None


def filter_descriptor() -> int:
    """Return a descriptor, to be closed, of the filter as the kernel reads it.

    A forbidden call fails like one that this kernel does not have, so that programs do without.
    """
    import pyseccomp  # looks for the system's library

    rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
    for name in FORBIDDEN:
        with contextlib.suppress(OSError):  # a call that this library or machine does not have
            rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), name)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        return os.dup(file.fileno())
