"""Shakespeare wherever a notebook is opened: the whole file, or the passage it begins with."""

import hashlib
from importlib.resources import files

import pytest

from unrolled import data
from unrolled.data import plays

# Of the first 39,908 bytes of the pinned file.
PASSAGE = "3cc7e2022d8dd9a5cb95d6f8adebe20a1af5fc291fd5bd913e8df4214c58e469"


def test_without_the_file_it_is_the_passage_and_says_how_to_have_all(monkeypatch):
    monkeypatch.setattr(plays, "present", lambda: ())
    monkeypatch.setattr(plays, "tiny_shakespeare", lambda: pytest.fail("nothing is fetched"))
    play = data.shakespeare()
    assert not play.whole
    assert play.text.startswith("First Citizen:\nBefore we proceed")
    assert play.text.endswith("\n")
    assert play.origin.startswith(f"the first {len(play.text):,} characters of Tiny Shakespeare.")
    assert "fetch('tinyshakespeare.txt')" in play.origin


def test_the_passage_is_what_the_real_file_begins_with():
    content = (files("unrolled.data") / "passage.txt").read_bytes()
    assert hashlib.sha256(content).hexdigest() == PASSAGE
    if "tinyshakespeare.txt" in data.present():
        assert data.fetch("tinyshakespeare.txt").read_bytes().startswith(content)


def test_with_the_file_it_is_all_of_it(monkeypatch):
    monkeypatch.setattr(plays, "present", lambda: ("tinyshakespeare.txt",))
    monkeypatch.setattr(plays, "tiny_shakespeare", lambda: "ROMEO:\nO me!\n")
    play = data.shakespeare()
    assert (play.text, play.whole) == ("ROMEO:\nO me!\n", True)
    assert play.origin == "Tiny Shakespeare, 13 characters"
