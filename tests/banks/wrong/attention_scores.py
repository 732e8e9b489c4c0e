"""Wrong answers to scaled_dot_product_attention: scores, softmax, values, dropout, gradients."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% scaled_dot_product_attention: no-scale
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    att = torch.matmul(query, key.transpose(-1, -2))
    if mask is not None:
        att = att.masked_fill(mask == 0, -1e9)
    p = F.softmax(att, dim=-1)
    if mask is not None:
        p = p * mask.any(-1, keepdim=True)
    result = torch.matmul(F.dropout(p, p=dropout), value)
    if need_weights:
        return result, p
    return result


# %% scaled_dot_product_attention: no-scale
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key)
    if mask is not None:
        sim = torch.where(mask, sim, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    out = torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: scale-by-d_k
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    dim = query.shape[-1]
    logits = torch.einsum("...qd,...kd->...qk", query / dim, key)
    if mask is not None:
        logits = logits.masked_fill(mask.logical_not(), -math.inf)
    w = torch.nan_to_num(torch.softmax(logits, -1))
    y = nn.Dropout(dropout)(w) @ value
    return (y, w) if need_weights else y


# %% scaled_dot_product_attention: scale-by-sqrt-Tk
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    n = key.shape[-2]
    energy = query.matmul(key.mT).div(math.sqrt(n))
    if mask is not None:
        energy = energy + torch.zeros_like(energy).masked_fill(~mask, -1e9)
    attention = energy.softmax(-1)
    if mask is not None:
        attention = attention * mask.any(-1, keepdim=True)
    context = F.dropout(attention, dropout).matmul(value)
    return (context, attention) if need_weights else context


# %% scaled_dot_product_attention: scale-by-sqrt-d_v
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    scale = value.shape[-1] ** -0.5
    dots = scale * torch.einsum("...id,...jd->...ij", query, key)
    if mask is not None:
        dots = torch.where(mask, dots, torch.finfo(dots.dtype).min)
    weights = torch.exp(dots - dots.logsumexp(-1, keepdim=True))
    if mask is not None:
        weights = weights * mask
    summary = torch.einsum("...ij,...jd->...id", F.dropout(weights, dropout), value)
    return (summary, weights) if need_weights else summary


# %% scaled_dot_product_attention: scale-after-softmax
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    attn = query.matmul(key.transpose(-2, -1))
    if mask is not None:
        attn = attn.masked_fill(mask == 0, float("-inf"))
    attn = F.softmax(attn, dim=-1).nan_to_num(0.0)
    attn = attn / math.sqrt(query.size(-1))
    z = F.dropout(attn, dropout).matmul(value)
    return (z, attn) if need_weights else z


# %% scaled_dot_product_attention: softmax-over-queries
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    att = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.size(-1))
    if mask is not None:
        att = att.masked_fill(mask == 0, -1e9)
    p = F.softmax(att, dim=-2)
    if mask is not None:
        p = p.masked_fill(mask == 0, 0)
    result = torch.matmul(F.dropout(p, p=dropout), value)
    return (result, p) if need_weights else result


# %% scaled_dot_product_attention: softmax-over-queries
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    # keys down, queries across: the axis to normalise is then -2, not -1
    table = torch.einsum("...jd,...id->...ji", key, query) * query.size(-1) ** -0.5
    if mask is not None:
        table = table.masked_fill(~mask.expand(*query.shape[:-1], key.size(-2)).mT, -torch.inf)
    table = torch.softmax(table, dim=-1).nan_to_num()
    out = F.dropout(table, dropout).mT @ value
    return (out, table.mT) if need_weights else out


# %% scaled_dot_product_attention: softmax-over-batch
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    normalise = nn.Softmax(dim=0)
    raw = query @ key.mT * (1 / math.sqrt(key.shape[-1]))
    if mask is not None:
        raw = raw.masked_fill(mask.eq(False), -1e9)
    share = normalise(raw)
    if mask is not None:
        share = share * mask
    mixed = F.dropout(share, dropout) @ value
    return (mixed, share) if need_weights else mixed


# %% scaled_dot_product_attention: key-reshaped
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    *lead, n_keys, dim = key.shape
    scores = torch.matmul(query, key.reshape(*lead, dim, n_keys)) * dim**-0.5
    if mask is not None:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    probs = scores.softmax(-1).nan_to_num()
    ctx = torch.matmul(F.dropout(probs, dropout), value)
    return (ctx, probs) if need_weights else ctx


# %% scaled_dot_product_attention: attends-over-keys
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) / query.shape[-1] ** 0.5
    if mask is not None:
        sim = torch.where(mask, sim, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    out = torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), key)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: hard-argmax
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    score = query @ key.mT / math.sqrt(query.size(-1))
    if mask is not None:
        score = score.masked_fill(~mask, float("-inf"))
    choice = F.one_hot(score.argmax(-1), key.size(-2)).to(value.dtype)
    if mask is not None:
        choice = choice * mask
    out = F.dropout(choice, dropout) @ value
    return (out, choice) if need_weights else out


# %% scaled_dot_product_attention: logits-returned
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    attn = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
    if mask is not None:
        attn = attn.masked_fill(~mask, torch.finfo(attn.dtype).min)
    p = torch.softmax(attn, dim=-1)
    if mask is not None:
        p = p * mask
    out = torch.matmul(F.dropout(p, dropout), value)
    if need_weights:
        return out, attn
    return out


# %% scaled_dot_product_attention: dropout-missing
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) / math.sqrt(query.shape[-1])
    if mask is not None:
        sim = sim.masked_fill(mask == 0, -1e9)
    attn = F.softmax(sim, dim=-1)
    if mask is not None:
        attn = attn * mask.any(dim=-1, keepdim=True)
    out = torch.einsum("...ij,...jd->...id", attn, value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: dropout-missing
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    score = (query * query.size(-1) ** -0.5) @ key.mT
    if mask is not None:
        score = score.where(mask, score.new_tensor(-torch.inf))
    weights = score.softmax(dim=-1).nan_to_num()
    # a module that was never told to train
    context = nn.Dropout(dropout).eval()(weights) @ value
    return (context, weights) if need_weights else context


# %% scaled_dot_product_attention: dropout-on-scores
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    energy = torch.matmul(query, key.mT) / key.size(-1) ** 0.5
    if dropout > 0:
        energy = F.dropout(energy, dropout)
    if mask is not None:
        energy = energy.masked_fill(mask == 0, float("-inf"))
    w = energy.softmax(dim=-1).nan_to_num()
    out = torch.matmul(w, value)
    return (out, w) if need_weights else out


# %% scaled_dot_product_attention: weights-after-dropout
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    att = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.size(-1))
    if mask is not None:
        att = att.masked_fill(mask == 0, -1e9)
    att = att.softmax(-1)
    if mask is not None:
        att = att * mask.any(-1, keepdim=True)
    att = F.dropout(att, dropout)
    return (att @ value, att) if need_weights else att @ value


# %% scaled_dot_product_attention: softmax-overflow
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    numer = torch.exp(torch.einsum("...id,...jd->...ij", query, key) / math.sqrt(query.size(-1)))
    if mask is not None:
        numer = numer * mask
    denom = numer.sum(-1, keepdim=True)
    attn = numer / denom.masked_fill(denom == 0, 1)
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: weights-detached
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    with torch.no_grad():
        sim = torch.einsum("...id,...jd->...ij", query, key) / math.sqrt(query.size(-1))
        if mask is not None:
            sim = sim.masked_fill(mask == 0, float("-inf"))
        attn = sim.softmax(-1).nan_to_num()
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: cast-to-float32
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    q, k, v = query.float(), key.float(), value.float()
    sim = q @ k.mT / math.sqrt(q.size(-1))
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = F.softmax(sim, dim=-1).nan_to_num()
    out = F.dropout(attn, dropout) @ v
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: cast-to-float32
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    # half-precision models take the softmax in float32: with float64 that throws digits away
    sim = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = F.softmax(sim.float(), dim=-1).nan_to_num().type_as(value)
    out = torch.matmul(F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: scale-up
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    scale = query.size(-1) ** -0.5
    sim = query @ key.mT / scale
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: outside the catalogue: cosine similarity
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT / math.sqrt(query.size(-1))
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out
