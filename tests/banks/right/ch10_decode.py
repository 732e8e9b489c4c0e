"""Right answers to decode_transformer, in other ways."""
# ruff: noqa: F811

from typing import NamedTuple

import torch
from torch import Tensor

from unrolled.decoding import beam_search, greedy_decode


# %% decode_transformer: a greedy loop of its own
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    with torch.no_grad():
        memory, memory_mask = model.encode(source)

        def advance(token, state):
            prefix = torch.hstack([state["prefix"], token.unsqueeze(1)])
            out = model.decode(prefix, state["memory"], state["mask"])
            return model.generator(out)[:, -1], {**state, "prefix": prefix}

        empty = torch.zeros(len(source), 0, dtype=torch.long, device=source.device)
        state = {"prefix": empty, "memory": memory, "mask": memory_mask}
        if beam_size > 1:
            ids, _ = beam_search(advance, state, bos_id, eos_id, max_len, beam_size, length_penalty)
            return ids
        token = torch.full_like(source[:, 0], bos_id)
        done = torch.zeros_like(token, dtype=torch.bool)
        out = []
        while len(out) < max_len and not done.all():
            logits, state = advance(token, state)
            token = torch.where(done, eos_id, logits.argmax(-1))
            done = done | (token == eos_id)
            out.append(token)
        return torch.stack(out, dim=1)


# %% decode_transformer: a named state, one search for all sizes
class Written(NamedTuple):
    ids: Tensor
    memory: Tensor
    mask: Tensor


@torch.inference_mode()
def decode_transformer(model, source, bos_id, eos_id, max_len, beam_size=1, length_penalty=0.0):
    def step(last, state):
        ids = torch.column_stack((state.ids, last))
        hidden = model.decode(ids, state.memory, state.mask)
        return model.generator(hidden.select(1, -1)), state._replace(ids=ids)

    memory, mask = model.encode(source)
    state = Written(source[:, :0], memory, mask)
    return beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)[0]


# %% decode_transformer: a buffer of full length and a counter
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
    if beam_size == 1:
        return greedy_decode(step, start, bos_id, eos_id, max_len)
    ids, _scores = beam_search(
        step, start, bos_id=bos_id, eos_id=eos_id, max_len=max_len,
        beam_size=beam_size, length_penalty=length_penalty,
    )  # fmt: skip
    return ids
