"""Wrong answers to LoRALinear: merging, two mistakes at once, and others."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% LoRALinear: trained-while-merged
class LoRALinear(nn.Module):
    PARAM_MAP = {"a": {"transpose": "lora_A"}, "b": {"transpose": "lora_B"}}

    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        for p in linear.parameters():
            p.requires_grad_(False)
        self.linear, self.s, self.p = linear, alpha / rank, dropout
        n, m = linear.in_features, linear.out_features
        self.a = nn.Parameter((2 * torch.rand(n, rank) - 1).div(n**0.5).to(linear.weight))
        self.b = nn.Parameter(torch.zeros(rank, m).to(linear.weight))
        self.saved = None

    def forward(self, x):
        y = self.linear(x)
        if self.saved is not None:
            return y
        return y + self.s * (F.dropout(x, self.p, self.training) @ self.a @ self.b)

    @torch.no_grad()
    def merge(self):
        if self.saved is None:
            self.saved = self.linear.weight.clone()
            self.linear.weight += self.s * (self.a @ self.b).T

    @torch.no_grad()
    def unmerge(self):
        if self.saved is not None:
            self.linear.weight.copy_(self.saved)
            self.saved = None


# %% LoRALinear: matrix-not-restored
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.s = alpha / rank
        like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
        self.lora_A = nn.Parameter(torch.empty(rank, linear.in_features, **like))
        self.lora_B = nn.Parameter(torch.zeros(linear.out_features, rank, **like))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.drop = nn.Dropout(dropout)
        self.backup = None

    def forward(self, x):
        y = self.linear(x)
        if self.backup is None:
            y = y + F.linear(F.linear(self.drop(x), self.lora_A), self.lora_B).mul(self.s)
        return y

    @torch.no_grad()
    def merge(self):
        if self.backup is not None:
            return
        self.backup = self.linear.weight.data
        self.linear.weight.data += self.s * self.lora_B.data.mm(self.lora_A.data)
        for p in (self.lora_A, self.lora_B):
            p.requires_grad = False

    @torch.no_grad()
    def unmerge(self):
        if self.backup is None:
            return
        self.linear.weight.data = self.backup
        self.backup = None
        for p in (self.lora_A, self.lora_B):
            p.requires_grad = True


# %% LoRALinear: merge-adds-again
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.s = alpha / rank
        self.lora_A = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        bound = 1 / math.sqrt(linear.in_features)
        nn.init.uniform_(self.lora_A, -bound, bound)
        self.drop = nn.Dropout(dropout)
        self.before = None

    def forward(self, x):
        if self.before is not None:
            return F.linear(x, self.linear.weight, self.linear.bias)
        return self.linear(x) + self.s * (self.drop(x) @ self.lora_A.T @ self.lora_B.T)

    @torch.no_grad()
    def merge(self):
        if self.before is None:
            self.before = self.linear.weight.clone()
        self.linear.weight.add_(self.s * self.lora_B @ self.lora_A)
        self.lora_A.requires_grad_(False)
        self.lora_B.requires_grad_(False)

    @torch.no_grad()
    def unmerge(self):
        if self.before is not None:
            self.linear.weight.copy_(self.before)
            self.before = None
            self.lora_A.requires_grad_(True)
            self.lora_B.requires_grad_(True)


# %% LoRALinear: scale-inverted + trained-while-merged
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.s = rank / alpha
        a = torch.empty(rank, linear.in_features).uniform_(-1, 1) / linear.in_features**0.5
        self.lora_A = nn.Parameter(a.to(linear.weight))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        self.drop = nn.Dropout(dropout)
        self.kept = None

    def forward(self, x):
        y = self.linear(x)
        if self.kept is None:
            y = y + self.s * F.linear(F.linear(self.drop(x), self.lora_A), self.lora_B)
        return y

    @torch.no_grad()
    def merge(self):
        if self.kept is None:
            self.kept = self.linear.weight.clone()
            self.linear.weight.addmm_(self.lora_B, self.lora_A, alpha=self.s)

    @torch.no_grad()
    def unmerge(self):
        if self.kept is not None:
            self.linear.weight.copy_(self.kept)
            self.kept = None


# %% LoRALinear: dropout-everywhere + merge-without-scale
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.rank, self.alpha = rank, alpha
        self.lora_A = nn.Parameter(torch.zeros_like(linear.weight)[:1].repeat(rank, 1))
        self.lora_B = nn.Parameter(torch.zeros_like(linear.weight)[:, :1].repeat(1, rank))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
        self.drop = nn.Dropout(dropout)
        self.kept = None

    def forward(self, x):
        if self.kept is not None:
            return self.linear(x)
        x = self.drop(x)
        return self.linear(x) + x @ self.lora_A.T @ self.lora_B.T * self.alpha / self.rank

    @torch.no_grad()
    def merge(self):
        if self.kept is None:
            self.kept = self.linear.weight.clone()
            self.linear.weight += torch.mm(self.lora_B, self.lora_A)
            self.lora_A.requires_grad = self.lora_B.requires_grad = False

    @torch.no_grad()
    def unmerge(self):
        if self.kept is not None:
            self.linear.weight.copy_(self.kept)
            self.kept = None
            self.lora_A.requires_grad = self.lora_B.requires_grad = True


# %% LoRALinear: outside the catalogue: the change is applied to the output of the layer
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.s = alpha / rank
        a = torch.empty(rank, linear.in_features).uniform_(-1, 1) / linear.in_features**0.5
        self.lora_A = nn.Parameter(a.to(linear.weight))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        self.drop = nn.Dropout(dropout)
        self.kept = None

    def forward(self, x):
        if self.kept is not None:
            return self.linear(x)
        change = self.drop(x) @ self.lora_A.T @ self.lora_B.T * self.s
        return self.linear(x) * (1 + change)

    @torch.no_grad()
    def merge(self):
        if self.kept is None:
            self.kept = self.linear.weight.clone()
            self.linear.weight += self.s * self.lora_B @ self.lora_A
            self.lora_A.requires_grad = self.lora_B.requires_grad = False

    @torch.no_grad()
    def unmerge(self):
        if self.kept is not None:
            self.linear.weight.copy_(self.kept)
            self.kept = None
            self.lora_A.requires_grad = self.lora_B.requires_grad = True
