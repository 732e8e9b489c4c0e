"""Facts about a Transformer that no single output shows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.transplant import mapped

EMBEDDINGS = ("source_embedding.weight", "target_embedding.weight")
SUBLAYERS = (
    "encoder.layers.0.attention.out_proj", "encoder.layers.0.feed_forward.linear2",
    "decoder.layers.0.self_attention.out_proj", "decoder.layers.0.cross_attention.out_proj",
    "decoder.layers.0.feed_forward.linear2",
)  # fmt: skip
NORMS = tuple(f"encoder.layers.0.norm{n}" for n in (1, 2)) + tuple(
    f"decoder.layers.0.norm{n}" for n in (1, 2, 3)
)


def learned_numbers(model: Handle) -> int:
    """How many numbers a model learns, shared ones once."""
    parameters = model.state(values=False).parameters.items()
    return sum(math.prod(p.shape) for name, p in parameters if p.tied_to == name)


def embedding_dropout(answer: Handle, draw: Draw) -> dict[str, bool]:
    """What dropout does to embeddings of 1, seen through layers that add nothing.

    In the first half of the positions nothing is added: a norm of ones and zeros has two values, of
    which the lower one was dropped. In the second half embedding and position cancel out, so that
    dropping their sum changes nothing.
    """
    B, half, words, width = 4, 6, 7, 16
    ids = draw.ids("ids", words - 1, B, 2 * half) + 1
    table = torch.tensor([0.0, -1.0]).repeat_interleave(half)[:, None].repeat(1, width)
    fixed = _without_sublayers(words, width)
    fixed |= {"source_positions.weight": table, "target_positions.weight": table}
    options = {"positions": "learned", "dropout": 0.5, "max_len": 2 * half}
    model = draw.layer(answer, words, words, width, 2, 1, width, **options, fixed=fixed)
    evaluated = {side: _read(model, side, ids, draw) for side in ("encode", "decode")}
    model.call("train")
    found = {}
    for side, before in evaluated.items():
        facts = _dropped(before, _read(model, side, ids, draw), half)
        found |= {f"{side}: {name}": fact for name, fact in facts.items()}
    return found


def _without_sublayers(words: int, width: int) -> dict[str, Tensor]:
    ones = torch.full((words, width), width**-0.5)  # scaled by its root, exactly 1
    fixed = dict.fromkeys(EMBEDDINGS, ones)
    for name in SUBLAYERS:
        fixed |= {f"{name}.weight": torch.zeros(width, width), f"{name}.bias": torch.zeros(width)}
    for name in NORMS:
        fixed |= {f"{name}.weight": torch.ones(width), f"{name}.bias": torch.zeros(width)}
    return fixed


def _read(model: Handle, side: str, ids: Tensor, draw: Draw) -> Tensor:
    if side == "encode":
        return tensor(model.call("encode", ids, seed=draw.noise)[0])
    memory = torch.zeros(*ids.shape, 16, dtype=draw.dtype)
    mask = torch.ones(len(ids), 1, 1, ids.size(1), dtype=torch.bool)
    return tensor(model.call("decode", ids, memory, mask, seed=draw.noise))


def _dropped(before: Tensor, after: Tensor, half: int) -> dict[str, bool]:
    ones, nothing = after.split(half, dim=1)
    low, high = ones.amin(-1, keepdim=True), ones.amax(-1, keepdim=True)
    is_low, is_high = (torch.isclose(ones, one, atol=1e-3) for one in (low, high))
    share = float((is_low & (high - low > 0.1)).double().mean())
    return {
        "nothing is dropped in evaluation": bool(before.abs().max() < 1e-3),
        "a number is dropped or doubled": bool((is_low | is_high).all()),
        # 384 numbers: at p = 0.5 a share outside has a chance below 1e-14.
        "half of the numbers are dropped": 0.3 < share < 0.7,
        "what is dropped is the sum of embedding and position": bool(nothing.abs().max() < 1e-3),
    }


def fresh_weights(model: Handle, width: int) -> dict[str, bool]:
    """How a new model's weights are spread.

    The largest of 1000 numbers of Xavier's uniform is below 0.9 of the bound with a chance of
    1e-46, and the deviation of 1280 normal numbers is 20 % off with one of 1e-23.
    """
    state = model.state()
    names = mapped(state)
    spread, embedded = [], []
    for own, parameter in state.parameters.items():
        name, value = names.get(own, own), parameter.value
        if name in EMBEDDINGS:
            embedded.append(0.8 < float(value.std()) * width**0.5 < 1.2)
            embedded.append(float(value.abs().max()) > 2.5 * width**-0.5)
        elif value is not None and value.dim() == 2:
            bound = math.sqrt(6 / sum(value.shape))
            spread.append(0.9 * bound < float(value.abs().max()) <= 1.001 * bound)
    return {
        "embeddings are normal, of variance 1 / d_model": len(embedded) == 4 and all(embedded),
        "matrices are Xavier's uniform": len(spread) > 5 and all(spread),
    }
