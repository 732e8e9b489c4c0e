"""Wrong answers to beam_search: what is returned, when it stops, and several mistakes at once."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids, length_divisor, reorder, take_step
from unrolled.decoding.search import _better, _trim


# %% beam_search: beam-never-stops
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    base = torch.arange(0, B * K, K, device=device)[:, None]
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    sums = torch.full((B, K), float("-inf"), device=device)
    sums[:, 0] = 0
    parents, words, finals = [], [], []
    for n in range(1, max_len + 1):
        logits, state = take_step(step, last, state, eos_id)
        V = logits.size(-1)
        totals = sums[:, :, None] + F.log_softmax(logits, dim=1).unflatten(0, (B, K))
        sums, index = totals.flatten(1).topk(K)
        parents.append(index // V)
        words.append(index % V)
        over = words[-1].eq(eos_id) if n < max_len else torch.ones_like(index).bool()
        finals.append(sums.where(over, -torch.inf) / length_divisor(n, length_penalty))
        sums = sums.where(~over, -torch.inf)
        state, last = reorder(state, (base + parents[-1]).flatten()), words[-1].flatten()
    scores, place = torch.hstack(finals).max(dim=1)
    ids = torch.full((B, max_len), eos_id, device=device)
    for b in range(B):
        t, k = divmod(place[b].item(), K)
        while t >= 0:
            ids[b, t], k = words[t][b, k], parents[t][b, k].item()
            t -= 1
    return _trim(ids, eos_id), scores


# %% beam_search: beam-last-score-only
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    expand = torch.arange(B, device=device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    closed = torch.ones(B, K, dtype=torch.bool, device=device)
    closed[:, 0] = False
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        scores, index = logp.masked_fill(closed[..., None], -torch.inf).flatten(1).topk(K)
        rows = (expand.reshape(B, K) * K + index // V).flatten()
        last, state = index.remainder(V).flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        final = scores.where(ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        closed = ends | scores.isinf()
        hope = scores.masked_fill(closed, -torch.inf).amax(1)
        if torch.all(hope / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-score-not-divided
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    expand = torch.arange(B, device=device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.full((B, K), -torch.inf, device=device)
    sums[:, 0] = 0.0
    ids = last.new_full((B * K, max_len), eos_id)
    ended = [[] for _ in range(B)]
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        sums, index = (sums[..., None] + logp).flatten(1).topk(K)
        rows = (expand.reshape(B, K) * K + index // V).flatten()
        last, state, ids = index.remainder(V).flatten(), reorder(state, rows), ids[rows]
        ids[:, n - 1] = last
        for b in range(B):
            for k in range(K):
                if index[b, k] % V == eos_id or n == max_len:
                    rank = float(sums[b, k]) / length_divisor(n, length_penalty)
                    ended[b].append((rank, sums[b, k].clone(), ids[b * K + k].clone()))
                    sums[b, k] = -torch.inf
        best = [max(e, key=lambda item: item[0]) if e else (-float("inf"),) for e in ended]
        hope = sums.amax(1) / length_divisor(max_len, length_penalty)
        if all(h <= b[0] for h, b in zip(hope.tolist(), best)):
            break
    return _trim(torch.stack([b[2] for b in best]), eos_id), torch.stack([b[1] for b in best])


# %% beam_search: beam-not-trimmed
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    base = torch.arange(0, B * K, K, device=device)[:, None]
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    sums = torch.full((B, K), float("-inf"), device=device)
    sums[:, 0] = 0
    ids = last.new_empty(B, K, 0)
    best = start.new_full((B, max_len), eos_id), sums[:, 0] - torch.inf
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(-1)
        totals = sums[:, :, None] + torch.log_softmax(logits, 1).unflatten(0, (B, K))
        sums, index = totals.flatten(1).topk(K)
        word, rows = index % V, (base + index // V).flatten()
        state, last = reorder(state, rows), word.flatten()
        ids = torch.cat([ids.flatten(0, 1)[rows].reshape(B, K, n - 1), word[..., None]], dim=-1)
        over = (word == eos_id) | (n == max_len)
        final = sums.where(over, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids, final)
        sums = sums.where(~over, -torch.inf)
        hope = sums.max(1).values / length_divisor(max_len, length_penalty)
        if not (hope > best[1]).any():
            break
    return best


# %% beam_search: beam-penalty-ignored + beam-not-trimmed
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    base = torch.arange(0, B * K, K, device=device)[:, None]
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    sums = torch.full((B, K), float("-inf"), device=device)
    sums[:, 0] = 0
    ids = last.new_empty(B, K, 0)
    best = start.new_full((B, max_len), eos_id), sums[:, 0] - torch.inf
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(-1)
        totals = sums[:, :, None] + torch.log_softmax(logits, 1).unflatten(0, (B, K))
        sums, index = totals.flatten(1).topk(K)
        word, rows = index % V, (base + index // V).flatten()
        state, last = reorder(state, rows), word.flatten()
        ids = torch.cat([ids.flatten(0, 1)[rows].reshape(B, K, n - 1), word[..., None]], dim=-1)
        over = (word == eos_id) | (n == max_len)
        best = _better(best, ids, sums.where(over, -torch.inf))
        sums = sums.where(~over, -torch.inf)
        if not (sums.max(1).values > best[1]).any():
            break
    return best


# %% beam_search: beam-state-not-reordered + beam-penalty-length
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    expand = torch.arange(B, device=device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.full((B, K), -torch.inf, device=device)
    sums[:, 0] = 0.0
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        sums, index = (sums[..., None] + logp).flatten(1).topk(K)
        rows = (expand.reshape(B, K) * K + index // V).flatten()
        last = index.remainder(V).flatten()
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        final = sums.where(ends, -torch.inf) / n**length_penalty
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.where(~ends, -torch.inf)
        if torch.all(sums.amax(1) / max_len**length_penalty <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-end-costs-no-place
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    expand = torch.arange(B, device=device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.full((B, K), -torch.inf, device=device)
    sums[:, 0] = 0.0
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        many, index = (sums[..., None] + logp).flatten(1).topk(min(2 * K, K * V))
        rows = (expand.reshape(B, K)[:, :1] * K + index // V).flatten()
        words = torch.hstack([ids[rows], index.reshape(-1, 1) % V]).reshape(B, -1, n)
        ends = (index % V == eos_id) | (n == max_len)
        final = many.where(ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, words, final)
        sums, place = many.where(~ends, -torch.inf).topk(K)
        rows = rows.reshape(B, -1).gather(1, place).flatten()
        ids = words.gather(1, place[..., None].expand(-1, -1, n)).reshape(B * K, n)
        last, state = ids[:, -1], reorder(state, rows)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]
