"""States that follow their beams, the filters before sampling, sampling itself, and BLEU."""

import math
from collections import namedtuple

import pytest
import torch

from unrolled.decoding import (
    apply_temperature,
    bleu,
    corpus_bleu,
    first_ids,
    reorder,
    sample,
    take_step,
    top_k_filter,
    top_p_filter,
)

B, T, V = 2, 3, 5
EOS = 1


def rows(*values):
    return torch.tensor([[float(value)] for value in values])


# --- state --------------------------------------------------------------------------------------

Pair = namedtuple("Pair", "left right")


class Cache:
    """Reorders itself: in place (returns nothing) or as a new object."""

    def __init__(self, keys, in_place):
        self.keys, self.in_place = keys, in_place

    def reorder(self, index):
        keys = self.keys[:, index]  # its rows are its second axis: only it knows
        if not self.in_place:
            return Cache(keys, False)
        self.keys = keys
        return None


def test_reorder_moves_rows_of_whatever_holds_them():
    scalar = torch.tensor(7.0)
    state = {"a": rows(1, 2, 3), "b": (rows(4, 5, 6), [rows(7, 8, 9)]), "c": None, "d": "x", "e": 2}
    state |= {"f": Pair(rows(1, 2, 3), 0.5), "g": scalar}
    index = torch.tensor([2, 0, 2, 1])
    moved = reorder(state, index)
    assert list(moved) == list(state)
    assert moved["a"].flatten().tolist() == [3, 1, 3, 2]
    assert isinstance(moved["b"], tuple)
    assert isinstance(moved["b"][1], list)
    assert moved["b"][0].flatten().tolist() == [6, 4, 6, 5]
    assert moved["b"][1][0].flatten().tolist() == [9, 7, 9, 8]
    assert (moved["c"], moved["d"], moved["e"]) == (None, "x", 2)
    assert isinstance(moved["f"], Pair)
    assert moved["f"].left.flatten().tolist() == [3, 1, 3, 2]
    assert moved["f"].right == 0.5
    assert moved["g"] is scalar
    assert state["a"].flatten().tolist() == [1, 2, 3]  # the old state is as it was


@pytest.mark.parametrize("in_place", [True, False])
def test_reorder_leaves_it_to_an_object_that_can(in_place):
    cache = Cache(torch.tensor([[1, 2], [3, 4]]), in_place)
    moved = reorder((cache,), torch.tensor([1, 1]))[0]
    assert moved.keys.tolist() == [[2, 2], [4, 4]]
    assert (moved is cache) == in_place


def test_first_ids_counts_the_rows_of_the_first_tensor():
    ids = first_ids(4, {"n": 1, "s": torch.tensor(2.0), "x": [None, (torch.zeros(3, 2),)]})
    assert ids.tolist() == [4, 4, 4]
    assert ids.dtype == torch.long
    given = torch.tensor([5, 0])
    assert first_ids(given, None) is given
    assert first_ids(0, torch.zeros(1, 2)).tolist() == [0]
    assert first_ids(0, torch.zeros(2, device="meta")).device.type == "meta"


def test_take_step_gives_what_the_step_gave():
    logits, state = torch.zeros(2, V), object()
    given = take_step(lambda ids, old: (logits, state), torch.tensor([0, 1]), None, V - 1)
    assert given[0] is logits
    assert given[1] is state


# --- filters ------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature_divides_the_scores(temperature):
    logits = torch.tensor([[1.0, -3.0], [0.5, 8.0]])
    assert torch.equal(apply_temperature(logits, temperature), logits / temperature)


def kept(filtered):
    """The ids that stay, row by row."""
    return [row.isfinite().nonzero().flatten().tolist() for row in filtered]


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (1, [[3], [0, 2]]),
        (2, [[1, 3], [0, 2]]),
        (3, [[1, 2, 3], [0, 1, 2, 3, 4]]),
        (V, [[0, 1, 2, 3, 4]] * 2),
        (V + 1, [[0, 1, 2, 3, 4]] * 2),
    ],
)
def test_top_k_keeps_k_of_each_row_and_what_ties_with_the_last(k, expected):
    logits = torch.tensor([[0.0, 3.0, 2.0, 5.0, -1.0], [7.0, 1.0, 7.0, 1.0, 1.0]])
    filtered = top_k_filter(logits, k)
    assert kept(filtered) == expected
    assert torch.equal(filtered[filtered.isfinite()], logits[filtered.isfinite()])
    assert (filtered[~filtered.isfinite()] == -math.inf).all()


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.01, [[2], [4]]),
        (0.45, [[2], [3, 4]]),
        (0.55, [[2, 4], [2, 3, 4]]),
        (0.85, [[0, 2, 4], [0, 2, 3, 4]]),
        (0.96, [[0, 2, 3, 4], [0, 1, 2, 3, 4]]),
        (1.0, [[0, 1, 2, 3, 4]] * 2),
    ],
)
def test_top_p_keeps_the_token_that_crosses_p(p, expected):
    """Row 0 in order: 0.5, 0.3, 0.125, 0.05, 0.025. Row 1: 0.25, 0.25, 0.2, 0.2, 0.1."""
    probs = torch.tensor([[0.125, 0.025, 0.5, 0.05, 0.3], [0.2, 0.1, 0.2, 0.25, 0.25]])
    logits = probs.double().log() + 3.0  # not normalised
    filtered = top_p_filter(logits, p)
    assert kept(filtered) == expected
    assert torch.equal(filtered[filtered.isfinite()], logits[filtered.isfinite()])


