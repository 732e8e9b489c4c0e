"""Positions that are added to the embeddings: a table of waves, or one that is learned."""

from __future__ import annotations

from typing import Any

import torch

from unrolled.candidate.handles import AnswerError, Handle
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import error_type, same_device
from unrolled.checks.mistakes import ch08 as mistakes
from unrolled.checks.sections import section
from unrolled.checks.transplant import Unfit

CHAPTER = "08-positions"


def under_float64(answer: Handle, *args: Any) -> Handle:
    """Call the answer while float64 is the default dtype."""
    set_default = answer.candidate.library("torch.set_default_dtype")
    set_default(torch.float64)
    made = answer(*args)
    set_default(torch.float32)
    try:
        made.attribute("dtype").value()
    except AnswerError:
        # What the answer left behind is ours: it raised before it was put back.
        answer.candidate.changed.discard("default dtype")
        raise
    return made


def made(answer: Handle, draw: Draw, *args: Any) -> Handle:
    """Call an answer that is given no tensor: it follows the default dtype, here the draw's."""
    return under_float64(answer, *args) if draw.dtype == torch.float64 else answer(*args)


def _even(answer: Handle, draw: Draw) -> Any:
    T, half = draw.sizes("T half")
    return made(answer, draw, draw.show("T", T), draw.show("d_model", 2 * half))


def _odd(answer: Handle, draw: Draw) -> Any:
    T, half = draw.sizes("T half")
    return made(answer, draw, draw.show("T", T), draw.show("d_model", 2 * half + 1))


def _single(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    return {
        "d_model=1": made(answer, draw, draw.show("T", T), 1),
        "T=1, d_model=2": made(answer, draw, 1, 2),
    }


def _base(answer: Handle, draw: Draw) -> Any:
    T, half = draw.sizes("T half")
    base = draw.show("base", 10.0 ** draw.integer(1, 2))
    return made(answer, draw, draw.show("T", T), draw.show("d_model", 2 * half), base)


def _default_dtype(answer: Handle, draw: Draw) -> Any:
    T, half = draw.sizes("T half")
    table = under_float64(answer, draw.show("T", T), draw.show("d_model", 2 * half))
    return {"table": table, "requires a gradient": table.attribute("requires_grad")}


SINUSOIDAL_POSITIONS = Exercise(
    id="sinusoidal_positions",
    chapter=CHAPTER,
    module="unrolled.positions.tables",
    section=section("sec-08-sinusoids"),
    probes=(
        Probe("values, an even d_model", _even, 2),
        Probe("an odd d_model", _odd, 1, says="an odd width has one sine more than cosines."),
        Probe("a single feature, and a single position", _single, 1),
        Probe("another base", _base, 1),
        Probe("in the default dtype, here float64, and a constant", _default_dtype, 1,
              dtype=torch.float64),
    ),
    mistakes=mistakes.SINUSOIDAL_POSITIONS,
    hints=(
        "Make the angles first: one row for each position, one column for each wave.",
        "The waves are numbered by 2i = 0, 2, 4, ...; torch.stack lays sine beside cosine on a "
        "new last axis, and flatten(1) makes them neighbours.",
        "angles = pos / base ** (two_i / d_model) with pos of shape (T, 1). An odd d_model gets "
        "one column too many this way: cut it off.",
    ),
    difficulty=2,
    minutes=20,
)  # fmt: skip


def _layer(answer: Handle, draw: Draw) -> tuple[Handle, tuple[int, int, int], int]:
    """A layer that reaches at least three positions beyond x of ``(B, T, D)``."""
    B, T, D, more = draw.sizes("B T D more")
    D += T + more == D  # an exchange of rows and columns must show
    return draw.layer(answer, T + more, D), (B, T, D), more


def _values(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw)
    return layer(draw.normal("x", *shape))


def _start(answer: Handle, draw: Draw) -> Any:
    layer, shape, more = _layer(answer, draw)
    return layer(draw.normal("x", *shape), draw.show("start", draw.integer(1, more - 1)))


def _full(answer: Handle, draw: Draw) -> Any:
    B, T, D = draw.sizes("B T D")
    layer = draw.layer(answer, T, D)
    x = draw.normal("x", B, T, D)
    last = layer(x[:, -1:], start=draw.show("start", T - 1))
    return {"as many as there are": layer(x), "the last one alone": last}


def _refuses(answer: Handle, draw: Draw) -> Any:
    # Each of these has an answer that a slice gives without a word: one row for all, or old rows.
    B, max_len, D = draw.sizes("B max_len D")
    layer = draw.layer(answer, max_len, D)
    x = draw.normal("x", B, max_len + 1, D)
    cases = {
        "one position too many": (x, 0),
        "T=2 from the last position on": (x[:, :2], max_len - 1),
        "start=-3": (x[:, :2], -3),
        "start=-1, T=1": (x[:, :1], -1),
    }
    return {name: error_type(layer(*given)) for name, given in cases.items()}


def _initial(answer: Handle, draw: Draw) -> Any:
    # 10,000 numbers: the bounds are 8 standard errors wide, chance below 1e-14 for a right answer.
    made = answer(draw.show("max_len", 100), draw.show("d_model", 100), seed=draw.noise).state()
    found = [parameter.value for parameter in made.parameters.values()]
    if not found or not all(isinstance(value, torch.Tensor) for value in found):
        raise Unfit("the layer has no parameters, weight (max_len, D) is wanted")
    weight = torch.cat([value.double().flatten() for value in found])
    far = (weight.abs() > 0.04).double().mean().item()
    return {
        "10,000 numbers": weight.numel() == 10_000,
        "not all the same": bool((weight != weight[0]).any()),
        "none far beyond": bool((weight.abs() < 0.2).all()),
        "mean near 0": abs(weight.mean().item()) < 0.0016,
        "standard deviation near 0.02": abs(weight.std().item() - 0.02) < 0.0012,
        "about 5 in 100 are beyond two standard deviations": 0.028 < far < 0.063,
    }


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw)
    x = answer.candidate.put(draw.normal("x", *shape), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x, draw.show("start", 1)), x)
    return {"x": of_x} | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    layer, shape, _ = _layer(answer, draw)
    x = answer.candidate.put(draw.normal("x", *shape))
    out = layer(x)
    return {"out": out, "on the device of x": same_device(out, x), "x": x}


LEARNED_POSITIONS = Exercise(
    id="LearnedPositions",
    chapter=CHAPTER,
    module="unrolled.positions.tables",
    section=section("sec-08-learned"),
    probes=(
        Probe("values, a text shorter than the table", _values, 2),
        Probe("a text that starts later", _start, 1),
        Probe("up to the very last position", _full, 1),
        Probe("a position without a vector is a ValueError", _refuses, 1, values=False,
              says="a position before 0 or past max_len must raise a ValueError."),
        Probe("weight at first: normal, standard deviation 0.02", _initial, 1, values=False),
        Probe("gradients reach x and weight (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 and device kept, x unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.LEARNED_POSITIONS,
    hints=(
        "One table of max_len rows, and x gets T of them added: which axis of x counts T?",
        "nn.Parameter makes a tensor that is trained; a slice of it gives (T, D), which lines up "
        "with (B, T, D) by itself.",
        "x + self.weight[start : start + T]. Compare start and start + T with max_len before: a "
        "slice that reaches past the end is shorter and says nothing.",
    ),
    difficulty=2,
    minutes=15,
)  # fmt: skip
