"""Right answers to LSTM, in other ways."""
# ruff: noqa: F811, RUF012

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from unrolled.recurrent import lstm_step
from unrolled.recurrent.scaffold import add_weights, weights_of


# %% LSTM: each sentence on its own, padded again at the end
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.dropout = hidden_size, num_layers, dropout
        self.ends = ["", "_reverse"][: 1 + bidirectional]
        for k in range(num_layers):
            for end in self.ends:
                width = hidden_size * len(self.ends) if k else input_size
                add_weights(self, f"_l{k}{end}", width, hidden_size, 4, bias)

    def walk(self, row, h, c, name):
        out = []
        for token in row:
            h, c = lstm_step(token[None], h, c, *weights_of(self, name))
            out.append(h)
        return torch.cat(out), h, c

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        if state is None:
            state = 2 * (x.new_zeros(self.num_layers * len(self.ends), B, self.hidden_size),)
        ns = [T] * B if lengths is None else lengths.tolist()
        rows = [x[b, :n] for b, n in enumerate(ns)]
        h_n, c_n = [], []
        for k in range(self.num_layers):
            if k:
                rows = [F.dropout(row, self.dropout, self.training) for row in rows]
            sides = []
            for end in self.ends:
                h_0, c_0 = state[0][len(h_n)], state[1][len(h_n)]
                read = [row.flip(0) for row in rows] if end else rows
                walked = [
                    self.walk(row, h_0[b : b + 1], c_0[b : b + 1], f"_l{k}{end}")
                    for b, row in enumerate(read)
                ]
                sides.append([out.flip(0) if end else out for out, _, _ in walked])
                h_n.append(torch.cat([h for _, h, _ in walked]))
                c_n.append(torch.cat([c for _, _, c in walked]))
            rows = [torch.cat(parts, dim=-1) for parts in zip(*sides, strict=True)]
        y = pad_sequence(rows, batch_first=True)
        y = F.pad(y, (0, 0, 0, T - y.size(1)))
        return y, (torch.stack(h_n), torch.stack(c_n))


# %% LSTM: a module for each direction, linear layers, padding by multiplication
class Direction(nn.Module):
    def __init__(self, width, hidden, bias):
        super().__init__()
        self.H = hidden
        self.ih = nn.Linear(width, 4 * hidden, bias=bias)
        self.hh = nn.Linear(hidden, 4 * hidden, bias=bias)

    def forward(self, x, h, c, real):
        shares = self.ih(x)
        seen = []
        for t in range(x.shape[1]):
            i, f, g, o = torch.split(shares[:, t] + self.hh(h), self.H, dim=-1)
            c2 = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h2 = torch.sigmoid(o) * torch.tanh(c2)
            m = real[:, t : t + 1]
            h, c = m * h2 + (1 - m) * h, m * c2 + (1 - m) * c
            seen.append(h)
        return torch.stack(seen, 1), h, c


class LSTM(nn.Module):
    PARAM_MAP = {
        f"layers.{k}.{d}.{side}.{kind}": f"{kind}_{side}_l{k}{end}"
        for k in range(6)
        for d, end in enumerate(("", "_reverse"))
        for side in ("ih", "hh")
        for kind in ("weight", "bias")
    }

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        D = 2 if bidirectional else 1
        widths = [input_size] + [D * hidden_size] * (num_layers - 1)
        self.layers = nn.ModuleList(
            nn.ModuleList(Direction(w, hidden_size, bias) for _ in range(D)) for w in widths
        )
        self.drop = nn.Dropout(dropout)
        self.hidden_size = hidden_size

    def forward(self, x, state=None, lengths=None):
        B, T = x.shape[:2]
        D = len(self.layers[0])
        if state is None:
            zero = torch.zeros(len(self.layers) * D, B, self.hidden_size, dtype=x.dtype)
            state = (zero.to(x.device), zero.to(x.device))
        h0, c0 = (s.unflatten(0, (-1, D)) for s in state)
        steps = torch.arange(T, device=x.device)
        n = torch.full((B,), T, device=x.device) if lengths is None else lengths.to(x.device)
        real = (steps < n[:, None]).to(x.dtype)
        x = torch.where(real[..., None] > 0, x, 0)
        last = []
        for k, layer in enumerate(self.layers):
            if k > 0:
                x = self.drop(x)
            y, h, c = layer[0](x, h0[k, 0], c0[k, 0], real)
            last.append((h, c))
            if D == 2:
                z, h, c = layer[1](x.flip(1), h0[k, 1], c0[k, 1], real.flip(1))
                last.append((h, c))
                y = torch.cat([y, z.flip(1)], dim=2)
            x = y * real[..., None]
        hs, cs = zip(*last, strict=True)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: one fused matrix, one bias, finals picked by position
