"""Right answers to lstm_step and gru_step, in other ways."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% lstm_step: x and h side by side, one product
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    both = torch.cat([x, h], dim=-1)
    z = both @ torch.cat([weight_ih, weight_hh], dim=1).T
    for bias in (bias_ih, bias_hh):
        if bias is not None:
            z = z + bias
    H = h.shape[1]
    i, f, o = (torch.sigmoid(z[:, k * H : (k + 1) * H]) for k in (0, 1, 3))
    g = torch.tanh(z[:, 2 * H : 3 * H])
    memory = c * f + g * i
    return o * torch.tanh(memory), memory


# %% lstm_step: the gates as an axis of the weights, einsum
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    w, u = weight_ih.reshape(4, H, -1), weight_hh.reshape(4, H, H)
    s = torch.einsum("bi,ghi->gbh", x, w) + torch.einsum("bj,ghj->gbh", h, u)
    if bias_ih is not None:
        s = s + bias_ih.reshape(4, 1, H)
    if bias_hh is not None:
        s = s + bias_hh.reshape(4, 1, H)
    a, b, new, shown = s
    c_t = torch.addcmul(a.sigmoid() * new.tanh(), b.sigmoid(), c)
    return shown.sigmoid() * c_t.tanh(), c_t


# %% lstm_step: each gate with its own rows, tanh by the sigmoid
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = c.size(-1)

    def score(gate):
        rows = slice(gate * H, gate * H + H)
        b1 = None if bias_ih is None else bias_ih[rows]
        b2 = None if bias_hh is None else bias_hh[rows]
        return F.linear(x, weight_ih[rows], b1) + F.linear(h, weight_hh[rows], b2)

    input_gate = torch.sigmoid(score(0))
    forget_gate = torch.sigmoid(score(1))
    candidate = 2 * torch.sigmoid(2 * score(2)) - 1
    output_gate = torch.sigmoid(score(3))
    c_new = forget_gate * c + input_gate * candidate
    h_new = output_gate * (2 * torch.sigmoid(2 * c_new) - 1)
    return h_new, c_new


# %% lstm_step: all four through the sigmoid at once, the candidate scaled
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    bias = torch.zeros_like(weight_ih[:, 0])
    if bias_ih is not None:
        bias = bias + bias_ih
    if bias_hh is not None:
        bias = bias + bias_hh
    pre = torch.addmm(torch.addmm(bias, x, weight_ih.mT), h, weight_hh.mT)
    pre = pre.unflatten(1, (4, -1))
    open_ = pre.sigmoid()
    cand = pre.select(1, 2).tanh()
    c = open_[:, 1] * c + open_[:, 0] * cand
    return (open_[:, 3] * c.tanh(), c)


# %% gru_step: one product for each gate, lerp for the mixture
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    W, U = weight_ih.chunk(3), weight_hh.chunk(3)
    b = (None, None, None) if bias_ih is None else bias_ih.chunk(3)
    d = (None, None, None) if bias_hh is None else bias_hh.chunk(3)
    r = torch.sigmoid(F.linear(x, W[0], b[0]) + F.linear(h, U[0], d[0]))
    z = torch.sigmoid(F.linear(x, W[1], b[1]) + F.linear(h, U[1], d[1]))
    n = torch.tanh(F.linear(x, W[2], b[2]) + r * F.linear(h, U[2], d[2]))
    return torch.lerp(n, h, z)


# %% gru_step: both gates in one product, the candidate on its own
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    zero = x.new_zeros(3 * H)
    b_x = zero if bias_ih is None else bias_ih
    b_h = zero if bias_hh is None else bias_hh
    W = torch.cat([weight_ih[: 2 * H], weight_hh[: 2 * H]], dim=1)
    gates = torch.cat([x, h], dim=1) @ W.t() + (b_x + b_h)[: 2 * H]
    reset, update = torch.sigmoid(gates).split(H, dim=1)
    from_x = x @ weight_ih[2 * H :].t() + b_x[2 * H :]
    from_h = h @ weight_hh[2 * H :].t() + b_h[2 * H :]
    candidate = torch.tanh(torch.addcmul(from_x, reset, from_h))
    return candidate + update * (h - candidate)


# %% gru_step: the gates as an axis, einsum
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.shape[-1]
    sx = torch.einsum("bi,ghi->bgh", x, weight_ih.reshape(3, H, x.shape[-1]))
    sh = torch.einsum("bj,ghj->bgh", h, weight_hh.reshape(3, H, H))
    sx = sx if bias_ih is None else sx + bias_ih.reshape(3, H)
    sh = sh if bias_hh is None else sh + bias_hh.reshape(3, H)
    opened = (sx[:, :2] + sh[:, :2]).sigmoid()
    replace = 1 - opened[:, 1]
    n = (sx[:, 2] + opened[:, 0] * sh[:, 2]).tanh()
    return h - replace * h + replace * n


# %% gru_step: the complement as the sigmoid of the negative score
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    gx = torch.matmul(x, weight_ih.transpose(0, 1))
    gh = torch.matmul(h, weight_hh.transpose(0, 1))
    if bias_ih is not None:
        gx = gx + bias_ih
    if bias_hh is not None:
        gh = gh + bias_hh
    (xr, xz, xn), (hr, hz, hn) = gx.tensor_split(3, dim=1), gh.tensor_split(3, dim=1)
    z_score = xz + hz
    n = torch.tanh(xn + hn * torch.sigmoid(xr + hr))
    return torch.sigmoid(-z_score) * n + torch.sigmoid(z_score) * h
