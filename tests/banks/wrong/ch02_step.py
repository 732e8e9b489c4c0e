"""Wrong answers to rnn_step."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% rnn_step: no-tanh
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    new = x @ weight_ih.T + h @ weight_hh.T
    if bias_ih is not None:
        new = new + bias_ih + bias_hh
    return new


# %% rnn_step: sigmoid
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    pre = torch.einsum("bi,hi->bh", x, weight_ih) + torch.einsum("bk,hk->bh", h, weight_hh)
    if bias_ih is not None:
        pre = pre + bias_ih
        pre = pre + bias_hh
    return 1 / (1 + torch.exp(-pre))


# %% rnn_step: tanh-of-each
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    seen = torch.tanh(F.linear(x, weight_ih, bias_ih))
    remembered = torch.tanh(F.linear(h, weight_hh, bias_hh))
    return seen + remembered


# %% rnn_step: state-unweighted
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    pre = torch.matmul(x, weight_ih.transpose(0, 1)) + h
    for bias in (bias_ih, bias_hh):
        if bias is not None:
            pre = pre + bias
    return pre.tanh()


# %% rnn_step: state-ignored
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    both = 0 if bias_ih is None else bias_ih + bias_hh
    return torch.tanh(x.mm(weight_ih.t()) + both)


# %% rnn_step: state-outside
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    joined = torch.hstack([x, h])
    weights = torch.hstack([weight_ih, weight_hh])
    update = joined @ weights.T
    if bias_ih is not None:
        update = update + bias_ih + bias_hh
    return h + torch.tanh(update)


# %% rnn_step: bias-hh-missing
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    a = h @ weight_hh.mT + x @ weight_ih.mT
    if bias_ih is not None:
        a += bias_ih
    return torch.tanh(a)


# %% rnn_step: bias-outside
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    out = torch.tanh(torch.addmm(x @ weight_ih.T, h, weight_hh.T))
    return out if bias_ih is None else out + bias_ih + bias_hh


# %% rnn_step: weight-hh-transposed
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    mixed = torch.einsum("bi,oi->bo", x, weight_ih) + torch.einsum("bo,oh->bh", h, weight_hh)
    if bias_ih is not None:
        mixed = mixed + (bias_ih + bias_hh)
    return mixed.tanh()


# %% rnn_step: weight-ih-reshaped
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    share = x @ weight_ih.reshape(x.size(1), -1) + h @ weight_hh.T
    if bias_ih is not None:
        share = share + bias_ih + bias_hh
    return torch.tanh(share)


# %% rnn_step: tanh-overflow
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    up, down = z.exp(), (-z).exp()
    return (up - down) / (up + down)


# %% rnn_step: state-detached
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    with torch.no_grad():
        memory = h.clone()
    pre = memory @ weight_hh.T + x @ weight_ih.T
    if bias_hh is not None:
        pre = pre + bias_hh + bias_ih
    return torch.tanh(pre)


# %% rnn_step: state-overwritten
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    new = torch.tanh(F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh))
    with torch.no_grad():
        h[:] = new
    return new