def test_top_p_keeps_the_higher_ids_of_a_tie():
    assert kept(top_p_filter(torch.zeros(1, 4), 0.5)) == [[2, 3]]
    assert kept(top_p_filter(torch.zeros(1, 4), 0.51)) == [[1, 2, 3]]


def test_filters_take_any_leading_axes_and_leave_their_input():
    logits = torch.randn(B, T, V, generator=torch.Generator().manual_seed(0))
    copy = logits.clone()
    for narrow in (lambda x: top_k_filter(x, 2), lambda x: top_p_filter(x, 0.6)):
        assert torch.equal(narrow(logits)[1], narrow(logits[1]))
        assert torch.equal(narrow(logits)[0, 2], narrow(logits[0, 2]))
    assert torch.equal(logits, copy)


# --- sampling -----------------------------------------------------------------------------------


def fixed(probs):
    """A step that gives every row the same distribution, whatever came before."""
    logits = torch.tensor(probs, dtype=torch.float64).log()

    def step(last, state):
        assert not torch.is_grad_enabled()
        return logits.expand(len(last), -1), state

    return step


def drawn(probs, n=20_000, seed=0, **options):
    """The share of each id among ``n`` rows of one token."""
    start = torch.zeros(n, dtype=torch.long)
    generator = torch.Generator().manual_seed(seed)
    ids = sample(fixed(probs), None, start, EOS, 1, generator=generator, **options)
    assert ids.shape == (n, 1)
    return torch.bincount(ids[:, 0], minlength=len(probs)) / n


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.1, 0.2, 0.3, 0.4]),
        ({"temperature": 0.5}, [1 / 30, 4 / 30, 9 / 30, 16 / 30]),
        ({"top_k": 2}, [0, 0, 3 / 7, 4 / 7]),
        ({"top_p": 0.65}, [0, 0, 3 / 7, 4 / 7]),
        ({"top_k": 3, "top_p": 0.7}, [0, 0, 3 / 7, 4 / 7]),
        ({"temperature": 0.5, "top_p": 0.8}, [0, 0, 9 / 25, 16 / 25]),
    ],
    ids=str,
)
def test_sampling_draws_from_the_filtered_distribution(options, expected):
    """Temperature first: at 0.5 tokens 2 and 3 hold 25/30 > 0.8; at 1 they hold 0.7 and 1 stays.

    Top-k before top-p: of the three likeliest, 2 and 3 hold 7/9 > 0.7. 20 000 draws: the largest
    standard error is 0.0035, so 0.02 is beyond five of them.
    """
    found = drawn([0.1, 0.2, 0.3, 0.4], **options)
    torch.testing.assert_close(found, torch.tensor(expected), atol=0.02, rtol=0)
    assert (found[torch.tensor(expected) == 0] == 0).all()


