"""Wrong answers to LoRALinear."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% LoRALinear: scale-not-divided
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear
        for parameter in self.linear.parameters():
            parameter.requires_grad = False
        self.alpha, self.p = alpha, dropout
        like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
        bound = linear.in_features**-0.5
        self.lora_A = nn.Parameter(torch.empty(rank, linear.in_features, **like))
        nn.init.uniform_(self.lora_A, -bound, bound)
        self.lora_B = nn.Parameter(torch.zeros(linear.out_features, rank, **like))
        self.merged = False

    def forward(self, x):
        y = F.linear(x, self.linear.weight, self.linear.bias)
        if self.merged:
            return y
        low = F.linear(F.dropout(x, self.p, self.training), self.lora_A)
        return y + self.alpha * F.linear(low, self.lora_B)

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            self.kept = self.linear.weight.clone()
            self.linear.weight.addmm_(self.lora_B, self.lora_A, alpha=self.alpha)
            self.lora_A.requires_grad = self.lora_B.requires_grad = False
            self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.linear.weight.copy_(self.kept)
            self.lora_A.requires_grad = self.lora_B.requires_grad = True
            self.merged = False


# %% LoRALinear: b-starts-random
class LoRALinear(nn.Module):
    PARAM_MAP = {"change.1.weight": "lora_A", "change.2.weight": "lora_B"}

    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
        down = nn.Linear(linear.in_features, rank, bias=False, **like)
        up = nn.Linear(rank, linear.out_features, bias=False, **like)
        self.change = nn.Sequential(nn.Dropout(dropout), down, up)
        self.factor, self.before = alpha / rank, None

    def forward(self, x):
        y = self.linear(x)
        return y if self.before is not None else y + self.factor * self.change(x)

    @torch.no_grad()
    def merge(self):
        if self.before is None:
            self.before = self.linear.weight.clone()
            self.linear.weight += self.factor * self.change[2].weight @ self.change[1].weight
            self.change.requires_grad_(False)

    @torch.no_grad()
    def unmerge(self):
        if self.before is not None:
            self.linear.weight.copy_(self.before)
            self.before = None
            self.change.requires_grad_(True)


# %% LoRALinear: bias-not-frozen
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        linear.weight.requires_grad = False
        self.linear, self.s = linear, alpha / rank
        a = torch.empty_like(linear.weight[:1]).repeat(rank, 1)
        self.lora_A = nn.Parameter(nn.init.kaiming_uniform_(a, a=math.sqrt(5)))
        self.lora_B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        self.drop = nn.Dropout(dropout)
        self.saved = []

    def forward(self, x):
        if self.saved:
            return self.linear(x)
        change = torch.einsum("...i,ri,or->...o", self.drop(x), self.lora_A, self.lora_B)
        return self.linear(x) + self.s * change

    @torch.no_grad()
    def merge(self):
        if not self.saved:
            self.saved.append(self.linear.weight.detach().clone())
            self.linear.weight.add_(self.lora_B @ self.lora_A, alpha=self.s)
            for p in (self.lora_A, self.lora_B):
                p.requires_grad_(False)

    @torch.no_grad()
    def unmerge(self):
        while self.saved:
            self.linear.weight.copy_(self.saved.pop())
            for p in (self.lora_A, self.lora_B):
                p.requires_grad_(True)


# %% LoRALinear: dropout-on-change
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.rank, self.alpha, self.p = rank, alpha, dropout
        width = 1 / math.sqrt(linear.in_features)
        a = torch.empty(rank, linear.in_features).uniform_(-width, width)
        self.lora_A = nn.Parameter(a.to(linear.weight))
        self.lora_B = nn.Parameter(torch.zeros(linear.out_features, rank).to(linear.weight))
        self.kept = None

    def change(self):
        return self.lora_B @ self.lora_A * (self.alpha / self.rank)

    def forward(self, x):
        y = self.linear(x)
        if self.kept is None:
            y = y + F.dropout(x @ self.change().T, self.p, self.training)
        return y

    def merge(self):
        if self.kept is None:
            self.kept = self.linear.weight.data
            self.linear.weight.data = self.kept + self.change().detach()
            self.lora_A.requires_grad_(False)
            self.lora_B.requires_grad_(False)

    def unmerge(self):
        if self.kept is not None:
            self.linear.weight.data, self.kept = self.kept, None
            self.lora_A.requires_grad_(True)
            self.lora_B.requires_grad_(True)


# %% LoRALinear: added-once-more
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear
        linear.requires_grad_(False)
        self.scaling = alpha / rank
        self.lora_A = nn.Parameter(torch.zeros_like(linear.weight[:1]).repeat(rank, 1))
        self.lora_B = nn.Parameter(torch.zeros_like(linear.weight[:, :1]).repeat(1, rank))
        nn.init.kaiming_uniform_(self.lora_A, a=5**0.5)
        self.lora_dropout = nn.Dropout(dropout)
        self.merged = False

    def forward(self, x):
        result = self.linear(x)
        low = self.lora_dropout(x) @ self.lora_A.mT
        return result + low @ self.lora_B.mT * self.scaling

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            self.old = self.linear.weight.clone()
            self.linear.weight.copy_(self.old + self.scaling * self.lora_B @ self.lora_A)
            self.lora_A.requires_grad_(False)
            self.lora_B.requires_grad_(False)
        self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.linear.weight.copy_(self.old)
            self.lora_A.requires_grad_(True)
            self.lora_B.requires_grad_(True)
        self.merged = False


# %% LoRALinear: unmerge-subtracts
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.s = alpha / rank
        w = linear.weight
        self.lora_A = nn.Parameter(w.new_empty(rank, w.size(1)).uniform_(-1, 1) / w.size(1) ** 0.5)
        self.lora_B = nn.Parameter(w.new_zeros(w.size(0), rank))
        self.drop = nn.Dropout(dropout)
        self.merged = False

    def delta(self):
        return self.s * torch.einsum("or,ri->oi", self.lora_B, self.lora_A)

    def train_change(self, on):
        self.lora_A.requires_grad_(on)
        self.lora_B.requires_grad_(on)
        self.merged = not on

    def forward(self, x):
        y = self.linear(x)
        return y if self.merged else y + F.linear(self.drop(x), self.delta())

    @torch.no_grad()
    def merge(self):
        if not self.merged:
            self.linear.weight.add_(self.delta())
            self.train_change(False)

    @torch.no_grad()
    def unmerge(self):
        if self.merged:
            self.linear.weight.sub_(self.delta())
            self.train_change(True)
