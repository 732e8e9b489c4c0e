"""The registry, offline: a mirror in a temporary folder, a web server on this machine."""

import functools
import hashlib
import http.server
import threading
from dataclasses import replace

import pooch
import pytest

from unrolled.data.__main__ import main
from unrolled.data.registry import FILES, DataCorrupt, DataUnavailable, RealFile, fetch, present

TEXT = "To be, or not to be\n"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Nobody's cache or mirror takes part, and no proxy stands before this machine."""
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)


@pytest.fixture
def play(monkeypatch):
    """One registered file, whose address nothing listens on."""
    file = RealFile("http://127.0.0.1:9/play.txt", SHA256, "public domain")
    monkeypatch.setitem(FILES, "plays/play.txt", file)
    return file


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    (folder / "plays").mkdir(parents=True)
    monkeypatch.setenv("UNROLLED_DATA", str(folder))
    return folder


@pytest.fixture
def server(tmp_path, monkeypatch, play):
    """A folder served over HTTP, from which ``play`` is registered to come."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{httpd.server_port}/play.txt"
        monkeypatch.setitem(FILES, "plays/play.txt", replace(play, url=url))
        yield folder
        httpd.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_every_real_file_is_pinned():
    assert len(FILES) == 13
    for name, file in FILES.items():
        assert file.url.startswith("https://"), name
        assert len(bytes.fromhex(file.sha256)) == 32, name
        assert file.licence, name
        assert any(len(part) == 40 for part in file.url.split("/")), name  # a commit
    assert len({file.sha256 for file in FILES.values()}) == len(FILES)


def test_a_mirror_is_used_in_place(play, mirror):
    (mirror / "plays/play.txt").write_text(TEXT)
    assert fetch("plays/play.txt") == mirror / "plays/play.txt"


def test_a_corrupt_mirror_is_refused_with_both_hashes_and_left_alone(play, mirror):
    path = mirror / "plays/play.txt"
    path.write_text("To be, or not to bee\n")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(DataCorrupt) as refusal:
        fetch("plays/play.txt")
    assert found in str(refusal.value)
    assert SHA256 in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert path.read_text() == "To be, or not to bee\n"


def test_without_network_or_mirror_the_message_says_what_to_set(play):
    with pytest.raises(DataUnavailable) as refusal:
        fetch("plays/play.txt")
    message = str(refusal.value)
    assert "http://127.0.0.1:9/play.txt" in message
    assert "Set UNROLLED_DATA to a folder that holds plays/play.txt" in message


def test_a_mirror_without_the_file_is_named(play, mirror):
    with pytest.raises(DataUnavailable, match=r"has no plays/play\.txt: put the file there"):
        fetch("plays/play.txt")


def test_a_mirror_that_is_no_folder_is_named(play, monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataUnavailable, match="nowhere' is not a folder, a local mirror is wanted"):
        fetch("plays/play.txt")


def test_a_download_is_verified_and_kept(server):
    (server / "play.txt").write_text(TEXT)
    path = fetch("plays/play.txt")
    assert path.read_text() == TEXT
    (server / "play.txt").unlink()
    assert fetch("plays/play.txt") == path  # from the cache: the server has it no more


def test_a_corrupt_download_is_refused_with_both_hashes_and_not_kept(server, tmp_path):
    (server / "play.txt").write_text("something else")
    with pytest.raises(DataCorrupt) as refusal:
        fetch("plays/play.txt")
    assert SHA256 in str(refusal.value)
    assert hashlib.sha256(b"something else").hexdigest() in str(refusal.value)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_page_that_is_gone_is_unavailable(server):
    with pytest.raises(DataUnavailable, match="HTTPError"):
        fetch("plays/play.txt")


def test_what_is_present_is_said_without_a_download(server, mirror, tmp_path):
    (server / "play.txt").write_text(TEXT)
    assert present() == ()
    fetch("plays/play.txt")
    assert present() == ("plays/play.txt",)  # in the cache
    (tmp_path / "cache/unrolled/plays/play.txt").unlink()
    (mirror / "plays/play.txt").write_text(TEXT)
    assert present() == ("plays/play.txt",)  # in the mirror


def test_all_that_is_missing_or_damaged_is_named_at_once(mirror, monkeypatch, capsys):
    for name, file in FILES.items():
        monkeypatch.setitem(FILES, name, replace(file, url="http://127.0.0.1:9/x"))
    (mirror / "tinyshakespeare.txt").write_text("To be, or not to bee\n")
    assert main() == 1
    said = capsys.readouterr().err
    assert f"{mirror / 'tinyshakespeare.txt'} has SHA-256" in said
    assert all(f"{name}: {name} could not be downloaded" in said for name in list(FILES)[1:])
    assert "13 of the 13 files of real data are missing or damaged" in said
    assert "set UNROLLED_DATA to a folder that holds them" in said


def test_when_all_is_there_it_says_so(mirror, play, monkeypatch, capsys):
    monkeypatch.setattr("unrolled.data.__main__.FILES", {"plays/play.txt": play})
    (mirror / "plays/play.txt").write_text(TEXT)
    assert main() == 0
    assert "The 1 files of real data are here" in capsys.readouterr().out


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"name='shakespeare' is not registered.*tinyshakespeare"):
        fetch("shakespeare")
