"""What weights a new GPT starts with, judged by facts: no two right answers draw the same ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw, shapes_of
from unrolled.checks.transplant import gradients_back
from unrolled.gpt import GPTConfig

SIZES: dict[str, Any] = {
    "n_embd": 32, "n_head": 2, "n_inner": 64, "initializer_range": 0.08,
    "tie_word_embeddings": False,
}  # fmt: skip
SHALLOW = GPTConfig(vocab_size=70, n_positions=60, n_layer=1, **SIZES)
DEEP = GPTConfig(vocab_size=5, n_positions=4, n_layer=4, **SIZES)
RESIDUAL = ("attention.out_proj.weight", "feed_forward.linear2.weight")
# How far a right standard deviation may be off: p < 1e-16 with 1900 numbers, 1e-12 with 4096. The
# nearest wrong ones, 27 % and 15 % away, are taken for right with p < 1e-8.
NEAR, NEAR_DEEP = 0.15, 0.08
# Of a standard deviation: no uniform number is so far out, of 1900 normal ones some are (1e-48).
FAR = 1.9
# What wrong standard deviations are, as multiples of the wanted one: they tell mistakes apart.
KNOWN = (1.0, 0.25, 0.35, 0.71, 1.41, 2.83, 3.54)
OTHER = -1.0


def most_weights(answer: Handle, draw: Draw) -> Any:
    """All but those that write into the residual stream."""
    made = _made(answer, draw)
    biases = [value for name, value in made.items() if name.endswith("bias")]
    norms = [value for name, value in made.items() if "norm" in name and name.endswith("weight")]
    tables = ("token_embedding.weight", "positions.weight", "lm_head.weight")
    std = SHALLOW.initializer_range
    facts: dict[str, Any] = {}
    for name in tables:
        facts |= _spread(f"of {name}", [made[name]], std, NEAR)
    inside = [value for name, value in made.items() if value.dim() == 2
              and name.startswith("blocks") and not name.endswith(RESIDUAL)]  # fmt: skip
    facts |= _spread("of other matrices", inside, std, NEAR)
    facts["biases are 0"] = all(bool((bias == 0).all()) for bias in biases)
    facts["norms scale by 1"] = all(bool((scale == 1).all()) for scale in norms)
    return facts


def residual_weights(answer: Handle, draw: Draw) -> Any:
    """The two layers of each block whose result is added to the residual stream."""
    config = draw.show("config", DEEP)
    model = answer(answer.candidate.twin(config), seed=draw.noise)
    std = config.initializer_range / (2 * config.n_layer) ** 0.5
    names = {
        part: [f"blocks.{layer}.{part}" for layer in range(config.n_layer)] for part in RESIDUAL
    }
    made = answer.candidate.resolved(
        {part: [model.call("get_parameter", name) for name in names[part]] for part in RESIDUAL}
    )
    facts: dict[str, Any] = {}
    for part in RESIDUAL:
        facts |= _spread(f"of {part}", made[part], std, NEAR_DEEP)
    return facts


def _made(answer: Handle, draw: Draw) -> dict[str, Tensor]:
    """A new model's weights under the reference's names."""
    config = draw.show("config", SHALLOW)
    state = answer(answer.candidate.twin(config), seed=draw.noise).state()
    own = {name: parameter.value for name, parameter in state.parameters.items()}
    return gradients_back(own, state, shapes_of(draw.reference, (config,)))


def _spread(whose: str, values: list[Tensor], std: float, near: float) -> dict[str, Any]:
    """How wide numbers spread around 0, as a multiple of a standard deviation."""
    numbers = torch.cat([value.flatten().double() for value in values])
    size = float(numbers.square().mean().sqrt())
    known = (known for known in KNOWN if abs(size / std / known - 1) < near)
    return {
        f"standard deviation {whose}, in units of the wanted one": next(known, OTHER)
        if size
        else 0.0,
        f"numbers {whose} are normal, not uniform": bool((numbers.abs() > FAR * size).any()),
    }
