"""Decoders to search with: small tables on the asking side, whose calls are counted."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import AnswerError, Handle
from unrolled.checks.draw import Draw
from unrolled.checks.transplant import Unfit

CODES = 61  # prime, so that what was read is told apart for as long as a sentence lasts here
MISFIT = "step was called with ids or a state that do not fit each other"
SURELY = 30.0  # added to a logit, it decides

Decoder = Callable[[Tensor, Any], tuple[Tensor, Any]]


class Reader:
    """A decoder whose next token depends on its sentence and on every token that it has read.

    Its state is a dict with a tensor and a tuple in it, ``B`` rows each. What was read is one
    number, so a beam that goes on with another beam's state gets other scores.

    Args:
        tables: logits ``(B, CODES, V)``.
        eos_id: the id that ends a sentence.
        lengths: after so many tokens, and only then, a sentence ends. Default: no rule.
    """

    def __init__(self, tables: Tensor, eos_id: int, lengths: Tensor | None = None):
        self.tables, self.eos_id, self.lengths = tables, eos_id, lengths

    def start(self) -> dict[str, Any]:
        """The state before the first token."""
        B = self.tables.size(0)
        return {"sentence": torch.arange(B), "read": (torch.zeros(B).long(), torch.zeros(B).long())}

    def __call__(self, last_ids: Tensor, state: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        """Read one more token a row."""
        refuse_other_ids(last_ids)
        sentence, (code, made) = state["sentence"], state["read"]
        code, made = read_on(code, last_ids), made + 1
        logits = self.tables[sentence, code].clone()  # (N, V)
        if self.lengths is not None:
            ends = made == self.lengths[sentence]  # (N,)
            logits[:, self.eos_id] += torch.where(ends, SURELY, -SURELY)
        return logits, {"sentence": sentence, "read": (code, made)}


def reader(draw: Draw, B: int, V: int, eos_id: int, lengths: list[int] | None = None) -> Reader:
    """Draw a reader; of its tables a report shows the sizes."""
    tables = draw.normal("logits of a drawn decoder", B, CODES, V, scale=1.5)
    ends = None if lengths is None else torch.tensor(draw.show("lengths", lengths))
    return Reader(tables, eos_id, ends)


def read_on(code: Any, last_ids: Any) -> Any:
    """The number for what was read, one token later."""
    return (5 * code + last_ids + 1) % CODES


def overtake(decoder: Reader, bos_id: int, eos_id: int) -> None:
    """In the first sentence let ``y a`` be less likely than ``x a``, and end in the best sentence.

    Two beams that end in one token are two beams.
    """
    table = decoder.tables[0]
    tokens = [token for token in range(table.size(1)) if token not in (bos_id, eos_id)]
    start = read_on(0, bos_id)
    for x, y, a in itertools.permutations(tokens, 3):
        after_x, after_y = read_on(start, x), read_on(start, y)
        places = (start, after_x, after_y, read_on(after_x, a), read_on(after_y, a))
        if len(set(places)) == len(places):
            break
    table[list(places)] *= 0.1  # nearly even, and no two alike
    for place, token in zip(places, (x, a, a, None, eos_id), strict=True):
        if token is not None:
            table[place, token] += 6.0
    table[start, y] += 5.6


class Chain:
    """A decoder whose next token depends on the last one alone: it needs no state."""

    def __init__(self, logits: Tensor):
        self.logits = logits  # (V, V)

    def __call__(self, last_ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read one more token a row."""
        refuse_other_ids(last_ids)
        return self.logits[last_ids], state


def chain(draw: Draw, probabilities: list[list[float]]) -> Chain:
    """A chain of these probabilities, given as logits: log-probabilities but for a constant."""
    rows = torch.tensor(probabilities)  # (V, V)
    shares = (rows / rows.sum(dim=1, keepdim=True)).tolist()
    draw.show("p(next | last)", [[round(share, 2) for share in row] for row in shares])
    V = rows.size(0)
    shift = draw.normal("added to each row of logits", V, 1, scale=0.5)
    # 1e-6, not 0: a logit of -inf is another question.
    return Chain(rows.clamp(min=1e-6).log().to(draw.dtype) + shift)


def ask(answer: Handle, decoder: Decoder, state: Any, *args: Any) -> tuple[Any, int]:
    """Let an answer search; its result, and how often it called the decoder.

    Raises:
        Unfit: if it called the decoder with what a decoder cannot read.
    """
    refused: list[str] = []

    def step(*args: Any, **kwargs: Any) -> Any:
        # An error must not leave this function: the answer's process waits for what it returns.
        try:
            return decoder(*args, **kwargs)
        except Exception as error:
            refused.append(str(error) if isinstance(error, Unfit) else MISFIT)
            return None

    handle, callee = answer.candidate.function(step)
    try:
        result = answer(handle, state, *args).value()
    except AnswerError:
        if not refused:
            raise
    if refused:
        raise Unfit(refused[0])
    return result, len(callee.calls)


def refuse_other_ids(last_ids: Any) -> None:
    """What a decoder cannot read."""
    if not isinstance(last_ids, Tensor) or last_ids.dim() != 1 or last_ids.dtype != torch.long:
        raise Unfit("step takes last_ids of shape (N,), int64, one id a row")
