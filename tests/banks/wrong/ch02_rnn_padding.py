"""Wrong answers to RNN: padding."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import rnn_step
from unrolled.recurrent.scaffold import add_weights, weights_of


class Base(nn.Module):
    """Weights, layers, dropout, first states; the answers walk through one direction."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.H, self.num_layers, self.drop = hidden_size, num_layers, nn.Dropout(dropout)
        self.ends = ["", "_reverse"] if bidirectional else [""]
        self.bidirectional = bidirectional
        width = input_size
        for n in range(num_layers):
            for end in self.ends:
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)
            width = hidden_size * len(self.ends)

    def forward(self, x, state=None, lengths=None):
        if state is None:
            state = x.new_zeros(self.num_layers * len(self.ends), x.size(0), self.H)
        firsts, h_n = list(state), []
        for n in range(self.num_layers):
            x = self.drop(x) if n > 0 else x
            outs = []
            for end in self.ends:
                weights = weights_of(self, f"_l{n}{end}")
                out, h = self.walk(x, firsts.pop(0), weights, lengths, backward=end != "")
                outs.append(out)
                h_n.append(h)
            x = torch.cat(outs, dim=2)
        return x, torch.stack(h_n)


# %% RNN: lengths-ignored
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        states = []
        for read in x.flip(1).unbind(1) if backward else x.unbind(1):
            h = rnn_step(read, h, *weights)
            states.append(h)
        states = torch.stack(states, 1)
        return (states.flip(1) if backward else states), h


# %% RNN: padding-updates-state
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        T = x.size(1)
        states = [None] * T
        for t in reversed(range(T)) if backward else range(T):
            h = rnn_step(x[:, t], h, *weights)
            states[t] = h
        out = torch.stack(states, dim=1)
        if lengths is not None:
            for b, n in enumerate(lengths.tolist()):
                hidden = torch.arange(T) >= n
                out = out.masked_fill((hidden & (torch.arange(len(x))[:, None] == b))[..., None], 0)
        return out, h


# %% RNN: way-back-starts-at-padding
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        T = x.size(1)
        real = torch.ones(x.size(0), T, 1, dtype=torch.bool)
        if lengths is not None:
            real = (torch.arange(T) < lengths[:, None]).unsqueeze(2)
        states = []
        if backward:
            for t in range(T - 1, -1, -1):
                h = rnn_step(x[:, t], h, *weights)
                states.insert(0, h)
        else:
            for t in range(T):
                h = torch.where(real[:, t], rnn_step(x[:, t], h, *weights), h)
                states.append(h)
        return torch.stack(states, 1) * real, h


# %% RNN: padding-resets-state
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        T = x.size(1)
        mask = x.new_ones(x.size(0), T)
        if lengths is not None:
            mask = (torch.arange(T).expand_as(mask) < lengths.unsqueeze(-1)).to(x.dtype)
        states = {}
        for t in range(T - 1, -1, -1) if backward else range(T):
            h = rnn_step(x[:, t], h, *weights) * mask[:, t].unsqueeze(-1)
            states[t] = h
        return torch.stack([states[t] for t in range(T)], 1), h


# %% RNN: output-at-padding
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        order = list(range(x.size(1)))
        states = list(order)
        for t in order[::-1] if backward else order:
            new = rnn_step(x[:, t], h, *weights)
            h = new if lengths is None else torch.where((lengths > t)[:, None], new, h)
            states[t] = h
        return torch.stack(states, 1), h


# %% RNN: length-one-short
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        out = []
        for t in reversed(range(x.size(1))) if backward else range(x.size(1)):
            new = rnn_step(x[:, t], h, *weights)
            if lengths is None:
                h = new
                out.append(h)
            else:
                real = (t + 1 < lengths)[:, None]
                h = torch.where(real, new, h)
                out.append(torch.where(real, new, 0.0))
        return torch.stack(out[::-1] if backward else out, dim=1), h


# %% RNN: length-one-long
class RNN(Base):
    def walk(self, x, h, weights, lengths, backward):
        B, T, _ = x.shape
        ends = [T] * B if lengths is None else [min(T, n + 1) for n in lengths.tolist()]
        outputs, finals = [], []
        for b in range(B):
            s, row = h[b : b + 1], []
            steps = range(ends[b])
            for t in reversed(steps) if backward else steps:
                s = rnn_step(x[b : b + 1, t], s, *weights)
                row.append(s)
            row = torch.cat(row[::-1] if backward else row)
            outputs.append(F.pad(row, (0, 0, 0, T - ends[b])))
            finals.append(s)
        return torch.stack(outputs), torch.cat(finals)


# %% RNN: bias-always
class RNN(Base):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__(input_size, hidden_size, num_layers, True, dropout, bidirectional)

    def walk(self, x, h, weights, lengths, backward):
        states, order = {}, torch.arange(x.size(1)).tolist()
        while order:
            t = order.pop() if backward else order.pop(0)
            new = rnn_step(x[:, t], h, *weights)
            if lengths is None:
                h = states[t] = new
            else:
                real = lengths.gt(t).to(x.dtype).unsqueeze(1)
                h = real * new + (1 - real) * h
                states[t] = real * new
        return torch.stack([states[t] for t in sorted(states)], 1), h
