"""Right answers to reverse_padded, elmo_targets and elmo_mix, in other ways."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% reverse_padded: row by row, flipped and put together again
def reverse_padded(x, lengths):
    rows = [
        torch.cat([row[:n].flip(0), row[n:]])
        for row, n in zip(x.unbind(0), lengths.tolist(), strict=True)
    ]
    return torch.stack(rows)


# %% reverse_padded: gather along the positions
def reverse_padded(x, lengths):
    B, T = x.shape[:2]
    t = torch.arange(T, device=x.device).expand(B, T)
    n = lengths.to(device=x.device, dtype=torch.long).reshape(B, 1)
    source = (n - 1 - t) * (t < n) + t * (t >= n)
    source = source.reshape(B, T, *[1] * (x.dim() - 2)).expand_as(x)
    return torch.gather(x, 1, source)


# %% reverse_padded: all positions flipped, then each row rolled back
def reverse_padded(x, lengths):
    turned = x.flip(1)
    out = []
    for b, n in enumerate(lengths.tolist()):
        at_the_front = turned[b].roll(n, dims=0)
        real = torch.arange(x.size(1), device=x.device) < n
        real = real.reshape(-1, *[1] * (x.dim() - 2))
        out.append(torch.where(real, at_the_front, x[b]))
    return torch.stack(out)


# %% reverse_padded: written into a copy
def reverse_padded(x, lengths):
    out = x.clone()
    for b in range(x.size(0)):
        n = int(lengths[b])
        for t in range(n):
            out[b, n - 1 - t] = x[b, t]
    return out


# %% reverse_padded: sorting the positions by a key
def reverse_padded(x, lengths):
    B, T = x.size(0), x.size(1)
    place = torch.arange(T, device=x.device).repeat(B, 1)
    real = place < lengths.to(x.device)[:, None]
    order = torch.argsort(torch.where(real, -place - 1, place), dim=1)
    flat = (order + T * torch.arange(B, device=x.device)[:, None]).flatten()
    return x.flatten(0, 1).index_select(0, flat).reshape(x.shape)


# %% elmo_targets: filled, then the pairs of real neighbours written in
def elmo_targets(ids, pad_id, ignore_id=-100):
    forward = torch.full_like(ids, ignore_id)
    backward = torch.full_like(ids, ignore_id)
    left, right = ids[:, :-1], ids[:, 1:]
    both = (left != pad_id) & (right != pad_id)
    forward[:, :-1][both] = right[both]
    backward[:, 1:][both] = left[both]
    return forward, backward


# %% elmo_targets: rolled, with the ends taken off by the lengths
def elmo_targets(ids, pad_id, ignore_id=-100):
    n = ids.ne(pad_id).sum(dim=1, keepdim=True)
    t = torch.arange(ids.shape[1], device=ids.device)
    forward = torch.where(t < n - 1, ids.roll(-1, dims=1), ignore_id)
    backward = torch.where((t > 0) & (t < n), ids.roll(1, dims=1), ignore_id)
    return forward, backward


# %% elmo_targets: sentence by sentence
def elmo_targets(ids, pad_id, ignore_id=-100):
    ahead, behind = [], []
    for row in ids.tolist():
        words = [token for token in row if token != pad_id]
        rest = [ignore_id] * (len(row) - len(words))
        ahead.append([*words[1:], ignore_id, *rest])
        behind.append([ignore_id, *words[:-1], *rest])
    return ids.new_tensor(ahead), ids.new_tensor(behind)


# %% elmo_targets: padded in front and behind, then cut
def elmo_targets(ids, pad_id, ignore_id=-100):
    wide = F.pad(ids, (1, 1), value=pad_id)
    wide = wide.masked_fill(wide == pad_id, ignore_id)
    unread = ids == pad_id
    return wide[:, 2:].masked_fill(unread, ignore_id), wide[:, :-2].masked_fill(unread, ignore_id)


# %% elmo_mix: weights with three more axes, summed
def elmo_mix(layers, scores, gamma):
    s = torch.softmax(scores, dim=-1)
    return gamma * (s[:, None, None, None] * layers).sum(0)


# %% elmo_mix: a loop over the layers, exponentials without the largest score
def elmo_mix(layers, scores, gamma):
    e = torch.exp(scores - scores.max())
    total = e.sum()
    mixed = torch.zeros_like(layers[0])
    for share, layer in zip(e, layers, strict=True):
        mixed = mixed + share / total * layer
    return mixed * gamma


# %% elmo_mix: a row of weights times the flattened layers
def elmo_mix(layers, scores, gamma):
    w = scores.log_softmax(dim=0).exp()[None]
    return (gamma * w @ layers.reshape(layers.size(0), -1)).reshape(layers.shape[1:])


# %% elmo_mix: the layers last, with gamma in the weights
def elmo_mix(layers, scores, gamma):
    weights = gamma * F.softmax(scores, 0)
    return torch.matmul(layers.permute(1, 2, 3, 0), weights)
