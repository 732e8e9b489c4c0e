"""What chapter 1's modules measure is what they say: pairs, counts, analogies, cuts, leanings."""

import json

import pytest
import torch

from unrolled.embeddings import FastText, analogy, cooccurrences, skip_gram_pairs

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/01-words"
RECORD = json.loads((ROOT / "benchmarks/results/chapter01.json").read_text())
MODULES = "analogies bias captions cutting measured static unseen vectors"
analogies, bias, captions, cutting, measured, static, unseen, vectors = (
    beside(ROOM, name) for name in MODULES.split()
)
TEXTS = [[0, 1, 2, 1], [3, 0], [2, 2, 4]]
PADDED = torch.tensor([[0, 1, 2, 1], [3, 0, -1, -1], [2, 2, 4, -1]])


def test_pairs_are_the_library_s_and_none_crosses_from_one_caption_to_the_next():
    wanted = torch.cat([skip_gram_pairs(torch.tensor(text), 2) for text in TEXTS])
    found = captions.pairs(PADDED, 2)
    assert sorted(found.tolist()) == sorted(wanted.tolist())


def test_counts_are_the_library_s_summed_over_captions():
    wanted = torch.zeros(5, 5)
    for text in TEXTS:
        near, counts = cooccurrences(torch.tensor(text), 3)
        wanted[near[:, 0], near[:, 1]] += counts
    near, counts = captions.counted(PADDED, 5, window=3)
    found = torch.zeros(5, 5)
    found[near[:, 0], near[:, 1]] = counts
    assert torch.allclose(found, wanted)
    assert (counts > 0).all()


def test_the_quicker_step_of_fasttext_is_the_library_s():
    torch.manual_seed(0)
    model = FastText(["a", "dog", "dogs", "running"], 8, buckets=7)  # runs share rows
    ids = torch.tensor([3, 1, 0, 1])
    by_table = torch.sparse.mm(captions.makeup(model), model.centre.weight)
    assert torch.allclose(by_table[ids], model.vectors[ids], atol=1e-6)


def plane():
    """Four words of a clean analogy, and three questions to them."""
    table = torch.tensor([[1.0, 0.0, 3.0], [1.0, 1.0, 3.0], [-1.0, 0.0, 3.0], [-1.0, 1.0, 3.0]])
    return table, torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2], [0, 2, 1, 3]])


@pytest.mark.parametrize("rule", measured.RULES)
def test_rules_of_an_analogy(rule):
    table, asked = plane()
    hits = analogies.right(table, asked, rule)
    if rule.startswith("without"):
        wanted = [analogy(table, *four[:3], k=1)[1].item() == four[3] for four in asked.tolist()]
        assert hits.tolist() == wanted == [True, True, True]
    if rule == "nearest to c":  # to a neighbour of c alone, whatever a and b say
        twisted = asked[:, [1, 0, 2, 3]]
        assert hits.tolist() == analogies.right(table, twisted, rule).tolist()


def test_with_the_inputs_a_short_difference_loses_to_c():
    near = torch.tensor([[1.0, 0.0, 3.0], [1.0, 0.3, 3.0], [-1.0, 0.0, 3.0], [-1.4, 0.3, 3.4]])
    asked = torch.tensor([[0, 1, 2, 3]])
    assert analogies.right(near, asked, "without the inputs").item()
    moved = near.clone()
    moved[3] = torch.tensor([-3.0, 3.0, 1.0])  # still the only one left, but far from the sum
    assert analogies.right(moved, asked, "without the inputs").item()
    assert not analogies.right(moved, asked, "with the inputs").item()


def test_a_sum_that_stays_at_an_input_is_counted():
    id_of = {word: i for i, word in enumerate(("man", "woman", "boy", "girl"))}
    table, _ = plane()
    assert analogies.own_input(table, id_of) == 0
    short = torch.tensor([[1.0, 0.0, 3.0], [1.0, 0.1, 3.0], [-1.0, 0.0, 3.0], [0.0, 4.0, 0.0]])
    assert analogies.own_input(short, id_of) == 1  # c of one question, b of the other


