"""Right answers to scaled_dot_product_attention, in other ways."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% scaled_dot_product_attention: einsum, -inf and nan_to_num
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) * query.shape[-1] ** -0.5
    if mask is not None:
        sim = torch.where(mask, sim, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    out = torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: bmm over flattened leading axes
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    lead, n_q, n_k = query.shape[:-2], query.size(-2), key.size(-2)
    q = query.reshape(-1, n_q, query.size(-1))
    k = key.reshape(-1, n_k, key.size(-1))
    v = value.reshape(-1, n_k, value.size(-1))
    scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(q.size(2))
    if mask is not None:
        allowed = mask.expand(*lead, n_q, n_k).reshape(-1, n_q, n_k)
        scores = scores.masked_fill(allowed == 0, -1e9)
    probs = F.softmax(scores, dim=2)
    if mask is not None:
        probs = probs * allowed.any(dim=2, keepdim=True)
    out = torch.bmm(F.dropout(probs, p=dropout), v).view(*lead, n_q, -1)
    return (out, probs.view(*lead, n_q, n_k)) if need_weights else out


# %% scaled_dot_product_attention: only the visible keys, one query at a time
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    lead, n_q, n_k = query.shape[:-2], query.size(-2), key.size(-2)
    allowed = torch.ones(*lead, n_q, n_k, dtype=torch.bool, device=query.device)
    if mask is not None:
        allowed = allowed & mask
    queries = query.reshape(-1, n_q, query.size(-1))
    keys = key.reshape(-1, n_k, key.size(-1))
    rows = []
    for q, k, seen in zip(queries, keys, allowed.reshape(-1, n_q, n_k), strict=True):
        for i in range(n_q):
            visible = seen[i].nonzero().flatten()
            share = torch.softmax(k[visible].mv(q[i]) / math.sqrt(q.size(1)), dim=0)
            rows.append(q.new_zeros(n_k).index_put((visible,), share))
    weights = torch.stack(rows).view(*lead, n_q, n_k)
    out = F.dropout(weights, dropout) @ value
    return (out, weights) if need_weights else out


# %% scaled_dot_product_attention: fourth root on both sides, softmax by hand
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    root = query.size(-1) ** 0.25
    s = (query / root) @ (key / root).mT
    if mask is not None:
        s = s.masked_fill(~mask, -torch.inf)
    top = s.detach().amax(dim=-1, keepdim=True)
    e = torch.exp(s - torch.where(top.isinf(), 0.0, top))
    total = e.sum(-1, keepdim=True)
    weights = e / torch.where(total == 0, 1.0, total)
    out = F.dropout(weights, dropout) @ value
    return (out, weights) if need_weights else out


# %% scaled_dot_product_attention: an additive mask
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    energy = torch.matmul(query, key.transpose(-1, -2)).div(key.size(-1) ** 0.5)
    blind = None
    if mask is not None:
        bias = torch.zeros(mask.shape, dtype=energy.dtype, device=energy.device)
        bias[~mask] = torch.finfo(energy.dtype).min
        energy = energy + bias
        blind = ~mask.any(-1, keepdim=True)
    attention = torch.softmax(energy, dim=-1)
    if blind is not None:
        attention = attention.masked_fill(blind, 0)
    context = torch.matmul(F.dropout(attention, dropout), value)
    return (context, attention) if need_weights else context


# %% scaled_dot_product_attention: keys down, queries across, own dropout
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    table = key @ (query * query.size(-1) ** -0.5).mT
    if mask is not None:
        seen = mask.expand(*query.shape[:-1], key.size(-2)).mT
        table = table.masked_fill(seen.logical_not(), torch.finfo(table.dtype).min)
    table = torch.exp(table - table.logsumexp(-2, keepdim=True))
    if mask is not None:
        table = table * seen
    weights = table.mT
    kept = weights
    if dropout > 0:
        kept = weights * torch.bernoulli(torch.full_like(weights, 1 - dropout)) / (1 - dropout)
    out = kept @ value
    return (out, weights) if need_weights else out


# %% scaled_dot_product_attention: modules, and the weights come along every time
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    softmax, drop = nn.Softmax(dim=-1), nn.Dropout(dropout)
    scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    p_attn = softmax(scores)
    if mask is not None:
        p_attn = p_attn.masked_fill(mask == 0, 0.0)
    return torch.matmul(drop(p_attn), value), p_attn


# %% scaled_dot_product_attention: products of features, summed
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    pairs = query.unsqueeze(-2) * key.unsqueeze(-3)  # every query with every key
    scores = pairs.sum(-1) / math.sqrt(pairs.size(-1))
    if mask is not None:
        scores = scores.where(mask, scores.new_tensor(-1e9))
    weights = scores.log_softmax(-1).exp()
    if mask is not None:
        weights = weights * mask.any(-1, keepdim=True)
    mix = F.dropout(weights, dropout) if dropout else weights
    out = (mix.unsqueeze(-1) * value.unsqueeze(-3)).sum(-2)
    return (out, weights) if need_weights else out
