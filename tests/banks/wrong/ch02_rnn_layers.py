"""Wrong answers to RNN: first states, layers, directions, dropout, weights."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import rnn_step
from unrolled.recurrent.scaffold import add_weights, directions, weights_of


def keep(new, old, lengths, t):
    """The new state where position t is real, the old one where it is padding."""
    return new if lengths is None else torch.where((lengths > t).unsqueeze(1), new, old)


def blank(x, lengths):
    if lengths is None:
        return x
    return x * (torch.arange(x.size(1)) < lengths.unsqueeze(1)).unsqueeze(2)


class Stack(nn.Module):
    """Weights of all layers and directions, and one walk; the answers have their own forward."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.dropout = hidden_size, num_layers, dropout
        self.bidirectional, self.ways = bidirectional, 1 + int(bidirectional)
        for n in range(num_layers):
            width = hidden_size * self.ways if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def zeros(self, x):
        return x.new_zeros(self.num_layers * self.ways, x.size(0), self.hidden_size)

    def walk(self, x, h, name, lengths, backward=False):
        found = {}
        for t in sorted(range(x.size(1)), reverse=backward):
            h = keep(rnn_step(x[:, t], h, *weights_of(self, name)), h, lengths, t)
            found[t] = h
        return torch.stack([found[t] for t in range(x.size(1))], 1), h


# %% RNN: initial-state-ignored
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden = self.zeros(x)
        finals = []
        for n in range(self.num_layers):
            if n:
                x = F.dropout(x, self.dropout, self.training)
            sides = []
            for d, end in enumerate(directions(self)):
                side, h = self.walk(x, hidden[n * self.ways + d], f"_l{n}{end}", lengths, d == 1)
                sides.append(side)
                finals.append(h)
            x = blank(torch.cat(sides, -1), lengths)
        return x, torch.stack(finals)


# %% RNN: initial-state-shared
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        h_0 = x.new_zeros(x.size(0), self.hidden_size) if state is None else state[0]
        finals = []
        for n in range(self.num_layers):
            x = F.dropout(x, self.dropout, self.training) if n else x
            walks = [
                self.walk(x, h_0, f"_l{n}{end}", lengths, bool(end)) for end in directions(self)
            ]
            x = blank(torch.cat([walk[0] for walk in walks], -1), lengths)
            finals += [walk[1] for walk in walks]
        return x, torch.stack(finals)


# %% RNN: layer-fed-with-x
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        state = self.zeros(x) if state is None else state
        finals = []
        for n in range(self.num_layers):
            read = F.dropout(x, self.dropout, self.training) if n else x
            sides = []
            for end in directions(self):
                k = len(finals)
                side, h = self.walk(read, state[k], f"_l{n}{end}", lengths, bool(end))
                sides.append(side)
                finals.append(h)
        return blank(torch.cat(sides, -1), lengths), torch.stack(finals)


# %% RNN: layers-share-weights
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        state = self.zeros(x) if state is None else state
        finals = []
        for n in range(self.num_layers):
            if n >= 1:
                x = F.dropout(x, self.dropout, self.training)
            sides = []
            for d, end in enumerate(directions(self)):
                out, h = self.walk(x, state[n * self.ways + d], "_l0" + end, lengths, end != "")
                sides.append(out)
                finals.append(h)
            x = blank(torch.cat(sides, 2), lengths)
        return x, torch.stack(finals)


# %% RNN: backward-not-turned-back
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        state = self.zeros(x) if state is None else state
        finals, k = [], 0
        for n in range(self.num_layers):
            x = x if n == 0 else F.dropout(x, self.dropout, self.training)
            sides = []
            for end in directions(self):
                h, out = state[k], []
                times = list(range(x.size(1)))
                if end:
                    times.reverse()
                for t in times:
                    new = rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}"))
                    h = keep(new, h, lengths, t)
                    out.append(h)
                sides.append(torch.stack(out, dim=1))
                finals.append(h)
                k += 1
            x = blank(torch.cat(sides, -1), lengths)
        return x, torch.stack(finals)


