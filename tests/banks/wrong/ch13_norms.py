"""Wrong answers to RMSNorm and SwiGLU."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% RMSNorm: mean-subtracted
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.eps = eps

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return self.weight * centred * torch.rsqrt(centred.pow(2).mean(-1, keepdim=True) + self.eps)


# %% RMSNorm: eps-outside-root
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.D, self.eps = d_model, eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        rms = torch.linalg.vector_norm(x, dim=-1, keepdim=True) / math.sqrt(self.D)
        return x / (rms + self.eps) * self.weight


# %% RMSNorm: sum-for-mean
class RMSNorm(nn.Module):
    PARAM_MAP = {"g": "weight"}

    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.g = nn.Parameter(torch.ones(d_model))
        self.eps = eps

    def forward(self, x):
        squares = torch.einsum("...d,...d->...", x, x)
        return torch.einsum("...d,...,d->...d", x, (squares + self.eps).rsqrt(), self.g)


# %% RMSNorm: scale-starts-at-zero
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(d_model))
        nn.init.zeros_(self.weight)

    def forward(self, x):
        ms = torch.mean(x * x, dim=-1, keepdim=True)
        return x.div(torch.sqrt(ms + self.eps)).mul(self.weight)


# %% RMSNorm: variance
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        spread = (x * x).mean(-1) - x.mean(-1) ** 2
        return x * (spread + self.eps).pow(-0.5).unsqueeze(-1) * self.weight


# %% RMSNorm: scale-not-a-parameter
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = torch.ones(d_model)

    def forward(self, x):
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps)
        return x * scale * self.weight.to(x)


# %% RMSNorm: over-everything
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        flat = x.reshape(-1)
        rms = torch.sqrt(torch.dot(flat, flat) / flat.numel() + self.eps)
        return self.weight * (x / rms)


# %% RMSNorm: eps-ignored + scale-plus-one
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        normed = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)
        return normed + normed * self.weight


# %% RMSNorm: outside the catalogue: the largest feature instead of the root mean square
class RMSNorm(nn.Module):
    def __init__(self, d_model, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        return x / (x.abs().amax(-1, keepdim=True) + self.eps) * self.weight


# %% SwiGLU: gate-and-up-swapped
class SwiGLU(nn.Module):
    PARAM_MAP = {
        "both.weight": {"cat": ["gate_proj.weight", "up_proj.weight"], "dim": 0},
        "both.bias": {"cat": ["gate_proj.bias", "up_proj.bias"], "dim": 0},
    }

    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.both = nn.Linear(d_model, 2 * d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        left, right = self.both(x).chunk(2, dim=-1)
        return self.down_proj(left * right * torch.sigmoid(right))


# %% SwiGLU: sigmoid-gate
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        return self.down_proj(F.glu(torch.cat((self.up_proj(x), self.gate_proj(x)), dim=-1)))


# %% SwiGLU: exp-overflows
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        z = self.gate_proj(x)
        e = torch.exp(z)
        return self.down_proj(z * (e / (1 + e)) * self.up_proj(x))


# %% SwiGLU: swish-on-product
class SwiGLU(nn.Module):
    PARAM_MAP = {
        "W": {"transpose": "gate_proj.weight"},
        "V": {"transpose": "up_proj.weight"},
        "W2": {"transpose": "down_proj.weight"},
        "b": "gate_proj.bias",
        "c": "up_proj.bias",
        "d": "down_proj.bias",
    }

    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.W = nn.Parameter(torch.randn(d_model, d_ff) * d_model**-0.5)
        self.V = nn.Parameter(torch.randn(d_model, d_ff) * d_model**-0.5)
        self.W2 = nn.Parameter(torch.randn(d_ff, d_model) * d_ff**-0.5)
        self.b = nn.Parameter(torch.zeros(d_ff)) if bias else 0
        self.c = nn.Parameter(torch.zeros(d_ff)) if bias else 0
        self.d = nn.Parameter(torch.zeros(d_model)) if bias else 0

    def forward(self, x):
        product = (x @ self.W + self.b) * (x @ self.V + self.c)
        return F.silu(product) @ self.W2 + self.d


# %% SwiGLU: residual-inside
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        g = self.gate_proj(x)
        hidden = torch.einsum("...f,...f,...f->...f", g, g.sigmoid(), self.up_proj(x))
        return x.add(self.down_proj(hidden))


# %% SwiGLU: two-thirds
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        width = int(2 * d_ff / 3)
        self.gate_proj = nn.Linear(d_model, width, bias=bias)
        self.up_proj = nn.Linear(d_model, width, bias=bias)
        self.down_proj = nn.Linear(width, d_model, bias=bias)

    def forward(self, x):
        return self.down_proj(nn.SiLU()(self.gate_proj(x)) * self.up_proj(x))


# %% SwiGLU: never-biases
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = (
            nn.Linear(n, m, bias=False)
            for n, m in ((d_model, d_ff), (d_model, d_ff), (d_ff, d_model))
        )

    def forward(self, x):
        g = self.gate_proj(x)
        return self.down_proj(self.up_proj(x) * g * g.sigmoid())


# %% SwiGLU: relu-gate + residual-inside
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        return self.down_proj(self.gate_proj(x).clamp_min(0).mul(self.up_proj(x))) + x


# %% SwiGLU: outside the catalogue: the gate cubed
class SwiGLU(nn.Module):
    def __init__(self, d_model, d_ff, bias=False):
        super().__init__()
        self.gate_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.up_proj = nn.Linear(d_model, d_ff, bias=bias)
        self.down_proj = nn.Linear(d_ff, d_model, bias=bias)

    def forward(self, x):
        return self.down_proj(self.gate_proj(x) ** 3 * self.up_proj(x))
