"""More wrong answers to beam_search: how beams are numbered, scored and handed over."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids, length_divisor, reorder, take_step
from unrolled.decoding.search import _better, _trim


# %% beam_search: beam-rows-tiled
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    last = last.repeat(K)
    state = reorder(state, torch.arange(B, device=device).repeat(K))
    base = torch.arange(0, B * K, K, device=device).unsqueeze(1)
    sums = torch.full((B, K), -torch.inf, device=device)
    sums[:, 0] = 0.0
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        sums, index = (sums[..., None] + logp).flatten(1).topk(K)
        rows = (base + index // V).flatten()
        last, state = index.remainder(V).flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        final = sums.where(ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.where(~ends, -torch.inf)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-probabilities-added
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    base = torch.arange(0, B * K, K, device=device)[:, None]
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    alive = torch.full((B, K), float("-inf"), device=device)
    alive[:, 0] = 0
    history = last.new_full((B * K, max_len), eos_id)
    found = [(-float("inf"), None)] * B
    for t in range(max_len):
        logits, state = step(last, state)
        V = logits.size(-1)
        probs = F.softmax(logits, dim=-1).reshape(B, K, V)
        alive, index = (alive[..., None] + probs).reshape(B, -1).topk(K)
        rows = (base + index // V).flatten()
        state, last, history = reorder(state, rows), (index % V).flatten(), history[rows]
        history[:, t] = last
        for b in range(B):
            for k in range(K):
                if index[b, k] % V == eos_id or t == max_len - 1:
                    score = alive[b, k] / length_divisor(t + 1, length_penalty)
                    if score > found[b][0]:
                        found[b] = score, history[b * K + k].clone()
        alive = alive.masked_fill(index % V == eos_id, float("-inf"))
        hope = alive.max(1).values / length_divisor(max_len, length_penalty)
        if all(h <= score for h, (score, _) in zip(hope, found)):
            break
    ids = torch.stack([row for _, row in found])
    return _trim(ids, eos_id), torch.stack([score for score, _ in found])


# %% beam_search: beam-ended-goes-on
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
    done = [[] for _ in range(B)]
    for n in range(1, max_len + 1):
        logits, state = take_step(step, last, state, eos_id)
        V = logits.size(-1)
        totals = sums[:, :, None] + torch.log_softmax(logits, 1).unflatten(0, (B, K))
        sums, index = totals.flatten(1).topk(K)
        word, rows = index % V, (base + index // V).flatten()
        state, last = reorder(state, rows), word.flatten()
        ids = torch.cat([ids.flatten(0, 1)[rows].reshape(B, K, n - 1), word[..., None]], dim=-1)
        for b in range(B):
            for k in range(K):
                if word[b, k] == eos_id or n == max_len:
                    done[b].append((sums[b, k] / length_divisor(n, length_penalty), ids[b, k]))
    winners = [max(ended, key=lambda e: e[0].item()) for ended in done]
    table = start.new_full((B, max_len), eos_id)
    for row, (_, words) in zip(table, winners):
        row[: len(words)] = words
    return _trim(table, eos_id), torch.stack([score for score, _ in winners])


# %% beam_search: beam-one-short
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    expand = torch.arange(B, device=device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.full((B, K), -torch.inf, device=device)
    sums[:, 0] = 0.0
    seq = last.unsqueeze(1)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=device)
    while seq.size(1) < max_len:  # as if bos_id counted
        logits, state = step(seq[:, -1], state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        sums, index = (sums[..., None] + logp).flatten(1).topk(K)
        rows = (expand.reshape(B, K) * K + index // V).flatten()
        seq, state = torch.hstack([seq[rows], index.reshape(-1, 1) % V]), reorder(state, rows)
        made = seq[:, 1:].reshape(B, K, -1)
        ends = (made[:, :, -1] == eos_id) | (seq.size(1) == max_len)
        divisor = length_divisor(made.size(2), length_penalty)
        best = _better(best, made, sums.where(ends, -torch.inf) / divisor)
        sums = sums.where(~ends, -torch.inf)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-score-as-probability
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    expand = torch.arange(B, device=device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.full((B, K), -torch.inf, device=device)
    sums[:, 0] = 0.0
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.zeros(B, device=device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(1)
        logp = logits.log_softmax(-1).reshape(B, K, V)
        sums, index = (sums[..., None] + logp).flatten(1).topk(K)
        rows = (expand.reshape(B, K) * K + index // V).flatten()
        last, state = index.remainder(V).flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        final = torch.exp(sums.where(ends, -torch.inf) / length_divisor(n, length_penalty))
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.where(~ends, -torch.inf)
        if torch.all((sums.amax(1) / length_divisor(max_len, length_penalty)).exp() <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: outside the catalogue: no two beams may end in the same token
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
        each, parent = (sums[..., None] + logp).max(dim=1)  # of each token the best beam
        each = F.pad(each, (0, max(0, K - V)), value=-torch.inf)
        sums, word = each.topk(K)
        word = word.clamp(max=V - 1)
        rows = (expand.reshape(B, K) * K + parent.gather(1, word)).flatten()
        last, state = word.flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = word.eq(eos_id) | (n == max_len)
        final = sums.where(ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.where(~ends, -torch.inf)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]
