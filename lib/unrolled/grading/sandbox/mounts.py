"""What a sandbox sees of this machine, whoever builds its walls: a few folders, read-only.

The system, the Python environment, the worker's own ``unrolled``. No course, no home folder, no
installed package that holds an answer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from unrolled.checks.capabilities import PACKAGES
from unrolled.grading.sandbox.gpus import Gpu

PACKAGE = Path("/worker")  # where the worker's own `unrolled` lies in the sandbox
ENVIRONMENT = Path("/environment")  # and the virtual environment, wherever it is outside
HOME = Path("/home/learner")
SITES = ("site-packages", "dist-packages")
TMPFS_BYTES = {"/tmp": 64 * 2**20, str(HOME): 64 * 2**20, "/dev/shm": 64 * 2**20}
TMPFS_FILES = 16_384  # in each: an empty file is in no one's size, and costs the kernel 1 KiB
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
# Of /proc, what programs ask; the rest tells of this machine, its disks and how it was started.
PROC = {"cpuinfo", "filesystems", "loadavg", "locks", "meminfo", "mounts", "net", "self", "stat",
        "sys", "sysvipc", "thread-self", "uptime", "version", "vmstat"}  # fmt: skip
PROC_OF_GPU = {"driver", "devices", "modules"}
# Installed packages that hold what an exercise asks for; a question must not find them. The course
# itself is one, where it is not installed in place.
HIDDEN_PACKAGES = (*sorted(PACKAGES), "unrolled")
# What holds torch, oneDNN and MKL to an instruction set: an answer computes as its grader does.
PROCESSOR = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR")


def system_folders() -> tuple[list[Path], dict[Path, str]]:
    """The system's folders that exist here, and those that are links, with where they lead."""
    found = [path for path in map(Path, SYSTEM) if path.exists()]
    links = {path: os.readlink(path) for path in found if path.is_symlink()}
    return [path for path in found if path not in links], links


def needed_folders(package: Path) -> dict[Path, Path]:
    """The folders beside the system's: where each is, and where the sandbox has it.

    Args:
        package: folder of the worker's own ``unrolled``.
    """
    needed = [path for path in (Path(sys.prefix), Path(sys.base_prefix)) if not in_system(path)]
    return {package: PACKAGE} | {path: inside(path) for path in needed}


def inside(path: Path) -> Path:
    """Where the sandbox has a path of the interpreter.

    A virtual environment works anywhere, and its own place may be below /tmp, which is private.
    """
    prefix = Path(sys.prefix)
    if sys.prefix == sys.base_prefix or not path.is_relative_to(prefix) or in_system(prefix):
        return path
    return ENVIRONMENT / path.relative_to(prefix)


def interpreter() -> str:
    """The interpreter, as the sandbox names it."""
    return str(inside(Path(sys.executable)))


def hidden_folders() -> list[Path]:
    """Folders that the sandbox has, and must find empty."""
    return [inside(path) for path in _answers() if path.is_dir()]


def hidden_files() -> list[Path]:
    """Files that the sandbox has, and must find empty."""
    return [inside(path) for path in _answers() if path.is_file()]


def _answers() -> list[Path]:
    """What is installed of :data:`HIDDEN_PACKAGES`, wherever an interpreter may find it."""
    found = {file for site in _sites() for name in HIDDEN_PACKAGES for file in _modules(site, name)}
    return sorted(found)


def _modules(site: Path, name: str) -> list[Path]:
    """A package, or a module of one file, written in Python or not."""
    return [site / name, *site.glob(f"{name}.py"), *site.glob(f"{name}.*.so")]


def _sites() -> list[Path]:
    """Folders of installed packages: this environment's, and those of interpreters below it."""
    tops = {Path(top) for top in (sys.prefix, sys.base_prefix, "/usr", "/usr/local")}
    sites = {path for path in map(Path, sys.path) if path.name in SITES}
    sites |= {site for top in tops for n in SITES for site in top.glob(f"lib*/python3*/{n}")}
    once = {site.resolve(): site for site in sorted(sites, reverse=True)}  # lib64 may be lib
    return list(once.values())


def hidden_proc(gpu: Gpu | None = None) -> list[Path]:
    """Files and folders of /proc, none of a process, that the sandbox is not to see."""
    seen = PROC | (PROC_OF_GPU if gpu else set())
    names = (name for name in os.listdir("/proc") if not name.isdecimal() and name not in seen)
    return [Path("/proc", name) for name in sorted(names)]


def in_system(path: Path) -> bool:
    """Whether a path lies in a folder that every sandbox sees."""
    return is_under(path, SYSTEM)


def is_under(path: Path, tops: Iterable[str]) -> bool:
    """Whether a path is one of some folders or lies below one."""
    return any(path.is_relative_to(top) for top in tops)


def environment(package: Path, home: Path, tmp: Path, gpu: Gpu | None = None) -> dict[str, str]:
    """Return a worker's whole environment: of the grader's own what its processor may do, alone."""
    processor = {name: os.environ[name] for name in PROCESSOR if name in os.environ}
    return (
        processor
        | {
            "CUDA_VISIBLE_DEVICES": "",
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
            # Compiling takes longer than a question may, and computes what the plain answer does.
            "TORCHDYNAMO_DISABLE": "1",
            "PIP_NO_INDEX": "1",  # a cell that installs something fails at once, not after retries
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }
        | (gpu.environment if gpu else {})
    )


def inside_environment(gpu: Gpu | None = None) -> dict[str, str]:
    """A worker's whole environment, with the paths that the sandbox has."""
    own = environment(PACKAGE, HOME, Path("/tmp"), gpu)
    own["PATH"] = f"{inside(Path(sys.executable).parent)}:/usr/local/bin:/usr/bin:/bin"
    return own
