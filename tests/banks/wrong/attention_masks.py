"""Wrong answers to scaled_dot_product_attention: what is done with the mask."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F


# %% scaled_dot_product_attention: mask-ignored
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    logits = torch.einsum("...qd,...kd->...qk", query, key).div(query.size(-1) ** 0.5)
    if mask is not None:
        logits.masked_fill(mask == 0, float("-inf"))  # the result is thrown away
    attention = logits.softmax(dim=-1)
    out = F.dropout(attention, dropout) @ value
    return (out, attention) if need_weights else out


# %% scaled_dot_product_attention: mask-ignored
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    scale = 1 / math.sqrt(math.sqrt(query.size(-1)))
    weights = torch.softmax((query * scale) @ (key * scale).mT, dim=-1)
    dropped = F.dropout(weights, dropout) if dropout else weights
    return (dropped @ value, weights) if need_weights else dropped @ value


# %% scaled_dot_product_attention: mask-inverted
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(key.shape[-1])
    if mask is not None:
        sim = sim.masked_fill(mask, float("-inf"))
    attn = torch.nan_to_num(F.softmax(sim, dim=-1))
    out = torch.matmul(F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: mask-inverted
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) * query.size(-1) ** -0.5
    if mask is not None:
        # torch.nn.MultiheadAttention's reading: True = not allowed
        hide = torch.zeros(mask.shape, dtype=sim.dtype, device=sim.device)
        hide[mask] = -1e9
        sim = sim + hide
    attn = sim.softmax(-1)
    if mask is not None:
        attn = attn * (~mask).any(-1, keepdim=True)
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: mask-multiplied
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    energy = query @ key.mT / query.size(-1) ** 0.5
    if mask is not None:
        energy = energy * mask
    p = energy.softmax(-1)
    if mask is not None:
        p = p * mask.any(-1, keepdim=True)
    out = F.dropout(p, dropout) @ value
    return (out, p) if need_weights else out


# %% scaled_dot_product_attention: mask-tiny-fill
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    att = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.size(-1))
    if mask is not None:
        att = att.masked_fill(mask == 0, 1e-9)
    p = F.softmax(att, dim=-1)
    if mask is not None:
        p = p * mask.any(-1, keepdim=True)
    result = torch.matmul(F.dropout(p, p=dropout), value)
    return (result, p) if need_weights else result


# %% scaled_dot_product_attention: mask-tiny-fill
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) / math.sqrt(key.size(-1))
    if mask is not None:
        sim = torch.where(mask, sim, -1e-9)
    attn = sim.softmax(-1)
    if mask is not None:
        attn = torch.where(mask.any(-1, keepdim=True), attn, 0.0)
    out = torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: mask-minus-one
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = query @ key.mT / math.sqrt(query.size(-1))
    if mask is not None:
        sim = torch.where(mask, sim, -torch.ones_like(sim))
    w = sim.softmax(-1)
    if mask is not None:
        w = w * mask.any(-1, keepdim=True)
    y = F.dropout(w, dropout) @ value
    return (y, w) if need_weights else y


# %% scaled_dot_product_attention: mask-after-softmax
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    p = F.softmax(torch.einsum("...id,...jd->...ij", query, key) / query.size(-1) ** 0.5, dim=-1)
    if mask is not None:
        p = torch.where(mask, p, 0.0)
    out = torch.einsum("...ij,...jd->...id", F.dropout(p, dropout), value)
    return (out, p) if need_weights else out


# %% scaled_dot_product_attention: mask-after-softmax
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.shape[-1])
    weights = torch.exp(scores - scores.logsumexp(-1, keepdim=True))
    if mask is not None:
        weights = weights * mask.to(weights.dtype)
    out = torch.matmul(F.dropout(weights, dropout), value)
    return (out, weights) if need_weights else out


# %% scaled_dot_product_attention: mask-transposed
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) * query.size(-1) ** -0.5
    if mask is not None:
        allowed = mask.mT
        sim = sim.masked_fill(allowed == 0, -1e9)
    attn = sim.softmax(-1)
    if mask is not None:
        attn = attn * allowed.any(-1, keepdim=True)
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: nan-rows
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = F.softmax(sim, dim=-1)
    out = torch.matmul(F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: nan-rows
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    e = torch.einsum("...id,...jd->...ij", query * query.size(-1) ** -0.5, key)
    e = e if mask is None else e.where(mask, e.new_tensor(-1e9))
    e = (e - e.amax(-1, keepdim=True)).exp()
    e = e if mask is None else e * mask
    attn = e / e.sum(-1, keepdim=True)  # 0 / 0 where nothing may be seen
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: uniform-rows
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    att = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(query.size(-1))
    if mask is not None:
        att = att.masked_fill(mask == 0, -1e9)
    p = F.softmax(att, dim=-1)
    result = torch.matmul(F.dropout(p, p=dropout), value)
    return (result, p) if need_weights else result


# %% scaled_dot_product_attention: uniform-rows
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) / query.shape[-1] ** 0.5
    if mask is not None:
        sim = torch.where(mask, sim, torch.finfo(sim.dtype).min)
    attn = torch.softmax(sim, -1)
    out = torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), value)
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: mask-added
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = query @ key.mT / math.sqrt(query.size(-1))
    if mask is not None:
        sim = sim + mask.to(sim.dtype)  # +1 for what may be seen
    attn = sim.softmax(-1)
    if mask is not None:
        attn = attn * mask.any(-1, keepdim=True)
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: outside the catalogue: only the first sentence's mask
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = query @ key.mT / math.sqrt(query.size(-1))
    if mask is not None:
        seen = mask[:1] if mask.dim() == sim.dim() else mask
        sim = sim.masked_fill(seen == 0, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    out = F.dropout(attn, dropout) @ value
    return (out, attn) if need_weights else out


# %% scaled_dot_product_attention: weights-not-returned
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.einsum("...id,...jd->...ij", query, key) / math.sqrt(query.shape[-1])
    if mask is not None:
        sim = sim.masked_fill(mask == 0, float("-inf"))
    attn = sim.softmax(-1).nan_to_num()
    return torch.einsum("...ij,...jd->...id", F.dropout(attn, dropout), value)


# %% scaled_dot_product_attention: dropout-on-output
def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
    sim = torch.matmul(query, key.mT) * query.size(-1) ** -0.5
    if mask is not None:
        sim = torch.where(mask, sim, -torch.inf)
    attn = sim.softmax(-1).nan_to_num()
    out = F.dropout(torch.matmul(attn, value), p=dropout)
    return (out, attn) if need_weights else out
