"""Wrong answers to beam_search: how a search ends, and how what has ended is scored."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids, length_divisor, reorder
from unrolled.decoding.search import _better, _trim


# %% beam_search: beam-penalty-length
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    last = last.repeat_interleave(K)
    state = reorder(state, torch.arange(B, device=device).repeat_interleave(K))
    open_beams, done = [[(0.0, [])] for _ in range(B)], [[] for _ in range(B)]
    for t in range(1, max_len + 1):
        logits, state = step(last, state)
        logp = torch.log_softmax(logits, -1)
        rows, tokens = [], []
        for b in range(B):
            candidates = []
            for k, (score, words) in enumerate(open_beams[b]):
                values, ids = logp[b * K + k].sort(descending=True)
                pairs = list(zip(values, ids.tolist()))[:K]
                candidates += [(score + value, k, [*words, word]) for value, word in pairs]
            candidates.sort(key=lambda c: float(c[0]), reverse=True)
            open_beams[b], sources = [], []
            for score, k, words in candidates[:K]:
                if words[-1] == eos_id or t == max_len:
                    done[b].append((score / len(words) ** length_penalty, words))
                else:
                    open_beams[b].append((score, words))
                    sources.append(k)
            spare = K - len(sources)
            rows += [b * K + k for k in sources + [0] * spare]
            tokens += [words[-1] for _, words in open_beams[b]] + [eos_id] * spare
        if not any(
            beams and not (best and beams[0][0] / max_len**length_penalty <= max(best)[0])
            for beams, best in zip(open_beams, done)
        ):
            break
        state = reorder(state, torch.tensor(rows, device=device))
        last = torch.tensor(tokens, device=device)
    winners = [max(ended, key=lambda e: float(e[0])) for ended in done]
    longest = max(len(words) for _, words in winners)
    ids = [words + [eos_id] * (longest - len(words)) for _, words in winners]
    return torch.tensor(ids, device=device), torch.stack([score for score, _ in winners])


# %% beam_search: beam-penalty-inverted
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
        last, state = index.remainder(V).flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        penalty = ((5 + n) / 6) ** length_penalty
        best = _better(best, ids.reshape(B, K, n), sums.masked_fill(~ends, -torch.inf) * penalty)
        sums = sums.masked_fill(ends, -torch.inf)
        if torch.all(sums.amax(1) * penalty <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-penalty-ignored
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    base = torch.arange(0, B * K, K, device=device)[:, None]
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    alive = torch.full((B, K), float("-inf"), device=device)
    alive[:, 0] = 0
    winner = torch.full((B, max_len), eos_id, device=device)
    winning = torch.full((B,), float("-inf"), dtype=torch.float64, device=device)
    ids = winner[:, None].repeat(1, K, 1)
    for t in range(max_len):
        logits, state = step(last, state)
        V = logits.size(-1)
        logp = F.log_softmax(logits, dim=-1).reshape(B, K, V)
        alive, index = (alive[..., None] + logp).reshape(B, -1).topk(K)
        rows = (base + index // V).flatten()
        state, last = reorder(state, rows), (index % V).flatten()
        ids = ids.reshape(B * K, -1)[rows]
        ids[:, t] = last
        ids = ids.reshape(B, K, -1)
        for b in range(B):
            for k in range(K):
                if (ids[b, k, t] == eos_id or t == max_len - 1) and alive[b, k] > winning[b]:
                    winning[b], winner[b] = alive[b, k], ids[b, k]
        alive = alive.masked_fill(ids[:, :, t] == eos_id, float("-inf"))
        if (alive.max(1).values <= winning).all():
            break
    return _trim(winner, eos_id), winning.to(logits.dtype)


# %% beam_search: beam-stop-without-penalty
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
        last, state = index.remainder(V).flatten(), reorder(state, rows)
        ids = torch.hstack([ids[rows], last[:, None]])
        ends = index.remainder(V).eq(eos_id) | (n == max_len)
        divided = sums / length_divisor(n, length_penalty)
        best = _better(best, ids.reshape(B, K, n), divided.where(ends, -torch.inf))
        sums = sums.masked_fill(ends, -torch.inf)
        if torch.all(divided.masked_fill(ends, -torch.inf).amax(1) <= best[1]):
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-open-lost
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
        over = word == eos_id
        final = sums.where(over, -torch.inf) / length_divisor(n, length_penalty)
        best = _better(best, ids, final)
        sums = sums.where(~over, -torch.inf)
        hope = sums.max(1).values / length_divisor(max_len, length_penalty)
        if not (hope > best[1]).any():
            break
    return _trim(best[0], eos_id), best[1]


# %% beam_search: beam-first-end-wins
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    base = torch.arange(0, B * K, K, device=device)[:, None]
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    sums = torch.full((B, K), float("-inf"), device=device)
    sums[:, 0] = 0
    ids = last.new_full((B * K, max_len), eos_id)
    found = [None] * B
    for n in range(1, max_len + 1):
        logits, state = step(last, state)
        V = logits.size(-1)
        totals = sums[:, :, None] + torch.log_softmax(logits, 1).unflatten(0, (B, K))
        sums, index = totals.flatten(1).topk(K)
        word, rows = index % V, (base + index // V).flatten()
        state, last, ids = reorder(state, rows), word.flatten(), ids[rows]
        ids[:, n - 1] = last
        for b in range(B):
            ended = (word[b] == eos_id).nonzero().flatten().tolist()
            if n == max_len:
                ended = ended or [0]
            if found[b] is None and ended:
                k = ended[0]  # topk sorts, so this is the best of them
                found[b] = ids[b * K + k], sums[b, k] / length_divisor(n, length_penalty)
        if all(found):
            break
        sums = sums.masked_fill(word == eos_id, float("-inf"))
    ids, scores = map(torch.stack, zip(*found))
    return _trim(ids, eos_id), scores


# %% beam_search: beam-ended-keeps-its-place
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B, K, device = last.size(0), beam_size, last.device
    last = last.repeat_interleave(K)
    state = reorder(state, torch.arange(B, device=device).repeat_interleave(K))
    open_beams, done = [[(0.0, [])] for _ in range(B)], [[] for _ in range(B)]
    for t in range(1, max_len + 1):
        logits, state = step(last, state)
        logp = logits - logits.logsumexp(-1, keepdim=True)
        rows, tokens = [], []
        for b in range(B):
            candidates = [
                (score + logp[b * K + k, v], k, [*words, v])
                for k, (score, words) in enumerate(open_beams[b])
                for v in range(logp.size(1))
            ]
            candidates.sort(key=lambda c: float(c[0]), reverse=True)
            places = K - len(done[b])
            open_beams[b], sources = [], []
            for score, k, words in candidates[:places]:
                if words[-1] == eos_id or t == max_len:
                    done[b].append((score / length_divisor(t, length_penalty), words))
                else:
                    open_beams[b].append((score, words))
                    sources.append(k)
            spare = K - len(sources)
            rows += [b * K + k for k in sources + [0] * spare]
            tokens += [words[-1] for _, words in open_beams[b]] + [eos_id] * spare
        bound = length_divisor(max_len, length_penalty)
        if all(
            not beams or (best and beams[0][0] / bound <= max(s for s, _ in best))
            for beams, best in zip(open_beams, done)
        ):
            break
        state = reorder(state, torch.tensor(rows, device=device))
        last = torch.tensor(tokens, device=device)
    winners = [max(ended, key=lambda e: float(e[0])) for ended in done]
    longest = max(len(words) for _, words in winners)
    ids = [words + [eos_id] * (longest - len(words)) for _, words in winners]
    return torch.tensor(ids, device=device), torch.stack([score for score, _ in winners])
