"""Bahdanau's decoder, which looks back before each step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch05 import DECODER
from unrolled.checks.sections import section

Inputs = tuple[Tensor, Tensor, Tensor]


def _made(answer: Handle, draw: Draw, *attention: str) -> tuple[Handle, Inputs]:
    """A decoder with its inputs, state and memory, all sizes different where they may differ."""
    B, T, Tk, V, E, H, M = draw.sizes("B T Tk V E H M")
    H = M if "dot" in attention else H
    decoder = draw.layer(answer, V, E, H, M, *attention)
    return decoder, _inputs(draw, (B, T, Tk, V, H, M))


def _inputs(draw: Draw, sizes: tuple[int, ...]) -> Inputs:
    B, T, Tk, V, H, M = sizes
    ids = draw.ids("inputs", V, B, T)
    return ids, draw.normal("state", B, H), draw.normal("memory", B, Tk, M)


def _mask_of(draw: Draw, memory: Tensor) -> Tensor:
    return draw.mask("mask", memory.size(0), 1, 1, memory.size(1))


def _logits(answer: Handle, draw: Draw) -> Any:
    decoder, inputs = _made(answer, draw)
    return decoder(*inputs).output()


def _weights(answer: Handle, draw: Draw) -> Any:
    decoder, inputs = _made(answer, draw)
    return decoder(*inputs)[1]


def _one_word(answer: Handle, draw: Draw) -> Any:
    decoder, (ids, state, memory) = _made(answer, draw)
    got = decoder(draw.show("inputs", ids[:, :1]), state, memory)
    return {"logits": got[0], "weights": got[1]}


def _mask(answer: Handle, draw: Draw) -> Any:
    decoder, inputs = _made(answer, draw)
    got = decoder(*inputs, _mask_of(draw, inputs[2]))
    return {"logits": got[0], "weights": got[1]}


def _shared_mask(answer: Handle, draw: Draw) -> Any:
    decoder, inputs = _made(answer, draw)
    return decoder(*inputs, draw.mask("mask", inputs[2].size(1))).output()


def _luong(answer: Handle, draw: Draw) -> Any:
    seen = {}
    for attention in ("general", "dot", "concat"):
        decoder, inputs = _made(answer, draw, attention)
        seen[attention] = decoder(*inputs).output()
    return seen


def _stepped(decoder: Handle, ids: Tensor, carried: Handle) -> tuple[list[Handle], Handle]:
    logits = []
    for column in ids.unbind(1):
        got = decoder.call("step", column, carried)
        logits.append(got[0])
        carried = got[1]
    return logits, carried


def _steps(answer: Handle, draw: Draw) -> Any:
    decoder, (ids, state, memory) = _made(answer, draw)
    carried = decoder.call("start", state, memory, _mask_of(draw, memory))
    return _stepped(decoder, ids, carried)[0]


def _moved(carried: Any, order: Tensor) -> Any:
    """What a beam search does with what is carried: rows change places in every tensor."""
    if isinstance(carried, Tensor):
        return carried.index_select(0, order) if carried.dim() else carried
    if isinstance(carried, dict):
        return {key: _moved(value, order) for key, value in carried.items()}
    if isinstance(carried, tuple | list):
        return type(carried)(_moved(value, order) for value in carried)
    return carried


def _rows_exchanged(answer: Handle, draw: Draw) -> Any:
    decoder, (ids, state, memory) = _made(answer, draw)
    mask = draw.mask("mask", memory.size(1))
    carried = decoder.call("start", state, memory, mask)
    _, carried = _stepped(decoder, ids[:, :1], carried)
    order = draw.show("order of the rows after one step", torch.arange(ids.size(0)).flip(0))
    order[0] = order[-1]  # one row is continued twice, another not at all
    moved = answer.candidate.put(_moved(carried.value(), order))
    return _stepped(decoder, ids[:, 1:3], moved)[0]


def _dropout(answer: Handle, draw: Draw) -> Any:
    # out is the identity, so the logits show what it reads: state, context and embedding.
    E, H, M = 25, 10, 11
    V = H + M + E
    fixed = {"out.weight": torch.eye(V), "out.bias": torch.zeros(V)}
    decoder = draw.layer(answer, V, E, H, M, dropout=0.5, fixed=fixed)
    inputs = _inputs(draw, (6, 2, 3, V, H, M))
    evaluated = decoder(*inputs)
    decoder.call("train")
    trained = decoder(*inputs, seed=draw.noise)
    parts = [tensor(got.output())[:, 0].split([H, M, E], dim=-1) for got in (evaluated, trained)]
    facts = {
        f"{name} {fact}": holds
        for name, times, before, after in zip(
            ("the state", "the context", "the embedding"), (None, 2, 4), *parts, strict=True
        )
        for fact, holds in _dropped(before, after, times).items()
    }
    first = [got[1][:, :, 0] for got in (evaluated, trained)]
    weights = torch.allclose(tensor(first[0]), tensor(first[1]), atol=1e-5)
    return facts | {"the first weights are as in evaluation": weights, "evaluated": evaluated[0]}


def _dropped(before: Tensor, after: Tensor, times: int | None) -> dict[str, bool]:
    """Whether a part is dropped in some places, and in the others grown ``times``-fold."""
    gone = after.abs() <= 1e-9
    found = {"is dropped in some places": bool(gone.any()), "is kept in some": bool((~gone).any())}
    if times:
        grown = torch.isclose(after, before * times, rtol=1e-3, atol=1e-5)
        found[f"is 0 or {times} times as large"] = bool((grown | gone).all())
    return found


def _gradients(answer: Handle, draw: Draw) -> Any:
    decoder, (ids, state, memory) = _made(answer, draw)
    ids[0, 0] = 0  # a row of the embedding like any other
    state, memory = (answer.candidate.put(x, requires_grad=True) for x in (state, memory))
    out = decoder(draw.show("inputs", ids), state, memory).output()
    of_inputs, of_parameters = draw.gradients(decoder, out, state, memory)
    return dict(zip(("state", "memory"), of_inputs, strict=True)) | of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    decoder, inputs = _made(answer, draw)
    ids, state, memory = (answer.candidate.put(x) for x in inputs)
    mask = answer.candidate.put(_mask_of(draw, inputs[2]))
    out = decoder(ids, state, memory, mask).output()
    kept = {"inputs": ids, "state": state, "memory": memory, "mask": mask}
    return {"logits": out, "on the memory's device": same_device(out, memory)} | kept


ATTENTION_DECODER = Exercise(
    id="AttentionDecoder",
    chapter="05-alignment",
    module="unrolled.alignment.decoders",
    section=section("sec-05-decoder"),
    probes=(
        Probe("logits, all sizes different", _logits, 2),
        Probe("weights: one row a step", _weights, 1),
        Probe("a sentence of one word", _one_word, 1),
        Probe("a mask for each sentence", _mask, 1),
        Probe("one mask for all sentences", _shared_mask, 1),
        Probe("with Luong's attentions", _luong, 1),
        Probe("step by step: start, then step", _steps, 1,
              says="start and step, word by word, must give the logits that forward gives."),
        Probe("rows exchanged between two steps", _rows_exchanged, 1,
              says="everything that a later step needs must be in what is carried, batch first, "
              "so that a beam search can exchange rows."),
        Probe("dropout while training alone", _dropout, 1),
        Probe("gradients reach inputs and every weight (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=DECODER,
    hints=(
        "Write one step first. It has the old state, a word's vector and the memory. What does it "
        "ask the attention with, and what does the cell read?",
        "The query is state[:, None]. The cell reads the word's vector and the context side by "
        "side; the scores read the new state, the context and the word's vector, in this order.",
        "advance: ask self.attention, cat([word, context]) into self.cell with the old state, then "
        "cat([state, context, word]). forward and step both call it; forward stacks the features.",
    ),
    runs=150,
    difficulty=4,
    minutes=50,
    uses=("AdditiveAttention", "LuongAttention"),
    bans=(capabilities.course("AttentionSeq2Seq", "LuongDecoder"),),
)  # fmt: skip
