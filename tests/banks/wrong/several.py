"""Answers with two or three mistakes at once."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.attention import merge_heads, scaled_dot_product_attention, split_heads


# %% softmax: softmax-no-shift + softmax-wrong-axis
def softmax(logits, dim=-1):
    e = logits.exp()
    return e / e.sum(0)


# %% cross_entropy: ce-sum + ce-log2
def cross_entropy(logits, targets):
    logp = F.log_softmax(logits, dim=-1) / math.log(2)
    return F.nll_loss(logp.reshape(-1, logits.size(-1)), targets.reshape(-1), reduction="sum")


# %% cross_entropy: ce-sign + ce-log-of-softmax
def cross_entropy(logits, targets):
    p = torch.softmax(logits, -1)
    return p.gather(-1, targets[..., None]).log().mean()


# %% embedding_lookup: embed-scaled + embed-one-off
def embedding_lookup(weight, ids):
    return math.sqrt(weight.size(1)) * weight[(ids - 1) % weight.size(0)]


# %% padding_mask: pad-inverted + pad-no-axes
def padding_mask(ids, pad_id):
    return torch.eq(ids, pad_id)


# %% causal_mask: causal-strict + causal-float
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    return torch.ones(Tq, Tk, device=device).tril(Tk - Tq - 1)


# %% scaled_dot_product_attention: no-scale + nan-rows
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key)
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = sim.softmax(dim=-1)
    out = torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: scale-by-d_k + mask-after-softmax
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    attn = torch.softmax(query @ key.mT / query.size(-1), dim=-1)
    if mask is not None:
        attn = attn * mask
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: no-scale + uniform-rows + dropout-missing
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    scores = torch.matmul(query, key.transpose(-2, -1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    p_attn = F.softmax(scores, dim=-1)
    out = torch.matmul(p_attn, value)
    return (out, p_attn) if need_weights else out


# %% scaled_dot_product_attention: softmax-over-queries + logits-returned
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = query @ key.mT * query.size(-1) ** -0.5
    if mask is not None:
        sim = sim.masked_fill(~mask, torch.finfo(sim.dtype).min)
    attn = sim.softmax(-2)
    if mask is not None:
        attn = attn * mask
    out = F.dropout(attn, dropout) @ value
    return (out, sim) if need_weights else out


# %% scaled_dot_product_attention: no-scale + mask-inverted
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.matmul(query, key.transpose(-2, -1))
    if mask is not None:
        sim = sim.masked_fill(mask, float("-inf"))
    attn = torch.nan_to_num(F.softmax(sim, dim=-1))
    out = torch.matmul(F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% SelfAttention: self-no-scale + self-bias
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k)
        self.k_proj = nn.Linear(d_model, d_k)
        self.v_proj = nn.Linear(d_model, d_v)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (p(x).unsqueeze(1) for p in (self.q_proj, self.k_proj, self.v_proj))
        sim = q @ k.mT
        if mask is not None:
            sim = sim.masked_fill(~mask, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        out = (self.drop(attn) @ v).squeeze(1)
        return (out, attn) if need_weights else out


# %% SelfAttention: self-mask-not-passed + self-dropout-in-eval
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        q, k, v = (p(x)[:, None] for p in (self.q_proj, self.k_proj, self.v_proj))
        y, w = scaled_dot_product_attention(q, k, v, dropout=self.dropout, need_weights=True)
        return (y[:, 0], w) if need_weights else y[:, 0]


# %% SelfAttention: self-shared-projection + self-always-causal
class SelfAttention(nn.Module):
    def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
        super().__init__()
        d_k = d_k or d_model
        d_v = d_v or d_k
        self.q_proj = nn.Linear(d_model, d_k, bias=False)
        self.k_proj = nn.Linear(d_model, d_k, bias=False)
        self.v_proj = nn.Linear(d_model, d_v, bias=False)
        self.dropout = dropout

    def forward(self, x, mask=None, need_weights=False):
        q, v = self.q_proj(x)[:, None], self.v_proj(x)[:, None]
        lower = torch.ones(x.size(1), x.size(1), device=x.device).tril() > 0
        mask = lower if mask is None else torch.logical_and(lower, mask)
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, q, v, mask, p, need_weights=True)
        return (y[:, 0], w) if need_weights else y[:, 0]


# %% MultiHeadAttention: mha-no-scale + no-output-projection
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = self.q_proj(query).unflatten(-1, (self.n_heads, -1))
        k = self.k_proj(key).unflatten(-1, (self.n_heads, -1))
        v = self.v_proj(value).unflatten(-1, (self.n_heads, -1))
        sim = torch.einsum("bihd,bjhd->bhij", q, k)
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        y = torch.einsum("bhij,bjhd->bihd", self.drop(attn), v).flatten(2)
        return (y, attn) if need_weights else y


# %% MultiHeadAttention: keys-values-swapped + mask-not-passed + weights-averaged
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.dropout = n_heads, dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(self.q_proj(query), self.n_heads)
        k = split_heads(self.k_proj(key), self.n_heads)
        v = split_heads(self.v_proj(value), self.n_heads)
        p = self.dropout if self.training else 0.0
        y, w = scaled_dot_product_attention(q, v, k, dropout=p, need_weights=True)
        y = self.out_proj(merge_heads(y))
        return (y, w.mean(dim=1)) if need_weights else y


# %% MultiHeadAttention: mha-scale-by-d_model + biases-dropped
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads = n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q = split_heads(F.linear(query, self.q_proj.weight), self.n_heads)
        k = split_heads(F.linear(key, self.k_proj.weight), self.n_heads)
        v = split_heads(F.linear(value, self.v_proj.weight), self.n_heads)
        sim = q @ k.mT / math.sqrt(query.size(-1))
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
        y = F.linear(merge_heads(self.drop(attn) @ v), self.out_proj.weight)
        return (y, attn) if need_weights else y


# %% MultiHeadAttention: residual-inside + mha-dropout-in-eval
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError(f"d_model={d_model} is not divisible by n_heads={n_heads}")
        self.n_heads, self.dropout = n_heads, dropout
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        key = query if key is None else key
        value = key if value is None else value
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        q, k, v = (split_heads(t, self.n_heads) for t in (q, k, v))
        y, w = scaled_dot_product_attention(q, k, v, mask, self.dropout, need_weights=True)
        y = query + self.out_proj(merge_heads(y))
        return (y, w) if need_weights else y


# %% repair_multi_head: repair-scale + repair-mask
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (split_heads(p(x), self.num_heads) for p in (self.query, self.key, self.value))
        w = torch.softmax(q @ k.mT / math.sqrt(self.embed_dim), dim=-1)
        return self.out(merge_heads(w @ v))


# %% repair_multi_head: repair-heads + repair-scale
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        x = x.unsqueeze(1)
        w = self.query(x) @ self.key(x).mT / math.sqrt(x.size(-1))
        if mask is not None:
            w = w.masked_fill(mask == 0, float("-inf"))
        return self.out(w.softmax(-1) @ self.value(x)).squeeze(1)
