"""Wrong answers to greedy_decode."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids, take_step


# %% greedy_decode: greedy-state-not-carried
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    tokens = first_ids(bos_id, state)
    result = tokens.new_full((tokens.size(0), max_len), eos_id)
    alive = torch.ones_like(tokens, dtype=torch.bool)
    for t in range(max_len):
        logits, _ = step(tokens, state)
        tokens = torch.where(alive, logits.argmax(1), eos_id)
        result[:, t] = tokens
        alive &= tokens != eos_id
        if not alive.any():
            return result[:, : t + 1]
    return result


# %% greedy_decode: greedy-bos-again
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    bos = first_ids(bos_id, state)
    done = torch.zeros(len(bos), dtype=torch.bool, device=bos.device)
    columns = []
    while len(columns) < max_len and not done.all():
        logits, state = step(bos, state)
        token = logits.max(-1)[1]
        token[done] = eos_id
        done |= token == eos_id
        columns.append(token)
    return torch.stack(columns, 1)


# %% greedy_decode: greedy-goes-on-after-end
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    ids = first_ids(bos_id, state)[:, None]
    unfinished = torch.ones(len(ids), dtype=torch.long, device=ids.device)
    for _ in range(max_len):
        logits, state = step(ids[:, -1], state)
        ids = torch.cat([ids, logits.argmax(-1, keepdim=True)], dim=-1)
        unfinished = unfinished * (ids[:, -1] != eos_id)
        if unfinished.sum() == 0:
            break
    return ids[:, 1:]


# %% greedy_decode: greedy-filled-with-zero
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    last = first_ids(bos_id, state)
    result = torch.zeros(len(last), max_len, dtype=torch.long, device=last.device)
    going = torch.ones_like(last, dtype=torch.bool)
    for t in range(max_len):
        logits, state = step(last, state)
        last = logits.argmax(-1)
        result[going, t] = last[going]
        going = going & (last != eos_id)
        if not going.any():
            break
    return result[:, : t + 1]


# %% greedy_decode: greedy-stops-with-the-first
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    last, out = first_ids(bos_id, state), []
    while len(out) < max_len:
        logits, state = take_step(step, last, state, eos_id)
        last = torch.argmax(logits, dim=1)
        out.append(last)
        if eos_id in last:
            break
    return torch.vstack(out).T


# %% greedy_decode: greedy-never-stops
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token = first_ids(bos_id, state)
    made = torch.full((len(token), max_len), eos_id, device=token.device)
    ended = torch.zeros_like(token, dtype=torch.bool)
    for t in range(max_len):
        logits, state = step(token, state)
        token = logits.argmax(-1).where(~ended, eos_id)
        made[:, t] = token
        ended |= token == eos_id
    longest = int((made != eos_id).sum(1).max())
    return made[:, : longest + 1]


# %% greedy_decode: greedy-stops-late
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token, made = first_ids(bos_id, state), []
    done = torch.zeros_like(token, dtype=torch.bool)
    for _ in range(max_len):
        logits, state = step(token, state)
        if done.all():
            break
        token = torch.where(done, eos_id, logits.argmax(-1))
        done = done | token.eq(eos_id)
        made.append(token)
    return torch.stack(made, dim=-1)


# %% greedy_decode: greedy-bos-returned
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    seq = first_ids(bos_id, state).reshape(-1, 1)
    over = torch.zeros(seq.size(0), 1, dtype=torch.bool, device=seq.device)
    for _ in range(max_len):
        logits, state = step(seq[:, -1], state)
        new = logits.argmax(dim=-1, keepdim=True)
        new = torch.where(over, eos_id, new)
        seq = torch.hstack([seq, new])
        over = over | new.eq(eos_id)
        if torch.all(over):
            break
    return seq


# %% greedy_decode: greedy-least-likely
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    last = first_ids(bos_id, state)
    done, made = torch.zeros_like(last), []
    for _ in range(max_len):
        logits, state = step(last, state)
        losses = F.log_softmax(logits, dim=-1)
        last = losses.topk(1, largest=False).indices.squeeze(-1)
        last = last * (1 - done) + eos_id * done
        made.append(last)
        done = done.maximum((last == eos_id).long())
        if done.min() == 1:
            break
    return torch.stack(made, 1)


# %% greedy_decode: greedy-one-short
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    seq = first_ids(bos_id, state).unsqueeze(1)
    over = torch.zeros(seq.size(0), dtype=torch.bool, device=seq.device)
    while seq.size(1) < max_len and not over.all():  # max_len with bos_id
        logits, state = step(seq[:, -1], state)
        new = logits.argmax(-1).masked_fill(over, eos_id)
        seq = torch.cat([seq, new.unsqueeze(1)], dim=1)
        over = over | (new == eos_id)
    return seq[:, 1:]


# %% greedy_decode: greedy-padded
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token = first_ids(bos_id, state)
    made = token.new_zeros(token.size(0), max_len) + eos_id
    alive = torch.ones_like(token, dtype=torch.bool)
    for t in range(max_len):
        logits, state = step(token, state)
        token = torch.where(alive, torch.argmax(logits, 1), eos_id)
        made[:, t] = token
        alive = alive & (token != eos_id)
        if not alive.any():
            break
    return made


# %% greedy_decode: greedy-axes
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token = first_ids(bos_id, state)
    steps, alive = [], [True] * len(token)
    while any(alive) and len(steps) < max_len:
        logits, state = step(token, state)
        best = logits.argmax(-1).tolist()
        words = [word if a else eos_id for word, a in zip(best, alive)]
        alive = [a and word != eos_id for word, a in zip(words, alive)]
        token = torch.tensor(words, device=token.device)
        steps.append(words)
    return torch.tensor(steps, device=token.device)


# %% greedy_decode: greedy-end-cut
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token, made = first_ids(bos_id, state), []
    done = torch.zeros_like(token, dtype=torch.bool)
    for _ in range(max_len):
        logits, state = step(token, state)
        token = logits.argmax(-1)
        token[done] = eos_id
        done = done | (token == eos_id)
        if done.all():
            break
        made.append(token)
    return torch.stack(made, dim=1) if made else token.new_empty(len(token), 0)


# %% greedy_decode: greedy-end-ignored
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    seq = first_ids(bos_id, state)[:, None]
    for _ in range(max_len):
        logits, state = take_step(step, seq[:, -1], state, eos_id)
        seq = torch.cat((seq, logits.argmax(-1)[:, None]), dim=1)
    return seq[:, 1:]


# %% greedy_decode: greedy-state-not-carried + greedy-bos-returned
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    seq = first_ids(bos_id, state)[:, None]
    over = torch.zeros_like(seq, dtype=torch.bool)
    for _ in range(max_len):
        logits, _ = step(seq[:, -1], state)
        new = torch.where(over, eos_id, logits.argmax(dim=-1, keepdim=True))
        seq = torch.hstack([seq, new])
        over = over | new.eq(eos_id)
        if over.all():
            break
    return seq


# %% greedy_decode: greedy-least-likely + greedy-axes
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token, made = first_ids(bos_id, state), []
    alive = torch.ones_like(token, dtype=torch.bool)
    while len(made) < max_len and alive.any():
        logits, state = step(token, state)
        token = torch.where(alive, logits.neg().argmax(-1), eos_id)
        alive = alive & (token != eos_id)
        made.append(token)
    return torch.stack(made)


# %% greedy_decode: outside the catalogue: drawn by chance
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    token, made = first_ids(bos_id, state), []
    alive = torch.ones_like(token, dtype=torch.bool)
    while len(made) < max_len and alive.any():
        logits, state = step(token, state)
        token = torch.multinomial(logits.softmax(-1), 1).squeeze(1)
        token = torch.where(alive, token, eos_id)
        alive = alive & (token != eos_id)
        made.append(token)
    return torch.stack(made, dim=1)
