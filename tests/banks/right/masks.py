"""Right answers to padding_mask and causal_mask, in other ways."""
# ruff: noqa: F811

import torch


# %% padding_mask: not equal, reshaped
def padding_mask(ids, pad_id):
    B, T = ids.size()
    return torch.ne(ids, pad_id).view(B, 1, 1, T)


# %% padding_mask: equal, then negated
def padding_mask(ids, pad_id):
    return ~ids.eq(pad_id).unsqueeze(1).unsqueeze(2)


# %% padding_mask: the difference as a truth value
def padding_mask(ids, pad_id):
    return (ids - pad_id).to(torch.bool)[:, None, None]


# %% padding_mask: written into a mask of ones
def padding_mask(ids, pad_id):
    keep = torch.ones_like(ids, dtype=torch.bool)
    keep[ids == pad_id] = False
    return torch.stack([keep], dim=1).unsqueeze(1)


# %% causal_mask: comparing positions
def causal_mask(Tq, Tk=None, device=None):
    if Tk is None:
        Tk = Tq
    q_pos = torch.arange(Tk - Tq, Tk, device=device)
    k_pos = torch.arange(Tk, device=device)
    return k_pos[None, :] <= q_pos[:, None]


# %% causal_mask: the upper triangle, negated
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    future = torch.triu(torch.ones(Tq, Tk, device=device), diagonal=Tk - Tq + 1)
    return ~future.bool()


# %% causal_mask: the last rows of the square mask
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    square = torch.tril(torch.ones(Tk, Tk, device=device)) > 0
    return square[Tk - Tq :]


# %% causal_mask: row by row
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    rows = [[column <= row + Tk - Tq for column in range(Tk)] for row in range(Tq)]
    return torch.tensor(rows, device=device)


# %% causal_mask: a cumulative sum
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tk or Tq
    own = torch.eye(Tk, device=device)[Tk - Tq :]
    return own.flip(-1).cumsum(-1).flip(-1) == 1
