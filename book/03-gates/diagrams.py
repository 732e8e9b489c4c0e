"""Chapter 3's diagrams: the carousel, an LSTM's gates lit in turn, a GRU, ELMo's two directions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from unrolled.plots import Picture
from unrolled.plots.diagrams import Diagram, Place, side_by_side

WORDS = ("the", "dog", "hid", "its", "bone")
LINE, GATES, BUS = 50, 132, 188  # heights: of the memory, of the gates, of what they read
LIT, DIM = 2.4, 1.1


def carousel() -> Picture:
    """Draw a unit of chapter 2, a unit that keeps its number, and one that is guarded by gates."""
    return side_by_side(_squashed(), _kept(), _guarded(), alt="From a plain unit to a guarded one")


def _unit(name: str, alt: str) -> Diagram:
    draw = Diagram(204, 170, alt)
    draw.text((102, 10), name, 13, bold=True)
    return draw


def _squashed() -> Picture:
    draw = _unit("a unit of chapter 2", (
        "A unit of chapter 2: what comes in is added to w times the old state, and tanh squashes"
        " the sum. The state goes round through w and through tanh."
    ))  # fmt: skip
    add, squash = draw.operation((78, 118), "add"), draw.gate((136, 118), "tanh", "negative")
    times = draw.box(94, 56, 32, 24, "$w$", learned=True)
    draw.arrow((14, 118), add.left)
    draw.arrow(add.right, squash.left)
    draw.arrow(squash.right, (198, 118))
    draw.arrow((170, 118), (170, 68), times.right, tint="lit", width=LIT)
    draw.arrow(times.left, (78, 68), add.top, tint="lit", width=LIT)
    draw.text((24, 138), "$x_t$", 13)
    draw.text((186, 138), "$h_t$", 13)
    return draw.picture()


def _kept() -> Picture:
    draw = _unit("the carousel", (
        "The carousel: what comes in is added to 1 times the old memory, and nothing squashes the"
        " sum. A number that is in goes round unchanged."
    ))  # fmt: skip
    add, times = draw.operation((78, 118), "add"), draw.box(94, 56, 32, 24, "1")
    draw.arrow((14, 118), add.left)
    draw.arrow(add.right, (198, 118))
    draw.arrow((170, 118), (170, 68), times.right, tint="lit", width=LIT)
    draw.arrow(times.left, (78, 68), add.top, tint="lit", width=LIT)
    draw.text((24, 138), "$g_t$", 13)
    draw.text((186, 138), "$c_t$", 13)
    return draw.picture()


def _guarded() -> Picture:
    draw = _unit("guarded by gates", (
        "Guarded by gates: what comes in is multiplied by the input gate i, what goes round by the"
        " forget gate f, and what is shown, behind a tanh outside the loop, by the output gate o."
    ))  # fmt: skip
    add, squash = draw.operation((72, 118), "add"), draw.gate((139, 118), "tanh")
    admit, show = draw.operation((36, 118), "multiply"), draw.operation((174, 118), "multiply")
    keep = draw.operation((92, 68), "multiply")
    draw.arrow((4, 118), admit.left)
    draw.arrow(admit.right, add.left)
    draw.arrow(add.right, squash.left)
    draw.arrow(squash.right, show.left)
    draw.arrow(show.right, (202, 118))
    draw.arrow((112, 118), (112, 68), keep.right, tint="lit", width=LIT)
    draw.arrow(keep.left, (72, 68), add.top, tint="lit", width=LIT)
    for name, x, place in (("i", 36, admit), ("o", 174, show)):
        draw.arrow((x, 150), place.bottom)
        draw.text((x, 160), f"${name}$", 14)
    draw.arrow((92, 40), keep.top)
    draw.text((106, 40), "$f$", 14)
    draw.text((12, 138), "$g_t$", 13)
    draw.text((193, 138), "$h_t$", 13)
    return draw.picture()


# What each panel of the series lights: its title, the parts, and what it says.
SERIES = (
    ("the memory goes straight on", {"c"},
     "The memory: from the step before to the step after along one line, which meets a"
     " multiplication and an addition and no matrix."),
    ("forget gate: how much stays", {"f"},
     "The forget gate f, a sigmoid of the word and the last h, multiplies the old memory."),
    ("input gate: how much is written", {"i", "g"},
     "The input gate i multiplies the candidate g, a tanh, and the product is added to the"
     " memory."),
    ("output gate: how much is shown", {"o"},
     "The output gate o multiplies tanh of the new memory; the product is h, which goes out and to"
     " the next step."),
)  # fmt: skip


def gates() -> Picture:
    """Draw an LSTM cell four times, each time with another part of it lit."""
    panels = [_lstm(f"{n}  {name}", lit, alt) for n, (name, lit, alt) in enumerate(SERIES, 1)]
    return side_by_side(*panels, alt="An LSTM cell, its parts lit one at a time")


def _look(lit: bool) -> dict[str, object]:
    return {"tint": "lit", "width": LIT} if lit else {"width": DIM}


def _lstm(title: str, lit: Collection[str], alt: str) -> Picture:
    """One cell: memory above, gates in the middle, what they read below."""
    draw = Diagram(322, 216, alt)
    draw.text((12, 10), title, 13, "start", bold=True)
    keep, write = draw.operation((82, LINE), "multiply"), draw.operation((176, LINE), "add")
    admit, show = draw.operation((176, 92), "multiply"), draw.operation((296, GATES), "multiply")
    at = {"f": (82, GATES), "i": (142, GATES), "g": (210, GATES), "o": (256, GATES)}
    place = {
        name: draw.gate(center, "tanh" if name == "g" else "σ", "lit" if name in lit else "plain")
        for name, center in at.items()
    }
    squash = draw.gate((296, 92), "tanh", "lit" if "o" in lit else "plain")
    _memory(draw, keep, write, lit)
    draw.arrow(place["f"].top, keep.bottom, **_look("f" in lit))
    draw.arrow(place["i"].top, (142, 92), admit.left, **_look("i" in lit))
    draw.arrow(place["g"].top, (210, 92), admit.right, **_look("g" in lit))
    draw.arrow(admit.top, write.bottom, **_look("i" in lit))
    draw.arrow(place["o"].right, show.left, **_look("o" in lit))
    draw.arrow((296, LINE), squash.top, **_look("o" in lit))
    draw.arrow(squash.bottom, show.top, **_look("o" in lit))
    draw.arrow(show.bottom, (296, BUS), **_look("o" in lit))
    draw.text((296, BUS + 12), "$h_t$", 14)
    _read(draw, place, lit)
    return draw.picture()


def _memory(draw: Diagram, keep: Place, write: Place, lit: Collection[str]) -> None:
    draw.text((22, LINE - 18), "$c_{t-1}$", 14)
    draw.text((314, LINE - 18), "$c_t$", 14)
    draw.arrow((8, LINE), keep.left, **_look(bool(lit & {"c", "f"})))
    draw.arrow(keep.right, write.left, **_look("c" in lit))
    draw.arrow(write.right, (318, LINE), **_look("c" in lit))


def _read(draw: Diagram, place: dict[str, Place], lit: Collection[str]) -> None:
    """What all gates read: the word and the last h."""
    draw.line((40, BUS), (256, BUS), width=DIM)
    draw.text((40, BUS + 14), "$x_t, h_{t-1}$", 14, "start")
    for name, gate in place.items():
        draw.arrow((gate.bottom[0], BUS), gate.bottom, **_look(name in lit))
        draw.text((gate.x - 9, GATES), f"${name}$", 14)


def gru() -> Picture:
    """Draw an LSTM cell and a GRU cell side by side."""
    first = _lstm("LSTM: memory and state, 3 gates", {"f", "i"}, (
        "LSTM: the forget gate f and the input gate i are two, and the memory c is not h."
    ))  # fmt: skip
    return side_by_side(first, _gru(), alt="An LSTM cell beside a GRU cell")


def _gru() -> Picture:
    draw = Diagram(322, 216, (
        "GRU: one state h and two gates. The update gate z multiplies the old state, and 1 minus z"
        " multiplies the candidate n; their sum is the new state. The reset gate r multiplies the"
        " old state's share of the candidate."
    ))  # fmt: skip
    draw.text((12, 10), "GRU: one state, 2 gates", 13, "start", bold=True)
    keep, write = draw.operation((82, LINE), "multiply"), draw.operation((262, LINE), "add")
    admit, reset = draw.operation((262, 92), "multiply"), draw.operation((208, 136), "multiply")
    z, r = draw.gate((82, 136), "σ", "lit"), draw.gate((156, 136), "σ")
    rest, n = draw.gate((172, 92), "1-", "lit"), draw.gate((262, 136), "tanh")
    draw.text((22, LINE - 18), "$h_{t-1}$", 14)
    draw.text((314, LINE - 18), "$h_t$", 14)
    draw.arrow((8, LINE), keep.left)
    draw.arrow(keep.right, write.left)
    draw.arrow(write.right, (318, LINE))
    draw.arrow(z.top, keep.bottom, **_look(True))
    draw.arrow((82, 92), rest.left, **_look(True))
    draw.arrow(rest.right, admit.left, **_look(True))
    draw.arrow(admit.top, write.bottom)
    draw.arrow(n.top, admit.bottom)
    draw.arrow(r.right, reset.left)
    draw.arrow(reset.right, n.left)
    draw.line((40, BUS), (262, BUS), width=DIM)
    draw.text((40, BUS + 14), "$x_t, h_{t-1}$", 14, "start")
    for x, place in ((82, z), (156, r), (208, reset), (262, n)):
        draw.arrow((x, BUS), place.bottom, width=DIM)
    draw.text((201, 166), "$U_n h$", 13, "end")
    draw.text((61, 136), "$z$", 14)
    draw.text((135, 136), "$r$", 14)
    draw.text((283, 136), "$n$", 14)
    return draw.picture()


def elmo(words: Sequence[str] = WORDS, at: int = 2) -> Picture:
    """Draw two language models that read from both ends, and the mix of their layers.

    Args:
        words: the sentence, 3 to 5 words.
        at: the word whose vectors are lit, neither the first nor the last.
    """
    if not 3 <= len(words) <= 5 or not 0 < at < len(words) - 1:
        raise ValueError(f"words has {len(words)} words and at={at}; wanted 3 to 5, at inside")
    return side_by_side(
        _direction(words, at, 1), _direction(words, at, -1), _mixed(words[at]),
        alt="ELMo: two language models and a mix of their layers",
    )  # fmt: skip


def _direction(words: Sequence[str], at: int, step: int) -> Picture:
    """A language model of two layers that reads towards the right (1) or the left (-1)."""
    name, side = ("forward", "left") if step > 0 else ("backward", "right")
    draw = Diagram(322, 250, (
        f"The {name} language model: two layers of LSTMs read from the {side}, above the words'"
        f" vectors. At {words[at]} it predicts {words[at + step]}."
    ))  # fmt: skip
    draw.text((161, 10), f"{name} language model", 13, bold=True)
    gap = 318 / len(words)
    middles = [2 + gap * (j + 0.5) for j in range(len(words))]
    rows = [214, 150, 98]
    seen = [j for j in range(len(words)) if (at - j) * step >= 0]
    layers = [
        [draw.box(x - 13, y, 26, 22, lit=j == at) for j, x in enumerate(middles)] for y in rows[1:]
    ]
    chips = [draw.chip(x - 25, rows[0], w, width=50) for x, w in zip(middles, words, strict=True)]
    for j, chip in enumerate(chips):
        draw.arrow(chip.top, layers[0][j].bottom, **_look(j in seen))
        draw.arrow(layers[0][j].top, layers[1][j].bottom, **_look(j in seen))
        if 0 <= j + step < len(words):
            told = draw.chip(middles[j] - 25, 34, words[j + step], width=50,
                             tint="lit" if j == at else "plain")  # fmt: skip
            draw.arrow(layers[1][j].top, told.bottom, **_look(j == at))
    for layer in layers:
        for j, (before, after) in enumerate(pairwise(layer[::step])):
            ends = (before.right, after.left) if step > 0 else (before.left, after.right)
            draw.arrow(*ends, **_look(j < len(seen) - 1))
    return draw.picture()


def _mixed(word: str) -> Picture:
    draw = Diagram(300, 250, (
        f"The mix: the three layers of {word}, each a forward vector beside a backward one, are"
        " multiplied by s 0, s 1 and s 2, added, and multiplied by gamma."
    ))  # fmt: skip
    draw.text((150, 10), f"the mix for “{word}”", 13, bold=True)
    total, scale = draw.operation((216, 134), "add"), draw.operation((252, 134), "multiply")
    for layer, y in enumerate((206, 134, 62)):
        tints = ["plain"] * 6 if not layer else ["head 0"] * 3 + ["head 1"] * 3
        vector = draw.matrix(20, y - 7, 1, 6, ("words", "layer 1", "layer 2")[layer],
                             tint=[tints], cell=14, levels=[[0.6] * 6])  # fmt: skip
        times = draw.operation((146, y), "multiply")
        draw.arrow(vector.right, times.left)
        draw.text((146, y + 20), f"$s_{layer}$", 14)
        ends = {0: ((216, y), total.bottom), 1: (total.left,), 2: ((216, y), total.top)}[layer]
        draw.arrow(times.right, *ends)
    draw.arrow(total.right, scale.left)
    draw.text((252, 156), "$γ$", 14)
    draw.arrow(scale.right, (292, 134))
    return draw.picture()
