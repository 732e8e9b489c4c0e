"""Right answers to RNN, in other ways."""
# ruff: noqa: F811, RUF012

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import rnn_step
from unrolled.recurrent.scaffold import add_weights, directions, weights_of


# %% RNN: the shares of all inputs at once, each row turned round by an index
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.p = hidden_size, num_layers, dropout
        self.bidirectional = bidirectional
        for n in range(num_layers):
            wide = input_size if n == 0 else hidden_size * (1 + bidirectional)
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", wide, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        if lengths is None:
            lengths = torch.full((B,), T)
        lengths = lengths.to(x.device)
        t = torch.arange(T, device=x.device)
        real = (t < lengths[:, None])[..., None]
        turned = torch.where(real[..., 0], lengths[:, None] - 1 - t, t)[..., None]
        last = (lengths - 1).reshape(B, 1, 1).expand(B, 1, self.hidden_size)
        ends = []
        for n in range(self.num_layers):
            if n:
                x = F.dropout(x, self.p, training=self.training)
            sides = []
            for end in directions(self):
                w_ih, w_hh, b_ih, b_hh = weights_of(self, f"_l{n}{end}")
                shares = x @ w_ih.T
                if b_ih is not None:
                    shares = shares + b_ih + b_hh
                order = turned.expand(B, T, self.hidden_size)
                if end:
                    shares = shares.gather(1, order)
                h = x.new_zeros(B, self.hidden_size) if state is None else state[len(ends)]
                states = []
                for i in range(T):
                    h = torch.tanh(shares[:, i] + h @ w_hh.T)
                    states.append(h)
                states = torch.stack(states, 1)
                ends.append(states.gather(1, last)[:, 0])
                sides.append(states.gather(1, order) if end else states)
            x = torch.cat(sides, -1) * real
        return x, torch.stack(ends)


# %% RNN: one row after another, each without its padding
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.bidirectional = bidirectional
        self.drop = nn.Dropout(dropout)
        width = input_size
        for n in range(num_layers):
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)
            width = hidden_size * len(directions(self))

    def walk(self, row, h, weights):
        out = []
        for step in row:
            h = rnn_step(step[None], h[None], *weights)[0]
            out.append(h)
        return out

    def forward(self, x, state=None, lengths=None):
        D = len(directions(self))
        if state is None:
            state = torch.zeros(
                self.num_layers * D, len(x), self.hidden_size, dtype=x.dtype, device=x.device
            )
        finals = [[None] * len(x) for _ in range(self.num_layers * D)]
        counts = [x.size(1)] * len(x) if lengths is None else lengths.tolist()
        rows = [x[b, :count] for b, count in enumerate(counts)]
        for n in range(self.num_layers):
            if n > 0:
                rows = [self.drop(row) for row in rows]
            for b, row in enumerate(rows):
                forth = self.walk(row, state[n * D, b], weights_of(self, f"_l{n}"))
                finals[n * D][b] = forth[-1]
                if D == 2:
                    weights = weights_of(self, f"_l{n}_reverse")
                    back = self.walk(row.flip(0), state[n * D + 1, b], weights)
                    finals[n * D + 1][b] = back[-1]
                    forth = [torch.cat(two) for two in zip(forth, reversed(back), strict=True)]
                rows[b] = torch.stack(forth)
        padded = [F.pad(row, (0, 0, 0, x.size(1) - len(row))) for row in rows]
        return torch.stack(padded), torch.stack([torch.stack(final) for final in finals])


