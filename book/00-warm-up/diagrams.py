"""Chapter 0's diagrams: one run of the whole loop, and a text as its own answers."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place

LEFT, RIGHT = 84, 290  # the middles of the two columns
ALT = (
    "A loop. Characters of the text become ids. Each id picks its row of the table W, V by V, which"
    " gives a matrix of scores, T by V. Softmax turns each row into shares, and cross-entropy"
    " compares them with the next characters: one number, the loss L. Its gradient flows back to"
    " the table, whose numbers take a small step against it; then it begins again with other text."
)


def loop(characters: Sequence[str], ids: Sequence[int], vocab_size: int) -> Picture:
    """Draw text, ids, scores, loss and update as a loop.

    Args:
        characters: a piece of the text, as it is to be seen, 3 to 6 characters.
        ids: the id of each character but the last, which is only ever an answer.
        vocab_size: V, from 2 to 10; the table has a row and a column for each id.

    Raises:
        ValueError: if a length does not fit, or an id has no row.
    """
    if not 2 <= vocab_size <= 10 or not all(0 <= i < vocab_size for i in ids):
        raise ValueError(f"vocab_size is {vocab_size}; wanted 2 to 10, and more than {max(ids)}")
    if not 3 <= len(characters) <= 6 or len(ids) != len(characters) - 1:
        raise ValueError(
            f"characters has {len(characters)} and ids {len(ids)} entries; wanted 3 to 6, and one"
            " less"
        )
    draw, count, V = Diagram(360, 384, ALT), len(ids), vocab_size
    strip = {"rows": 1, "columns": count, "cell": 22}
    text = draw.matrix(LEFT - 11 * count, 24, name="text", entries=[characters[:-1]], **strip)
    numbers = draw.matrix(RIGHT - 11 * count, 24, name="ids", entries=[ids], **strip)
    cell = (90 / V, 90 / max(V, 6))
    table = draw.matrix(LEFT - 45, 128, V, V, "table $W$", "(V, V)", learned=True, cell=cell)
    scores = draw.matrix(RIGHT - 45, 128, count, V, shape="scores, (T, V)", cell=cell)
    targets = draw.matrix(LEFT - 11 * count, 286, entries=[characters[1:]], **strip)
    draw.text((LEFT, targets.bottom[1] + 12), "what came next", 12, muted=True)
    draw.arrow(text.right, numbers.left, label="$T$")
    draw.arrow(numbers.bottom, scores.top, label="pick rows", beside="left")
    draw.arrow(table.right, (scores.x, table.right[1]))
    _learn(draw, table, scores, targets)
    draw.arrow((LEFT, table.y - 24), text.bottom, label="again")
    return draw.picture()


def _learn(draw: Diagram, table: Place, scores: Place, targets: Place) -> None:
    """From the scores to the loss, and its gradient back to the table."""
    shares = draw.softmax(RIGHT - 45, 244, 90)
    entropy = draw.box(RIGHT - 60, 283, 120, 28, "cross-entropy")
    loss = draw.matrix(RIGHT - 11, 344, 1, 1, cell=22, entries=[["$L$"]])
    draw.text((loss.right[0] + 8, loss.right[1]), "loss", 13, "start")
    draw.arrow((RIGHT, scores.bottom[1] + 20), shares.top)
    draw.arrow(shares.bottom, entropy.top)
    draw.arrow(targets.right, entropy.left)
    draw.arrow(entropy.bottom, loss.top)
    back = (loss.left, (6, loss.left[1]), (6, table.left[1]), (table.x - 2, table.left[1]))
    draw.arrow(*back, dashed=True, label="gradient $∂L / ∂W$", beside="above")
    draw.text((LEFT, table.bottom[1] + 34), "$W ← W − η ∂L / ∂W$", 13)


def answers(text: str, after: str) -> Picture:
    """Draw a text as inputs and, below each, the character that came next.

    Args:
        text: as it is to be seen, 3 to 18 characters.
        after: the character whose places, and the answers to it, are lit.

    Raises:
        ValueError: if the length does not fit.
    """
    if not 3 <= len(text) <= 18:
        raise ValueError(f"text has {len(text)} characters; wanted 3 to 18")
    inputs, targets = text[:-1], text[1:]
    came = ", ".join(b for a, b in zip(inputs, targets, strict=True) if a == after)
    draw = Diagram(360, 92, alt=(
        f"Two rows of cells, one column for each position. The inputs spell {inputs}; the targets"
        f" are the same text one place on, {targets}. The columns whose input is {after} are lit;"
        f" their targets are {came}."
    ))  # fmt: skip
    left, cell = 50, 18
    tints = ["lit" if character == after else "plain" for character in inputs]
    levels = [[0.6 if character == after else 0.0 for character in inputs]]
    for y, name, row in ((22, "input", inputs), (60, "target", targets)):
        draw.text((left - 6, y + 13), name, 12, "end", muted=True)
        draw.matrix(left, y, 1, len(row), tint=tints, cell=(cell, 26), levels=levels,
                    entries=[list(row)])  # fmt: skip
    draw.text((left - 6, 9), "position", 11, "end", muted=True)
    for t in range(len(inputs)):
        draw.text((left + cell * (t + 0.5), 9), str(t), 10, muted=True)
    return draw.picture()
