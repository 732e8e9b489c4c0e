"""What this machine can do, and how to get the rest."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from unrolled.grading.sandbox.bwrap import bwrap_problem
from unrolled.grading.sandbox.cgroups import cgroup_means
from unrolled.grading.sandbox.container import container_problem, engine
from unrolled.grading.sandbox.gpus import GpuMissing, find_gpus
from unrolled.grading.sandbox.staging import can_stage
from unrolled.grading.sandbox.syscalls import filter_problem

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, MARGIN = 100, 16
GIBIBYTE = 2**30
FREE_WANTED = 5 * GIBIBYTE
BWRAP_WORKS = "works: `unrolled grade` isolates learners' code in it"
WATCHDOG = "a watchdog looks five times a second, and ends a question that uses too much"


def can_isolate() -> bool:
    """Whether learners' code can be graded safely on this machine."""
    return bwrap_problem() is None or container_problem() is None


def examine_machine() -> list[tuple[str, str]]:
    """Return pairs of a thing and what there is of it."""
    return [(thing, examine()) for thing, examine in _THINGS.items()]


def as_text(found: list[tuple[str, str]]) -> str:
    """One thing a line, aligned; long lines go on below themselves."""
    return "\n".join(_entry(thing, says) for thing, says in found)


def _entry(thing: str, says: str) -> str:
    wrapped: list[str] = []
    for line in says.splitlines():
        wrapped += textwrap.wrap(
            line, WIDTH - MARGIN, break_long_words=False, break_on_hyphens=False
        )
    return f"{thing:<{MARGIN}}" + f"\n{'':<{MARGIN}}".join(wrapped)


def _grading() -> str:
    if bwrap_problem() is None:
        return "safe: learners' code is isolated by bubblewrap"
    if container_problem() is None:
        return f"safe: learners' code is isolated in containers of {engine()}"
    return "not safe: learners' code cannot be isolated; see the tiers below"


def _python() -> str:
    return f"{sys.version.split()[0]} at {sys.executable}"


def _torch() -> str:
    return _version("torch")


def _cuda() -> str:
    try:
        found = find_gpus()
    except GpuMissing as error:
        return f"none; CPU is enough: {error}"
    shares = [f"{gpu.name}: {gpu.at_once} submissions at a time, {gpu.share_mib} MiB each"
              for gpu in found]  # fmt: skip
    return "; ".join(shares) + "; `unrolled grade --device cuda`"


def _cores() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} of {os.cpu_count()} can be used; as many submissions are graded at a time"


def _memory() -> str:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return "unknown: /proc/meminfo cannot be read"
    kibibytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    total, free = (kibibytes[name] * 1024 / GIBIBYTE for name in ("MemTotal", "MemAvailable"))
    return f"{total:.1f} GiB, {free:.1f} GiB of it free; a grading process wants about 1 GiB"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free
    enough = "" if free >= FREE_WANTED else f"; {FREE_WANTED // GIBIBYTE} GiB are wanted"
    return f"{free / GIBIBYTE:.1f} GiB free in this folder{enough}"


def _bwrap() -> str:
    return bwrap_problem() or BWRAP_WORKS


def _container() -> str:
    return container_problem() or f"works with {engine()}: `unrolled grade --tier container`"


def _none() -> str:
    return "`unrolled grade --unsafe`: no isolation, for code that you trust"


def _system_calls() -> str:
    return filter_problem() or "filtered: what no learner needs is refused in every sandbox"


def _mounts() -> str:
    if bwrap_problem() is not None:
        return "the container engine's: these show where the Python environment lies"
    if can_stage():
        return (
            "hidden: in bwrap's sandbox their table names no path of yours, and files are counted"
        )
    return (
        "bwrap's own: code can read where the Python environment lies, and a watchdog counts its "
        "files. To do better, it takes root, or a user who may mount in a user namespace."
    )


def _memory_cap() -> str:
    means = cgroup_means()
    if means is not None:
        return f"cgroup v2, by {means}; before it, {WATCHDOG}"
    return (
        f"{WATCHDOG}. No cgroup v2 can be had here: that takes a systemd session "
        "(`loginctl enable-linger`, then log in anew), or root and a writable /sys/fs/cgroup."
    )


def _nbgrader() -> str:
    return _version("nbgrader")


def _alembic() -> str:
    """What nbgrader calls by name when a gradebook is older than it is."""
    own = Path(sys.executable).parent
    found = shutil.which("alembic", path=f"{own}{os.pathsep}{os.environ.get('PATH', '')}")
    return found or "not found: nbgrader cannot update an old gradebook; `pip install alembic`"


def _browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or "none; only the tests of the book's pages need it: `sudo apt install chromium`"


def _data() -> str:
    folder = os.environ.get("UNROLLED_DATA")
    if not folder:
        return "UNROLLED_DATA is not set: real texts are downloaded when they are asked for"
    if not Path(folder).is_dir():
        return f"UNROLLED_DATA={folder!r} is not a folder, a local mirror of the data is wanted"
    return f"{folder} (files and folders in it: {len(os.listdir(folder))})"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return f"not installed: `pip install {package}`"


_THINGS: dict[str, Callable[[], str]] = {
    "grading": _grading,
    "python": _python,
    "torch": _torch,
    "cuda": _cuda,
    "cores": _cores,
    "memory": _memory,
    "disk": _disk,
    "tier bwrap": _bwrap,
    "tier container": _container,
    "tier none": _none,
    "system calls": _system_calls,
    "mounts": _mounts,
    "memory cap": _memory_cap,
    "nbgrader": _nbgrader,
    "alembic": _alembic,
    "chromium": _browser,
    "data": _data,
}