class LSTM(nn.Module):
    PARAM_MAP = {
        f"weights.{k}{end}": {"cat": [f"weight_ih_l{k}{end}", f"weight_hh_l{k}{end}"], "dim": 1}
        for k in range(6)
        for end in ("", "_reverse")
    } | {
        f"biases.{k}{end}": {"sum": [f"bias_ih_l{k}{end}", f"bias_hh_l{k}{end}"]}
        for k in range(6)
        for end in ("", "_reverse")
    }

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.L, self.H, self.p = num_layers, hidden_size, dropout
        self.ways = ("", "_reverse") if bidirectional else ("",)
        self.weights, self.biases = nn.ParameterDict(), nn.ParameterDict()
        for k in range(num_layers):
            width = (len(self.ways) if k else 0) * hidden_size or input_size
            for way in self.ways:
                fused = torch.empty(4 * hidden_size, width + hidden_size)
                self.weights[f"{k}{way}"] = nn.Parameter(fused.normal_(0, 1 / math.sqrt(width)))
                if bias:
                    self.biases[f"{k}{way}"] = nn.Parameter(torch.zeros(4 * hidden_size))

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        t = torch.arange(T, device=x.device).expand(B, T)
        n = t[:, -1:] + 1 if lengths is None else lengths.to(x.device).long()[:, None]
        turned = torch.where(t < n, n - 1 - t, t)
        every = torch.arange(B, device=x.device)
        x = x.where((t < n)[..., None], torch.zeros_like(x))
        hs, cs = [], []
        for k in range(self.L):
            outs = []
            if k and self.training and self.p:
                x = x * torch.bernoulli(torch.full_like(x, 1 - self.p)) / (1 - self.p)
            for way in self.ways:
                if state is None:
                    h = c = x.new_zeros(B, self.H)
                else:
                    h, c = state[0][len(hs)], state[1][len(hs)]
                W = self.weights[f"{k}{way}"]
                b = self.biases[f"{k}{way}"] if len(self.biases) else None
                read = x[every[:, None], turned] if way else x
                all_h, all_c = [], []
                for step in range(T):
                    z = F.linear(torch.cat([read[:, step], h], dim=1), W, b)
                    i, f, g, o = z.reshape(B, 4, self.H).unbind(1)
                    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                    h = o.sigmoid() * c.tanh()
                    all_h.append(h)
                    all_c.append(c)
                all_h, all_c = torch.stack(all_h, dim=1), torch.stack(all_c, dim=1)
                hs.append(all_h[every, n[:, 0] - 1])
                cs.append(all_c[every, n[:, 0] - 1])
                outs.append(all_h[every[:, None], turned] if way else all_h)
            x = torch.cat(outs, dim=2).masked_fill((t >= n)[..., None], 0)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: matrices the other way round, only the rows that are still running
class LSTM(nn.Module):
    PARAM_MAP = {
        f"{mine}{k}{'ab'[d]}": {"transpose": f"{ours}_l{k}{end}"}
        for mine, ours in (("W", "weight_ih"), ("U", "weight_hh"))
        for k in range(6)
        for d, end in enumerate(("", "_reverse"))
    } | {
        f"b{k}{'ab'[d]}": {"cat": [f"bias_ih_l{k}{end}", f"bias_hh_l{k}{end}"], "dim": 0}
        for k in range(6)
        for d, end in enumerate(("", "_reverse"))
    }

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.names = [[f"{k}{d}" for d in "ab"[: 1 + bidirectional]] for k in range(num_layers)]
        self.hidden_size, self.drop = hidden_size, nn.Dropout(dropout)
        width = input_size
        for layer in self.names:
            for name in layer:
                for letter, rows in (("W", width), ("U", hidden_size)):
                    new = nn.Parameter(torch.randn(rows, 4 * hidden_size) / 10)
                    self.register_parameter(letter + name, new)
                zeros = nn.Parameter(torch.zeros(8 * hidden_size)) if bias else None
                self.register_parameter("b" + name, zeros)
            width = len(layer) * hidden_size

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        lengths = torch.full((B,), T) if lengths is None else lengths
        running = [torch.nonzero(lengths.to(x.device) > t)[:, 0] for t in range(T)]
        finals = []
        for number, layer in enumerate(self.names):
            x = self.drop(x) if number else x
            parts = []
            for name in layer:
                W, U, b = (getattr(self, letter + name) for letter in "WUb")
                if state is None:
                    h, c = x.new_zeros(2, B, self.hidden_size)
                else:
                    h, c = state[0][len(finals)], state[1][len(finals)]
                out = x.new_zeros(B, T, self.hidden_size)
                for t in range(T) if name.endswith("a") else range(T - 1, -1, -1):
                    rows = running[t]
                    if rows.numel() == 0:
                        continue
                    s = x[rows, t] @ W + h[rows] @ U
                    s = s if b is None else s + b.reshape(2, -1).sum(0)
                    i, f, g, o = s.tensor_split(4, dim=1)
                    new_c = torch.sigmoid(f) * c[rows] + torch.sigmoid(i) * torch.tanh(g)
                    new_h = torch.sigmoid(o) * torch.tanh(new_c)
                    h, c = h.index_copy(0, rows, new_h), c.index_copy(0, rows, new_c)
                    out[rows, t] = new_h
                parts.append(out)
                finals.append((h, c))
            x = torch.cat(parts, -1)
        return x, tuple(torch.stack(each) for each in zip(*finals, strict=True))
