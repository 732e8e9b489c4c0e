"""Chapter 3's two old tests of memory: copy after a silence, and add two marked numbers.

Copy: three symbols, a silence of ``length`` steps, then a sign that asks for them back, in order.
Adding: ``length`` random numbers, two of them marked; wanted is their sum. Both in the spirit of
Hochreiter and Schmidhuber 1997. An RNN, an LSTM and a GRU of about equal size read the same batches
with the same optimiser. ``benchmarks/chapter03.py`` measures lengths, seeds and forget biases.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.recurrent import GRU, LSTM, RNN
from unrolled.training import clip_gradients

# Layer and hidden size: within a few percent as many parameters.
KINDS = {"RNN": (RNN, 86), "LSTM": (LSTM, 40), "GRU": (GRU, 47)}
SYMBOLS, COPIED = 8, 3  # how many kinds, and how many are to be kept
SILENCE, ASK = SYMBOLS, SYMBOLS + 1
BATCH = 32


def copy_batch(length: int, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (B, T, 10), one-hot, and the symbols to be returned (B, 3); T = length + 6."""
    wanted = torch.randint(SYMBOLS, (rows, COPIED), generator=generator)  # (B, 3)
    silence = torch.full((rows, length), SILENCE)  # (B, length)
    ask = torch.full((rows, COPIED), ASK)  # (B, 3)
    ids = torch.cat([wanted, silence, ask], dim=1)  # (B, T)
    return F.one_hot(ids, SYMBOLS + 2).float(), wanted


def adding_batch(length: int, rows: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Inputs (B, T, 2), number and mark, and the sum of the two marked numbers (B, 1)."""
    numbers = torch.rand(rows, length, generator=generator)  # (B, T)
    half = length // 2
    first = torch.randint(half, (rows, 1), generator=generator)  # (B, 1)
    second = torch.randint(half, length, (rows, 1), generator=generator)  # (B, 1)
    marks = torch.zeros(rows, length).scatter_(1, torch.cat([first, second], dim=1), 1.0)  # (B, T)
    return torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(dim=1, keepdim=True)


TASKS = {"copy": (copy_batch, SYMBOLS + 2, SYMBOLS), "adding": (adding_batch, 2, 1)}


class Memory(nn.Module):
    """A recurrent layer and what is read off its last states."""

    def __init__(self, kind: str, task: str):
        super().__init__()
        make, hidden_size = KINDS[kind]
        _, wide, answers = TASKS[task]
        self.last = COPIED if task == "copy" else 1
        self.layer = make(wide, hidden_size)
        self.output = nn.Linear(hidden_size, answers)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, I) to the answers of the last places, (B, 3, 8) or (B, 1, 1)."""
        h, _ = self.layer(x)  # (B, T, H)
        return self.output(h[:, -self.last :])  # (B, last, answers)


@torch.no_grad()
def set_forget_bias(layer: nn.Module, bias: float) -> None:
    """Start every forget gate of an LSTM at this bias, the sum of its two."""
    H = layer.hidden_size
    layer.bias_ih_l0[H : 2 * H] = bias  # gates are in the order i, f, g, o
    layer.bias_hh_l0[H : 2 * H] = 0.0


def make(kind: str, task: str, seed: int, bias: float | None = None) -> Memory:
    """An untrained layer; ``bias`` is that of an LSTM's forget gate, None as torch starts it."""
    torch.manual_seed(seed)
    model = Memory(kind, task)
    if bias is not None:
        set_forget_bias(model.layer, bias)
    return model


def loss_of(task: str, answers: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of the symbols, in nats, or the mean squared error of the sum."""
    if task == "copy":
        return F.cross_entropy(answers.flatten(0, 1), wanted.flatten())
    return F.mse_loss(answers.squeeze(1), wanted)


def memory(
    kind: str, task: str, length: int, seed: int = 0, bias: float | None = None,
    steps: int = 400, rate: float = 1e-2,
) -> tuple[Memory, list[float]]:  # fmt: skip
    """Train one layer on one length; return it and the loss of every step."""
    model = make(kind, task, seed, bias)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    losses = []
    for _ in range(steps):
        x, wanted = TASKS[task][0](length, BATCH, generator)
        loss = loss_of(task, model(x), wanted)
        optimiser.zero_grad()
        loss.backward()
        clip_gradients(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
    return model, losses


@torch.no_grad()
def score(model: Memory, task: str, length: int) -> float:
    """On 1,000 new sequences: share of symbols returned rightly, or mean squared error."""
    x, wanted = TASKS[task][0](length, 1000, torch.Generator().manual_seed(12345))
    answers = model(x)
    if task == "copy":
        return (answers.argmax(dim=-1) == wanted).float().mean().item()
    return loss_of(task, answers, wanted).item()


def reach(model: Memory, task: str, length: int) -> Tensor:
    """Median length of v^T (d h_T / d x_{T-k}) over 64 sequences and random v, for each k: (T,)."""
    generator = torch.Generator().manual_seed(54321)
    x = TASKS[task][0](length, 64, generator)[0].requires_grad_()  # (B, T, I)
    h = model.layer(x)[0][:, -1]  # (B, H)
    v = F.normalize(torch.randn(h.shape, generator=generator), dim=-1)  # (B, H)
    (gradient,) = torch.autograd.grad(h, x, v)  # (B, T, I)
    return gradient.norm(dim=-1).flip(1).median(dim=0).values
