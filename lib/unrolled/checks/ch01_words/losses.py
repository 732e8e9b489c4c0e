"""What word vectors are fitted to: negative sampling and GloVe."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.ch01_words.words import CHAPTER
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch01 as mistakes
from unrolled.checks.sections import section


def _vectors(draw: Draw, N: int, K: int, D: int) -> list[Tensor]:
    shapes = {"centre": (N, D), "context": (N, D), "negatives": (N, K, D)}
    return [draw.normal(name, *shape) for name, shape in shapes.items()]


def _values(answer: Handle, draw: Draw) -> Any:
    return answer(*_vectors(draw, *draw.sizes("N K D")))


def _one_negative(answer: Handle, draw: Draw) -> Any:
    N, D = draw.sizes("N D")
    return answer(*_vectors(draw, N, 1, D))


def _one_pair(answer: Handle, draw: Draw) -> Any:
    K, D = draw.sizes("K D")
    return answer(*_vectors(draw, 1, K, D))


def _large(answer: Handle, draw: Draw) -> Any:
    N, K, D = draw.sizes("N K D")
    centre, context, negatives = _vectors(draw, N, K, D)
    # The first pair is as wrong as can be: the true word scores -400, a drawn one 400.
    unit = torch.nn.functional.normalize(centre[0], dim=0)
    centre[0], context[0], negatives[0, 0] = 20 * unit, -20 * unit, 20 * unit
    vectors = [answer.candidate.put(given, requires_grad=True) for given in (
        draw.show("centre", centre), draw.show("context", context),
        draw.show("negatives", negatives))]  # fmt: skip
    loss = answer(*vectors)
    gradients = answer.candidate.vjp([loss], [torch.ones((), dtype=draw.dtype)], vectors)
    return {"loss": loss, "gradient of centre": gradients[0]}


def _gradients(answer: Handle, draw: Draw) -> Any:
    drawn = _vectors(draw, *draw.sizes("N K D"))
    inputs = [answer.candidate.put(given, requires_grad=True) for given in drawn]
    loss = answer(*inputs)
    found = draw.pulled(loss, inputs)
    names = ("centre", "context", "negatives")
    gradients = {f"gradient of {name}": g for name, g in zip(names, found, strict=True)}
    return {"loss": loss} | gradients | dict(zip(names, inputs, strict=True))


NEGATIVE_SAMPLING_LOSS = Exercise(
    id="negative_sampling_loss",
    chapter=CHAPTER,
    module="unrolled.embeddings.word2vec",
    section=section("sec-01-negatives"),
    probes=(
        Probe("values, all sizes different", _values, 2),
        Probe("one negative a pair", _one_negative, 1),
        Probe("one pair alone", _one_pair, 1),
        Probe("scores of 400 and -400 stay finite", _large, 1),
        Probe("gradients reach all three, inputs unmodified (float64)", _gradients, 1,
              dtype=torch.float64),
    ),
    mistakes=mistakes.NEGATIVE_SAMPLING_LOSS,
    hints=(
        "A pair has 1 + K scores, all dot products with its centre vector. Which is to be large, "
        "and which are to be small? Write the shapes down: (N,) and (N, K).",
        "F.logsigmoid takes logarithm and sigmoid in one step. 1 - sigmoid(x) is sigmoid(-x).",
        "(negatives * centre.unsqueeze(1)).sum(-1) are the K scores of each pair. Add "
        "logsigmoid(true) and the sum of logsigmoid(-drawn), take minus the mean.",
    ),
    difficulty=3,
    minutes=20,
)  # fmt: skip

NAMES = ("centre", "context", "centre_bias", "context_bias")


def _glove(draw: Draw, low: int, high: int, extra: tuple[int, ...] = ()) -> list[Tensor]:
    """Draw vectors, biases and counts in halves from low to high, some of them given."""
    N, D = draw.sizes("N D")
    sizes = ((N, D), (N, D), (N,), (N,))
    given = [draw.normal(name, *size) for name, size in zip(NAMES, sizes, strict=True)]
    halves = draw.ids("counts", 2 * (high - low) + 1, N)
    counts = (halves / 2 + low).to(draw.dtype)
    counts[: len(extra)] = torch.tensor(extra, dtype=draw.dtype)
    return [*given, draw.show("counts", counts)]


def _rare(answer: Handle, draw: Draw) -> Any:
    given = _glove(draw, 1, 99)
    given[-1][0] = 0.5  # two words that occur together once, two places apart
    return answer(*given[:-1], draw.show("counts", given[-1]))


def _frequent(answer: Handle, draw: Draw) -> Any:
    return answer(*_glove(draw, 1, 400, extra=(draw.integer(150, 900), draw.integer(2, 50))))


def _shaped(answer: Handle, draw: Draw) -> Any:
    x_max = draw.show("x_max", draw.integer(3, 40) / 1.0)
    alpha = draw.show("alpha", draw.integer(1, 5) / 2)
    given = _glove(draw, 1, 60, extra=(draw.integer(50, 90), 2))
    return answer(*given, x_max, alpha)


def _unweighted(answer: Handle, draw: Draw) -> Any:
    # Without biases either: what is left are the product, the target and the mean of squares.
    centre, context, *_, counts = _glove(draw, 1, 60)
    biases = [draw.show(name, torch.zeros_like(counts)) for name in NAMES[2:]]
    return answer(centre, context, *biases, counts, alpha=draw.show("alpha", 0.0))


def _glove_gradients(answer: Handle, draw: Draw) -> Any:
    given = _glove(draw, 1, 200, extra=(300,))
    learned = [answer.candidate.put(tensor, requires_grad=True) for tensor in given[:-1]]
    counts = answer.candidate.put(given[-1])
    loss = answer(*learned, counts)
    found = draw.pulled(loss, learned)
    gradients = {f"gradient of {name}": g for name, g in zip(NAMES, found, strict=True)}
    unmodified = dict(zip((*NAMES, "counts"), (*learned, counts), strict=True))
    return {"loss": loss} | gradients | unmodified


GLOVE_LOSS = Exercise(
    id="glove_loss",
    chapter=CHAPTER,
    module="unrolled.embeddings.glove",
    section=section("sec-01-glove"),
    probes=(
        Probe("values, counts below x_max", _rare, 2),
        Probe("counts above x_max weigh 1", _frequent, 1),
        Probe("another x_max and alpha", _shaped, 1),
        Probe("alpha 0: all pairs weigh alike", _unweighted, 1),
        Probe("gradients reach vectors and biases (float64)", _glove_gradients, 1,
              dtype=torch.float64),
    ),
    mistakes=mistakes.GLOVE_LOSS,
    hints=(
        "For each pair there are a prediction, a target and a weight. Which of the three depend on "
        "the count?",
        "The prediction is a dot product and two biases. clamp(max=1) caps the weight, and so does "
        "torch.where.",
        "weights = (counts / x_max).pow(alpha).clamp(max=1); the error is the prediction minus "
        "counts.log(); return (weights * error**2).mean().",
    ),
    difficulty=2,
    minutes=15,
)  # fmt: skip
