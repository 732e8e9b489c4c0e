"""Chapter 0's diagram: one run of the whole loop."""

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


def loop(characters: Sequence[str], ids: Sequence[int]) -> Picture:
    """Draw text, ids, scores, loss and update as a loop.

    Args:
        characters: a piece of the text, as it is to be seen, 3 to 6 characters.
        ids: the id of each character but the last, which is only ever an answer.

    Raises:
        ValueError: if a length does not fit.
    """
    if not 3 <= len(characters) <= 6 or len(ids) != len(characters) - 1:
        raise ValueError(
            f"characters has {len(characters)} and ids {len(ids)} entries; wanted 3 to 6, and one"
            " less"
        )
    draw, count = Diagram(360, 384, ALT), len(ids)
    strip = {"rows": 1, "columns": count, "cell": 22}
    text = draw.matrix(LEFT - 11 * count, 24, name="text", entries=[characters[:-1]], **strip)
    numbers = draw.matrix(RIGHT - 11 * count, 24, name="ids", entries=[ids], **strip)
    table = draw.matrix(LEFT - 45, 128, 6, 6, "table $W$", "$V × V$", learned=True, cell=15)
    scores = draw.matrix(RIGHT - 45, 128, count, 6, shape="$T × V$", cell=15)
    draw.text((RIGHT - 53, scores.center[1] - 14), "scores", 13, "end")
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
