"""Wrong answers to LSTM: two directions, padding."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from unrolled.recurrent import lstm_step
from unrolled.recurrent.scaffold import add_weights, directions, no_state, weights_of


# %% LSTM: backward-not-turned
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.dropout, self.bidirectional = dropout, bidirectional
        for k in range(num_layers):
            width = hidden_size * len(directions(self)) if k else input_size
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def forward(self, x, state=None, lengths=None):
        B, T = x.shape[:2]
        t = torch.arange(T, device=x.device)
        n = (torch.full((B,), T) if lengths is None else lengths).to(x.device).reshape(B, 1)
        real = (t < n)[..., None]
        h_0, c_0 = (no_state(self, x),) * 2 if state is None else state
        x = x.masked_fill(~real, 0)
        finals = []
        for k in range(self.num_layers):
            x = F.dropout(x, self.dropout, self.training and k > 0)
            y = []
            for d in directions(self):
                h, c = h_0[len(finals)], c_0[len(finals)]
                for step in t.flip(0) if d else t:
                    h2, c2 = lstm_step(x[:, step], h, c, *weights_of(self, f"_l{k}{d}"))
                    h, c = torch.where(real[:, step], h2, h), torch.where(real[:, step], c2, c)
                    y.append(h)
                finals.append((h, c))
            y = torch.stack(y, 1).unflatten(1, (-1, T))
            x = y.transpose(1, 2).flatten(2) * real
        hs, cs = zip(*finals, strict=True)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: backward-shares-weights
class LSTM(nn.Module):
    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.drop, self.bidirectional = nn.Dropout(dropout), bidirectional
        for k in range(num_layers):
            width = input_size if not k else hidden_size * len(directions(self))
            for d in directions(self):
                add_weights(self, f"_l{k}{d}", width, hidden_size, 4, bias)

    def read(self, row, h, c, k):
        weights = weights_of(self, f"_l{k}")
        out = []
        for token in row.split(1):
            h, c = lstm_step(token, h, c, *weights)
            out.append(h)
        return torch.cat(out), h, c

    def forward(self, x, state=None, lengths=None):
        T = x.size(1)
        h_0, c_0 = [no_state(self, x)] * 2 if state is None else state
        rows = list(x) if lengths is None else [row[:n] for row, n in zip(x, lengths, strict=True)]
        h_n, c_n = torch.zeros_like(h_0), torch.zeros_like(c_0)
        D = len(directions(self))
        for k in range(self.num_layers):
            for b, row in enumerate(rows):
                row = self.drop(row) if k else row
                here = slice(b, b + 1)
                there, h_n[k * D, here], c_n[k * D, here] = self.read(
                    row, h_0[k * D, here], c_0[k * D, here], k
                )
                if D == 2:
                    back, h_n[k * D + 1, here], c_n[k * D + 1, here] = self.read(
                        row.flip(0), h_0[k * D + 1, here], c_0[k * D + 1, here], k
                    )
                    there = torch.cat([there, back.flip(0)], dim=1)
                rows[b] = there
        out = pad_sequence([*rows, rows[0].new_zeros(T, rows[0].size(1))], batch_first=True)
        return out[:-1], (h_n, c_n)


# %% LSTM: backward-from-padding
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
        B, T = x.size(0), x.size(1)
        if lengths is None:
            lengths = torch.tensor([T]).repeat(B)
        mask = torch.arange(T, device=x.device)[None] < lengths.to(x.device)[:, None]
        x = x * mask[:, :, None]
        if state is None:
            state = no_state(self, x), no_state(self, x)
        h_all, c_all = [], []
        for k in range(self.num_layers):
            if k > 0:
                x = F.dropout(x, self.dropout, self.training)
            h, c = state[0][len(h_all)], state[1][len(c_all)]
            ahead = []
            for t in range(T):
                h_t, c_t = lstm_step(x[:, t], h, c, *weights_of(self, f"_l{k}"))
                h = torch.where(mask[:, t, None], h_t, h)
                c = torch.where(mask[:, t, None], c_t, c)
                ahead.append(h)
            h_all.append(h)
            c_all.append(c)
            out = torch.stack(ahead, 1)
            if self.bidirectional:
                h, c = state[0][len(h_all)], state[1][len(c_all)]
                behind = []
                for token in reversed(x.unbind(1)):
                    h, c = lstm_step(token, h, c, *weights_of(self, f"_l{k}_reverse"))
                    behind.append(h)
                h_all.append(h)
                c_all.append(c)
                out = torch.cat([out, torch.stack(behind[::-1], 1)], 2)
            x = out * mask[:, :, None]
        return x, (torch.stack(h_all), torch.stack(c_all))


# %% LSTM: finals-at-T
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
        B, T, _ = x.shape
        t = torch.arange(T, device=x.device)
        n = x.new_full((B,), T).long() if lengths is None else lengths.to(x.device)
        keep = (t < n[:, None]).unsqueeze(2)
        x = x.where(keep, 0 * x.detach().nan_to_num())
        zero = no_state(self, x)
        h_0, c_0 = (zero, zero) if state is None else state
        h_n, c_n = [], []
        for k in range(self.num_layers):
            if k and self.training:
                x = F.dropout(x, self.dropout)
            y = []
            for d in directions(self):
                h, c, found = h_0[len(h_n)], c_0[len(h_n)], {}
                for step in sorted(range(T), reverse=bool(d)):
                    new = lstm_step(x[:, step], h, c, *weights_of(self, f"_l{k}{d}"))
                    c = torch.where(keep[:, step], new[1], c)
                    h = torch.where(keep[:, step], new[0], h)
                    found[step] = h * keep[:, step]
                y.append(torch.stack([found[s] for s in range(T)], dim=1))
                h_n.append(y[-1][:, 0] if d else y[-1][:, -1])
                c_n.append(c)
            x = torch.cat(y, dim=2)
        return x, (torch.stack(h_n), torch.stack(c_n))


# %% LSTM: output-cut
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
        if lengths is not None:
            x = x[:, : int(lengths.max())]
        B, T = x.shape[:2]
        n = torch.full((B,), T, device=x.device) if lengths is None else lengths.to(x.device)
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        hs, cs = list(h_0), list(c_0)
        for k in range(self.num_layers):
            if k:
                x = F.dropout(x, self.dropout, self.training)
            ys = []
            for j, d in enumerate(directions(self)):
                row = k * len(directions(self)) + j
                y = x.new_zeros(B, T, self.hidden_size)
                for t in range(T) if j == 0 else reversed(range(T)):
                    b = (n > t).nonzero().flatten()
                    h, c = lstm_step(
                        x[b, t], hs[row][b], cs[row][b], *weights_of(self, f"_l{k}{d}")
                    )
                    hs[row], cs[row] = hs[row].index_copy(0, b, h), cs[row].index_copy(0, b, c)
                    y[b, t] = h
                ys.append(y)
            x = torch.cat(ys, dim=-1)
        return x, (torch.stack(hs), torch.stack(cs))


# %% LSTM: padding-not-zero
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

    def layer(self, x, h, c, name, order, running):
        said = [None] * len(order)
        for t in order:
            new = lstm_step(x[:, t], h, c, *weights_of(self, name))
            h, c = (torch.lerp(a, b, running[:, t]) for a, b in zip((h, c), new, strict=True))
            said[t] = h
        return torch.stack(said, 1), h, c

    def forward(self, x, state=None, lengths=None):
        T = x.size(1)
        running = torch.ones(x.size(0), T, 1, dtype=x.dtype, device=x.device)
        for b, n in enumerate([] if lengths is None else lengths.tolist()):
            running[b, n:] = 0
        h_0, c_0 = (no_state(self, x), no_state(self, x)) if state is None else state
        hs, cs = [], []
        for k in range(self.num_layers):
            x = F.dropout(x, self.dropout, self.training) if k else x
            ys = []
            for d in directions(self):
                order = range(T)[::-1] if d else range(T)
                name = f"_l{k}{d}"
                y, h, c = self.layer(x, h_0[len(hs)], c_0[len(hs)], name, order, running)
                ys.append(y)
                hs.append(h)
                cs.append(c)
            x = torch.cat(ys, dim=-1)
        return x, (torch.stack(hs), torch.stack(cs))
