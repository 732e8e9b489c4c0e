"""Wrong answers to negative_sampling_loss and glove_loss."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F


# %% negative_sampling_loss: negatives-not-negated
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context.unsqueeze(1), negatives], dim=1)
    scores = torch.bmm(words, centre.unsqueeze(2)).squeeze(2)
    return F.softplus(-scores).sum(dim=1).mean()


# %% negative_sampling_loss: negatives-true-negated
def negative_sampling_loss(centre, context, negatives):
    # targets: 0 for the word of the text, 1 for the others
    logits = torch.einsum("nkd,nd->nk", torch.cat([context[:, None], negatives], 1), centre)
    targets = torch.ones_like(logits)
    targets[:, 0] = 0
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / len(centre)


# %% negative_sampling_loss: negatives-sign
def negative_sampling_loss(centre, context, negatives):
    true = torch.einsum("nd,nd->n", context, centre)
    drawn = torch.einsum("nkd,nd->nk", negatives, centre)
    signed = torch.cat([true[:, None], -drawn], dim=1)
    return F.logsigmoid(signed).sum() / signed.size(0)


# %% negative_sampling_loss: negatives-underflow
def negative_sampling_loss(centre, context, negatives):
    pos = torch.sigmoid(torch.einsum("nd,nd->n", context, centre))
    neg = torch.sigmoid(torch.einsum("nkd,nd->nk", negatives, centre))
    return (-torch.log(pos) - torch.log(1 - neg).sum(1)).mean()


# %% negative_sampling_loss: negatives-underflow
def negative_sampling_loss(centre, context, negatives):
    pos = (context * centre).sum(1)
    neg = negatives.matmul(centre.unsqueeze(-1)).squeeze(-1)
    return ((1 + (-pos).exp()).log() + (1 + neg.exp()).log().sum(-1)).mean()


# %% negative_sampling_loss: negatives-epsilon
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context.unsqueeze(1), -negatives], dim=1)
    p = torch.sigmoid(torch.matmul(words, centre.unsqueeze(2))[..., 0])
    return -(p + 1e-9).log().sum(1).mean()


# %% negative_sampling_loss: negatives-bce-of-sigmoid
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context.unsqueeze(1), negatives], dim=1)
    p = torch.sigmoid(torch.einsum("nkd,nd->nk", words, centre))
    targets = F.one_hot(torch.zeros(len(p), dtype=torch.long), p.size(1)).to(p.dtype)
    return F.binary_cross_entropy(p, targets, reduction="none").sum(-1).mean()


# %% negative_sampling_loss: negatives-averaged
def negative_sampling_loss(centre, context, negatives):
    pos = torch.einsum("nd,nd->n", context, centre)
    neg = torch.einsum("nkd,nd->nk", negatives, centre)
    return F.softplus(-pos).mean() + F.softplus(neg).mean()


# %% negative_sampling_loss: negatives-mean-of-all
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context.unsqueeze(1), negatives], dim=1)
    logits = torch.bmm(words, centre.unsqueeze(2)).squeeze(2)
    targets = torch.zeros_like(logits).index_fill(1, torch.tensor([0]), 1.0)
    return F.binary_cross_entropy_with_logits(logits, targets)


# %% negative_sampling_loss: negatives-pairs-summed
def negative_sampling_loss(centre, context, negatives):
    total = centre.new_zeros(())
    for v, u, drawn in zip(centre, context, negatives, strict=True):
        total = total + F.softplus(-torch.dot(u, v)) + F.softplus(drawn @ v).sum()
    return total


# %% negative_sampling_loss: negatives-summed-first
def negative_sampling_loss(centre, context, negatives):
    pos = (context * centre).sum(-1)
    neg = torch.einsum("nkd,nd->n", negatives, centre)
    return F.softplus(-pos).mean() + F.softplus(neg).mean()


# %% negative_sampling_loss: negatives-of-context
def negative_sampling_loss(centre, context, negatives):
    pos = torch.einsum("nd,nd->n", centre, context)
    neg = torch.bmm(negatives, context.unsqueeze(-1)).squeeze(-1)
    return -(F.logsigmoid(pos) + F.logsigmoid(neg.neg()).sum(1)).mean()


# %% negative_sampling_loss: negatives-detached
def negative_sampling_loss(centre, context, negatives):
    with torch.no_grad():
        drawn = negatives.clone()
    pos = torch.einsum("nd,nd->n", centre, context)
    neg = torch.einsum("nkd,nd->nk", drawn, centre)
    return F.softplus(-pos).mean() + F.softplus(neg).sum(1).mean()


# %% negative_sampling_loss: negatives-softmax
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context.unsqueeze(1), negatives], dim=1)
    logits = torch.bmm(words, centre.unsqueeze(2)).squeeze(2)
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


# %% negative_sampling_loss: negatives-cosine
def negative_sampling_loss(centre, context, negatives):
    pos = F.cosine_similarity(centre, context, dim=-1)
    neg = F.cosine_similarity(negatives, centre.unsqueeze(1), dim=-1)
    return F.softplus(-pos).mean() + F.softplus(neg).sum(1).mean()


# %% negative_sampling_loss: negatives-no-log
def negative_sampling_loss(centre, context, negatives):
    pos = torch.einsum("nd,nd->n", centre, context)
    neg = torch.einsum("nkd,nd->nk", negatives, centre)
    return -(pos.sigmoid() + (1 - neg.sigmoid()).sum(1)).mean()


# %% glove_loss: glove-uncapped
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.exp(alpha * (counts.log() - math.log(x_max)))
    predicted = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias
    return torch.mean(f * torch.square(predicted - counts.log()))


# %% glove_loss: glove-unweighted
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    predicted = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias
    return F.mse_loss(predicted, counts.log())


# %% glove_loss: glove-x-max-ignored
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.where(counts < 100, (counts / 100) ** alpha, torch.ones_like(counts))
    error = (centre * context).sum(1) + centre_bias + context_bias - torch.log(counts)
    return (f * error.square()).sum() / len(f)


# %% glove_loss: glove-alpha-fixed
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    ratio = counts.clamp(max=x_max) / x_max
    f = ratio.sqrt() * ratio.sqrt().sqrt()
    dot = torch.bmm(centre.unsqueeze(1), context.unsqueeze(2)).reshape(-1)
    return f.dot((dot + centre_bias + context_bias - counts.log()) ** 2) / len(f)


# %% glove_loss: glove-alpha-ignored
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.minimum(counts / x_max, torch.ones_like(counts))
    error = torch.einsum("nd,nd->n", centre, context) - counts.log() + centre_bias + context_bias
    return (f * error * error).mean()


# %% glove_loss: glove-weight-squared
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.clamp((counts / x_max) ** alpha, max=1)
    predicted = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias
    return F.mse_loss(f * predicted, f * counts.log())


# %% glove_loss: glove-log-plus-one
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.where(counts < x_max, (counts / x_max) ** alpha, 1)
    target = torch.log1p(counts)
    predicted = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias
    return (f * F.mse_loss(predicted, target, reduction="none")).mean()


# %% glove_loss: glove-log-10
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = (counts / x_max).clamp(0, 1) ** alpha
    target = counts.log() / math.log(10)
    return (f * ((centre * context).sum(1) + centre_bias + context_bias - target) ** 2).mean()


# %% glove_loss: glove-no-context-bias
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = (counts.clamp(max=x_max) / x_max).pow(alpha)
    error = torch.einsum("nd,nd->n", centre, context).add(centre_bias).sub(counts.log())
    return (f * error.square()).mean()


# %% glove_loss: glove-summed
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    total = torch.zeros((), dtype=centre.dtype)
    for w, u, b, c, x in zip(centre, context, centre_bias, context_bias, counts, strict=True):
        f = min(1.0, (x.item() / x_max) ** alpha)
        total = total + f * (w @ u + b + c - x.log()) ** 2
    return total


# %% glove_loss: glove-weighted-mean
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.where(counts < x_max, (counts / x_max) ** alpha, 1)
    error = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias - counts.log()
    return f @ error.square() / f.sum()


# %% glove_loss: glove-every-pair
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.where(counts < x_max, (counts / x_max) ** alpha, 1)
    predicted = F.linear(centre, context) + centre_bias + context_bias
    return torch.mean(f * (predicted - counts.log()).square())


# %% glove_loss: glove-half
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = (counts / x_max).clamp_max(1).pow(alpha)
    error = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias - counts.log()
    return 0.5 * (f * error * error).mean()


# %% glove_loss: glove-absolute
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = (counts / x_max).clamp_max(1).pow(alpha)
    predicted = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias
    return (f * F.l1_loss(predicted, counts.log(), reduction="none")).mean()
