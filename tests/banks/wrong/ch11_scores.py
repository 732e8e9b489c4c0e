"""Wrong answers to mlm_loss and span_answer."""
# ruff: noqa: F811

import math

import torch
import torch.nn.functional as F


# %% mlm_loss: mlm-zero-ignored
def mlm_loss(logits, labels):
    here = labels > 0
    return F.nll_loss(F.log_softmax(logits, dim=-1)[here], labels[here])


# %% mlm_loss: mlm-all-positions
def mlm_loss(logits, labels):
    logp = F.log_softmax(logits, dim=-1)
    return -logp.gather(2, labels.clamp(min=0).unsqueeze(2)).mean()


# %% mlm_loss: mlm-divided-by-all
def mlm_loss(logits, labels):
    flat = labels.reshape(-1)
    logp = logits.reshape(len(flat), -1).log_softmax(dim=1)
    return F.nll_loss(logp, flat, ignore_index=-100, reduction="none").mean()


# %% mlm_loss: mlm-mean-of-means
def mlm_loss(logits, labels):
    losses = []
    for scores, wanted in zip(logits, labels, strict=True):
        hidden = wanted != -100
        if hidden.any():
            losses.append(F.nll_loss(scores[hidden].log_softmax(-1), wanted[hidden]))
    return sum(losses) / len(losses)


# %% mlm_loss: mlm-softmax-first
def mlm_loss(logits, labels):
    here = labels.ne(-100)
    p = torch.softmax(logits[here], dim=-1)
    return F.nll_loss(F.log_softmax(p, dim=-1), labels[here])


# %% mlm_loss: mlm-log-of-softmax
def mlm_loss(logits, labels):
    rows, places = torch.nonzero(labels != -100, as_tuple=True)
    e = torch.exp(logits - logits.amax(-1, keepdim=True))
    p = e / e.sum(-1, keepdim=True)
    return -torch.log(p[rows, places, labels[rows, places]]).mean()


# %% mlm_loss: mlm-bits
def mlm_loss(logits, labels):
    logp = logits.log_softmax(-1).transpose(1, 2)
    return F.nll_loss(logp, labels) / math.log(2)


# %% mlm_loss: mlm-shifted
def mlm_loss(logits, labels):
    logp = F.log_softmax(logits[:, :-1], dim=-1)
    return F.nll_loss(logp.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)


# %% mlm_loss: mlm-sign + mlm-summed
def mlm_loss(logits, labels):
    here = labels != -100
    logp = logits[here].log_softmax(-1)
    return logp[torch.arange(len(logp)), labels[here]].sum()


# %% mlm_loss: mlm-bits + mlm-mean-of-means
def mlm_loss(logits, labels):
    here = (labels != -100).to(logits.dtype)
    right = logits.gather(2, labels.clamp(min=0)[..., None])[..., 0]
    surprise = (logits.logsumexp(-1) - right) / math.log(2)
    number = here.sum(1)
    each = (surprise * here).sum(1) / number.clamp(min=1)
    return each.sum() / (number > 0).sum()


# %% mlm_loss: outside the catalogue: the surprise is squared
def mlm_loss(logits, labels):
    here = labels != -100
    return F.nll_loss(logits[here].log_softmax(-1), labels[here], reduction="none").square().mean()


# %% span_answer: apart
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    if mask is not None:
        start_logits = torch.where(mask, start_logits, -torch.inf)
        end_logits = torch.where(mask, end_logits, -torch.inf)
    return start_logits.max(dim=1).indices, end_logits.max(dim=1).indices


# %% span_answer: best-start-first
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    starts, ends = [], []
    for b in range(len(start_logits)):
        s, e = start_logits[b].tolist(), end_logits[b].tolist()
        places = [t for t in range(len(s)) if mask is None or mask[b, t]]
        i = max(places, key=lambda t: s[t])
        j = max((t for t in places if i <= t < i + max_len), key=lambda t: e[t])
        starts.append(i)
        ends.append(j)
    return torch.tensor(starts), torch.tensor(ends)


# %% span_answer: end-before-start
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    T = start_logits.size(1)
    spans = [(i, j) for i in range(T) for j in range(T) if j - i < max_len]
    i, j = torch.tensor(spans).unbind(1)
    score = start_logits[:, i] + end_logits[:, j]
    if mask is not None:
        score = score.masked_fill(~(mask[:, i] & mask[:, j]), float("-inf"))
    best = score.argmax(dim=1)
    return i[best], j[best]


