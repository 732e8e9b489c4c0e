"""The Transformer encoder layer and layer norm against torch's, with equal weights.

    python benchmarks/blocks.py             # writes benchmarks/results/blocks.json

- training: forward, backward and an SGD update, against ``nn.TransformerEncoderLayer``. The upper
  95 % bound of the median ratio is to be at most 1.03.
- evaluation: a forward pass without gradients, against the same layer's fused fast path: 1.10.
- layer norm: forward and backward, against ``F.layer_norm``: 1.10.

Dropout is 0, so that both sides can be held equal before and after.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import measure
from unrolled.blocks import LayerNorm, TransformerEncoderLayer

# (B, T, D, H): the middle of a small model, short sentences, long ones.
SIZES = ((16, 128, 256, 8), (32, 32, 128, 4), (2, 512, 512, 8))
Size = tuple[int, int, int, int]
Row = dict[str, object]


def pair_of_layers(D: int, H: int) -> tuple[TransformerEncoderLayer, nn.TransformerEncoderLayer]:
    """Make the two layers, torch's with our weights."""
    torch.manual_seed(0)
    ours = TransformerEncoderLayer(D, H, 4 * D, dropout=0.0)
    theirs = nn.TransformerEncoderLayer(D, H, 4 * D, dropout=0.0, batch_first=True)
    attention, network = ours.attention, ours.feed_forward
    projections = (attention.q_proj, attention.k_proj, attention.v_proj)
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        theirs.self_attn.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
    theirs.self_attn.out_proj.load_state_dict(attention.out_proj.state_dict())
    for name in ("linear1", "linear2"):
        getattr(theirs, name).load_state_dict(getattr(network, name).state_dict())
    return ours, theirs


def training_step(layer: nn.Module, x: Tensor, cotangent: Tensor) -> Callable[[], None]:
    """Return a function that runs one whole step; the input has a gradient, as inside a model."""
    optimiser = torch.optim.SGD(layer.parameters(), lr=1e-3)
    x = x.clone().requires_grad_()

    def step() -> None:
        optimiser.zero_grad()
        x.grad = None
        layer(x).backward(cotangent)
        optimiser.step()

    return step


def training(size: Size, pairs: int) -> Row:
    """Train both; they start equal, and must still be equal after the last step."""
    B, T, D, H = size
    ours, theirs = pair_of_layers(D, H)
    x, cotangent = torch.randn(B, T, D), torch.randn(B, T, D) / (B * T * D)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)
    our_step, their_step = (training_step(layer, x, cotangent) for layer in (ours, theirs))
    label = labelled("nn.TransformerEncoderLayer, training", size)
    row = measure.compared(label, 1.03, our_step, their_step, pairs)
    torch.testing.assert_close(ours.norm2.weight, theirs.norm2.weight)
    torch.testing.assert_close(ours.attention.q_proj.weight, theirs.self_attn.in_proj_weight[:D])
    return row


@torch.no_grad()
def evaluation(size: Size, pairs: int) -> Row:
    """Run both in evaluation mode, without gradients: torch takes its fused path."""
    B, T, D, H = size
    ours, theirs = (layer.eval() for layer in pair_of_layers(D, H))
    x = torch.randn(B, T, D)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)
    label = labelled("nn.TransformerEncoderLayer, evaluation", size)
    return measure.compared(label, 1.10, lambda: ours(x), lambda: theirs(x), pairs)


def layer_norm(size: Size, pairs: int) -> Row:
    """Normalise and go back."""
    B, T, D, _ = size
    layer, x = LayerNorm(D), torch.randn(B, T, D, requires_grad=True)
    cotangent = torch.randn(B, T, D)

    def theirs(x: Tensor) -> Tensor:
        return F.layer_norm(x, (D,), layer.weight, layer.bias, layer.eps)

    def step(normalise: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        return lambda: torch.autograd.grad(normalise(x), [x, *layer.parameters()], cotangent)

    torch.testing.assert_close(layer(x), theirs(x), atol=0, rtol=0)
    label = labelled("F.layer_norm, forward and backward", size)
    return measure.compared(label, 1.10, step(layer), step(theirs), pairs)


def labelled(against: str, size: Size) -> dict[str, object]:
    """What a row of the record is about."""
    return {"against": against, **dict(zip("BTDH", size, strict=True))}


def main() -> None:
    """Measure everything at every size and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100, help="pairs a size (default 100)")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    rows = [
        compare(size, pairs) for compare in (training, evaluation, layer_norm) for size in SIZES
    ]
    command = f"python benchmarks/blocks.py --pairs {pairs}"
    path = measure.record("blocks", command, dtype="float32", comparisons=rows)
    print("wrote", path.relative_to(path.parents[2]))


if __name__ == "__main__":
    main()
