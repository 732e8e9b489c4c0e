"""Wrong answers to decode_transformer."""
# ruff: noqa: F811

import torch

from unrolled.decoding import beam_search, greedy_decode


# %% decode_transformer: only-the-last-token
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        memory, mask = state
        out = model.generator(model.decode(last.unsqueeze(1), memory, mask))
        return out.squeeze(1), state

    state = model.encode(source)
    if beam_size > 1:
        return beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
    return greedy_decode(step, state, bos_id, eos_id, max_len)


# %% decode_transformer: first-position-scored
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    memory, memory_mask = model.encode(source)

    def advance(token, state):
        prefix = torch.hstack([state["prefix"], token.unsqueeze(1)])
        out = model.decode(prefix, state["memory"], state["mask"])
        return model.generator(out)[:, 0], {**state, "prefix": prefix}

    state = {"prefix": source[:, :0], "memory": memory, "mask": memory_mask}
    if beam_size > 1:
        return beam_search(advance, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
    return greedy_decode(advance, state, bos_id, eos_id, max_len)


# %% decode_transformer: mask-lost
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        memory, ids = state
        ids = torch.cat((ids, last[:, None]), dim=-1)
        everywhere = torch.ones(len(ids), 1, 1, memory.size(1), dtype=torch.bool)
        out = model.decode(ids, memory, everywhere.to(ids.device))
        return model.generator(out[:, -1, :]), (memory, ids)

    memory, _ = model.encode(source)
    state = (memory, source[:, :0])
    if beam_size > 1:
        return beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
    return greedy_decode(step, state, bos_id, eos_id, max_len)


# %% decode_transformer: always-greedy
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    with torch.no_grad():
        memory, mask = model.encode(source)
        ids = torch.full((len(source), 1), bos_id, device=source.device)
        done = torch.zeros(len(source), dtype=torch.bool, device=source.device)
        for _ in range(max_len):
            logits = model.generator(model.decode(ids, memory, mask))[:, -1]
            following = logits.argmax(-1).masked_fill(done, eos_id)
            ids = torch.cat([ids, following[:, None]], dim=1)
            done |= following == eos_id
            if bool(done.all()):
                break
    return ids[:, 1:]


# %% decode_transformer: penalty-lost
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        memory, mask, ids = state
        ids = torch.column_stack((ids, last))
        return model.generator(model.decode(ids, memory, mask)[:, -1]), (memory, mask, ids)

    state = (*model.encode(source), source[:, :0])
    return beam_search(step, state, bos_id, eos_id, max_len, beam_size)[0]


# %% decode_transformer: start-kept
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    @torch.no_grad()
    def step(last, state):
        memory, mask, buffer, t = state
        buffer = buffer.clone()
        buffer[:, t] = last
        features = model.decode(buffer[:, : t + 1], memory, mask)
        return model.generator(features[:, t]), [memory, mask, buffer, t + 1]

    with torch.no_grad():
        memory, mask = model.encode(source)
    buffer = torch.full((source.shape[0], max_len + 1), eos_id, device=source.device)
    start = [memory, mask, buffer, 0]
    search = (bos_id, eos_id, max_len)
    if beam_size == 1:
        ids = greedy_decode(step, start, *search)
    else:
        ids = beam_search(step, start, *search, beam_size, length_penalty)[0]
    return torch.cat([torch.full_like(ids[:, :1], bos_id), ids], dim=1)


# %% decode_transformer: memory-not-reordered
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    memory, mask = model.encode(source)

    def step(last, ids):
        ids = torch.cat([ids, last[:, None]], dim=1)
        times = len(ids) // len(memory)
        seen = memory.repeat(times, 1, 1), mask.repeat(times, 1, 1, 1)
        return model.generator(model.decode(ids, *seen)[:, -1]), ids

    if beam_size > 1:
        ids = source[:, :0]
        return beam_search(step, ids, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
    return greedy_decode(step, source[:, :0], bos_id, eos_id, max_len)


# %% decode_transformer: one-token-too-few
@torch.inference_mode()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        ids = torch.column_stack((state["ids"], last))
        hidden = model.decode(ids, state["memory"], state["mask"])
        return model.generator(hidden.select(1, -1)), {**state, "ids": ids}

    memory, mask = model.encode(source)
    state = {"ids": source[:, :0], "memory": memory, "mask": mask}
    last_step = max(max_len - 1, 1)
    return beam_search(step, state, bos_id, eos_id, last_step, beam_size, length_penalty)[0]


# %% decode_transformer: read-again
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        text, ids = state
        ids = torch.column_stack((ids, last))
        memory, mask = model.encode(text)
        return model.generator(model.decode(ids, memory, mask)[:, -1]), (text, ids)

    state = (source, source[:, :0])
    if beam_size > 1:
        return beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
    return greedy_decode(step, state, bos_id, eos_id, max_len)


# %% decode_transformer: only-the-last-token + penalty-lost
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        hidden = model.decode(last[:, None], *state)
        return model.generator(hidden[:, 0]), state

    return beam_search(step, model.encode(source), bos_id, eos_id, max_len, beam_size)[0]


# %% decode_transformer: one-token-too-many + beams-one-short
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        memory, mask, ids = state
        ids = torch.column_stack((ids, last))
        return model.generator(model.decode(ids, memory, mask)[:, -1]), (memory, mask, ids)

    state = (*model.encode(source), source[:, :0])
    steps = max_len + 1
    if beam_size == 1:
        return greedy_decode(step, state, bos_id, eos_id, steps)
    ids, _ = beam_search(step, state, bos_id, eos_id, steps, beam_size - 1, length_penalty)
    return ids


# %% decode_transformer: outside the catalogue: a token is never written twice
@torch.no_grad()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        memory, mask, ids = state
        ids = torch.column_stack((ids, last))
        logits = model.generator(model.decode(ids, memory, mask)[:, -1])
        return logits.scatter(1, ids, float("-inf")), (memory, mask, ids)

    state = (*model.encode(source), source[:, :0])
    if beam_size == 1:
        return greedy_decode(step, state, bos_id, eos_id, max_len)
    return beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]
