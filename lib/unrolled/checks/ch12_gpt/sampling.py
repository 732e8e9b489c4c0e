"""Temperature, top-k and top-p.

Where an answer that changes nothing is right, a probe has ``values=False``: it earns nothing alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch12 import sampling as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "12-gpt"
MODULE = "unrolled.decoding.sampling"


def _row(draw: Draw) -> Tensor:
    V = 4 if draw.small else draw.integer(7, 10)
    return draw.normal("logits", V, scale=1.5)


def _rows(draw: Draw) -> Tensor:
    B, T = draw.sizes("B T")
    V = 4 if draw.small else draw.integer(10, 12)
    return draw.normal("logits", B, T, V, scale=1.5)


def _sharper(answer: Handle, draw: Draw) -> Any:
    logits = _row(draw)
    return answer(logits, draw.show("temperature", draw.integer(3, 7) / 10))


def _flatter(answer: Handle, draw: Draw) -> Any:
    logits = _rows(draw)
    return answer(logits, draw.show("temperature", draw.integer(15, 40) / 10))


def _unchanged(answer: Handle, draw: Draw) -> Any:
    return answer(_rows(draw), draw.show("temperature", 1.0))


def _temperature_kept(answer: Handle, draw: Draw) -> Any:
    logits = answer.candidate.put(_rows(draw))
    out = answer(logits, 0.5)
    return {"out": out, "on the device of logits": same_device(out, logits), "logits": logits}


APPLY_TEMPERATURE = Exercise(
    id="apply_temperature",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("decoding", "apply_temperature"),
    probes=(
        Probe("one row, a temperature below 1", _sharper, 1),
        Probe("(B, T, V), a temperature above 1", _flatter, 1),
        Probe("a temperature of 1 changes nothing", _unchanged, 1, values=False),
        Probe("float64 and device kept, logits unmodified", _temperature_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.APPLY_TEMPERATURE,
    hints=(
        "The equation in the docstring says where the temperature stands: in the exponent.",
        "The softmax is taken later, when a token is drawn. Here only the scores change.",
        "One division is enough: every score, by the temperature.",
    ),
    difficulty=1,
    minutes=5,
    bans=(capabilities.READY_MADE,),
)  # fmt: skip


def _k_of_a_row(answer: Handle, draw: Draw) -> Any:
    logits = _row(draw)
    return answer(logits, draw.show("k", 2 if draw.small else draw.integer(3, 5)))


def _k_of_rows(answer: Handle, draw: Draw) -> Any:
    logits = _rows(draw)
    # More than there are rows, so that neither of the other axes can stand for the vocabulary.
    most = logits.size(-1) - 2
    return answer(logits, draw.show("k", most if draw.small else draw.integer(8, most)))


def _best_alone(answer: Handle, draw: Draw) -> Any:
    return answer(_rows(draw), draw.show("k", 1))


def _k_too_large(answer: Handle, draw: Draw) -> Any:
    logits = _row(draw)
    return answer(logits, draw.show("k", logits.size(-1) + draw.integer(1, 3)))


def _k_ties(answer: Handle, draw: Draw) -> Any:
    logits = torch.tensor([3.0, 2.0, 2.0, 2.0, 1.0, 0.0])
    order = draw.ids("order", 1000, 6).argsort()
    draw.shown.pop("order")
    return answer(draw.show("logits", logits[order]), draw.show("k", 2))


def _k_kept(answer: Handle, draw: Draw) -> Any:
    logits = answer.candidate.put(_rows(draw))
    out = answer(logits, 2)
    return {"out": out, "on the device of logits": same_device(out, logits), "logits": logits}


TOP_K_FILTER = Exercise(
    id="top_k_filter",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("decoding", "top_k_filter"),
    probes=(
        Probe("one row", _k_of_a_row, 2),
        Probe("(B, T, V), each row for itself", _k_of_rows, 1),
        Probe("k = 1: the likeliest alone", _best_alone, 1),
        Probe("a k above the size of the vocabulary", _k_too_large, 1, values=False),
        Probe("tokens that tie with the last to stay", _k_ties, 1),
        Probe("float64 and device kept, logits unmodified", _k_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.TOP_K_FILTER,
    hints=(
        "Which score is the lowest that stays? All that are below it go.",
        "torch.topk gives the k largest along an axis, the last of them is that score. "
        "masked_fill puts -inf where a condition holds.",
        "Ask topk for min(k, V) and keep the axis with values[..., -1:], so that it compares with "
        "every score of its row.",
    ),
    difficulty=2,
    minutes=10,
    bans=(capabilities.READY_MADE,),
)  # fmt: skip


def clear_p(logits: Tensor) -> float:
    """A p that no sum of probabilities is near, so that rounding decides nothing."""
    sums = logits.double().softmax(-1).sort(dim=-1, descending=True).values.cumsum(-1)
    tried = [percent / 100 for percent in range(60, 91)]
    return max(tried, key=lambda p: float((sums - p).abs().min()))


def _p_of_a_row(answer: Handle, draw: Draw) -> Any:
    logits = _row(draw)
    return answer(logits, draw.show("p", clear_p(logits)))


def _p_of_rows(answer: Handle, draw: Draw) -> Any:
    logits = _rows(draw)
    return answer(logits, draw.show("p", clear_p(logits)))


def _one_crosses(answer: Handle, draw: Draw) -> Any:
    logits = _row(draw)
    logits[draw.integer(0, logits.size(-1) - 1)] = 9.0
    return answer(draw.show("logits", logits), draw.show("p", draw.integer(60, 90) / 100))


def _p_of_one(answer: Handle, draw: Draw) -> Any:
    return answer(_rows(draw), draw.show("p", 1.0))


def _tiny_p(answer: Handle, draw: Draw) -> Any:
    logits = _rows(draw)
    # Here float32 has no number between the likeliest token's probability and 1.
    logits[0, 0, draw.integer(0, logits.size(-1) - 1)] = 40.0
    return answer(draw.show("logits", logits), draw.show("p", 1e-9))


def _after_top_k(answer: Handle, draw: Draw) -> Any:
    logits = _rows(draw)
    fourth = logits.topk(min(6, logits.size(-1) - 1), dim=-1).values[..., -1:]
    logits = logits.masked_fill(logits < fourth, -torch.inf)
    return answer(draw.show("logits", logits), draw.show("p", clear_p(logits)))


def _p_kept(answer: Handle, draw: Draw) -> Any:
    drawn = _rows(draw)
    logits = answer.candidate.put(drawn)
    out = answer(logits, draw.show("p", clear_p(drawn)))
    return {"out": out, "on the device of logits": same_device(out, logits), "logits": logits}


TOP_P_FILTER = Exercise(
    id="top_p_filter",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("decoding", "top_p_filter"),
    probes=(
        Probe("one row, not sorted", _p_of_a_row, 2),
        Probe("(B, T, V), each row for itself", _p_of_rows, 1),
        Probe("one token holds more than p: it stays alone", _one_crosses, 1),
        Probe("p = 1: all stay", _p_of_one, 1, values=False),
        Probe("a very small p leaves the likeliest", _tiny_p, 1),
        Probe("after top-k: scores of -inf", _after_top_k, 1),
        Probe("float64 and device kept, logits unmodified", _p_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.TOP_P_FILTER,
    hints=(
        "Sort, turn into probabilities, add up. Which tokens are past the point where the sum "
        "reaches p, and where do they stand in the row that was not sorted?",
        "sort gives values and indices; cumsum adds up; scatter with these indices brings a mask "
        "back to the old places. Try p below the likeliest token's probability: one must stay.",
        "Ascending is easiest: a token goes if the probability up to and with it is at most 1 - p. "
        "Then say that the last one never goes.",
    ),
    difficulty=3,
    minutes=25,
    bans=(capabilities.READY_MADE,),
)  # fmt: skip
