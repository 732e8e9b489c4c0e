"""Wrong answers to LSTM: layers that read the wrong thing, several mistakes at once."""
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
    without_padding,
)


# %% LSTM: layer-continues-state
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        B, T, D = x.size(0), x.size(1), len(directions(self))
        padding = padded_positions(x, lengths)
        x = without_padding(x, padding)
        real = torch.ones(B, T, device=x.device) if padding is None else (~padding).float()
        real = real.to(x.dtype).unsqueeze(-1)
        zero = x.new_zeros(B, self.hidden_size)
        running = [(zero, zero)] * D
        finals = []
        for k in range(self.num_layers):
            if k:
                x = F.dropout(x, self.dropout, self.training)
            sides = []
            for j, d in enumerate(directions(self)):
                if state is None:
                    h, c = running[j]
                else:
                    h, c = state[0][k * D + j], state[1][k * D + j]
                y = []
                for t in range(T) if j == 0 else range(T - 1, -1, -1):
                    h1, c1 = lstm_step(x[:, t], h, c, *weights_of(self, f"_l{k}{d}"))
                    h, c = h + real[:, t] * (h1 - h), c + real[:, t] * (c1 - c)
                    y.append(h * real[:, t])
                running[j] = (h, c)
                finals.append((h, c))
                sides.append(torch.stack(y if j == 0 else y[::-1], 1))
            x = torch.cat(sides, dim=2)
        h_n, c_n = zip(*finals, strict=True)
        return x, (torch.stack(h_n), torch.stack(c_n))


# %% LSTM: layers-share-weights
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        if state is None:
            state = no_state(self, x), no_state(self, x)
        padding = padded_positions(x, lengths)
        x, finals = without_padding(x, padding), []
        weights = {d: weights_of(self, "_l0" + d) for d in directions(self)}
        for k in range(self.num_layers):
            if k:
                x = F.dropout(x, self.dropout, self.training)
            halves = []
            for d in directions(self):
                h, c = state[0][len(finals)], state[1][len(finals)]
                tokens = list(x.unbind(1))
                marks = [None] * len(tokens) if padding is None else list(padding.unbind(1))
                if d:
                    tokens.reverse()
                    marks.reverse()
                out = []
                for token, mark in zip(tokens, marks, strict=True):
                    old = h, c
                    h, c = lstm_step(token, h, c, *weights[d])
                    if mark is not None:
                        h = torch.where(mark[:, None], old[0], h)
                        c = torch.where(mark[:, None], old[1], c)
                    out.append(h)
                finals.append((h, c))
                halves.append(torch.stack(out[::-1] if d else out, dim=1))
            x = without_padding(torch.cat(halves, dim=-1), padding)
        return x, tuple(torch.stack(each) for each in zip(*finals, strict=True))


# %% LSTM: dropout-on-output + lengths-ignored
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.drop, self.bidirectional = nn.Dropout(dropout), bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        hs, cs = [], []
        for k in range(self.num_layers):
            sides = []
            for d in directions(self):
                h, c = h_0[len(hs)], c_0[len(hs)]
                seen = []
                for token in (x.flip(1) if d else x).unbind(1):
                    h, c = lstm_step(token, h, c, *weights_of(self, f"_l{k}{d}"))
                    seen.append(h)
                seen = torch.stack(seen, dim=1)
                sides.append(seen.flip(1) if d else seen)
                hs.append(h)
                cs.append(c)
            x = self.drop(torch.cat(sides, dim=2))
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: finals-swapped + state-ignored
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.H, self.p = hidden_size, dropout
        self.layers = []
        for k in range(num_layers):
            names = [f"_l{k}", f"_l{k}_reverse"][: 1 + bidirectional]
            for name in names:
                width = input_size if k == 0 else hidden_size * len(names)
                add_weights(self, name, width, hidden_size, 4, bias)
            self.layers.append(names)

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        ns = [T] * B if lengths is None else lengths.tolist()
        hs, cs = [], []
        for k, names in enumerate(self.layers):
            x = F.dropout(x, self.p, self.training) if k else x
            y = x.new_zeros(B, T, self.H * len(names))
            for j, name in enumerate(names):
                ends = []
                for b in range(B):
                    h = c = x.new_zeros(1, self.H)
                    for t in reversed(range(ns[b])) if j else range(ns[b]):
                        h, c = lstm_step(x[b, t][None], h, c, *weights_of(self, name))
                        y[b, t, j * self.H : (j + 1) * self.H] = h[0]
                    ends.append((h, c))
                hs.append(torch.cat([h for h, _ in ends]))
                cs.append(torch.cat([c for _, c in ends]))
            x = y
        return x, (torch.stack(cs), torch.stack(hs))


# %% LSTM: outside the catalogue: each layer also sees the position before
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        for k in range(num_layers):
            width = input_size if k == 0 else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        padding = padded_positions(x, lengths)
        x = without_padding(x, padding)
        hs, cs = [], []
        for k in range(self.num_layers):
            x = x if k == 0 else F.dropout(x, self.dropout, self.training)
            x = x + F.pad(x, (0, 0, 1, 0))[:, :-1]
            y = []
            for d in directions(self):
                h, c, out = h_0[len(hs)], c_0[len(hs)], []
                for t in range(x.size(1))[:: -1 if d else 1]:
                    new_h, new_c = lstm_step(x[:, t], h, c, *weights_of(self, f"_l{k}{d}"))
                    if padding is not None:
                        new_h = torch.where(padding[:, t, None], h, new_h)
                        new_c = torch.where(padding[:, t, None], c, new_c)
                    h, c = new_h, new_c
                    out.append(h)
                y.append(torch.stack(out[::-1] if d else out, 1))
                hs.append(h)
                cs.append(c)
            x = without_padding(torch.cat(y, dim=2), padding)
        return x, (torch.stack(hs), torch.stack(cs))
