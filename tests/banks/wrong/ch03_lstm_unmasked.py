"""Wrong answers to LSTM that do not clear what stands at padding, as few do who mask each step."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import lstm_step

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Weights(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.H, self.L, self.p = hidden_size, num_layers, dropout
        self.ends = ("", "_reverse") if bidirectional else ("",)
        for k in range(num_layers):
            width = hidden_size * len(self.ends) if k else input_size
            rows = ((4 * hidden_size, width), (4 * hidden_size, hidden_size))
            rows += ((4 * hidden_size,),) * 2 if bias else ()
            for end in self.ends:
                for name, shape in zip(NAMES, rows, strict=False):
                    value = nn.Parameter(torch.empty(shape).uniform_(-0.3, 0.3))
                    self.register_parameter(f"{name}_l{k}{end}", value)

    def weights(self, k, end):
        return [getattr(self, f"{name}_l{k}{end}", None) for name in NAMES]

    def start(self, x, state):
        zeros = x.new_zeros(self.L * len(self.ends), x.size(0), self.H)
        return (zeros, zeros) if state is None else state

    def real(self, x, lengths):
        ends = [x.size(1)] * len(x) if lengths is None else lengths.tolist()
        return torch.tensor([[[t < n] for t in range(x.size(1))] for n in ends], device=x.device)


# %% LSTM: padding-read
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        (h_0, c_0), real = self.start(x, state), self.real(x, lengths)
        hs, cs = [], []
        for k in range(self.L):
            sides = []
            for end in self.ends:
                h, c, out = h_0[len(hs)], c_0[len(hs)], {}
                for t in sorted(range(x.size(1)), reverse=bool(end)):
                    new, c = lstm_step(x[:, t], h, c, *self.weights(k, end))
                    h = torch.where(real[:, t], new, h)
                    out[t] = h * real[:, t]
                sides.append(torch.stack([out[t] for t in sorted(out)], dim=1))
                hs.append(h)
                cs.append(c)
            x = torch.cat(sides, dim=2)
            if k + 1 < self.L:
                x = F.dropout(x, self.p, self.training)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: backward-not-turned
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        (h_0, c_0), real = self.start(x, state), self.real(x, lengths)
        hs, cs = [], []
        for k in range(self.L):
            sides = []
            for end in self.ends:
                h, c, out = h_0[len(hs)], c_0[len(hs)], []
                for t in sorted(range(x.size(1)), reverse=bool(end)):
                    h2, c2 = lstm_step(x[:, t], h, c, *self.weights(k, end))
                    h, c = torch.where(real[:, t], h2, h), torch.where(real[:, t], c2, c)
                    out.append(h * real[:, t])
                sides.append(torch.stack(out, dim=1))
                hs.append(h)
                cs.append(c)
            x = torch.cat(sides, dim=2)
            if k + 1 < self.L:
                x = F.dropout(x, self.p, self.training)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: finals-by-direction
class LSTM(Weights):
    def forward(self, x, state=None, lengths=None):
        (h_0, c_0), real = self.start(x, state), self.real(x, lengths)
        finals = {}
        for k in range(self.L):
            sides = []
            for d, end in enumerate(self.ends):
                place = d * self.L + k  # forward of all layers, then backward
                h, c, out = h_0[place], c_0[place], {}
                for t in sorted(range(x.size(1)), reverse=bool(end)):
                    h2, c2 = lstm_step(x[:, t], h, c, *self.weights(k, end))
                    h, c = torch.where(real[:, t], h2, h), torch.where(real[:, t], c2, c)
                    out[t] = h * real[:, t]
                sides.append(torch.stack([out[t] for t in sorted(out)], dim=1))
                finals[place] = h, c
            x = torch.cat(sides, dim=2)
            if k + 1 < self.L:
                x = F.dropout(x, self.p, self.training)
        hs, cs = zip(*(finals[place] for place in sorted(finals)), strict=True)
        return x, (torch.stack(hs), torch.stack(cs))
