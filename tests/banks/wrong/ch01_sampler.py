"""Wrong answers to negative_sampler."""
# ruff: noqa: F811

import torch


# %% negative_sampler: sampler-unigram
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    probabilities = counts / counts.sum()
    rows = [
        torch.multinomial(probabilities, n_negatives, True, generator=generator)
        for _ in range(n_pairs)
    ]
    return torch.stack(rows)


# %% negative_sampler: sampler-uniform
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    return torch.randint(len(counts), (n_pairs, n_negatives), generator=generator)


# %% negative_sampler: sampler-uniform-occurring
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    occurring = torch.nonzero(counts).flatten()
    picks = torch.randint(occurring.numel(), (n_pairs, n_negatives), generator=generator)
    return occurring[picks]


# %% negative_sampler: sampler-power-fixed
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    rows = counts.double().pow(3 / 4).expand(n_pairs, -1)
    return torch.multinomial(rows, n_negatives, replacement=True, generator=generator)


# %% negative_sampler: sampler-zero-power
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    cdf = torch.cumsum(torch.pow(counts.double(), power), dim=0)
    u = torch.rand(n_pairs, n_negatives, dtype=cdf.dtype, generator=generator) * cdf[-1]
    return torch.searchsorted(cdf, u, right=True)


# %% negative_sampler: sampler-no-replacement
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = torch.where(counts > 0, counts.double() ** power, 0)
    return torch.multinomial(weights.expand(n_pairs, -1), n_negatives, generator=generator)


# %% negative_sampler: sampler-one-row
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = counts.double() ** power
    weights[counts == 0] = 0
    row = torch.multinomial(weights, n_negatives, replacement=True, generator=generator)
    return row.repeat(n_pairs, 1)


# %% negative_sampler: sampler-axes
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = torch.where(counts == 0, 0, counts.double() ** power)
    columns = weights.expand(n_negatives, -1)
    return torch.multinomial(columns, n_pairs, replacement=True, generator=generator)


# %% negative_sampler: sampler-generator-ignored
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = (counts > 0) * counts.double() ** power
    return torch.distributions.Categorical(weights).sample((n_pairs, n_negatives))


# %% negative_sampler: sampler-seeded
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    if generator is None:
        generator = torch.Generator()
        generator.manual_seed(42)
    weights = torch.where(counts > 0, counts.double() ** power, 0).expand(n_pairs, -1)
    return torch.multinomial(weights, n_negatives, True, generator=generator)


# %% negative_sampler: sampler-sorted
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = torch.where(counts > 0, counts.double() ** power, 0)
    n = n_pairs * n_negatives
    drawn = torch.multinomial(weights, n, replacement=True, generator=generator)
    return torch.sort(drawn.reshape(n_pairs, -1), dim=1).values


# %% negative_sampler: sampler-counts-changed
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = counts if counts.is_floating_point() else counts.double()
    absent = weights == 0
    weights **= power
    weights[absent] = 0
    rows = weights.expand(n_pairs, -1)
    return torch.multinomial(rows, n_negatives, replacement=True, generator=generator)


# %% negative_sampler: sampler-log
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    rows = torch.log1p(counts.double()).expand(n_pairs, -1)
    return torch.multinomial(rows, n_negatives, replacement=True, generator=generator)


# %% negative_sampler: sampler-softmax
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    logits = (counts.double() ** power).masked_fill(counts == 0, float("-inf"))
    p = torch.exp(logits - logits.logsumexp(0))
    return torch.multinomial(p.repeat(n_pairs, 1), n_negatives, True, generator=generator)


# %% negative_sampler: sampler-add-one
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    smoothed = (counts.double() + 1).pow(power)
    n = n_pairs * n_negatives
    drawn = torch.multinomial(smoothed / smoothed.sum(), n, True, generator=generator)
    return drawn.reshape(n_pairs, n_negatives)


# %% negative_sampler: sampler-flat
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = counts.double() ** power
    weights[counts < 1] = 0
    return torch.multinomial(weights, n_pairs * n_negatives, True, generator=generator)


# %% negative_sampler: sampler-rare-first
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = torch.zeros(len(counts), dtype=torch.float64)
    occurs = counts > 0
    weights[occurs] = 1 / counts[occurs].double() ** power
    n = n_pairs * n_negatives
    drawn = torch.multinomial(weights, n, replacement=True, generator=generator)
    return drawn.unflatten(0, (n_pairs, n_negatives))


# %% negative_sampler: sampler-one-column
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    weights = torch.where(counts > 0, counts.double() ** power, 0)
    drawn = torch.multinomial(weights, n_pairs, replacement=True, generator=generator)
    return drawn[:, None].expand(n_pairs, n_negatives)
