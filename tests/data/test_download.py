"""Interrupted downloads: a server on this machine that hangs up in the middle of a file."""

import hashlib
import http.server
import threading

import pooch
import pytest

from unrolled.data.registry import FILES, DataCorrupt, DataUnavailable, RealFile, fetch

CONTENT = bytes(range(256)) * 1500  # 384,000 bytes: six chunks
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "plays/long.txt"


class HangsUp(http.server.BaseHTTPRequestHandler):
    """Sends ``server.content``; cuts an answer short as often as ``server.cuts`` says."""

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        begin = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        begin = begin if self.server.offers_ranges else 0
        size = len(self.server.content)
        if begin >= size:
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{size - 1}/{size}")
        self.send_header("Content-Length", str(size - begin))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else size
        self.wfile.write(self.server.content[begin : begin + cut])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), HangsUp) as httpd:
        httpd.content, httpd.cuts, httpd.asked, httpd.offers_ranges = CONTENT, [], [], True
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{httpd.server_port}/long.txt"
        monkeypatch.setitem(FILES, NAME, RealFile(url, SHA256, "ours"))
        yield httpd
        httpd.shutdown()
        thread.join()


def parts(tmp_path):
    return list(tmp_path.rglob("*.part"))


def test_a_download_that_is_cut_off_goes_on_where_it_was(server, tmp_path):
    server.cuts = [150_000, 100_000]
    assert fetch(NAME).read_bytes() == CONTENT
    first, second, third = server.asked
    assert first is None
    begins = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in (second, third)]
    assert 0 < begins[0] <= 150_000
    assert begins[0] < begins[1] <= begins[0] + 100_000
    assert parts(tmp_path) == []


def test_a_server_without_ranges_is_asked_for_everything_again(server, tmp_path):
    server.offers_ranges = False
    server.cuts = [150_000]
    assert fetch(NAME).read_bytes() == CONTENT
    assert len(server.asked) == 2
    assert parts(tmp_path) == []


def test_what_came_before_a_lasting_failure_is_used_next_time(server, tmp_path):
    server.cuts = [150_000, 0, 0]
    with pytest.raises(DataUnavailable, match=r"could not be downloaded from http://127\.0\.0\.1"):
        fetch(NAME)
    (part,) = parts(tmp_path)
    have = part.stat().st_size
    assert CONTENT.startswith(part.read_bytes())
    assert 0 < have <= 150_000
    server.asked.clear()
    server.cuts = []
    assert fetch(NAME).read_bytes() == CONTENT
    assert server.asked == [f"bytes={have}-"]


def test_a_part_of_another_file_is_thrown_away_once_the_hash_tells(server, tmp_path):
    server.content = b"x" * len(CONTENT)
    server.cuts = [150_000, 0]
    with pytest.raises(DataUnavailable):
        fetch(NAME)
    server.content, server.cuts = CONTENT, []
    server.asked.clear()
    assert fetch(NAME).read_bytes() == CONTENT
    assert len(server.asked) == 2  # the rest, and then the whole
    assert server.asked[1] is None


def test_a_part_that_is_longer_than_the_file_is_begun_anew(server, tmp_path):
    server.cuts = [350_000, 0]
    with pytest.raises(DataUnavailable):
        fetch(NAME)
    (part,) = parts(tmp_path)
    part.write_bytes(CONTENT + b"more")
    server.cuts = []
    assert fetch(NAME).read_bytes() == CONTENT
    assert server.asked[-2:] == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_corrupt_download_is_refused_with_both_hashes_after_one_try(server, tmp_path):
    server.content = b"y" * 1000
    with pytest.raises(DataCorrupt) as refusal:
        fetch(NAME)
    assert SHA256 in str(refusal.value)
    assert hashlib.sha256(b"y" * 1000).hexdigest() in str(refusal.value)
    assert server.asked == [None]
    assert parts(tmp_path) == []


def test_a_progress_bar_counts_the_bytes(server, capsys):
    server.cuts = [150_000]
    fetch(NAME)
    shown = capsys.readouterr().err
    assert NAME in shown
    assert "384k/384k" in shown
    fetch(NAME)
    assert capsys.readouterr().err == ""  # from the cache
