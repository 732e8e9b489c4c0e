"""Right answers to the positions that are added, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% sinusoidal_positions: filled in every second column, powers by exp and log
def sinusoidal_positions(T, d_model, base=10000.0):
    pe = torch.zeros(T, d_model)
    position = torch.arange(0, T).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, d_model, 2) * -(math.log(base) / d_model))
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term[: d_model // 2])
    return pe


# %% sinusoidal_positions: one number after the other
def sinusoidal_positions(T, d_model, base=10000.0):
    rows = []
    for pos in range(T):
        row = []
        for feature in range(d_model):
            angle = pos / math.pow(base, (feature - feature % 2) / d_model)
            row.append(math.cos(angle) if feature % 2 else math.sin(angle))
        rows.append(row)
    return torch.tensor(rows)


# %% sinusoidal_positions: points on a circle
def sinusoidal_positions(T, d_model, base=10000.0):
    waves = (d_model + 1) // 2
    speed = torch.tensor(base, dtype=torch.float64) ** (-2 * torch.arange(waves) / float(d_model))
    turns = torch.outer(torch.arange(T, dtype=torch.float64), speed)
    points = torch.view_as_real(torch.polar(torch.ones_like(turns), turns)).flip(-1)
    return points.reshape(T, 2 * waves)[:, :d_model].to(torch.get_default_dtype())


# %% sinusoidal_positions: a cosine is a sine a quarter turn ahead
def sinusoidal_positions(T, d_model, base=10000.0):
    feature = torch.arange(d_model, dtype=torch.float64)
    exponent = 2 * torch.div(feature, 2, rounding_mode="floor") / d_model
    ahead = (feature % 2) * math.pi / 2
    pos = torch.arange(T, dtype=torch.float64)
    table = torch.sin(torch.einsum("t,d->td", pos, base**-exponent) + ahead)
    return table.to(torch.empty(0))


# %% LearnedPositions: rows looked up by their numbers
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.max_len = max_len
        self.weight = nn.Parameter(0.02 * torch.randn(max_len, d_model))

    def forward(self, x, start=0):
        ids = torch.arange(start, start + x.size(1), device=x.device)
        if start < 0 or start + x.shape[1] > self.max_len:
            raise ValueError(f"no vector for position {start + x.shape[1] - 1}")
        return x + F.embedding(ids, self.weight).unsqueeze(0)


# %% LearnedPositions: an embedding layer
class LearnedPositions(nn.Module):
    PARAM_MAP = {"wpe.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.wpe = nn.Embedding(max_len, d_model)
        nn.init.normal_(self.wpe.weight, mean=0.0, std=0.02)

    def forward(self, x, start=0):
        B, T, _ = x.shape
        if not 0 <= start <= self.wpe.num_embeddings - T:
            raise ValueError("positions outside the table")
        positions = torch.arange(T, device=x.device).expand(B, T) + start
        return self.wpe(positions) + x


# %% LearnedPositions: narrow, which complains by itself
class LearnedPositions(nn.Module):
    PARAM_MAP = {"columns": {"transpose": "weight"}}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.columns = nn.Parameter(torch.normal(0.0, 0.02, size=(d_model, max_len)))

    def forward(self, x, start=0):
        try:
            assert start >= 0
            rows = self.columns.narrow(1, start, x.size(1)).t()
        except (AssertionError, RuntimeError, IndexError) as error:
            raise ValueError("this position has no vector") from error
        return torch.add(x, rows)


# %% LearnedPositions: row after row
class LearnedPositions(nn.Module):
    def __init__(self, max_len, d_model):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(max_len, d_model))
        with torch.no_grad():
            self.weight.normal_(0, 0.02)

    def forward(self, x, start=0):
        told = []
        for t, row in enumerate(x.unbind(dim=1), start=start):
            if t not in range(len(self.weight)):
                raise ValueError(f"position {t} is not in the table of {len(self.weight)}")
            told.append(row + self.weight[t])
        return torch.stack(told, dim=1)
