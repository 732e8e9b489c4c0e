"""Chapter 6's measurement: time and memory of attention and of a GRU against the length."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from unrolled.attention import SelfAttention

WIDTH = 64


def kept_for_backward(run: Callable[[], Tensor]) -> int:
    """Bytes of the tensors that autograd stores while ``run`` goes forward."""
    sizes = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()  # each storage once
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = run()  # held meanwhile, so that no address is used twice
    del result
    return sum(sizes.values())


def milliseconds(run: Callable[[], Tensor], repeats: int = 4) -> float:
    """The fastest of a few forward and backward passes."""
    laps = []
    for _ in range(repeats):
        start = time.perf_counter()
        run().sum().backward()
        laps.append(1000 * (time.perf_counter() - start))
    return min(laps)


def measure(lengths: list[int]) -> dict[str, list[tuple[int, float, float]]]:
    """Length, milliseconds and MiB kept, for whole layers with their projections."""
    torch.manual_seed(0)
    attention, gru = SelfAttention(WIDTH), nn.GRU(WIDTH, WIDTH, batch_first=True)
    layers = {
        "readable": lambda x: attention(x, need_weights=True)[0],
        "fused": attention,
        "GRU": lambda x: gru(x)[0],
    }
    rows: dict[str, list[tuple[int, float, float]]] = {name: [] for name in layers}
    for length in lengths:
        x = torch.randn(1, length, WIDTH, requires_grad=True)
        for name, layer in layers.items():

            def run(layer: Callable[[Tensor], Tensor] = layer, x: Tensor = x) -> Tensor:
                return layer(x)

            rows[name].append((length, milliseconds(run), kept_for_backward(run) / 2**20))
    return rows
