"""Wrong answers to fit_scaling_law."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F

from unrolled.scaling import _lowest, _starts


# %% fit_scaling_law: squares
def fit_scaling_law(sizes, losses):
    n = torch.as_tensor(sizes).to(torch.float64)
    y = torch.log(torch.as_tensor(losses).to(torch.float64))
    scale = n.log().mean().exp()

    def total(theta):
        e, a, log_alpha = theta
        fit = torch.log(torch.exp(e) + torch.exp(a) * (n / scale) ** (-log_alpha.exp()))
        return torch.square(1000 * (fit - y)).sum()

    e, a, log_alpha = _lowest(total, _starts(y)).tolist()
    alpha = math.exp(log_alpha)
    return math.exp(e), math.exp(a) * scale.item() ** alpha, alpha


# %% fit_scaling_law: height-of-the-middle
def fit_scaling_law(sizes, losses):
    x = torch.as_tensor(sizes).double().log()
    y = torch.as_tensor(losses).double().log()
    x = x - x.mean()

    def objective(theta):
        line = theta[1] - theta[2].exp() * x
        both = torch.stack([theta[0].expand_as(line), line])
        return F.huber_loss(1e3 * both.logsumexp(0), 1e3 * y, delta=1.0)

    E, A, alpha = _lowest(objective, _starts(y)).exp().tolist()
    return E, A, alpha


# %% fit_scaling_law: logarithms-returned
def fit_scaling_law(sizes, losses):
    x = torch.tensor([math.log(float(n)) for n in sizes], dtype=torch.float64)
    y = torch.tensor([math.log(float(loss)) for loss in losses], dtype=torch.float64)
    mean = x.mean()

    def misfit(theta):
        e, a, log_alpha = theta.unbind()
        fit = torch.logaddexp(e, a - log_alpha.exp() * (x - mean))
        r = (fit - y).abs() * 1e3
        return torch.where(r < 1, r**2 / 2, r - 0.5).sum()

    e, a, log_alpha = _lowest(misfit, _starts(y))
    return float(e), float(a + log_alpha.exp() * mean), float(log_alpha)


# %% fit_scaling_law: no-floor
def fit_scaling_law(sizes, losses):
    x = torch.as_tensor(sizes).double().log()
    y = torch.as_tensor(losses).double().log()
    middle = x.mean()

    def misfit(theta):
        line = theta[1] - theta[2].exp() * (x - middle)
        return F.smooth_l1_loss(1e3 * line, 1e3 * y, reduction="sum") + 0 * theta[0]

    _, height, log_alpha = _lowest(misfit, _starts(y))
    alpha = log_alpha.exp()
    return 0.0, (height + alpha * middle).exp().item(), alpha.item()


# %% fit_scaling_law: order-of-results
def fit_scaling_law(sizes, losses):
    n = torch.as_tensor(sizes).double()
    log_losses = torch.as_tensor(losses).double().log()
    middle = n.log().mean()

    def misfit(theta):
        floor, height, alpha = theta.exp()
        fit = floor + height * torch.exp(-alpha * (n.log() - middle))
        return F.huber_loss(fit.log() * 1e3, log_losses * 1e3, reduction="sum")

    E, height, alpha = _lowest(misfit, _starts(log_losses)).exp()
    return (height * torch.exp(alpha * middle)).item(), E.item(), alpha.item()


# %% fit_scaling_law: slope-returned + no-logarithm
def fit_scaling_law(sizes, losses):
    x = torch.as_tensor(sizes).double().log()
    wanted = torch.as_tensor(losses).double()
    middle = x.mean()

    def misfit(theta):
        fit = theta[0].exp() + torch.exp(theta[1] - theta[2].exp() * (x - middle))
        return F.huber_loss(fit / 1e-3, wanted / 1e-3, reduction="sum")

    e, a, log_alpha = _lowest(misfit, _starts(wanted.log()))
    alpha = log_alpha.exp()
    return e.exp().item(), (a + alpha * middle).exp().item(), -alpha.item()


# %% fit_scaling_law: outside the catalogue: only the first and the last size
def fit_scaling_law(sizes, losses):
    x = torch.as_tensor(sizes).double().log()[[0, -1]]
    y = torch.as_tensor(losses).double().log()[[0, -1]]
    middle = x.mean()

    def misfit(theta):
        fit = torch.logaddexp(theta[0], theta[1] - theta[2].exp() * (x - middle))
        return F.huber_loss(fit * 1e3, y * 1e3, reduction="sum")

    e, a, log_alpha = _lowest(misfit, _starts(y))
    alpha = log_alpha.exp()
    return e.exp().item(), (a + alpha * middle).exp().item(), alpha.item()
