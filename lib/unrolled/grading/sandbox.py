"""The walls around a learner's code: how a worker process is started, and at which tier.

``bwrap`` gives it no network, a read-only system, private tmpfs folders, its own process table and
no capabilities. ``none`` gives it nothing but a clean environment, and is refused unless asked for.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
INSIDE_UID = 1000
PACKAGE = Path("/worker")  # where the worker's own `unrolled` lies in the sandbox
ENVIRONMENT = Path("/environment")  # and the virtual environment, wherever it is outside
HOME = Path("/home/learner")
TMPFS_BYTES = {"/tmp": 64 * 2**20, str(HOME): 64 * 2**20, "/dev/shm": 64 * 2**20}
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
# Installed packages that hold whole reference models; a question must not find them.
HIDDEN_PACKAGES = ("transformers", "x_transformers", "labml_nn", "annotated_transformer")


class SandboxMissing(Exception):
    """This machine cannot isolate untrusted code; the message says how it could."""


@dataclass(frozen=True)
class Tier:
    """How far a worker is isolated: a name, and one line that every run prints."""

    name: str
    says: str


BWRAP = Tier(
    "bwrap",
    "bwrap: no network, read-only system, private temporary folders, a cap on the number of "
    "processes and on the memory of each",
)
NONE = Tier("none", "none (--unsafe): learners' code runs with your own rights on this machine")


def choose_tier(unsafe: bool = False) -> Tier:
    """Return the strongest tier of this machine.

    Args:
        unsafe: accept no isolation where there is no other way.

    Raises:
        SandboxMissing: if there is none and ``unsafe`` was not asked for.
    """
    problem = bwrap_problem()
    if problem is None:
        return BWRAP
    if unsafe:
        return NONE
    raise SandboxMissing(
        f"{problem}\nLearners' code is not run without isolation. To grade code that you trust "
        "anyway, with your own rights on this machine, add --unsafe."
    )


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


def bwrap_command(package: Path, forbidden: Path, arguments: list[str]) -> list[str]:
    """Return the command that starts Python inside the sandbox.

    Args:
        package: folder of the worker's own ``unrolled``.
        forbidden: the course's folder; hidden even where it lies under a folder of the system.
        arguments: for the interpreter.
    """
    needed = [package, Path(sys.prefix), Path(sys.base_prefix)]
    needed = [path for path in dict.fromkeys(needed) if not _is_under(path, SYSTEM)]
    prefix, seen_at = _staged(needed)
    mounts = [*_system_mounts()]
    if _is_under(forbidden, SYSTEM):
        mounts += ["--tmpfs", str(forbidden)]
    for path in needed:
        inside = PACKAGE if path == package else _inside(path)
        mounts += ["--ro-bind", str(seen_at[path]), str(inside)]
    mounts += _hidden()
    return [
        *prefix, *_walls(), *mounts, *_writable(), "--remount-ro", "/", "--chdir", str(HOME),
        *_environment(), "--", str(_inside(Path(sys.executable))), *arguments,
    ]  # fmt: skip


def _inside(path: Path) -> Path:
    """Where the sandbox has a path of the interpreter.

    A virtual environment works anywhere, and its own place may be below /tmp, which is private.
    """
    prefix = Path(sys.prefix)
    if (
        sys.prefix == sys.base_prefix
        or not path.is_relative_to(prefix)
        or _is_under(prefix, SYSTEM)
    ):
        return path
    return ENVIRONMENT / path.relative_to(prefix)


def environment(package: Path, home: Path, tmp: Path) -> dict[str, str]:
    """Return a worker's whole environment: nothing of the grader's own."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "USER": "learner",
        "LOGNAME": "learner",
        "LANG": "C.UTF-8",
        "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home / ".matplotlib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONPATH": str(package),
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_NO_INDEX": "1",  # a cell that installs something fails at once, not after retries
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def _environment() -> list[str]:
    own = environment(PACKAGE, HOME, Path("/tmp"))
    own["PATH"] = f"{_inside(Path(sys.executable).parent)}:/usr/local/bin:/usr/bin:/bin"
    return [word for name, value in own.items() for word in ("--setenv", name, value)]


def _walls() -> list[str]:
    walls = [
        "bwrap", "--unshare-all", "--unshare-user", "--uid", str(INSIDE_UID), "--gid",
        str(INSIDE_UID), "--cap-drop", "ALL", "--die-with-parent", "--clearenv", "--new-session",
        "--hostname", "worker", "--as-pid-1",
    ]  # fmt: skip
    # Without it a child makes a user namespace of its own, and in it a tmpfs of any size.
    return walls + (["--disable-userns"] if "--disable-userns" in _bwrap_help() else [])


@functools.cache
def _bwrap_help() -> str:
    return subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False).stdout


def _system_mounts() -> list[str]:
    mounts = []
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            mounts += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            mounts += ["--ro-bind", str(path), str(path)]
    for file in SYSTEM_FILES:
        mounts += ["--ro-bind-try", file, file]
    return [*mounts, "--proc", "/proc", "--dev", "/dev"]


def _writable() -> list[str]:
    words = []
    for path, size in TMPFS_BYTES.items():
        cap = ["--size", str(size)] if "--size " in _bwrap_help() else []
        words += [*cap, "--tmpfs", path]
    return [*words, "--remount-ro", "/dev"]


def _hidden() -> list[str]:
    words = []
    for site in {path for path in map(Path, sys.path) if path.name == "site-packages"}:
        for name in HIDDEN_PACKAGES:
            if (site / name).is_dir():
                place = str(_inside(site) / name)
                words += ["--tmpfs", place, "--remount-ro", place]
    return words


def _is_under(path: Path, tops: Iterable[str]) -> bool:
    return any(path.is_relative_to(top) for top in tops)


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
    stage = _stage()
    at = {path: stage / str(number) for number, path in enumerate(closed)}
    script = [f"mount -t tmpfs -o mode=755 stage {stage}"]
    for number, path in enumerate(at.values(), start=1):
        script += [f"mkdir {path}", f'mount --bind "${number}" {path}']
    script += [f"shift {len(at)}", 'exec "$@"']
    prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(script)]
    return [*prefix, "sh", *map(str, at), *drop], {path: at.get(path, path) for path in needed}


@functools.cache
def _stage() -> Path:
    """A folder to mount over; empty for everybody else, gone when the grader ends."""
    stage = Path(tempfile.mkdtemp(prefix="unrolled-stage-"))
    atexit.register(stage.rmdir)
    return stage


def _open_to_all(path: Path) -> bool:
    """Whether any user may enter a folder and all those above it."""
    resolved = path.resolve()
    wanted = stat.S_IROTH | stat.S_IXOTH
    above_open = all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)
    return above_open and resolved.stat().st_mode & wanted == wanted
