"""More wrong answers to lstm_step and gru_step."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% lstm_step: coupled-gates
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    _, forget, new, out = z.split(h.size(1), dim=1)
    c = torch.lerp(new.tanh(), c, forget.sigmoid())
    return out.sigmoid() * c.tanh(), c


# %% lstm_step: pair-swapped
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    bias = 0 if bias_ih is None else bias_ih + bias_hh
    z = torch.cat((x, h), 1) @ torch.cat((weight_ih, weight_hh), 1).mT + bias
    i, f, g, o = z.tensor_split(4, dim=1)
    cell = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    hidden = torch.sigmoid(o) * torch.tanh(cell)
    return cell, hidden


# %% lstm_step: no-forget-gate
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    z = z.reshape(z.shape[0], 4, -1)
    memory = torch.addcmul(c, z[:, 0].sigmoid(), z[:, 2].tanh())
    return memory.tanh() * z[:, 3].sigmoid(), memory


# %% lstm_step: memory-read-for-state
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = c.size(1)
    s = torch.einsum("bi,ki->bk", x, weight_ih) + torch.einsum("bj,kj->bk", c, weight_hh)
    for bias in (bias_ih, bias_hh):
        s = s if bias is None else s + bias
    gates = torch.sigmoid(s)
    new = gates[:, H : 2 * H] * c + gates[:, :H] * torch.tanh(s[:, 2 * H : 3 * H])
    return gates[:, 3 * H :] * torch.tanh(new), new


# %% lstm_step: memory-detached
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    i, f, g, o = (F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)).chunk(4, 1)
    old = torch.tensor(c.tolist(), dtype=c.dtype, device=c.device)
    new = f.sigmoid() * old + i.sigmoid() * g.tanh()
    return o.sigmoid() * new.tanh(), new


# %% lstm_step: memory-squashed
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    i, f, g, o = (F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)).chunk(4, 1)
    c_new = torch.tanh(torch.addcmul(torch.sigmoid(f) * c, torch.sigmoid(i), torch.tanh(g)))
    return torch.sigmoid(o) * torch.tanh(c_new), c_new


# %% lstm_step: state-unread
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = x @ weight_ih.t()
    z = z if bias_ih is None else z + bias_ih
    z = z if bias_hh is None else z + bias_hh
    i, f, g, o = z.unflatten(1, (4, -1)).unbind(1)
    c = c * torch.sigmoid(f) + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


# %% lstm_step: memory-shown-ungated + no-input-gate
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    c = torch.addcmul(z[:, 2 * H : 3 * H].tanh(), z[:, H : 2 * H].sigmoid(), c)
    return c.tanh(), c


# %% gru_step: gru-one-bias
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    sx = x @ weight_ih.T
    sh = F.linear(h, weight_hh, bias_hh)
    r, z = torch.sigmoid(sx[:, : 2 * H] + sh[:, : 2 * H]).chunk(2, dim=1)
    n = torch.tanh(torch.addcmul(sx[:, 2 * H :], r, sh[:, 2 * H :]))
    return torch.lerp(n, h, z)


# %% gru_step: gru-update-by-r
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    sx = F.linear(x, weight_ih, bias_ih).split(h.size(1), 1)
    sh = F.linear(h, weight_hh, bias_hh).split(h.size(1), 1)
    gate = torch.sigmoid(sx[0] + sh[0])
    return torch.lerp(torch.tanh(sx[2] + gate * sh[2]), h, gate)


# %% gru_step: gru-interleaved
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    a, b = F.linear(x, weight_ih, bias_ih), F.linear(h, weight_hh, bias_hh)
    r = torch.sigmoid(a[:, 0::3] + b[:, 0::3])
    z = torch.sigmoid(a[:, 1::3] + b[:, 1::3])
    n = torch.tanh(a[:, 2::3] + r * b[:, 2::3])
    return n + z * (h - n)


# %% gru_step: gru-biases-required
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    W_r, W_z, W_n = weight_ih.chunk(3)
    U_r, U_z, U_n = weight_hh.chunk(3)
    (b_r, b_z, b_n), (d_r, d_z, d_n) = bias_ih.chunk(3), bias_hh.chunk(3)
    r = torch.sigmoid(x @ W_r.T + b_r + h @ U_r.T + d_r)
    z = torch.sigmoid(x @ W_z.T + b_z + h @ U_z.T + d_z)
    n = torch.tanh(x @ W_n.T + b_n + r * (h @ U_n.T + d_n))
    return (1 - z) * n + z * h


# %% gru_step: gru-gates-blind
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    s = F.linear(x, weight_ih, bias_ih)
    r, z = s[:, :H].sigmoid(), s[:, H : 2 * H].sigmoid()
    own = F.linear(h, weight_hh[2 * H :], None if bias_hh is None else bias_hh[2 * H :])
    n = torch.tanh(s[:, 2 * H :] + r * own)
    return n - z * n + z * h


# %% gru_step: gru-detached
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    xr, xz, xn = F.linear(x, weight_ih, bias_ih).unflatten(1, (3, -1)).unbind(1)
    hr, hz, hn = F.linear(h, weight_hh, bias_hh).unflatten(1, (3, -1)).unbind(1)
    z = torch.sigmoid(xz + hz)
    n = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
    return torch.sigmoid(-xz - hz) * n + z * h.data


# %% gru_step: gru-candidate-returned
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    reset = F.linear(x, weight_ih[:H], None if bias_ih is None else bias_ih[:H])
    reset = reset + F.linear(h, weight_hh[:H], None if bias_hh is None else bias_hh[:H])
    new = F.linear(x, weight_ih[2 * H :], None if bias_ih is None else bias_ih[2 * H :])
    old = F.linear(h, weight_hh[2 * H :], None if bias_hh is None else bias_hh[2 * H :])
    return torch.tanh(new + reset.sigmoid() * old)


# %% gru_step: gru-update-swapped + gru-reset-inverted
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    xr, xz, xn = F.linear(x, weight_ih, bias_ih).tensor_split(3, 1)
    hr, hz, hn = F.linear(h, weight_hh, bias_hh).tensor_split(3, 1)
    n = torch.tanh(xn + torch.sigmoid(-xr - hr) * hn)
    return torch.lerp(h, n, torch.sigmoid(xz + hz))
