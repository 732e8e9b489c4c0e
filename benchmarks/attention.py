"""A training step of our MultiHeadAttention against torch's, with equal weights.

    python benchmarks/attention.py          # writes benchmarks/results/attention.json

A step is forward (no weights returned), backward and an SGD update. The bar: the upper 95 % bound
of the median ratio is at most 1.03.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch import Tensor, nn

import measure
from unrolled.attention import MultiHeadAttention

BAR = 1.03
# (B, T, D, H): the middle of a small model, short sentences, long ones.
SIZES = ((16, 128, 256, 8), (32, 32, 128, 4), (2, 512, 512, 8))


def pair_of_layers(D: int, H: int) -> tuple[MultiHeadAttention, nn.MultiheadAttention]:
    """Make the two layers, torch's with our weights."""
    torch.manual_seed(0)
    ours = MultiHeadAttention(D, H)
    theirs = nn.MultiheadAttention(D, H, batch_first=True)
    projections = (ours.q_proj, ours.k_proj, ours.v_proj)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        theirs.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
        theirs.out_proj.load_state_dict(ours.out_proj.state_dict())
    return ours, theirs


def training_step(
    layer: nn.Module, attend: Callable[[Tensor], Tensor], x: Tensor, cotangent: Tensor
) -> Callable[[], None]:
    """Return a function that runs one whole step; the input has a gradient, as inside a model."""
    optimiser = torch.optim.SGD(layer.parameters(), lr=1e-3)
    x = x.clone().requires_grad_()

    def step() -> None:
        optimiser.zero_grad()
        x.grad = None
        attend(x).backward(cotangent)
        optimiser.step()

    return step


def compare(size: tuple[int, int, int, int], pairs: int) -> dict[str, object]:
    """Measure one size; the layers start equal, and must still be equal after the last step."""
    B, T, D, H = size
    ours, theirs = pair_of_layers(D, H)
    x, cotangent = torch.randn(B, T, D), torch.randn(B, T, D) / (B * T * D)
    our_step = training_step(ours, ours, x, cotangent)
    their_step = training_step(
        theirs, lambda x: theirs(x, x, x, need_weights=False)[0], x, cotangent
    )
    label = {"against": "nn.MultiheadAttention, training", **dict(zip("BTDH", size, strict=True))}
    row = measure.compared(label, BAR, our_step, their_step, pairs)
    torch.testing.assert_close(ours.out_proj.weight, theirs.out_proj.weight)
    torch.testing.assert_close(ours.q_proj.weight, theirs.in_proj_weight[:D])
    return row


def main() -> None:
    """Measure every size and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="pairs a size (default 200)")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    rows = [compare(size, pairs) for size in SIZES]
    command = f"python benchmarks/attention.py --pairs {pairs}"
    path = measure.record("attention", command, dtype="float32", comparisons=rows)
    print("wrote", path.relative_to(path.parents[2]))


if __name__ == "__main__":
    main()
