"""Wrong answers to lstm_step and gru_step."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% lstm_step: gate-order
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = torch.cat([x, h], dim=1) @ torch.cat([weight_ih, weight_hh], dim=1).T
    if bias_ih is not None:
        z = z + bias_ih
    if bias_hh is not None:
        z = z + bias_hh
    H = h.size(1)
    f, i, o = torch.sigmoid(z[:, : 3 * H]).split(H, dim=1)
    c_tilde = torch.tanh(z[:, 3 * H :])
    c = f * c + i * c_tilde
    return o * torch.tanh(c), c


# %% lstm_step: forget-input-swapped
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    bias = torch.zeros_like(weight_ih[:, 0])
    for b in (bias_ih, bias_hh):
        bias = bias if b is None else bias + b
    pre = torch.addmm(bias, x, weight_ih.T) + h.matmul(weight_hh.T)
    pre = pre.unflatten(-1, (4, h.size(-1)))
    forget, write, show = (pre[:, k].sigmoid() for k in (0, 1, 3))
    memory = torch.addcmul(forget * c, write, pre[:, 2].tanh())
    return show * memory.tanh(), memory


# %% lstm_step: candidate-sigmoid
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    s = torch.einsum("bi,oi->bo", x, weight_ih) + torch.einsum("bi,oi->bo", h, weight_hh)
    if bias_ih is not None:
        s = s + bias_ih + bias_hh
    i, f, g, o = torch.sigmoid(s).tensor_split(4, dim=-1)
    c_new = f * c + i * g
    return o * torch.tanh(c_new), c_new


# %% lstm_step: one-bias
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(torch.cat([x, h], 1), torch.cat([weight_ih, weight_hh], 1), bias_ih)
    i, f, g, o = z.split(h.size(1), dim=1)
    i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
    c = f * c + i * torch.tanh(g)
    return o * torch.tanh(c), c


# %% lstm_step: biases-required
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    gates = []
    for k in range(4):
        rows = slice(k * H, (k + 1) * H)
        gates.append(x @ weight_ih[rows].T + h @ weight_hh[rows].T + bias_ih[rows] + bias_hh[rows])
    c = torch.sigmoid(gates[1]) * c + torch.sigmoid(gates[0]) * torch.tanh(gates[2])
    return torch.sigmoid(gates[3]) * torch.tanh(c), c


# %% lstm_step: old-memory-shown
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    total = F.linear(x, weight_ih, bias_ih).add(F.linear(h, weight_hh, bias_hh))
    a = total.reshape(len(x), 4, -1)
    i, f, o = a[:, [0, 1, 3]].sigmoid().unbind(1)
    shown = o * c.tanh()
    return shown, f * c + i * a[:, 2].tanh()


# %% lstm_step: gates-interleaved
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    z = z.reshape(x.size(0), h.size(1), 4)
    i, f, o = z[..., 0].sigmoid(), z[..., 1].sigmoid(), z[..., 3].sigmoid()
    memory = f * c + i * z[..., 2].tanh()
    return o * memory.tanh(), memory


# %% lstm_step: tanh-overflows
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    def tanh(v):
        up, down = torch.exp(v), torch.exp(-v)
        return (up - down) / (up + down)

    i, f, g, o = torch.chunk(
        F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh), 4, 1
    )
    c_t = torch.sigmoid(f) * c + torch.sigmoid(i) * tanh(g)
    h_t = torch.sigmoid(o) * tanh(c_t)
    return h_t, c_t


# %% lstm_step: memory-overwritten
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    i, f, g, o = z.chunk(4, dim=1)
    c *= torch.sigmoid(f)
    c += torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


# %% lstm_step: candidate-sigmoid + memory-shown-whole
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    s = (F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)).sigmoid()
    H = h.size(1)
    c = s[:, H : 2 * H] * c + s[:, :H] * s[:, 2 * H : 3 * H]
    return s[:, 3 * H :] * c, c


# %% lstm_step: gate-order + one-bias
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = x @ weight_ih.T + F.linear(h, weight_hh, bias_hh)
    i, f, o, g = z.reshape(x.size(0), 4, h.size(1)).unbind(dim=1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


# %% lstm_step: outside the catalogue: the output gate looks at the new memory as well
def lstm_step(x, h, c, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    i, f, g, o = z.chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return (o + c).sigmoid() * c.tanh(), c


# %% gru_step: gru-update-swapped
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    xs, hs = F.linear(x, weight_ih, bias_ih), F.linear(h, weight_hh, bias_hh)
    H = h.size(1)
    r = torch.sigmoid(xs[:, :H] + hs[:, :H])
    z = torch.sigmoid(xs[:, H : 2 * H] + hs[:, H : 2 * H])
    h_tilde = torch.tanh(xs[:, 2 * H :] + r * hs[:, 2 * H :])
    return h + z * (h_tilde - h)


# %% gru_step: gru-gate-order
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    a = F.linear(x, weight_ih, bias_ih).unflatten(1, (3, -1))
    b = F.linear(h, weight_hh, bias_hh).unflatten(1, (3, -1))
    update, reset = torch.sigmoid(a[:, :2] + b[:, :2]).unbind(1)
    new = torch.tanh(torch.addcmul(a[:, 2], reset, b[:, 2]))
    return torch.lerp(new, h, update)


# %% gru_step: gru-reset-before
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(-1)
    zero = weight_ih.new_zeros(3 * H)
    b1 = zero if bias_ih is None else bias_ih
    b2 = zero if bias_hh is None else bias_hh
    b = b1 + b2
    W_r, W_z, W_n = weight_ih.split(H)
    U_r, U_z, U_n = weight_hh.split(H)
    reset = torch.sigmoid(x @ W_r.T + h @ U_r.T + b[:H])
    update = torch.sigmoid(x @ W_z.T + h @ U_z.T + b[H : 2 * H])
    candidate = torch.tanh(x @ W_n.T + (reset * h) @ U_n.T + b[2 * H :])
    return update * h + (1 - update) * candidate


# %% gru_step: gru-bias-outside
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    bias = 0 if bias_ih is None else bias_ih + bias_hh
    x_r, x_z, x_n = (x @ weight_ih.T + bias).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ weight_hh.T).chunk(3, dim=-1)
    z = torch.sigmoid(x_z + h_z)
    n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
    return n - z * n + z * h


# %% gru_step: gru-no-reset
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    s = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    _, z, n = s.reshape(x.size(0), 3, h.size(1)).unbind(1)
    keep = z.sigmoid()
    return keep * h + (1 - keep) * n.tanh()


# %% gru_step: gru-reset-all
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    s = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)
    H = h.shape[1]
    r, z = s[:, : 2 * H].sigmoid().chunk(2, dim=1)
    return torch.lerp(torch.tanh(r * s[:, 2 * H :]), h, z)


# %% gru_step: gru-reshaped
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    B, H = h.shape
    gx = F.linear(x, weight_ih, bias_ih).reshape(3, B, H)
    gh = F.linear(h, weight_hh, bias_hh).reshape(3, B, H)
    r = torch.sigmoid(gx[0] + gh[0])
    z = torch.sigmoid(gx[1] + gh[1])
    n = torch.tanh(gx[2] + r * gh[2])
    return n + z * (h - n)


# %% gru_step: gru-gate-order + gru-update-swapped
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    n_x, r_x, z_x = F.linear(x, weight_ih, bias_ih).chunk(3, -1)
    n_h, r_h, z_h = F.linear(h, weight_hh, bias_hh).chunk(3, -1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)
    return z * n + (1 - z) * h


# %% gru_step: gru-no-reset + gru-candidate-sigmoid
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    H = h.size(1)
    s = torch.sigmoid(F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh))
    z, n = s[:, H : 2 * H], s[:, 2 * H :]
    return torch.lerp(n, h, z)


# %% gru_step: outside the catalogue: the candidate reads the old state itself, not through a matrix
def gru_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    xs = F.linear(x, weight_ih, bias_ih).chunk(3, dim=1)
    hs = F.linear(h, weight_hh, bias_hh).chunk(3, dim=1)
    r, z = torch.sigmoid(xs[0] + hs[0]), torch.sigmoid(xs[1] + hs[1])
    return (1 - z) * torch.tanh(xs[2] + r * h) + z * h
