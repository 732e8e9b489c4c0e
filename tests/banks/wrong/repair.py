"""Wrong answers to the bug hunt: one of the bugs is still there."""
# ruff: noqa: F811, F821

import torch
import torch.nn.functional as F
from torch import nn


# %% repair_multi_head: repair-scale
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.scale = embed_dim**0.5
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (lin(x).unflatten(-1, (self.num_heads, -1)) for lin in self.three())
        energy = torch.einsum("bihd,bjhd->bhij", q, k) / self.scale
        if mask is not None:
            energy = energy.masked_fill(mask == 0, float("-inf"))
        attention = F.softmax(energy, dim=-1)
        return self.out(torch.einsum("bhij,bjhd->bihd", attention, v).flatten(2))

    def three(self):
        return self.query, self.key, self.value


# %% repair_multi_head: repair-heads
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = self.query(x), self.key(x), self.value(x)
        scores = torch.einsum("bid,bjd->bij", q, k)[:, None] / self.head_dim**0.5
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        weights = scores.softmax(-1)
        return self.out((weights @ v[:, None])[:, 0])


# %% repair_multi_head: repair-mask
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.h = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            torch.stack(layer(x).chunk(self.h, dim=-1), dim=1)
            for layer in (self.query, self.key, self.value)
        )
        weights = F.softmax(q @ k.mT * q.size(-1) ** -0.5, dim=-1)
        return self.out(torch.cat((weights @ v).unbind(1), dim=-1))


# %% repair_multi_head: repair-import
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        batch, length, width = x.size()
        heads = (batch, length, self.num_heads, width // self.num_heads)
        q, k, v = (lin(x).view(heads) for lin in (self.query, self.key, self.value))
        dots = torch.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(q.size(-1))
        if mask is not None:
            dots = dots.masked_fill(mask == 0, float("-inf"))
        joined = torch.einsum("bhij,bjhd->bihd", dots.softmax(-1), v)
        return self.out(joined.reshape(batch, length, width))


# %% repair_multi_head: repair-mask-inverted
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            lin(x).unflatten(-1, (self.num_heads, -1)).permute(0, 2, 1, 3)
            for lin in (self.query, self.key, self.value)
        )
        s = torch.matmul(q, k.mT) / q.size(-1) ** 0.5
        if mask is not None:
            s = torch.where(mask, torch.full_like(s, float("-inf")), s)
        y = torch.matmul(s.softmax(dim=-1), v)
        return self.out(y.permute(0, 2, 1, 3).flatten(2))


# %% repair_multi_head: repair-merge
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            torch.stack(lin(x).chunk(self.num_heads, dim=-1), dim=1)
            for lin in (self.query, self.key, self.value)
        )
        s = q @ k.mT / q.size(-1) ** 0.5
        if mask is not None:
            s = s.masked_fill(mask.logical_not(), float("-inf"))
        return self.out((s.softmax(-1) @ v).reshape(*x.shape))


# %% repair_multi_head: repair-no-output
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            torch.stack(lin(x).chunk(self.num_heads, dim=-1), dim=1)
            for lin in (self.query, self.key, self.value)
        )
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)


# %% repair_multi_head: repair-mask-zero
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            lin(x).unflatten(-1, (self.num_heads, -1)) for lin in (self.query, self.key, self.value)
        )
        e = torch.einsum("bihd,bjhd->bhij", q, k) / q.size(-1) ** 0.5
        if mask is not None:
            e = e.masked_fill(mask == 0, 0)
        return self.out(torch.einsum("bhij,bjhd->bihd", e.softmax(-1), v).flatten(2))


# %% repair_multi_head: repair-split
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            lin(x).reshape(x.size(0), self.num_heads, -1, x.size(2) // self.num_heads)
            for lin in (self.query, self.key, self.value)
        )
        s = torch.matmul(q, k.mT) * q.size(-1) ** -0.5
        if mask is not None:
            s = s.masked_fill(mask == 0, float("-inf"))
        return self.out(torch.cat((F.softmax(s, -1) @ v).unbind(1), -1))


# %% repair_multi_head: repair-no-scale
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            lin(x).unflatten(-1, (self.num_heads, -1)) for lin in (self.query, self.key, self.value)
        )
        e = torch.einsum("bihd,bjhd->bhij", q, k)
        if mask is not None:
            e = torch.where(mask, e, float("-inf"))
        return self.out(torch.einsum("bhij,bjhd->bihd", e.softmax(-1), v).flatten(2))


# %% repair_multi_head: repair-softmax
class RepairedMultiHead(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(embed_dim, embed_dim)
        self.key = nn.Linear(embed_dim, embed_dim)
        self.value = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, x, mask=None):
        q, k, v = (
            lin(x).unflatten(-1, (self.num_heads, -1)) for lin in (self.query, self.key, self.value)
        )
        e = torch.einsum("bihd,bjhd->bhij", q, k) / q.size(-1) ** 0.5
        if mask is not None:
            e = e.masked_fill(~mask, float("-inf"))
        w = nn.Softmax(dim=2)(e)
        return self.out(torch.einsum("bhij,bjhd->bihd", w, v).flatten(2))
