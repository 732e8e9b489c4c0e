"""Right answers to span_answer, in other ways."""
# ruff: noqa: F811

import torch


# %% span_answer: all spans, one after the other
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    starts, ends = [], []
    for b, (s, e) in enumerate(zip(start_logits, end_logits, strict=True)):
        best, where = float("-inf"), (0, 0)
        for i in range(len(s)):
            for j in range(i, min(i + max_len, len(e))):
                if mask is not None and not (mask[b, i] and mask[b, j]):
                    continue
                if s[i] + e[j] > best:
                    best, where = s[i] + e[j], (i, j)
        starts.append(where[0])
        ends.append(where[1])
    make = {"device": start_logits.device, "dtype": torch.long}
    return torch.tensor(starts, **make), torch.tensor(ends, **make)


# %% span_answer: lengths instead of ends
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    B, T = start_logits.shape
    if mask is not None:
        start_logits = torch.where(mask, start_logits, -torch.inf)
        end_logits = torch.where(mask, end_logits, -torch.inf)
    longest = min(max_len, T)
    beyond = end_logits.new_full((B, longest - 1), -torch.inf)
    windows = torch.cat([end_logits, beyond], dim=1).unfold(1, longest, 1)  # (B, T, length)
    score = start_logits.unsqueeze(-1) + windows
    best = score.reshape(B, -1).max(dim=1).indices
    start = torch.div(best, longest, rounding_mode="floor")
    return start, start + torch.remainder(best, longest)


# %% span_answer: distances and a penalty that is added
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    B, T = start_logits.shape
    place = torch.arange(T, device=start_logits.device)
    distance = place[None, :] - place[:, None]
    forbidden = (distance < 0) | (distance >= max_len)
    table = torch.einsum("bi,j->bij", start_logits, torch.ones_like(start_logits[0]))
    table = table + end_logits.unsqueeze(1)
    table = torch.where(forbidden, -torch.inf, table)
    if mask is not None:
        inside = torch.einsum("bi,bj->bij", mask.int(), mask.int()) > 0
        table = torch.where(inside, table, -torch.inf)
    best_end = table.argmax(dim=2)
    start = table.amax(dim=2).argmax(dim=1)
    return start, best_end[torch.arange(B, device=start.device), start]


# %% span_answer: a list of the spans there are
def span_answer(start_logits, end_logits, mask=None, max_len=30):
    T = start_logits.size(1)
    spans = [(i, j) for i in range(T) for j in range(i, T) if j - i + 1 <= max_len]
    i, j = torch.tensor(spans, device=start_logits.device).unbind(1)
    score = start_logits[:, i] + end_logits[:, j]
    if mask is not None:
        score = score.masked_fill(~(mask[:, i] & mask[:, j]), float("-inf"))
    best = score.argmax(dim=1)
    return i[best], j[best]
