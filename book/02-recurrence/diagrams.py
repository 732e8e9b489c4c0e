"""Chapter 2's diagrams: the network folded and unrolled, the four kinds, a gradient's way back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place, side_by_side

WORDS = ("the", "dog", "hid", "the", "cat")


def unrolled(words: Sequence[str] = WORDS) -> Picture:
    """Draw a recurrent network folded, with its loop, and unrolled over words.

    Args:
        words: what is read, 2 to 5 words.

    Raises:
        ValueError: if there are too few or too many words.
    """
    if not 2 <= len(words) <= 5:
        raise ValueError(f"words has {len(words)} words; wanted 2 to 5")
    return side_by_side(_folded(), _steps(words), alt="A recurrent network, folded and unrolled")


def _folded() -> Picture:
    draw = Diagram(128, 212, (
        "Folded: the input x t, of I numbers, goes through the matrix W i h into a step. The step's"
        " result, the state h t of H numbers, goes through the matrix W h h into the same step"
        " again, one position later."
    ))  # fmt: skip
    draw.text((64, 10), "folded", 13, bold=True)
    step = draw.box(34, 92, 60, 34, "step", learned=True)
    draw.loop(step, "$W_{hh}$", height=30)
    word = draw.chip(42, 182, "$x_t$", width=44)
    draw.arrow(word.top, step.bottom, label="$W_{ih}$")
    draw.arrow(step.right, (124, step.right[1]), label="$h_t$")
    return draw.picture()


def _steps(words: Sequence[str]) -> Picture:
    draw = Diagram(358, 212, (
        f"Unrolled over {' '.join(words)}: one copy of the step for each word, all with the same"
        " weights. Each reads its word and the state that the step before it has made, and hands"
        " its own state on. The first state is zeros."
    ))  # fmt: skip
    draw.text((179, 10), "unrolled", 13, bold=True)
    gap = 316 / len(words)
    left = 34 + gap / 2
    boxes = []
    for t, word in enumerate(words):
        x = left + gap * t
        box = draw.box(x - 17, 92, 34, 34, learned=True)
        chip = draw.chip(x - 23, 182, word, width=46)
        draw.arrow(chip.top, box.bottom)
        draw.arrow(box.top, (x, 56))
        draw.text((x, 44), f"$h_{t + 1}$", 14)
        boxes.append(box)
    draw.text((10, boxes[0].left[1]), "0", 13)
    draw.arrow((16, boxes[0].left[1]), boxes[0].left)
    for before, after in pairwise(boxes):
        draw.arrow(before.right, after.left, tint="lit", width=2)
    draw.same_weights(*boxes, label="", drop=16)
    draw.lines((left + gap * (len(words) - 1.5), 158), "same\nweights", 12, muted=True)
    return draw.picture()


KINDS = (
    ("sequence → vector", "review → sentiment", (1, 1, 1), (0, 0, 1)),
    ("vector → sequence", "picture → caption", (1, 0, 0), (1, 1, 1)),
    ("sequence → sequence", "text → next characters", (1, 1, 1), (1, 1, 1)),
    ("sequence → vector → sequence", "letters → reversed", (1, 1, 0, 0), (0, 0, 1, 1)),
)


def kinds() -> Picture:
    """Draw the four kinds of sequence modelling: where something goes in and where it comes out."""
    return side_by_side(*(_kind(*kind) for kind in KINDS), alt="Four kinds of sequence modelling")


def _kind(name: str, example: str, reads: Sequence[int], writes: Sequence[int]) -> Picture:
    places = [f"{t + 1}" for t in range(len(reads))]
    inputs = ", ".join(p for p, read in zip(places, reads, strict=True) if read)
    outputs = ", ".join(p for p, written in zip(places, writes, strict=True) if written)
    draw = Diagram(244, 160, (
        f"{name.replace('→', 'to')}, such as {example.replace('→', 'to')}: of {len(places)} steps,"
        f" input enters at {inputs} and something is written at {outputs}."
    ))  # fmt: skip
    draw.text((122, 10), name, 13, bold=True)
    draw.text((122, 150), example, 12, muted=True)
    gap = 176 / len(reads)
    steps: list[Place] = []
    for t, (read, written) in enumerate(zip(reads, writes, strict=True)):
        x = 34 + gap * (t + 0.5)
        step = draw.box(x - 12, 66, 24, 24, lit=len(reads) == 4 and t == 1)
        if read:
            draw.arrow(draw.matrix(x - 6, 118, 1, 1, tint="query", cell=12).top, step.bottom)
        if written:
            draw.arrow(step.top, draw.matrix(x - 6, 28, 1, 1, tint="value", cell=12).bottom)
        steps.append(step)
    for before, after in pairwise(steps):
        draw.arrow(before.right, after.left)
    return draw.picture()


def gradient(factors: Sequence[float], arrives: Sequence[float]) -> Picture:
    """Draw the way of a gradient back through the steps of one unit.

    Args:
        factors: what each step but the first multiplies the gradient by, 2 to 4 numbers.
        arrives: the gradient at each state, one number more; the last is where it begins.

    Raises:
        ValueError: if the lengths do not fit.
    """
    if not 2 <= len(factors) <= 4 or len(arrives) != len(factors) + 1:
        raise ValueError(
            f"factors has {len(factors)} and arrives {len(arrives)} numbers; wanted 2 to 4, and one"
            " more"
        )
    shown = ", ".join(f"{number:.3f}" for number in arrives[::-1])
    draw = Diagram(358, 236, (
        f"{len(arrives)} states in a row; the loss is at the last. The gradient flows back from"
        " state to state and is multiplied at each step by the weight and the slope of tanh: from"
        f" the last state to the first it is {shown}. At each state a share of it goes down to the"
        " weights, which add all shares."
    ))  # fmt: skip
    gap = 300 / len(arrives)
    states = []
    for t, number in enumerate(arrives):
        x = 18 + gap * (t + 0.5)
        state = draw.box(x - 26, 76, 52, 32, f"$h_{t + 1}$", lit=True)
        draw.text((x, 64), f"{number:.3f}", 12, muted=True)
        states.append(state)
    loss = draw.box(318, 76, 36, 32, "$L$")
    for before, after in pairwise([*states, loss]):
        middle = before.right[1] - 8
        draw.arrow((before.right[0], middle), (after.left[0], middle))
    ends = [*states, loss]
    for before, after, label in zip(states, ends[1:], [*factors, None], strict=True):
        low = after.left[1] + 8
        draw.arrow((after.left[0], low), (before.right[0], low), dashed=True, tint="lit")
        if label is not None:
            middle = (after.left[0] + before.right[0]) / 2
            draw.text((middle, 126), f"× {label:.2f}", 12)
    weights = draw.box(68, 194, 200, 30, "$w$ and $u$ add all shares", learned=True)
    for state in states:
        draw.arrow(state.bottom, (state.bottom[0], weights.y), dashed=True, tint="lit")
    draw.text((168, 20), "∂L / ∂h at each state", 13)
    draw.text((168, 40), "forward solid, back dashed", 12, muted=True)
    return draw.picture()
