"""Zip files that were written to harm."""

import io
import stat
import struct
import zipfile
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from unrolled.grading.downloads import unzipping
from unrolled.grading.downloads.unzipping import Unzipper

NOON = (2026, 3, 2, 12, 0, 0)


def zipped(*entries):
    """A zip file of pairs ``(name or ZipInfo, contents)``."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, contents in entries:
            made.writestr(
                name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name, NOON), contents
            )
    return file.getvalue()


@pytest.fixture
def unpack(tmp_path):
    """Unpack in a folder of its own; return the files that are there, and what was left."""

    def run(contents, **options):
        archive = tmp_path / "download.zip"
        archive.write_bytes(contents)
        to = tmp_path / "around" / "to"
        to.mkdir(parents=True)
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        unzipper = Unzipper(**options)
        unzipper.unpack(archive, to)
        written = {path for path in tmp_path.rglob("*") if path.is_file()} - before
        assert all(path.is_relative_to(to) for path in written)
        assert not any(path.is_symlink() for path in tmp_path.rglob("*"))
        files = {str(path.relative_to(to)): path.read_bytes() for path in written}
        return files, {left.path: left.why for left in unzipper.left}

    return run


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_plain_files_come_out_and_of_two_of_one_name_the_last(unpack):
    files, left = unpack(zipped(("a/b.ipynb", "1"), ("c", "2"), ("c", "3")))
    assert files == {"a/b.ipynb": b"1", "c": b"3"}
    assert left == {"c (the first)": "is there twice; the last one counts"}


@pytest.mark.parametrize(
    "name",
    ["../out", "/etc/passwd", "a/../../out", "a//b", "./a", "..\\out", "C:\\out", "a/\x1b[31m",
     "x" * 201, "/".join("abcdefghi")],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_left(unpack, name):
    files, left = unpack(zipped((name, "gotcha"), ("good.ipynb", "1")))
    assert files == {"good.ipynb": b"1"}
    assert list(left.values()) == ["its name is no plain path below the folder"]


def linked(name, kind):
    info = zipfile.ZipInfo(name, NOON)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    return info


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_left(unpack, kind):
    files, left = unpack(zipped((linked("link", kind), "/etc"), ("link/passwd", "x")))
    assert files == {"link/passwd": b"x"}
    assert left == {"link": "a link or device, not a file"}


def test_a_file_where_a_folder_is_wanted_is_left(unpack):
    files, left = unpack(zipped(("a", "1"), ("a/b", "2"), ("c/d", "3"), ("c", "4")))
    assert files == {"a": b"1", "c/d": b"3"}
    assert set(left) == {"a/b", "c"}


def test_a_bomb_is_cut_off(unpack, monkeypatch):
    monkeypatch.setattr(unzipping, "MAX_BYTES", 100_000)
    files, left = unpack(zipped(("bomb", bytes(50_000_000)), ("good", "1")))
    assert files == {"good": b"1"}
    assert "larger than" in left["bomb"]


def test_sizes_that_lie_help_nobody(unpack, monkeypatch):
    monkeypatch.setattr(unzipping, "MAX_BYTES", 100_000)
    contents = zipped(("bomb", bytes(200_000)))
    lying = contents.replace(struct.pack("<I", 200_000), struct.pack("<I", 10))
    assert lying != contents
    files, left = unpack(lying)
    assert files == {}
    assert left == {"bomb": "cannot be unpacked (BadZipFile)"}


def test_many_small_bombs_are_cut_off(unpack, monkeypatch):
    monkeypatch.setattr(unzipping, "MOST_TOTAL", 250_000)
    files, left = unpack(zipped(*((f"{n}", bytes(100_000)) for n in range(5))))
    assert set(files) == {"0", "1"}
    assert len(left) == 3


def test_too_many_files_are_left(unpack, monkeypatch):
    monkeypatch.setattr(unzipping, "MOST_FILES", 3)
    files, left = unpack(zipped(*((f"{n}", "") for n in range(5))))
    assert set(files) == {"0", "1", "2"}
    assert left["4"] == "the download has more than 3 files"


def test_a_zip_in_the_zip_stays_one(unpack):
    inner = zipped(("../y", "!"))
    assert unpack(zipped(("work.zip", inner))) == ({"work.zip": inner}, {})


def test_what_is_damaged_is_left_and_leaves_no_half(unpack):
    contents = bytearray(zipped(("broken.ipynb", "x" * 1000), ("good.ipynb", "1")))
    at = contents.index(b"broken.ipynb") + len("broken.ipynb")
    contents[at + 2] ^= 0xFF
    files, left = unpack(bytes(contents))
    assert files == {"good.ipynb": b"1"}
    assert "cannot be unpacked" in left["broken.ipynb"]


def test_encrypted_and_rare_compressions_are_left(unpack):
    encrypted = bytearray(zipped(("secret", "1")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(mark) + offset] |= 1
    assert unpack(bytes(encrypted)) == ({}, {"secret": "encrypted"})


def test_lzma_is_left(unpack):
    info = zipfile.ZipInfo("lzma", NOON)
    info.compress_type = zipfile.ZIP_LZMA
    files, left = unpack(zipped((info, "1")))
    assert not files
    assert "rare compression" in left["lzma"]


def test_no_zip_file_is_refused(tmp_path):
    path = tmp_path / "download.zip"
    path.write_bytes(b"<html>Please log in</html>")
    with pytest.raises(ValueError, match=r"download\.zip cannot be read as a zip file"):
        Unzipper().unpack(path, tmp_path / "to")


def test_times_are_the_zones_or_exact_utc(unpack, tmp_path):
    exact = zipfile.ZipInfo("exact", NOON)
    exact.extra = struct.pack("<HHHBi", 0x9999, 0, 0x5455, 5, 0)[:4]
    exact.extra += struct.pack("<HHBi", 0x5455, 5, 1, 1_772_452_801)
    none = zipfile.ZipInfo("none", (1980, 1, 1, 0, 0, 0))
    unpack(zipped(("local", "1"), (exact, "1"), (none, "1")), zone=ZoneInfo("Europe/Berlin"))
    times = {name: (tmp_path / "around" / "to" / name).stat().st_mtime
             for name in ("local", "exact", "none")}  # fmt: skip
    assert times["local"] == datetime(2026, 3, 2, 11, tzinfo=UTC).timestamp()
    assert times["exact"] == 1_772_452_801
    assert times["none"] == 0
