"""Chapter 7's experiment on real text: guess the next character from what several heads fetch.

One layer of attention with any number of heads, the same parameters for each. The sentences are
the English side of ``unrolled.data.sentence_pairs``; their characters are the tokens.
``benchmarks/chapter07.py`` trains the layer over several seeds and keeps one, with four heads,
``four-heads.safetensors``, for the pages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from unrolled.attention import MultiHeadAttention, causal_mask, padding_mask
from unrolled.data import sentence_pairs

LONGEST = 32  # characters in a sentence; longer sentences are left out
PAD, END = 0, 1  # END stands before the first character and after the last
WEIGHTS = Path(__file__).parent / "four-heads.safetensors"
# Our own sentences, so that the kept weights can be looked at where Tatoeba's are not.
SENTENCES = (
    "The dog hid its bone.", "Who took the small key?", "She has not seen the house.",
    "I think that he is right.", "We went home in the rain.", "Do not wake the old dog.",
)  # fmt: skip
PLACES = ("itself", "1 back", "2 back", "3 back", "4 back", "start", "elsewhere")


@dataclass(frozen=True)
class Corpus:
    """Sentences as ids, ``(n, LONGEST + 2)`` each, filled up with ``PAD``."""

    source: str
    characters: tuple[str, ...]
    training: Tensor
    validation: Tensor


def corpus(n_pairs: int = 20_000) -> Corpus:
    """Read the English sentences, each once, and keep every tenth for validation."""
    pairs = sentence_pairs(n_pairs)
    lines = dict.fromkeys(english for english, _ in pairs.pairs if len(english) <= LONGEST)
    characters = ("·", "⏎", *sorted(set("".join(lines))))
    ids = encode(list(lines), characters)  # (n, LONGEST + 2)
    held_out = torch.arange(len(ids)) % 10 == 0
    return Corpus(pairs.source, characters, ids[~held_out], ids[held_out])


def encode(lines: Sequence[str], characters: Sequence[str]) -> Tensor:
    """Lines of at most ``LONGEST`` characters to ids, ``(n, LONGEST + 2)``."""
    id_of = {character: i for i, character in enumerate(characters)}
    ids = torch.full((len(lines), LONGEST + 2), PAD)  # (n, LONGEST + 2)
    for row, line in zip(ids, lines, strict=True):
        row[: len(line) + 2] = torch.tensor([END, *(id_of[c] for c in line), END])
    return ids


def decode(ids: Tensor, characters: Sequence[str]) -> str:
    """The characters of one row of ids, without ``PAD`` and ``END``."""
    return "".join(characters[i] for i in ids.tolist() if i > END)


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


def read_weights(path: Path = WEIGHTS) -> tuple[NextCharacter, tuple[str, ...]]:
    """The trained model that is kept beside the page, and its characters in the order of ids."""
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
    characters = tuple(json.loads(about["characters"]))
    model = NextCharacter(len(characters), int(about["n_heads"]))
    model.load_state_dict(state)
    return model.eval(), characters


@torch.no_grad()
def evaluate(path: Path, text: str) -> float:
    """Loss in nats per character of kept weights on a text, a sentence a line."""
    model, characters = read_weights(path)
    return loss(model, encode(text.splitlines(), characters)).item()


@torch.no_grad()
def without(model: NextCharacter, removed: Iterable[int], ids: Tensor) -> float:
    """Loss with the blocks of some heads in the output projection set to zero, not retrained."""
    W = model.attention.out_proj.weight  # (D, H * d_k)
    kept = W.clone()
    W.unflatten(1, (model.attention.n_heads, -1))[:, list(removed)] = 0.0
    lost = loss(model, ids).item()
    W.copy_(kept)
    return lost


@torch.no_grad()
def profile(model: NextCharacter, ids: Tensor) -> Tensor:
    """Where a head's weight goes, ``(H, len(PLACES))``, averaged over characters.

    Counted are characters that have six or more before them, so that no two places are the same.
    """
    seen = model(ids[:, :-1])[1].transpose(0, 1)  # (H, n, T, T)
    asks = (ids[:, :-1] > END) & (torch.arange(LONGEST + 1) >= 6)  # (n, T)
    shares = [
        F.pad(seen.diagonal(-back, -2, -1), (back, 0))[:, asks].mean(dim=-1) for back in range(5)
    ]
    shares.append(seen[..., 0][:, asks].mean(dim=-1))
    told = torch.stack(shares, dim=1)  # (H, 6)
    return torch.cat([told, 1 - told.sum(dim=1, keepdim=True)], dim=1)


def runs_of(record: dict, n_heads: int) -> list[dict]:
    """A record's runs with so many heads, a seed each."""
    return [run for run in record["heads"] if run["n_heads"] == n_heads]


def removal(record: dict) -> dict[str, dict[int, Tensor]]:
    """How much the loss rises without a part of the layer: part, heads, and a number a seed.

    The parts are one head, a quarter and a half of the layer; means over the ways to choose them.
    """
    parts = {"one head": "head", "a quarter": "a_quarter", "a half": "a_half"}
    rises: dict[str, dict[int, Tensor]] = {name: {} for name in parts}
    for n_heads in sorted({run["n_heads"] for run in record["heads"]}):
        runs = runs_of(record, n_heads)
        for name, key in parts.items():
            lost = [run.get(f"loss_without_{key}") for run in runs]
            if all(lost):
                means = [sum(losses) / len(losses) for losses in lost]
                whole = torch.tensor([run["loss"] for run in runs])
                rises[name][n_heads] = torch.tensor(means) - whole
    return rises


def removal_table(record: dict) -> list[list[str]]:
    """Rows of a table: heads, what one is of the layer, and the rise of the loss over seeds."""
    rises = removal(record)
    return [
        [str(n_heads), "all" if n_heads == 1 else f"1/{n_heads}"]
        + [
            f"{runs[n_heads].mean():.3f}\u00a0±\u00a0{runs[n_heads].std():.3f}"
            if n_heads in runs
            else "–"
            for runs in rises.values()
        ]
        for n_heads in rises["one head"]
    ]


def favourites_table(record: dict, n_heads: int = 4) -> list[list[str]]:
    """Rows of a table: of each seed, where each head puts most of its weight, and how much."""
    places = record["settings"]["places"]
    rows = []
    for run in runs_of(record, n_heads):
        best = [max(zip(head, places, strict=True)) for head in run["profile"]]
        told = [f"{place}, {100 * share:.0f}\u00a0%" for share, place in best]
        rows.append([f"{run['seed']}", *told])
    return rows
