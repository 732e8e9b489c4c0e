"""Small generated pictures with their captions: a shape, its colour, and where it is."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

SIDE, NOISE = 8, 0.1  # pixels, and the standard deviation of what is added to each
COLOURS = {
    "red": (1.0, 0.1, 0.1), "green": (0.1, 0.8, 0.2), "blue": (0.2, 0.3, 1.0),
    "yellow": (0.9, 0.8, 0.1), "white": (1.0, 1.0, 1.0),
}  # fmt: skip
SHAPES = {
    "square": "111/111/111", "ring": "111/101/111", "cross": "010/111/010", "bar": "000/111/000",
    "pole": "010/010/010", "dot": "000/010/000",
}  # fmt: skip
ROWS = {"top": 0, "bottom": SIDE - 3}
COLUMNS = {"left": 0, "right": SIDE - 3}
THINGS = tuple(itertools.product(COLOURS, SHAPES, ROWS, COLUMNS))
# Every seventh combination is never trained on: its caption has to be put together.
HELD_OUT = THINGS[::7]


def caption(thing: tuple[str, str, str, str]) -> list[str]:
    """The words of one caption."""
    colour, shape, row, column = thing
    return f"a {colour} {shape} at the {row} {column} .".split()


WORDS = ("<start>", *sorted({word for thing in THINGS for word in caption(thing)}))


def draw(thing: tuple[str, str, str, str], generator: torch.Generator) -> Tensor:
    """One picture, (3, SIDE, SIDE): a shape in its corner, and noise."""
    colour, shape, row, column = thing
    mask = torch.tensor([[float(c) for c in line] for line in SHAPES[shape].split("/")])  # (3, 3)
    top, left = ROWS[row], COLUMNS[column]
    picture = torch.zeros(3, SIDE, SIDE)
    picture[:, top : top + 3, left : left + 3] = torch.tensor(COLOURS[colour]).view(3, 1, 1) * mask
    return picture + NOISE * torch.randn(picture.shape, generator=generator)


def gallery(n: int, held_out: bool, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Pictures as vectors (n, 3 * SIDE * SIDE), and captions as ids (n, T), <start> first."""
    generator = torch.Generator().manual_seed(seed)
    things = [thing for thing in THINGS if (thing in HELD_OUT) == held_out]
    chosen = torch.randint(len(things), (n,), generator=generator).tolist()
    images = torch.stack([draw(things[i], generator) for i in chosen])  # (n, 3, SIDE, SIDE)
    said = [[0, *(WORDS.index(word) for word in caption(things[i]))] for i in chosen]
    return images.flatten(1), torch.tensor(said)
