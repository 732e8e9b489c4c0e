"""Wrong answers to last_state and shift_right."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F


# %% last_state: last-position
def last_state(outputs, lengths):
    return outputs.transpose(0, 1)[-1]


# %% last_state: last-one-after
def last_state(outputs, lengths):
    index = lengths.clamp(max=outputs.size(1) - 1)
    return torch.stack([sentence[i] for sentence, i in zip(outputs, index)])


# %% last_state: last-one-before
def last_state(outputs, lengths):
    index = torch.clamp(lengths - 2, min=0).reshape(-1, 1, 1)
    return outputs.gather(1, index.expand(-1, 1, outputs.size(2))).squeeze(1)


# %% last_state: last-mean
def last_state(outputs, lengths):
    real = torch.arange(outputs.size(1), device=lengths.device) < lengths[:, None]
    summed = torch.einsum("bth,bt->bh", outputs, real.to(outputs.dtype))
    return summed / lengths.unsqueeze(1)


# %% last_state: last-every-pair
def last_state(outputs, lengths):
    return torch.index_select(outputs, 1, lengths - 1)


# %% last_state: last-keeps-axis
def last_state(outputs, lengths):
    B, _, H = outputs.shape
    return torch.gather(outputs, 1, (lengths - 1).reshape(B, 1, 1).repeat(1, 1, H))


# %% last_state: last-squeezed
def last_state(outputs, lengths):
    index = (lengths - 1)[:, None, None].expand(-1, 1, outputs.size(-1))
    return outputs.gather(1, index).squeeze()


# %% last_state: last-longest
def last_state(outputs, lengths):
    T = int(max(lengths))
    return outputs[:, :T].select(1, T - 1)


# %% last_state: last-detached
def last_state(outputs, lengths):
    with torch.no_grad():
        return torch.stack([outputs[b, n - 1] for b, n in enumerate(lengths.tolist())])


# %% last_state: outside the catalogue: the sum of the real outputs
def last_state(outputs, lengths):
    real = torch.arange(outputs.size(1), device=lengths.device) < lengths[:, None]
    return torch.where(real[:, :, None], outputs, 0).sum(dim=1)


# %% last_state: last-one-before + last-detached
def last_state(outputs, lengths):
    rows = [sentence[max(n - 2, 0)].tolist() for sentence, n in zip(outputs, lengths.tolist())]
    return outputs.new_tensor(rows)


# %% shift_right: shift-left
def shift_right(ids, bos_id):
    return F.pad(ids[:, 1:], (0, 1), value=bos_id)


# %% shift_right: shift-too-long
def shift_right(ids, bos_id):
    return F.pad(ids, (1, 0), value=bos_id)


# %% shift_right: shift-replaced
def shift_right(ids, bos_id):
    first = torch.arange(ids.size(1), device=ids.device) == 0
    return torch.where(first, bos_id, ids)


# %% shift_right: shift-round
def shift_right(ids, bos_id):
    return torch.hstack((ids[:, -1:], ids[:, :-1]))


# %% shift_right: shift-flat
def shift_right(ids, bos_id):
    flat = ids.flatten().tolist()
    return torch.tensor([bos_id, *flat[:-1]], device=ids.device).reshape(ids.shape)


# %% shift_right: shift-zero
def shift_right(ids, bos_id):
    shifted = torch.zeros_like(ids)
    shifted[:, 1:] = ids[:, :-1]
    return shifted


# %% shift_right: shift-in-place
def shift_right(ids, bos_id):
    ids.copy_(ids.roll(1, dims=-1))
    ids[:, 0] = bos_id
    return ids


# %% shift_right: shift-overlapping
def shift_right(ids, bos_id):
    out = ids.clone()
    out[:, 0] = bos_id
    for row in out:
        for t in range(len(row) - 1):
            row[t + 1] = row[t]
    return out


# %% shift_right: shift-by-two
def shift_right(ids, bos_id):
    rows = [([bos_id] * 2 + row)[: len(row)] for row in ids.tolist()]
    return torch.tensor(rows, dtype=ids.dtype, device=ids.device)


# %% shift_right: shift-zero + shift-too-long
def shift_right(ids, bos_id):
    start = torch.zeros(len(ids), 1, dtype=ids.dtype, device=ids.device)
    return torch.hstack([start, ids])


# %% shift_right: outside the catalogue: a start token at both ends
def shift_right(ids, bos_id):
    shifted = F.pad(ids[:, :-1], (1, 0), value=bos_id)
    shifted[:, -1] = bos_id
    return shifted
