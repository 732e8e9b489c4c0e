"""One more token through a GPT of reference parts: its fast path.

For a single token a module's call costs about as much time as its arithmetic. Here the same
operations are done on the modules' weights, and nothing else; a test holds that the tokens are the
same. A model with a learner's part, an adapter or a hook in it is run as it stands.

Shapes: ``B`` texts, ``D`` = n_embd, ``H`` heads, ``d_k``, ``V`` vocabulary.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import gpt as arguments
from unrolled.blocks import FeedForward, LayerNorm
from unrolled.gpt.attention import CausalAttention
from unrolled.gpt.cache import KVCache
from unrolled.positions import LearnedPositions

__all__ = ["is_plain", "token_step"]

_PLAIN = {
    CausalAttention, FeedForward, LayerNorm, LearnedPositions,
    nn.Dropout, nn.Embedding, nn.Linear, nn.ModuleList,
}  # fmt: skip


def is_plain(model: nn.Module) -> bool:
    """Say whether a GPT in evaluation is made of reference parts alone, and nobody listens in."""
    parts = [module for block in model.blocks for module in block.children()]
    parts += [module for part in parts for module in part.children()]
    parts += list(model.children())
    heard = any(
        m._forward_hooks or m._forward_pre_hooks or "forward" in vars(m) for m in model.modules()
    )
    return not (model.training or heard) and all(type(part) in _PLAIN for part in parts)


def token_step(model: nn.Module, last: Tensor, cache: KVCache) -> tuple[Tensor, KVCache]:
    """Return the scores of the token after ``last``, and the cache that now holds ``last``.

    Args:
        model: one that :func:`is_plain`.
        last: the newest token of each text ``(B,)``.
        cache: keys and values of the tokens before.
    """
    arguments.read(model, last[:, None], cache)
    x = F.embedding(last[:, None], model.token_embedding.weight)  # (B, 1, D)
    x = x + model.positions.weight[cache.length]
    for layer, block in enumerate(model.blocks):
        x = x + _attend(block.attention, _normalise(block.norm1, x), cache, layer)
        x = x + _transform(block.feed_forward, _normalise(block.norm2, x))
    return _project(model.lm_head, _normalise(model.norm, x))[:, 0], cache  # (B, V)


def _attend(attention: CausalAttention, x: Tensor, cache: KVCache, layer: int) -> Tensor:
    heads = (x.size(0), 1, attention.n_heads, -1)
    q = _project(attention.q_proj, x).view(heads).transpose(1, 2)  # (B, H, 1, d_k)
    k = _project(attention.k_proj, x).view(heads).transpose(1, 2)  # (B, H, 1, d_k)
    v = _project(attention.v_proj, x).view(heads).transpose(1, 2)  # (B, H, 1, d_k)
    keys, values = cache.append(layer, k, v)  # (B, H, Tk, d_k)
    gathered = F.scaled_dot_product_attention(q, keys, values)  # (B, H, 1, d_k)
    return _project(attention.out_proj, gathered.transpose(1, 2).flatten(2))  # (B, 1, D)


def _transform(feed_forward: FeedForward, x: Tensor) -> Tensor:
    hidden = _project(feed_forward.linear1, x)  # (B, 1, d_ff)
    if feed_forward.activation == "relu":
        hidden = hidden.relu()
    else:
        tanh = feed_forward.activation == "gelu_tanh"
        hidden = F.gelu(hidden, approximate="tanh" if tanh else "none")
    return _project(feed_forward.linear2, hidden)  # (B, 1, D)


def _project(linear: nn.Linear, x: Tensor) -> Tensor:
    return F.linear(x, linear.weight, linear.bias)


def _normalise(norm: LayerNorm, x: Tensor) -> Tensor:
    return F.layer_norm(x, norm.weight.shape, norm.weight, norm.bias, norm.eps)
