"""Wrong answers to LSTM: the walk along the sentence, the states, the gates."""
# ruff: noqa: F811, RUF012

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
    without_padding,
)


# %% LSTM: c-not-carried
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        D = len(directions(self))
        for k in range(num_layers):
            for d in directions(self):
                add_weights(
                    self, f"_l{k}{d}", D * hidden_size if k else input_size, hidden_size, 4, bias
                )

    def forward(self, x, state=None, lengths=None):
        h0, c0 = state or (no_state(self, x), no_state(self, x))
        pad = padded_positions(x, lengths)
        if pad is None:
            pad = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        x = without_padding(x, pad)
        T, hs, cs = x.size(1), [], []
        for k in range(self.num_layers):
            x = x if k == 0 else F.dropout(x, self.dropout, self.training)
            halves = []
            for d in directions(self):
                h, c_end = h0[len(hs)], c0[len(hs)]
                out = [None] * T
                for t in range(T) if d == "" else range(T - 1, -1, -1):
                    new_h, c = lstm_step(x[:, t], h, c0[len(hs)], *weights_of(self, f"_l{k}{d}"))
                    h = torch.where(pad[:, t : t + 1], h, new_h)
                    c_end = torch.where(pad[:, t : t + 1], c_end, c)
                    out[t] = h
                halves.append(torch.stack(out, dim=1))
                hs.append(h)
                cs.append(c_end)
            x = without_padding(torch.cat(halves, dim=2), pad)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: lstm-gate-order
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = nn.Dropout(dropout), bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * (1 + bidirectional)
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def cell(self, x, h, c, w, u, b, b2):
        z = F.linear(x, w, b) + F.linear(h, u, b2)
        f, i, o, g = z.reshape(z.size(0), 4, -1).unbind(1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(self, x, state=None, lengths=None):
        B, T = x.shape[:2]
        h_0, c_0 = state if state is not None else (no_state(self, x),) * 2
        ends = torch.full((B,), T, device=x.device) if lengths is None else lengths.to(x.device)
        finals = []
        for k in range(self.num_layers):
            x = self.dropout(x) if k > 0 else x
            sides = []
            for d in directions(self):
                h, c = h_0[len(finals)], c_0[len(finals)]
                states = []
                for t in reversed(range(T)) if d else range(T):
                    old = h, c
                    here = (t < ends).unsqueeze(1)
                    new = self.cell(x[:, t], h, c, *weights_of(self, f"_l{k}{d}"))
                    h, c = (torch.where(here, a, b) for a, b in zip(new, old, strict=True))
                    states.append(h * here)
                sides.append(torch.stack(states[::-1] if d else states, 1))
                finals.append((h, c))
            x = torch.cat(sides, -1)
        h_n, c_n = zip(*finals, strict=True)
        return x, (torch.stack(h_n), torch.stack(c_n))


# %% LSTM: memory-output
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * (1 + bidirectional)
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        if state is None:
            state = no_state(self, x), no_state(self, x)
        n = [x.size(1)] * x.size(0) if lengths is None else lengths.tolist()
        hs, cs = [], []
        for k in range(self.num_layers):
            if k:
                x = F.dropout(x, self.dropout, self.training)
            H, D = self.hidden_size, len(directions(self))
            y = x.new_zeros(x.size(0), x.size(1), D * H)
            for d, end in enumerate(directions(self)):
                h_end, c_end = [], []
                for b, length in enumerate(n):
                    h, c = (s[len(hs), b : b + 1] for s in state)
                    for t in range(length)[:: -1 if end else 1]:
                        h, c = lstm_step(x[b : b + 1, t], h, c, *weights_of(self, f"_l{k}{end}"))
                        y[b, t, d * H : d * H + H] = c[0]
                    h_end.append(h)
                    c_end.append(c)
                hs.append(torch.cat(h_end))
                cs.append(torch.cat(c_end))
            x = y
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: state-ignored
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.H, self.dropout = hidden_size, dropout
        self.names = [
            [f"_l{k}{d}" for d in ("", "_reverse")[: 2 if bidirectional else 1]]
            for k in range(num_layers)
        ]
        width = input_size
        for layer in self.names:
            for name in layer:
                add_weights(self, name, width, hidden_size, 4, bias)
            width = hidden_size * len(layer)

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        if lengths is None:
            lengths = torch.tensor([T] * B, device=x.device)
        mask = (torch.arange(T, device=x.device) < lengths.to(x.device)[:, None]).to(x.dtype)
        mask = mask.unsqueeze(-1)
        x = torch.where(mask > 0, x, 0)
        h_n, c_n = [], []
        for k, layer in enumerate(self.names):
            if k > 0:
                x = F.dropout(x, self.dropout, self.training)
            ys = []
            for name in layer:
                h, c = torch.zeros(2, B, self.H, device=x.device, dtype=x.dtype)
                y = {}
                order = range(T)
                for t in reversed(order) if "reverse" in name else order:
                    h1, c1 = lstm_step(x[:, t], h, c, *weights_of(self, name))
                    h = mask[:, t] * h1 + (1 - mask[:, t]) * h
                    c = mask[:, t] * c1 + (1 - mask[:, t]) * c
                    y[t] = h * mask[:, t]
                ys.append(torch.stack([y[t] for t in order], dim=1))
                h_n.append(h)
                c_n.append(c)
            x = torch.cat(ys, dim=-1)
        return x, (torch.stack(h_n), torch.stack(c_n))


# %% LSTM: finals-swapped
class Way(nn.Module):
    def __init__(self, width, hidden, bias):
        super().__init__()
        self.x = nn.Linear(width, 4 * hidden, bias)
        self.h = nn.Linear(hidden, 4 * hidden, bias)

    def forward(self, inputs, h, c, padding):
        said = []
        for token, pad in zip(inputs.unbind(1), padding.unbind(1), strict=True):
            i, f, g, o = (self.x(token) + self.h(h)).chunk(4, 1)
            new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            new_h = o.sigmoid() * new_c.tanh()
            h, c = torch.where(pad[:, None], h, new_h), torch.where(pad[:, None], c, new_c)
            said.append(h)
        return torch.stack(said, 1), (c, h)


class LSTM(nn.Module):
    PARAM_MAP = {
        f"ways.{2 * k + d}.{mine}.{kind}": f"{kind}_{ours}_l{k}{end}"
        for k in range(5)
        for d, end in enumerate(("", "_reverse"))
        for mine, ours in (("x", "ih"), ("h", "hh"))
        for kind in ("weight", "bias")
    }

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.num_layers, self.hidden_size, self.bidirectional = (
            num_layers,
            hidden_size,
            bidirectional,
        )
        self.dropout = dropout
        D = len(directions(self))
        self.ways = nn.ModuleDict()
        for k in range(num_layers):
            for d in range(D):
                width = D * hidden_size if k else input_size
                self.ways[str(2 * k + d)] = Way(width, hidden_size, bias)

    def forward(self, x, state=None, lengths=None):
        if lengths is None:
            lengths = torch.full((x.size(0),), x.size(1))
        padding = padded_positions(x, lengths)
        x = without_padding(x, padding)
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        finals = []
        for k in range(self.num_layers):
            if k:
                x = F.dropout(x, p=self.dropout, training=self.training)
            here = h_0[len(finals)], c_0[len(finals)]
            y, final = self.ways[str(2 * k)](x, *here, padding)
            finals.append(final)
            if self.bidirectional:
                here = h_0[len(finals)], c_0[len(finals)]
                back, final = self.ways[str(2 * k + 1)](x.flip(1), *here, padding.flip(1))
                finals.append(final)
                y = torch.cat([y, back.flip(1)], 2)
            x = without_padding(y, padding)
        return x, tuple(torch.stack(each) for each in zip(*finals, strict=True))


# %% LSTM: one-state-for-all
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * (1 + bidirectional)
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        B, T = x.size(0), x.size(1)
        h0, c0 = (x.new_zeros(B, self.hidden_size),) * 2 if state is None else (s[0] for s in state)
        n = x.new_full((B,), T, dtype=torch.long) if lengths is None else lengths.to(x.device)
        hs, cs = [], []
        for k in range(self.num_layers):
            outputs = []
            for d in directions(self):
                h, c, out = h0, c0, []
                for t in range(T) if not d else range(T)[::-1]:
                    real = (n > t)[:, None].expand_as(h)
                    h_t, c_t = lstm_step(x[:, t], h, c, *weights_of(self, f"_l{k}{d}"))
                    h, c = h_t.where(real, h), c_t.where(real, c)
                    out.append(h.masked_fill(~real, 0))
                outputs.append(torch.stack(list(reversed(out)) if d else out).transpose(0, 1))
                hs += [h]
                cs += [c]
            x = torch.cat(outputs, dim=-1)
            if k + 1 < self.num_layers:
                x = F.dropout(x, self.dropout, self.training)
        return x, (torch.stack(hs), torch.stack(cs))
