"""Chapter 8's reader: layers of attention that are told where their words stand, in five ways.

Everything but the positions is the same: embeddings, layers of multi-head attention that each add
what they have fetched to what they read, and a linear layer that scores. Over several seeds it is
trained by ``benchmarks/chapter08.py``.
"""

from __future__ import annotations

from torch import Tensor, nn

from unrolled.attention import MultiHeadAttention, causal_mask
from unrolled.positions import (
    AlibiAttention,
    LearnedPositions,
    RotaryAttention,
    SinusoidalPositions,
)

KINDS = ("none", "sinusoidal", "learned", "rotary", "alibi")
LABELS = {
    "none": "none", "sinusoidal": "sinusoidal", "learned": "learned", "rotary": "rotary",
    "alibi": "ALiBi",
}  # fmt: skip
TABLES = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions}
ATTENTIONS = {"rotary": RotaryAttention, "alibi": AlibiAttention}


class Reader(nn.Module):
    """Scores ``n_scores`` answers at every position of a text.

    Args:
        kind: how positions are told, one of ``KINDS``.
        vocab_size: size of the vocabulary.
        n_scores: size of what is scored.
        d_model: width of a position's vector.
        n_heads: heads of each layer.
        n_layers: layers of attention.
        max_len: positions that a table has.
        causal: whether a position sees itself and earlier ones alone.
    """

    def __init__(
        self,
        kind: str,
        vocab_size: int,
        n_scores: int,
        d_model: int = 96,
        n_heads: int = 4,
        n_layers: int = 2,
        max_len: int = 64,
        causal: bool = True,
    ):
        super().__init__()
        self.causal = causal
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.has_table = kind in TABLES
        self.positions = TABLES[kind](max_len, d_model) if self.has_table else nn.Identity()
        attention = ATTENTIONS.get(kind, MultiHeadAttention)
        self.layers = nn.ModuleList(attention(d_model, n_heads) for _ in range(n_layers))
        self.scores = nn.Linear(d_model, n_scores)

    def forward(self, ids: Tensor, start: int = 0) -> Tensor:
        """ids (B, T), the first of them at position ``start``, to scores (B, T, n_scores)."""
        x = self.embedding(ids)  # (B, T, D)
        return self.read(self.positions(x, start) if self.has_table else x)

    def read(self, x: Tensor) -> Tensor:
        """x (B, T, D), positions added where there is a table, to scores (B, T, n_scores)."""
        mask = causal_mask(x.size(1)) if self.causal else None  # (T, T)
        for layer in self.layers:
            x = x + layer(x, mask=mask)  # (B, T, D)
        return self.scores(x)  # (B, T, n_scores)
