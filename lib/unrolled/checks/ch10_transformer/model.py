"""Chapter 10: the Transformer itself."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.ch10_transformer.facts import (
    embedding_dropout,
    fresh_weights,
    learned_numbers,
)
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch10 as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "10-transformer"

SOURCE, TARGET = 11, 13  # words of the two vocabularies
WIDTH, HEADS, INSIDE = 6, 3, 10  # d_model, n_heads, d_ff


def _model(answer: Handle, draw: Draw, n_layers: int = 1, **kwargs: Any) -> Handle:
    return draw.layer(answer, SOURCE, TARGET, WIDTH, HEADS, n_layers, INSIDE, **kwargs)


def _words(draw: Draw, name: str, high: int, B: int, T: int, pad_id: int = 0) -> Tensor:
    """Draw sentences without padding."""
    ids = draw.ids(name, high - 1, B, T)
    return draw.show(name, ids + (ids >= pad_id))


def _pair(draw: Draw, pad_id: int = 0) -> tuple[Tensor, Tensor]:
    B, Ts, Tt = draw.sizes("B Ts Tt")
    source = _words(draw, "source", SOURCE, B, Ts, pad_id)
    return source, _words(draw, "target", TARGET, B, Tt, pad_id)


def _padded(draw: Draw, name: str, ids: Tensor, pad_id: int) -> Tensor:
    """Fill all sentences up after an end of their own; one position of padding at least."""
    ids = ids.clone()
    for row in ids:
        row[draw.integer(1, len(row) - 1) :] = pad_id
    return draw.show(name, ids)


def _values(answer: Handle, draw: Draw) -> Any:
    return _model(answer, draw)(*_pair(draw))


def _deep(answer: Handle, draw: Draw) -> Any:
    return _model(answer, draw, n_layers=2)(*_pair(draw))


def _source_padding(answer: Handle, draw: Draw) -> Any:
    source, target = _pair(draw)
    return _model(answer, draw)(_padded(draw, "source", source, 0), target)


def _target_padding(answer: Handle, draw: Draw) -> Any:
    source, target = _pair(draw)
    target = target.clone()
    target[:, 1] = 0  # in the middle, where the causal mask does not hide it from those after it
    return _model(answer, draw)(source, draw.show("target", target))


def _another_padding(answer: Handle, draw: Draw) -> Any:
    pad_id = draw.integer(2, SOURCE - 1)
    source, target = _pair(draw, pad_id)
    source, target = source.clone(), target.clone()
    source[:, -1], target[:, 1] = pad_id, pad_id
    source[0, 0], target[0, 0] = 0, 0  # a word like any other here
    model = _model(answer, draw, pad_id=pad_id)
    return model(draw.show("source", source), draw.show("target", target))


def _encoded(answer: Handle, draw: Draw) -> Any:
    model = _model(answer, draw)
    source, _ = _pair(draw)
    encoded = model.call("encode", _padded(draw, "source", source, 0))
    return {"memory": encoded[0], "memory_mask": encoded[1]}


def _decoded(answer: Handle, draw: Draw) -> Any:
    model = _model(answer, draw)
    B, Ts, Tt = draw.sizes("B Ts Tt")
    target = _words(draw, "target", TARGET, B, Tt)
    memory = draw.normal("memory", B, Ts, WIDTH)
    return model.call("decode", target, memory, draw.mask("memory_mask", B, 1, 1, Ts))


def _pre_norm(answer: Handle, draw: Draw) -> Any:
    return _model(answer, draw, norm_first=True)(*_pair(draw))


def _activation(answer: Handle, draw: Draw) -> Any:
    return _model(answer, draw, activation="gelu")(*_pair(draw))


def _positions(answer: Handle, draw: Draw) -> Any:
    source, target = _pair(draw)
    learned = _model(answer, draw, positions="learned", max_len=9)
    found = {"learned": learned(source, target)}
    for kind in ("rotary", "alibi", "none"):
        found[kind] = _model(answer, draw, positions=kind)(source, target)
    return found


# Both are asked of both ways to tie, the target's table alone and all of them.
TIED = {
    tied: (SOURCE, words, WIDTH, HEADS, 1, INSIDE)
    for tied, words in (("target", TARGET), ("all", SOURCE))
}


def _tied(answer: Handle, draw: Draw) -> Any:
    return {
        f"tied={tied!r}, weights that are learned": learned_numbers(answer(*arguments, tied=tied))
        for tied, arguments in TIED.items()
    }


def _tied_values(answer: Handle, draw: Draw) -> Any:
    source, target = _pair(draw)
    return {
        f"tied={tied!r}": draw.layer(answer, *arguments, tied=tied)(source, target % arguments[1])
        for tied, arguments in TIED.items()
    }


def _dropout(answer: Handle, draw: Draw) -> Any:
    found = embedding_dropout(answer, draw)
    found |= {"embeddings of 0: " + name: fact for name, fact in _layers_drop(answer, draw).items()}
    return found


def _layers_drop(answer: Handle, draw: Draw) -> dict[str, bool]:
    """With embeddings of 0, what differs in training was dropped inside the layers."""
    tables = ("source_embedding", "target_embedding")
    zeros = {f"{table}.weight": torch.zeros(SOURCE if table[0] == "s" else TARGET, WIDTH)
             for table in tables}  # fmt: skip
    pair = _pair(draw)
    found = {}
    for p in (0.5, 0.0):
        model = _model(answer, draw, positions="none", dropout=p, fixed=zeros)
        evaluated = tensor(model(*pair))
        model.call("train")
        trained = tensor(model(*pair, seed=draw.noise))
        found[f"dropout={p} changes the logits in training"] = not torch.equal(evaluated, trained)
    return found


def _gradients(answer: Handle, draw: Draw) -> Any:
    source, target = _pair(draw)
    model = _model(answer, draw)
    _, of_parameters = draw.gradients(model, model(_padded(draw, "source", source, 0), target))
    # A bias on the keys moves all scores of a row alike: its gradient is 0 but for rounding.
    return {name: g for name, g in of_parameters.items() if not name.endswith("k_proj.bias")}


def _fresh(answer: Handle, draw: Draw) -> Any:
    return fresh_weights(answer(40, 50, 32, 2, 1, 36, seed=draw.noise), width=32)


def _kept(answer: Handle, draw: Draw) -> Any:
    source, target = (answer.candidate.put(ids) for ids in _pair(draw))
    out = _model(answer, draw)(source, target)
    on_device = same_device(out, source)
    return {"logits": out, "on the source's device": on_device, "source": source, "target": target}


TRANSFORMER = Exercise(
    id="Transformer",
    chapter=CHAPTER,
    module="unrolled.transformer.model",
    section=library_page("transformer", "Transformer"),
    probes=(
        Probe("values, no padding", _values, 1),
        Probe("two layers on each side", _deep, 1),
        Probe("padding in the source", _source_padding, 1),
        Probe("padding in the target", _target_padding, 1),
        Probe("another pad_id, and a real token 0", _another_padding, 1),
        Probe("encode gives the memory and where to look", _encoded, 1),
        Probe("decode reads any memory", _decoded, 1),
        Probe("pre-norm layers", _pre_norm, 1),
        Probe("another activation", _activation, 1),
        Probe("learned, rotary, ALiBi and no positions", _positions, 1),
        Probe("tied weights are one", _tied, 1, values=False),
        Probe("tied weights are used", _tied_values, 1),
        Probe("dropout while training alone", _dropout, 1),
        Probe("gradients reach every weight (float64)", _gradients, 1, dtype=torch.float64),
        Probe("how new weights are drawn", _fresh, 1, values=False),
        Probe("float64 and device kept, ids unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.TRANSFORMER,
    hints=(
        "Follow one sentence: ids, embedding times the root of d_model, positions, dropout, stack. "
        "Both sides do this; only the masks differ.",
        "encode needs padding_mask alone; decode needs padding_mask & causal_mask for itself and "
        "the source's mask for the memory. forward is encode, decode, generator.",
        "mask = padding_mask(target, pad_id) & causal_mask(target.size(1)); then "
        "self.decoder(x, memory, mask, memory_mask). Tying is an assignment: "
        "self.generator.weight = self.target_embedding.weight.",
    ),
    runs=90,
    difficulty=5,
    minutes=60,
    bans=(capabilities.TRANSFORMER,),
)  # fmt: skip
