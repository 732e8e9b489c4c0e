"""A training step of our RNN, GRU and LSTM against torch's, with equal weights.

    python benchmarks/recurrent.py          # writes benchmarks/results/recurrent.json

A step is forward, backward and an SGD update. Ours is measured as it is used (torch's kernel behind
our name) and, for the LSTM, as the loop that serves where there is no kernel, in a traced graph:
the book's walk, with the inputs of all positions projected before it. The bars, for the upper 95 %
bound of the median ratio: 1.05 through the kernel, 2.5 for the loop.

``nn.LSTM`` on a CPU runs oneDNN's fused kernel, and the loop pays for some thirty small operations
a position. Below about 100 features these cost more than the arithmetic, and the loop is slower
than its bar: one such size is measured and recorded as well, without a bar.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch import Tensor, nn

import measure
from unrolled.recurrent import GRU, LSTM, RNN

KERNEL_BAR, LOOP_BAR = 1.05, 2.5
# (B, T, I, H): a small model, short sentences of a translator, long lines of characters.
SIZES = ((16, 35, 64, 128), (64, 20, 256, 512), (32, 64, 128, 256))
TINY = (16, 100, 32, 64)
PEERS = {RNN: nn.RNN, GRU: nn.GRU, LSTM: nn.LSTM}


def training_step(
    layer: nn.Module, read: Callable[[Tensor], tuple], x: Tensor, cotangent: Tensor
) -> Callable[[], None]:
    """Return a function that runs one whole step; the input has a gradient, as inside a model."""
    optimiser = torch.optim.SGD(layer.parameters(), lr=1e-3)
    x = x.clone().requires_grad_()

    def step() -> None:
        optimiser.zero_grad()
        x.grad = None
        read(x)[0].backward(cotangent)
        optimiser.step()

    return step


def compare(kind: type, size: tuple, loop: bool, bar: float | None, pairs: int) -> dict:
    """Measure one layer and size; the layers start equal and must be equal after the last step."""
    B, T, width, H = size
    torch.manual_seed(0)
    ours, theirs = kind(width, H), PEERS[kind](width, H, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    x, cotangent = torch.randn(B, T, width), torch.randn(B, T, H) / (B * T * H)
    read = (lambda x: kind.forward.__wrapped__(ours, x)) if loop else ours
    torch.testing.assert_close(read(x), theirs(x), atol=1e-5, rtol=1e-5)
    our_step = training_step(ours, read, x, cotangent)
    their_step = training_step(theirs, theirs, x, cotangent)
    found = measure.ratios(our_step, their_step, pairs)
    torch.testing.assert_close(dict(ours.state_dict()), dict(theirs.state_dict()))
    median, low, high = measure.median_and_bounds(found)
    return {
        "layer": kind.__name__,
        "path": "loop" if loop else "kernel",
        "size": dict(zip(("B", "T", "I", "H"), size, strict=True)),
        "bar": bar,
        "median": round(median, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "within_bar": None if bar is None else high <= bar,
        "pairs": pairs,
        "ratios": [round(ratio, 3) for ratio in found],
    }


def main() -> None:
    """Measure every layer and size, print a table and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60, help="pairs a comparison (default 60)")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    plans = [(kind, size, False, KERNEL_BAR) for kind in PEERS for size in SIZES]
    plans += [(LSTM, size, True, LOOP_BAR) for size in SIZES] + [(LSTM, TINY, True, None)]
    print("layer path     B    T    I    H   ours / torch's [95 %]        bar")
    rows = []
    for kind, size, loop, bar in plans:
        row = compare(kind, size, loop, bar, pairs)
        rows.append(row)
        interval = f"{row['median']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
        name = f"{row['layer']:5} {row['path']:6}"
        print(name, "{:4} {:4} {:4} {:4}".format(*size), " ", interval, " ", bar, flush=True)
    command = f"python benchmarks/recurrent.py --pairs {pairs}"
    path = measure.record("recurrent", command, dtype="float32", comparisons=rows)
    print("wrote", path.relative_to(path.parents[2]))


if __name__ == "__main__":
    main()
