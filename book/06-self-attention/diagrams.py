"""Chapter 6's diagrams: the projections, one row of attention, and how far apart two words are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place, side_by_side

WORDS = ("the", "dog", "hid", "its", "bone")


def projections(
    words: Sequence[str] = WORDS, d_model: int = 4, d_k: int = 4, d_v: int = 2
) -> Picture:
    """Draw how the words' vectors become queries, keys and values, with all shapes.

    Args:
        words: the sentence.
        d_model: features of a word.
        d_k: features of a query and of a key.
        d_v: features of a value.
    """
    draw = Diagram(360, 372, alt=(
        f"The matrix X has a row for each of the {len(words)} words and {d_model} columns: T by D."
        f" It is multiplied by three learned matrices. By W Q, D by d k, it gives the queries Q, T"
        f" by d k; by W K, of the same shape, the keys K; by W V, D by d v, the values V, T by d v."
    ))  # fmt: skip
    size = {"cell": 14}
    x = draw.matrix(42, 186 - 7 * len(words), len(words), d_model, "$X$", "$T × D$",
                    row_labels=words, **size)  # fmt: skip
    lanes = (("Q", "queries", "query", "d_k", d_k), ("K", "keys", "key", "d_k", d_k),
             ("V", "values", "value", "d_v", d_v))  # fmt: skip
    for lane, (letter, name, tint, width, columns) in enumerate(lanes):
        y = 60 + 126 * lane
        weight = draw.matrix(162, y - 7 * d_model, d_model, columns, f"$W^{letter}$",
                             f"$D × {width}$", tint, learned=True, **size)  # fmt: skip
        made = draw.matrix(294, y - 7 * len(words), len(words), columns, f"{name} ${letter}$",
                           "", tint, **size)  # fmt: skip
        draw.arrow(x.right, (x.right[0] + 22, x.right[1]), (x.right[0] + 22, y), (158, y))
        draw.arrow(weight.right, made.left, label=f"$T × {width}$")
    return draw.picture()


def row(words: Sequence[str], asks: int, Q: Tensor, K: Tensor, V: Tensor) -> Picture:
    """Draw one row of attention: a query, the scores, the weights, and what is returned.

    Args:
        words: the sentence, at most 5 words.
        asks: which word asks.
        Q, K, V: ``(T, d_k)``, ``(T, d_k)`` and ``(T, d_v)``, their rows those of the words.
    """
    scores = K @ Q[asks]  # (T,)
    scaled = scores / math.sqrt(K.size(-1))  # (T,)
    weights = scaled.softmax(dim=-1)  # (T,)
    shares = ", ".join(f"{word} {w:.2f}" for word, w in zip(words, weights.tolist(), strict=True))
    draw = Diagram(360, 420, alt=(
        f"One row of attention. The query of {words[asks]} is multiplied with the key of each word,"
        f" which gives five scores. They are divided by the square root of d k, and softmax turns"
        f" them into weights: {shares}. The values, each times its weight, are added: the output"
        f" of {words[asks]}."
    ))  # fmt: skip
    centers = [100 + 56 * j for j in range(len(words))]
    _ask(draw, words, asks, centers, Q, K)
    _share(draw, centers, scores, scaled, weights)
    _mix(draw, words[asks], centers, weights, V)
    return draw.picture()


def _strength(rows: Tensor, all_rows: Tensor) -> Tensor:
    """Numbers as levels: the largest of its matrix is 1."""
    return rows / all_rows.abs().max().clamp(min=1e-9)


def _ask(
    draw: Diagram, words: Sequence[str], asks: int, centers: list[int], Q: Tensor, K: Tensor
) -> None:
    """The words, their keys, and the query that meets each of them."""
    wide, y = K.size(-1), 88
    cell = 44 / wide
    query = draw.matrix(8, y - cell / 2, 1, Q.size(-1), "query", tint="query", cell=cell,
                        levels=_strength(Q[asks : asks + 1], Q))  # fmt: skip
    draw.text((30, y + 18), words[asks], 12)
    draw.text((30, 45), "keys", 13, muted=True)
    draw.line(query.right, (centers[-1] - 9, y), tint="query", width=1.6)
    for j, x in enumerate(centers):
        word = draw.chip(x - 24, 2, words[j], width=48)
        key = draw.matrix(
            x - 22, 40, 1, wide, tint="key", cell=cell, levels=_strength(K[j : j + 1], K)
        )
        meet = draw.operation((x, y), "multiply")
        draw.line(word.bottom, key.top, width=0.8)
        draw.arrow(key.bottom, meet.top)
        draw.arrow(meet.bottom, (x, 116))


def _share(
    draw: Diagram, centers: list[int], scores: Tensor, scaled: Tensor, weights: Tensor
) -> None:
    """From scores to weights, as numbers in cells."""
    left, count = centers[0] - 26, len(centers)
    soft = draw.softmax(left, 190, 56 * count - 4)
    lines = (
        (118, "scores", scores, [[0.0] * count], ".3g"),
        (154, "$÷ √d_k$", scaled, [[0.0] * count], ".3g"),
        (230, "weights", weights, [weights.tolist()], ".2f"),
    )
    for y, name, numbers, levels, form in lines:
        draw.text((58, y + 12), name, 13, "end", muted=True)
        for j, x in enumerate(centers):
            entry, level = f"{numbers[j]:{form}}", [[levels[0][j]]]
            draw.matrix(x - 24, y, 1, 1, tint="positive" if any(levels[0]) else "plain",
                        cell=(48, 24), levels=level, entries=[[entry]])  # fmt: skip
    for x in centers:
        draw.arrow((x, 142), (x, 154), width=1)
        draw.line((x, 178), (x, soft.y), width=1)
        draw.arrow((x, soft.bottom[1]), (x, 230), width=1)


def _mix(draw: Diagram, word: str, centers: list[int], weights: Tensor, V: Tensor) -> None:
    """Each value times its weight, added up: the thicker the line, the larger the weight."""
    wide, middle = V.size(-1), sum(centers) / len(centers)
    cell = min(14.0, 44 / wide)
    total = draw.operation((middle, 362), "add")
    draw.text((58, 293), "values", 13, "end", muted=True)
    for j, x in enumerate(centers):
        value = draw.matrix(x - cell * wide / 2, 286, 1, wide, tint="value", cell=cell,
                            levels=_strength(V[j : j + 1], V))  # fmt: skip
        weight = weights[j].item()
        draw.arrow((x, 254), value.top, width=1)
        draw.line(value.bottom, (x, 318), (middle, 336), total.top, tint="positive",
                  width=0.6 + 6 * weight, opacity=0.35 + 0.65 * weight)  # fmt: skip
    output = draw.matrix(middle - cell * wide / 2, 398, 1, wide, tint="value", cell=cell,
                         levels=_strength((weights @ V)[None], V))  # fmt: skip
    draw.arrow(total.bottom, output.top)
    numbers = ", ".join(f"{x:.2f}" for x in (weights @ V).tolist())
    draw.text((output.right[0] + 8, output.right[1]), f"({numbers})", 12, "start")
    draw.text((output.x - 8, output.left[1]), f"output of {word}", 13, "end", muted=True)


def paths(words: Sequence[str] = WORDS, width: int = 3) -> Picture:
    """Draw how many steps lie between the first and the last word in three kinds of layer.

    Args:
        words: the sentence, 3 to 5 words.
        width: of the convolution: how many neighbours a layer reads, the word itself included.
    """
    if not 3 <= len(words) <= 5:
        raise ValueError(f"words has {len(words)} words; wanted 3 to 5")
    if not 2 <= width <= len(words):
        raise ValueError(f"width={width}; wanted 2 to {len(words)}")
    return side_by_side(
        _recurrent(words), _convolution(words, width), _attention(words), alt="Three kinds of layer"
    )


def _panel(
    words: Sequence[str], name: str, steps: int, unit: str, alt: str
) -> tuple[Diagram, list[Place]]:
    """A panel with its name, the number of steps, and the words at its foot."""
    draw = Diagram(222, 206, alt)
    draw.text((111, 10), name, 13, bold=True)
    draw.text((111, 28), f"{steps} {unit}{'s' if steps > 1 else ''}", 12, muted=True)
    step = 44
    first = 111 - step * (len(words) - 1) / 2
    return draw, [draw.chip(first + step * j - 20, 180, w, width=40) for j, w in enumerate(words)]


def _recurrent(words: Sequence[str]) -> Picture:
    steps = len(words) - 1
    draw, chips = _panel(words, "recurrent", steps, "step", (
        f"Recurrent: each word feeds a state and each state the next, so that the first word"
        f" reaches the last state after {steps} steps, one after the other."
    ))  # fmt: skip
    states = [draw.box(c.center[0] - 11, 104, 22, 22, lit=True) for c in chips]
    for j, (chip, state) in enumerate(zip(chips, states, strict=True)):
        draw.arrow(chip.top, state.bottom, tint="plain" if j else "lit", width=1 if j else 2.4)
    for before, after in pairwise(states):
        draw.arrow(before.right, after.left, tint="lit", width=2.4)
    return draw.picture()


def _convolution(words: Sequence[str], width: int) -> Picture:
    layers = math.ceil((len(words) - 1) / (width - 1))
    draw, below = _panel(words, "convolution", layers, "layer", (
        f"Convolution: each place reads {width} places of the layer below, so that the first word"
        f" reaches the last place after {layers} layers, one on top of the other."
    ))  # fmt: skip
    reached = 0
    for layer in range(layers):
        goal = min(reached + width - 1, len(words) - 1)
        y = 180 - 120 * (layer + 1) / layers
        above = [
            draw.box(place.center[0] - 11, y, 22, 22, lit=j == goal)
            for j, place in enumerate(below)
        ]
        for j, place in enumerate(above):
            for i in range(max(0, j - width + 1), j + 1):
                if (i, j) != (reached, goal):
                    draw.line(below[i].top, place.bottom, width=0.7, opacity=0.6)
        draw.arrow(below[reached].top, above[goal].bottom, tint="lit", width=2.4)
        below, reached = above, goal
    return draw.picture()


def _attention(words: Sequence[str]) -> Picture:
    draw, chips = _panel(words, "attention", 1, "step", (
        "Attention: the last place reads all words at once, so that the first word reaches it in"
        " one step."
    ))  # fmt: skip
    places = [draw.box(c.center[0] - 11, 60, 22, 22, lit=c is chips[-1]) for c in chips]
    for chip in chips:
        for place in places:
            if place is not places[-1] or chip is not chips[0]:
                last = place is places[-1]
                draw.line(
                    chip.top, place.bottom, width=1.1 if last else 0.6, opacity=1 if last else 0.3
                )
    draw.arrow(chips[0].top, places[-1].bottom, tint="lit", width=2.4)
    return draw.picture()
