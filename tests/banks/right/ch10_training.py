"""Right answers about how a Transformer is trained, in other ways."""
# ruff: noqa: F811, SIM108

import math

import torch
import torch.nn.functional as F

from unrolled.training import sequence_loss


# %% label_smoothing_loss: a distribution for every position
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    V = logits.size(-1)
    keep = targets.ne(-100)
    if pad_id is not None:
        keep = keep & targets.ne(pad_id)
    rows, classes = logits[keep], targets[keep]
    wanted = F.one_hot(classes, V).to(rows.dtype) * (1 - smoothing) + smoothing / V
    return -torch.einsum("nv,nv->n", wanted, F.log_softmax(rows, dim=-1)).mean()


# %% label_smoothing_loss: nll_loss and what it leaves out
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    flat = targets.reshape(-1)
    if pad_id is not None:
        flat = torch.where(flat == pad_id, torch.full_like(flat, -100), flat)
    logp = torch.log_softmax(logits.reshape(-1, logits.shape[-1]), dim=1)
    nll = F.nll_loss(logp, flat, ignore_index=-100)
    uniform = -logp[flat != -100].mean()
    return torch.lerp(nll, uniform, smoothing)


# %% label_smoothing_loss: one formula in the logits
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    padding = targets == -100
    if pad_id is not None:
        padding |= targets == pad_id
    right = logits.gather(-1, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    loss = torch.logsumexp(logits, -1) - (1 - smoothing) * right - smoothing * logits.mean(-1)
    weight = (~padding).to(loss.dtype)
    return (loss * weight).sum() / weight.sum()


# %% label_smoothing_loss: a divergence and an entropy
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    V = logits.shape[-1]
    z, y = logits.reshape(-1, V), targets.reshape(-1)
    ok = torch.ones_like(y, dtype=torch.bool)
    for skipped in (-100, pad_id):
        if skipped is not None:
            ok = torch.logical_and(ok, y != skipped)
    z, y = z[ok], y[ok]
    truth = torch.full_like(z, smoothing / V)
    truth.scatter_add_(1, y[:, None], torch.full_like(z[:, :1], 1 - smoothing))
    divergence = F.kl_div(z.log_softmax(1), truth, reduction="batchmean")
    return divergence + torch.special.entr(truth).sum(1).mean()


# %% label_smoothing_loss: one token after the other
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    total, count = logits.new_zeros(()), 0
    for row, y in zip(logits.reshape(-1, logits.size(-1)), targets.reshape(-1), strict=True):
        token = int(y)
        if token == -100 or (pad_id is not None and token == pad_id):
            continue
        surprises = row.logsumexp(0) - row
        total = total + (1 - smoothing) * surprises[token] + smoothing * surprises.mean()
        count += 1
    return total / count


# %% label_smoothing_loss: the earlier loss, and the uniform part with a second mask
def label_smoothing_loss(logits, targets, smoothing=0.1, pad_id=None):
    hard = sequence_loss(logits, targets, pad_id=pad_id)
    scored = (targets != -100).float()
    if pad_id is not None:
        scored = scored * (targets != pad_id).float()
    scored = scored.to(logits.dtype)
    centred = logits - logits.max(dim=-1, keepdim=True).values
    spread = centred.exp().sum(-1).log() - centred.mean(-1)
    soft = (spread * scored).sum() / scored.sum()
    return hard + smoothing * (soft - hard)


# %% noam_schedule: two cases
def noam_schedule(step, d_model, warmup=4000):
    if step < warmup:
        factor = step / (warmup * math.sqrt(warmup))
    else:
        factor = 1 / math.sqrt(step)
    return factor / math.sqrt(d_model)


# %% noam_schedule: one root at the end
def noam_schedule(step, d_model, warmup=4000):
    return 1.0 / math.sqrt(d_model * max(step, warmup**3 / step**2))


# %% noam_schedule: the peak, and what is left of it
def noam_schedule(step, d_model, warmup=4000):
    peak = (d_model * warmup) ** -0.5
    progress = step / warmup
    return peak * (progress if progress <= 1 else progress**-0.5)


# %% noam_schedule: in logarithms
def noam_schedule(step, d_model, warmup=4000):
    rising = math.log(step) - 1.5 * math.log(warmup)
    falling = -0.5 * math.log(step)
    return math.exp(min(rising, falling) - 0.5 * math.log(d_model))