def test_questions_are_all_ordered_pairs_of_pairs_and_leave_unknown_words_out():
    words = ["man", "woman", "boy", "girl", "dog", "dogs", "cat"]
    asked = analogies.questions({word: i for i, word in enumerate(words)})
    assert asked["he to she"].tolist() == [[0, 1, 2, 3], [2, 3, 0, 1]]
    assert len(asked["one to several"]) == 0


def test_lists_say_what_the_prose_says():
    listed = [word for text in analogies.CATEGORIES.values() for word in text.split()]
    assert len(listed) == len(set(listed))
    assert not set(bias.OCCUPATIONS) & bias.MEANT
    assert analogies.RULES == measured.RULES
    known = set(vectors.read("captions").words)
    assert set(listed) <= known
    assert not set(unseen.OWN) & known


def test_unknown_shares_count_what_is_not_among_the_most_frequent():
    rows = cutting.unknown_shares(["a"] * 3 + ["b"] * 2 + ["c"], ["a", "b", "d", "d"])
    assert rows == [{"kinds": 3, "unknown": 0.5}]
    assert cutting.once(["a", "a", "b"]) == 0.5


def test_tokens_are_shown_with_their_spaces_and_their_broken_characters():
    assert cutting.shown(b" the") == "␣the"
    assert cutting.shown("狗".encode()[:2]) == "⟨e7⟩⟨8b⟩"
    assert cutting.shown(b" " + "狗".encode()[:1]) == "␣⟨e7⟩"
    assert cutting.shown("狗".encode()) == "狗"


def test_the_four_cuts_of_the_record_are_of_one_sentence():
    told = RECORD["four_ways"]
    assert told["text"] == cutting.TEXT
    whole = [pieces for pieces in told["pieces"].values() if "[UNK]" not in pieces]
    assert len(whole) == 2  # the two that work on bytes lose nothing
    for pieces in whole:
        raw = b"".join(_bytes_of(piece) for piece in pieces)
        assert raw.decode() == cutting.TEXT


def _bytes_of(piece):
    parts = piece.replace("␣", " ").replace("⟩", "⟨").split("⟨")
    return b"".join(bytes.fromhex(p) if i % 2 else p.encode() for i, p in enumerate(parts))


def test_the_direction_is_where_she_is_and_what_is_taken_out_is_gone():
    words = {"she": 0, "he": 1, "desk": 2}
    table = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [0.0, 2.0]])
    leanings = bias.leanings(table, words)
    assert leanings[0] > 0.5
    assert leanings[1] < -0.5
    assert leanings[2] == pytest.approx(0, abs=1e-6)
    for told in (RECORD["minilm"]["told_apart"], *(r["told_apart"] for r in _ours())):
        assert told["largest_leaning_after"] < 1e-5


def test_a_direction_between_names_leads_from_the_first_to_the_second():
    table = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    found = bias.between(table, {"john": 0, "amy": 1, "desk": 2}, ["john"], ["amy"])
    assert torch.allclose(found, torch.tensor([-1.0, 1.0, 0.0]) / 2**0.5 + 0.0, atol=1e-6)


def _ours():
    return measured.runs(RECORD, "skip_gram")


def test_the_record_s_analogies_are_those_of_the_kept_vectors():
    kept = vectors.read("captions")
    found = analogies.scores(kept.table, {word: i for i, word in enumerate(kept.words)})
    told = _ours()[0]["analogies"]
    for rule in measured.RULES:
        assert found[rule]["all"] == pytest.approx(told[rule]["all"], abs=0.02)  # half precision


def test_the_record_s_occupations_are_those_of_the_kept_table():
    kept = vectors.read("minilm")
    lean = bias.leanings(kept.table, {word: i for i, word in enumerate(kept.words)})
    for word, cosine in RECORD["minilm"]["occupations"].items():
        assert lean[kept.id(word)].item() == pytest.approx(cosine, abs=2e-3)


def test_rows_that_are_kept_are_those_that_pages_ask_about_and_as_many_as_said():
    words = [f"word{'abcdefghij'[i % 10] * (i // 10 + 1)}" for i in range(3000)] + ["bank"]
    chosen = static.chosen(words)
    assert len(chosen) == static.KEPT
    assert "bank" in chosen
    kept = vectors.read("minilm").words
    assert len(kept) == static.KEPT
    assert set(bias.OCCUPATIONS) <= set(kept)
