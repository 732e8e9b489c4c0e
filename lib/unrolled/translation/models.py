"""Training a translator, letting it translate, and asking it how probable a translation is.

Shapes: ``B`` batch, ``Ts`` source and ``Tt`` target positions, ``N`` pairs, ``V`` vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from unrolled.arguments import common
from unrolled.decoding import beam_search, greedy_decode
from unrolled.training import Run, cosine_schedule, fit, sequence_loss
from unrolled.translation.pairs import BOS, EOS, PAD, Pairs, batches, padded

__all__ = ["log_probabilities", "train", "translate"]


def train(
    model: nn.Module,
    pairs: Pairs,
    steps: int,
    batch_size: int = 64,
    rate: float = 5e-3,
    seed: int = 0,
    teacher_forcing: float = 1.0,
    **options: Any,
) -> Run:
    """Train a translator with Adam, a warm-up, half a cosine, and gradients of norm at most 1.

    Args:
        model: called with source and target, and with ``teacher_forcing`` if that is not 1.
        pairs: from :func:`encode_pairs`.
        steps: updates, at least 1.
        batch_size: pairs of a batch.
        rate: the highest learning rate; the first tenth of the steps leads up to it.
        seed: what the order of the batches is drawn from; the weights are the caller's.
        teacher_forcing: share of true tokens that the decoder reads, see
            :class:`~unrolled.seq2seq.Seq2Seq`. Default: 1, all.
        options: more for :func:`~unrolled.training.fit`, such as ``validate``.

    Returns:
        The run, with the loss of each step in nats a token.

    Raises:
        ValueError: if there is no pair or a number is out of range.

    >>> from unrolled.seq2seq import Seq2Seq
    >>> pairs = [([3], [4, EOS]), ([4], [3, EOS])]
    >>> run = train(Seq2Seq(5, 5, 4, 8), pairs, steps=60, rate=0.05)
    >>> run.losses[-1] < 0.1
    True
    """
    common.at_least(1, steps=steps)
    forcing = {} if teacher_forcing == 1.0 else {"teacher_forcing": teacher_forcing}

    def loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        source, target = batch
        return sequence_loss(model(source, target, **forcing), target, PAD)

    return fit(
        model,
        lambda epoch: batches(pairs, batch_size, 1_000 * seed + epoch),
        loss,
        torch.optim.Adam(model.parameters(), lr=rate),
        steps=steps,
        schedule=partial(cosine_schedule, total=steps, warmup=steps // 10, peak=rate),
        max_norm=1.0,
        **{"progress": False, **options},
    )


@torch.no_grad()
def translate(
    model: Any,
    sources: Sequence[list[int]],
    max_len: int,
    beam_size: int = 1,
    length_penalty: float = 0.0,
    batch_size: int = 256,
) -> list[list[int]]:
    """Translate many sentences, those of similar length together.

    Args:
        model: has ``start`` and ``step``; is brought into evaluation mode.
        sources: ids of each sentence.
        max_len: most tokens of a translation, its end included.
        beam_size: 1 for greedy search, more for a beam.
        length_penalty: see :func:`~unrolled.decoding.beam_search`.
        batch_size: sentences that are searched at once.

    Returns:
        Ids of each translation, without its end, in the order of ``sources``.

    Raises:
        ValueError: if a number is out of range.

    >>> from unrolled.seq2seq import Seq2Seq
    >>> len(translate(Seq2Seq(5, 5, 4, 8), [[3, 4], [4]], max_len=6))
    2
    """
    common.at_least(1, beam_size=beam_size, batch_size=batch_size, max_len=max_len)
    model.eval()
    order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
    found: list[list[int]] = [[] for _ in sources]
    for at in range(0, len(order), batch_size):
        chosen = order[at : at + batch_size]
        state = model.start(padded([sources[i] for i in chosen]))
        if beam_size == 1:
            ids = greedy_decode(model.step, state, BOS, EOS, max_len)  # (B, T)
        else:
            ids, _ = beam_search(
                model.step, state, BOS, EOS, max_len, beam_size, length_penalty
            )  # (B, T)
        for i, row in zip(chosen, ids.tolist(), strict=True):
            found[i] = row[: row.index(EOS)] if EOS in row else row
    return found


@torch.no_grad()
def log_probabilities(model: nn.Module, pairs: Pairs, batch_size: int = 256) -> Tensor:
    r"""How probable a model holds given translations to be: one sum of logarithms a pair.

    .. math:: \sum_t \log p(y_t \mid y_{<t}, x)

    Args:
        model: called with source and target; is brought into evaluation mode.
        pairs: source ids and target ids, the target's end included.
        batch_size: pairs that are read at once.

    Shape:
        result ``(N,)``.

    Returns:
        The natural logarithm of each target's probability.

    Raises:
        ValueError: if there is no pair or ``batch_size`` is below 1.

    >>> from unrolled.seq2seq import Seq2Seq
    >>> log_probabilities(Seq2Seq(5, 5, 4, 8), [([3], [4, EOS])]).shape
    torch.Size([1])
    """
    common.not_empty("pairs", pairs, "pair")
    common.at_least(1, batch_size=batch_size)
    model.eval()
    sums = []
    for at in range(0, len(pairs), batch_size):
        part = pairs[at : at + batch_size]
        source, target = padded([one for one, _ in part]), padded([other for _, other in part])
        each = model(source, target).log_softmax(dim=-1)  # (B, Tt, V)
        told = each.gather(2, target[:, :, None]).squeeze(2)  # (B, Tt)
        sums.append(told.masked_fill(target == PAD, 0.0).sum(dim=1))  # (B,)
    return torch.cat(sums)  # (N,)
