"""Wrong answers to sequence_loss."""
# ruff: noqa: B905, F811

import math

import torch
import torch.nn.functional as F


# %% sequence_loss: seq-padding-counted
def sequence_loss(logits, targets, pad_id):
    # -100 is left out by default
    inside = targets.where(targets < logits.size(-1), 0)
    return F.cross_entropy(logits.flatten(0, -2), inside.flatten())


# %% sequence_loss: seq-padding-in-number
def sequence_loss(logits, targets, pad_id):
    if pad_id is not None:
        targets = torch.where(targets == pad_id, -100, targets)
    losses = F.cross_entropy(
        logits.reshape(-1, logits.size(-1)), targets.reshape(-1), reduction="none"
    )
    return losses.mean()


# %% sequence_loss: seq-mean-of-means
def sequence_loss(logits, targets, pad_id):
    if targets.dim() == 1:
        logits, targets = logits[None], targets[None]
    means = []
    for z, y in zip(logits.flatten(0, -3), targets.flatten(0, -2)):
        keep = y != -100
        if pad_id is not None:
            keep = keep & (y != pad_id)
        if keep.any():
            means.append(F.cross_entropy(z[keep], y[keep]))
    return torch.stack(means).mean()


# %% sequence_loss: seq-sum
def sequence_loss(logits, targets, pad_id):
    keep = targets != -100
    if pad_id is not None:
        keep = keep.logical_and(targets != pad_id)
    return F.nll_loss(F.log_softmax(logits[keep], dim=-1), targets[keep], reduction="sum")


# %% sequence_loss: seq-over-batch
def sequence_loss(logits, targets, pad_id):
    y = targets if pad_id is None else targets.masked_fill(targets == pad_id, -100)
    total = F.cross_entropy(logits.flatten(0, -2), y.flatten(), reduction="sum")
    return total / len(targets)


# %% sequence_loss: seq-pad-zero
def sequence_loss(logits, targets, pad_id):
    keep = (targets > 0) & (targets < logits.size(-1))
    logp = F.log_softmax(logits[keep], dim=-1)
    return -logp.gather(1, targets[keep][:, None]).mean()


# %% sequence_loss: seq-minus-100-missed
def sequence_loss(logits, targets, pad_id):
    nothing = -100 if pad_id is None else pad_id
    keep = (targets != nothing).flatten()
    y = targets.flatten()[keep].relu()
    logp = F.log_softmax(logits.flatten(0, -2)[keep], dim=-1)
    return F.nll_loss(logp, y)


# %% sequence_loss: seq-minus-100-scored
def sequence_loss(logits, targets, pad_id):
    logp = logits.log_softmax(dim=-1)
    if pad_id is None:
        weight = torch.ones_like(targets)
    else:
        weight = (targets.ne(pad_id) & targets.ne(-100)).long()
    ids = (targets * weight) % logits.size(-1)
    picked = torch.take_along_dim(logp, ids[..., None], dim=-1).squeeze(-1)
    return -(picked * weight).sum() / weight.sum()


# %% sequence_loss: seq-softmax-twice
def sequence_loss(logits, targets, pad_id):
    probs = F.softmax(logits, dim=-1).reshape(-1, logits.size(-1))
    y = targets.reshape(-1)
    if pad_id is not None:
        y = torch.where(y == pad_id, -100, y)
    return F.cross_entropy(probs, y)


# %% sequence_loss: seq-log-of-softmax
def sequence_loss(logits, targets, pad_id):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep &= targets.ne(pad_id)
    e = torch.exp(logits - logits.max(-1, keepdim=True).values)[keep]
    p = e / e.sum(-1, keepdim=True)
    return -p[torch.arange(len(p)), targets[keep]].log().mean()


# %% sequence_loss: seq-epsilon
def sequence_loss(logits, targets, pad_id):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep &= targets.ne(pad_id)
    p = torch.softmax(logits[keep], dim=1).gather(1, targets[keep].unsqueeze(1))
    return p.add(1e-12).log().mean().neg()


