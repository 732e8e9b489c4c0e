"""Unpack a zip file that may be written to harm: only regular files, only inside one folder."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from unrolled.grading.submissions.files import MAX_BYTES, METHODS
from unrolled.grading.submissions.repair import plain

MOST_FILES = 20_000
MOST_TOTAL = 2 * 2**30
MOST_DEPTH = 8
MOST_NAME = 200  # bytes of one part of a path; file systems take 255
CHUNK = 2**16
EXTENDED_TIME = 0x5455
# What zipfile raises for a file that is damaged or none.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Left:
    """A file that was not taken, and why."""

    path: str
    why: str


@dataclass
class _Refused(Exception):
    why: str


@dataclass
class Unzipper:
    """Unpacks downloads. A zip file inside one stays as it is; the reader looks into it.

    Attributes:
        zone: of the times in the zip, which have none.
        left: what was not unpacked.
    """

    zone: tzinfo = UTC
    left: list[Left] = field(default_factory=list)
    _files: int = 0
    _bytes: int = 0

    def unpack(self, archive: Path, to: Path) -> None:
        """Write what is in a zip file below a folder; each file keeps its time.

        Args:
            archive: the zip file.
            to: a folder. Nothing is written anywhere else.

        Raises:
            ValueError: if ``archive`` is no zip file.
        """
        to.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(archive) as opened:
                for info in opened.infolist():
                    if not info.is_dir():
                        self._one(opened, info, to)
        except UNREADABLE as error:
            raise ValueError(f"{archive} cannot be read as a zip file: {error}") from error

    def _one(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, to: Path) -> None:
        part, shown = to.with_name(to.name + ".part"), plain(info.filename)
        try:
            target = to / _safe(info)
            self._write(opened, info, part)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_file():
                self.left.append(
                    Left(f"{shown} (the first)", "is there twice; the last one counts")
                )
            os.replace(part, target)
            seconds = _seconds(info, self.zone)
            os.utime(target, (seconds, seconds))
        except _Refused as error:
            self.left.append(Left(shown, error.why))
        except UNREADABLE as error:
            self.left.append(Left(shown, f"cannot be unpacked ({type(error).__name__})"))
        finally:
            part.unlink(missing_ok=True)

    def _write(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, part: Path) -> None:
        """Write a file, counting what really comes out: the sizes in a zip file may be lies."""
        self._files += 1
        if self._files > MOST_FILES:
            raise _Refused(f"the download has more than {MOST_FILES} files")
        size = 0
        with opened.open(info) as source, part.open("wb") as file:
            while chunk := source.read(CHUNK):
                size, self._bytes = size + len(chunk), self._bytes + len(chunk)
                if size > MAX_BYTES:
                    raise _Refused(f"larger than {MAX_BYTES // 2**20} MB")
                if self._bytes > MOST_TOTAL:
                    raise _Refused(f"the download is larger than {MOST_TOTAL // 2**20} MB")
                file.write(chunk)


def _safe(info: zipfile.ZipInfo) -> PurePosixPath:
    """The path of an entry, if it stays below the folder it is put in."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _Refused("a link or device, not a file")
    if info.flag_bits & 1:
        raise _Refused("encrypted")
    if info.compress_type not in METHODS:
        raise _Refused("a rare compression, whose memory cannot be limited")
    name = info.orig_filename.partition("\0")[0]
    parts = name.split("/")
    unusable = any(part in ("", ".", "..") or len(part.encode()) > MOST_NAME for part in parts)
    if unusable or "\\" in name or not name.isprintable() or len(parts) > MOST_DEPTH:
        raise _Refused("its name is no plain path below the folder")
    return PurePosixPath(name)


def _seconds(info: zipfile.ZipInfo, zone: tzinfo) -> float:
    """When a file was last changed, as seconds since 1970; 0 if that is not known."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        if kind == EXTENDED_TIME and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(max(0, struct.unpack_from("<i", extra, 5)[0]))
        extra = extra[4 + size :]
    try:
        when = datetime(*info.date_time, tzinfo=zone, fold=0)
    except ValueError:
        return 0.0
    return when.timestamp() if when.year > 1980 else 0.0  # zip files without times say 1980
