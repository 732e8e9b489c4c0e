"""Wrong answers to padding_mask and causal_mask."""
# ruff: noqa: F811

import torch


# %% padding_mask: pad-inverted
def padding_mask(ids, pad_id):
    # True marks padding, as torch's key_padding_mask wants it
    return torch.eq(ids, pad_id).unsqueeze(1).unsqueeze(2)


# %% padding_mask: pad-on-queries
def padding_mask(ids, pad_id):
    return torch.ne(ids, pad_id).unsqueeze(1).unsqueeze(3)


# %% padding_mask: pad-no-axes
def padding_mask(ids, pad_id):
    return torch.where(ids == pad_id, False, True)


# %% padding_mask: pad-float
def padding_mask(ids, pad_id):
    B, T = ids.shape
    return (ids != pad_id).float().view(B, 1, 1, T)


# %% padding_mask: pad-float
def padding_mask(ids, pad_id):
    keep = torch.ones(ids.shape, device=ids.device)
    keep[ids == pad_id] = 0
    return keep[:, None, None]


# %% padding_mask: pad-zero-only
def padding_mask(ids, pad_id):
    return ids.bool().unsqueeze(1).unsqueeze(1)


# %% padding_mask: pad-zero-only
def padding_mask(ids, pad_id):
    return ids.ne(0).reshape(ids.size(0), 1, 1, ids.size(1))


# %% padding_mask: outside the catalogue: queries and keys both
def padding_mask(ids, pad_id):
    real = ids != pad_id
    return (real.unsqueeze(1) & real.unsqueeze(2)).unsqueeze(1)


# %% causal_mask: causal-triu
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    return torch.triu(torch.ones(Tq, Tk, device=device), diagonal=Tk - Tq) == 1


# %% causal_mask: causal-strict
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    q_pos = torch.arange(Tk - Tq, Tk, device=device)[:, None]
    k_pos = torch.arange(Tk, device=device)[None, :]
    return k_pos < q_pos


# %% causal_mask: causal-top-left
def causal_mask(Tq, Tk=None, device=None):
    if Tk is None:
        Tk = Tq
    rows = torch.arange(Tq, device=device).unsqueeze(1)
    columns = torch.arange(Tk, device=device).unsqueeze(0)
    return rows >= columns


# %% causal_mask: causal-top-left
def causal_mask(Tq, Tk=None, device=None):
    full = torch.zeros(Tq, Tk if Tk is not None else Tq, dtype=torch.bool, device=device)
    for i in range(Tq):
        full[i, : i + 1] = True
    return full


# %% causal_mask: causal-float
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    whole = torch.tril(torch.ones((Tk, Tk), device=device))
    return whole[-Tq:]


# %% causal_mask: causal-one-ahead
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    offset = Tk - Tq
    future = torch.ones(Tq, Tk, device=device).triu(diagonal=offset + 2)
    return future == 0


# %% causal_mask: causal-one-ahead
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    last_seen = torch.arange(Tk - Tq, Tk, device=device) + 1
    return torch.arange(Tk, device=device) <= last_seen.view(-1, 1)


# %% causal_mask: causal-inverted
def causal_mask(Tq, Tk=None, device=None):
    # torch's attn_mask convention: True = hide
    Tk = Tk or Tq
    return torch.triu(torch.ones(Tq, Tk, device=device), diagonal=Tk - Tq + 1).bool()


# %% causal_mask: causal-inverted
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    q = torch.arange(Tq, device=device) + Tk - Tq
    return torch.arange(Tk, device=device).expand(Tq, Tk) > q.unsqueeze(-1)


# %% causal_mask: causal-square
def causal_mask(Tq, Tk=None, device=None):
    n = torch.arange(Tq, device=device)
    return n[:, None] >= n[None, :]


# %% causal_mask: outside the catalogue: the other way round for a chunk
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    lower = torch.ones(Tk, Tk, dtype=torch.bool, device=device).tril()
    return lower[:Tq].flip(1)


# %% padding_mask: pad-one-axis
def padding_mask(ids, pad_id):
    return torch.ne(ids, pad_id).unsqueeze(dim=1)


# %% padding_mask: pad-truth
def padding_mask(ids, pad_id):
    return torch.gt(ids, pad_id)[:, None, None]


# %% padding_mask: pad-after-first
def padding_mask(ids, pad_id):
    seen_padding = torch.cumsum(ids == pad_id, dim=1)
    return seen_padding.eq(0).view(ids.size(0), 1, 1, -1)


# %% padding_mask: pad-float-additive
def padding_mask(ids, pad_id):
    bias = torch.zeros(ids.shape, device=ids.device)
    bias[ids == pad_id] = float("-inf")
    return bias.unsqueeze(1).unsqueeze(1)


# %% causal_mask: causal-everything
def causal_mask(Tq, Tk=None, device=None):
    return torch.full((Tq, Tk or Tq), True, device=device)


# %% causal_mask: causal-additive
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    minus_inf = torch.full((Tq, Tk), float("-inf"), device=device)
    return torch.triu(minus_inf, diagonal=Tk - Tq + 1)


# %% causal_mask: causal-axes
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    keys = torch.arange(Tk, device=device).unsqueeze(1)
    queries = torch.arange(Tk - Tq, Tk, device=device).unsqueeze(0)
    return keys <= queries
