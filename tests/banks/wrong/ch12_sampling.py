"""Wrong answers to apply_temperature, top_k_filter and top_p_filter."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


# %% apply_temperature: temperature-multiplied
def apply_temperature(logits, temperature):
    return torch.mul(temperature, logits)


# %% apply_temperature: temperature-log-probabilities
def apply_temperature(logits, temperature):
    z = logits.div(temperature)
    return z - torch.logsumexp(z, dim=-1, keepdim=True)


# %% apply_temperature: temperature-probabilities
def apply_temperature(logits, temperature):
    weights = torch.exp((logits - logits.amax(-1, keepdim=True)) / temperature)
    return weights / weights.sum(-1, keepdim=True)


# %% apply_temperature: temperature-in-place
def apply_temperature(logits, temperature):
    logits /= temperature
    return logits


# %% apply_temperature: temperature-not-below-1
def apply_temperature(logits, temperature):
    return logits / max(1.0, temperature)


# %% apply_temperature: temperature-root
def apply_temperature(logits, temperature):
    return logits * temperature**-0.5


# %% apply_temperature: outside the catalogue: divided by one more
def apply_temperature(logits, temperature):
    return logits / (temperature + 1)


# %% top_k_filter: top-k-filled-with-0
def top_k_filter(logits, k):
    threshold = logits.sort(dim=-1, descending=True)[0].narrow(-1, min(k, logits.size(-1)) - 1, 1)
    return logits * (logits >= threshold)


# %% top_k_filter: top-k-ties-cut
def top_k_filter(logits, k):
    values, indices = torch.topk(logits, k=min(k, logits.shape[-1]))
    return torch.full_like(logits, float("-inf")).scatter(-1, indices, values)


# %% top_k_filter: top-k-too-large
def top_k_filter(logits, k):
    ordered = torch.sort(logits, dim=-1, descending=True).values
    return torch.where(logits < ordered[..., [k - 1]], -torch.inf, logits)


# %% top_k_filter: top-k-over-all-rows
def top_k_filter(logits, k):
    best = torch.topk(logits.flatten(), min(k, logits.size(-1))).values
    return torch.where(logits >= best.min(), logits, float("-inf"))


# %% top_k_filter: top-k-one-more
def top_k_filter(logits, k):
    ahead = torch.sum(logits[..., None, :] > logits[..., None], dim=-1)
    return torch.where(ahead <= k, logits, -torch.inf)


# %% top_k_filter: top-k-smallest
def top_k_filter(logits, k):
    smallest = torch.topk(logits, min(k, logits.size(-1)), largest=False).values
    return torch.where(logits <= smallest.amax(-1, keepdim=True), logits, -torch.inf)


# %% top_k_filter: top-k-in-place
def top_k_filter(logits, k):
    k = min(k, logits.size(-1))
    removed = logits < torch.topk(logits, k)[0][..., -1, None]
    logits[removed] = -float("Inf")
    return logits


# %% top_k_filter: top-k-filled-with-0 + top-k-drops-the-kth
def top_k_filter(logits, k):
    kth = torch.topk(logits, min(k, logits.size(-1))).values.min(dim=-1, keepdim=True).values
    return torch.where(logits > kth, logits, torch.zeros_like(logits))


# %% top_k_filter: outside the catalogue: a margin below the k-th stays too
def top_k_filter(logits, k):
    kth = logits.topk(min(k, logits.size(-1))).values[..., -1:]
    return logits.masked_fill(logits < kth - 0.5, -torch.inf)


# %% top_p_filter: top-p-drops-the-crossing-token
def top_p_filter(logits, p):
    ordered, indices = logits.sort(descending=True)
    cumulative = ordered.softmax(-1).cumsum(-1)
    beyond = cumulative > p
    beyond[..., 0] = False
    ordered = ordered.masked_fill(beyond, -torch.inf)
    return torch.zeros_like(logits).scatter(-1, indices, ordered)


# %% top_p_filter: top-p-unsorted
def top_p_filter(logits, p):
    probs = F.softmax(logits, dim=-1)
    before = torch.cumsum(probs, dim=-1) - probs
    return torch.where(before < p, logits, float("-inf"))


# %% top_p_filter: top-p-complement
def top_p_filter(logits, p):
    ordered, indices = torch.sort(logits, dim=-1)
    tail = torch.cumsum(torch.softmax(ordered, dim=-1), dim=-1)
    gone = tail <= p
    gone[..., -1] = False
    out = logits.clone()
    out[torch.zeros_like(gone).scatter_(-1, indices, gone)] = -torch.inf
    return out


# %% top_p_filter: top-p-sorted-result
def top_p_filter(logits, p):
    ordered = logits.sort(dim=-1, descending=True).values
    probs = torch.softmax(ordered, -1)
    keep = probs.cumsum(-1) - probs < p
    return torch.where(keep, ordered, -torch.inf)


# %% top_p_filter: top-p-not-back-in-order
def top_p_filter(logits, p):
    probs = torch.softmax(logits, dim=-1)
    ordered = torch.sort(probs, dim=-1, descending=True)[0]
    reached = torch.cumsum(ordered, dim=-1) - ordered
    return logits.masked_fill(reached >= p, -torch.inf)


# %% top_p_filter: top-p-single-probability
def top_p_filter(logits, p):
    probs = F.softmax(logits, dim=-1)
    best = probs == probs.amax(-1, keepdim=True)
    return torch.where((probs >= p) | best, logits, -torch.inf)


# %% top_p_filter: top-p-filled-with-0
def top_p_filter(logits, p):
    ordered, indices = logits.sort(dim=-1, descending=True)
    probs = ordered.softmax(-1)
    ordered = torch.where(probs.cumsum(-1) - probs >= p, torch.zeros_like(ordered), ordered)
    return torch.empty_like(logits).scatter(-1, indices, ordered)


# %% top_p_filter: top-p-one-more
def top_p_filter(logits, p):
    rows = logits.reshape(-1, logits.size(-1))
    out = torch.full_like(rows, -torch.inf)
    for row, new in zip(rows, out, strict=True):
        order = row.argsort(descending=True)
        sums = row.softmax(0)[order].cumsum(0)
        n = int((sums < p).sum()) + 2
        new[order[:n]] = row[order[:n]]
    return out.reshape(logits.shape)


# %% top_p_filter: top-p-in-place
def top_p_filter(logits, p):
    order = torch.argsort(logits, dim=-1)
    gone = logits.softmax(-1).gather(-1, order).cumsum(-1) <= 1 - p
    gone[..., -1] = False
    return logits.masked_fill_(gone.scatter(-1, order, gone), float("-inf"))


# %% top_p_filter: top-p-filled-with-0 + top-p-complement
def top_p_filter(logits, p):
    ordered, indices = logits.sort(dim=-1)
    gone = torch.cumsum(F.softmax(ordered, dim=-1), dim=-1) <= p
    gone[..., -1] = False
    ordered = torch.where(gone, torch.zeros_like(ordered), ordered)
    return torch.zeros_like(logits).scatter(-1, indices, ordered)


# %% top_p_filter: outside the catalogue: p counts twice
def top_p_filter(logits, p):
    ordered, indices = logits.sort(dim=-1, descending=True)
    probs = F.softmax(ordered, dim=-1)
    drop = torch.cumsum(probs, dim=-1) - probs >= p * p
    drop[..., 0] = False
    return torch.empty_like(logits).scatter(-1, indices, ordered.masked_fill(drop, -torch.inf))
