"""Wrong answers about how a Transformer is trained."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F

from unrolled.training import sequence_loss


# %% label_smoothing_loss: not-smoothed
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    return F.nll_loss(F.log_softmax(logits[keep], dim=-1), targets[keep])


# %% label_smoothing_loss: smoothing-swapped
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    V = logits.size(-1)
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    rows, classes = logits[keep], targets[keep]
    wanted = F.one_hot(classes, V).to(rows.dtype) * smoothing + (1 - smoothing) / V
    return -(wanted * F.log_softmax(rows, dim=-1)).sum(-1).mean()


# %% label_smoothing_loss: spread-over-the-others
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    V = logits.size(-1)
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    rows, classes = logits[keep], targets[keep]
    wanted = torch.full_like(rows, smoothing / (V - 1))
    wanted.scatter_(1, classes[:, None], 1 - smoothing)
    return -(wanted * rows.log_softmax(-1)).sum(-1).mean()


# %% label_smoothing_loss: spread-summed
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    padding = targets == -100
    if pad_id is not None:
        padding |= targets == pad_id
    logp = F.log_softmax(logits, -1)
    right = -logp.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    loss = (1 - smoothing) * right - smoothing * logp.sum(-1)
    return loss[~padding].mean()


# %% label_smoothing_loss: padding-scored
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    V = logits.size(-1)
    keep = targets != -100
    rows, classes = logits[keep], targets[keep]
    logp = rows - rows.logsumexp(-1, keepdim=True)
    wanted = F.one_hot(classes, V).to(rows.dtype) * (1 - smoothing) + smoothing / V
    return -(logp * wanted).sum() / keep.sum()


# %% label_smoothing_loss: zero-is-padding
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    pad_id = pad_id or 0
    keep = (targets != -100) & (targets != pad_id)
    logp = F.log_softmax(logits[keep], dim=-1)
    return (1 - smoothing) * F.nll_loss(logp, targets[keep]) - smoothing * logp.mean()


# %% label_smoothing_loss: share-not-taken-off
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    flat = targets.reshape(-1)
    if pad_id is not None:
        flat = flat.masked_fill(flat == pad_id, -100)
    logp = torch.log_softmax(logits.reshape(-1, logits.shape[-1]), dim=1)
    return F.nll_loss(logp, flat) + smoothing * -logp[flat != -100].mean()


# %% label_smoothing_loss: log-of-softmax
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    p = F.softmax(logits[keep], dim=-1)
    true = p[torch.arange(len(p), device=p.device), targets[keep]]
    return -((1 - smoothing) * true.log() + smoothing * p.log().mean(-1)).mean()


# %% label_smoothing_loss: loss-summed
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    padding = targets == -100
    if pad_id is not None:
        padding |= targets == pad_id
    right = logits.gather(-1, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    loss = torch.logsumexp(logits, -1) - (1 - smoothing) * right - smoothing * logits.mean(-1)
    return torch.where(padding, torch.zeros_like(loss), loss).sum()


# %% label_smoothing_loss: spread-divided-by-all
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    ok = targets != -100
    if pad_id is not None:
        ok = ok & (targets != pad_id)
    logp = F.log_softmax(logits, dim=-1)
    uniform = torch.where(ok, -logp.mean(-1), torch.zeros_like(logp[..., 0])).mean()
    return (1 - smoothing) * sequence_loss(logits, targets, pad_id) + smoothing * uniform


# %% label_smoothing_loss: mean-of-means
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    losses = []
    for z, y in zip(logits, targets, strict=True):
        keep = y != -100
        if pad_id is not None:
            keep = keep & (y != pad_id)
        if not keep.any():
            continue
        logp = z[keep].log_softmax(-1)
        losses.append((1 - smoothing) * F.nll_loss(logp, y[keep]) - smoothing * logp.mean())
    return torch.stack(losses).mean()


# %% label_smoothing_loss: logits-for-log-probabilities + padding-scored
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    keep = targets != -100
    z, y = logits[keep], targets[keep]
    return (1 - smoothing) * F.nll_loss(z.log_softmax(-1), y) - smoothing * z.mean()


# %% label_smoothing_loss: smoothing-swapped + loss-summed
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    logp = logits[keep].log_softmax(-1)
    true = logp.gather(1, targets[keep][:, None]).squeeze(1)
    return -(smoothing * true + (1 - smoothing) * logp.mean(1)).sum()


# %% label_smoothing_loss: outside the catalogue: the mean surprise is squared before it is mixed in
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    logp = logits[keep].log_softmax(-1)
    true = logp.gather(1, targets[keep][:, None]).squeeze(1)
    return -((1 - smoothing) * true).mean() + smoothing * logp.mean(1).square().mean()


# %% noam_schedule: noam-max
def noam_schedule(step, d_model, warmup=4000):
    rising, falling = step / warmup**1.5, 1 / math.sqrt(step)
    return (rising if rising > falling else falling) / math.sqrt(d_model)


# %% noam_schedule: noam-no-warmup
def noam_schedule(step, d_model, warmup=4000):
    return 1 / math.sqrt(d_model * step)


# %% noam_schedule: noam-flat
def noam_schedule(step, d_model, warmup=4000):
    peak = 1 / math.sqrt(d_model * warmup)
    return peak * min(1.0, step / warmup)


# %% noam_schedule: noam-width-without-root
def noam_schedule(step, d_model, warmup=4000):
    if step < warmup:
        return step / (warmup * math.sqrt(warmup)) / d_model
    return 1 / (math.sqrt(step) * d_model)


# %% noam_schedule: noam-rises-to-1
def noam_schedule(step, d_model, warmup=4000):
    factor = step / warmup if step < warmup else step**-0.5
    return factor / math.sqrt(d_model)


# %% noam_schedule: noam-falls-too-fast
def noam_schedule(step, d_model, warmup=4000):
    return (1 / math.sqrt(d_model)) * min(1 / step, step / warmup**1.5)


# %% noam_schedule: noam-warmup-ignored
def noam_schedule(step, d_model, warmup=4000):
    scale = math.sqrt(1 / d_model)
    return scale * (step / 4000**1.5 if step < 4000 else 1 / math.sqrt(step))


# %% noam_schedule: noam-times-width
def noam_schedule(step, d_model, warmup=4000):
    return math.sqrt(d_model / max(step, warmup**3 / step**2))


# %% noam_schedule: noam-never-falls + noam-without-width
def noam_schedule(step, d_model, warmup=4000):
    return step / math.sqrt(warmup) ** 3


# %% noam_schedule: noam-without-width + noam-one-ahead
def noam_schedule(step, d_model, warmup=4000):
    step += 1
    return 1 / math.sqrt(max(step, warmup**3 / step**2))


# %% noam_schedule: outside the catalogue: warm-up with the square of the step
def noam_schedule(step, d_model, warmup=4000):
    peak = 1 / math.sqrt(d_model * warmup)
    progress = step / warmup
    return peak * (progress**2 if progress <= 1 else progress**-0.5)
