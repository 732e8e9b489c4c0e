"""The instruments of chapters 4 and 5: each would fail for a mistake that empties its numbers."""

import json

import pytest
import torch

from unrolled import translation
from unrolled.data import multi30k, tinyworld
from unrolled.data.registry import present

from .conftest import ROOT
from .rooms import beside

bottleneck, captions = (beside(ROOT / "book/04-seq2seq", n) for n in ("bottleneck", "captions"))
looking, translator = (beside(ROOT / "book/05-alignment", n) for n in ("looking", "translator"))
SENTENCES = tinyworld.generate(150, seed=5)
real = pytest.mark.skipif("multi30k/val.en.gz" not in present(), reason="needs the real data")


class Copies(torch.nn.Module):
    """Writes the source, but for one id it never writes; knows the next token if told the last."""

    def __init__(self, never=None):
        super().__init__()
        self.never = never

    def scores(self, wanted):
        hidden = torch.where(wanted == (self.never or -1), 8, wanted)
        return 10.0 * torch.nn.functional.one_hot(hidden, 9).float()

    def forward(self, source, target):
        return self.scores(target.clamp(min=0))

    def start(self, source):
        ended = torch.nn.functional.pad(source, (0, 1))  # (B, Ts + 1)
        return ended.masked_fill(ended == translation.PAD, translation.EOS)

    def step(self, last, left):
        rest = torch.cat([left[:, 1:], left[:, -1:]], dim=1)  # (B, Ts + 1)
        return self.scores(left[:, 0]), rest


PAIRS = [([3, 4, 5], [3, 4, 5, 2]), ([5, 3], [5, 3, 2]), ([4, 6, 7, 3], [4, 6, 7, 3, 2])]


def test_exposure_is_full_marks_for_one_who_copies_and_counts_what_comes_after_a_mistake():
    model = Copies()
    forced, free, real_ = bottleneck.words_right(model, PAIRS)
    assert (forced & real_).equal(real_)
    assert (free & real_).equal(real_)
    assert bottleneck.right(model, PAIRS) == [True] * 3
    wrong = Copies(never=4)  # wrong at the second, nowhere, and at the first place
    found = bottleneck.exposure(wrong, PAIRS)
    assert found["free"] == pytest.approx([2 / 3, 2 / 3, 1, 1, 1], abs=1e-4)
    assert found["after"] == [1.0, 1.0]  # six words come after a mistake, all right
    assert bottleneck.right(wrong, PAIRS) == [False, True, False]


def test_turned_sources_keep_their_targets():
    assert bottleneck.turned(PAIRS)[0] == ([5, 4, 3], [3, 4, 5, 2])


def test_the_exam_of_both_chapters_is_the_same():
    for name in ("EDGES", "EACH", "SENTENCES", "EMBEDDED", "MOST"):
        assert getattr(bottleneck, name) == getattr(looking, name)
    assert captions.SENTENCES == translator.SENTENCES
    assert (captions.PIECES, captions.EDGES) == (translator.PIECES, translator.EDGES)


def parsed(text):
    return tinyworld.parse(text.split())


def test_the_verb_of_a_clause_is_found_where_there_is_one():
    sentence = parsed("the teacher that the girl is helping is tired .")
    assert sentence.german[looking.clause_verb(sentence)] == "hilft"
    last = parsed("the girl is watching the boy that the king is helping .")
    assert last.german[looking.clause_verb(last)] == "hilft"
    assert looking.clause_verb(parsed("the girl is tired .")) is None


def test_true_links_score_best_and_a_straight_rule_misses_the_verbs_at_the_end():
    best, straight = looking.least(SENTENCES), looking.straight(SENTENCES)
    assert best["verbs_right"] == 1.0
    assert 0 < best["error"] < straight["error"] / 2
    assert straight["error_clause"] > straight["error_plain"]
    shifted = [{(i + 1, j) for i, j in s.german_alignment} for s in SENTENCES]
    assert looking.score(shifted, SENTENCES)["error"] > 0.8


def test_links_are_read_from_rows_of_german_words():
    rows = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])  # three German, two English words
    assert looking.links(rows) == {(1, 0), (0, 1), (1, 2)}
    model = looking.make("additive", width=8)
    found = looking.weights(model, SENTENCES[:5])
    for weights, sentence in zip(found, SENTENCES, strict=False):
        assert weights.shape == (len(sentence.german), len(sentence.english))
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(weights)))


@pytest.mark.parametrize("module", [captions, translator], ids=["chapter 4", "chapter 5"])
def test_the_kept_translator_translates_our_sentences_better_than_chance(module):
    kept = module.read_weights()
    german, english = zip(*(s.split("\t") for s in module.SENTENCES.splitlines()), strict=True)
    said = module.said(kept, list(german))
    shared = [len(set(a.split()) & set(b.split())) for a, b in zip(said, english, strict=True)]
    other = [len(set(a.split()) & set(b.split())) for a, b in zip(said, english[::-1], strict=True)]
    assert sum(shared) > 1.5 * sum(other)


@real
@pytest.mark.parametrize(
    ("module", "record"), [(captions, "chapter04"), (translator, "chapter05")],
    ids=["chapter 4", "chapter 5"],
)  # fmt: skip
def test_the_loss_over_all_validation_captions(module, record):
    (about,) = json.loads((ROOT / f"benchmarks/results/{record}.json").read_text())["weights"]
    whole = "\n".join("\t".join(pair) for pair in multi30k("valid"))
    assert module.evaluate(module.WEIGHTS, whole) == pytest.approx(about["loss"], abs=1e-4)


@real
def test_the_kept_pieces_are_those_that_the_training_captions_give():
    _, german, english = captions.read_weights()
    assert captions.pieces()[0].vocab == german.vocab
    assert captions.pieces()[1].vocab == english.vocab
