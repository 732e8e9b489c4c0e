"""Chapter 5's instruments: each would fail for a mistake that empties what the page shows."""

import random

import pytest
import torch

from unrolled import translation
from unrolled.alignment import AttentionSeq2Seq
from unrolled.data import tinyworld

from .conftest import ROOT
from .rooms import beside

little, mirror, records, removing = (
    beside(ROOT / "book/05-alignment", name) for name in ("little", "mirror", "records", "removing")
)


class Reverser:
    """Writes the source backwards and ends, but for one letter it has never heard of."""

    def __init__(self, never=None):
        self.never = never

    def start(self, source):
        end = torch.full((len(source), 2), mirror.EOS)
        return torch.cat([source.flip(1), end], dim=1)

    def step(self, last, left):
        wanted = torch.where(left[:, 0] == (self.never or -1), mirror.FIRST, left[:, 0])
        return torch.nn.functional.one_hot(wanted, 20).float(), torch.cat(
            [left[:, 1:], left[:, -1:]], dim=1
        )


def test_one_who_writes_backwards_has_all_letters_right_and_one_who_misses_one_has_not():
    source, target = mirror.draw(3, 4, torch.Generator().manual_seed(0))
    assert target[:, :-1].equal(source.flip(1))
    assert target[:, -1].tolist() == [mirror.EOS] * 3
    assert mirror.percent(Reverser(), [2, 7]) == [100.0, 100.0]
    assert all(80 < share < 100 for share in mirror.percent(Reverser(never=9), [2, 7]))


@pytest.mark.parametrize("seed", range(8))
def test_every_word_that_may_stand_at_a_place_makes_a_sentence(seed):
    places = little.slots(random.Random(seed))
    first = [place[0] for place in places]
    for at, place in enumerate(places):
        for word in place:
            words = [*first[:at], word, *first[at + 1 :]]
            assert tinyworld.parse(words).english == tuple(words)


def test_the_words_of_a_clause_are_counted_as_what_they_are():
    text = "the doctor that the queen hates is lonely ."
    said = [tinyworld.parse(text.split())]
    true = [sentence.german_alignment for sentence in said]
    found = little.found_of(true, said)  # der Arzt , den die Königin hasst , ist einsam .
    assert set(found.values()) == {1.0}
    kinds = {"article", "full stop, comma", "noun", "pronoun", "verb, adjective, not"}
    assert set(found) == kinds | {"verb that ends a clause"}
    german = said[0].german
    wrong = [{(i, j) for i, j in true[0] if german[j] != "hasst"} | {(0, german.index("hasst"))}]
    assert little.found_of(wrong, said)["verb that ends a clause"] == 0.0


def test_articles_are_counted_by_how_far_from_their_noun_they_look():
    text = "the doctor that the queen hates is lonely ."
    sentence = tinyworld.parse(text.split())  # der Arzt , den die Königin hasst , ist einsam .
    assert sentence.german[4:6] == ("die", "Königin")
    assert little.articles([[(1, 0), (4, 4)]], [sentence]) == [1.0, 1.0]
    assert little.articles([[(1, 0), (5, 4), (0, 6)]], [sentence]) == [0.5, 1.0]
    assert little.articles([[(0, 0), (3, 4)]], [sentence]) == [0.0, 0.0]


def test_a_step_that_looks_where_it_looked_writes_what_it_wrote(monkeypatch):
    torch.manual_seed(0)
    model = AttentionSeq2Seq(9, 9, 6, 5).eval()
    source = translation.padded([[3, 4, 5, 6], [7, 8]])
    target = translation.padded([[4, 6, 3, 2], [5, 2]])
    taken = removing.changed(model, source, target)
    top, other, shuffled = (taken[way][1] for way in removing.WAYS)
    assert top > other > shuffled == 0
    monkeypatch.setattr(removing, "_elsewhere", lambda weights, *_: [weights] * 3)
    assert all(share == 0 for share, _ in removing.changed(model, source, target).values())


def test_what_is_looked_at_instead_is_shared_among_real_words():
    weights = torch.tensor([[0.5, 0.3, 0.2, 0.0], [0.1, 0.2, 0.3, 0.4]])
    real = torch.tensor([[True, True, True, False], [True] * 4])
    without, another, shuffled = removing._elsewhere(weights, real, torch.Generator())
    torch.testing.assert_close(without[0], torch.tensor([0.0, 0.6, 0.4, 0.0]))
    assert without[1, 3] == 0
    for moved in (without, another, shuffled):
        torch.testing.assert_close(moved.sum(dim=1), torch.ones(2))
        assert moved[0, 3] == 0
    assert another[0, 0] > 0.5  # the heaviest stays
    assert another[1, 3] > 0.4
    torch.testing.assert_close(shuffled.sort().values, weights.sort().values)


def test_a_table_says_how_many_seeds_it_has():
    one, two = [{"seed": 0}], [{"seed": 0}, {"seed": 1}, {"seed": 1}]
    assert (records.spread([3.0]), records.spread([2.0, 4.0], 1)) == ("3", "3.0\u00a0±\u00a01.4")
    assert (records.counted(one), records.counted(two)) == ("1 seed", "2 seeds")
    assert records.means(one) != records.means(two)
    runs = [{"kind": "additive", "seed": s, "right": [0.9, 0.5 + s / 10], "parameters": 10,
             "ms_a_step": 2.0} for s in (0, 1)]  # fmt: skip
    record = {"settings": {"kinds": ["additive"], "width": 8}, "kinds": runs}
    before = {
        "settings": {"widths": [8, 16]},
        "widths": [{**runs[0], "width": w, "right": [w / 20, 0.1]} for w in (8, 16)],
    }
    names, gap = [row[0] for row in records.gap_table(record, before)], -1
    assert names == ["additive", "one vector of 8", "one vector of 16", "gap to the wider"]
    assert records.gap_table(record, before)[gap][-2:] == ["10", "45"]
