"""What the functions of ``unrolled.decoding`` refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments import common, tensors

TOKENISERS = ("13a", "zh", "char", "none")
SMOOTHINGS = ("exp", "none")


def first_tensor(state: Any) -> Tensor:
    """Find the first tensor with rows in a state, or refuse the state."""
    found = _find_tensor(state)
    if found is None:
        raise ValueError(
            "state holds no tensor that tells the number of rows: "
            "bos_id as a tensor (B,), one id a row, is wanted"
        )
    return found


def _find_tensor(state: Any) -> Tensor | None:
    if isinstance(state, Tensor):
        return state if state.dim() else None
    if isinstance(state, dict):
        state = tuple(state.values())
    if isinstance(state, tuple | list):
        return next((found for part in state if (found := _find_tensor(part)) is not None), None)
    return None


def reorder(state: Any, index: Tensor) -> None:
    """Refuse what ``reorder`` cannot use."""
    tensors.longs(index=index)
    tensors.shaped("index", index, "(M,)", None)
    known = None | dict | tuple | list | int | float | str | Tensor
    if not hasattr(state, "reorder") and not isinstance(state, known):
        raise TypeError(
            f"state holds {common.kind(state)}, "
            "tensors, tuples, lists, dicts or objects with .reorder(index) are wanted"
        )
    if isinstance(state, Tensor) and state.dim():
        tensors.between(0, state.size(0) - 1, index=index)


def first_ids(bos_id: int | Tensor, state: Any) -> None:
    """Refuse what ``first_ids`` cannot use."""
    if not isinstance(bos_id, Tensor):
        common.at_least(0, bos_id=bos_id)
        if first_tensor(state).size(0) == 0:
            raise ValueError("state holds a tensor without rows, at least one row is wanted")
        return
    tensors.longs(bos_id=bos_id)
    tensors.shaped("bos_id", bos_id, "(B,)", None)
    common.at_least(0, bos_id=int(bos_id.min()))


def take_step(step: Callable, last_ids: Any, state: Any, eos_id: int) -> None:
    """Refuse what ``take_step`` cannot ask."""
    common.function("step(last_ids, state) -> (logits, state)", step=step)
    common.at_least(0, eos_id=eos_id)


def step_result(result: Any, rows: int, eos_id: int) -> None:
    """Refuse what a step must not give."""
    common.pair("what step gave", result, "(logits, state)", tuple)
    logits = result[0]
    tensors.floating(logits=logits)
    if logits.dim() != 2 or logits.size(0) != rows:
        raise ValueError(f"step gave logits of shape {tuple(logits.shape)}, ({rows}, V) is wanted")
    common.one_id(logits.size(1), eos_id=eos_id)


def greedy_decode(
    step: Callable, state: Any, bos_id: int | Tensor, eos_id: int, max_len: int
) -> None:
    """Refuse what ``greedy_decode`` cannot use."""
    take_step(step, None, state, eos_id)
    first_ids(bos_id, state)
    common.at_least(0, eos_id=eos_id)
    common.at_least_one(max_len=max_len)


def length_divisor(length: int, length_penalty: float) -> None:
    """Refuse what ``length_divisor`` cannot use."""
    common.at_least_one(length=length)
    common.not_negative(length_penalty=length_penalty)


def beam_search(
    step: Callable,
    state: Any,
    bos_id: int | Tensor,
    eos_id: int,
    max_len: int,
    beam_size: int,
    length_penalty: float = 0.0,
) -> None:
    """Refuse what ``beam_search`` cannot use."""
    greedy_decode(step, state, bos_id, eos_id, max_len)
    common.at_least_one(beam_size=beam_size)
    length_divisor(max_len, length_penalty)


def apply_temperature(logits: Tensor, temperature: float) -> None:
    """Refuse what ``apply_temperature`` cannot use."""
    _scores(logits)
    common.positive(temperature=temperature)


def top_k_filter(logits: Tensor, k: int) -> None:
    """Refuse what ``top_k_filter`` cannot use."""
    _scores(logits)
    common.at_least_one(k=k)


def top_p_filter(logits: Tensor, p: float) -> None:
    """Refuse what ``top_p_filter`` cannot use."""
    _scores(logits)
    common.nucleus(p=p)


def sample(
    step: Callable,
    state: Any,
    bos_id: int | Tensor,
    eos_id: int,
    max_len: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> None:
    """Refuse what ``sample`` cannot use, before the first step is taken."""
    greedy_decode(step, state, bos_id, eos_id, max_len)
    common.positive(temperature=temperature)
    common.at_least_one(**common.given(top_k=top_k))
    common.nucleus(**common.given(top_p=top_p))


def bleu(hypotheses: Sequence, references: Sequence, max_n: int = 4, smooth: str = "exp") -> None:
    """Refuse what ``bleu`` cannot use."""
    _pairs(hypotheses, references)
    for name, sentences in (("hypotheses", hypotheses), ("references", references)):
        for n, sentence in enumerate(sentences):
            common.instance(f"{name}[{n}]", sentence, list | tuple, "a list of tokens")
    common.at_least_one(max_n=max_n)
    common.one_of("smooth", smooth, SMOOTHINGS)


def corpus_bleu(
    hypotheses: Sequence,
    references: Sequence,
    tokenize: str = "13a",
    lowercase: bool = False,
    smooth: str = "exp",
) -> None:
    """Refuse what ``corpus_bleu`` cannot use."""
    _pairs(hypotheses, references)
    for n, hypothesis in enumerate(hypotheses):
        common.instance(f"hypotheses[{n}]", hypothesis, str, "a str")
    for n, given in enumerate(references):
        several = isinstance(given, list | tuple) and given
        if not all(isinstance(one, str) for one in (given if several else [given])):
            kind = common.kind(given)
            raise TypeError(f"references[{n}] is {kind}, a str or a list of them is wanted")
    common.one_of("tokenize", tokenize, TOKENISERS)
    common.one_of("smooth", smooth, SMOOTHINGS)


def _pairs(hypotheses: Any, references: Any) -> None:
    for name, given in (("hypotheses", hypotheses), ("references", references)):
        common.instance(name, given, list | tuple, "a list with one entry a sentence")
    common.not_empty("hypotheses", hypotheses, "sentence")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"references has {len(references)} entries, {len(hypotheses)} are wanted: "
            "one for each of hypotheses"
        )


def _scores(logits: Any) -> None:
    tensors.floating(logits=logits)
    tensors.shaped("logits", logits, "(..., V)", ..., None)