# %% sequence_loss: seq-sign
def sequence_loss(logits, targets, pad_id):
    y = targets.flatten()
    z = logits.flatten(0, -2)
    keep = (y != -100) if pad_id is None else (y != -100) & (y != pad_id)
    return F.log_softmax(z[keep], -1)[range(int(keep.sum())), y[keep]].mean()


# %% sequence_loss: seq-no-normalising
def sequence_loss(logits, targets, pad_id):
    if pad_id is not None:
        targets = torch.where(targets == pad_id, -100, targets)
    return F.nll_loss(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))


# %% sequence_loss: seq-per-token
def sequence_loss(logits, targets, pad_id):
    if pad_id is not None:
        targets = targets.masked_fill(targets == pad_id, -100)
    losses = F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="none")
    return losses.reshape(targets.shape)


# %% sequence_loss: seq-shifted
def sequence_loss(logits, targets, pad_id):
    if pad_id is not None:
        targets = targets.masked_fill(targets == pad_id, -100)
    z, y = logits[..., :-1, :], targets[..., 1:]
    return F.cross_entropy(z.reshape(-1, z.size(-1)), y.reshape(-1))


# %% sequence_loss: seq-logits-masked
def sequence_loss(logits, targets, pad_id):
    real = targets != -100
    if pad_id is not None:
        real = real & (targets != pad_id)
    logits = logits * real[..., None]
    targets = targets * real
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))


# %% sequence_loss: seq-log2
def sequence_loss(logits, targets, pad_id):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep &= targets.ne(pad_id)
    return F.cross_entropy(logits[keep], targets[keep]) / math.log(2)


# %% sequence_loss: seq-perplexity
def sequence_loss(logits, targets, pad_id):
    if pad_id is not None:
        targets = torch.where(targets == pad_id, -100, targets)
    loss = F.cross_entropy(logits.flatten(0, -2), targets.flatten())
    return torch.exp(loss)


# %% sequence_loss: seq-detached
def sequence_loss(logits, targets, pad_id):
    total, count = 0.0, 0
    for z, y in zip(logits.flatten(0, -2), targets.flatten().tolist()):
        if y not in (-100, pad_id):
            total -= F.log_softmax(z, dim=-1)[y].item()
            count += 1
    return logits.new_tensor(total / count)


# %% sequence_loss: seq-sum + seq-padding-counted
def sequence_loss(logits, targets, pad_id):
    targets = targets.clamp(max=logits.size(-1) - 1)
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="sum")


# %% sequence_loss: seq-sign + seq-padding-in-number
def sequence_loss(logits, targets, pad_id):
    real = targets != -100
    if pad_id is not None:
        real = real & (targets != pad_id)
    logp = torch.log_softmax(logits, dim=-1)
    picked = torch.take_along_dim(logp, (targets * real)[..., None], dim=-1)[..., 0]
    return torch.where(real, picked, 0.0).mean()


# %% sequence_loss: seq-log2 + seq-mean-of-means
def sequence_loss(logits, targets, pad_id):
    if targets.dim() == 1:
        logits, targets = logits[None], targets[None]
    real = targets != -100
    if pad_id is not None:
        real &= targets != pad_id
    logp = logits.log_softmax(-1) / math.log(2)
    picked = -logp.gather(-1, (targets * real)[..., None])[..., 0] * real
    number = real.sum(-1)
    each = picked.sum(-1) / number.clamp(min=1)
    return each[number > 0].mean()


# %% sequence_loss: seq-minus-100-missed + seq-minus-100-scored
def sequence_loss(logits, targets, pad_id):
    keep = torch.ones_like(targets, dtype=torch.bool) if pad_id is None else targets != pad_id
    y = targets[keep].clamp(min=0)
    logp = logits[keep].log_softmax(-1)
    return -logp[torch.arange(y.numel()), y].mean()


# %% sequence_loss: outside the catalogue: only the first sentence
def sequence_loss(logits, targets, pad_id):
    if targets.dim() > 1:
        logits, targets = logits[0], targets[0]
    if pad_id is not None:
        targets = targets.masked_fill(targets == pad_id, -100)
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten())
