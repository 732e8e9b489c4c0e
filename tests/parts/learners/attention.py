"""Attention, positions, norms and the layers and stacks made of them."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled import attention as attention_module


def cat(*names, dim=0):
    return {"cat": list(names), "dim": dim}


# --- attention ------------------------------------------------------------------------------------


class MultiHeadAttention(nn.Module):
    """One fused projection, and an output matrix the other way round."""

    PARAM_MAP = {  # noqa: RUF012 - as learners write it
        "qkv": cat("q_proj.weight", "k_proj.weight", "v_proj.weight"),
        "qkv_bias": cat("q_proj.bias", "k_proj.bias", "v_proj.bias"),
        "wo": {"transpose": "out_proj.weight"},
        "bo": "out_proj.bias",
    }

    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        self.heads = n_heads
        self.qkv = nn.Parameter(torch.empty(3 * d_model, d_model).normal_(std=0.1))
        self.qkv_bias = nn.Parameter(torch.zeros(3 * d_model))
        self.wo = nn.Parameter(torch.empty(d_model, d_model).normal_(std=0.1))
        self.bo = nn.Parameter(torch.zeros(d_model))

    def turn(self, q, k):
        return q, k

    def bias(self, scores):
        return scores

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        parts = zip((query, key, value), self.qkv.chunk(3), self.qkv_bias.chunk(3), strict=True)
        split = ((x @ w.T + b).unflatten(-1, (self.heads, -1)) for x, w, b in parts)
        q, k, v = (x.permute(0, 2, 1, 3) for x in split)
        q, k = self.turn(q, k)
        scores = self.bias(torch.einsum("bhqd,bhkd->bhqk", q, k) / math.sqrt(q.size(-1)))
        if mask is not None:
            scores = scores.where(mask, -1e30)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights * mask.any(-1, keepdim=True)
        out = torch.einsum("bhqk,bhkd->bqhd", weights, v).flatten(2) @ self.wo + self.bo
        return (out, weights) if need_weights else out


class RotaryAttention(MultiHeadAttention):
    def turn(self, q, k):
        here = torch.arange(k.size(2))
        return apply_rope(q, here[-q.size(2) :]), apply_rope(k, here)


class AlibiAttention(MultiHeadAttention):
    def bias(self, scores):
        return scores + alibi_bias(self.heads, *scores.shape[-2:]).to(scores)


class GroupedQueryAttention(nn.Module):
    """One fused projection; each group of queries meets its keys without a copy of them."""

    PARAM_MAP = {  # noqa: RUF012
        "qkv.weight": cat("q_proj.weight", "k_proj.weight", "v_proj.weight"),
        "wo": {"transpose": "out_proj.weight"},
    }

    def __init__(
        self, d_model, n_heads, n_kv_heads, d_k=None, dropout=0.0, bias=False, base=10000.0
    ):
        super().__init__()
        self.sizes, self.base = (n_heads, n_kv_heads, d_k), base
        self.qkv = nn.Linear(d_model, (n_heads + 2 * n_kv_heads) * d_k, bias=False)
        self.wo = nn.Parameter(torch.empty(n_heads * d_k, d_model).normal_(std=0.1))

    def forward(self, x, mask=None, positions=None, need_weights=False):
        heads, groups, d_k = self.sizes
        positions = torch.arange(x.size(1)) if positions is None else positions
        qkv = self.qkv(x).unflatten(-1, (-1, d_k)).transpose(1, 2)
        q, k, v = qkv.split([heads, groups, groups], dim=1)
        q = apply_rope(q, positions, self.base).unflatten(1, (groups, -1))
        k = apply_rope(k, positions, self.base)
        scores = torch.einsum("bgrqd,bgkd->bgrqk", q, k).flatten(1, 2) / d_k**0.5
        if mask is not None:
            scores = scores.masked_fill(~mask, -1e30)
        weights = scores.softmax(-1)
        grouped = weights.unflatten(1, (groups, -1))
        out = torch.einsum("bgrqk,bgkd->bqgrd", grouped, v).flatten(2) @ self.wo
        return (out, weights) if need_weights else out


def causal_mask(Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    return torch.arange(Tk)[None, :] - (Tk - Tq) <= torch.arange(Tq)[:, None]


def padding_mask(ids, pad_id):
    return ids.ne(pad_id).unsqueeze(1).unsqueeze(1)


# --- positions ------------------------------------------------------------------------------------


def apply_rope(x, positions, base=10000.0):
    """By multiplication of complex numbers."""
    half = x.size(-1) // 2
    speed = base ** -(torch.arange(half, dtype=x.dtype) / half)
    angle = positions[..., None].to(x.dtype) * speed
    angle = angle[:, None] if positions.dim() == 2 else angle
    turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(
        torch.ones_like(angle), angle
    )
    return torch.cat([turned.real, turned.imag], -1)


def alibi_bias(n_heads, Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    whole = 2 ** int(math.log2(n_heads))
    slopes = [2 ** (-8 * (h + 1) / whole) for h in range(whole)]
    slopes += [2 ** (-4 * (2 * h + 1) / whole) for h in range(n_heads - whole)]
    apart = [[-abs(q + Tk - Tq - k) for k in range(Tk)] for q in range(Tq)]
    return torch.tensor([[[m * d for d in row] for row in apart] for m in slopes])


def sinusoidal_positions(T, d_model, base=10000.0):
    def wave(pos, feature):
        angle = pos / base ** (2 * (feature // 2) / d_model)
        return math.cos(angle) if feature % 2 else math.sin(angle)

    return torch.tensor([[wave(pos, i) for i in range(d_model)] for pos in range(T)])


class LearnedPositions(nn.Module):
    PARAM_MAP = {"table.weight": "weight"}  # noqa: RUF012

    def __init__(self, max_len, d_model):
        super().__init__()
        self.table = nn.Embedding(max_len, d_model)

    def forward(self, x, start=0):
        return x + self.table(torch.arange(start, start + x.size(1)))


class SinusoidalPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.width = d_model

    def forward(self, x, start=0):
        table = sinusoidal_positions(start + x.size(1), self.width)
        return x + table[start:].to(torch.float32).to(x)


# --- norms and feed-forward networks --------------------------------------------------------------


class LayerNorm(nn.Module):
    PARAM_MAP = {"gain": "weight", "shift": "bias"}  # noqa: RUF012

    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps, self.gain = eps, nn.Parameter(torch.ones(d_model))
        self.shift = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
        return torch.addcmul(self.shift, (x - mean) * torch.rsqrt(variance + self.eps), self.gain)


class RMSNorm(nn.Module):
    PARAM_MAP = {"gain": "weight"}  # noqa: RUF012

    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps, self.gain = eps, nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        return self.gain * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


class FeedForward(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "w1": {"transpose": "linear1.weight"}, "b1": "linear1.bias",
        "w2": {"transpose": "linear2.weight"}, "b2": "linear2.bias",
    }  # fmt: skip

    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.bend = {
            "relu": torch.relu, "gelu": F.gelu, "gelu_tanh": nn.GELU(approximate="tanh")
        }[activation]  # fmt: skip
        self.w1 = nn.Parameter(torch.empty(d_model, d_ff).normal_(std=0.1))
        self.b1 = nn.Parameter(torch.zeros(d_ff))
        self.w2 = nn.Parameter(torch.empty(d_ff, d_model).normal_(std=0.1))
        self.b2 = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        return self.bend(x @ self.w1 + self.b1) @ self.w2 + self.b2


class SwiGLU(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "both.weight": cat("gate_proj.weight", "up_proj.weight"),
        "down": {"transpose": "down_proj.weight"},
    }

    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.both = nn.Linear(d_model, 2 * d_ff, bias=False)
        self.down = nn.Parameter(torch.empty(d_ff, d_model).normal_(std=0.1))

    def forward(self, x):
        gate, up = self.both(x).chunk(2, -1)
        return (gate * torch.sigmoid(gate) * up) @ self.down


# --- layers and stacks ----------------------------------------------------------------------------


def theirs(path, ours):
    """A torch attention's parameters in terms of the reference's."""
    kinds = {f"{path}.in_proj_{k}": cat(*(f"{ours}.{n}_proj.{k}" for n in "qkv")) for k in
             ("weight", "bias")}  # fmt: skip
    return kinds | {f"{path}.out_proj.{k}": f"{ours}.out_proj.{k}" for k in ("weight", "bias")}


def linears(**names):
    return {f"{own}.{k}": f"{n}.{k}" for own, n in names.items() for k in ("weight", "bias")}


class TransformerEncoderLayer(nn.Module):
    """Around torch's attention and norms; a boolean mask means the opposite there."""

    asked = "attention"  # where a class that was asked for stands
    PARAM_MAP = theirs("att", "attention") | linears(
        up="feed_forward.linear1", down="feed_forward.linear2", n1="norm1", n2="norm2"
    )

    def __init__(
        self, d_model, n_heads, d_ff, dropout=0.1, activation="relu", norm_first=False, eps=1e-5,
        bias=True, attention=None,
    ):  # fmt: skip
        super().__init__()
        self.heads, self.first = n_heads, norm_first
        if attention in (None, attention_module.MultiHeadAttention):
            self.att = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
        else:  # a scheme of positions asks for its own
            self.add_module(self.asked, attention(d_model, n_heads, dropout=dropout, bias=bias))
        self.up, self.down = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.n1, self.n2 = nn.LayerNorm(d_model, eps), nn.LayerNorm(d_model, eps)
        self.bend = F.relu if activation == "relu" else F.gelu

    def among_themselves(self, x, mask):
        own = getattr(self, self.asked, None)
        return self.look(self.att, x, x, mask) if own is None else own(x, mask=mask)

    def look(self, attention, x, memory, mask):
        B, Tq, Tk = x.size(0), x.size(1), memory.size(1)
        if mask is not None:
            mask = ~mask.expand(B, self.heads, Tq, Tk).reshape(-1, Tq, Tk)
        return attention(x, memory, memory, attn_mask=mask, need_weights=False)[0]

    def think(self, x):
        return self.down(self.bend(self.up(x)))

    def forward(self, x, mask=None, need_weights=False):
        if self.first:
            y = self.n1(x)
            x = x + self.among_themselves(y, mask)
            return x + self.think(self.n2(x))
        x = self.n1(x + self.among_themselves(x, mask))
        return self.n2(x + self.think(x))


