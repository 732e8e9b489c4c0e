"""Readers of the real data: our own small files in a mirror, and the real ones where they are."""

import gzip
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from unrolled import data
from unrolled.data import tatoeba
from unrolled.data.readers import numbered_lines
from unrolled.data.registry import FILES, DataCorrupt, DataUnavailable

MIRROR = Path(os.environ.get("UNROLLED_DATA", "nowhere"))
real = pytest.mark.skipif(
    not all((MIRROR / name).is_file() for name in FILES),
    reason="UNROLLED_DATA names no mirror with the real files",
)


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Write a file into a mirror and register its hash."""
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))

    def write(name, content):
        content = content.encode() if isinstance(content, str) else content
        content = gzip.compress(content) if name.endswith(".gz") else content
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(FILES, name, replace(FILES[name], sha256=sha256))

    return write


def test_shakespeare_is_divided_by_position(put):
    text = "ROMEO:\nO me!\n\nJULIET:\nAy me.\n"
    put("tinyshakespeare.txt", text)
    assert data.tiny_shakespeare() == text
    assert data.tiny_shakespeare("train") == text[:26]  # int(0.9 * 29)
    assert data.tiny_shakespeare("valid") == text[26:]


def test_multi30k_pairs_german_with_english(put):
    for split, name in (("train", "train"), ("valid", "val"), ("test", "test_2016_flickr")):
        put(f"multi30k/{name}.de.gz", f"Ein Hund {split}. \nGrün\u2028und gelb\n")
        put(f"multi30k/{name}.en.gz", f"A dog {split}.\nGreen and yellow\n")
        assert data.multi30k(split) == [
            (f"Ein Hund {split}.", f"A dog {split}."),
            ("Grün\u2028und gelb", "Green and yellow"),
        ]
    assert data.multi30k() == data.multi30k("train")


def test_movie_reviews_are_windows_1252_and_end_with_a_line_feed_only(put):
    put("rt-polarity/rt-polarity.pos", b"a film \x85 caf\xe9 \x96 good \n")
    put("rt-polarity/rt-polarity.neg", b"dull .\nlong .\n")
    assert data.movie_reviews() == (["a film … café – good", "dull .", "long ."], [1, 0, 0])


def test_wnut17_sentences_end_with_an_empty_line_or_one_with_a_tab(put):
    text = "Anna\tB-person\nNovak\tI-person\nsings\tO\n\t\nin\tO\nRome\tB-location\n\n\n"
    for split, name in (
        ("train", "wnut17train.conll"),
        ("valid", "emerging.dev.conll"),
        ("test", "emerging.test.annotated"),
    ):
        put(f"wnut17/{name}", f"{split}\tO\n\n{text}")
        assert data.wnut17(split) == [
            [(split, "O")],
            [("Anna", "B-person"), ("Novak", "I-person"), ("sings", "O")],
            [("in", "O"), ("Rome", "B-location")],
        ]
    assert data.wnut17() == data.wnut17("train")


WNUT, GOOD = "wnut17/wnut17train.conll", "Anna\tB-person\n"
TATOEBA = "tatoeba/cmn-simplified.txt"


@pytest.mark.parametrize(
    ("files", "read", "message"),
    [
        ({WNUT: GOOD + "Rome\n"}, data.wnut17, f"{WNUT}, line 2: 'Rome', a token, a tab and"),
        ({WNUT: GOOD + "\tO\n"}, data.wnut17, f"{WNUT}, line 2: "),
        ({WNUT: GOOD * 2 + "Rome\tB-place\n"}, data.wnut17, f"{WNUT}, line 3: "),
        ({WNUT: GOOD + "Rome\tO\tO\n"}, data.wnut17, f"{WNUT}, line 2: "),
        (
            {"tinyshakespeare.txt": b"To be\nor \xff\n"},
            data.tiny_shakespeare,
            "tinyshakespeare.txt, line 2: utf-8 text is wanted (invalid start byte)",
        ),
        (
            {"multi30k/train.de.gz": "a\n \nc\n", "multi30k/train.en.gz": "a\nb\nc\n"},
            data.multi30k,
            "multi30k/train.de.gz, line 2: empty, a sentence is wanted",
        ),
        (
            {"multi30k/train.de.gz": "a\nb\n", "multi30k/train.en.gz": "a\nb\nc\n"},
            data.multi30k,
            "multi30k train: 2 German and 3 English lines",
        ),
        (
            {"rt-polarity/rt-polarity.pos": b"good\n\x81\n"},
            data.movie_reviews,
            "rt-polarity/rt-polarity.pos, line 2: cp1252 text is wanted",
        ),
        (
            {TATOEBA: "I read.\t我读书。\tby (a)\nGo!\t去！\n"},
            tatoeba.load_rows,
            f"{TATOEBA}, line 2: 'Go!\\t去！', English, Chinese and a credit",
        ),
        (
            {TATOEBA: "Go!\t去！\t\n"},
            tatoeba.load_rows,
            f"{TATOEBA}, line 1: ",
        ),
    ],
)
def test_bad_lines_are_refused_with_their_number(put, files, read, message):
    for name, content in files.items():
        put(name, content)
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        read()
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.tiny_shakespeare("test"), "split='test' is given, one of None, 'train', 'v"),
        (lambda: data.multi30k("val"), "split='val' is given, one of 'train', 'valid', 'test'"),
        (lambda: data.multi30k(None), "split=None is given"),
        (lambda: data.wnut17("dev"), "split='dev' is given, one of 'train', 'valid', 'test'"),
    ],
)
def test_an_unknown_split_is_named(call, message):
    with pytest.raises(ValueError, match="is given, one of") as refusal:
        call()
    assert message in str(refusal.value)


def test_a_changed_file_is_refused(put, tmp_path):
    put("tinyshakespeare.txt", "To be\n")
    (tmp_path / "tinyshakespeare.txt").write_text("To bee\n")
    with pytest.raises(DataCorrupt):
        data.tiny_shakespeare()


def test_without_network_or_mirror_the_message_is_clear(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name = "wnut17/wnut17train.conll"
    monkeypatch.setitem(FILES, name, replace(FILES[name], url="http://127.0.0.1:9/x"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DataUnavailable, match=r"has no wnut17/wnut17train\.conll: put the file"):
        data.wnut17()


def test_lines_are_numbered_from_one_and_the_last_may_be_unfinished(put):
    put("tinyshakespeare.txt", "a\x85b\n\nc")
    assert list(numbered_lines("tinyshakespeare.txt")) == [
        ("tinyshakespeare.txt, line 1", "a\x85b"),
        ("tinyshakespeare.txt, line 2", ""),
        ("tinyshakespeare.txt, line 3", "c"),
    ]


def test_every_set_says_where_it_is_from():
    assert set(data.ABOUT) == {
        "tiny_shakespeare", "multi30k", "movie_reviews", "wnut17", "tatoeba",
    }  # fmt: skip
    for about in data.ABOUT.values():
        assert about.source.startswith("https://")
        assert about.licence
        assert about.credit


@real
def test_the_real_files_are_read_whole():
    text = data.tiny_shakespeare()
    assert text == (MIRROR / "tinyshakespeare.txt").read_text(encoding="utf-8")
    assert (len(data.tiny_shakespeare("train")), len(text)) == (1_003_854, 1_115_394)
    pairs = {split: data.multi30k(split) for split in ("train", "valid", "test")}
    assert [len(found) for found in pairs.values()] == [29_000, 1_014, 1_000]
    assert pairs["test"][0][1] == "A man in an orange hat starring at something."
    texts, labels = data.movie_reviews()
    assert (len(texts), sum(labels)) == (10_662, 5_331)
    tagged = [data.wnut17(split) for split in ("train", "valid", "test")]
    assert [len(found) for found in tagged] == [3_394, 1_009, 1_287]  # as the paper counts them
    assert sum(len(sentence) for sentence in tagged[0]) == 62_730
