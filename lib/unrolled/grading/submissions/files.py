"""What lies in a submission's folder: no link is followed, no archive unpacked to disk."""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from unrolled.grading.submissions.repair import Unreadable, plain

MAX_BYTES = 20 * 2**20
MAX_FILES = 2_000
MAX_DEPTH = 4
NOTEBOOK, CHECKPOINT, SCRIPT = "notebook", "checkpoint", "script"
PICTURE, OTHER = "picture", "other"
# Browsers put another ending behind the one they do not know.
NOTEBOOK_NAME = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
ENTRY = b"PK\x01\x02"  # stands before every entry of an archive's table of contents
PICTURE_NAME = re.compile(r"\.(png|jpe?g)$", re.IGNORECASE)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others do not unpack in small steps


@dataclass(frozen=True)
class File:
    """A file of a submission.

    Attributes:
        name: below the submission's folder, to be shown and never opened.
        read: returns its contents.
    """

    name: str
    read: Callable[[], bytes]

    @property
    def kind(self) -> str:
        """What it is by its name: a notebook, an editor's copy, a script or a picture."""
        folders, name = self.name.split("/")[:-1], self.name.split("/")[-1]
        if name.startswith("._") or "__MACOSX" in folders:
            return OTHER  # what macOS puts beside every file
        if NOTEBOOK_NAME.search(name):
            return CHECKPOINT if ".ipynb_checkpoints" in folders else NOTEBOOK
        if PICTURE_NAME.search(name):
            return PICTURE
        return SCRIPT if name.endswith(".py") else OTHER


def files(folder: Path) -> list[File]:
    """List the regular files below a folder, nearest first, and those in its zip archives."""
    return list(islice(_below(folder), MAX_FILES))


def _below(folder: Path) -> Iterator[File]:
    waiting = [(folder, "", 0)]
    for path, above, depth in waiting:  # grows while it is read
        for entry in entries(path):
            name = f"{above}{plain(entry.name)[:200]}"
            if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                waiting.append((path / entry.name, f"{name}/", depth + 1))
            elif entry.is_file(follow_symlinks=False):
                yield File(name, partial(contents_of, path / entry.name))
                if name.lower().endswith(".zip"):
                    yield from _zipped(path / entry.name, name)
        if len(waiting) > MAX_FILES:
            return


def entries(path: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing if it may not be read."""
    try:
        return sorted(islice(os.scandir(path), MAX_FILES), key=lambda entry: entry.name)
    except OSError:
        return []


def _zipped(path: Path, name: str) -> Iterator[File]:
    """The notebooks and scripts of an archive; a broken one stands for a notebook not found."""
    try:
        contents = contents_of(path)
        if contents.count(ENTRY) > MAX_FILES:
            raise Unreadable(f"The archive has more than {MAX_FILES} files.")
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            inside = archive.infolist()
    except (Unreadable, *BROKEN) as error:
        why = error.why if isinstance(error, Unreadable) else "The zip archive is damaged."
        yield File(f"{name}/?.ipynb", partial(_refuse, why))
        return
    for entry in inside:
        shown = plain(entry.filename)[:200]
        yield File(f"{name}/{shown}", partial(_unzipped, path, entry))


BROKEN = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError,
    ValueError, RuntimeError, NotImplementedError, OverflowError,
)  # fmt: skip


def _refuse(why: str) -> bytes:
    raise Unreadable(why)


def _unzipped(path: Path, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & 1:
        raise Unreadable("The zip archive is locked with a password.")
    if entry.compress_type not in METHODS:
        raise Unreadable("The zip archive is packed in a way that is not read here.")
    contents = contents_of(path)  # again: a folder of archives is not to be held in memory
    try:
        with zipfile.ZipFile(io.BytesIO(contents)) as archive, archive.open(entry) as file:
            return _capped(file.read(MAX_BYTES + 1))
    except BROKEN:
        raise Unreadable("The zip archive is damaged.") from None


def contents_of(path: Path) -> bytes:
    """Read a regular file, never through a link.

    Raises:
        Unreadable: if it is none, cannot be opened, or is too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unreadable(f"The file cannot be opened: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)  # Python opens no folder, and leaves this open
        raise Unreadable("The file is not a regular file.")
    with os.fdopen(descriptor, "rb") as file:
        return _capped(file.read(MAX_BYTES + 1))


def _capped(contents: bytes) -> bytes:
    if len(contents) > MAX_BYTES:
        raise Unreadable(f"The file is larger than {MAX_BYTES // 2**20} MB.")
    return contents
