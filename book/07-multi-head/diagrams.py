"""Chapter 7's diagrams: two heads from the first projection to the last, and where numbers lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place, side_by_side

CELL = 13


def heads(n_positions: int = 5, d_k: int = 2) -> Picture:
    """Draw two heads: project, split, attend, merge, project, with all shapes.

    Args:
        n_positions: T, words in the sentence.
        d_k: features of a head.
    """
    return side_by_side(
        _project_and_split(n_positions, d_k),
        _attend_and_merge(n_positions, d_k),
        alt="Multi-head attention with two heads",
    )


def _columns(d_k: int) -> list[str]:
    """The tints of a matrix whose columns are shared out among two heads."""
    return ["head 0"] * d_k + ["head 1"] * d_k


def _project_and_split(T: int, d_k: int) -> Picture:
    draw, D = Diagram(350, 324, alt=(
        "Project and split. X, of shape B, T, D, is multiplied by three learned matrices, which"
        " gives Q, K and V of the same shape. Their left columns belong to head 0, their right ones"
        " to head 1. Split, they are two sets of narrow matrices: B, H, T, d k."
    )), 2 * d_k  # fmt: skip
    x = draw.matrix(6, 26, T, D, "$X$", cell=CELL)
    draw.text((x.top[0], x.bottom[1] + 14), "$(B, T, D)$", 13, muted=True)
    wide, whole = D * CELL, []
    for number, letter in enumerate("QKV"):
        place = draw.matrix(
            350 - (3 - number) * (wide + 14), 26, T, D, f"${letter}$", tint=_columns(d_k), cell=CELL
        )
        whole.append(place)
    draw.arrow(x.right, whole[0].left, label="$W^Q, W^K, W^V$")
    middle = whole[1].bottom
    draw.text((middle[0], middle[1] + 14), "$(B, T, D)$", 13, muted=True)
    for head in range(2):
        card = draw.frame(14 + 170 * head, 184, 152, 116, f"head {head}", 0.07, radius=8, line=0)
        draw.text((card.x + 8, 197), f"head {head}", 12, "start")
        for number, letter in enumerate("QKV"):
            x0 = card.x + 76 + 44 * (number - 1) - d_k * CELL / 2
            draw.matrix(x0, 224, T, d_k, f"${letter}_{head}$", tint=f"head {head}", cell=CELL)
        x = card.top[0] if head else middle[0] - 12
        draw.arrow((x, middle[1] + 26), (x, 162), (card.top[0], 162), card.top)
    draw.text((12, 150), "split: $(B, H, T, d_k)$", 13, "start")
    return draw.picture()


def _attend_and_merge(T: int, d_k: int) -> Picture:
    draw, D = Diagram(350, 324, alt=(
        "Attend, merge and project. Each head has its own T by T weights, each row of them from a"
        " softmax, and applies them to its own values, which gives T by d k. The results are laid"
        " side by side, B, T, D, and the learned matrix W O makes the output, B, T, D, in which"
        " both heads are mixed."
    )), 2 * d_k  # fmt: skip
    join = draw.operation((224, 104), "concatenate")
    for head, y in enumerate((26, 148)):
        _attend(draw, head, y, T, d_k, join)
    merged = draw.matrix(268, 104 - T * CELL / 2, T, D, "merge", "", _columns(d_k), cell=CELL)
    draw.text((merged.bottom[0], merged.bottom[1] + 14), "$(B, T, D)$", 13, muted=True)
    draw.arrow(join.right, merged.left)
    weight = draw.matrix(268, 258, D, D, learned=True, cell=CELL)
    draw.text((weight.right[0] + 6, weight.y - 12), "$W^O$", 15, "end")
    out = draw.matrix(150, weight.center[1] - T * CELL / 2, T, D, cell=CELL)
    draw.text((14, 106), "softmax of $Q_0 K_0^⊤ / √d_k$", 12, "start", muted=True)
    draw.text((142, out.left[1] - 9), "output", 13, "end")
    draw.text((142, out.left[1] + 9), "$(B, T, D)$", 13, "end", muted=True)
    draw.arrow((merged.bottom[0], merged.bottom[1] + 26), weight.top)
    draw.arrow(weight.left, out.right)
    return draw.picture()


def _attend(draw: Diagram, head: int, y: float, T: int, d_k: int, join: Place) -> None:
    """One head: its weights times its values."""
    tint = f"head {head}"
    weights = draw.matrix(
        14, y, T, T, f"weights {head}", "$(B, H, T, T)$" if head else "", tint, cell=CELL
    )
    times = draw.operation((weights.right[0] + 18, weights.right[1]), "multiply")
    values = draw.matrix(times.right[0] + 9, y, T, d_k, f"$V_{head}$", tint=tint, cell=CELL)
    made = draw.matrix(values.right[0] + 28, y, T, d_k, f"head {head}",
                       "$(B, H, T, d_k)$" if head else "", tint, cell=CELL)  # fmt: skip
    draw.arrow(values.right, made.left)
    end = join.bottom if head else join.top
    draw.arrow(made.right, (join.center[0], made.right[1]), end)


def strides(
    words: Sequence[str] = ("the", "dog", "hid"), n_heads: int = 2, d_k: int = 2
) -> Picture:
    """Draw which numbers of memory a head reads, after view and transpose and after view alone.

    Args:
        words: a short sentence, 2 or 3 words.
        n_heads: H, 2 or 3.
        d_k: features of a head; a row of memory holds H · d_k numbers.
    """
    T, D = len(words), n_heads * d_k
    memory = np.arange(T * D)
    owner = np.tile(np.repeat(np.arange(n_heads), d_k), T)  # whose number lies at an address
    cut = memory.reshape(T, n_heads, d_k)
    return side_by_side(
        _in_memory(words, cut, owner),
        _read("view, then transpose", cut.transpose(1, 0, 2), owner, words),
        _read("view alone", memory.reshape(n_heads, T, d_k), owner, ["?"] * T),
        alt="Where the numbers of the heads lie in memory",
    )


def _strides(array: np.ndarray) -> str:
    return ", ".join(str(step // array.itemsize) for step in array.strides)


def _in_memory(words: Sequence[str], cut: np.ndarray, owner: np.ndarray) -> Picture:
    """The line of memory, and the same numbers as rows of heads."""
    T, H, d_k = cut.shape
    D, cell = H * d_k, 318 / cut.size
    tints = [f"head {head}" for head in owner]
    draw = Diagram(330, 232, alt=(
        f"x of shape T, D lies in memory as one line of {cut.size} numbers, {D} for each of the {T}"
        f" words, of which the first {d_k} belong to head 0, and so on. view only says where a row"
        f" ends: T, H, d k, with the strides {_strides(cut)}."
    ))  # fmt: skip
    draw.text((165, 10), "x in memory", 13, bold=True)
    draw.text((165, 28), f"$(T, D)$, strides {_strides(cut.reshape(T, D))}", 13, muted=True)
    line = draw.matrix(6, 66, 1, cut.size, tint=tints, cell=(cell, 24), entries=[range(cut.size)])
    for position, word in enumerate(words):
        draw.text((6 + cell * D * (position + 0.5), 54), word, 12)
        if position:
            edge = 6 + cell * D * position
            draw.line((edge, 48), (edge, 94), width=2)
    left = 165 - (H * d_k * 24 + (H - 1) * 8) / 2
    for head in range(H):
        at = {"x": left + head * (d_k * 24 + 8), "y": 136, "cell": 24}
        draw.matrix(
            rows=T, columns=d_k, name="", tint=f"head {head}", entries=cut[:, head],
            row_labels=() if head else words, **at,
        )  # fmt: skip
    draw.arrow(line.bottom, (165, 132), label="view")
    draw.text((165, 220), f"$(T, H, d_k)$, strides {_strides(cut)}", 13, muted=True)
    return draw.picture()


def _read(name: str, array: np.ndarray, owner: np.ndarray, words: Sequence[str]) -> Picture:
    """What each head reads, coloured by whose it is."""
    H, T, d_k = array.shape
    mixed = any(len(set(owner[head].flatten())) > 1 for head in array)
    draw = Diagram(158, 50 + H * (24 * T + 24), alt=(
        f"{name}: H, T, d k, with the strides {_strides(array)}. Head 0 reads the numbers"
        f" {', '.join(map(str, array[0].flatten()))}: "
        + ("those of all heads, of a part of the words." if mixed else "its own, of all words.")
    ))  # fmt: skip
    draw.text((79, 10), name, 12, bold=True)
    draw.text((79, 28), f"strides {_strides(array)}", 13, muted=True)
    for head, numbers in enumerate(array):
        tints = [[f"head {owner[address]}" for address in row] for row in numbers]
        draw.matrix(
            79 - 12 * d_k, 66 + head * (T * 24 + 24), T, d_k, f"head {head}", tint=tints, cell=24,
            entries=numbers, row_labels=words,
        )  # fmt: skip
    return draw.picture()
