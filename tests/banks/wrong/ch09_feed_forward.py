"""Wrong answers to FeedForward."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% FeedForward: ff-activation-ignored
class FeedForward(nn.Module):
    PARAM_MAP = {
        f"net.{place}.{kind}": f"{name}.{kind}"
        for place, name in ((0, "linear1"), (3, "linear2"))
        for kind in ("weight", "bias")
    }

    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(d_model, d_ff, bias=bias),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(d_ff, d_model, bias=bias),
        )

    def forward(self, x):
        return self.net(x)


# %% FeedForward: ff-gelu-for-tanh
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.drop = nn.Dropout(dropout)
        self.act = nn.ReLU() if activation == "relu" else nn.GELU()

    def forward(self, x):
        return self.linear2(self.drop(self.act(self.linear1(x))))


# %% FeedForward: ff-tanh-for-gelu
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.p, self.kind = dropout, activation

    def forward(self, x):
        h = self.linear1(x)
        if self.kind == "relu":
            h = h.clamp(min=0.0)
        else:
            h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        return self.linear2(F.dropout(h, self.p, self.training))


# %% FeedForward: ff-dropout-on-output
class FeedForward(nn.Module):
    PARAM_MAP = {
        f"{mine}.{kind}": f"{wanted}.{kind}"
        for mine, wanted in (("c_fc", "linear1"), ("c_proj", "linear2"))
        for kind in ("weight", "bias")
    }

    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.c_fc = nn.Linear(d_model, d_ff, bias=bias)
        self.c_proj = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)
        approximate = "tanh" if activation.endswith("tanh") else "none"
        self.act = nn.GELU(approximate) if activation.startswith("gelu") else nn.ReLU()

    def forward(self, x):
        x = self.act(self.c_fc(x))
        x = self.c_proj(x)
        return self.dropout(x)


# %% FeedForward: ff-dropout-early
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias)
        self.dropout = nn.Dropout(dropout)
        self.activation = {
            "relu": F.relu,
            "gelu": F.gelu,
            "gelu_tanh": lambda h: F.gelu(h, approximate="tanh"),
        }[activation]

    def forward(self, x):
        return self.linear2(self.activation(self.dropout(self.linear1(x))))


# %% FeedForward: ff-dropout-in-eval
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.activation, self.dropout = activation, dropout

    def forward(self, x):
        x = self.linear1(x)
        if self.activation == "gelu":
            x = x * 0.5 * torch.erfc(-x / math.sqrt(2))
        elif self.activation == "gelu_tanh":
            x = F.gelu(x, approximate="tanh")
        else:
            x = torch.relu(x)
        return self.linear2(F.dropout(x, p=self.dropout))


# %% FeedForward: ff-bias-ignored
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff)
        self.linear2 = nn.Linear(d_ff, d_model)
        self.drop = nn.Dropout(dropout)
        self.relu = activation == "relu"
        self.gelu = nn.GELU("tanh" if "tanh" in activation else "none")

    def forward(self, x):
        hidden = self.linear1(x)
        hidden = hidden * (hidden > 0) if self.relu else self.gelu(hidden)
        return self.linear2(self.drop(hidden))


# %% FeedForward: ff-residual
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout, self.activation = nn.Dropout(dropout), activation

    def forward(self, x):
        h = F.linear(x, self.linear1.weight, self.linear1.bias)
        if self.activation == "relu":
            h = F.threshold(h, 0.0, 0.0)
        else:
            h = F.gelu(h, approximate=("none", "tanh")[self.activation == "gelu_tanh"])
        return torch.add(F.linear(self.dropout(h), self.linear2.weight, self.linear2.bias), x)


# %% FeedForward: ff-activation-last
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)
        self.act = nn.ReLU() if activation == "relu" else nn.GELU()
        if activation == "gelu_tanh":
            self.act = nn.GELU(approximate="tanh")

    def forward(self, x):
        for step in (self.linear1, self.dropout, self.linear2, self.act):
            x = step(x)
        return x


# %% FeedForward: ff-gelu-for-tanh + ff-dropout-on-output
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)
        self.act = F.relu if activation == "relu" else F.gelu

    def forward(self, x):
        return self.dropout(self.linear2(self.act(self.linear1(x))))


# %% FeedForward: ff-bias-ignored + ff-residual
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.dropout = nn.Dropout(dropout)
        gelu = nn.GELU("tanh" if activation == "gelu_tanh" else "none")
        self.act = nn.ReLU() if activation == "relu" else gelu

    def forward(self, x):
        return x + self.linear2(self.dropout(self.act(self.linear1(x))))


# %% FeedForward: outside the catalogue: an absolute value for ReLU
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.dropout = nn.Dropout(dropout)
        self.activation = activation

    def forward(self, x):
        h = self.linear1(x)
        tanh = "tanh" if self.activation == "gelu_tanh" else "none"
        h = h.abs() if self.activation == "relu" else F.gelu(h, approximate=tanh)
        return self.linear2(self.dropout(h))
