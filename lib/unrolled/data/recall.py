"""Names with numbers, and a question about them: what one look back answers, and what needs order.

Chapters 6 and 8 ask both questions over the same input. ``recall``: which number came with this
name? ``echo``: which number came last? The first needs a look-up at any distance, the second order.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["draw"]

N_NAMES = 32
N_NUMBERS = 10
QUESTION = N_NUMBERS  # stands where the number would, in the last position
TASKS = ("recall", "echo")


def draw(
    task: str, batch: int, n_pairs: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Make a batch of questions.

    Args:
        task: ``"recall"`` or ``"echo"``.
        batch: how many sequences, ``B``.
        n_pairs: names heard before the question, ``P``, from 1 to 32; no name comes twice.
        generator: source of randomness.

    Shape:
        names and numbers ``(B, P + 1)``, answers ``(B,)``, distances ``(B,)``.

    Returns:
        names; numbers, 10 in the place of the question, which is the last; the right answers, from
        0 to 9; how many positions back the name of the question was heard.

    Raises:
        ValueError: if ``task`` is another word or ``n_pairs`` is out of range.

    >>> names, numbers, answers, back = draw("echo", 2, 3, torch.Generator().manual_seed(0))
    >>> torch.equal(answers, numbers[:, -2]), numbers[:, -1]
    (True, tensor([10, 10]))
    """
    if task not in TASKS:
        raise ValueError(f"task={task!r} is given, one of {', '.join(TASKS)} is wanted")
    if not 1 <= n_pairs <= N_NAMES:
        raise ValueError(f"n_pairs={n_pairs} is given, 1 to {N_NAMES} is wanted")
    names = torch.rand(batch, N_NAMES, generator=generator).argsort(dim=1)[:, :n_pairs]  # (B, P)
    numbers = torch.randint(N_NUMBERS, (batch, n_pairs), generator=generator)  # (B, P)
    heard = torch.randint(n_pairs, (batch, 1), generator=generator)  # which pair is asked for
    answers = numbers.gather(1, heard).squeeze(1) if task == "recall" else numbers[:, -1]  # (B,)
    names = torch.cat([names, names.gather(1, heard)], dim=1)  # (B, P + 1)
    numbers = F.pad(numbers, (0, 1), value=QUESTION)  # (B, P + 1)
    return names, numbers, answers, n_pairs - heard.squeeze(1)
