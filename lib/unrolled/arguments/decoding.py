"""What the functions of ``unrolled.decoding`` refuse."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from unrolled.arguments.common import at_least_one, one_of

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
    if not isinstance(index, Tensor) or index.dtype != torch.long:
        raise TypeError(f"index is {_kind(index)}, a tensor of torch.int64 is wanted")
    if index.dim() != 1 or index.numel() == 0:
        raise ValueError(
            f"index has shape {tuple(index.shape)}, (M,) with M of at least 1 is wanted"
        )
    known = None | dict | tuple | list | int | float | str | Tensor
    if not hasattr(state, "reorder") and not isinstance(state, known):
        raise TypeError(
            f"state holds {_kind(state)}, "
            "tensors, tuples, lists, dicts or objects with .reorder(index) are wanted"
        )
    if not isinstance(state, Tensor) or state.dim() == 0:
        return
    if index.min() < 0 or index.max() >= state.size(0):
        raise ValueError(
            f"index holds rows from {int(index.min())} to {int(index.max())}, "
            f"0 to {state.size(0) - 1} are wanted: state has shape {tuple(state.shape)}"
        )


def first_ids(bos_id: int | Tensor, state: Any) -> None:
    """Refuse what ``first_ids`` cannot use."""
    if not isinstance(bos_id, Tensor):
        _id("bos_id", bos_id)
        first_tensor(state)
        return
    if bos_id.dtype != torch.long:
        raise TypeError(f"bos_id has dtype {bos_id.dtype}, token ids of torch.int64 are wanted")
    if bos_id.dim() != 1 or bos_id.numel() == 0:
        raise ValueError(
            f"bos_id has shape {tuple(bos_id.shape)}, (B,) with B of at least 1 is wanted"
        )
    if bos_id.min() < 0:
        raise ValueError(f"bos_id={int(bos_id.min())}: an id of at least 0 is wanted")


def take_step(step: Callable, last_ids: Any, state: Any, eos_id: int) -> None:
    """Refuse what ``take_step`` cannot ask."""
    if not callable(step):
        raise TypeError(
            f"step is {_kind(step)}, step(last_ids, state) -> (logits, state) is wanted"
        )


def step_result(result: Any, rows: int, eos_id: int) -> None:
    """Refuse what a step must not give."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"step gave {_kind(result)}, a pair (logits, state) is wanted")
    logits = result[0]
    _logits(logits)
    if logits.dim() != 2 or logits.size(0) != rows:
        raise ValueError(f"step gave logits of shape {tuple(logits.shape)}, ({rows}, V) is wanted")
    if eos_id >= logits.size(1):
        raise ValueError(f"eos_id={eos_id}: an id from 0 to {logits.size(1) - 1} is wanted")


def greedy_decode(
    step: Callable, state: Any, bos_id: int | Tensor, eos_id: int, max_len: int
) -> None:
    """Refuse what ``greedy_decode`` cannot use."""
    if not callable(step):
        raise TypeError(
            f"step is {_kind(step)}, step(last_ids, state) -> (logits, state) is wanted"
        )
    first_ids(bos_id, state)
    _id("eos_id", eos_id)
    at_least_one(max_len=max_len)


def length_divisor(length: int, length_penalty: float) -> None:
    """Refuse what ``length_divisor`` cannot use."""
    at_least_one(length=length)
    if not 0.0 <= length_penalty < math.inf:
        raise ValueError(f"length_penalty={length_penalty}: a number of at least 0 is wanted")


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
    at_least_one(beam_size=beam_size)
    length_divisor(max_len, length_penalty)


def apply_temperature(logits: Tensor, temperature: float) -> None:
    """Refuse what ``apply_temperature`` cannot use."""
    _scores(logits)
    if not 0.0 < temperature < math.inf:
        raise ValueError(f"temperature={temperature}: a finite number above 0 is wanted")


def top_k_filter(logits: Tensor, k: int) -> None:
    """Refuse what ``top_k_filter`` cannot use."""
    _scores(logits)
    at_least_one(k=k)


def top_p_filter(logits: Tensor, p: float) -> None:
    """Refuse what ``top_p_filter`` cannot use."""
    _scores(logits)
    if not 0.0 < p <= 1.0:
        raise ValueError(f"p={p} is outside (0, 1]")


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
    anything = torch.zeros(1)
    apply_temperature(anything, temperature)
    if top_k is not None:
        at_least_one(top_k=top_k)
    if top_p is not None and not 0.0 < top_p <= 1.0:
        raise ValueError(f"top_p={top_p} is outside (0, 1]")


def bleu(hypotheses: Sequence, references: Sequence, max_n: int = 4, smooth: str = "exp") -> None:
    """Refuse what ``bleu`` cannot use."""
    _pairs(hypotheses, references)
    for name, sentences in (("hypotheses", hypotheses), ("references", references)):
        for n, sentence in enumerate(sentences):
            if not isinstance(sentence, list | tuple):
                raise TypeError(f"{name}[{n}] is {_kind(sentence)}, a list of tokens is wanted")
    at_least_one(max_n=max_n)
    one_of("smooth", smooth, SMOOTHINGS)


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
        if not isinstance(hypothesis, str):
            raise TypeError(f"hypotheses[{n}] is {_kind(hypothesis)}, a string is wanted")
    for n, given in enumerate(references):
        several = isinstance(given, list | tuple) and given
        if not all(isinstance(one, str) for one in (given if several else [given])):
            raise TypeError(
                f"references[{n}] is {_kind(given)}, a string or a list of strings is wanted"
            )
    one_of("tokenize", tokenize, TOKENISERS)
    one_of("smooth", smooth, SMOOTHINGS)


def _pairs(hypotheses: Any, references: Any) -> None:
    for name, given in (("hypotheses", hypotheses), ("references", references)):
        if not isinstance(given, list | tuple):
            raise TypeError(f"{name} is {_kind(given)}, a list with one entry a sentence is wanted")
    if not hypotheses:
        raise ValueError("hypotheses is empty, at least one sentence is wanted")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"references has {len(references)} entries, {len(hypotheses)} are wanted: "
            "one for each of hypotheses"
        )


def _scores(logits: Any) -> None:
    _logits(logits)
    if logits.dim() == 0 or logits.numel() == 0:
        raise ValueError(f"logits has shape {tuple(logits.shape)}, (..., V) with entries is wanted")


def _logits(logits: Any) -> None:
    if not isinstance(logits, Tensor) or not logits.is_floating_point():
        raise TypeError(f"logits is {_kind(logits)}, a floating-point tensor is wanted")


def _id(name: str, given: Any) -> None:
    if not isinstance(given, int) or isinstance(given, bool):
        raise TypeError(f"{name} is {_kind(given)}, an integer id is wanted")
    if given < 0:
        raise ValueError(f"{name}={given}: an id of at least 0 is wanted")


def _kind(given: Any) -> str:
    if isinstance(given, Tensor):
        return f"a tensor of {given.dtype}"
    return f"a {type(given).__name__}"
