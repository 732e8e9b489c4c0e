"""Wrong answers to the warm-up: softmax, cross_entropy, embedding_lookup."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F
from torch import nn


# %% softmax: softmax-no-shift
def softmax(logits, dim=-1):
    numerator = torch.exp(logits)
    denominator = torch.sum(numerator, dim, keepdim=True)
    return torch.div(numerator, denominator)


# %% softmax: softmax-no-shift
def softmax(logits, dim=-1):
    # softmax as a power of e, the way the formula is often typed in
    powers = math.e**logits
    return powers / powers.sum(dim).unsqueeze(dim)


# %% softmax: softmax-over-everything
def softmax(logits, dim=-1):
    z = logits - torch.max(logits)
    return torch.exp(z) / torch.sum(torch.exp(z))


# %% softmax: softmax-over-everything
def softmax(logits, dim=-1):
    return (logits - torch.logsumexp(logits.reshape(-1), dim=0)).exp()


# %% softmax: softmax-wrong-axis
def softmax(logits, dim=-1):
    biggest, _ = logits.max(0, keepdim=True)
    e = torch.exp(logits - biggest)
    return e / e.sum(0)


# %% softmax: softmax-wrong-axis
def softmax(logits, dim=-1):
    return torch.exp(logits - torch.logsumexp(logits, 0))


# %% softmax: softmax-no-exp
def softmax(logits, dim=-1):
    total = logits.sum(dim=dim, keepdim=True)
    return logits / total


# %% softmax: softmax-log
def softmax(logits, dim=-1):
    m = torch.amax(logits, dim, keepdim=True)
    return logits - m - torch.log(torch.sum(torch.exp(logits - m), dim, keepdim=True))


# %% softmax: softmax-log
def softmax(logits, dim=-1):
    return F.log_softmax(logits, dim=dim)


# %% softmax: softmax-sigmoid
def softmax(logits, dim=-1):
    return 1 / (1 + torch.exp(-logits))


# %% softmax: softmax-sigmoid
def softmax(logits, dim=-1):
    squash = nn.Sigmoid()
    return squash(logits)


# %% softmax: softmax-hard
def softmax(logits, dim=-1):
    best = torch.argmax(logits, dim=dim, keepdim=True)
    return torch.zeros_like(logits).scatter(dim, best, 1.0)


# %% softmax: softmax-base-2
def softmax(logits, dim=-1):
    p = torch.pow(2.0, logits - logits.amax(dim, keepdim=True))
    return p / p.sum(dim, keepdim=True)


# %% cross_entropy: ce-log-of-softmax
def cross_entropy(logits, targets):
    p = F.softmax(logits, dim=-1)
    picked = torch.take_along_dim(p, targets[..., None], dim=-1)
    return torch.mean(-torch.log(picked))


# %% cross_entropy: ce-log-of-softmax
def cross_entropy(logits, targets):
    probabilities = torch.softmax(logits, -1).log()
    return F.nll_loss(probabilities.flatten(0, -2), targets.flatten())


# %% cross_entropy: ce-sum
def cross_entropy(logits, targets):
    logp = torch.log_softmax(logits, dim=-1)
    one_hot = F.one_hot(targets, logits.shape[-1]).to(logp.dtype)
    return -(logp * one_hot).sum()


# %% cross_entropy: ce-sign
def cross_entropy(logits, targets):
    flat = F.log_softmax(logits, dim=-1).reshape(-1, logits.size(-1))
    rows = torch.arange(flat.size(0), device=flat.device)
    return flat[rows, targets.reshape(-1)].mean()


# %% cross_entropy: ce-log2
def cross_entropy(logits, targets):
    nats = F.nll_loss(
        F.log_softmax(logits, -1).view(-1, logits.size(-1)), targets.view(-1), reduction="mean"
    )
    return nats / math.log(2)


# %% cross_entropy: ce-softmax-twice
def cross_entropy(logits, targets):
    probs = logits.softmax(-1)
    logp = probs - probs.logsumexp(-1, keepdim=True)
    loss = -logp.gather(-1, targets[..., None])
    return loss.sum() / targets.numel()


# %% cross_entropy: ce-no-log
def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=-1)
    right = p.gather(-1, targets.unsqueeze(-1))
    return -torch.mean(right)


# %% cross_entropy: ce-all-classes
def cross_entropy(logits, targets):
    truth = F.one_hot(targets, num_classes=logits.size(-1))
    return torch.mean(-truth * torch.log_softmax(logits, -1))


# %% cross_entropy: ce-first-axis
def cross_entropy(logits, targets):
    lse = torch.logsumexp(logits, dim=0)
    chosen = torch.gather(logits - lse, -1, targets[..., None])
    return -chosen.mean()


# %% cross_entropy: outside the catalogue: accuracy instead of a loss
def cross_entropy(logits, targets):
    return (logits.argmax(-1) != targets).to(logits.dtype).mean()


# %% embedding_lookup: embed-transposed
def embedding_lookup(weight, ids):
    return weight.T[ids]


# %% embedding_lookup: embed-one-off
def embedding_lookup(weight, ids):
    # token ids start at 1, rows at 0
    flat = torch.index_select(weight, 0, (ids.reshape(-1) - 1) % weight.size(0))
    return flat.reshape(*ids.shape, -1)


# %% embedding_lookup: embed-one-off
def embedding_lookup(weight, ids):
    return weight.roll(-1, dims=0)[ids]


# %% embedding_lookup: embed-detached
def embedding_lookup(weight, ids):
    return torch.stack([weight.data[i] for i in ids.flatten()]).view(*ids.shape, weight.size(1))


# %% embedding_lookup: embed-detached
def embedding_lookup(weight, ids):
    with torch.no_grad():
        return torch.index_select(weight, 0, ids.view(-1)).view(*ids.shape, -1)


# %% embedding_lookup: embed-flattened
def embedding_lookup(weight, ids):
    return torch.index_select(weight, 0, ids.contiguous().view(-1))


# %% embedding_lookup: embed-summed
def embedding_lookup(weight, ids):
    counts = F.one_hot(ids.long(), weight.size(0)).to(weight.dtype).sum(dim=-2)
    return counts @ weight


# %% embedding_lookup: embed-scaled
def embedding_lookup(weight, ids):
    width = weight.shape[1]
    return torch.index_select(weight * math.sqrt(width), 0, ids.flatten()).view(*ids.shape, width)


# %% embedding_lookup: outside the catalogue: normalised rows
def embedding_lookup(weight, ids):
    return F.normalize(weight, dim=1)[ids]


# %% softmax: softmax-last-axis-only
def softmax(logits, dim=-1):
    top = logits.max(-1, keepdim=True).values
    e = (logits - top).exp()
    return e / e.sum(-1, keepdim=True)


# %% softmax: softmax-unnormalised
def softmax(logits, dim=-1):
    return torch.e ** (logits - logits.max(dim, keepdim=True)[0])


# %% softmax: softmax-minus
def softmax(logits, dim=-1):
    z = logits.amin(dim, keepdim=True) - logits
    return z.exp() / z.exp().sum(dim, keepdim=True)


# %% softmax: outside the catalogue: shares of the absolute values
def softmax(logits, dim=-1):
    return F.normalize(logits.abs(), p=1, dim=dim)


# %% cross_entropy: ce-epsilon
def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=-1)
    log_p = torch.log(p + 1e-8)
    return -log_p.gather(-1, targets[..., None]).mean()


# %% cross_entropy: ce-one-minus
def cross_entropy(logits, targets):
    p = torch.softmax(logits, dim=-1)
    return (1 - torch.take_along_dim(p, targets.unsqueeze(-1), -1)).mean()


# %% cross_entropy: ce-no-normalising
def cross_entropy(logits, targets):
    truth = F.one_hot(targets, logits.size(-1))
    return -(truth * logits).sum(-1).mean()


# %% cross_entropy: ce-per-row
def cross_entropy(logits, targets):
    own = torch.take_along_dim(logits, targets[..., None], dim=-1).squeeze(-1)
    return torch.logsumexp(logits, -1) - own


# %% cross_entropy: ce-batch-mean-only
def cross_entropy(logits, targets):
    own = torch.take_along_dim(logits, targets[..., None], dim=-1).squeeze(-1)
    losses = torch.logsumexp(logits, -1) - own
    return losses.sum() / len(logits)


# %% cross_entropy: ce-detached
def cross_entropy(logits, targets):
    log_p = F.log_softmax(logits, dim=-1).data
    return -torch.take_along_dim(log_p, targets[..., None], dim=-1).mean()


# %% embedding_lookup: embed-features-first
def embedding_lookup(weight, ids):
    one_hot = F.one_hot(ids.long(), weight.size(0)).to(weight.dtype)
    return torch.einsum("...v,vd->d...", one_hot, weight)
