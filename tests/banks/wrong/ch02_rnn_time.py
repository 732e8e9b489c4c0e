"""Wrong answers to RNN: what happens from one position to the next, and what is returned."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import rnn_step
from unrolled.recurrent.scaffold import (
    add_weights,
    directions,
    no_state,
    padded_positions,
    weights_of,
    without_padding,
)


# %% RNN: state-not-carried
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.dropout = hidden_size, num_layers, dropout
        self.bidirectional = bidirectional
        for n in range(num_layers):
            width = hidden_size * len(directions(self)) if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        start = no_state(self, x) if state is None else state
        pad = padded_positions(x, lengths)
        finals = []
        for n in range(self.num_layers):
            x = F.dropout(x, self.dropout, self.training) if n else x
            sides = []
            for end in directions(self):
                h = start[len(finals)]
                final, columns = h, {}
                steps = range(x.size(1))
                for t in reversed(steps) if end else steps:
                    new = rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}"))
                    final = new if pad is None else torch.where(pad[:, t, None], final, new)
                    columns[t] = final
                finals.append(final)
                sides.append(torch.stack([columns[t] for t in steps], dim=1))
            x = without_padding(torch.cat(sides, dim=2), pad)
        return x, torch.stack(finals)


# %% RNN: batch-and-time-swapped
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.drop = hidden_size, num_layers, nn.Dropout(dropout)
        self.bidirectional = bidirectional
        for n in range(num_layers):
            width = hidden_size * len(directions(self)) if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        T, B, _ = x.shape
        k, h_n = 0, []
        real = torch.ones(T, B, 1, dtype=torch.bool)
        if lengths is not None:
            real = (torch.arange(T)[:, None] < lengths)[..., None]
        for n in range(self.num_layers):
            outs = []
            for end in directions(self):
                h = x.new_zeros(B, self.hidden_size) if state is None else state[k]
                seen = [None] * T
                for t in range(T)[:: -1 if end else 1]:
                    new = rnn_step(x[t], h, *weights_of(self, f"_l{n}{end}"))
                    h = torch.where(real[t], new, h)
                    seen[t] = h * real[t]
                outs.append(torch.stack(seen))
                h_n.append(h)
                k += 1
            x = torch.cat(outs, -1)
            if n < self.num_layers - 1:
                x = self.drop(x)
        return x, torch.stack(h_n)


# %% RNN: output-before-step
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.p = hidden_size, num_layers, dropout
        self.bidirectional = bidirectional
        for n in range(num_layers):
            for end in directions(self):
                width = input_size if n == 0 else (2 if bidirectional else 1) * hidden_size
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def run(self, x, h, weights, order, pad):
        out = [None] * x.size(1)
        for t in order:
            out[t] = h
            new = rnn_step(x[:, t], h, *weights)
            h = new if pad is None else torch.where(pad[:, t : t + 1], h, new)
        return without_padding(torch.stack(out, 1), pad), h

    def forward(self, x, state=None, lengths=None):
        state = no_state(self, x) if state is None else state
        pad = padded_positions(x, lengths)
        T, finals = x.size(1), []
        for n in range(self.num_layers):
            if n:
                x = F.dropout(x, self.p, self.training)
            hs = []
            for end in directions(self):
                order = range(T - 1, -1, -1) if end else range(T)
                y, h = self.run(x, state[len(finals)], weights_of(self, f"_l{n}{end}"), order, pad)
                hs.append(y)
                finals.append(h)
            x = torch.cat(hs, dim=-1)
        return x, torch.stack(finals)


# %% RNN: state-detached
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.p = hidden_size, num_layers, dropout
        self.bidirectional = bidirectional
        for n in range(num_layers):
            for end in directions(self):
                width = input_size if n == 0 else (2 if bidirectional else 1) * hidden_size
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        state = no_state(self, x) if state is None else state
        padding = padded_positions(x, lengths)
        hidden = list(state)
        for n in range(self.num_layers):
            x = F.dropout(x, self.p, self.training and n > 0)
            both = []
            for d, end in enumerate(directions(self)):
                k = n * len(directions(self)) + d
                track = []
                for t in range(x.size(1)) if not end else reversed(range(x.size(1))):
                    h = hidden[k].data if track else hidden[k]  # a fresh start for the graph
                    new = rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}"))
                    if padding is not None:
                        new = torch.where(padding[:, t, None], hidden[k], new)
                    hidden[k] = new
                    track.append(new)
                both.append(torch.stack(track[::-1] if end else track, dim=1))
            x = without_padding(torch.cat(both, -1), padding)
        return x, torch.stack(hidden)


# %% RNN: h-n-directions-first
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.drop = hidden_size, num_layers, nn.Dropout(dropout)
        self.bidirectional = bidirectional
        for n in range(num_layers):
            width = hidden_size * len(directions(self)) if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        D = len(directions(self))
        state = no_state(self, x) if state is None else state
        pad = padded_positions(x, lengths)
        ends = {"": [], "_reverse": []}
        for n in range(self.num_layers):
            if n > 0:
                x = self.drop(x)
            outputs = []
            for d, end in enumerate(directions(self)):
                h, row = state[n * D + d], []
                for t in sorted(range(x.size(1)), reverse=bool(end)):
                    new = rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}"))
                    h = new if pad is None else pad[:, t, None] * h + ~pad[:, t, None] * new
                    row.append(h)
                ends[end].append(h)
                outputs.append(torch.stack(row[:: -1 if end else 1], 1))
            x = without_padding(torch.cat(outputs, 2), pad)
        return x, torch.stack(ends[""] + ends["_reverse"])


# %% RNN: h-n-of-last-layer
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.drop = hidden_size, num_layers, nn.Dropout(dropout)
        self.bidirectional = bidirectional
        for n in range(num_layers):
            width = hidden_size * len(directions(self)) if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        starts = iter(no_state(self, x) if state is None else state)
        pad = padded_positions(x, lengths)
        for n in range(self.num_layers):
            x = self.drop(x) if n else x
            outputs, h_n = [], []
            for end in directions(self):
                h, row = next(starts), []
                inputs = list(enumerate(x.unbind(1)))
                for t, word in inputs[::-1] if end else inputs:
                    new = rnn_step(word, h, *weights_of(self, f"_l{n}{end}"))
                    h = new if pad is None else torch.where(pad[:, t, None], h, new)
                    row.append(h)
                h_n.append(h)
                outputs.append(torch.stack(row[:: -1 if end else 1], 1))
            x = without_padding(torch.cat(outputs, 2), pad)
        return x, torch.stack(h_n)


# %% RNN: backward-h-n-at-end
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.drop = hidden_size, num_layers, nn.Dropout(dropout)
        self.bidirectional = bidirectional
        for n in range(num_layers):
            width = hidden_size * len(directions(self)) if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def forward(self, x, state=None, lengths=None):
        B, T, _ = x.shape
        state = no_state(self, x) if state is None else state
        pad = padded_positions(x, lengths)
        last = (torch.full((B,), T) if lengths is None else lengths) - 1
        h_n = []
        for n in range(self.num_layers):
            x = self.drop(x) if n else x
            sides = []
            for end in directions(self):
                h, found = state[len(h_n)], []
                for t in range(T - 1, -1, -1) if end else range(T):
                    new = rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}"))
                    h = new if pad is None else torch.where(pad[:, t, None], h, new)
                    found.append(h)
                side = torch.stack(found, 1)
                side = side.flip(1) if end else side
                h_n.append(side[torch.arange(B), last])
                sides.append(side)
            x = without_padding(torch.cat(sides, 2), pad)
        return x, torch.stack(h_n)
