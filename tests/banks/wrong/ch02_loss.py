"""Wrong answers to language_model_loss."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F


# %% language_model_loss: unshifted
def language_model_loss(logits, ids, pad_id=None):
    targets = ids if pad_id is None else torch.where(ids == pad_id, -100, ids)
    return F.cross_entropy(logits.transpose(1, 2), targets)


# %% language_model_loss: shifted-backward
def language_model_loss(logits, ids, pad_id=None):
    log_p = logits.log_softmax(-1)[:, 1:]
    before = ids[:, :-1]
    wanted = before.ne(-100)
    if pad_id is not None:
        wanted &= before.ne(pad_id)
    picked = log_p.gather(-1, before.clamp_min(0).unsqueeze(-1)).squeeze(-1)
    return -picked[wanted].mean()


# %% language_model_loss: wrapped-round
def language_model_loss(logits, ids, pad_id=None):
    following = torch.cat([ids[:, 1:], ids[:, :1]], dim=1)
    if pad_id is not None:
        following = following.masked_fill(following.eq(pad_id), -100)
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), following.reshape(-1))


# %% language_model_loss: ignores-id-0
def language_model_loss(logits, ids, pad_id=None):
    y = ids[:, 1:].reshape(-1)
    z = logits[:, :-1].reshape(len(y), -1)
    keep = y > 0  # neither padding nor -100
    if pad_id is not None:
        keep = keep & (y != pad_id)
    return F.cross_entropy(z[keep], y[keep])


# %% language_model_loss: padding-scored
def language_model_loss(logits, ids, pad_id=None):
    V = logits.shape[-1]
    return F.cross_entropy(logits[:, :-1, :].reshape(-1, V), ids[:, 1:].reshape(-1))


# %% language_model_loss: minus-100-scored
def language_model_loss(logits, ids, pad_id=None):
    z, y = logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
    if pad_id is None:
        return F.cross_entropy(z, y)
    real = y.ne(pad_id)
    log_p = F.log_softmax(z[real], dim=-1)
    return -log_p.gather(1, y[real, None].clamp(min=0)).mean()


# %% language_model_loss: padding-divides
def language_model_loss(logits, ids, pad_id=None):
    y = ids[:, 1:].clone()
    none = y == -100
    gone = none if pad_id is None else none | (y == pad_id)
    losses = F.cross_entropy(logits[:, :-1].mT, y.masked_fill(gone, 0), reduction="none")
    losses = losses.masked_fill(gone, 0.0)
    return losses.sum() / (~none).sum()


# %% language_model_loss: mean-of-means
def language_model_loss(logits, ids, pad_id=None):
    sentences = []
    for z, y in zip(logits[:, :-1], ids[:, 1:], strict=True):
        real = y != -100
        if pad_id is not None:
            real = real & (y != pad_id)
        if real.any():
            sentences.append(F.cross_entropy(z[real], y[real]))
    return torch.stack(sentences).mean()


# %% language_model_loss: mask-of-inputs
def language_model_loss(logits, ids, pad_id=None):
    read, wanted = ids[:, :-1], ids[:, 1:]
    losses = F.cross_entropy(logits[:, :-1].mT, wanted, reduction="none")
    real = wanted != -100
    if pad_id is not None:
        real = real & (read != pad_id)
    return (losses * real).sum() / real.sum()


# %% language_model_loss: sum-over-sentences
def language_model_loss(logits, ids, pad_id=None):
    y = ids[:, 1:]
    if pad_id is not None:
        y = y.masked_fill(y == pad_id, -100)
    each = F.cross_entropy(logits[:, :-1].permute(0, 2, 1), y, reduction="none")
    return each.sum(dim=1).mean()


# %% language_model_loss: sign-missing
def language_model_loss(logits, ids, pad_id=None):
    log_p = logits[:, :-1] - logits[:, :-1].logsumexp(-1, keepdim=True)
    y = ids[:, 1:]
    real = y >= 0 if pad_id is None else (y >= 0) & (y != pad_id)
    one_hot = F.one_hot(y.clamp(min=0), logits.size(-1)) * real[..., None]
    return (log_p * one_hot).sum() / real.sum()


# %% language_model_loss: bits
def language_model_loss(logits, ids, pad_id=None):
    marked = ids[:, 1:].clone()
    if pad_id is not None:
        marked[marked == pad_id] = -100
    log2_p = torch.log_softmax(logits[:, :-1], dim=-1) / math.log(2)
    return F.nll_loss(log2_p.flatten(0, 1), marked.flatten())


# %% language_model_loss: softmax-first
def language_model_loss(logits, ids, pad_id=None):
    probs = F.softmax(logits, dim=-1)[:, :-1]
    y = ids[:, 1:]
    real = y != -100
    if pad_id is not None:
        real &= y != pad_id
    return F.cross_entropy(probs[real], y[real])


# %% language_model_loss: log-underflow
def language_model_loss(logits, ids, pad_id=None):
    y = ids[:, 1:]
    keep = (y != -100) if pad_id is None else (y != -100) & (y != pad_id)
    p = torch.softmax(logits[:, :-1][keep], dim=-1)
    surprise = -p[torch.arange(len(p)), y[keep]].log()
    return surprise.sum() / len(p)


# %% language_model_loss: detached
def language_model_loss(logits, ids, pad_id=None):
    losses = []
    for z, sentence in zip(logits, ids, strict=True):
        for t in range(1, len(sentence)):
            token = int(sentence[t])
            if token == -100 or token == pad_id:
                continue
            losses.append((z[t - 1].logsumexp(0) - z[t - 1, token]).item())
    return torch.tensor(sum(losses) / len(losses), dtype=logits.dtype)
