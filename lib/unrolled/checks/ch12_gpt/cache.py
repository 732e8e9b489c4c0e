"""The key-value cache."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes.ch12 import cache as mistakes
from unrolled.checks.sections import library_page

N_LAYERS = 3


def _steps(draw: Draw, lengths: tuple[int, ...]) -> list[tuple[Tensor, Tensor]]:
    """Keys and values of calls with so many new positions each."""
    B, H, d_k = draw.sizes("B H d_k")
    return [
        (draw.normal(f"key of call {n}", B, H, length, d_k),
         draw.normal(f"value of call {n}", B, H, length, d_k))
        for n, length in enumerate(lengths, 1)
    ]  # fmt: skip


def _filled(answer: Handle, steps: list[tuple[Tensor, Tensor]], n_layers: int = 1) -> Handle:
    """A cache in which layer n holds the keys and values plus n."""
    cache = answer(n_layers)
    for key, value in steps:
        for layer in range(n_layers):
            cache.call("append", layer, key + layer, value + layer)
    return cache


def _prompt(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    cache = answer(draw.show("n_layers", 1))
    return [cache.call("append", 0, *step) for step in _steps(draw, (T, 1))]


def _token_by_token(answer: Handle, draw: Draw) -> Any:
    cache = answer(draw.show("n_layers", 1))
    return [cache.call("append", 0, *step) for step in _steps(draw, (1, 1, 1))]


def _several(answer: Handle, draw: Draw) -> Any:
    lengths = draw.sizes("T1 T2 T3")
    cache = answer(draw.show("n_layers", 1))
    return [cache.call("append", 0, *step) for step in _steps(draw, lengths)]


def _layers(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    steps = _steps(draw, (T, 1, 2))
    cache = _filled(answer, steps[:2], draw.show("n_layers", N_LAYERS))
    key, value = steps[2]
    return [cache.call("append", layer, key - layer, value - layer) for layer in range(N_LAYERS)]


def _length(answer: Handle, draw: Draw) -> Any:
    lengths = (*draw.sizes("T1 T2"), 1)
    cache = answer(draw.show("n_layers", 2))
    found = {"of a new cache": cache.attribute("length").value()}
    for n, (key, value) in enumerate(_steps(draw, lengths), 1):
        for layer in range(2):
            cache.call("append", layer, key, value)
        found[f"after {n} calls"] = cache.attribute("length").value()
    return found


def _length_between(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    cache = answer(draw.show("n_layers", N_LAYERS))
    found = {}
    for n, step in enumerate(_steps(draw, (T, 2)), 1):
        for layer in range(N_LAYERS):
            cache.call("append", layer, *step)
            name = f"call {n}, after layer {layer} of {N_LAYERS}"
            found[name] = cache.attribute("length").value()
    return found


def _index(draw: Draw, rows: int, wanted: int) -> Tensor:
    """The last row twice, the others by chance: neither the old order nor its own inverse."""
    index = draw.ids("index", rows, wanted)
    index[0] = index[-1] = rows - 1
    return draw.show("index", index)


def _reordered(answer: Handle, draw: Draw, rows: int) -> Any:
    """What a reordered cache gives back, with one more token for each of its new rows."""
    (T,) = draw.sizes("T")
    before = _steps(draw, (T,))
    B, H, _, d_k = before[0][0].shape
    cache = _filled(answer, before, draw.show("n_layers", N_LAYERS))
    rows = max(1, B + rows)
    cache.call("reorder", _index(draw, B, rows))
    key, value = draw.normal("key", rows, H, 1, d_k), draw.normal("value", rows, H, 1, d_k)
    found = [cache.call("append", layer, key, value) for layer in range(N_LAYERS)]
    return {"length": cache.attribute("length"), "keys and values": found}


def _beams(answer: Handle, draw: Draw) -> Any:
    return _reordered(answer, draw, 0)


def _more_rows(answer: Handle, draw: Draw) -> Any:
    return _reordered(answer, draw, 2)


def _fewer_rows(answer: Handle, draw: Draw) -> Any:
    """As many heads as rows or more, and positions: whatever axis is chosen from, it can be."""
    B = draw.integer(2, 3)
    H, T, d_k = B + 1, B + 3, B + 2
    key, value = (draw.normal(name, B, H, T, d_k) for name in ("key", "value"))
    cache = _filled(answer, [(key, value)], draw.show("n_layers", N_LAYERS))
    cache.call("reorder", draw.show("index", torch.tensor([B - 1] * (B - 1))))
    return {name: _as_list(cache.attribute(name)) for name in ("keys", "values")}


def _looked_at(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    empty = answer(N_LAYERS)
    cache = _filled(answer, _steps(draw, (T, 1)), draw.show("n_layers", N_LAYERS))
    names = ("keys", "values")
    found = {f"{name}, new": _as_list(empty.attribute(name)) for name in names}
    return found | {name: _as_list(cache.attribute(name)) for name in names}


def _as_list(kept: Handle) -> Any:
    value = kept.value()
    return list(value) if isinstance(value, tuple) else value


def _two(answer: Handle, draw: Draw) -> Any:
    first, second = answer(1), answer(1)
    steps = _steps(draw, (2, 1))
    first.call("append", 0, *steps[0])
    got = second.call("append", 0, *steps[1])
    return {"the second": got, "length of the first": first.attribute("length")}


def _gradients(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    put = answer.candidate.put
    drawn = _steps(draw, (T, 1))
    inputs = [put(tensor, requires_grad=True) for step in drawn for tensor in step]
    cache = answer(1)
    cache.call("append", 0, inputs[0], inputs[1])
    keys_values = cache.call("append", 0, inputs[2], inputs[3])
    outputs = [keys_values[0], keys_values[1]]
    found = answer.candidate.vjp(outputs, [draw.cotangent(out) for out in outputs], inputs)
    names = [f"{what} of call {n}" for n in (1, 2) for what in ("key", "value")]
    return dict(zip(names, found, strict=True))


def _kept(answer: Handle, draw: Draw) -> Any:
    (T,) = draw.sizes("T")
    inputs = [answer.candidate.put(tensor) for step in _steps(draw, (T, 1)) for tensor in step]
    cache = answer(1)
    first = cache.call("append", 0, inputs[0], inputs[1])
    second = cache.call("append", 0, inputs[2], inputs[3])
    return {"first call": first, "second call": second, "given": inputs}


KV_CACHE = Exercise(
    id="KVCache",
    chapter="12-gpt",
    module="unrolled.gpt.cache",
    section=library_page("gpt", "KVCache"),
    probes=(
        Probe("a prompt, then one token", _prompt, 2),
        Probe("token by token from the start", _token_by_token, 1),
        Probe("several tokens at once after a prompt", _several, 1),
        Probe("each layer keeps its own", _layers, 1),
        Probe("length counts positions", _length, 1),
        Probe("length grows when the last layer has seen the token", _length_between, 1,
              says="length is where the next token stands: it must not change before the last "
              "layer has seen the new positions."),
        Probe("beams: a row taken twice, others not at all", _beams, 1),
        Probe("more rows than before", _more_rows, 1),
        Probe("fewer rows than before", _fewer_rows, 1),
        Probe("keys and values can be looked at", _looked_at, 1),
        Probe("two caches have nothing in common", _two, 1,
              says="two caches share what they keep: make the lists in __init__, not on the "
              "class."),
        Probe("gradients reach what was appended (float64)", _gradients, 1, dtype=torch.float64),
        Probe("float64 kept, inputs and earlier results unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.KV_CACHE,
    hints=(
        "What does each layer have to remember between two calls, and along which of the four "
        "axes does it grow? Write down the shapes of a prompt of 5 and a token after it.",
        "torch.cat([old, new], dim=2) adds positions. The first call has nothing old. For beams, "
        "index_select(0, index) chooses rows.",
        "Two lists with one entry a layer, None at first. append joins old and new, stores both "
        "and returns them; length is size(2) of the last layer's keys, or 0; reorder goes through "
        "all layers and both lists.",
    ),
    difficulty=3,
    minutes=30,
    bans=(capabilities.READY_MADE,),
)  # fmt: skip
