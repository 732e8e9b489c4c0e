"""Wrong answers to split_heads and merge_heads."""
# ruff: noqa: F811

import torch


# %% split_heads: split-no-transpose
def split_heads(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, n_heads, T, D // n_heads)


# %% split_heads: split-no-transpose
def split_heads(x, n_heads):
    # as in code that folds the heads into the batch in one view
    folded = x.contiguous().view(x.size(0) * n_heads, -1, x.size(2) // n_heads)
    return torch.stack(folded.split(n_heads, dim=0))


# %% split_heads: split-interleaved
def split_heads(x, n_heads):
    b, t, d = x.shape
    return x.view(b, t, d // n_heads, n_heads).permute(0, 3, 1, 2)


# %% split_heads: split-interleaved
def split_heads(x, n_heads):
    return torch.stack([x[:, :, h::n_heads] for h in range(n_heads)], dim=1)


# %% split_heads: split-wrong-order
def split_heads(x, n_heads):
    d_k = x.shape[-1] // n_heads
    return torch.stack(x.split(d_k, dim=-1), dim=2)


# %% split_heads: split-heads-first
def split_heads(x, n_heads):
    return torch.stack(torch.chunk(x, n_heads, dim=2))


# %% split_heads: split-heads-first
def split_heads(x, n_heads):
    B, T, D = x.shape
    return x.reshape(B, T, n_heads, D // n_heads).permute(2, 0, 1, 3)


# %% split_heads: split-d-for-h
def split_heads(x, n_heads):
    pieces = x.split(n_heads, dim=-1)
    return torch.stack(pieces, dim=1)


# %% split_heads: outside the catalogue: heads in reverse order
def split_heads(x, n_heads):
    return torch.stack(x.chunk(n_heads, dim=-1)[::-1], dim=1)


# %% merge_heads: merge-no-transpose
def merge_heads(x):
    B, H, T, d = x.shape
    return x.contiguous().view(B, T, H * d)


# %% merge_heads: merge-no-transpose
def merge_heads(x):
    n, length = x.size(0), x.size(2)
    return torch.reshape(x, (n, length, -1))


# %% merge_heads: merge-interleaved
def merge_heads(x):
    return torch.stack(x.unbind(1), dim=-1).flatten(2)


# %% merge_heads: merge-interleaved
def merge_heads(x):
    B, H, T, d = x.shape
    return torch.einsum("bhtd->btdh", x).reshape(B, T, d * H)


# %% merge_heads: merge-summed
def merge_heads(x):
    total = 0
    for head in x.unbind(dim=1):
        total = total + head
    return total


# %% merge_heads: merge-averaged
def merge_heads(x):
    return torch.einsum("bhtd->btd", x) / x.shape[1]


# %% merge_heads: merge-first-head
def merge_heads(x):
    first, *_ = torch.unbind(x, dim=1)
    return first


# %% merge_heads: merge-flat
def merge_heads(x):
    B, H, T, d = x.shape
    return x.permute(0, 2, 1, 3).reshape(B, T * H * d)


# %% merge_heads: merge-flat
def merge_heads(x):
    return torch.cat(list(x.unbind(1)), dim=1)


# %% merge_heads: outside the catalogue: heads in reverse order
def merge_heads(x):
    return torch.cat(x.unbind(1)[::-1], dim=-1)


# %% split_heads: split-features-before-positions
def split_heads(x, n_heads):
    B, T, D = x.shape
    return x.permute(0, 2, 1).reshape(B, n_heads, D // n_heads, T)


# %% split_heads: split-copies
def split_heads(x, n_heads):
    return torch.stack([x] * n_heads, dim=1)


# %% split_heads: split-detached
def split_heads(x, n_heads):
    return torch.stack(x.data.chunk(n_heads, dim=-1), dim=1)


# %% merge_heads: merge-detached
def merge_heads(x):
    with torch.no_grad():
        return torch.cat(x.unbind(1), dim=-1)
