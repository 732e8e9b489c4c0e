"""Wrong answers to LayerNorm."""
# ruff: noqa: F811, RUF012

import math

import torch
from torch import nn


# %% LayerNorm: norm-unbiased
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None
        self.eps = eps

    def forward(self, x):
        var, mean = torch.var_mean(x, -1, keepdim=True)
        y = (x - mean) * (var + self.eps).rsqrt() * self.weight
        return y if self.bias is None else y + self.bias


# %% LayerNorm: norm-eps-outside
class LayerNorm(nn.Module):
    PARAM_MAP = {"a_2": "weight", "b_2": "bias"}

    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.a_2 = nn.Parameter(torch.ones(d_model))
        self.b_2 = nn.Parameter(torch.zeros(d_model)) if bias else None
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        std = torch.linalg.vector_norm(x - mean, dim=-1, keepdim=True) / math.sqrt(x.size(-1))
        out = self.a_2 * (x - mean) / (std + self.eps)
        return out if self.b_2 is None else out + self.b_2


# %% LayerNorm: norm-cancellation
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps, self.d_model = eps, d_model
        self.weight = nn.Parameter(torch.ones(d_model))
        self.register_parameter("bias", nn.Parameter(torch.zeros(d_model)) if bias else None)

    def forward(self, x):
        mean = x.sum(-1, keepdim=True) / self.d_model
        square = torch.einsum("...d,...d->...", x, x).unsqueeze(-1) / self.d_model
        scale = torch.rsqrt(square - mean**2 + self.eps)
        y = (x - mean) * scale * self.weight
        return y + self.bias if self.bias is not None else y


# %% LayerNorm: norm-over-positions
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x):
        last = (-2, -1) if x.dim() > 1 else (-1,)
        var, mean = torch.var_mean(x, dim=last, correction=0, keepdim=True)
        y = (x - mean).div(torch.sqrt(var + self.eps)).mul(self.weight)
        return y if self.bias is None else y.add(self.bias)


# %% LayerNorm: norm-detached
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None
        self.eps = eps

    def forward(self, x):
        with torch.no_grad():
            mu = x.mean(-1, keepdim=True)
            sigma = torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + self.eps)
        y = self.weight * ((x - mu) / sigma)
        return y if self.bias is None else y + self.bias


# %% LayerNorm: norm-no-bias-crashes
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        if bias:
            self.bias = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = (centred**2).sum(-1, keepdim=True) / x.size(-1)
        return torch.addcmul(self.bias, centred / torch.sqrt(variance + self.eps), self.weight)


# %% LayerNorm: norm-rms
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.g = d_model**0.5
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x):
        length = (torch.linalg.vector_norm(x, dim=-1) ** 2 + self.g**2 * self.eps).sqrt()
        y = self.g * x / length[..., None] * self.weight
        return y if self.bias is None else y + self.bias


# %% LayerNorm: norm-in-place
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x):
        var, mean = torch.var_mean(x, dim=-1, correction=0, keepdim=True)
        x -= mean
        x /= torch.sqrt(var + self.eps)
        y = x * self.weight
        return y if self.bias is None else y + self.bias


# %% LayerNorm: norm-unbiased + norm-eps-outside
class LayerNorm(nn.Module):
    PARAM_MAP = {"a_2": "weight", "b_2": "bias"}

    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.a_2 = nn.Parameter(torch.ones(d_model))
        self.b_2 = nn.Parameter(torch.zeros(d_model)) if bias else None
        self.eps = eps

    def forward(self, x):
        mean = x.mean(-1, keepdim=True)
        std = x.std(-1, keepdim=True)
        out = self.a_2 * (x - mean) / (std + self.eps)
        return out if self.b_2 is None else out + self.b_2


# %% LayerNorm: norm-eps-fixed + norm-no-scale
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else torch.zeros(())

    def forward(self, x):
        y = x - x.mean(-1, keepdim=True)
        y = y * torch.rsqrt(torch.var(y, -1, correction=0, keepdim=True) + 1e-5)
        return y + self.bias


# %% LayerNorm: outside the catalogue: the median in the place of the mean
class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def forward(self, x):
        middle = x.quantile(0.5, dim=-1, keepdim=True)
        spread = (x - middle).square().mean(-1, keepdim=True)
        y = (x - middle) / (spread + self.eps).sqrt() * self.weight
        return y if self.bias is None else y + self.bias
