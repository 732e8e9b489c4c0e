"""Chapter 7's experiment on real text: guess the next character from what several heads fetch.

One layer of attention with any number of heads, the same parameters for each. The sentences are
the English side of ``unrolled.data.sentence_pairs``; their characters are the tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.attention import MultiHeadAttention, causal_mask, padding_mask
from unrolled.data import sentence_pairs

LONGEST = 32  # characters in a sentence; longer sentences are left out
PAD, END = 0, 1  # END stands before the first character and after the last


@dataclass(frozen=True)
class Corpus:
    """Sentences as ids, ``(N, LONGEST + 2)`` each, filled up with ``PAD``."""

    source: str
    characters: tuple[str, ...]
    training: Tensor
    validation: Tensor


def corpus(n_pairs: int = 20_000) -> Corpus:
    """Read the English sentences, each once, and keep every tenth for validation."""
    pairs = sentence_pairs(n_pairs)
    lines = dict.fromkeys(english for english, _ in pairs.pairs if len(english) <= LONGEST)
    characters = ("·", "⏎", *sorted(set("".join(lines))))
    id_of = {character: i for i, character in enumerate(characters)}
    ids = torch.full((len(lines), LONGEST + 2), PAD)  # (N, LONGEST + 2)
    for row, line in zip(ids, lines, strict=True):
        row[: len(line) + 2] = torch.tensor([END, *(id_of[c] for c in line), END])
    held_out = torch.arange(len(ids)) % 10 == 0
    return Corpus(pairs.source, characters, ids[~held_out], ids[held_out])


class NextCharacter(nn.Module):
    """Scores the next character from the current one and the heads' finds."""

    def __init__(self, vocab_size: int, n_heads: int, d_model: int = 64):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        # Chapter 8 asks what these are.
        self.positions = nn.Embedding(LONGEST + 1, d_model)
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.from_current = nn.Linear(d_model, vocab_size)
        self.from_heads = nn.Linear(d_model, vocab_size, bias=False)

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """ids (B, T) to logits (B, T, V) and weights (B, H, T, T)."""
        T = ids.size(1)
        x = self.embedding(ids) + self.positions.weight[:T]  # (B, T, D)
        mask = causal_mask(T) & padding_mask(ids, PAD)  # (B, 1, T, T)
        fetched, weights = self.attention(x, mask=mask, need_weights=True)
        return self.from_current(x) + self.from_heads(fetched), weights


def loss(model: NextCharacter, ids: Tensor) -> Tensor:
    """Mean surprise in nats at each character that follows, padding left out."""
    logits, _ = model(ids[:, :-1])  # (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD)


def train(model: NextCharacter, ids: Tensor, steps: int, seed: int = 0, batch: int = 32) -> None:
    """Train on random sentences, the same ones for the same seed whatever the model."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 1e-2, total_steps=steps, pct_start=0.1
    )
    for _ in range(steps):
        rows = torch.randint(len(ids), (batch,), generator=generator)
        batch_loss = loss(model, ids[rows])
        optimiser.zero_grad()
        batch_loss.backward()
        optimiser.step()
        schedule.step()
