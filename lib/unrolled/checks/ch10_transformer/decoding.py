"""Chapter 10: translating with a trained model."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.mistakes import ch10 as mistakes
from unrolled.checks.sections import library_page

CHAPTER = "10-transformer"

WORDS, WIDTH = 7, 9
BOS, EOS = 1, 2


def _translator(answer: Handle, draw: Draw, patience: float = 0.0) -> Handle:
    """A toy with drawn weights; the more patience, the rarer the end of a sentence."""
    model = answer.candidate.library("unrolled.candidate.fixtures.Translator")(8, WORDS, WIDTH)
    weights = {
        "source_embedding.weight": draw.normal("source_embedding.weight", 8, WIDTH),
        "target_embedding.weight": draw.normal("target_embedding.weight", WORDS, WIDTH),
        "generator.weight": draw.normal("generator.weight", WORDS, WIDTH, scale=0.8),
        "generator.bias": torch.zeros(WORDS).index_fill(0, torch.tensor(EOS), -patience),
    }
    for name in weights:
        draw.shown.pop(name, None)  # of no use to a reader
    model.load(weights)
    model.call("eval")
    return model


def _source(draw: Draw) -> Tensor:
    """Many sentences: for each of a few, a wrong search often finds the same."""
    B, Ts = draw.sizes("B Ts")
    B = B if draw.small else 8 * B
    source = draw.ids("source", 7, B, Ts) + 1
    for row in source:
        row[draw.integer(1, Ts) :] = 0
    return draw.show("source", source)


def _filled(made: Handle, max_len: int) -> Tensor:
    """The ids, filled up to max_len: how far they are filled up already is left open."""
    ids = tensor(made)
    if ids.dim() != 2 or ids.size(1) > max_len or ids.is_floating_point():
        return ids
    return torch.nn.functional.pad(ids, (0, max_len - ids.size(1)), value=EOS)


def _greedy(answer: Handle, draw: Draw) -> Any:
    model, source, max_len = _translator(answer, draw), _source(draw), draw.integer(6, 9)
    return _filled(answer(model, source, BOS, EOS, draw.show("max_len", max_len)), max_len)


def _long(answer: Handle, draw: Draw) -> Any:
    model, source = _translator(answer, draw, patience=30.0), _source(draw)
    return answer(model, source, BOS, EOS, draw.show("max_len", draw.integer(4, 6)))


def _one(answer: Handle, draw: Draw) -> Any:
    model, source = _translator(answer, draw), _source(draw)
    return answer(model, source, BOS, EOS, draw.show("max_len", 1))


def _other_ids(answer: Handle, draw: Draw) -> Any:
    model, source = _translator(answer, draw), _source(draw)
    bos_id, eos_id = draw.show("bos_id", 4), draw.show("eos_id", 5)
    return answer(model, source, bos_id, eos_id, max_len=7)


def _beams(answer: Handle, draw: Draw) -> Any:
    model, source, max_len = _translator(answer, draw), _source(draw), 6
    beam_size = draw.show("beam_size", 2)
    return _filled(answer(model, source, BOS, EOS, max_len, beam_size), max_len)


def _penalty(answer: Handle, draw: Draw) -> Any:
    model, source, max_len = _translator(answer, draw), _source(draw), 6
    penalty = draw.show("length_penalty", 1.5)
    return _filled(answer(model, source, BOS, EOS, max_len, 3, penalty), max_len)


def _read_once(answer: Handle, draw: Draw) -> Any:
    model, source = _translator(answer, draw, patience=30.0), _source(draw)
    source = answer.candidate.put(source)
    ids = answer(model, source, BOS, EOS, 4)
    return {"ids": ids, "times the source is encoded": model.attribute("readings"),
            "source": source}  # fmt: skip


DECODE_TRANSFORMER = Exercise(
    id="decode_transformer",
    chapter=CHAPTER,
    module="unrolled.transformer.decode",
    section=library_page("transformer", "decode_transformer"),
    probes=(
        Probe("greedy, sentences that end at different lengths", _greedy, 2),
        Probe("nothing ends before max_len", _long, 1),
        Probe("max_len of one token", _one, 1),
        Probe("other ids for the start and the end", _other_ids, 1),
        Probe("several beams", _beams, 2),
        Probe("beams with a length penalty", _penalty, 1),
        Probe("the source is read once and left unmodified", _read_once, 1),
    ),
    mistakes=mistakes.DECODE_TRANSFORMER,
    hints=(
        "greedy_decode wants a step: last ids and a state in, logits and the new state out. The "
        "state must hold what the model needs to go on: what is written, and what was read.",
        "In step: append the last ids to what is written, decode, score the last position with "
        "the generator. The state starts with no token written: (B, 0).",
        "state = (source.new_empty(B, 0), *model.encode(source)). Keep memory and mask in the "
        "state, so that beam_search can reorder them; it returns (ids, scores).",
    ),
    difficulty=3,
    minutes=30,
    bans=(capabilities.READY_MADE,),
)
