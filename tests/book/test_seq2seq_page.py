"""Chapter 4's small instruments: what the page runs would be empty if one of these were wrong."""

import math

import pytest
import torch

from unrolled.decoding import beam_search

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/04-seq2seq"
small, real, nexts, records = (beside(ROOM, n) for n in ("small", "real", "nexts", "records"))


def test_the_small_translator_is_asked_sentences_that_it_has_not_read():
    lessons, exam = small.parts()
    assert len(lessons) > 4 * len(exam) > 0
    assert not {tuple(source) for source, _ in lessons} & {tuple(source) for source, _ in exam}


def test_every_word_that_is_asked_was_read():
    lessons, exam = small.parts()
    for side in (0, 1):
        read = {i for pair in lessons for i in pair[side]}
        assert {i for pair in exam for i in pair[side]} <= read


def test_a_table_of_words_takes_the_word_that_is_there_when_the_other_is():
    pairs = [
        (["der", "hund"], ["the", "dog"]),
        (["die", "katze"], ["the", "cat"]),
        (["ein", "hund"], ["a", "dog"]),
        (["eine", "katze"], ["a", "cat"]),
    ]
    table = real.count_table(pairs)
    assert (table["hund"], table["katze"]) == ("dog", "cat")
    assert real.apply_table(table, [(["hund", "neu"], [])]) == [["dog"]]


def test_without_the_files_both_real_examples_say_so(monkeypatch):
    monkeypatch.setattr(real, "present", set)
    monkeypatch.setattr(real, "COUNTED", 50)
    assert "TinyWorld" in real._captions()[0]
    assert "TinyWorld" in real.aunts()[0]


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_the_score_of_the_winning_rival_is_what_the_search_returns(alpha):
    bos = torch.tensor([nexts.BOS])
    _, found = beam_search(nexts.step, nexts.start(), bos, nexts.EOS, nexts.LONGEST, 2, alpha)
    best = max(nexts.score(sentence, alpha) for sentence in nexts.RIVALS)
    assert math.isclose(found.item(), best, abs_tol=1e-5)


def test_the_rivals_change_places_with_the_length_penalty():
    short, long = nexts.RIVALS
    assert nexts.score(short, 0) > nexts.score(long, 0)
    assert nexts.score(short, 1) < nexts.score(long, 1)


def test_a_spread_is_given_where_there_is_one():
    assert records.spread([3.0]) == "3"
    assert records.spread([3.0, 5.0], 1) == "4.0\u00a0±\u00a01.4"
