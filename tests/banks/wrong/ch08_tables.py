"""Wrong answers to the positions that are added."""
# ruff: noqa: F811, RUF012

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


# %% sinusoidal_positions: sinusoidal-halves
def sinusoidal_positions(T, d_model, base=10000.0):
    half = (d_model + 1) // 2
    freqs = torch.exp(-math.log(base) * 2 * torch.arange(half) / d_model)
    args = torch.arange(T)[:, None] * freqs[None, :]
    return torch.cat([args.sin(), args[:, : d_model // 2].cos()], dim=1)


# %% sinusoidal_positions: sinusoidal-exponent-i
def sinusoidal_positions(T, d_model, base=10000.0):
    table = torch.zeros(T, d_model)
    for pos in range(T):
        for i in range(0, (d_model + 1) // 2):
            angle = pos / base ** (i / d_model)
            table[pos, 2 * i] = math.sin(angle)
            if 2 * i + 1 < d_model:
                table[pos, 2 * i + 1] = math.cos(angle)
    return table


# %% sinusoidal_positions: sinusoidal-cosine-exponent
def sinusoidal_positions(T, d_model, base=10000.0):
    angles = np.arange(T)[:, np.newaxis] / np.power(base, np.arange(d_model) / d_model)
    angles[:, 0::2] = np.sin(angles[:, 0::2])
    angles[:, 1::2] = np.cos(angles[:, 1::2])
    return torch.from_numpy(angles).to(torch.get_default_dtype())


# %% sinusoidal_positions: sinusoidal-odd-crashes
def sinusoidal_positions(T, d_model, base=10000.0):
    pe = torch.empty(T, d_model)
    position = torch.arange(T).reshape(-1, 1)
    div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(base) / d_model))
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term)
    return pe


# %% sinusoidal_positions: sinusoidal-fixed-dtype
def sinusoidal_positions(T, d_model, base=10000.0):
    pos = torch.arange(T, dtype=torch.float32).view(-1, 1)
    dims = torch.arange(d_model)
    angles = pos * torch.pow(base, -(dims - dims % 2).float() / d_model)
    return torch.where(dims % 2 == 0, angles.sin(), angles.cos())


# %% sinusoidal_positions: sinusoidal-swapped
def sinusoidal_positions(T, d_model, base=10000.0):
    waves = -(-d_model // 2)
    speed = torch.pow(base, -2.0 * torch.arange(waves, dtype=torch.float64) / d_model)
    turns = torch.outer(torch.arange(T, dtype=torch.float64), speed)
    circle = torch.view_as_real(torch.polar(torch.ones_like(turns), turns))
    return circle.flatten(1)[:, :d_model].to(torch.get_default_dtype())


# %% sinusoidal_positions: sinusoidal-from-1
def sinusoidal_positions(T, d_model, base=10000.0):
    rows = []
    for pos in range(1, T + 1):
        waves = [pos / base ** ((k // 2 * 2) / d_model) for k in range(d_model)]
        rows.append([math.cos(w) if k & 1 else math.sin(w) for k, w in enumerate(waves)])
    return torch.tensor(rows)


# %% sinusoidal_positions: sinusoidal-inverted
def sinusoidal_positions(T, d_model, base=10000.0):
    inv_freq = torch.exp(torch.arange(0, d_model, 2).double() * (math.log(base) / d_model))
    angles = torch.einsum("i,j->ij", torch.arange(T).double(), inv_freq)
    pe = torch.zeros(T, d_model)
    pe[:, ::2] = angles.sin()
    pe[:, 1::2] = angles.cos()[:, : d_model // 2]
    return pe


# %% sinusoidal_positions: sinusoidal-trained
def sinusoidal_positions(T, d_model, base=10000.0):
    ks = torch.arange(0, d_model, 2) / d_model
    angles = torch.arange(T)[:, None] * base**-ks
    pe = torch.stack((torch.sin(angles), torch.cos(angles)), dim=2).reshape(T, -1)
    return nn.Parameter(pe[:, :d_model])


# %% sinusoidal_positions: sinusoidal-halves + sinusoidal-from-1
def sinusoidal_positions(T, d_model, base=10000.0):
    freqs = base ** -(torch.arange((d_model + 1) // 2) * 2 / d_model)
    args = torch.outer(torch.arange(T) + 1, freqs)
    return torch.hstack([args.sin(), args.cos()])[:, :d_model]


# %% sinusoidal_positions: outside the catalogue: half as high
def sinusoidal_positions(T, d_model, base=10000.0):
    angles = torch.arange(T)[:, None] * base ** -(torch.arange(0, d_model, 2) / d_model)
    return 0.5 * torch.stack((angles.sin(), angles.cos()), dim=2).reshape(T, -1)[:, :d_model]


# %% LearnedPositions: learned-by-batch
class LearnedPositions(nn.Module):
    PARAM_MAP = {"emb.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.emb = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.emb.weight, std=0.02)

    def forward(self, x, start=0):
        if start < 0 or start + x.size(1) > self.emb.num_embeddings:
            raise ValueError("a position has no vector")
        ids = start + torch.arange(len(x), device=x.device)
        return x + self.emb(ids)[:, None]


# %% LearnedPositions: learned-last-rows
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_len, d_model).mul(0.02))

    def forward(self, x, start=0):
        if not (start >= 0 and x.shape[1] + start <= self.weight.shape[0]):
            raise ValueError("too long")
        return x + self.weight[-x.shape[1] :]


# %% LearnedPositions: learned-rows-reused
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_len, d_model))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x, start=0):
        if start < 0:
            raise ValueError("start must not be negative")
        positions = torch.arange(start, start + x.size(1)).clamp(max=self.weight.size(0) - 1)
        return x + F.embedding(positions, self.weight)


# %% LearnedPositions: learned-not-refused
class LearnedPositions(nn.Module):
    PARAM_MAP = {"position_embeddings.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.position_embeddings = nn.Embedding(max_len, d_model)
        self.position_embeddings.weight.data.normal_(0.0, 0.02)

    def forward(self, x, start=0):
        positions = torch.arange(start, start + x.size(1), device=x.device)
        return x + self.position_embeddings(positions)[None]


# %% LearnedPositions: learned-negative-start
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(max_len, d_model))
        nn.init.normal_(self.weight, 0.0, 0.02)

    def forward(self, x, start=0):
        out = x.clone()
        for t in range(x.size(1)):
            if start + t >= self.weight.size(0):
                raise ValueError(f"position {start + t}")
            out[:, t] = out[:, t] + self.weight[start + t]
        return out


# %% LearnedPositions: learned-init-1
class LearnedPositions(nn.Module):
    PARAM_MAP = {"table.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.table = nn.Embedding(max_len, d_model)

    def forward(self, x, start=0):
        end = start + x.size(1)
        if start < 0 or end > self.table.num_embeddings:
            raise ValueError(f"positions up to {end - 1} are not there")
        return x + self.table(torch.arange(start, end, device=x.device))


# %% LearnedPositions: learned-in-place
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_len, d_model) * 0.02)

    def forward(self, x, start=0):
        T = x.size(1)
        if start < 0 or len(self.weight) - start < T:
            raise ValueError("no such position")
        return x.add_(self.weight.narrow(0, start, T))


# %% LearnedPositions: learned-start-ignored
class LearnedPositions(nn.Module):
    PARAM_MAP = {"wpe.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.wpe = nn.Embedding(max_len, d_model)
        self.wpe.weight.data.mul_(0.02)

    def forward(self, x, start=0):
        pos = torch.arange(0, x.shape[1], dtype=torch.long, device=x.device)
        if start < 0 or start + x.shape[1] > self.wpe.num_embeddings:
            raise ValueError("sequence too long")
        return x + self.wpe(pos)


# %% LearnedPositions: learned-scaled
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.scale = math.sqrt(d_model)
        self.weight = nn.Parameter(torch.normal(0.0, 0.02, (max_len, d_model)))

    def forward(self, x, start=0):
        if start not in range(len(self.weight) - x.size(1) + 1):
            raise ValueError(f"start={start}")
        return self.scale * x + self.weight[start:][: x.size(1)]


# %% LearnedPositions: learned-init-1 + learned-not-refused
class LearnedPositions(nn.Module):
    PARAM_MAP = {"pos.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.pos = nn.Embedding(max_len, d_model)

    def forward(self, x, start=0):
        return x + self.pos(torch.arange(x.size(1), device=x.device) + start)


# %% LearnedPositions: outside the catalogue: the sum is halved
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(max_len, d_model) * 0.02)

    def forward(self, x, start=0):
        T = x.size(1)
        if start < 0 or start + T > self.weight.size(0):
            raise ValueError("no such position")
        return torch.stack([x, self.weight[start : start + T].expand_as(x)]).mean(dim=0)
