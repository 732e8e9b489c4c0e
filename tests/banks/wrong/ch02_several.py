"""Answers to chapter 2 with two mistakes, or with one that has no name."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import nn

from unrolled.recurrent import rnn_step
from unrolled.recurrent.scaffold import add_weights, directions, weights_of
from unrolled.training import clip_gradients


class Stack(nn.Module):
    """Weights of all layers and directions; the answers have their own forward."""

    def __init__(
        self, input_size, hidden_size, num_layers=1, bias=True, dropout=0.0, bidirectional=False
    ):
        super().__init__()
        self.hidden_size, self.num_layers, self.drop = hidden_size, num_layers, nn.Dropout(dropout)
        self.bidirectional, self.ways = bidirectional, 1 + int(bidirectional)
        for n in range(num_layers):
            width = hidden_size * self.ways if n else input_size
            for end in directions(self):
                add_weights(self, f"_l{n}{end}", width, hidden_size, 1, bias)

    def first(self, x, state):
        if state is None:
            return list(x.new_zeros(self.num_layers * self.ways, x.size(0), self.hidden_size))
        return list(state)


def real_positions(x, lengths):
    if lengths is None:
        return torch.ones(*x.shape[:2], 1, dtype=torch.bool)
    return (torch.arange(x.size(1)) < lengths[:, None])[..., None]


# %% rnn_step: no-tanh + bias-hh-missing
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    pre = h @ weight_hh.T + x @ weight_ih.T
    return pre if bias_ih is None else pre + bias_ih


# %% rnn_step: weight-hh-transposed + bias-outside
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    z = torch.tanh(
        torch.einsum("bi,oi->bo", x, weight_ih) + torch.einsum("bi,io->bo", h, weight_hh)
    )
    return z if bias_ih is None else z + (bias_ih + bias_hh)


# %% rnn_step: outside the catalogue: the straight lines of hardtanh
def rnn_step(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    return F.hardtanh(F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh))


# %% RNN: backward-not-turned-back + h-n-directions-first
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        h_0, real = self.first(x, state), real_positions(x, lengths)
        forward, backward = [], []
        for n in range(self.num_layers):
            x = self.drop(x) if n else x
            sides = []
            for d, end in enumerate(directions(self)):
                h, out = h_0[n * self.ways + d], []
                for t in sorted(range(x.size(1)), reverse=d == 1):
                    h = torch.where(
                        real[:, t], rnn_step(x[:, t], h, *weights_of(self, f"_l{n}{end}")), h
                    )
                    out.append(h)
                (backward if d else forward).append(h)
                sides.append(torch.stack(out, 1))
            x = torch.cat(sides, -1) * real
        return x, torch.stack(forward + backward)


# %% RNN: dropout-missing + output-at-padding
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden, real = self.first(x, state), real_positions(x, lengths)
        for n in range(self.num_layers):
            sides = []
            for d, end in enumerate(directions(self)):
                k, out = n * self.ways + d, {}
                for t in range(x.size(1))[:: -1 if d else 1]:
                    new = rnn_step(x[:, t], hidden[k], *weights_of(self, f"_l{n}{end}"))
                    hidden[k] = out[t] = real[:, t] * new + ~real[:, t] * hidden[k]
                sides.append(torch.stack([out[t] for t in range(x.size(1))], dim=1))
            x = torch.cat(sides, -1)
        return x, torch.stack(hidden)


# %% RNN: initial-state-ignored + dropout-after-last-layer
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden, real = self.first(x, None), real_positions(x, lengths)
        for k in range(len(hidden)):
            n, d = divmod(k, self.ways)
            if d == 0:
                sides = []
            weights, out = weights_of(self, f"_l{n}" + ("_reverse" if d else "")), []
            for t in range(x.size(1))[:: -1 if d else 1]:
                hidden[k] = torch.where(
                    real[:, t], rnn_step(x[:, t], hidden[k], *weights), hidden[k]
                )
                out.append(hidden[k])
            sides.append(torch.stack(out[::-1] if d else out, 1))
            if d == self.ways - 1:
                x = self.drop(torch.cat(sides, -1) * real)
        return x, torch.stack(hidden)


# %% RNN: outside the catalogue: each output is the mean of the states so far
class RNN(Stack):
    def forward(self, x, state=None, lengths=None):
        hidden, real = self.first(x, state), real_positions(x, lengths)
        count = real.cumsum(1).clamp(min=1)
        for n in range(self.num_layers):
            x = self.drop(x) if n else x
            sides = []
            for d, end in enumerate(directions(self)):
                k, out = n * self.ways + d, []
                for t in range(x.size(1))[:: -1 if d else 1]:
                    new = rnn_step(x[:, t], hidden[k], *weights_of(self, f"_l{n}{end}"))
                    hidden[k] = torch.where(real[:, t], new, hidden[k])
                    out.append(hidden[k])
                sides.append(torch.stack(out[::-1] if d else out, 1) * real)
            x = (torch.cat(sides, -1).cumsum(1) / count) * real
        return x, torch.stack(hidden)


# %% language_model_loss: unshifted + bits
def language_model_loss(logits, ids, pad_id=None):
    real = ids != -100
    if pad_id is not None:
        real = real & (ids != pad_id)
    nats = F.cross_entropy(logits[real], ids[real])
    return nats / torch.tensor(2.0, dtype=nats.dtype).log()


# %% language_model_loss: padding-scored + log-underflow
def language_model_loss(logits, ids, pad_id=None):
    p = logits[:, :-1].softmax(-1).flatten(0, 1)
    y = ids[:, 1:].flatten()
    p, y = p[y != -100], y[y != -100]
    return -torch.log(p[range(len(y)), y]).mean()


# %% language_model_loss: outside the catalogue: the median surprise
def language_model_loss(logits, ids, pad_id=None):
    y = ids[:, 1:]
    real = y != -100 if pad_id is None else (y != -100) & (y != pad_id)
    return F.cross_entropy(logits[:, :-1][real], y[real], reduction="none").median()


# %% clip_gradients: always-scaled + norm-a-number
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return 0.0
    norm = torch.cat([g.flatten() for g in grads]).norm().item()
    for g in grads:
        g.mul_(max_norm / (norm + 1e-6))
    return norm


# %% clip_gradients: norms-added + none-not-passed-over
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters]
    total = sum((g.norm() for g in grads), torch.tensor(0.0))
    for g in grads:
        g *= (max_norm / (total + 1e-6)).clamp(max=1)
    return total


# %% clip_gradients: outside the catalogue: half of what is needed
def clip_gradients(parameters, max_norm):
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return torch.tensor(0.0)
    norm = torch.cat([g.flatten() for g in grads]).norm()
    if norm > max_norm:
        for g in grads:
            g.mul_((1 + max_norm / (norm + 1e-6)) / 2)
    return norm


# %% training_step: not-set-to-training + tensor-returned
def training_step(model, batch, loss, optimizer, max_norm=None):
    optimizer.zero_grad()
    value = loss(model, batch)
    value.backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return value


# %% training_step: gradients-not-cleared + never-clipped
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    output = loss(model, batch)
    output.backward()
    optimizer.step()
    return output.item()


# %% training_step: outside the catalogue: half of the loss is differentiated
def training_step(model, batch, loss, optimizer, max_norm=None):
    model.train()
    optimizer.zero_grad()
    value = loss(model, batch)
    (value / 2).backward()
    if max_norm is not None:
        clip_gradients(model.parameters(), max_norm)
    optimizer.step()
    return value.item()
