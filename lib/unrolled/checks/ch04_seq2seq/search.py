"""Chapter 4, writing: greedy search and beam search."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks.ch04_seq2seq.toys import Chain, ask, chain, overtake, reader
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch04 as mistakes
from unrolled.checks.sections import section
from unrolled.checks.transplant import Unfit

CHAPTER = "04-seq2seq"
MODULE = "unrolled.decoding.search"


def _ids(draw: Draw) -> tuple[int, int, int]:
    """A vocabulary's size, bos_id and eos_id: the ends are neither 0 nor the last id."""
    V = 5 if draw.small else draw.integer(6, 8)
    eos_id = draw.integer(1, V - 2)
    return V, draw.show("bos_id", V - 1), draw.show("eos_id", eos_id)


def _each(draw: Draw, B: int, V: int, eos_id: int) -> torch.Tensor:
    """A start for each sentence, the first two different."""
    others = [token for token in range(V) if token != eos_id]
    first = draw.integer(0, len(others) - 1)
    each = [others[(first + n) % len(others)] for n in range(B)]
    return draw.show("bos_id", torch.tensor(each))


def _greedy_chain(answer: Handle, draw: Draw) -> Any:
    V, _, eos_id = _ids(draw)
    (B,) = draw.sizes("B")
    logits = draw.normal("logits after each last id", V, V, scale=2.0)
    logits[:, eos_id] -= 2.0
    starts, max_len = _each(draw, B, V, eos_id), draw.show("max_len", draw.integer(4, 6))
    return ask(answer, Chain(logits), None, starts, eos_id, max_len)[0]


def _greedy_state(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B, T = draw.sizes("B T")
    decoder = reader(draw, B, V, eos_id, [T + 2] * B)
    max_len = draw.show("max_len", T + 4)
    return ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len)[0]


def _lengths(draw: Draw, B: int) -> list[int]:
    """Lengths of B sentences, all different but for the first and the last."""
    first = draw.integer(2, 3)
    lengths = [first + (2 * b) % (B + 1) for b in range(B)]
    return lengths if draw.integer(0, 1) else lengths[::-1]


def _greedy_ends(answer: Handle, draw: Draw) -> Any:
    V, _, eos_id = _ids(draw)
    B = max(draw.sizes("B")[0], 2)
    decoder = reader(draw, B, V, eos_id, _lengths(draw, B))
    starts, max_len = _each(draw, B, V, eos_id), draw.show("max_len", 20)
    return ask(answer, decoder, decoder.start(), starts, eos_id, max_len)[0]


def _greedy_never(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B, T = draw.sizes("B T")
    decoder = reader(draw, B, V, eos_id, [99] * B)
    max_len = draw.show("max_len", T + 1)
    return ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len)[0]


def _greedy_one(answer: Handle, draw: Draw) -> Any:
    """The first sentence would end at once, the others later; there is room for one token."""
    V, bos_id, eos_id = _ids(draw)
    (B,) = draw.sizes("B")
    decoder = reader(draw, B, V, eos_id, [1, *[2] * (B - 1)])
    return ask(answer, decoder, decoder.start(), bos_id, eos_id, draw.show("max_len", 1))[0]


def _greedy_stops(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B = max(draw.sizes("B")[0], 2)
    decoder = reader(draw, B, V, eos_id, _lengths(draw, B))
    max_len = draw.show("max_len", 20)
    _, asked = ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len)
    return {"steps asked for": asked}


GREEDY_DECODE = Exercise(
    id="greedy_decode",
    chapter=CHAPTER,
    module=MODULE,
    section=section("sec-04-greedy"),
    probes=(
        Probe("a decoder without a state", _greedy_chain, 1),
        Probe("a decoder that reads its state", _greedy_state, 2),
        Probe("sentences that end at different times", _greedy_ends, 2),
        Probe("max_len cuts what never ends", _greedy_never, 1),
        Probe("room for one token", _greedy_one, 1),
        Probe("stops when every sentence has ended", _greedy_stops, 1),
    ),
    mistakes=mistakes.GREEDY_DECODE,
    hints=(
        "Two things go from one step to the next: the token made last, and the state.",
        "Keep a boolean (B,), which sentences have ended; masked_fill writes eos_id over what they "
        "would still make.",
        "In the loop: logits, state = step(last, state); last = logits.argmax(-1)"
        ".masked_fill(ended, eos_id); append it; ended = ended | (last == eos_id); stop if all.",
    ),
    difficulty=2,
    minutes=25,
)


