"""Greedy and beam search against exhaustive search over every continuation there is."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.decoding import beam_search, greedy_decode, length_divisor

B, V = 2, 4
EOS = 1


def tables(seed, positions, dtype=torch.float64):
    """Random logits for the next token, given the sentence, the position and the last token."""
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(B, positions, V, V, dtype=dtype, generator=generator)


class Reader:
    """A step that reads a table, and counts how often it is asked."""

    def __init__(self, table):
        self.table = table
        self.calls = 0

    def start(self):
        """Which sentence each row belongs to, and where it is; a tensor, a tuple and a dict."""
        return {"sentence": torch.arange(B), "at": (torch.zeros(B, dtype=torch.long), None)}

    def __call__(self, last, state):
        assert not torch.is_grad_enabled()
        self.calls += 1
        sentence, position = state["sentence"], state["at"][0]
        logits = self.table[sentence, position, last]
        return logits, {"sentence": sentence, "at": (position + 1, None)}


def every_continuation(table, bos, max_len, alpha):
    """Each continuation of one sentence with its score: it ends with EOS or has max_len tokens."""
    log_probs = table.log_softmax(-1)
    for length in range(1, max_len + 1):
        for ids in itertools.product(range(V), repeat=length):
            if EOS in ids[:-1] or (length < max_len and ids[-1] != EOS):
                continue
            total = sum(
                log_probs[t, last, token].item()
                for t, (last, token) in enumerate(itertools.pairwise((bos, *ids)))
            )
            yield total / ((5 + length) / 6) ** alpha, list(ids)


def unpadded(row):
    ids = row.tolist()
    return ids[: ids.index(EOS) + 1] if EOS in ids else ids


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6), max_len=st.integers(1, 4), alpha=st.sampled_from([0.0, 0.6, 3.0])
)
def test_a_beam_that_is_wide_enough_finds_the_best_of_all(seed, max_len, alpha):
    table = tables(seed, max_len)
    reader = Reader(table)
    ids, scores = beam_search(reader, reader.start(), 2, EOS, max_len, V**max_len, alpha)
    for row in range(B):
        score, best = max(every_continuation(table[row], 2, max_len, alpha))
        assert unpadded(ids[row]) == best
        assert scores[row].item() == pytest.approx(score, abs=1e-10)


def beams_by_hand(table, bos, max_len, beam_size, alpha):
    """Beam search on lists of one sentence, without an early stop."""
    log_probs = table.log_softmax(-1)
    beams, done = [(0.0, [bos])], []
    for length in range(1, max_len + 1):
        longer = [
            (total + log_probs[length - 1, ids[-1], token].item(), [*ids, token])
            for total, ids in beams
            for token in range(V)
        ]
        longer = sorted(longer, reverse=True)[:beam_size]
        ended = [beam for beam in longer if beam[1][-1] == EOS or length == max_len]
        done += [(total / ((5 + length) / 6) ** alpha, ids[1:]) for total, ids in ended]
        beams = [beam for beam in longer if beam not in ended]
    return max(done)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    max_len=st.integers(1, 7),
    beam_size=st.integers(1, 6),
    alpha=st.sampled_from([0.0, 0.6, 1.0, 3.0]),
)
def test_a_narrow_beam_is_the_one_found_by_hand(seed, max_len, beam_size, alpha):
    """Stopping early never changes the result, and no sentence disturbs another."""
    table = tables(seed, max_len)
    reader = Reader(table)
    bos = torch.tensor([2, 3])
    ids, scores = beam_search(reader, reader.start(), bos, EOS, max_len, beam_size, alpha)
    for row in range(B):
        score, best = beams_by_hand(table[row], int(bos[row]), max_len, beam_size, alpha)
        assert unpadded(ids[row]) == best
        assert scores[row].item() == pytest.approx(score, abs=1e-10)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), max_len=st.integers(1, 8), alpha=st.sampled_from([0.0, 1.0]))
def test_one_beam_is_greedy(seed, max_len, alpha):
    reader = Reader(tables(seed, max_len))
    greedy = greedy_decode(reader, reader.start(), 0, EOS, max_len)
    ids, _ = beam_search(reader, reader.start(), 0, EOS, max_len, 1, alpha)
    assert torch.equal(ids, greedy)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), max_len=st.integers(1, 8))
def test_greedy_takes_the_likeliest_until_the_end(seed, max_len):
    table = tables(seed, max_len)
    reader = Reader(table)
    ids = greedy_decode(reader, reader.start(), 3, EOS, max_len)
    expected = []
    for row in range(B):
        made, last = [], 3
        while len(made) < max_len and last != EOS:
            last = int(table[row, len(made), last].argmax())
            made.append(last)
        expected.append(made)
    assert [unpadded(row) for row in ids] == expected
    longest = max(map(len, expected))
    assert ids.shape == (B, longest)
    assert reader.calls == longest  # nothing is asked for once every sentence has ended
    assert ids.tolist() == [made + [EOS] * (longest - len(made)) for made in expected]


# A chain in which greedy search errs: 2 (0.6) then EOS (0.5), but 3 (0.4) then EOS (1.0).
CHAIN = torch.tensor(
    [[0.0, 0.0, 0.6, 0.4], [0.25, 0.25, 0.25, 0.25], [0.0, 0.5, 0.3, 0.2], [0.0, 1.0, 0.0, 0.0]],
    dtype=torch.float64,
).log()


def chain(ids, state):
    return CHAIN[ids], state


def test_two_beams_find_what_greedy_search_misses():
    start = torch.tensor([0])
    assert greedy_decode(chain, None, start, EOS, 5).tolist() == [[2, EOS]]
    ids, scores = beam_search(chain, None, start, EOS, 5, 2)
    assert ids.tolist() == [[3, EOS]]
    assert scores.exp().tolist() == pytest.approx([0.4])


def test_scores_are_sums_of_log_probabilities_and_carry_no_gradient():
    CHAIN.requires_grad_()
    try:
        _, scores = beam_search(chain, None, torch.tensor([0]), EOS, 5, 1)
    finally:
        CHAIN.requires_grad_(False)
    assert scores.tolist() == pytest.approx([math.log(0.6) + math.log(0.5)], abs=1e-12)
    assert scores.dtype == torch.float64
    assert not scores.requires_grad


@pytest.mark.parametrize(("alpha", "longer"), [(0.0, False), (0.4, False), (0.6, True)])
def test_a_length_penalty_favours_the_longer_sentence(alpha, longer):
    """Two sentences: EOS with 0.3, or three tokens with 0.7 x 0.4 x 0.9 = 0.252."""
    table = torch.full((3, V, V), 1e-9, dtype=torch.float64)
    table[0, 0] = torch.tensor([0.0, 0.3, 0.7, 0.0])
    table[1, 2] = torch.tensor([0.3, 0.0, 0.3, 0.4])
    table[2, 3] = torch.tensor([0.0, 0.9, 0.1, 0.0])
    table[2, [0, 2]] = 0.25

    def step(ids, position):
        return table[position, ids].log(), position + 1

    ids, scores = beam_search(step, torch.tensor([0]), 0, EOS, 3, 5, alpha)
    if longer:
        assert ids.tolist() == [[2, 3, EOS]]
        expected = math.log(0.252) / (8 / 6) ** alpha
    else:
        assert ids.tolist() == [[EOS]]
        expected = math.log(0.3)
    assert scores.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("alpha", "calls"), [(0.0, 2), (1.0, 3), (4.0, 9)])
def test_the_search_stops_when_no_open_beam_can_win(alpha, calls):
    """After two steps 3-EOS has 0.4; the best open beam has 0.18, then 0.054 and so on down.

    With a length penalty an open beam may still catch up by growing, so it is followed until its
    log-probability, divided as if it had reached max_len, is no better.
    """
    asked = []

    def step(ids, state):
        asked.append(len(ids))
        return chain(ids, state)

    beam_search(step, None, torch.tensor([0]), EOS, 9, 3, alpha)
    assert asked == [3] * calls


def test_a_sentence_that_is_done_waits_for_the_others():
    """Row 0 ends at once, row 1 makes three tokens: row 0 is filled up and keeps its score."""
    table = torch.zeros(B, 3, V, V, dtype=torch.float64)
    table[0, :, :, EOS] = 9.0
    table[1, :2, :, 3] = 9.0
    table[1, 2, :, EOS] = 9.0
    reader = Reader(table)
    ids, scores = beam_search(reader, reader.start(), 0, EOS, 8, 2)
    assert ids.tolist() == [[EOS, EOS, EOS], [3, 3, EOS]]
    one = 9 - math.log(math.e**9 + 3)
    assert scores.tolist() == pytest.approx([one, 3 * one], abs=1e-12)
    assert greedy_decode(reader, reader.start(), 0, EOS, 8).tolist() == ids.tolist()


def test_a_beam_wider_than_the_vocabulary_repeats_no_path():
    """At first there is one beginning only, so seven beams hold three candidates, not 21."""
    seen = []

    def step(ids, path):
        seen.append([tuple(row.tolist()) for row in torch.cat([path, ids[:, None]], dim=1)])
        return torch.tensor([[0.1, 0.2, 0.3]], dtype=torch.float64).expand(len(ids), 3), torch.cat(
            [path, ids[:, None]], dim=1
        )

    start = torch.zeros(1, 0, dtype=torch.long)
    ids, scores = beam_search(step, start, 0, EOS, 2, 7)
    assert {path for path in seen[1]} >= {(0, 0), (0, 2)}
    assert ids.tolist() == [[EOS]]
    assert scores.item() == pytest.approx(torch.tensor([0.1, 0.2, 0.3]).log_softmax(0)[1].item())


def test_max_len_cuts_what_has_not_ended():
    def never(ids, state):
        return torch.tensor([[0.0, -9.0, 3.0, 0.0]]).expand(len(ids), V), state

    state = torch.zeros(3, 1)
    assert greedy_decode(never, state, 0, EOS, 5).tolist() == [[2] * 5] * 3
    ids, scores = beam_search(never, state, 0, EOS, 5, 2)
    assert ids.tolist() == [[2] * 5] * 3
    assert scores.dtype == torch.float32


def test_impossible_tokens_never_win():
    """Scores of -inf are allowed: a token that must not come does not, even in spare beams."""

    def step(ids, state):
        return torch.tensor([[0.0, -torch.inf, -torch.inf, -torch.inf]]).expand(len(ids), V), state

    ids, scores = beam_search(step, None, torch.tensor([0]), EOS, 3, 5)
    assert ids.tolist() == [[0, 0, 0]]
    assert scores.tolist() == [0.0]


@pytest.mark.parametrize(
    ("length", "alpha", "expected"),
    [(1, 0.7, 1.0), (1, 0.0, 1.0), (9, 0.0, 1.0), (7, 1.0, 2.0), (7, 2.0, 4.0), (19, 0.5, 2.0)],
)
def test_the_divisor_is_that_of_wu_et_al(length, alpha, expected):
    assert length_divisor(length, alpha) == pytest.approx(expected, abs=1e-15)


A_STATE = torch.zeros(2, 3)


def steady(ids, state):
    return torch.zeros(len(ids), V), state


@pytest.mark.parametrize("search", [greedy_decode, beam_search], ids=["greedy", "beam"])
@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"step": 3},
            TypeError,
            "step is a int, step(last_ids, state) -> (logits, state) is wanted",
        ),
        ({"bos_id": 1.0}, TypeError, "bos_id=1.0 is a float, an integer is wanted"),
        ({"bos_id": True}, TypeError, "bos_id=True is a bool, an integer is wanted"),
        ({"bos_id": -1}, ValueError, "bos_id=-1: at least 0 is wanted"),
        ({"state": None}, ValueError, "state holds no tensor that tells the number of rows"),
        ({"eos_id": "end"}, TypeError, "eos_id='end' is a str, an integer is wanted"),
        ({"eos_id": -1}, ValueError, "eos_id=-1: at least 0 is wanted"),
        ({"eos_id": V}, ValueError, "eos_id=4: an id from 0 to 3 is wanted"),
        ({"max_len": 0}, ValueError, "max_len=0: at least 1 is wanted"),
        ({"max_len": 2.0}, TypeError, "max_len=2.0 is a float, an integer is wanted"),
        ({"max_len": True}, TypeError, "max_len=True is a bool, an integer is wanted"),
    ],
)
def test_searches_refuse(search, changes, error, message):
    given = {"step": steady, "state": A_STATE, "bos_id": 0, "eos_id": EOS, "max_len": 3} | changes
    with pytest.raises(error) as raised:
        search(**given, **({"beam_size": 2} if search is beam_search else {}))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("beam_size", "length_penalty", "error", "message"),
    [
        (0, 0.0, ValueError, "beam_size=0: at least 1 is wanted"),
        (2.0, 0.0, TypeError, "beam_size=2.0 is a float, an integer is wanted"),
        (1, -0.1, ValueError, "length_penalty=-0.1: a finite number of at least 0 is wanted"),
        (1, math.inf, ValueError, "length_penalty=inf: a finite number of at least 0 is wanted"),
        (1, math.nan, ValueError, "length_penalty=nan: a finite number of at least 0 is wanted"),
    ],
)
def test_beam_search_refuses(beam_size, length_penalty, error, message):
    with pytest.raises(error) as raised:
        beam_search(steady, A_STATE, 0, EOS, 3, beam_size, length_penalty)
    assert message in str(raised.value)


def test_the_divisor_refuses_a_sentence_without_tokens():
    with pytest.raises(ValueError, match=r"length=0: at least 1 is wanted"):
        length_divisor(0, 1.0)


def test_a_beam_that_never_ends_is_cut_however_long_it_is():
    never = torch.tensor([0.0, -math.inf, 1.0])

    def step(last, state):
        return never.expand(last.size(0), 3), state

    ids, scores = beam_search(step, None, torch.tensor([0]), eos_id=1, max_len=300, beam_size=2)
    assert ids.tolist() == [[2] * 300]
    assert scores.item() == pytest.approx(300 * never.log_softmax(0)[2].item(), rel=1e-4)