# %% span_answer: one-too-long
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    place = torch.arange(start_logits.size(1))
    distance = place[None, :] - place[:, None]
    table = start_logits.unsqueeze(2) + end_logits.unsqueeze(1)
    table = torch.where((distance >= 0) & (distance <= max_len), table, -torch.inf)
    if mask is not None:
        table = torch.where(mask.unsqueeze(1) & mask.unsqueeze(2), table, -torch.inf)
    start = table.amax(dim=2).argmax(dim=1)
    return start, table[torch.arange(len(table)), start].argmax(dim=1)


# %% span_answer: passage-for-starts
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    starts, ends = [], []
    for b, (s, e) in enumerate(zip(start_logits, end_logits, strict=True)):
        best, where = float("-inf"), (0, 0)
        for i in range(len(s)):
            if mask is not None and not mask[b, i]:
                continue
            for j in range(i, min(i + max_len, len(e))):
                if s[i] + e[j] > best:
                    best, where = s[i] + e[j], (i, j)
        starts.append(where[0])
        ends.append(where[1])
    return torch.tensor(starts), torch.tensor(ends)


# %% span_answer: zero-for-infinity
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    T = start_logits.size(1)
    place = torch.arange(T)
    distance = place[None, :] - place[:, None]
    inside = (distance >= 0) & (distance < max_len)
    if mask is not None:
        inside = inside & mask.unsqueeze(1) & mask.unsqueeze(2)
    table = (start_logits.unsqueeze(2) + end_logits.unsqueeze(1)) * inside
    best = table.reshape(len(table), -1).max(dim=1).indices
    return torch.div(best, T, rounding_mode="floor"), best.remainder(T)


# %% span_answer: last-of-equals
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    starts, ends = [], []
    for b in range(len(start_logits)):
        s, e = start_logits[b].tolist(), end_logits[b].tolist()
        ok = [t for t in range(len(s)) if mask is None or mask[b, t]]
        spans = [(s[i] + e[j], i, j) for i in ok for j in ok if 0 <= j - i < max_len]
        _, i, j = max(spans)
        starts.append(i)
        ends.append(j)
    return torch.tensor(starts), torch.tensor(ends)


# %% span_answer: end-excluded
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    B, T = start_logits.shape
    if mask is not None:
        start_logits = start_logits.masked_fill(~mask, -torch.inf)
        end_logits = end_logits.masked_fill(~mask, -torch.inf)
    longest = min(max_len, T)
    beyond = end_logits.new_full((B, longest - 1), -torch.inf)
    windows = torch.cat([end_logits, beyond], dim=1).unfold(1, longest, 1)
    best = (start_logits.unsqueeze(-1) + windows).reshape(B, -1).argmax(dim=1)
    start, length = best // longest, best % longest + 1
    return start, start + length


# %% span_answer: any-length + passage-ignored
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    T = start_logits.size(1)
    i, j = torch.triu_indices(T, T)
    best = (start_logits[:, i] + end_logits[:, j]).argmax(dim=1)
    return i[best], j[best]


# %% span_answer: one-too-long + ends-swapped
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    T = start_logits.size(1)
    spans = [(i, j) for i in range(T) for j in range(i, T) if j - i <= max_len]
    i, j = torch.tensor(spans).unbind(1)
    score = start_logits[:, i] + end_logits[:, j]
    if mask is not None:
        score = score.masked_fill(~(mask[:, i] & mask[:, j]), float("-inf"))
    best = score.argmax(dim=1)
    return j[best], i[best]


# %% span_answer: outside the catalogue: long spans cost something
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    T = start_logits.size(1)
    spans = [(i, j) for i in range(T) for j in range(i, T) if j - i + 1 <= max_len]
    i, j = torch.tensor(spans).unbind(1)
    score = start_logits[:, i] + end_logits[:, j] - 0.5 * (j - i)
    if mask is not None:
        score = score.masked_fill(~(mask[:, i] & mask[:, j]), float("-inf"))
    best = score.argmax(dim=1)
    return i[best], j[best]