def _found(result: Any) -> dict[str, Any]:
    """The pair that a beam search returns, its parts by name."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise Unfit("a pair (ids, scores) is wanted")
    return dict(zip(("ids", "scores"), result, strict=True))


def _beams_cross(answer: Handle, draw: Draw) -> Any:
    """The likeliest first token leads to the less likely sentence."""
    p, end = draw.integer(53, 62) / 100, draw.integer(90, 96) / 100
    eos_id = draw.show("eos_id", 1)
    decoder = chain(draw, [
        [0.01, 0.01, p, 1 - p], [0.3, 0.2, 0.3, 0.2], [0.22, 0.42, 0.2, 0.16],
        [0.01, end, 0.01, 0.02],
    ])  # fmt: skip
    start = draw.show("bos_id", torch.tensor([0]))
    max_len, K = draw.show("max_len", 6), draw.show("beam_size", 2)
    return _found(ask(answer, decoder, None, start, eos_id, max_len, K)[0])


def _beams_of_one(answer: Handle, draw: Draw) -> Any:
    """Both beams worth keeping after two tokens come from one; a poor one has ended before."""
    p, q = draw.integer(80, 86) / 100, draw.integer(36, 42) / 100
    eos_id = draw.show("eos_id", 1)
    decoder = chain(draw, [
        [0, 0.06, p, 0.94 - p, 0, 0], [0.2, 0.2, 0.1, 0.2, 0.1, 0.2], [0, 0.05, 0, 0, 0.94 - q, q],
        [0.2, 0.3, 0.1, 0.2, 0.1, 0.1], [0.2, 0.2, 0.1, 0.3, 0.1, 0.1], [0, 0.95, 0.03, 0.02, 0, 0],
    ])  # fmt: skip
    start = draw.show("bos_id", torch.tensor([0]))
    max_len, K = draw.show("max_len", 5), draw.show("beam_size", 3)
    return _found(ask(answer, decoder, None, start, eos_id, max_len, K)[0])


def _beams_state(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B = draw.small or draw.integer(6, 7)
    decoder = reader(draw, B, V, eos_id)
    decoder.tables[..., eos_id] -= 1.0
    max_len, K = draw.show("max_len", 6), draw.show("beam_size", draw.integer(3, 4))
    return _found(ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len, K)[0])


def _one_beam(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B = draw.small or 4
    decoder = reader(draw, B, V, eos_id)
    max_len, K = draw.show("max_len", 5), draw.show("beam_size", 1)
    return _found(ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len, K)[0])


def _beams_end(answer: Handle, draw: Draw) -> Any:
    V, _, eos_id = _ids(draw)
    B = max(draw.sizes("B")[0], 2)
    lengths = _lengths(draw, B)
    decoder = reader(draw, B, V, eos_id, lengths)
    # The longest sentence ends where max_len would cut it.
    starts, max_len = _each(draw, B, V, eos_id), draw.show("max_len", max(lengths))
    return _found(ask(answer, decoder, decoder.start(), starts, eos_id, max_len, 3)[0])


def _beams_never_end(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B, T = draw.sizes("B T")
    decoder = reader(draw, B, V, eos_id, [99] * B)
    max_len = draw.show("max_len", T + 1)
    return _found(ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len, 3)[0])


def _beams_many(answer: Handle, draw: Draw) -> Any:
    """More beams than there are tokens: they do not repeat each other, but may end in one token."""
    V, bos_id, eos_id = _ids(draw)
    B = max(draw.sizes("B")[0], 2)
    decoder = reader(draw, B, V, eos_id)
    overtake(decoder, bos_id, eos_id)
    K = draw.show("beam_size", V + draw.integer(2, 4))
    max_len = draw.show("max_len", 4)
    return _found(ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len, K)[0])


def _beams_penalty(answer: Handle, draw: Draw) -> Any:
    V, bos_id, eos_id = _ids(draw)
    B = draw.small or 6
    decoder = reader(draw, B, V, eos_id)
    decoder.tables[:, bos_id + 1, eos_id] -= 30.0  # no sentence ends at once: its divisor is 1
    max_len, K = draw.show("max_len", 6), draw.show("beam_size", 4)
    alpha = draw.show("length_penalty", draw.integer(12, 18) / 10)
    return _found(ask(answer, decoder, decoder.start(), bos_id, eos_id, max_len, K, alpha)[0])


def _beams_catch_up(answer: Handle, draw: Draw) -> Any:
    """A long sentence is behind until its length is made up for: no early end may cut it."""
    p = draw.integer(57, 60) / 100
    eos_id = draw.show("eos_id", 1)
    decoder = chain(draw, [
        [0, p, 0.95 - p, 0.05, 0], [0.01, 0.96, 0.01, 0.01, 0.01], [0, 0.02, 0, 0.96, 0.02],
        [0, 0.01, 0.02, 0.01, 0.96], [0, 0.1, 0.9, 0, 0],
    ])  # fmt: skip
    start = draw.show("bos_id", torch.tensor([0]))
    max_len, K = draw.show("max_len", 9), draw.show("beam_size", 2)
    alpha = draw.show("length_penalty", 2.5)
    return _found(ask(answer, decoder, None, start, eos_id, max_len, K, alpha)[0])


def _beams_crowded(answer: Handle, draw: Draw) -> Any:
    """After two tokens both of the likeliest beams have ended; the best sentence is still open.

    In a second search one of the two ends at once, and so the third best token is not gone on with.
    """
    p, q = draw.integer(48, 52) / 100, draw.integer(88, 91) / 100
    eos_id = draw.show("eos_id", 1)
    decoder = chain(draw, [
        [0, p, 0.8 - p, 0.2, 0], [0.01, 0.96, 0.01, 0.01, 0.01], [0, q, 0, 0, 1 - q],
        [0, 0.9, 0.1, 0, 0], [0.02, 0.01, 0.02, 0, 0.95],
    ])  # fmt: skip
    start = draw.show("bos_id", torch.tensor([0]))
    max_len, K = draw.show("max_len", 9), draw.show("beam_size", 2)
    alpha = draw.show("length_penalty", 2.5)
    found = _found(ask(answer, decoder, None, start, eos_id, max_len, K, alpha)[0])
    decoder = chain(draw, [
        [0, p - 0.14, 0.65 - p * 2 / 3, 0.47 - p / 3, 0], [0.2, 0.2, 0.2, 0.2, 0.2],
        [0.2, 0.21, 0.19, 0.18, 0.22], [0, q, 0, 1 - q, 0], [0.23, 0.2, 0.2, 0.17, 0.2],
    ])  # fmt: skip
    second = _found(ask(answer, decoder, None, start, eos_id, max_len, K, alpha)[0])
    return {**found, **{f"{part} of a second search": value for part, value in second.items()}}


def _beams_stop(answer: Handle, draw: Draw) -> Any:
    """An open beam loses little at each step, but even the first is too much."""
    p = draw.integer(52, 58) / 100
    eos_id = draw.show("eos_id", 1)
    start = draw.show("bos_id", torch.tensor([0, 0]))
    max_len, K = draw.show("max_len", 12), draw.show("beam_size", 2)
    stops = {}
    for alpha, q in ((0.0, 0.4), (0.5, 0.2)):
        decoder = chain(draw, [
            [(1 - p - q) / 2, p, q, (1 - p - q) / 2], [0.25, 0.25, 0.25, 0.25], [0, 0, 0.99, 0.01],
            [0, 0, 0.99, 0.01],
        ])  # fmt: skip
        draw.show("length_penalty", alpha)
        _, asked = ask(answer, decoder, None, start, eos_id, max_len, K, alpha)
        stops[f"stops before max_len, length_penalty={alpha}"] = 0 < asked < max_len
    return stops


BEAM_SEARCH = Exercise(
    id="beam_search",
    chapter=CHAPTER,
    module=MODULE,
    section=section("sec-04-beam"),
    probes=(
        Probe("two beams find what greedy search misses", _beams_cross, 2),
        Probe("both best beams come from one beam", _beams_of_one, 1),
        Probe("a decoder that reads its state", _beams_state, 2),
        Probe("one beam is greedy search", _one_beam, 1),
        Probe("sentences that end at different times", _beams_end, 1),
        Probe("max_len cuts what never ends", _beams_never_end, 1),
        Probe("more beams than tokens", _beams_many, 1),
        Probe("a length penalty", _beams_penalty, 1),
        Probe("a long sentence catches up", _beams_catch_up, 1),
        Probe("ended beams make room for open ones", _beams_crowded, 1),
        Probe("stops when no open beam can win", _beams_stop, 1),
    ),
    mistakes=mistakes.BEAM_SEARCH,
    hints=(
        "Keep (B, K) scores. One step makes B rows of K * V candidates, and topk takes K of them.",
        "choice // V is the beam that a candidate comes from and choice % V its token; the beam "
        "says which row of state and ids goes on: row b * K + beam of B * K.",
        "At first only beam 0 counts, the others start at -inf. A beam that makes eos_id is set "
        "aside with scores / length_divisor(length, length_penalty) and gets -inf among the open.",
    ),
    difficulty=5,
    minutes=90,
)
