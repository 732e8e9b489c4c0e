"""More wrong answers to reverse_padded, elmo_targets and elmo_mix."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% reverse_padded: one-length-for-all
def reverse_padded(x, lengths):
    n = int(lengths.max())
    return torch.cat([x[:, :n].flip(1), x[:, n:]], dim=1)


# %% reverse_padded: padding-filled
def reverse_padded(x, lengths):
    rows = []
    for row, n in zip(x, lengths.tolist(), strict=True):
        first = row[:1].expand(len(row) - n, *row.shape[1:])
        rows.append(torch.cat([row[:n].flip(0), first]))
    return torch.stack(rows)


# %% reverse_padded: one-feature-axis
def reverse_padded(x, lengths):
    t = torch.arange(x.size(1), device=x.device)
    n = lengths.to(x.device)[:, None]
    source = torch.where(t < n, n - t - 1, t)
    if x.dim() == 2:
        return torch.gather(x, 1, source)
    B, T, D = x.shape
    return torch.gather(x, 1, source[:, :, None].expand(B, T, D))


# %% reverse_padded: half-turned
def reverse_padded(x, lengths):
    out = x.clone()
    for b, n in enumerate(lengths.tolist()):
        out[b, 0], out[b, n - 1] = x[b, n - 1], x[b, 0]
    return out


# %% reverse_padded: x-overwritten
def reverse_padded(x, lengths):
    for b, n in enumerate(lengths.tolist()):
        x[b, :n] = x[b, :n].flip(0)
    return x


# %% reverse_padded: padding-dropped
def reverse_padded(x, lengths):
    rows = []
    for row, n in zip(x, lengths.tolist(), strict=True):
        turned = torch.cat([row[:n].flip(0), row[n:]])
        rows.append(turned[: max(lengths.tolist())])
    return torch.stack(rows)


# %% reverse_padded: off-by-one + padding-zeroed
def reverse_padded(x, lengths):
    out = torch.zeros_like(x)
    for b, n in enumerate(lengths.tolist()):
        for t in range(n):
            out[b, t] = x[b, n - 2 - t] if t < n - 1 else x[b, t]
    return out


# %% elmo_targets: forward-sees-target
def elmo_targets(ids, pad_id, ignore_id=-100):
    real = ids != pad_id
    forward = torch.where(real, ids, ignore_id)
    before = F.pad(ids, (1, 0), value=ignore_id)[:, :-1]
    return forward, torch.where(real, before, ignore_id)


# %% elmo_targets: both-forward
def elmo_targets(ids, pad_id, ignore_id=-100):
    target = torch.full_like(ids, ignore_id)
    for row, words in zip(target, ids, strict=True):
        n = int((words != pad_id).sum())
        row[: n - 1] = words[1:n]
    return target, target.clone()


# %% elmo_targets: last-token-predicts-padding
def elmo_targets(ids, pad_id, ignore_id=-100):
    end = torch.full_like(ids[:, :1], ignore_id)
    forward = torch.cat((ids[:, 1:], end), 1)
    backward = torch.cat((end, ids[:, :-1]), 1)
    forward[ids == pad_id] = ignore_id
    backward[ids == pad_id] = ignore_id
    return forward, backward


# %% elmo_targets: pad-id-fixed
def elmo_targets(ids, pad_id, ignore_id=-100):
    n = torch.count_nonzero(ids, dim=1)[:, None]
    t = torch.arange(ids.size(1), device=ids.device)
    forward = torch.where(t < n - 1, ids.roll(-1, 1), ignore_id)
    backward = torch.where((t >= 1) & (t < n), ids.roll(1, 1), ignore_id)
    return forward, backward


# %% elmo_targets: ends-cut-twice
def elmo_targets(ids, pad_id, ignore_id=-100):
    forward, backward = torch.full_like(ids, ignore_id), torch.full_like(ids, ignore_id)
    for b, n in enumerate(ids.ne(pad_id).sum(1).tolist()):
        for t in range(1, n - 1):
            forward[b, t] = ids[b, t + 1]
            backward[b, t] = ids[b, t - 1]
    return forward, backward


# %% elmo_targets: targets-stacked
def elmo_targets(ids, pad_id, ignore_id=-100):
    both = (ids[:, 1:] != pad_id) & (ids[:, :-1] != pad_id)
    out = ids.new_full((ids.size(0), 2, ids.size(1)), ignore_id)
    out[:, 0, :-1] = torch.where(both, ids[:, 1:], ignore_id)
    out[:, 1, 1:] = torch.where(both, ids[:, :-1], ignore_id)
    return out


# %% elmo_targets: backward-turned-round
def elmo_targets(ids, pad_id, ignore_id=-100):
    ahead, behind = [], []
    for row in ids.tolist():
        words = [w for w in row if w != pad_id]
        fill = [ignore_id] * (len(row) - len(words) + 1)
        ahead.append(words[1:] + fill)
        behind.append(words[::-1][1:] + fill)
    return ids.new_tensor(ahead), ids.new_tensor(behind)


# %% elmo_mix: mix-exponentials
def elmo_mix(layers, scores, gamma):
    mixed = 0
    for layer, s in zip(layers, scores, strict=True):
        mixed = mixed + layer * torch.exp(s)
    return mixed * gamma


# %% elmo_mix: mix-log-softmax
def elmo_mix(layers, scores, gamma):
    weights = scores - torch.logsumexp(scores, dim=0)
    return gamma * torch.einsum("l,l...->...", weights, layers)


# %% elmo_mix: mix-best-layer
def elmo_mix(layers, scores, gamma):
    best = F.one_hot(scores.argmax(), scores.numel()).to(layers.dtype)
    return gamma * torch.tensordot(best, layers, dims=1)


# %% elmo_mix: mix-concatenated
def elmo_mix(layers, scores, gamma):
    weighted = [w * layer for w, layer in zip(scores.softmax(0), layers, strict=True)]
    return gamma * torch.cat(weighted, dim=-1)


# %% elmo_mix: mix-weights-detached
def elmo_mix(layers, scores, gamma):
    with torch.no_grad():
        weights = torch.softmax(scores, dim=0)
    return gamma * (weights.reshape(-1, 1, 1, 1) * layers).sum(dim=0)


# %% elmo_mix: mix-gamma-added
def elmo_mix(layers, scores, gamma):
    flat = F.softmax(scores, dim=-1) @ layers.reshape(len(layers), -1)
    return flat.reshape(layers[0].shape) + gamma


# %% elmo_mix: mix-plain-average + mix-gamma-added
def elmo_mix(layers, scores, gamma):
    return torch.add(layers.mean(dim=0), gamma)


# %% elmo_mix: mix-sigmoid + mix-averaged-again
def elmo_mix(layers, scores, gamma):
    return gamma * torch.mean(torch.sigmoid(scores)[:, None, None, None] * layers, 0)
