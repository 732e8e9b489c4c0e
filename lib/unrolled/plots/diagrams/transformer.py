"""The Transformer small enough to be a map, with the parts lit that a chapter is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from unrolled.plots.diagrams.canvas import side_by_side
from unrolled.plots.diagrams.glyphs import Diagram
from unrolled.plots.diagrams.ink import INK
from unrolled.plots.diagrams.place import Place
from unrolled.plots.pages import Picture

__all__ = ["PARTS", "transformer"]

# What can be lit, and how the alternative text calls it.
PARTS = {
    "words": "the words that go in",
    "positions": "the positions",
    "attention": "the attention",
    "heads": "the heads that lie behind each other",
    "norm": "adding and normalising",
    "feed-forward": "the feed-forward network",
    "block": "the block that stands N times",
    "encoder": "the encoder",
    "decoder": "the decoder",
    "memory": "what the decoder reads of the encoder",
    "scores": "the next word that comes out",
}
WIDTH, HEIGHT, MIDDLE, FRAME, SIZE = 358, 108, 52, 75, 10.5
ENCODER = (
    "Encoder: words plus positions, then N blocks, each an attention of several heads and a"
    " feed-forward network, with adding and normalising after both; out comes a memory."
)
DECODER = (
    "Decoder: the words so far plus positions, then N blocks, each a masked attention, an attention"
    " to the memory and a feed-forward network, with adding and normalising after all three; out"
    " comes the next word."
)


def transformer(lit: Collection[str]) -> Picture:
    """Draw the encoder and the decoder, side by side or, on a phone, below each other.

    Args:
        lit: what this is about, names of ``PARTS``; "encoder" and "decoder" light all of their
            own, but for what the decoder reads of the encoder.

    Raises:
        ValueError: if a name is not in ``PARTS``.
    """
    unknown = sorted(set(lit) - set(PARTS))
    if unknown:
        raise ValueError(f"lit holds {unknown[0]!r}; wanted names among {', '.join(PARTS)}")
    shown = ", ".join(words for name, words in PARTS.items() if name in lit) or "nothing"
    encoder = _Stack(f"{ENCODER} Lit: {shown}.", "encoder", set(lit))
    encoder.start("words")
    encoder.attention("attention", 78, encoder.on("attention", "heads"))
    encoder.end("memory", 64)
    decoder = _Stack(f"{DECODER} Lit: {shown}.", "decoder", set(lit))
    decoder.start("words\nso far")
    decoder.attention("masked\nattention", 57, decoder.on("attention", "heads"))
    decoder.cross_attention()
    decoder.end("next\nword", 45)
    return side_by_side(encoder.draw.picture(), decoder.draw.picture(), alt="The Transformer")


@dataclass
class _Stack:
    """One side of the model, drawn from left to right."""

    alt: str
    side: str
    lit: set[str]

    def __post_init__(self) -> None:
        self.draw = Diagram(WIDTH, HEIGHT, self.alt)

    def on(self, *parts: str) -> bool:
        """Whether one of the parts is lit, or the whole side."""
        return bool({self.side, *parts} & self.lit)

    def start(self, words: str) -> None:
        """The words, and their positions added."""
        draw, on = self.draw, self.on("positions")
        chip = draw.box(1, MIDDLE - 15, 43, 30, words, size=SIZE, lit=self.on("words"))
        plus = draw.operation((59, MIDDLE), "add")
        draw.arrow(chip.right, plus.left, width=1)
        waves = draw.box(48, 78, 22, 14, lit=on)
        draw.shape("path", d="M52 85q3.5-8 7 0t7 0", stroke=INK, stroke_width=1.2)
        draw.arrow(waves.top, plus.bottom, width=1)
        draw.text((59, 101), "positions", SIZE, muted=not on)
        self.last, self.x = plus, FRAME + 11.0

    def attention(self, label: str, width: float, on: bool) -> Place:
        """An attention of several heads."""
        return self._sublayer(label, width, on, heads=True)

    def cross_attention(self) -> None:
        """The attention whose keys and values come from the encoder."""
        on = bool({"memory", "attention", "heads"} & self.lit)
        x, _ = self.attention("cross-\nattention", 57, on).top
        self.draw.text((x, 6), "memory", SIZE, muted=not on)
        self.draw.arrow((x, 12), (x, MIDDLE - 25), width=1)

    def end(self, words: str, width: float) -> None:
        """The feed-forward network, the frame around the block, and what comes out."""
        draw, on = self.draw, self.on("block")
        self._sublayer("feed-\nforward", width, self.on("feed-forward", "block"))
        draw.frame(
            FRAME, 19, self.x - FRAME - 5, 70, "lit" if on else "plain", 0.07 if on else 0,
            1.6 if on else 0.9, radius=8, dashed=not on,
        )  # fmt: skip
        draw.text((self.x - 8, 101), f"{self.side}, N blocks", SIZE, "end", muted=not on)
        out = "memory" if self.side == "encoder" else "scores"
        x = self.x + 5
        last = draw.box(x, MIDDLE - 15, WIDTH - 1 - x, 30, words, size=SIZE, lit=self.on(out))
        draw.arrow(self.last.right, last.left, width=1)

    def _sublayer(self, label: str, width: float, on: bool, heads: bool = False) -> Place:
        """A box, the bar that adds and normalises, and the line that goes around the box."""
        draw, top, norm = self.draw, MIDDLE - 15, self.on("norm", "block")
        tint, copies = ("lit" if heads and "heads" in self.lit else "plain"), (3 if heads else 1)
        box = draw.box(self.x, top, width, 30, label, tint, copies=copies, size=SIZE, lit=on)
        tint, level = ("lit", 0.5) if norm else ("plain", 0.25)
        bar = draw.frame(box.right[0] + 9, top, 5, 30, tint, level, radius=2)
        draw.arrow(self.last.right, box.left, width=1)
        draw.line(box.right, bar.left, width=1)
        begin, low = box.x - 6, top + 40
        draw.line((begin, MIDDLE), (begin, low), (bar.bottom[0], low), bar.bottom, width=0.9)
        self.last, self.x = bar, bar.right[0] + 11
        return box
