"""What BERT is trained on: hidden tokens, and pairs of sentences (Devlin et al. 2019, section 3.1).

Shapes: ``B`` batch, ``T`` positions, ``V`` vocabulary. The label -100 means "nothing to predict".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor

from unrolled.arguments import bert as arguments
from unrolled.basics import cross_entropy
from unrolled.views import views

__all__ = ["mask_tokens", "mlm_loss", "nsp_pairs", "pack_pair"]

IGNORED = -100
Sentence = TypeVar("Sentence")


@views(check=arguments.mask_tokens)
def mask_tokens(
    ids: Tensor,
    mask_id: int,
    vocab_size: int,
    special_ids: Sequence[int],
    rate: float = 0.15,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Hide some tokens and say what they were.

    Devlin et al. 2019, section 3.1 and appendix A.1: of the tokens chosen, each with probability
    ``rate``, 80 % become ``mask_id``, 10 % a random token and 10 % stay as they are. All chosen
    tokens are predicted, so that the model cannot trust what it sees at any position.

    Args:
        ids: real tokens.
        mask_id: the id of ``[MASK]``.
        vocab_size: V; a random token is any of them, as in the authors' code.
        special_ids: tokens never chosen: ``[CLS]``, ``[SEP]``, padding.
        rate: probability of choosing a token, in [0, 1]. Default: 0.15.
        generator: the source of randomness. Default: torch's own.

    Shape:
        ids ``(B, T)``; inputs, labels ``(B, T)``.

    Returns:
        ``(inputs, labels)``: labels are the original ids where a token was chosen, else -100.

    Raises:
        TypeError: if ``ids`` is not int64.
        ValueError: if ``ids`` is not a matrix, is empty or holds an id outside the vocabulary,
            ``mask_id`` or a special id lies outside it, or ``rate`` is not in [0, 1].

    >>> inputs, labels = mask_tokens(torch.tensor([[1, 7, 8, 2]]), 3, 9, special_ids=[1, 2], rate=1)
    >>> labels
    tensor([[-100,    7,    8, -100]])
    """
    special = torch.isin(ids, torch.tensor(special_ids, dtype=ids.dtype, device=ids.device))
    chance = torch.rand(ids.shape, generator=generator, device=ids.device)  # (B, T)
    chosen = (chance < rate) & ~special  # (B, T)
    labels = ids.masked_fill(~chosen, IGNORED)  # (B, T)
    fate = torch.rand(ids.shape, generator=generator, device=ids.device)  # (B, T)
    hidden = chosen & (fate < 0.8)  # (B, T)
    swapped = chosen & (fate >= 0.9)  # (B, T)
    random_ids = torch.randint(vocab_size, ids.shape, generator=generator, device=ids.device)
    inputs = ids.masked_fill(hidden, mask_id)  # (B, T)
    return torch.where(swapped, random_ids, inputs), labels  # (B, T), (B, T)


@views(check=arguments.mlm_loss)
def mlm_loss(logits: Tensor, labels: Tensor) -> Tensor:
    r"""Mean surprise, in nats, at the tokens that were hidden.

    .. math:: L = -\frac{1}{|M|} \sum_{t \in M} \log \mathrm{softmax}(z_t)_{x_t}

    Devlin et al. 2019, section 3.1: only the chosen positions :math:`M` count, over the whole
    batch.

    Args:
        logits: scores of every token.
        labels: the original ids where something is predicted, -100 elsewhere.

    Shape:
        logits ``(B, T, V)``, labels ``(B, T)``, result ``()``.

    Returns:
        The mean over the predicted positions.

    Raises:
        TypeError: if ``labels`` is not int64.
        ValueError: if shapes do not fit, a label is neither a token nor -100, or every label is
            -100.

    Matches ``F.cross_entropy(logits.flatten(0, 1), labels.flatten())``, which ignores -100, within
    1e-5 (float32) and 1e-10 (float64).

    >>> mlm_loss(torch.zeros(1, 3, 4), torch.tensor([[-100, 2, -100]]))   # log 4
    tensor(1.3863)
    """
    predicted = labels != IGNORED  # (B, T)
    return cross_entropy(logits[predicted], labels[predicted])  # ()


@views(check=arguments.nsp_pairs)
def nsp_pairs(
    documents: Sequence[Sequence[Sentence]], generator: torch.Generator | None = None
) -> list[tuple[Sentence, Sentence, int]]:
    """Pair every sentence with the one after it or with a random one.

    Devlin et al. 2019, section 3.1, task 2: half of the time (by chance) the second sentence is
    the next one, otherwise it comes from another document. A sentence with none after it starts
    no pair.

    Args:
        documents: at least 2, each a list of sentences of any kind.
        generator: the source of randomness. Default: torch's own.

    Shape:
        ``documents`` with n_1, n_2, ... sentences to ``sum(n_i - 1)`` pairs, in their order.

    Returns:
        ``(first, second, label)`` with label 0 for the next sentence and 1 for a random one, as in
        Hugging Face's ``BertForNextSentencePrediction``.

    Raises:
        ValueError: if there are fewer than 2 documents, one is empty or none has 2 sentences.

    >>> pairs = nsp_pairs([["a", "b"], ["c"]], torch.Generator().manual_seed(0))
    >>> pairs in ([("a", "b", 0)], [("a", "c", 1)])
    True
    """
    pairs = []
    for d, document in enumerate(documents):
        for first, following in pairwise(document):
            if torch.rand((), generator=generator) < 0.5:
                pairs.append((first, following, 0))
            else:
                step = int(torch.randint(1, len(documents), (), generator=generator))
                other = documents[(d + step) % len(documents)]  # any document but this one
                s = int(torch.randint(len(other), (), generator=generator))
                pairs.append((first, other[s], 1))
    return pairs


@views(check=arguments.pack_pair)
def pack_pair(
    first: Sequence[int], second: Sequence[int], cls_id: int, sep_id: int
) -> tuple[list[int], list[int]]:
    """Lay two sentences out as BERT reads them: ``[CLS] first [SEP] second [SEP]``.

    Devlin et al. 2019, figure 2. Segment 0 goes up to and with the first ``[SEP]``.

    Args:
        first: token ids of the first sentence, at least one.
        second: token ids of the second sentence, at least one.
        cls_id: the id of ``[CLS]``.
        sep_id: the id of ``[SEP]``.

    Shape:
        lengths n and m to ids and segments of length ``n + m + 3``.

    Returns:
        ``(ids, segments)``.

    Raises:
        ValueError: if a sentence is empty.

    >>> pack_pair([7, 8], [9], cls_id=1, sep_id=2)
    ([1, 7, 8, 2, 9, 2], [0, 0, 0, 0, 1, 1])
    """
    left = [cls_id, *first, sep_id]
    right = [*second, sep_id]
    return left + right, [0] * len(left) + [1] * len(right)