# %% RNN: backward-reads-forward
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden = list(self.zeros(x) if state is None else state)
        for n in range(self.num_layers):
            if n > 0 and self.training:
                x = F.dropout(x, self.dropout)
            sides = []
            for d, end in enumerate(directions(self)):
                k = n * self.ways + d
                side, hidden[k] = self.walk(x, hidden[k], f"_l{n}{end}", lengths)
                sides.append(side)
            x = blank(torch.cat(sides, -1), lengths)
        return x, torch.stack(hidden)


# %% RNN: directions-exchanged
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden = list(self.zeros(x) if state is None else state)
        for n in range(self.num_layers):
            if n:
                x = F.dropout(x, p=self.dropout, training=self.training)
            at = n * self.ways
            sides, hidden[at] = self.walk(x, hidden[at], f"_l{n}", lengths)
            if self.bidirectional:
                name = f"_l{n}_reverse"
                back, hidden[at + 1] = self.walk(x, hidden[at + 1], name, lengths, True)
                sides = torch.cat((back, sides), dim=-1)
            x = blank(sides, lengths)
        return x, torch.stack(hidden)


# %% RNN: dropout-in-evaluation
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden = list(self.zeros(x) if state is None else state)
        for k in range(len(hidden)):
            n, d = divmod(k, self.ways)
            end = directions(self)[d]
            if d == 0:
                read, sides = F.dropout(x, self.dropout) if n else x, []
            side, hidden[k] = self.walk(read, hidden[k], f"_l{n}{end}", lengths, d > 0)
            sides.append(side)
            x = blank(torch.cat(sides, -1), lengths)
        return x, torch.stack(hidden)


# %% RNN: dropout-after-last-layer
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden = list(self.zeros(x) if state is None else state)
        for n in range(self.num_layers):
            sides = []
            for d, end in enumerate(directions(self)):
                k = n * self.ways + d
                side, hidden[k] = self.walk(x, hidden[k], f"_l{n}{end}", lengths, bool(d))
                sides.append(side)
            x = blank(torch.cat(sides, -1), lengths)
            x = F.dropout(x, self.dropout, self.training)
        return x, torch.stack(hidden)


# %% RNN: dropout-on-states
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden = list(self.zeros(x) if state is None else state)
        for n in range(self.num_layers):
            sides = []
            for d, end in enumerate(directions(self)):
                k = n * self.ways + d
                h, found = hidden[k], [None] * x.size(1)
                for t in range(x.size(1))[:: -1 if d else 1]:
                    h = keep(rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}")), h, lengths, t)
                    if n < self.num_layers - 1:
                        h = F.dropout(h, self.dropout, self.training)
                    found[t] = h
                hidden[k] = h
                sides.append(torch.stack(found, 1))
            x = blank(torch.cat(sides, -1), lengths)
        return x, torch.stack(hidden)


# %% RNN: weights-not-registered
class RNN(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.p = hidden_size, num_layers, dropout
        self.bidirectional = bidirectional
        self.weights = []
        for n in range(num_layers):
            for _ in directions(self):
                wide = input_size if n == 0 else hidden_size * len(directions(self))
                sizes = [(hidden_size, wide), (hidden_size, hidden_size)]
                sizes += [(hidden_size,)] * 2 if bias else []
                values = [nn.Parameter(torch.randn(size) / hidden_size) for size in sizes]
                self.weights.append(values)

    def forward(self, x, state=None, lengths=None):
        h_n = []
        for n in range(self.num_layers):
            x = F.dropout(x, self.p, self.training) if n else x
            sides = []
            for end in directions(self):
                weights = [w.to(x.dtype) for w in self.weights[len(h_n)]]
                h = x.new_zeros(len(x), self.hidden_size) if state is None else state[len(h_n)]
                found = [None] * x.size(1)
                for t in range(x.size(1))[:: -1 if end else 1]:
                    h = keep(rnn_step(x[:, t], h, *weights), h, lengths, t)
                    found[t] = h
                h_n.append(h)
                sides.append(torch.stack(found, 1))
            x = blank(torch.cat(sides, -1), lengths)
        return x, torch.stack(h_n)
