"""Right answers to beam_search, in other ways."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids, length_divisor, reorder, take_step
from unrolled.decoding.search import _trim


# %% beam_search: lists of sentences that have ended
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    last = first_ids(bos_id, state)
    B = last.size(0)
    last = last.repeat_interleave(beam_size)
    state = reorder(state, torch.arange(B, device=last.device).repeat_interleave(beam_size))
    open_beams = [[(0.0, [])] for _ in range(B)]
    done = [[] for _ in range(B)]
    scores = None
    for t in range(1, max_len + 1):
        logits, state = step(last, state)
        logp = torch.log_softmax(logits, -1)
        V = logp.size(-1)
        rows, tokens = [], []
        for b in range(B):
            candidates = []
            for k, (score, words) in enumerate(open_beams[b]):
                values, ids = logp[b * beam_size + k].topk(min(beam_size, V))
                for value, word in zip(values, ids.tolist()):
                    candidates.append((score + value, k, [*words, word]))
            candidates.sort(key=lambda c: float(c[0]), reverse=True)
            open_beams[b], sources = [], []
            for score, k, words in candidates[:beam_size]:
                if words[-1] == eos_id or t == max_len:
                    done[b].append((score / ((5 + t) / 6) ** length_penalty, words))
                else:
                    open_beams[b].append((score, words))
                    sources.append(k)
            spare = beam_size - len(sources)
            rows += [b * beam_size + k for k in sources + [0] * spare]
            tokens += [words[-1] for _, words in open_beams[b]] + [eos_id] * spare
        bound = ((5 + max_len) / 6) ** length_penalty
        if all(
            not beams or (best and beams[0][0] / bound <= max(s for s, _ in best))
            for beams, best in zip(open_beams, done)
        ):
            break
        state = reorder(state, torch.tensor(rows, device=last.device))
        last = torch.tensor(tokens, device=last.device)
    winners = [max(ended, key=lambda e: float(e[0])) for ended in done]
    longest = max(len(words) for _, words in winners)
    ids = [words + [eos_id] * (longest - len(words)) for _, words in winners]
    scores = torch.stack([score for score, _ in winners])
    return torch.tensor(ids, device=last.device), scores


# %% beam_search: back pointers, followed at the end
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    start = first_ids(bos_id, state)
    device, B, K = start.device, len(start), beam_size
    first_row = torch.arange(0, B * K, K, device=device).unsqueeze(1)
    state = reorder(state, torch.arange(B * K, device=device) // K)
    last = start.repeat_interleave(K)
    alive = torch.full((B, K), float("-inf"), dtype=torch.float64, device=device)
    alive[:, 0] = 0
    came_from, words, set_aside = [], [], []
    for t in range(max_len):
        logits, state = take_step(step, last, state, eos_id)
        V = logits.size(-1)
        logp = F.log_softmax(logits, dim=-1).reshape(B, K, V)
        top = (alive[..., None] + logp).reshape(B, -1).topk(K)
        parent = torch.div(top.indices, V, rounding_mode="floor")
        word = top.indices.remainder(V)
        came_from.append(parent)
        words.append(word)
        ends = word.eq(eos_id) if t + 1 < max_len else torch.ones_like(word, dtype=torch.bool)
        divided = top.values / length_divisor(t + 1, length_penalty)
        set_aside.append(torch.where(ends, divided, float("-inf")))
        alive = torch.where(ends, float("-inf"), top.values)
        best = torch.cat(set_aside, dim=1).max(dim=1)
        hope = alive.max(dim=1).values / length_divisor(max_len, length_penalty)
        if torch.all(hope <= best.values):
            break
        index = (first_row + parent).reshape(-1)
        state, last = reorder(state, index), word.reshape(-1)
    ids = torch.full((B, max_len), eos_id, device=device)
    for b, place in enumerate(best.indices.tolist()):
        t, k = divmod(place, K)
        while t >= 0:
            ids[b, t] = words[t][b, k]
            k = int(came_from[t][b, k])
            t -= 1
    return _trim(ids, eos_id), best.values.to(logits.dtype)


# %% beam_search: a table of ids, gathered, and one best of each sentence
@torch.no_grad()
def beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty=0.0):
    tokens = first_ids(bos_id, state)
    batch = tokens.numel()
    offset = beam_size * torch.arange(batch, device=tokens.device)[:, None]
    expand = (offset + torch.zeros(1, beam_size).to(offset)).reshape(-1) // beam_size
    tokens, state = tokens[expand], reorder(state, expand)
    history = tokens.new_full((batch, beam_size, max_len), eos_id)
    winner = tokens.new_full((batch, max_len), eos_id)
    winning = [-float("inf")] * batch
    beam_scores = None
    for length in range(1, max_len + 1):
        logits, state = step(tokens, state)
        vocabulary = logits.size(1)
        scores = logits.sub(logits.logsumexp(1, keepdim=True))
        scores = scores.reshape(batch, beam_size * vocabulary)
        if beam_scores is None:
            scores[:, vocabulary:] = -float("inf")
        else:
            scores = scores + beam_scores.repeat_interleave(vocabulary, dim=1)
        order = scores.argsort(dim=1, descending=True)[:, :beam_size]
        beam_scores = scores.gather(1, order)
        beams, words = order // vocabulary, order % vocabulary
        history = history.gather(1, beams[:, :, None].expand(-1, -1, max_len)).clone()
        history[:, :, length - 1] = words
        over = words == eos_id
        if length == max_len:
            over[:] = True
        for b, k in over.nonzero().tolist():
            score = beam_scores[b, k] / length_divisor(length, length_penalty)
            if score > winning[b]:
                winning[b], winner[b] = score, history[b, k]
        beam_scores = beam_scores.masked_fill(over, -float("inf"))
        could = beam_scores.max(1).values / length_divisor(max_len, length_penalty)
        if not any(bool(c > w) for c, w in zip(could, winning)):
            break
        moved = (offset + beams).flatten()
        state, tokens = reorder(state, moved), words.flatten()
    width = max((row != eos_id).sum().item() for row in winner)
    return winner[:, : width + 1], torch.stack(winning)
