"""Wrong answers to reverse_padded, elmo_targets and elmo_mix."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% reverse_padded: padding-first
def reverse_padded(x, lengths):
    return x[:, torch.arange(x.size(1) - 1, -1, -1, device=x.device)]


# %% reverse_padded: padding-zeroed
def reverse_padded(x, lengths):
    out = torch.zeros_like(x)
    for b, n in enumerate(lengths.tolist()):
        out[b, :n] = x[b, :n].flip(0)
    return out


# %% reverse_padded: padding-reversed
def reverse_padded(x, lengths):
    rows = []
    for row, n in zip(x, lengths.tolist(), strict=True):
        real, padding = row[:n], row[n:]
        rows.append(torch.cat([real.flip(0), padding.flip(0)]))
    return torch.stack(rows)


# %% reverse_padded: features-refused
def reverse_padded(x, lengths):
    B, T = x.shape
    t = torch.arange(T, device=x.device).repeat(B, 1)
    last = lengths.to(x.device).long()[:, None] - 1
    return torch.gather(x, 1, torch.where(t <= last, last - t, t))


# %% reverse_padded: off-by-one
def reverse_padded(x, lengths):
    T = x.size(1)
    out = []
    for b, n in enumerate(lengths.tolist()):
        order = [(n - t) % T if t < n else t for t in range(T)]
        out.append(x[b, torch.tensor(order, device=x.device)])
    return torch.stack(out)


# %% reverse_padded: length-from-zeros
def reverse_padded(x, lengths):
    B, T = x.shape[:2]
    real = (x.reshape(B, T, -1) != 0).any(dim=-1)
    n = real.sum(dim=1, keepdim=True)
    t = torch.arange(T, device=x.device).expand(B, T)
    source = torch.where(t < n, n - 1 - t, t)
    return torch.stack([row[order] for row, order in zip(x, source, strict=True)])


# %% reverse_padded: features-reversed
def reverse_padded(x, lengths):
    out = x.clone()
    for b in range(len(x)):
        n = int(lengths[b])
        out[b, :n] = x[b, :n].flip(list(range(x.dim() - 1)))
    return out


# %% reverse_padded: rolled
def reverse_padded(x, lengths):
    rows = [row.roll(-int(n), 0) for row, n in zip(x, lengths, strict=True)]
    return torch.stack(rows)


# %% reverse_padded: padding-zeroed + features-reversed
def reverse_padded(x, lengths):
    out = torch.zeros_like(x)
    for b, n in enumerate(lengths.tolist()):
        turned = x[b, :n].flip(0)
        out[b, :n] = turned if x.dim() == 2 else turned.flip(-1)
    return out


# %% reverse_padded: outside the catalogue: the first token stays in front
def reverse_padded(x, lengths):
    out = x.clone()
    for b, n in enumerate(lengths.tolist()):
        out[b, 1:n] = x[b, 1:n].flip(0)
    return out


# %% elmo_targets: backward-sees-target
def elmo_targets(ids, pad_id, ignore_id=-100):
    real = ids.ne(pad_id)
    wide = F.pad(ids, (0, 1), value=pad_id)
    forward = torch.where(real & (wide[:, 1:] != pad_id), wide[:, 1:], ignore_id)
    return forward, torch.where(real, ids, ignore_id)


# %% elmo_targets: padding-predicted
def elmo_targets(ids, pad_id, ignore_id=-100):
    end = ids.new_full((ids.size(0), 1), ignore_id)
    return torch.hstack([ids[:, 1:], end]), torch.hstack([end, ids[:, :-1]])


# %% elmo_targets: padding-predicts-last-token
def elmo_targets(ids, pad_id, ignore_id=-100):
    masked = torch.where(ids == pad_id, ignore_id, ids)
    forward, backward = torch.full_like(ids, ignore_id), torch.full_like(ids, ignore_id)
    forward[:, :-1] = masked[:, 1:]
    backward[:, 1:] = masked[:, :-1]
    return forward, backward


# %% elmo_targets: directions-swapped
def elmo_targets(ids, pad_id, ignore_id=-100):
    forward = torch.full_like(ids, ignore_id)
    backward = torch.full_like(ids, ignore_id)
    for b, n in enumerate((ids != pad_id).sum(1).tolist()):
        forward[b, 1:n] = ids[b, : n - 1]
        backward[b, : n - 1] = ids[b, 1:n]
    return forward, backward


# %% elmo_targets: wrapped-round
def elmo_targets(ids, pad_id, ignore_id=-100):
    def targets(shift):
        moved = torch.roll(ids, shift, dims=1)
        return moved.masked_fill(torch.logical_or(ids == pad_id, moved == pad_id), ignore_id)

    return targets(-1), targets(1)


# %% elmo_targets: ignore-id-fixed
def elmo_targets(ids, pad_id, ignore_id=-100):
    rows_f, rows_b = [], []
    for row in ids:
        words = row[row != pad_id]
        empty = row.new_full((len(row) - len(words) + 1,), -100)
        rows_f.append(torch.cat([words[1:], empty]))
        rows_b.append(torch.cat([empty[:1], words[:-1], empty[1:]]))
    return torch.stack(rows_f), torch.stack(rows_b)


# %% elmo_targets: one-shorter
def elmo_targets(ids, pad_id, ignore_id=-100):
    here, there = ids[:, :-1], ids[:, 1:]
    skip = (here == pad_id) | (there == pad_id)
    return there.masked_fill(skip, ignore_id), here.masked_fill(skip, ignore_id)


# %% elmo_targets: directions-swapped + pad-id-for-ignore
def elmo_targets(ids, pad_id, ignore_id=-100):
    n = (ids != pad_id).sum(1, keepdim=True)
    t = torch.arange(ids.size(1), device=ids.device)
    following = torch.where(t < n - 1, ids.roll(-1, 1), pad_id)
    previous = torch.where((t > 0) & (t < n), ids.roll(1, 1), pad_id)
    return previous, following


# %% elmo_targets: outside the catalogue: the last token is taken for an end mark and left out
def elmo_targets(ids, pad_id, ignore_id=-100):
    forward, backward = torch.full_like(ids, ignore_id), torch.full_like(ids, ignore_id)
    for b, n in enumerate((ids != pad_id).sum(dim=1).tolist()):
        words = ids[b, : n - 1]
        forward[b, : max(n - 2, 0)] = words[1:]
        backward[b, 1 : n - 1] = words[:-1]
    return forward, backward


# %% elmo_mix: mix-not-normalised
def elmo_mix(layers, scores, gamma):
    total = torch.zeros_like(layers[0])
    for score, layer in zip(scores, layers, strict=True):
        total = total + score * layer
    return gamma * total


# %% elmo_mix: mix-overflows
def elmo_mix(layers, scores, gamma):
    w = scores.exp()
    w = w / w.sum()
    return gamma * torch.tensordot(w, layers, dims=1)


# %% elmo_mix: mix-softmax-of-one
def elmo_mix(layers, scores, gamma):
    weights = F.softmax(scores[:, None], dim=-1).reshape(-1, 1, 1, 1)
    return gamma * torch.sum(weights * layers, dim=0)


# %% elmo_mix: mix-gamma-inside
def elmo_mix(layers, scores, gamma):
    e = torch.exp(gamma * scores - (gamma * scores).amax())
    return torch.einsum("lbtd,l->btd", layers, e) / e.sum()


# %% elmo_mix: mix-averaged-again
def elmo_mix(layers, scores, gamma):
    s = scores.softmax(-1).reshape(-1, 1, 1, 1)
    return gamma * (s * layers).mean(dim=0)


# %% elmo_mix: mix-gamma-number
def elmo_mix(layers, scores, gamma):
    w = torch.softmax(scores, 0)
    flat = w @ layers.flatten(1)
    return gamma.item() * flat.reshape(layers.shape[1:])


# %% elmo_mix: mix-sigmoid
def elmo_mix(layers, scores, gamma):
    gates = 1 / (1 + torch.exp(-scores))
    return torch.stack([g * layer for g, layer in zip(gates, layers, strict=True)]).sum(0) * gamma


# %% elmo_mix: mix-no-gamma + mix-exponentials
def elmo_mix(layers, scores, gamma):
    return torch.matmul(layers.movedim(0, -1), scores.exp())


# %% elmo_mix: outside the catalogue: the scores are turned round
def elmo_mix(layers, scores, gamma):
    return gamma * torch.tensordot(scores.flip(0).softmax(0), layers, dims=1)
