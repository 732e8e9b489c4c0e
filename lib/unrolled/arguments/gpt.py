"""What the functions and layers of ``unrolled.gpt`` refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common, configs, tensors

# Fields of a GPT-2 config that change what the model computes, and the value that we compute.
GPT2_FIXED = {
    "model_type": "gpt2",
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}


def gpt_config(config: Any) -> None:
    """Refuse what a ``GPTConfig`` cannot be."""
    sizes = ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")
    common.at_least_one(**configs.fields(config, *sizes), **common.given(n_inner=config.n_inner))
    common.probability(**configs.fields(config, "resid_pdrop", "embd_pdrop", "attn_pdrop"))
    common.divisible(n_embd=config.n_embd, n_head=config.n_head)
    words = tuple(configs.ACTIVATIONS)
    common.one_of("activation_function", config.activation_function, words)
    common.positive(layer_norm_epsilon=config.layer_norm_epsilon)
    common.not_negative(initializer_range=config.initializer_range)


def from_hf_gpt2(config: Mapping[str, Any]) -> None:
    """Refuse a GPT-2 config that asks for what ``GPT`` does not do."""
    configs.fixed(config, GPT2_FIXED)


def kv_cache(cache: Any, n_layers: int) -> None:
    """Refuse a number of layers that a ``KVCache`` cannot have."""
    common.whole(n_layers=n_layers)
    if n_layers < 1:
        raise ValueError(f"n_layers={n_layers}, at least 1 is wanted")


def append(cache: Any, layer: int, key: Tensor, value: Tensor) -> None:
    """Refuse what a ``KVCache`` cannot append."""
    n_layers = len(cache.keys)
    if not 0 <= layer < n_layers:
        raise ValueError(f"layer={layer}: 0 to {n_layers - 1} is wanted")
    tensors.shaped("key", key, "(B, H, t, d_k)", None, None, None, None)
    tensors.alike(key=key, value=value)
    if value.dtype != key.dtype:
        raise TypeError(f"value has dtype {value.dtype}, that of key, {key.dtype}, is wanted")
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
    tensors.ids_below(cache.keys[0].size(0), index=index)
    tensors.shaped("index", index, "(N,)", None)


def read(
    model: Any,
    ids: Tensor,
    cache: Any = None,
    mask: Tensor | None = None,
    last_only: bool = False,
) -> None:
    """Refuse a text that a causal model cannot read."""
    tensors.token_ids(model.vocab_size, ids=ids)
    older = 0 if cache is None else cache.length
    if older + ids.size(1) > model.max_len:
        before = f" after {older} in the cache" if older else ""
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
    B, T = ids.shape
    tensors.broadcasts((B, 1, T, older + T), mask=mask)


def block(self: Any, x: Tensor, mask: Tensor | None = None, append: Any = None) -> None:
    """Refuse what a ``GPTBlock`` cannot read; its parts refuse the rest."""
    tensors.floating(x=x)
    tensors.shaped("x", x, "(B, T, D)", None, None, None)


def begin(model: Any, ids: Tensor, use_cache: bool = True) -> None:
    """Refuse what a text cannot begin with."""
    tensors.token_ids(model.vocab_size, ids=ids)
    if ids.size(1) > model.max_len:
        raise ValueError(f"ids has T={ids.size(1)}, at most {model.max_len} positions are wanted")


def next_token(model: Any, cache: Any) -> None:
    """Refuse a token for which there is no position left."""
    if cache.length >= model.max_len:
        raise ValueError(
            f"the cache holds {cache.length} positions, at most {model.max_len - 1} before "
            "another token are wanted"
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
    tensors.token_ids(model.vocab_size, ids=ids)
    common.at_least_one(max_new_tokens=max_new_tokens)
    if ids.size(1) + max_new_tokens > model.max_len:
        raise ValueError(
            f"ids has T={ids.size(1)} and max_new_tokens={max_new_tokens}: together at most "
            f"{model.max_len} positions are wanted"
        )
    common.not_negative(temperature=temperature)
    if temperature == 0.0 and not (top_k is None and top_p is None):
        raise ValueError("temperature=0.0 takes the most probable token: top_k and top_p need more")
    common.at_least_one(**common.given(top_k=top_k))
    common.nucleus(**common.given(top_p=top_p))
    common.one_id(model.vocab_size, **common.given(eos_id=eos_id))


def decay_groups(model: Any, weight_decay: float) -> None:
    """Refuse what ``decay_groups`` cannot sort."""
    common.not_negative(weight_decay=weight_decay)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError("model has no parameter that requires a gradient, at least 1 is wanted")
