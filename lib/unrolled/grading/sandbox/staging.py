"""Mounts made before bubblewrap's own, in a namespace that nobody else is in.

bubblewrap binds folders, and the table of mounts tells everybody inside where each lies outside. An
overlay of one folder tells nothing. Its temporary folders hold as many files as half of the
machine's memory has pages; of these the number is given. And a folder closed to nobody, such as
/root, is shown to whoever is nobody inside.
"""

from __future__ import annotations

import functools
import os
import shutil
import stat
import subprocess
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from unrolled.grading.sandbox import mounts

NOBODY = 65534
PLACES = ("/mnt", "/media", "/srv", "/opt", "/home")
NAMESPACE = ["unshare", "--mount", "--propagation", "private"]
# An ordinary user may mount in a user namespace of its own, if the system lets it make one.
AS_USER = ["--user", "--map-root-user"]
# Where the kernel has no overlay for such a folder, it is bound, and its path can be read.
SHOW = (
    'mkdir {at}; ln -s "${{{number}}}" {at}.to\n'
    "mount -t overlay -o ro,lowerdir={at}.to:{place}/none folder {at} 2>/dev/null"
    ' || mount --bind "${{{number}}}" {at}'
)
PRIVATE = (
    "mkdir {at}; mount -t tmpfs -o "
    "nosuid,nodev,mode=755,uid={owner},gid={owner},size={size},nr_inodes={files} private {at}"
)


class SandboxMissing(Exception):
    """This machine cannot isolate untrusted code; the message says how it could."""


@dataclass(frozen=True)
class Staged:
    """What bubblewrap is to be started with.

    Attributes:
        prefix: words before its own.
        seen_at: where it then finds each folder that is needed.
        private: and each temporary folder; none if it has to make them itself.
    """

    prefix: list[str]
    seen_at: dict[Path, Path]
    private: dict[str, Path] = field(default_factory=dict)


def stage(needed: Collection[Path]) -> Staged:
    """Mount what a sandbox needs, if that can be done here.

    Raises:
        SandboxMissing: if it must be done, for folders closed to nobody, and there is no place.
    """
    closed = os.geteuid() == 0 and not all(map(_open_to_all, needed))
    place = free_place(needed)
    if place is None and closed:
        raise SandboxMissing(
            f"root's own folders must be shown to the sandbox, and none of {', '.join(PLACES)} is "
            "there and free of the course. Make an empty /mnt, or grade as an ordinary user."
        )
    if place is None or not (closed or can_stage()):
        return Staged(dropped_privileges(), {path: path for path in needed})
    return _staged(place, needed)


def free_place(needed: Collection[Path]) -> Path | None:
    """A folder of the system to mount over, unseen by any other process: nothing to clean up."""
    places = (place for place in map(Path, PLACES) if place.is_dir())
    return next((p for p in places if not any(n.resolve().is_relative_to(p) for n in needed)), None)


@functools.cache
def can_stage() -> bool:
    """Whether this user may mount here, with bubblewrap coming after it."""
    place = free_place([])
    if place is None or shutil.which("unshare") is None:
        return False
    plain = ["bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--", "true"]
    trial = [*_staged(place, [Path("/usr")]).prefix, *plain]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def _staged(place: Path, needed: Collection[Path]) -> Staged:
    seen_at = {path: place / str(number) for number, path in enumerate(needed, start=1)}
    private = {path: place / f"private-{n}" for n, path in enumerate(mounts.TMPFS_BYTES)}
    script = [f"mount -t tmpfs -o mode=755 stage {place}; mkdir {place}/none"]
    for number, at in enumerate(seen_at.values(), start=1):
        script.append(SHOW.format(at=at, number=number, place=place))
    owner = NOBODY if os.geteuid() == 0 else 0
    for path, at in private.items():
        size = mounts.TMPFS_BYTES[path]
        script.append(PRIVATE.format(at=at, size=size, files=mounts.TMPFS_FILES, owner=owner))
    script += [f"shift {len(seen_at)}", 'exec "$@"']
    who = [] if os.geteuid() == 0 else AS_USER
    prefix = [*NAMESPACE, *who, "sh", "-ec", "\n".join(script), "sh", *map(str, needed)]
    return Staged([*prefix, *dropped_privileges()], seen_at, private)


def dropped_privileges() -> list[str]:
    """As root no process limit binds, so a worker is started as nobody."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def _open_to_all(path: Path) -> bool:
    """Whether any user may enter a folder and all those above it."""
    resolved = path.resolve()
    wanted = stat.S_IROTH | stat.S_IXOTH
    above_open = all(parent.stat().st_mode & stat.S_IXOTH for parent in resolved.parents)
    return above_open and resolved.stat().st_mode & wanted == wanted