class TransformerDecoderLayer(TransformerEncoderLayer):
    asked = "self_attention"
    PARAM_MAP = (
        theirs("att", "self_attention")
        | theirs("cross", "cross_attention")
        | linears(up="feed_forward.linear1", down="feed_forward.linear2")
        | linears(n1="norm1", n2="norm2", n3="norm3")
    )

    def __init__(self, d_model, n_heads, d_ff, *options, **more):
        super().__init__(d_model, n_heads, d_ff, *options, **more)
        self.cross = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
        self.n3 = nn.LayerNorm(d_model, self.n1.eps)

    def forward(self, x, memory, mask=None, memory_mask=None, need_weights=False):
        if self.first:
            y = self.n1(x)
            x = x + self.among_themselves(y, mask)
            x = x + self.look(self.cross, self.n2(x), memory, memory_mask)
            return x + self.think(self.n3(x))
        x = self.n1(x + self.among_themselves(x, mask))
        x = self.n2(x + self.look(self.cross, x, memory, memory_mask))
        return self.n3(x + self.think(x))


class Stack(nn.Module):
    """Layers by number, without a list of modules."""

    Layer = TransformerEncoderLayer
    PARAM_MAP = {"last.weight": "norm.weight", "last.bias": "norm.bias"}  # noqa: RUF012

    def __init__(
        self, n_layers, d_model, n_heads, d_ff, final_norm=None, norm_first=False, **layer
    ):
        super().__init__()
        self.layers = nn.Sequential(
            *(self.Layer(d_model, n_heads, d_ff, norm_first=norm_first, **layer)
              for _ in range(n_layers))
        )  # fmt: skip
        self.last = nn.LayerNorm(d_model) if norm_first else nn.Identity()

    def forward(self, x, *rest):
        for number in range(len(self.layers)):
            x = self.layers[number](x, *rest)
        return self.last(x)


class TransformerEncoder(Stack):
    pass


class TransformerDecoder(Stack):
    Layer = TransformerDecoderLayer
