"""One more token through a GPT of reference parts: its fast path.

For a single token a module's call costs about as much time as its arithmetic. Here the same
operations are done on the modules' weights, gathered once, and nothing else; a test holds that the
result is the same. A model with a learner's part, an adapter or a hook in it is run as it stands.

Shapes: ``B`` texts, ``D`` = n_embd, ``H`` heads, ``d_k``, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import gpt as arguments
from unrolled.blocks import FeedForward, LayerNorm
from unrolled.decoding.state import Step
from unrolled.gpt.attention import CausalAttention
from unrolled.gpt.cache import KVCache
from unrolled.positions import LearnedPositions

__all__ = ["is_plain", "read_quickly", "token_step"]

_PLAIN = {
    CausalAttention, FeedForward, LayerNorm, LearnedPositions,
    nn.Dropout, nn.Embedding, nn.Linear, nn.ModuleList,
}  # fmt: skip


def read_quickly(model: nn.Module, ids: Tensor, use_cache: bool = True) -> tuple[Step, KVCache]:
    """Read all tokens but the last, and go on by :func:`token_step`, for a GPT that is plain."""
    if not (use_cache and is_plain(model)):
        return NotImplemented
    _, cache = type(model).read.__wrapped__(model, ids)
    return token_step(model), cache


def is_plain(model: nn.Module) -> bool:
    """Say whether a model in evaluation is our GPT of our parts, and nobody listens in."""
    from unrolled.gpt.model import GPT  # not above: it is built on what is built on this

    if type(model) is not GPT:  # the forward of a subclass may differ
        return False
    parts = [module for block in model.blocks for module in block.children()]
    parts += [module for part in parts for module in part.children()]
    parts += list(model.children())
    heard = any(
        m._forward_hooks or m._forward_pre_hooks or "forward" in vars(m) for m in model.modules()
    )
    return not (model.training or heard) and all(type(part) in _PLAIN for part in parts)


def token_step(model: nn.Module) -> Step:
    """Return a function that reads one token a text with the weights that a model has now.

    Args:
        model: one that :func:`is_plain`.

    Returns:
        ``step(last (B,), cache) -> (logits (B, V), cache)``, without gradients.
    """
    with torch.no_grad():
        blocks = [_gathered(block) for block in model.blocks]
    token_table, position_table = model.token_embedding.weight, model.positions.weight
    norm, head = _norm(model.norm), model.lm_head.weight

    @torch.no_grad()
    def step(last: Tensor, cache: KVCache) -> tuple[Tensor, KVCache]:
        arguments.next_token(model, cache)
        x = F.embedding(last, token_table) + position_table[cache.length]  # (B, D)
        for layer, block in enumerate(blocks):
            x = _through(block, x, cache, layer)  # (B, D)
        return F.linear(F.layer_norm(x, *norm), head), cache  # (B, V)

    return step


class _Block(NamedTuple):
    """The weights of a block, queries', keys' and values' in one matrix."""

    n_heads: int
    norm1: tuple
    qkv: tuple[Tensor, Tensor]
    out: tuple[Tensor, Tensor]
    norm2: tuple
    linear1: tuple[Tensor, Tensor]
    linear2: tuple[Tensor, Tensor]
    activation: str


def _gathered(block: nn.Module) -> _Block:
    attention, feed_forward = block.attention, block.feed_forward
    three = [attention.q_proj, attention.k_proj, attention.v_proj]
    linears = (attention.out_proj, feed_forward.linear1, feed_forward.linear2)
    out, linear1, linear2 = ((linear.weight, linear.bias) for linear in linears)
    return _Block(
        n_heads=attention.n_heads,
        norm1=_norm(block.norm1),
        qkv=(torch.cat([p.weight for p in three]), torch.cat([p.bias for p in three])),
        out=out,
        norm2=_norm(block.norm2),
        linear1=linear1,
        linear2=linear2,
        activation=feed_forward.activation,
    )


def _norm(norm: LayerNorm) -> tuple:
    return norm.weight.shape, norm.weight, norm.bias, norm.eps


def _through(block: _Block, x: Tensor, cache: KVCache, layer: int) -> Tensor:
    B, D = x.shape
    qkv = F.linear(F.layer_norm(x, *block.norm1), *block.qkv)  # (B, 3 * D)
    q, k, v = qkv.view(B, 3, block.n_heads, 1, -1).unbind(1)  # (B, H, 1, d_k)
    keys, values = cache.append(layer, k, v)  # (B, H, Tk, d_k)
    gathered = F.scaled_dot_product_attention(q, keys, values)  # (B, H, 1, d_k)
    x = x + F.linear(gathered.reshape(B, D), *block.out)  # (B, D)
    hidden = F.linear(F.layer_norm(x, *block.norm2), *block.linear1)  # (B, d_ff)
    if block.activation == "relu":
        hidden = hidden.relu()
    else:
        tanh = block.activation == "gelu_tanh"
        hidden = F.gelu(hidden, approximate="tanh" if tanh else "none")
    return x + F.linear(hidden, *block.linear2)  # (B, D)
