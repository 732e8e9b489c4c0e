"""Walls of bubblewrap: no network, a read-only system, private tmpfs folders, its own processes.

No capability is left, no user namespace can be made, and the system calls that no learner needs
are refused where libseccomp is there to write the filter.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from unrolled.grading.sandbox import mounts
from unrolled.grading.sandbox.gpus import Gpu

NOBODY = 65534
INSIDE_UID = 1000
STAGES = ("/mnt", "/media", "/srv", "/opt", "/home")


class SandboxMissing(Exception):
    """This machine cannot isolate untrusted code; the message says how it could."""


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
    trial = [*_dropped_privileges(), *_walls(), *_system_mounts(), "--", "/usr/bin/env", "true"]
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
    prefix, seen_at = _staged(list(needed))
    words = _system_mounts()
    if mounts.in_system(forbidden):
        words += ["--tmpfs", str(forbidden)]
    for path, place in needed.items():
        words += ["--ro-bind", str(seen_at[path]), str(place)]
    for place in map(str, mounts.hidden_folders()):
        words += ["--tmpfs", place, "--remount-ro", place]
    if seccomp is not None:
        words += ["--seccomp", str(seccomp)]
    return [
        *prefix, *_walls(), *words, *_devices(gpu), *_writable(), "--remount-ro", "/", "--chdir",
        str(mounts.HOME), *_environment(gpu), "--", mounts.interpreter(), *arguments,
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
    return [*words, "--proc", "/proc", "--dev", "/dev"]


def _writable() -> list[str]:
    words = []
    for path, size in mounts.TMPFS_BYTES.items():
        words += [*(["--size", str(size)] if can("--size") else []), "--tmpfs", path]
    return [*words, "--remount-ro", "/dev"]


def _dropped_privileges() -> list[str]:
    """As root no process limit binds, so a worker is started as nobody."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def _staged(needed: list[Path]) -> tuple[list[str], dict[Path, Path]]:
    """Return how to drop root's rights, and where nobody then finds each needed folder.

    A home folder such as /root is closed to nobody. What lies in one is bound to a place that is
    open, in a mount namespace of the worker's own, while the process is still root.
    """
    drop = _dropped_privileges()
    closed = [path for path in needed if drop and not _open_to_all(path)]
    if not closed:
        return drop, {path: path for path in needed}
    stage = _stage(needed)
    at = {path: stage / str(number) for number, path in enumerate(closed)}
    script = [f"mount -t tmpfs -o mode=755 stage {stage}"]
    for number, path in enumerate(at.values(), start=1):
        script += [f"mkdir {path}", f'mount --bind "${number}" {path}']
    script += [f"shift {len(at)}", 'exec "$@"']
    prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(script)]
    return [*prefix, "sh", *map(str, at), *drop], {path: at.get(path, path) for path in needed}


def _stage(needed: list[Path]) -> Path:
    """A folder of the system to mount over, unseen by any other process: nothing to clean up.

    Raises:
        SandboxMissing: if every such folder is in use.
    """
    for stage in map(Path, STAGES):
        if stage.is_dir() and not any(path.resolve().is_relative_to(stage) for path in needed):
            return stage
    raise SandboxMissing(
        f"root's own folders must be shown to the sandbox, and none of {', '.join(STAGES)} is "
        "there and free of the course. Make an empty /mnt, or grade as an ordinary user."
    )


def _open_to_all(path: Path) -> bool:
    """Whether any user may enter a folder and all those above it."""
    resolved = path.resolve()
    wanted = stat.S_IROTH | stat.S_IXOTH
    above_open = all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)
    return above_open and resolved.stat().st_mode & wanted == wanted