def test_the_same_seed_gives_the_same_ids_and_torchs_own_is_left_alone():
    step, start = fixed([0.1, 0.1, 0.4, 0.4]), torch.zeros(7, dtype=torch.long)
    before = torch.get_rng_state()
    first, again, other = (
        sample(step, None, start, EOS, 9, generator=torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(3)
    assert torch.equal(sample(step, None, start, EOS, 9), first)


def test_a_sampled_sentence_stays_ended():
    step, start = fixed([0.3, 0.3, 0.4]), torch.zeros(50, dtype=torch.long)
    ids = sample(step, None, start, EOS, 30, generator=torch.Generator().manual_seed(0))
    ended = (ids == EOS).cumsum(1) > 0
    assert (ids[ended] == EOS).all()
    assert ended[:, -1].all()
    assert not ended[:, -2].all()  # nothing is drawn once every sentence has ended
    assert ids.size(1) < 30


def test_sampling_carries_its_state_and_its_last_token():
    def step(last, state):  # the next token is last + state, for certain
        return torch.full((len(last), V), -math.inf).scatter(
            1, (last + state)[:, None] % V, 0.0
        ), state

    ids = sample(step, torch.tensor([1, 2]), torch.tensor([1, 0]), 4, 4)
    assert ids.tolist() == [[2, 3, 4], [2, 4, 4]]
    assert sample(step, torch.tensor([1, 2]), 0, 4, 2).tolist() == [[1, 2], [2, 4]]


# --- BLEU ---------------------------------------------------------------------------------------

CAT = ["the", "cat", "sat", "on", "the", "mat"]


def test_bleu_by_hand():
    """Precisions 5/6, 3/5, 2/4, 1/3 (the second "the" is clipped); lengths equal."""
    expected = 100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4)
    assert bleu([CAT], [["the", "cat", "sat", "on", "a", "mat"]]) == pytest.approx(
        expected, abs=1e-10
    )


@pytest.mark.parametrize("max_n", [1, 2, 3, 4, 6])
def test_a_perfect_translation_scores_100(max_n):
    assert bleu([CAT], [CAT], max_n) == pytest.approx(100, abs=1e-10)
    assert bleu([CAT], [CAT], max_n, "none") == pytest.approx(100, abs=1e-10)


def test_brevity_is_punished_and_length_is_not():
    short = bleu([CAT[:4]], [CAT])
    assert short == pytest.approx(100 * math.exp(1 - 6 / 4), abs=1e-10)
    longer = bleu([[*CAT, "x"]], [CAT], max_n=1)
    assert longer == pytest.approx(100 * 6 / 7, abs=1e-10)


def test_counts_are_clipped_and_pooled_over_the_corpus():
    """Each sentence may match one "the": 2 of 5 tokens."""
    hypotheses, references = [["the", "the", "the"], ["the", "dog"]], [["the"], ["the", "cat"]]
    assert bleu(hypotheses, references, 1) == pytest.approx(100 * 2 / 5, abs=1e-10)


def test_exponential_smoothing_halves_again_for_each_order_without_a_match():
    hypothesis, reference = ["a", "b", "c", "d", "e"], ["a", "b", "x", "d", "e"]
    smoothed = 100 * (4 / 5 * 2 / 4 * (1 / 2) / 3 * (1 / 4) / 2) ** (1 / 4)
    assert bleu([hypothesis], [reference]) == pytest.approx(smoothed, abs=1e-10)
    assert bleu([hypothesis], [reference], smooth="none") == 0.0
    assert bleu([hypothesis], [reference], max_n=2, smooth="none") == pytest.approx(
        100 * (4 / 5 * 2 / 4) ** (1 / 2), abs=1e-10
    )


@pytest.mark.parametrize(
    ("hypotheses", "references"),
    [([["x"] * 5], [CAT]), ([CAT[:3]], [CAT]), ([[]], [CAT]), ([CAT], [[]]), ([[]], [[]])],
)
def test_nothing_in_common_scores_nothing(hypotheses, references):
    assert bleu(hypotheses, references) == 0.0


def test_several_references_share_the_work():
    """An n-gram counts as often as in the reference that has it most; the closest length counts."""
    assert bleu([[1, 1, 2]], [[[1, 1], [2, 3, 4]]], 1) == pytest.approx(100, abs=1e-10)
    assert bleu([[1, 1, 2]], [[[1, 2], [2, 2, 2, 2]]], 1) == pytest.approx(100 * 2 / 3, abs=1e-10)
    # 3 tokens lie as far from 2 as from 4: the shorter counts, so brevity is not punished.
    assert bleu([[1, 2, 3]], [[[1, 2, 3, 4], [1, 2]]], 1) == pytest.approx(100, abs=1e-10)
    assert bleu([[1, 2, 3]], [[[1, 2, 3, 4, 5], [1]]], 1) == pytest.approx(100, abs=1e-10)
    assert bleu([[1, 2, 3]], [[[1, 2, 3, 4], []]], 1) == pytest.approx(
        100 * math.exp(1 - 4 / 3), abs=1e-10
    )
    assert bleu([(1, 2), (3, 4)], [(1, 2), [(3, 4)]], 1) == pytest.approx(100, abs=1e-10)


@pytest.mark.parametrize(
    ("tokenize", "text", "tokens"),
    [
        ("13a", "It's 3.5%, ok-ish (5-1)!", "It's 3.5 % , ok-ish ( 5 - 1 ) !"),
        ("13a", "&quot;a&amp;b&quot; &lt;c&gt; d- e.<skipped>", '" a & b " < c > d- e .'),
        ("13a", "well-\nknown\nname 1.", "wellknown name 1 ."),
        ("zh", "我有3.5元，a.b", "我 有 3.5 元 ， a . b"),
        ("char", "a b，我", "a b ， 我"),
        ("none", " a,  b. C  d", "a, b. C d"),
    ],
)
def test_text_is_cut_as_the_tokeniser_says(tokenize, text, tokens):
    """Text and tokens match perfectly, and one token more in the reference costs what it should."""
    tokens = tokens.split()
    assert corpus_bleu([text], [" ".join(tokens)], tokenize) == pytest.approx(100, abs=1e-10)
    shortened = corpus_bleu([text], [" ".join([*tokens, "x"])], tokenize)
    assert shortened == pytest.approx(100 * math.exp(1 - (len(tokens) + 1) / len(tokens)), abs=1e-9)


def test_case_counts_unless_it_is_asked_not_to():
    """Precisions 3/4, 2/3, 1/2 and, smoothed, 1/2."""
    hypothesis, reference = "The cat sat down", "the cat sat down"
    cased = 100 * (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** (1 / 4)
    assert corpus_bleu([hypothesis], [reference]) == pytest.approx(cased, abs=1e-10)
    assert corpus_bleu([hypothesis], [reference], smooth="none") == 0.0
    assert corpus_bleu([hypothesis], [reference], lowercase=True) == pytest.approx(100, abs=1e-10)
    assert corpus_bleu([hypothesis], [["x", reference]]) == pytest.approx(cased, abs=1e-10)
