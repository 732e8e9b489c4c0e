"""Right answers to LoRALinear and fit_scaling_law, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.scaling import _lowest, _starts


# %% LoRALinear: F.linear, the state of training as a flag
class LoRALinear(nn.Module):
    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear
        for parameter in self.linear.parameters():
            parameter.requires_grad = False
        self.rank, self.alpha, self.p = rank, alpha, dropout
        like = {"dtype": linear.weight.dtype, "device": linear.weight.device}
        self.lora_A = nn.Parameter(torch.empty(rank, linear.in_features, **like))
        self.lora_B = nn.Parameter(torch.zeros(linear.out_features, rank, **like))
        bound = 1 / math.sqrt(linear.in_features)
        nn.init.uniform_(self.lora_A, -bound, bound)
        self.merged = False

    def forward(self, x):
        y = F.linear(x, self.linear.weight, self.linear.bias)
        if not self.merged:
            low = F.linear(F.dropout(x, self.p, self.training), self.lora_A)
            y = y + F.linear(low, self.lora_B) * (self.alpha / self.rank)
        return y

    @torch.no_grad()
    def merge(self):
        if self.merged:
            return
        self.kept = self.linear.weight.clone()
        self.linear.weight.addmm_(self.lora_B, self.lora_A, alpha=self.alpha / self.rank)
        self.lora_A.requires_grad = self.lora_B.requires_grad = False
        self.merged = True

    @torch.no_grad()
    def unmerge(self):
        if not self.merged:
            return
        self.linear.weight.copy_(self.kept)
        self.kept = None
        self.lora_A.requires_grad = self.lora_B.requires_grad = True
        self.merged = False


# %% LoRALinear: two layers for the change, the matrix exchanged for another
class LoRALinear(nn.Module):
    PARAM_MAP = {"change.1.weight": "lora_A", "change.2.weight": "lora_B"}

    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        self.linear = linear.requires_grad_(False)
        w = linear.weight
        down = nn.Linear(linear.in_features, rank, False, device=w.device, dtype=w.dtype)
        up = nn.Linear(rank, linear.out_features, False, device=w.device, dtype=w.dtype)
        nn.init.zeros_(up.weight)
        self.change = nn.Sequential(nn.Dropout(dropout), down, up)
        self.factor = alpha / rank
        self.before = None

    def forward(self, x):
        if self.before is not None:
            return self.linear(x)
        return self.linear(x).add(self.change(x), alpha=self.factor)

    def merge(self):
        if self.before is None:
            self.before = self.linear.weight.data
            _, down, up = self.change
            change = up.weight.data @ down.weight.data
            self.linear.weight.data = self.before + self.factor * change
            self.change.requires_grad_(False)

    def unmerge(self):
        if self.before is not None:
            self.linear.weight.data, self.before = self.before, None
            self.change.requires_grad_(True)


# %% LoRALinear: A and B the other way round, einsum
class LoRALinear(nn.Module):
    PARAM_MAP = {"a": {"transpose": "lora_A"}, "b": {"transpose": "lora_B"}}

    def __init__(self, linear, rank, alpha, dropout=0.0):
        super().__init__()
        n_in, n_out = linear.in_features, linear.out_features
        linear.weight.requires_grad_(False)
        if linear.bias is not None:
            linear.bias.requires_grad_(False)
        self.linear, self.s = linear, alpha / rank
        a = (2 * torch.rand(n_in, rank) - 1) / n_in**0.5
        self.a = nn.Parameter(a.to(linear.weight))
        self.b = nn.Parameter(torch.zeros_like(linear.weight[0, 0]).repeat(rank, n_out))
        self.drop = nn.Dropout(p=dropout)
        self._saved = []

    def forward(self, x):
        y = self.linear(x)
        if self._saved:
            return y
        return y + self.s * torch.einsum("...i,ir,ro->...o", self.drop(x), self.a, self.b)

    @torch.no_grad()
    def merge(self):
        if not self._saved:
            self._saved.append(self.linear.weight.detach().clone())
            self.linear.weight.add_((self.a @ self.b).T, alpha=self.s)
            for p in (self.a, self.b):
                p.requires_grad_(False)

    @torch.no_grad()
    def unmerge(self):
        while self._saved:
            self.linear.weight.copy_(self._saved.pop())
            for p in (self.a, self.b):
                p.requires_grad_(True)


# %% fit_scaling_law: the Huber loss by hand, the height at size 1 taken from the line
def fit_scaling_law(sizes, losses):
    n = torch.as_tensor(sizes).to(torch.float64)
    y = torch.log(torch.as_tensor(losses).to(torch.float64))
    scale = n.log().mean().exp()

    def total(theta):
        e, a, log_alpha = theta
        fit = torch.log(torch.exp(e) + torch.exp(a) * (n / scale) ** (-log_alpha.exp()))
        r = (fit - y).abs()
        huber = torch.where(r < 1e-3, r**2 / 2, 1e-3 * (r - 1e-3 / 2))
        return huber.sum() * 1e6

    e, a, log_alpha = _lowest(total, _starts(y)).tolist()
    alpha = math.exp(log_alpha)
    return math.exp(e), math.exp(a) * scale.item() ** alpha, alpha


# %% fit_scaling_law: logsumexp of two lines, mean instead of sum
def fit_scaling_law(sizes, losses):
    log_n = torch.tensor([math.log(float(n)) for n in sizes], dtype=torch.float64)
    log_l = torch.tensor([math.log(float(loss)) for loss in losses], dtype=torch.float64)
    centred = log_n - log_n.mean()

    def objective(theta):
        line = theta[1] - theta[2].exp() * centred
        both = torch.stack([theta[0].expand_as(line), line])
        return F.huber_loss(1e3 * both.logsumexp(0), 1e3 * log_l, delta=1.0)

    floor, height, slope = _lowest(objective, _starts(log_l)).unbind()
    E, alpha = floor.exp(), slope.exp()
    A = (height + log_n.mean() * alpha).exp()
    return float(E), float(A), float(alpha)


# %% fit_scaling_law: an own search, weighted least squares again and again
def fit_scaling_law(sizes, losses):
    x = torch.as_tensor(sizes).double().log()
    y = torch.as_tensor(losses).double().log()
    x0 = x.mean()
    X = x - x0

    def predict(theta):
        return torch.logaddexp(theta[0], theta[1] - theta[2].exp() * X)

    def loss(theta):
        return F.huber_loss(predict(theta), y, reduction="sum", delta=1e-3)

    starts = []
    for share in (0.2, 0.5, 0.8, 0.95):
        for slope in (0.1, 0.3, 0.7):
            floor = share * y.min().exp()
            height = (y.mean().exp() - floor).log()
            starts.append(torch.stack([floor.log(), height, x.new_tensor(slope).log()]))
    best, best_value = None, math.inf
    for theta in sorted(starts, key=loss)[:2]:
        damping, value = 1e-3, loss(theta)
        for _ in range(200):
            r = y - predict(theta)
            w = 1 / r.abs().clamp_min(1e-3)
            J = torch.autograd.functional.jacobian(predict, theta)
            H, g = J.T @ (w[:, None] * J), J.T @ (w * r)
            step = torch.linalg.solve(H + damping * torch.diag(H.diagonal() + 1e-12), g)
            tried = loss(theta + step)
            if tried < value:
                done = value - tried < 1e-16 * value
                theta, value, damping = theta + step, tried, max(damping / 3, 1e-12)
                if done:
                    break
            else:
                damping *= 5
                if damping > 1e12:
                    break
        if value < best_value:
            best, best_value = theta, value
    alpha = best[2].exp()
    return best[0].exp().item(), (best[1] + alpha * x0).exp().item(), alpha.item()
