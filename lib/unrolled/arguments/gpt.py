"""What the functions and layers of ``unrolled.gpt`` refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common

# Hugging Face's name of an activation to ours.
ACTIVATIONS = {
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
}
# Fields of a GPT-2 config that change what the model computes, and the value that we compute.
GPT2_FIXED = {
    "model_type": "gpt2",
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}


def gpt_config(config: Any) -> None:
    """Refuse what a ``GPTConfig`` cannot be."""
    sizes = ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head"]
    sizes += ["n_inner"] * (config.n_inner is not None)
    common.at_least_one(**{name: getattr(config, name) for name in sizes})
    rates = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
    common.probability(**{name: getattr(config, name) for name in rates})
    if config.n_embd % config.n_head:
        raise ValueError(f"n_embd={config.n_embd} is not divisible by n_head={config.n_head}")
    common.one_of("activation_function", config.activation_function, tuple(ACTIVATIONS))
    positive(config, "layer_norm_epsilon")
    not_negative(config, "initializer_range")


def positive(config: Any, name: str) -> None:
    """Refuse a number that is not above 0."""
    if not getattr(config, name) > 0.0:
        raise ValueError(f"{name}={getattr(config, name)}: a number above 0 is wanted")


def not_negative(config: Any, name: str) -> None:
    """Refuse a number below 0."""
    if not getattr(config, name) >= 0.0:
        raise ValueError(f"{name}={getattr(config, name)}: a number of at least 0 is wanted")


def from_hf_gpt2(config: Mapping[str, Any]) -> None:
    """Refuse a GPT-2 config that asks for what ``GPT`` does not do."""
    fixed(config, GPT2_FIXED)


def fixed(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse fields that are there and have another value than the one that is computed."""
    for name, value in wanted.items():
        if config.get(name, value) != value:
            raise ValueError(
                f"the config has {name}={config[name]!r}, which this model does not compute; "
                f"{value!r} is wanted"
            )


def append(cache: Any, layer: int, key: Tensor, value: Tensor) -> None:
    """Refuse what a ``KVCache`` cannot append."""
    n_layers = len(cache.keys)
    if not 0 <= layer < n_layers:
        raise ValueError(f"layer={layer}: 0 to {n_layers - 1} is wanted")
    common.shaped("key", key, "(B, H, t, d_k)", None, None, None, None)
    if value.shape != key.shape:
        raise ValueError(
            f"value has shape {tuple(value.shape)}, that of key, {tuple(key.shape)}, is wanted"
        )
    kept = cache.keys[layer]
    if kept is None:
        return
    if (kept.size(0), kept.size(1), kept.size(3)) != (key.size(0), key.size(1), key.size(3)):
        B, H, _, d_k = kept.shape
        raise ValueError(
            f"key has shape {tuple(key.shape)}, ({B}, {H}, t, {d_k}) is wanted: "
            "the cache holds such keys"
        )
    if key.dtype != kept.dtype:
        raise TypeError(f"key has dtype {key.dtype}, the cache's {kept.dtype} is wanted")


def reorder(cache: Any, index: Tensor) -> None:
    """Refuse rows that a ``KVCache`` does not have."""
    if cache.length == 0:
        raise ValueError("the cache is empty, there are no rows to reorder")
    common.ids_below(cache.keys[0].size(0), index=index)
    common.shaped("index", index, "(N,)", None)


def read(
    model: Any,
    ids: Tensor,
    cache: Any = None,
    mask: Tensor | None = None,
    last_only: bool = False,
) -> None:
    """Refuse a text that a causal model cannot read."""
    token_ids(ids, model.vocab_size)
    start = 0 if cache is None else cache.length
    if start + ids.size(1) > model.max_len:
        before = f" after {start} in the cache" if start else ""
        raise ValueError(
            f"ids has T={ids.size(1)}{before}, at most {model.max_len} positions are wanted"
        )
    if cache is not None and not model.can_cache:
        raise ValueError(
            "cache was given, None is wanted: the attention in this model keeps no cache"
        )
    layers, blocks = len(getattr(cache, "keys", model.blocks)), len(model.blocks)
    if layers != blocks:
        raise ValueError(f"cache has {layers} layers, {blocks} are wanted, one for each block")
    if mask is not None:
        _mask(mask, (ids.size(0), 1, ids.size(1), start + ids.size(1)))


def token_ids(ids: Tensor, vocab_size: int) -> None:
    """Refuse what is not a batch of token ids."""
    common.shaped("ids", ids, "(B, T)", None, None)
    common.ids_below(vocab_size, ids=ids)


def _mask(mask: Tensor, wanted: tuple[int, ...]) -> None:
    common.boolean(mask=mask)
    fits = mask.dim() <= 4 and all(
        m in (1, s) for m, s in zip(reversed(mask.shape), reversed(wanted), strict=False)
    )
    if not fits:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}, one that broadcasts to {wanted} is wanted"
        )


def generate(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
    use_cache: bool = True,
) -> None:
    """Refuse what cannot be gone on from, or not in this way."""
    token_ids(ids, model.vocab_size)
    common.at_least_one(max_new_tokens=max_new_tokens)
    if ids.size(1) + max_new_tokens > model.max_len:
        raise ValueError(
            f"ids has T={ids.size(1)} and max_new_tokens={max_new_tokens}: together at most "
            f"{model.max_len} positions are wanted"
        )
    if not temperature >= 0.0:
        raise ValueError(f"temperature={temperature}: a number of at least 0 is wanted")
    if temperature == 0.0 and not (top_k is None and top_p is None):
        raise ValueError("temperature=0.0 takes the most probable token: top_k and top_p need more")
    if top_k is not None:
        common.at_least_one(top_k=top_k)
    if top_p is not None and not 0.0 < top_p <= 1.0:
        raise ValueError(f"top_p={top_p} is outside (0, 1]")
    if eos_id is not None and not 0 <= eos_id < model.vocab_size:
        raise ValueError(f"eos_id={eos_id}: 0 to {model.vocab_size - 1} is wanted")


def decay_groups(model: Any, weight_decay: float) -> None:
    """Refuse what ``decay_groups`` cannot sort."""
    if not weight_decay >= 0.0:
        raise ValueError(f"weight_decay={weight_decay}: a number of at least 0 is wanted")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("model has no parameter that requires a gradient, at least 1 is wanted")
