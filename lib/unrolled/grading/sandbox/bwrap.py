"""Walls of bubblewrap: no network, a read-only system, private tmpfs folders, its own processes.

No capability is left, no user namespace can be made, and the system calls that no learner needs
are refused where libseccomp is there to write the filter.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

from unrolled.grading.sandbox import mounts
from unrolled.grading.sandbox.gpus import Gpu
from unrolled.grading.sandbox.staging import Staged, dropped_privileges, stage

INSIDE_UID = 1000
SETTINGS = "/proc/sys"  # of the kernel
NOTHING = "/dev/null"  # bound, and no device there: nobody may open it


@functools.cache
def bwrap_problem() -> str | None:
    """Say why ``bwrap`` cannot be used here and what to do, or None if it can."""
    if not sys.platform.startswith("linux"):
        return "The sandbox needs Linux (bubblewrap); grade on a Linux machine or in a container."
    if shutil.which("bwrap") is None:
        return (
            "bubblewrap is not installed. Install it with `sudo apt install bubblewrap` (Debian, "
            "Ubuntu), `sudo dnf install bubblewrap` (Fedora) or `sudo pacman -S bubblewrap` (Arch)."
        )
    trial = [*dropped_privileges(), *_walls(), *_system_mounts(), "--", "/usr/bin/env", "true"]
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return (
        f"bubblewrap is installed but cannot make a sandbox: {done.stderr.strip()[:300]}\n"
        "Usually unprivileged user namespaces are forbidden: allow them with "
        "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu 24.04) or "
        "`sudo sysctl -w kernel.unprivileged_userns_clone=1` (older Debian); inside Docker, start "
        "the container with `--security-opt seccomp=unconfined`."
    )


def bwrap_command(
    package: Path,
    forbidden: Path,
    arguments: list[str],
    gpu: Gpu | None = None,
    seccomp: int | None = None,
) -> list[str]:
    """Return the command that starts Python inside the sandbox.

    Args:
        package: folder of the worker's own ``unrolled``.
        forbidden: the course's folder; hidden even where it lies under a folder of the system.
        arguments: for the interpreter.
        gpu: that it may use.
        seccomp: descriptor that holds a filter of system calls.
    """
    needed = mounts.needed_folders(package)
    staged = stage(needed)
    words = _system_mounts()
    if mounts.in_system(forbidden):
        words += ["--tmpfs", str(forbidden)]
    for path, place in needed.items():
        words += ["--ro-bind", str(staged.seen_at[path]), str(place)]
    for place in map(str, mounts.hidden_folders()):
        words += ["--tmpfs", place, "--remount-ro", place]
    for place in map(str, mounts.hidden_files()):
        words += ["--ro-bind", NOTHING, place]
    if seccomp is not None:
        words += ["--seccomp", str(seccomp)]
    for path in mounts.hidden_proc(gpu):
        empty = ["--tmpfs", str(path), "--remount-ro"] if path.is_dir() else ["--ro-bind", NOTHING]
        words += [*empty, str(path)]
    words += [*_devices(gpu), *_writable(staged), "--remount-ro", "/"]
    return [
        *staged.prefix, *_walls(), *words, "--chdir", str(mounts.HOME), *_environment(gpu),
        "--", mounts.interpreter(), *arguments,
    ]  # fmt: skip


def _devices(gpu: Gpu | None) -> list[str]:
    """A GPU's own nodes, and what CUDA reads of the machine to find it."""
    nodes = gpu.nodes if gpu else ()
    words = [word for node in nodes for word in ("--dev-bind-try", node, node)]
    return [*words, "--ro-bind", "/sys", "/sys"] if gpu else []


def _environment(gpu: Gpu | None) -> list[str]:
    own = mounts.inside_environment(gpu)
    return [word for name, value in own.items() for word in ("--setenv", name, value)]


def _walls() -> list[str]:
    walls = [
        "bwrap", "--unshare-all", "--unshare-user", "--uid", str(INSIDE_UID), "--gid",
        str(INSIDE_UID), "--cap-drop", "ALL", "--die-with-parent", "--clearenv", "--new-session",
        "--hostname", "worker", "--as-pid-1",
    ]  # fmt: skip
    # Without it a child makes a user namespace of its own, and in it a tmpfs of any size.
    return walls + (["--disable-userns"] if can("--disable-userns") else [])


def can(option: str) -> bool:
    """Whether this bubblewrap knows an option."""
    return f"{option} " in _bwrap_help()


@functools.cache
def _bwrap_help() -> str:
    return subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False).stdout


def _system_mounts() -> list[str]:
    folders, links = mounts.system_folders()
    words = [word for path in map(str, folders) for word in ("--ro-bind", path, path)]
    words += [word for path, to in links.items() for word in ("--symlink", to, str(path))]
    for file in mounts.SYSTEM_FILES:
        words += ["--ro-bind-try", file, file]
    # What is set there for a namespace holds until it ends, and so for every later question.
    return [*words, "--proc", "/proc", "--ro-bind", SETTINGS, SETTINGS, "--dev", "/dev"]


def _writable(staged: Staged) -> list[str]:
    words = []
    for path, size in mounts.TMPFS_BYTES.items():
        if path in staged.private:
            words += ["--bind", str(staged.private[path]), path]
        else:
            words += [*(["--size", str(size)] if can("--size") else []), "--tmpfs", path]
    return [*words, "--remount-ro", "/dev"]