# %% RNN: one Linear of what is read and remembered, only the rows that still go on
class RNN(nn.Module):
    PARAM_MAP = {}

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.H, self.L, self.D, self.p = hidden_size, num_layers, 1 + bool(bidirectional), dropout
        self.num_layers, self.bidirectional = num_layers, bidirectional
        self.mix, self.extra, self.PARAM_MAP = nn.ModuleList(), nn.ParameterList(), {}
        for k in range(self.L * self.D):
            name = f"l{k // self.D}" + "_reverse" * (k % self.D)
            wide = hidden_size * self.D if k >= self.D else input_size
            self.mix.append(nn.Linear(wide + hidden_size, hidden_size, bias=bias))
            both = [f"weight_ih_{name}", f"weight_hh_{name}"]
            self.PARAM_MAP[f"mix.{k}.weight"] = {"cat": both, "dim": 1}
            if bias:
                self.extra.append(nn.Parameter(torch.zeros(hidden_size)))
                self.PARAM_MAP[f"mix.{k}.bias"] = f"bias_ih_{name}"
                self.PARAM_MAP[f"extra.{k}"] = f"bias_hh_{name}"

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        h_n = x.new_zeros(self.L * self.D, B, self.H) if state is None else state.clone()
        ends = torch.full((B,), T) if lengths is None else lengths.cpu()
        for layer in range(self.L):
            if layer > 0 and self.training:
                x = F.dropout(x, self.p)
            columns = [[None] * T for _ in range(self.D)]
            finals = []
            for d in range(self.D):
                k = layer * self.D + d
                h = h_n[k]
                for t in range(T - 1, -1, -1) if d else range(T):
                    live = torch.nonzero(ends > t).flatten().to(x.device)
                    z = self.mix[k](torch.cat((x[live, t], h[live]), dim=-1))
                    z = z + self.extra[k] if len(self.extra) else z
                    new = torch.tanh(z)
                    h = h.index_copy(0, live, new)
                    columns[d][t] = torch.zeros_like(h).index_copy(0, live, new)
                finals.append(h)
            h_n = torch.cat([h_n[: layer * self.D], torch.stack(finals), h_n[k + 1 :]])
            x = torch.cat([torch.stack(column, 1) for column in columns], dim=2)
        return x, h_n


# %% RNN: cells in a list, time in front, padding multiplied away
class Cell(nn.Module):
    def __init__(self, wide, hidden, bias):
        super().__init__()
        make = lambda *size: nn.Parameter(torch.randn(*size) / hidden**0.5)  # noqa: E731
        self.U, self.W = make(wide, hidden), make(hidden, hidden)
        self.b, self.c = (make(hidden), make(hidden)) if bias else (0.0, 0.0)

    def forward(self, x, h):
        return torch.tanh(x @ self.U + self.b + h @ self.W + self.c)


class RNN(nn.Module):
    PARAM_MAP = {
        f"cells.{n}.{d}.{own}": value
        for n in range(8)
        for d, end in enumerate(("", "_reverse"))
        for own, value in {
            "U": {"transpose": f"weight_ih_l{n}{end}"},
            "W": {"transpose": f"weight_hh_l{n}{end}"},
            "b": f"bias_ih_l{n}{end}",
            "c": f"bias_hh_l{n}{end}",
        }.items()
    }

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        ways = 2 if bidirectional else 1
        self.num_layers, self.bidirectional = num_layers, bidirectional
        self.hidden_size, self.drop = hidden_size, nn.Dropout(dropout)
        widths = [input_size] + [hidden_size * ways] * (num_layers - 1)
        self.cells = nn.ModuleList(
            nn.ModuleList(Cell(wide, hidden_size, bias) for _ in range(ways)) for wide in widths
        )

    def forward(self, x, state=None, lengths=None):
        steps = x.transpose(0, 1)  # (T, B, I)
        real = torch.ones_like(steps[..., :1])
        if lengths is not None:
            for b, n in enumerate(lengths.tolist()):
                real[n:, b] = 0
        old = iter(x.new_zeros(99, x.size(0), self.hidden_size) if state is None else state)
        h_n = []
        for n, cells in enumerate(self.cells):
            steps = self.drop(steps) if n else steps
            found = []
            for cell, turn in zip(cells, (False, True), strict=False):
                h, outs = next(old), []
                pairs = list(zip(steps, real, strict=True))
                for read, is_real in reversed(pairs) if turn else pairs:
                    h = h + is_real * (cell(read, h) - h)
                    outs.append(h * is_real)
                h_n.append(h)
                found.append(torch.stack(outs[::-1] if turn else outs))
            steps = torch.cat(found, dim=-1)
        return steps.transpose(0, 1), torch.stack(h_n)
