"""Right answers to what the word vectors need, in other ways: pairs, negatives, losses."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F
from torch import Tensor


# %% skip_gram_pairs: a square mask of places
def skip_gram_pairs(ids: Tensor, window: int) -> Tensor:
    place = torch.arange(ids.numel(), device=ids.device)
    distance = (place[:, None] - place[None, :]).abs()
    return ids[torch.nonzero((distance > 0) & (distance <= window))]


# %% skip_gram_pairs: a list of numbers
def skip_gram_pairs(ids, window):
    tokens = ids.tolist()
    rows = []
    for i, centre in enumerate(tokens):
        before = tokens[max(i - window, 0) : i]
        after = tokens[i + 1 : i + 1 + window]
        rows += [(centre, word) for word in before + after]
    return torch.tensor(rows, dtype=ids.dtype, device=ids.device).reshape(-1, 2)


# %% skip_gram_pairs: offsets for all places at once
def skip_gram_pairs(ids, window):
    offsets = torch.cat((torch.arange(-window, 0), torch.arange(1, window + 1)))
    centre = torch.arange(len(ids)).unsqueeze(1).expand(-1, 2 * window)
    context = centre + offsets
    inside = (context >= 0) & (context < len(ids))
    return torch.stack((ids[centre[inside]], ids[context[inside]]), dim=1)


# %% skip_gram_pairs: windows of a text with padding
def skip_gram_pairs(ids, window):
    T = len(ids)
    around = F.pad(ids, (window, window)).unfold(0, 2 * window + 1, 1)
    real = F.pad(torch.ones_like(ids, dtype=torch.bool), (window, window)).unfold(
        0, 2 * window + 1, 1
    )
    real = real.clone()
    real[:, window] = False
    centres = ids.reshape(T, 1).expand_as(around)
    return torch.column_stack((centres[real], around[real]))


# %% skip_gram_pairs: the product of all places, then a choice
def skip_gram_pairs(ids, window):
    both = torch.cartesian_prod(torch.arange(len(ids)), torch.arange(len(ids)))
    near = (both.diff(dim=1).abs() <= window).squeeze(1)
    other = both[:, 0] != both[:, 1]
    return ids.take(both[near & other])


# %% negative_sampler: a row of multinomial for each pair
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    p = torch.where(counts > 0, counts.double().pow(power), 0.0)
    return torch.multinomial(p.repeat(n_pairs, 1), n_negatives, True, generator=generator)


# %% negative_sampler: places on the cumulative sum
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    words = counts.nonzero().squeeze(1)
    cdf = torch.cumsum(counts[words].double() ** power, dim=0)
    cdf = cdf / cdf[-1]
    u = torch.rand(n_pairs, n_negatives, dtype=torch.float64, generator=generator)
    return words[torch.searchsorted(cdf, u, right=True)]


# %% negative_sampler: the largest of logarithms with Gumbel noise
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    logits = torch.log(counts.double()) * power
    logits[counts == 0] = float("-inf")
    noise = torch.empty(n_pairs, n_negatives, len(counts), dtype=torch.float64)
    noise.exponential_(generator=generator)
    return (logits - noise.log()).argmax(dim=-1)


# %% negative_sampler: one draw at a time
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = counts.to(torch.float32) ** power
    weights = weights.masked_fill(counts == 0, 0) / weights.max()
    rows = []
    for _ in range(n_pairs):
        row = [torch.multinomial(weights, 1, generator=generator) for _ in range(n_negatives)]
        rows.append(torch.cat(row))
    return torch.stack(rows)


# %% negative_sampling_loss: binary cross-entropy with targets
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context.unsqueeze(1), negatives], dim=1)
    logits = torch.bmm(words, centre.unsqueeze(-1)).squeeze(-1)
    targets = torch.zeros_like(logits)
    targets[:, 0] = 1
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return loss.sum(1).mean()


# %% negative_sampling_loss: log(1 + exp) as logaddexp
def negative_sampling_loss(centre, context, negatives):
    pos = torch.einsum("nd,nd->n", centre, context)
    neg = torch.einsum("nkd,nd->nk", negatives, centre)
    zero = torch.zeros((), dtype=pos.dtype)
    total = torch.logaddexp(zero, -pos).sum() + torch.logaddexp(zero, neg).sum()
    return total / centre.shape[0]


# %% negative_sampling_loss: pair by pair
def negative_sampling_loss(centre, context, negatives):
    log_sigmoid = torch.nn.LogSigmoid()
    loss = 0
    for v, u, drawn in zip(centre, context, negatives, strict=True):
        loss = loss - log_sigmoid(u @ v)
        for w in drawn:
            loss = loss - log_sigmoid(-(w @ v))
    return loss / len(centre)


# %% negative_sampling_loss: a log-softmax over yes and no
def negative_sampling_loss(centre, context, negatives):
    scores = torch.matmul(negatives, centre[..., None])[..., 0]
    true = torch.mul(centre, context).sum(1, keepdim=True)
    signed = torch.hstack((true, -scores))
    answers = torch.stack((signed, torch.zeros_like(signed)), dim=-1)
    return -answers.log_softmax(dim=-1)[..., 0].sum(dim=1).mean(dim=0)


# %% glove_loss: torch.where for the weight
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.where(counts < x_max, (counts / x_max) ** alpha, torch.ones_like(counts))
    w = torch.einsum("nd,nd->n", centre, context)
    error = w + centre_bias + context_bias - torch.log(counts)
    return torch.mean(f * error.square())


# %% glove_loss: the weight through its logarithm, and a weighted mse_loss
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    log_x = counts.log()
    weight = torch.exp(alpha * (log_x - torch.tensor(float(x_max), dtype=log_x.dtype).log()))
    weight = torch.minimum(weight, torch.ones_like(weight))
    ones = torch.ones_like(centre_bias)
    left = torch.column_stack((centre, centre_bias, ones))
    right = torch.column_stack((context, ones, context_bias))
    predicted = (left * right).sum(1)
    return (weight * F.mse_loss(predicted, log_x, reduction="none")).sum() / weight.numel()


# %% glove_loss: row by row
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    losses = []
    for n in range(counts.shape[0]):
        x = counts[n].item()
        f = (x / x_max) ** alpha if x < x_max else 1.0
        prediction = torch.dot(centre[n], context[n]) + centre_bias[n] + context_bias[n]
        losses.append(f * (prediction - torch.log(counts[n])).pow(2))
    return torch.stack(losses).mean()


# %% glove_loss: a product of weights and squares
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    scores = torch.bmm(centre.unsqueeze(1), context.unsqueeze(2)).flatten()
    error = counts.log().sub(scores).sub(centre_bias).sub(context_bias)
    f = (counts.clamp(max=x_max) / x_max).pow(alpha)
    return f @ (error * error) / len(counts)
