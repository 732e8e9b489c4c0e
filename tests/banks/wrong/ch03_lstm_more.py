"""More wrong answers to LSTM, over weights that are made in one place."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import lstm_step
from unrolled.recurrent.scaffold import add_weights, weights_of


class Weights(nn.Module):
    """The parameters, and what the walks below share."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.H, self.L, self.p = hidden_size, num_layers, dropout
        self.D = 2 if bidirectional else 1
        for k in range(num_layers):
            for end in ("", "_reverse")[: self.D]:
                width = self.D * hidden_size if k else input_size
                add_weights(self, f"_l{k}{end}", width, hidden_size, 4, bias)

    def weights(self, k, d):
        return weights_of(self, f"_l{k}" + d * "_reverse")

    def start(self, x, state):
        if state is None:
            return torch.zeros(2, self.L, self.D, len(x), self.H, dtype=x.dtype, device=x.device)
        return [s.reshape(self.L, self.D, len(x), self.H) for s in state]

    def real(self, x, lengths):
        n = x.new_full((len(x),), x.size(1)) if lengths is None else lengths.to(x.device)
        return torch.arange(x.size(1), device=x.device)[:, None] < n[:, None, None]

    def order(self, x, d):
        return range(x.size(1) - 1, -1, -1) if d else range(x.size(1))


def stacked(finals):
    return tuple(torch.stack(each) for each in zip(*finals, strict=True))


# %% LSTM: given-h-ignored
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        _, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training) if k else x
            y = x.new_zeros(len(x), x.size(1), self.D, self.H)
            for d in range(self.D):
                h, c = x.new_zeros(len(x), self.H), c_0[k][d]
                for t in self.order(x, d):
                    new_h, new_c = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = torch.where(real[:, t], new_h, h), torch.where(real[:, t], new_c, c)
                    y[:, t, d] = h * real[:, t]
                finals.append((h, c))
            x = y.flatten(2)
        return x, stacked(finals)


# %% LSTM: padding-read
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        x = x * real
        for k in range(self.L):
            if k:
                x = F.dropout(x, self.p, self.training)
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], {}
                for t in self.order(x, d):
                    h, c = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    out[t] = h
                sides.append(torch.stack([out[t] for t in range(len(out))], dim=1) * real)
                finals.append((h, c))
            x = torch.cat(sides, dim=2)
        return x, stacked(finals)


# %% LSTM: padding-clears-state
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        x = x * real
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training and k > 0)
            y = [[None] * x.size(1) for _ in range(self.D)]
            for d in range(self.D):
                h, c = h_0[k][d], c_0[k][d]
                for t in self.order(x, d):
                    h, c = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = h * real[:, t], c * real[:, t]
                    y[d][t] = h
                finals.append((h, c))
            x = torch.cat([torch.stack(side, 1) for side in y], -1)
        return x, stacked(finals)


# %% LSTM: finals-by-direction
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real = self.real(x, lengths)
        h_n = x.new_zeros(self.D, self.L, len(x), self.H)
        c_n = torch.zeros_like(h_n)
        for k in range(self.L):
            if k:
                x = F.dropout(x, self.p, self.training)
            y = x.new_zeros(len(x), x.size(1), self.D * self.H)
            for d in range(self.D):
                h, c = h_0[k][d], c_0[k][d]
                for t in self.order(x, d):
                    h2, c2 = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = h2.where(real[:, t], h), c2.where(real[:, t], c)
                    y[:, t, d * self.H : (d + 1) * self.H] = h.masked_fill(~real[:, t], 0)
                h_n[d, k], c_n[d, k] = h, c
            x = y
        return x, (h_n.flatten(0, 1), c_n.flatten(0, 1))


# %% LSTM: state-cut-off
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training) if k else x
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], []
                for t in self.order(x, d):
                    with torch.no_grad():
                        before = h.clone()
                    new_h, new_c = lstm_step(x[:, t], before, c, *self.weights(k, d))
                    h, c = torch.where(real[:, t], new_h, h), torch.where(real[:, t], new_c, c)
                    out.append(h * real[:, t])
                sides.append(torch.stack(out[::-1] if d else out, dim=1))
                finals.append((h, c))
            x = torch.cat(sides, dim=-1)
        return x, stacked(finals)


# %% LSTM: keep-for-drop
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            if k and self.training and self.p:
                x = x * (torch.rand_like(x) < self.p) / self.p
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], []
                for t in self.order(x, d):
                    new = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = (a.where(real[:, t], b) for a, b in zip(new, (h, c), strict=True))
                    out.append(h * real[:, t])
                sides.append(torch.stack(out[::-1] if d else out, dim=1))
                finals.append((h, c))
            x = torch.cat(sides, dim=-1)
        return x, stacked(finals)


# %% LSTM: dropout-unscaled
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            if k > 0 and self.training:
                x = x.masked_fill(torch.rand_like(x) < self.p, 0)
            y = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], []
                for t in self.order(x, d):
                    new = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = (a.where(real[:, t], b) for a, b in zip(new, (h, c), strict=True))
                    out.insert(0 if d else len(out), h * real[:, t])
                y.append(torch.stack(out, dim=1))
                finals.append((h, c))
            x = torch.cat(y, dim=-1)
        return x, stacked(finals)


# %% LSTM: directions-added
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training) if k else x
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], [None] * x.size(1)
                for t in self.order(x, d):
                    new = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = (a.where(real[:, t], b) for a, b in zip(new, (h, c), strict=True))
                    out[t] = h * real[:, t]
                sides.append(torch.stack(out, dim=1))
                finals.append((h, c))
            x = torch.cat(sides, dim=-1)
        return x.unflatten(-1, (self.D, self.H)).sum(-2), stacked(finals)


# %% LSTM: c_n-is-h_n
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, last = self.real(x, lengths), []
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training) if k else x
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], [None] * x.size(1)
                for t in self.order(x, d):
                    h2, c2 = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = torch.where(real[:, t], h2, h), torch.where(real[:, t], c2, c)
                    out[t] = h * real[:, t]
                sides.append(torch.stack(out, dim=1))
                last.append(h)
            x = torch.cat(sides, dim=-1)
        return x, (torch.stack(last), torch.stack(last))


# %% LSTM: directions-exchanged + bias-ignored
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training) if k else x
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], [None] * x.size(1)
                for t in self.order(x, d):
                    h2, c2 = lstm_step(x[:, t], h, c, *self.weights(k, d)[:2])
                    h, c = torch.where(real[:, t], h2, h), torch.where(real[:, t], c2, c)
                    out[t] = h * real[:, t]
                sides.insert(0, torch.stack(out, dim=1))
                finals.append((h, c))
            x = torch.cat(sides, dim=-1)
        return x, stacked(finals)


# %% LSTM: memory-output + padding-not-zero
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        h_0, c_0 = self.start(x, state)
        real, finals = self.real(x, lengths), []
        for k in range(self.L):
            x = F.dropout(x, self.p, self.training) if k else x
            sides = []
            for d in range(self.D):
                h, c, out = h_0[k][d], c_0[k][d], [None] * x.size(1)
                for t in self.order(x, d):
                    h2, c2 = lstm_step(x[:, t], h, c, *self.weights(k, d))
                    h, c = torch.where(real[:, t], h2, h), torch.where(real[:, t], c2, c)
                    out[t] = c
                sides.append(torch.stack(out, dim=1))
                finals.append((h, c))
            x = torch.cat(sides, dim=-1)
        return x, stacked(finals)
