"""Chapter 1's diagrams: the merges of a word as a tree, window and negatives, what GloVe counts."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from unrolled.embeddings import cooccurrences
from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place

WORDS = ("the", "dog", "hid", "its", "bone")


def tree(word: str, merges: Sequence[tuple[bytes, bytes]]) -> Picture:
    """Draw the merges of one word as a tree, each with its place in the list of merges.

    Args:
        word: of at most 9 ASCII characters, as it is cut from the text, with its space.
        merges: what was learned, in its order.
    """
    if not (word.isascii() and 2 <= len(word) <= 9):
        raise ValueError(f"word={word!r}; wanted 2 to 9 ASCII characters")
    nodes, joined = _grow(word, merges)
    said = "; ".join(f"number {rank}, {left} and {right}" for rank, left, right, *_ in joined)
    left = "".join(f" {name}" for name, *_ in nodes)
    draw = Diagram(360, 86 + 48 * max(depth for *_, depth in nodes), alt=(
        f"The word {_shown(word)} as a tree. Its characters stand at the foot. The merges join"
        f" them from below: {said}. What remains at the top:{left}."
    ))  # fmt: skip
    cell, base = min(44.0, 330 / len(word)), draw.height - 34
    first = 180 - cell * len(word) / 2
    for i, character in enumerate(word):
        draw.chip(first + cell * i + 6, base, _shown(character), width=cell - 12)
    for rank, one, two, low, high, depth, feet in joined:
        x, y = first + cell * (low + high) / 2, base - 48 * depth
        node = draw.chip(x - 8 - 4.2 * (high - low), y, one + two, 16 + 8.4 * (high - low), "lit")
        for foot, level in feet:
            top = (first + cell * foot, base - 48 * level)
            draw.line(node.bottom, top, width=1.1)
        draw.text((node.right[0] + 5, y + 12), str(rank), 12, "start", muted=True)
    return draw.picture()


def _shown(text: str) -> str:
    return text.replace(" ", "␣")


def _grow(word: str, merges: Sequence[tuple[bytes, bytes]]) -> tuple[list, list]:
    """What is left of a word, and its joins: rank, both parts, span, depth, places of the parts."""
    nodes = [(_shown(c), i, i + 1, 0) for i, c in enumerate(word)]  # name, from, to, depth
    joined = []
    for rank, pair in enumerate(merges, 1):
        one, two = (_shown(part.decode("utf-8", "replace")) for part in pair)
        i = 0
        while i < len(nodes) - 1:
            (a, low, middle, deep), (b, _, high, other) = nodes[i], nodes[i + 1]
            if (a, b) == (one, two):
                depth = max(deep, other) + 1
                feet = (((low + middle) / 2, deep), ((middle + high) / 2, other))
                joined.append((rank, a, b, low, high, depth, feet))
                nodes[i : i + 2] = [(a + b, low, high, depth)]
            i += 1
    return nodes, joined


def window(
    words: Sequence[str] = WORDS, centre: int = 1, reach: int = 2,
    negatives: Sequence[str] = ("garden", "king", "toy"),
) -> Picture:  # fmt: skip
    """Draw a centre word, the contexts in its window, and words drawn by chance.

    Args:
        words: the sentence, at most 5 words.
        centre: which word is the centre.
        reach: of the window, on each side.
        negatives: 1 to 4 words drawn by chance.
    """
    inside = [j for j in range(len(words)) if 0 < abs(j - centre) <= reach]
    near = ", ".join(words[j] for j in inside)
    draw = Diagram(360, 236, alt=(
        f"The sentence {' '.join(words)}. The centre is {words[centre]}. Arrows lead to the words"
        f" at most {reach} places away: {near}; their scores are to rise. Dashed arrows lead to"
        f" words drawn by chance, {', '.join(negatives)}; their scores are to fall."
    ))  # fmt: skip
    step, y = 68, 92
    chips = [
        draw.chip(44 + step * j - 30, y, word, 60, "lit" if j == centre else "plain")
        for j, word in enumerate(words)
    ]
    middle, edge = chips[centre], chips[inside[0]].around(*(chips[j] for j in inside), margin=3)
    frame = edge.around(middle, margin=1)
    draw.frame(frame.x, frame.y, frame.width, frame.height, level=0, line=1, dashed=True)
    for j in inside:
        top, lift = chips[j].top, 30 + 16 * abs(j - centre)
        start = (middle.top[0] + 5 * (j - centre), middle.y)
        draw.arrow(start, (start[0], y - lift), (top[0], y - lift), top, tint="positive", width=1.8)
    draw.text((180, 16), "true contexts: score up", 13, muted=True)
    left = 180 - 40 * len(negatives)
    for k, word in enumerate(negatives):
        chip = draw.chip(left + 80 * k + 4, 184, word, 72)
        draw.arrow(middle.bottom, chip.top, tint="negative", width=1.8, dashed=True)
    draw.text((180, 226), "drawn by chance: score down", 13, muted=True)
    return draw.picture()


def counts(words: Sequence[str] = WORDS, centre: int = 1, reach: int = 3) -> Picture:
    """Draw what one word of a sentence adds to the table of counts that GloVe fits.

    Args:
        words: the sentence, 3 to 5 different words.
        centre: whose row is filled.
        reach: of the window, on each side.
    """
    ids = _ids(words)
    row = [_share(abs(j - centre), reach) for j in range(len(words))]
    said = ", ".join(f"{word} {share}" for word, share in zip(words, row, strict=True) if share)
    count = len(words)
    draw = Diagram(360, 292, alt=(
        f"The sentence {' '.join(words)} above a table of counts with a row and a column for each"
        f" word. The row of {words[centre]} is lit. A word one place away adds 1, two places away"
        f" one half, three places away one third: {said}."
    ))  # fmt: skip
    step = 66
    chips = [
        draw.chip(48 + step * j - 30, 62, word, 60, "lit" if j == centre else "plain")
        for j, word in enumerate(words)
    ]
    for j, share in enumerate(row):
        if share:
            _arc(draw, chips[centre], chips[j], share, j - centre)
    pairs, sums = cooccurrences(ids, reach)
    table = {tuple(pair): x for pair, x in zip(pairs.tolist(), sums.tolist(), strict=True)}
    entries = [[_fraction(table.get((i, j), 0)) for j in range(count)] for i in range(count)]
    levels = [[0.6 * table.get((i, j), 0) * (i == centre) for j in range(count)]
              for i in range(count)]  # fmt: skip
    draw.matrix(70, 130, count, count, tint="positive", cell=(54, 26), levels=levels,
                entries=entries, row_labels=words)  # fmt: skip
    for j, word in enumerate(words):
        draw.text((97 + 54 * j, 118), word, 12)
    draw.text((70 + 27 * count, 144 + 26 * count), "counts $X$", 13, muted=True)
    return draw.picture()


def _ids(words: Sequence[str]) -> Tensor:
    if not 3 <= len(set(words)) == len(words) <= 5:
        raise ValueError(f"words has {len(words)} words; wanted 3 to 5, all different")
    return torch.arange(len(words))


def _share(distance: int, reach: int) -> str:
    return _fraction(1 / distance) if 0 < distance <= reach else ""


def _fraction(number: float) -> str:
    """A whole number, or one over a whole number, as one writes it."""
    if number == 0:
        return ""
    return {1: "1", 2: "½", 3: "⅓", 4: "¼"}[round(1 / number)]


def _arc(draw: Diagram, centre: Place, other: Place, share: str, away: int) -> None:
    """An arrow from the centre over the words between, with what it adds."""
    lift = 8 + 14 * abs(away)
    start = (centre.top[0] + 4 * away, centre.y)
    draw.arrow(start, (start[0], centre.y - lift), (other.top[0], centre.y - lift), other.top,
               tint="positive", width=1.4)  # fmt: skip
    draw.text((other.top[0] - 9 if away < 0 else other.top[0] + 9, centre.y - 8), share, 12)
