"""Wrong answers to LSTM: several layers, dropout, biases, parameters; several mistakes at once."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import lstm_step
from unrolled.recurrent.scaffold import (
    add_weights,
    directions,
    no_state,
    padded_positions,
    weights_of,
)


def walk(x, h, c, weights, real, backward):
    """Read x (B, T, I) in one direction; real is (B, T, 1)."""
    out = []
    for t in range(x.size(1))[:: -1 if backward else 1]:
        new_h, new_c = lstm_step(x[:, t], h, c, *weights)
        h, c = torch.where(real[:, t], new_h, h), torch.where(real[:, t], new_c, c)
        out.append(h)
    return torch.stack(out[::-1] if backward else out, dim=1) * real, h, c


def real_positions(x, lengths):
    padding = padded_positions(x, lengths)
    return torch.ones_like(x[..., :1], dtype=torch.bool) if padding is None else ~padding[..., None]


# %% LSTM: dropout-on-output
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.drop = nn.Dropout(dropout)
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        real = real_positions(x, lengths)
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        finals = []
        for k in range(self.num_layers):
            outs = []
            for d in directions(self):
                here = h_0[len(finals)], c_0[len(finals)]
                y, *final = walk(x, *here, weights_of(self, f"_l{k}{d}"), real, d != "")
                outs.append(y)
                finals.append(final)
            x = self.drop(torch.cat(outs, dim=-1))
        return x, tuple(torch.stack(each) for each in zip(*finals, strict=True))


# %% LSTM: dropout-in-eval
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.p = dropout
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        real = real_positions(x, lengths)
        state = state or (no_state(self, x), no_state(self, x))
        hs, cs = [], []
        for k in range(self.num_layers):
            if k and self.p:
                x = x * (torch.rand_like(x) >= self.p) / (1 - self.p)
            sides = []
            for d in directions(self):
                h, c = (s[len(hs)] for s in state)
                y, h, c = walk(x, h, c, weights_of(self, f"_l{k}{d}"), real, bool(d))
                sides.append(y)
                hs.append(h)
                cs.append(c)
            x = torch.cat(sides, -1)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: dropout-shared
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.drop = nn.Dropout(dropout)
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        real = real_positions(x, lengths)
        h_0, c_0 = (no_state(self, x),) * 2 if state is None else state
        hs, cs = [], []
        for k in range(self.num_layers):
            if k:
                x = x * self.drop(torch.ones_like(x[:, 0])).unsqueeze(1)
            y = []
            for d in directions(self):
                weights = weights_of(self, f"_l{k}{d}")
                found = walk(x, h_0[len(hs)], c_0[len(hs)], weights, real, len(d) > 0)
                y.append(found[0])
                hs.append(found[1])
                cs.append(found[2])
            x = torch.cat(y, dim=2)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: last-layer-finals
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        real = real_positions(x, lengths)
        if state is None:
            state = (no_state(self, x), no_state(self, x))
        at = 0
        for k in range(self.num_layers):
            y, h_n, c_n = [], [], []
            for d in directions(self):
                out, h, c = walk(
                    x, state[0][at], state[1][at], weights_of(self, f"_l{k}{d}"), real, bool(d)
                )
                at += 1
                y.append(out)
                h_n.append(h)
                c_n.append(c)
            x = torch.cat(y, dim=-1)
            if k < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, (torch.stack(h_n), torch.stack(c_n))


# %% LSTM: bias-always
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        for k in range(num_layers):
            width = hidden_size * len(directions(self)) if k > 0 else input_size
            for d in directions(self):
                rows, bound = 4 * hidden_size, hidden_size**-0.5
                for name, shape in (
                    (f"weight_ih_l{k}{d}", (rows, width)),
                    (f"weight_hh_l{k}{d}", (rows, hidden_size)),
                    (f"bias_ih_l{k}{d}", (rows,)),
                    (f"bias_hh_l{k}{d}", (rows,)),
                ):
                    new = nn.Parameter(torch.empty(shape))
                    nn.init.uniform_(new, -bound, bound)
                    setattr(self, name, new)

    def forward(self, x, state=None, lengths=None):
        real = real_positions(x, lengths)
        h_0, c_0 = state if state is not None else (no_state(self, x), no_state(self, x))
        hs, cs = [], []
        for k in range(self.num_layers):
            x = x if k == 0 else F.dropout(x, self.dropout, self.training)
            y = []
            for d in directions(self):
                w = weights_of(self, f"_l{k}{d}")
                out, h, c = walk(x, h_0[len(hs)], c_0[len(cs)], w, real, bool(d))
                y, hs, cs = [*y, out], [*hs, h], [*cs, c]
            x = torch.cat(y, dim=-1)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: weights-in-a-list
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.dropout = nn.Dropout(dropout)
        self.layers = []
        width, H = input_size, hidden_size
        for _ in range(num_layers):
            cells = []
            for _ in directions(self):
                cells.append([nn.Linear(width, 4 * H, bias), nn.Linear(H, 4 * H, bias)])
            self.layers.append(cells)
            width = H * len(cells)

    def forward(self, x, state=None, lengths=None):
        real = real_positions(x, lengths)
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        hs, cs = [], []
        for k, cells in enumerate(self.layers):
            x = self.dropout(x) if k else x
            y = []
            for d, (ih, hh) in enumerate(cells):
                weights = [
                    None if p is None else p.to(x.dtype)
                    for p in (ih.weight, hh.weight, ih.bias, hh.bias)
                ]
                out, h, c = walk(x, h_0[len(hs)], c_0[len(hs)], weights, real, d == 1)
                y.append(out)
                hs.append(h)
                cs.append(c)
            x = torch.cat(y, -1)
        return x, (torch.stack(hs), torch.stack(cs))
