"""Walls of podman or docker, for machines where bubblewrap may not build its own.

The image is empty and made here: the container sees the same folders of this machine, read-only,
as bubblewrap's sandbox does, so that nothing is pulled and nothing differs. It cannot inherit a
socket, so it connects to one in a folder of its own, which listens for that one connection.
"""

from __future__ import annotations

import functools
import io
import os
import secrets
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from unrolled.grading.sandbox import mounts
from unrolled.grading.sandbox.gpus import Gpu

ENGINES = ("podman", "docker")
IMAGE = "localhost/unrolled-empty:1"
CONTROL = Path("/control")  # the folder of the socket, inside
SOCKET, FILTER = "socket", "filter"  # of system calls
# Nobody's: a limit on processes counts all that a user has on this machine.
FIRST_UID, UIDS = 20_000, 20_000
PROCESSES = 128
TRIAL_SECONDS = 60


def engine() -> str | None:
    """The container engine of this machine, podman before docker."""
    return next(filter(shutil.which, ENGINES), None)


def container_problem() -> str | None:
    """Say why no container can be used here and what to do, or None if one can."""
    name = engine()
    if name is None:
        return (
            "Neither podman nor docker is installed. Install one with `sudo apt install podman` "
            "(Debian, Ubuntu) or `sudo dnf install podman` (Fedora)."
        )
    return _problem_of(name)


@functools.cache
def _problem_of(name: str) -> str | None:
    """Try a container of this engine once."""
    try:
        _make_image(name)
        trial = container_command(name, container_name(), {}, None, 256, ["/usr/bin/env", "true"])
        _run(trial)
    except subprocess.SubprocessError as error:
        said = getattr(error, "stderr", None) or b""
        why = said.decode("utf-8", "replace").strip()[-300:] or str(error)
        return (
            f"{name} is installed but cannot run a container: {why}\n"
            f"Find out with `{name} run --rm --network none {IMAGE} /usr/bin/true`; docker needs "
            "its service and you in the group `docker`, podman an entry for you in /etc/subuid."
        )
    return None


def container_name() -> str:
    """A name that no other grader on this machine gives."""
    return f"unrolled-{uuid.uuid4().hex}"


def worker_command(
    name: str,
    package: Path,
    forbidden: Path,
    control: Path,
    memory_mib: int,
    arguments: list[str],
    gpu: Gpu | None = None,
) -> list[str]:
    """Return the command that starts Python in a container.

    Args:
        name: of the container.
        package: folder of the worker's own ``unrolled``.
        forbidden: the course's folder; hidden even where it lies under a folder of the system.
        control: folder with the socket that the worker connects to.
        memory_mib: what all its processes may use together.
        arguments: for the interpreter.
        gpu: that it may use.
    """
    shown = {place: path for path, place in mounts.needed_folders(package).items()}
    hide = forbidden if mounts.in_system(forbidden) else None
    command = [mounts.interpreter(), *arguments]
    found = engine()
    assert found is not None
    return container_command(
        found, name, shown | {CONTROL: control}, hide, memory_mib, command, gpu
    )


def container_command(
    engine: str,
    name: str,
    shown: dict[Path, Path],
    hide: Path | None,
    memory_mib: int,
    command: Sequence[str],
    gpu: Gpu | None = None,
) -> list[str]:
    """Return the command that runs another in a container.

    Args:
        engine: podman or docker.
        name: of the container.
        shown: where it has which folder, beside the system's.
        hide: a folder of the system to be found empty.
        memory_mib: what all its processes may use together.
        command: what to run.
        gpu: that it may use.
    """
    uid = FIRST_UID + secrets.randbelow(UIDS)
    folders, _ = mounts.system_folders()
    files = [Path(file) for file in mounts.SYSTEM_FILES if Path(file).exists()]
    everything = {path: path for path in (*folders, *files)} | shown
    words = [word for place, path in everything.items() for word in _bind(path, place)]
    hidden = [*(mounts.hidden_folders() if shown else []), *([hide] if hide else [])]
    for path in mounts.hidden_files() if shown else []:
        words += _bind(Path(os.devnull), path)
    private = {path: size for path, size in mounts.TMPFS_BYTES.items() if path != "/dev/shm"}
    # podman would copy into a tmpfs what it hides, and knows nothing of how many files it may have
    empty = ",notmpcopyup" if engine == "podman" else ""
    most = "" if engine == "podman" else f",nr_inodes={mounts.TMPFS_FILES}"
    for path in hidden:
        words += ["--tmpfs", f"{path}:ro,size=4096{empty}"]
    for path, size in private.items():
        words += ["--tmpfs", f"{path}:rw,nosuid,nodev,size={size},mode=1777{most}{empty}"]
    own = [f"--env={name}={value}" for name, value in mounts.inside_environment(gpu).items()]
    # The driver's libraries are this machine's, as all else that is shown: nothing is installed.
    own += [f"--device={node}" for node in (gpu.nodes if gpu else ()) if Path(node).exists()]
    return [
        engine, "run", "--rm", "--name", name, "--pull", "never", "--network", "none",
        "--read-only", *(["--read-only-tmpfs=false"] if engine == "podman" else []),
        "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        "--security-opt", "label=disable",  # SELinux would hide this machine's folders
        "--user", f"{uid}:{uid}", "--pids-limit", str(PROCESSES),
        "--memory", f"{memory_mib}m", "--memory-swap", f"{memory_mib}m",
        "--ipc", "private", "--shm-size", str(mounts.TMPFS_BYTES["/dev/shm"]),
        "--hostname", "worker", "--workdir", str(mounts.HOME), "--log-driver", "none",
        *own, *words, IMAGE, *command,
    ]  # fmt: skip


def remove_container(name: str) -> None:
    """Kill a container if it is still there, and wait until it is gone."""
    found = engine()
    if found is not None:
        subprocess.run([found, "rm", "--force", name], capture_output=True, check=False)


def _bind(path: Path, place: Path) -> list[str]:
    return ["--mount", f"type=bind,source={path},target={place},readonly"]


def _make_image(engine: str) -> None:
    """Import an image of empty folders, and of the links that stand for folders on this machine."""
    have = subprocess.run([engine, "image", "inspect", IMAGE], capture_output=True, check=False)
    if have.returncode != 0:
        _run([engine, "import", "-", IMAGE], _empty_image())


def _run(command: Sequence[str], given: bytes = b"") -> None:
    subprocess.run(command, input=given, capture_output=True, check=True, timeout=TRIAL_SECONDS)


def _empty_image() -> bytes:
    """A tar archive: mount points, and links such as that from /bin to usr/bin."""
    folders, links = mounts.system_folders()
    places = [*folders, *map(Path, mounts.TMPFS_BYTES), *map(Path, ("/proc", "/sys", "/dev"))]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in (*places, *(Path("/etc"), mounts.PACKAGE, mounts.ENVIRONMENT, CONTROL)):
            entry = tarfile.TarInfo(str(path).lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path, to in links.items():
            entry = tarfile.TarInfo(path.name)
            entry.type, entry.linkname = tarfile.SYMTYPE, to
            archive.addfile(entry)
    return packed.getvalue()
