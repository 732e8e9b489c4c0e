"""Chapter 4's diagrams: a model with one vector in the middle, two ways to read, a beam's tree."""

from __future__ import annotations

from itertools import pairwise

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, side_by_side

SOURCE = ("the", "dog", "hid", "its", "bone")
TARGET = ("der", "Hund", "versteckte", "seinen", "Knochen", "<eos>")


def model() -> Picture:
    """Draw the encoder, the one vector, and the decoder, unrolled."""
    draw = Diagram(400, 318, (
        "Above, the encoder reads the dog hid its bone, a GRU cell for each word. Its last state is"
        " the context vector v, of shape B, H. It is the decoder's first state. Below, the decoder"
        " reads the start mark and each word written before, and writes der Hund versteckte seinen"
        " Knochen and the end mark."
    ))  # fmt: skip
    read = [draw.box(30 + 62 * j, 60, 40, 30, "GRU", learned=True) for j in range(5)]
    for cell, word in zip(read, SOURCE, strict=True):
        chip = draw.chip(cell.center[0] - 25, 112, word, 50)
        draw.arrow(chip.top, cell.bottom)
    for one, other in pairwise(read):
        draw.arrow(one.right, other.left)
    draw.text((14, 36), "encoder: reads, writes nothing", 13, "start", bold=True)
    vector = draw.matrix(346, 68, 1, 4, tint="lit", cell=12)
    draw.arrow(read[-1].right, vector.left, tint="lit", width=2.2)
    draw.text((370, 52), "$v$ (B, H)", 13)
    draw.text((14, 158), "decoder: reads what was written, writes the next", 13, "start", bold=True)
    write = [draw.box(14 + 64 * j, 222, 40, 28, "GRU", learned=True) for j in range(6)]
    draw.arrow(vector.bottom, (370, 142), (6, 142), (6, 236), write[0].left, tint="lit", width=2.2)
    for t, cell in enumerate(write):
        x = cell.center[0]
        draw.text((x, 186), TARGET[t], 11)
        draw.arrow(cell.top, (x, 195))
        draw.arrow((x, 272), cell.bottom)
        draw.text((x, 284 + 14 * (t % 2)), (("<bos>", *TARGET)[t]), 11)
        if t:
            draw.arrow(write[t - 1].right, cell.left)
    return draw.picture()


def reading() -> Picture:
    """Draw the same decoder while it learns and while it writes."""
    return side_by_side(_reads(True), _reads(False), alt="What the decoder reads")


def _reads(forced: bool) -> Picture:
    said = ("der", "Katze", "versteckte")
    name = "learning: reads the truth" if forced else "writing: reads itself"
    draw = Diagram(300, 200, (
        f"{name}. At the second step the decoder says Katze, which is wrong. "
        + ("It then reads Hund, the true word, all the same." if forced
           else "It then reads Katze, and goes on from there.")
    ))  # fmt: skip
    draw.text((150, 12), name, 13, bold=True)
    read = ("<bos>", "der", "Hund" if forced else "Katze")
    cells = [draw.box(36 + 92 * t, 92, 44, 28, "GRU", learned=True) for t in range(3)]
    for t, cell in enumerate(cells):
        x = cell.center[0]
        above = draw.chip(x - 38, 42, said[t], 76, tint="negative" if t == 1 else "plain")
        tint = "lit" if t == 2 and forced else "negative" if t == 2 else "plain"
        below = draw.chip(x - 34, 148, read[t], 68, tint=tint)
        draw.arrow(cell.top, above.bottom)
        draw.arrow(below.top, cell.bottom)
        if t:
            draw.arrow(cells[t - 1].right, cell.left)
            if not forced:
                middle = x - 46
                draw.arrow((middle + 2, 66), (middle, 132), (x - 20, 147), tint="lit", dashed=True)
    if forced:
        draw.text((150, 188), "below: the target, one place to the right", 12, muted=True)
    return draw.picture()


def tree() -> Picture:
    """Draw two steps of a beam of two over chapter 4's table."""
    draw = Diagram(390, 214, (
        "A beam of two. After one step der with 0.60 and ein with 0.40 are kept. After two, ein"
        " Hund with 0.38 and der Hund with 0.30 are kept; der Knochen with 0.18, der Welpe with"
        " 0.12 and ein Knochen with 0.02 are dropped."
    ))  # fmt: skip
    root = draw.chip(6, 94, "<bos>", 58)
    first = {"der": (48, "0.60"), "ein": (148, "0.40")}
    second = {
        "der": (("Hund", 20, "0.30", True), ("Knochen", 56, "0.18", False),
                ("Welpe", 92, "0.12", False)),
        "ein": (("Hund", 142, "0.38", True), ("Knochen", 178, "0.02", False)),
    }  # fmt: skip
    for word, (y, chance) in first.items():
        chip = draw.chip(112, y, word, 50, tint="lit")
        draw.arrow(root.right, chip.left, width=2)
        draw.text((137, y + 34), chance, 12)
        for child, height, product, kept in second[word]:
            leaf = draw.chip(232, height, child, 84, tint="lit" if kept else "plain")
            draw.arrow(chip.right, leaf.left, width=2 if kept else 1, dashed=not kept)
            draw.text((322, height + 12), product + ("" if kept else " ✕"), 12, "start")
    return draw.picture()
