"""Right answers to the parts of a block, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% LayerNorm: torch's own variance
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None
        self.eps = eps

    def forward(self, x):
        var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        y = (x - mean) * torch.rsqrt(var + self.eps) * self.weight
        if self.bias is not None:
            y = y + self.bias
        return y


# %% LayerNorm: a matrix that takes the mean away, and the length that is left
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.D, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.full((d_model,), 1.0))
        if bias:
            self.bias = nn.Parameter(torch.full((d_model,), 0.0))

    def forward(self, x):
        average = torch.ones(self.D, 1, dtype=x.dtype, device=x.device) / self.D
        deviations = x - torch.matmul(x, average)
        squares = torch.einsum("...d,...d->...", deviations, deviations).unsqueeze(-1)
        length = torch.sqrt(squares + self.D * self.eps)
        y = math.sqrt(self.D) * deviations / length * self.weight
        return y + self.bias if hasattr(self, "bias") else y


# %% LayerNorm: standard deviations by name, addcmul at the end
class LayerNorm(nn.Module):
    PARAM_MAP = {"gamma": "weight", "beta": "bias"}

    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.gamma = nn.Parameter(torch.ones(d_model))
        self.register_parameter("beta", nn.Parameter(torch.zeros(d_model)) if bias else None)

    def forward(self, x):
        centred = x - x.sum(-1, keepdim=True) / x.shape[-1]
        sigma = (centred.pow(2).sum(-1, keepdim=True) / x.shape[-1] + self.eps) ** 0.5
        y = centred.div(sigma)
        return y.mul(self.gamma) if self.beta is None else torch.addcmul(self.beta, y, self.gamma)


# %% LayerNorm: row after row
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x):
        rows = []
        for row in x.reshape(-1, x.size(-1)):
            spread = torch.sqrt(torch.var(row, unbiased=False) + self.eps)
            rows.append((row - torch.mean(row)) / spread)
        y = torch.stack(rows).reshape(x.shape) * self.weight
        return y if self.bias is None else y + self.bias


# %% FeedForward: torch's activations
class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.linear1 = nn.Linear(d_model, d_ff, bias=bias)
        self.linear2 = nn.Linear(d_ff, d_model, bias=bias)
        self.p = dropout
        self.act = {
            "relu": nn.ReLU(),
            "gelu": nn.GELU(),
            "gelu_tanh": nn.GELU(approximate="tanh"),
        }[activation]

    def forward(self, x):
        return self.linear2(F.dropout(self.act(self.linear1(x)), self.p, self.training))


# %% FeedForward: four modules in a row, GELU by its equations
class FeedForward(nn.Module):
    PARAM_MAP = {
        f"net.{place}.{kind}": f"{name}.{kind}"
        for place, name in ((0, "linear1"), (3, "linear2"))
        for kind in ("weight", "bias")
    }

    class Bend(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.kind = kind

        def forward(self, x):
            if self.kind == "relu":
                return x.clamp(min=0)
            if self.kind == "gelu":
                return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
            return 0.5 * x * (1 + torch.tanh(inner))

    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(d_model, d_ff, bias),
            self.Bend(activation),
            nn.Dropout(dropout),
            nn.Linear(d_ff, d_model, bias),
        )

    def forward(self, x):
        return self.net(x)


# %% FeedForward: bare matrices, the other way up
class FeedForward(nn.Module):
    PARAM_MAP = {
        "W1": {"transpose": "linear1.weight"},
        "W2": {"transpose": "linear2.weight"},
        "b1": "linear1.bias",
        "b2": "linear2.bias",
    }

    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        self.W1 = nn.Parameter(torch.randn(d_model, d_ff) / math.sqrt(d_model))
        self.W2 = nn.Parameter(torch.randn(d_ff, d_model) / math.sqrt(d_ff))
        self.b1 = nn.Parameter(torch.zeros(d_ff)) if bias else None
        self.b2 = nn.Parameter(torch.zeros(d_model)) if bias else None
        self.drop = nn.Dropout(dropout)
        self.kind = activation

    def forward(self, x):
        h = torch.einsum("...d,df->...f", x, self.W1)
        h = h if self.b1 is None else h + self.b1
        if self.kind == "relu":
            h = torch.maximum(h, torch.zeros_like(h))
        elif self.kind == "gelu":
            h = h * torch.special.ndtr(h)
        else:
            h = h * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (h + 0.044715 * h * h * h))
        y = self.drop(h) @ self.W2
        return y if self.b2 is None else y + self.b2
