"""Wrong answers to beam_search: what is kept, and what moves along."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids, length_divisor, reorder, take_step
from unrolled.decoding.search import _better, _trim


# %% beam_search: beam-state-not-reordered
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    alive = torch.full((B, K), float("-inf"), device=device)
    alive[:, 0] = 0
    came_from, words, set_aside = [], [], []
    for t in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(-1)
        logp = F.log_softmax(logits, dim=-1).reshape(B, K, V)
        alive, index = (alive[..., None] + logp).reshape(B, -1).topk(K)
        came_from.append(index // V)
        words.append(index % V)
        ends = (words[-1] == eos_id) | (t == max_len)
        set_aside.append(alive.where(ends, -torch.inf) / length_divisor(t, length_penalty))
        alive = alive.where(~ends, -torch.inf)
        scores, place = torch.cat(set_aside, dim=1).max(dim=1)
        if (alive.amax(1) / length_divisor(max_len, length_penalty) <= scores).all():
            break
        last = words[-1].flatten()
    ids = torch.full((B, max_len), eos_id, device=device)
    for b, p in enumerate(place.tolist()):
        end, k = divmod(p, K)
        for t in range(end, -1, -1):
            ids[b, t] = words[t][b, k]
            k = came_from[t][b, k]
    return _trim(ids, eos_id), scores


# %% beam_search: beam-state-not-carried
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    tokens = first_ids(bos_id, state)
    B, K = len(tokens), beam_size
    offset = K * torch.arange(B, device=tokens.device)[:, None]
    expand = torch.arange(B * K, device=tokens.device) // K
    tokens, state = tokens[expand], reorder(state, expand)
    sums = torch.tensor([0.0] + [-torch.inf] * (K - 1), device=tokens.device).expand(B, K)
    ids = tokens.new_zeros(B, K, 0)
    best = tokens.new_full((B, max_len), eos_id), torch.full_like(sums[:, 0], -torch.inf)
    for n in range(1, max_len + 1):
        logp = torch.log_softmax(step(tokens, state)[0], dim=-1)
        V = logp.size(-1)
        sums, index = torch.topk((sums.reshape(-1, 1) + logp).reshape(B, K * V), K)
        rows = (offset + index // V).reshape(-1)
        tokens = (index % V).reshape(-1)
        ids = torch.cat([ids.reshape(B * K, -1)[rows], tokens[:, None]], 1).reshape(B, K, n)
        ends = (index % V == eos_id) | (n == max_len)
        best = _better(best, ids, sums.where(ends, -torch.inf) / length_divisor(n, length_penalty))
        sums = sums.where(~ends, -torch.inf)
        if (sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]).all():
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-ids-not-reordered
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    tokens = first_ids(bos_id, state)
    B, K = len(tokens), beam_size
    offset = K * torch.arange(B, device=tokens.device)[:, None]
    expand = torch.arange(B * K, device=tokens.device) // K
    tokens, state = tokens[expand], reorder(state, expand)
    sums = torch.tensor([0.0] + [-torch.inf] * (K - 1), device=tokens.device).expand(B, K)
    history = tokens.new_full((B, K, max_len), eos_id)
    winner = tokens.new_full((B, max_len), eos_id)
    winning = [float("-inf")] * B
    for t in range(max_len):
        logits, state = step(tokens, state)
        V = logits.size(1)
        totals = sums.unsqueeze(-1) + logits.log_softmax(-1).reshape(B, K, V)
        sums, index = totals.flatten(1).topk(K)
        history[:, :, t] = index % V
        ends = history[:, :, t].eq(eos_id).logical_or(torch.tensor(t + 1 == max_len))
        for b, k in ends.nonzero().tolist():
            score = sums[b, k] / length_divisor(t + 1, length_penalty)
            if score > winning[b]:
                winning[b], winner[b] = score, history[b, k]
        sums = sums.masked_fill(ends, -torch.inf)
        hope = sums.amax(1) / length_divisor(max_len, length_penalty)
        if all(h <= w for h, w in zip(hope, winning)):
            break
        rows = (offset + index // V).flatten()
        tokens, state = (index % V).flatten(), reorder(state, rows)
    return _trim(winner, eos_id), torch.stack(winning)


# %% beam_search: beam-top-per-beam
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K = last.numel(), beam_size
    expand = torch.arange(B, device=last.device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums, ids = None, last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=last.device)
    for n in range(1, max_len + 1):
        logits, state = take_step(step, last, state, eos_id)
        logp = logits.log_softmax(-1)
        if sums is None:  # one beginning: its K best tokens
            sums, last = (x.flatten() for x in logp[::K].topk(K))
        else:
            value, last = logp.max(dim=-1)
            sums = sums + value
        ids = torch.hstack([ids, last[:, None]])
        ends = (last == eos_id) | (n == max_len)
        final = torch.where(ends, sums, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final.reshape(B, K))
        sums = torch.where(ends, -torch.inf, sums)
        hope = sums.reshape(B, K).amax(1) / length_divisor(max_len, length_penalty)
        if torch.all(hope <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-logits-added
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K = last.numel(), beam_size
    expand = torch.arange(B, device=last.device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.zeros(B, K, device=last.device)
    sums[:, 1:] = float("-inf")
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=last.device)
    for n in range(1, max_len + 1):
        logits, state = take_step(step, last, state, eos_id)
        V = logits.size(-1)
        sums, index = (sums.reshape(B * K, 1) + logits).reshape(B, K * V).topk(K)
        rows = (expand.reshape(B, K) * K + index.div(V, rounding_mode="floor")).flatten()
        last, state = index.remainder(V).flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        final = sums.masked_fill(~ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.masked_fill(ends, -torch.inf)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-copies
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K = last.numel(), beam_size
    expand = torch.arange(B * K, device=last.device).div(K, rounding_mode="floor")
    last, state = last[expand], reorder(state, expand)
    sums = torch.zeros(B, K, device=last.device)
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=last.device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        totals = sums[:, :, None] + logits.log_softmax(-1).unflatten(0, (B, K))
        # by hand, in the order of token and then beam
        order = totals.transpose(1, 2).flatten(1).sort(dim=1, descending=True, stable=True)
        sums, index = order.values[:, :K], order.indices[:, :K]
        beam, token = index % K, index // K
        rows = (expand.reshape(B, K) * K + beam).flatten()
        last, state = token.flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = (token == eos_id) | (n == max_len)
        final = sums.masked_fill(~ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.masked_fill(ends, -torch.inf)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-first-sentence
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K = last.numel(), beam_size
    state = reorder(state, torch.arange(B * K, device=last.device) // K)
    last = last.repeat_interleave(K)
    sums = last.new_zeros(B, K).to(torch.float64)
    sums[:, 1:] = float("-inf")
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full_like(sums[:, 0], -torch.inf)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(-1)
        totals = sums.reshape(B * K, 1) + F.log_softmax(logits, dim=1)
        sums, index = totals.reshape(B, K * V).topk(K)
        last, rows = (index % V).flatten(), (index // V).flatten()
        state = reorder(state, rows)
        ids = torch.column_stack([ids[rows], last])
        ends = (index % V == eos_id) | (n == max_len)
        final = torch.where(ends, sums, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        sums = torch.where(ends, -torch.inf, sums)
        if bool((sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]).all()):
            break
    return _trim(best[0], eos_id), best[1].to(logits.dtype)


# %% beam_search: beam-K-sentences
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    beams = list(range(1, beam_size)) or [1]
    B, K = last.numel(), len(beams)
    expand = torch.arange(B, device=last.device).repeat_interleave(K)
    last, state = last[expand], reorder(state, expand)
    sums = torch.full((B, K), -torch.inf, device=last.device)
    sums[:, 0] = 0.0
    ids = last.new_empty(B * K, 0)
    best = last.new_full((B, max_len), eos_id), torch.full((B,), -torch.inf, device=last.device)
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        logp = logits.log_softmax(-1).reshape(B, K, -1)
        sums, index = (sums[..., None] + logp).flatten(1).topk(K)
        word = index % logits.size(1)
        rows = (expand.reshape(B, K) * K + index // logits.size(1)).flatten()
        last, state = word.flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = (word == eos_id) | (n == max_len)
        final = sums.masked_fill(~ends, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), final)
        sums = sums.masked_fill(ends, -torch.inf)
        if torch.all(sums.amax(1) / length_divisor(max_len, length_penalty) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]
