"""Right answers to last_state, shift_right, sequence_loss and greedy_decode, in other ways."""
# ruff: noqa: B905, F811

import torch
import torch.nn.functional as F

from unrolled.decoding import first_ids


# %% last_state: gathered along the time axis
def last_state(outputs, lengths):
    B, _, H = outputs.shape
    index = (lengths - 1).reshape(B, 1, 1).expand(B, 1, H)
    return outputs.gather(1, index).squeeze(1)


# %% last_state: a loop over the sentences
def last_state(outputs, lengths):
    return torch.stack([sentence[n - 1] for sentence, n in zip(outputs, lengths.tolist())])


# %% last_state: a mask with one place a sentence
def last_state(outputs, lengths):
    positions = torch.arange(1, outputs.size(1) + 1, device=outputs.device)
    return outputs[positions == lengths.unsqueeze(1)]


# %% last_state: as one long table
def last_state(outputs, lengths):
    B, T, H = outputs.shape
    starts = torch.arange(0, B * T, T, device=lengths.device)
    return torch.index_select(outputs.reshape(B * T, H), 0, starts + lengths - 1)


# %% shift_right: padded on the left
def shift_right(ids, bos_id):
    return F.pad(ids[:, :-1], (1, 0), value=bos_id)


# %% shift_right: written into an empty copy
def shift_right(ids, bos_id):
    shifted = torch.empty_like(ids)
    shifted[:, 1:] = ids[:, :-1]
    shifted[:, 0] = bos_id
    return shifted


# %% shift_right: rolled, the first column overwritten
def shift_right(ids, bos_id):
    shifted = ids.roll(1, dims=1)
    shifted[:, 0] = bos_id
    return shifted


# %% shift_right: lists
def shift_right(ids, bos_id):
    rows = [[bos_id, *row][:-1] for row in ids.tolist()]
    return torch.tensor(rows, dtype=ids.dtype, device=ids.device)


# %% sequence_loss: torch's cross entropy with one mark for nothing
def sequence_loss(logits, targets, pad_id):
    if pad_id is not None:
        targets = torch.where(targets == pad_id, -100, targets)
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))


# %% sequence_loss: the real positions picked out first
def sequence_loss(logits, targets, pad_id):
    keep = targets.ne(-100)
    if pad_id is not None:
        keep &= targets.ne(pad_id)
    logp = torch.log_softmax(logits[keep], dim=-1)
    y = targets[keep]
    return -logp[torch.arange(len(y)), y].mean()


# %% sequence_loss: weights of 0 and 1
def sequence_loss(logits, targets, pad_id):
    weight = (targets != -100).to(logits.dtype)
    if pad_id is not None:
        weight = weight * (targets != pad_id)
    z = logits - logits.amax(dim=-1, keepdim=True)
    logp = z - z.exp().sum(-1, keepdim=True).log()
    picked = torch.take_along_dim(logp, (targets * weight.long()).unsqueeze(-1), dim=-1)[..., 0]
    return -(picked * weight).sum() / weight.sum()


# %% sequence_loss: one token after the other
def sequence_loss(logits, targets, pad_id):
    total, count = logits.new_zeros(()), 0
    for scores, target in zip(logits.flatten(0, -2), targets.flatten().tolist()):
        if target == -100 or target == pad_id:
            continue
        total = total + torch.logsumexp(scores, dim=0) - scores[target]
        count += 1
    return total / count


# %% greedy_decode: into a table of end tokens
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    tokens = first_ids(bos_id, state)
    result = torch.full((tokens.size(0), max_len), eos_id, device=tokens.device)
    alive = torch.ones_like(tokens, dtype=torch.bool)
    for t in range(max_len):
        logits, state = step(tokens, state)
        tokens = torch.where(alive, logits.max(dim=-1).indices, eos_id)
        result[:, t] = tokens
        alive = alive & tokens.ne(eos_id)
        if not alive.any():
            return result[:, : t + 1]
    return result


# %% greedy_decode: a growing tensor and numbers for flags
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    input_ids = first_ids(bos_id, state).unsqueeze(1)
    unfinished = torch.ones_like(input_ids[:, 0])
    while input_ids.size(1) <= max_len and unfinished.max() > 0:
        logits, state = step(input_ids[:, -1], state)
        next_tokens = torch.argmax(F.softmax(logits, dim=-1), dim=-1)
        next_tokens = next_tokens * unfinished + eos_id * (1 - unfinished)
        input_ids = torch.cat([input_ids, next_tokens[:, None]], dim=1)
        unfinished = unfinished * (next_tokens != eos_id).long()
    return input_ids[:, 1:]


# %% greedy_decode: lists, made equally long at the end
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    last = first_ids(bos_id, state)
    device, sentences = last.device, [[] for _ in range(len(last))]
    for _ in range(max_len):
        scores, state = step(last, state)
        best = scores.topk(1, dim=-1).indices[:, 0].tolist()
        for words, word in zip(sentences, best):
            if eos_id not in words:
                words.append(word)
        if all(eos_id in words for words in sentences):
            break
        last = torch.tensor([words[-1] for words in sentences], device=device)
    longest = max(map(len, sentences))
    rows = [words + [eos_id] * (longest - len(words)) for words in sentences]
    return torch.tensor(rows, device=device)


# %% greedy_decode: it calls itself
@torch.no_grad()
def greedy_decode(step, state, bos_id, eos_id, max_len):
    def rest(last, state, done, left):
        logits, state = step(last, state)
        token = logits.argmax(-1)
        token[done] = eos_id
        done = done.logical_or(token == eos_id)
        if left == 1 or bool(done.all()):
            return [token]
        return [token, *rest(token, state, done, left - 1)]

    last = first_ids(bos_id, state)
    return torch.stack(rest(last, state, last < 0, max_len)).T
