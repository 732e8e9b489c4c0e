"""What may come from one answer, all its messages together: one account, kept on both sides.

The side that holds the answer keeps it to refuse kindly, in words that a learner can act on. The
side that asks takes every message for forged, and pays for it before anything is made of it; what
JSON and safetensors add to a value is in :func:`received`. Seconds have an account of their own:
see :class:`~unrolled.candidate.limits.TimeLimit` and ``Question`` of the grading.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

MAX_CALL_BYTES = 2**20  # of tensors in one call back: the asking side computes with them


class ValueRefused(ValueError):
    """A value that cannot cross: too deep, too large, or not what the format allows."""


@dataclass
class Budget:
    """What is left; the most demanding of the course's own answers needs a twentieth of it.

    A right answer of many small layers may need half: every one of its parameters has a name.

    Attributes:
        nodes: values of any kind, each item of a list one of them.
        text: characters of strings.
        bytes: of tensors.
        calls: of functions that live on the asking side.
    """

    nodes: int = 100_000
    text: int = 2_000_000
    bytes: int = 128 * 2**20
    calls: int = 10_000

    def spend(self, **amounts: int) -> None:
        """Take amounts off, by name.

        Raises:
            ValueRefused: naming what there is no more of, and what there was.
        """
        for name, amount in amounts.items():
            left = getattr(self, name) - amount
            if left < 0:
                raise ValueRefused(_SAYS[name].format(_MOST[name]))
            setattr(self, name, left)


_MOST = {field.name: field.default for field in fields(Budget)}
_SAYS = {
    "nodes": "more than {:,} values were sent back, all questions together",
    "text": "more than {:,} characters of text were sent back, all questions together",
    "bytes": "tensors of more than {:,} bytes were sent back, all questions together",
    "calls": "what was given to be called was called more than {:,} times",
}


def received() -> Budget:
    """The account of the asking side, in brackets and commas of JSON and in bytes as they come.

    No honest answer reaches its end: a value has at most six brackets and commas, and a character
    at most twelve bytes.
    """
    plain = Budget()
    return Budget(
        nodes=6 * plain.nodes,
        text=24 * 2**20,
        bytes=plain.bytes + 32 * 2**20,  # safetensors' own heads
        calls=plain.calls,
    )
