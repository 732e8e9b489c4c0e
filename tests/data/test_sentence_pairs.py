"""Real sentences where there is a mirror, TinyWorld's elsewhere, and always said which."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pooch
import pytest

from unrolled.data import DataCorrupt, registry, sentence_pairs, tatoeba, tinyworld
from unrolled.data.choice import Choice
from unrolled.data.registry import FILES

# Our own three sentences in the file's format: a byte order mark, an empty line at the end.
ROWS = (
    "\ufeffThe tea is hot.\t茶很烫。\tCC-BY 2.0 (France) Attribution: tatoeba.org #1 (a) & #2 (b)\n"
    "I read.\t我读书。\tCC-BY 2.0 (France) Attribution: tatoeba.org #3 (c) & #4 (d)\n"
    'He said: "Go!"\t他说：“去！”\tCC-BY 2.0 (France) Attribution: tatoeba.org #5 (e) & #6 (f)\n\n'
)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    name = "tatoeba/cmn-simplified.txt"
    (tmp_path / "tatoeba").mkdir()
    (tmp_path / name).write_text(ROWS, encoding="utf-8")
    sha256 = hashlib.sha256(ROWS.encode()).hexdigest()
    monkeypatch.setitem(FILES, name, replace(FILES[name], sha256=sha256))
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    return tmp_path / name


def test_rows_keep_their_attribution(mirror):
    assert tatoeba.load_pairs() == [
        ("The tea is hot.", "茶很烫。"),
        ("I read.", "我读书。"),
        ('He said: "Go!"', "他说：“去！”"),
    ]
    assert [row.credit[-21:] for row in tatoeba.load_rows()] == [
        "eba.org #1 (a) & #2 (b)"[-21:],
        "eba.org #3 (c) & #4 (d)"[-21:],
        "eba.org #5 (e) & #6 (f)"[-21:],
    ]


def test_real_pairs_come_with_their_credits(mirror):
    found = sentence_pairs(2, seed=4)
    assert found.source == found.origin == "Tatoeba"
    rows = {(row.english, row.chinese): row.credit for row in tatoeba.load_rows()}
    assert len(set(found.pairs)) == 2
    assert [rows[pair] for pair in found.pairs] == list(found.credits)
    assert found == sentence_pairs(2, seed=4)
    assert any(found.pairs != sentence_pairs(2, seed).pairs for seed in range(5, 15))


def test_without_data_tinyworld_serves_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.setattr(registry, "_download", lambda *_: pytest.fail("a download was begun"))
    found = sentence_pairs(5, seed=3)
    assert "built without the file of real sentences" in found.origin
    assert found.source == "TinyWorld"
    expected = [(s.english_text, s.chinese_text) for s in tinyworld.generate(5, seed=3)]
    assert list(found.pairs) == expected
    assert found.credits == ("",) * 5


def test_corrupt_data_is_not_papered_over(mirror):
    mirror.write_text("nothing of worth", encoding="utf-8")
    with pytest.raises(DataCorrupt):
        sentence_pairs(1)


def test_bad_counts_are_named(mirror):
    with pytest.raises(ValueError, match="n=0 is given, at least 1 is wanted"):
        sentence_pairs(0)
    with pytest.raises(ValueError, match="n=4 is given, Tatoeba has 3 pairs"):
        sentence_pairs(4)


@pytest.mark.skipif(
    not (Path(os.environ.get("UNROLLED_DATA", "")) / "tatoeba/cmn-simplified.txt").is_file(),
    reason="UNROLLED_DATA names no mirror with the real Tatoeba file",
)
def test_the_real_file_is_read_whole():
    rows = tatoeba.load_rows()
    assert len(rows) == 29_155
    for row in rows:
        assert row.english
        assert any("\u4e00" <= character <= "\u9fff" for character in row.chinese), row
        assert row.credit.startswith("CC-BY 2.0 (France) Attribution: tatoeba.org #"), row


def test_choices_cover_all_options_in_proportion():
    choice = Choice(1)
    drawn = [choice.weighted({"a": 1, "b": 0, "c": 3}) for _ in range(4000)]
    assert drawn.count("b") == 0
    assert 850 < drawn.count("a") < 1150  # 1000 expected, standard deviation 27
    assert {choice.one("xyz") for _ in range(100)} == set("xyz")
    assert sorted(choice.sample(range(9), 9)) == list(range(9))
