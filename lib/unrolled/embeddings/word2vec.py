"""Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed representations")."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import common
from unrolled.arguments import embeddings as arguments
from unrolled.basics import embedding_lookup
from unrolled.parts import part
from unrolled.views import views

__all__ = ["SkipGram", "negative_sampler", "negative_sampling_loss", "skip_gram_pairs"]


def _pairs_at_once(ids: Tensor, window: int) -> Tensor:
    """The same pairs without a loop: every position beside every offset, and the ends cut off."""
    T = ids.size(0)
    offsets = torch.arange(-window, window + 1, device=ids.device)  # (2 window + 1,)
    here = torch.arange(T, device=ids.device).unsqueeze(1)  # (T, 1)
    there = here + offsets  # (T, 2 window + 1)
    wanted = (there >= 0) & (there < T) & (offsets != 0)  # (T, 2 window + 1)
    centre = ids[here.expand_as(there)[wanted]]  # (N,)
    return torch.stack((centre, ids[there[wanted]]), dim=1)  # (N, 2)


@views(check=arguments.skip_gram_pairs, fast=_pairs_at_once)
def skip_gram_pairs(ids: Tensor, window: int) -> Tensor:
    """List each word with every word at most ``window`` places before or after it.

    Mikolov et al. 2013, equation 1: the pairs it sums over. Their program draws a smaller window at
    random for each position and skips frequent words; here every pair is listed once.

    Args:
        ids: one text. Pairs do not cross texts if each is given by itself.
        window: places on each side, at least 1.

    Shape:
        ids ``(T,)``, result ``(N, 2)``.

    Returns:
        Rows (centre, context), from left to right by centre, then by context. None where T is 1.

    Raises:
        TypeError: if ``ids`` is not an integer tensor or ``window`` not an int.
        ValueError: if ``ids`` is not a vector or is empty, or ``window`` is below 1.

    >>> skip_gram_pairs(torch.tensor([7, 8, 9]), window=1).tolist()
    [[7, 8], [8, 7], [8, 9], [9, 8]]
    """
    pairs = []
    for i, centre in enumerate(ids):
        for j in range(max(0, i - window), min(len(ids), i + window + 1)):
            if j != i:
                pairs.append(torch.stack((centre, ids[j])))  # (2,)
    return torch.stack(pairs) if pairs else ids.new_empty(0, 2)  # (N, 2)


@views(check=arguments.negative_sampler)
def negative_sampler(
    counts: Tensor,
    n_pairs: int,
    n_negatives: int,
    power: float = 0.75,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Draw the words that are to be told from the true context.

    .. math:: P(w) = \frac{\mathrm{count}(w)^{3/4}}{\sum_v \mathrm{count}(v)^{3/4}}

    Mikolov et al. 2013, section 2.2: between the words' own frequencies (power 1) and all alike
    (power 0). A draw may by chance be the true context; the paper's program skips that draw.

    Args:
        counts: how often each word occurs, from 0.
        n_pairs: N, at least 1.
        n_negatives: K, at least 1; the paper takes 5 to 20 for small data.
        power: what the counts are raised to, from 0. Default: 0.75.
        generator: the source of chance. Default: torch's own.

    Shape:
        counts ``(V,)``, result ``(N, K)``.

    Returns:
        Word ids, drawn independently and with replacement.

    Raises:
        TypeError: if ``counts`` is not a tensor of numbers, or a size is not an int.
        ValueError: if ``counts`` is not a vector, has a negative or non-finite value or only zeros,
            a size is below 1 or ``power`` is negative.

    >>> negative_sampler(torch.tensor([0, 3, 0]), n_pairs=2, n_negatives=4)
    tensor([[1, 1, 1, 1],
            [1, 1, 1, 1]])
    """
    # 0 to the power 0 is 1: without the mask a word that never occurs would be drawn.
    weights = counts.float() ** power * (counts > 0)  # (V,)
    drawn = torch.multinomial(weights, n_pairs * n_negatives, replacement=True, generator=generator)
    return drawn.view(n_pairs, n_negatives)  # (N, K)


@views(check=arguments.negative_sampling_loss)
def negative_sampling_loss(centre: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    r"""Score the true context up and the drawn words down.

    .. math:: L = -\frac{1}{N} \sum_{n=1}^{N} \Bigl[ \log \sigma(u_n^\top v_n)
        + \sum_{k=1}^{K} \log \sigma(-u_{nk}^\top v_n) \Bigr]

    Mikolov et al. 2013, equation 4, as a loss: its negative, averaged over the pairs. The logarithm
    of the sigmoid is taken in one step, so that a score of -1000 costs 1000 and not infinity.

    Args:
        centre: vectors v of the centre words.
        context: vectors u of their true contexts.
        negatives: vectors u of the drawn words.

    Shape:
        centre and context ``(N, D)``, negatives ``(N, K, D)``, result ``()``.

    Returns:
        The mean over the pairs; the negatives of one pair are summed.

    Raises:
        TypeError: if a tensor is not floating point.
        ValueError: if the shapes do not fit, or there is no pair or no negative.

    Matches ``F.binary_cross_entropy_with_logits`` on the same scores within 1e-6 (float32) and
    1e-12 (float64).

    >>> negative_sampling_loss(torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2, 4, 3))   # 5 log 2
    tensor(3.4657)
    """
    true_scores = (centre * context).sum(dim=-1)  # (N,)
    drawn_scores = (negatives * centre.unsqueeze(1)).sum(dim=-1)  # (N, K)
    log_likelihood = F.logsigmoid(true_scores) + F.logsigmoid(-drawn_scores).sum(dim=-1)  # (N,)
    return -log_likelihood.mean()  # ()


class SkipGram(nn.Module):
    """Two tables of word vectors, one for a word as centre and one for it as context.

    Mikolov et al. 2013, section 2.2. Centre vectors begin uniform in ±1/(2 D) and context vectors
    at 0, as in the paper's program.

    Args:
        vocab_size: V, at least 1.
        embedding_size: D, at least 1.

    Shape:
        centre and context ``(N,)``, negatives ``(N, K)``, all ids; result ``()``.

    Returns:
        The :func:`negative_sampling_loss` of the pairs.

    Raises:
        ValueError: if a size is below 1, or an id out of range.

    Parameters: ``centre.weight`` (V, D), ``context.weight`` (V, D).

    >>> pairs = skip_gram_pairs(torch.tensor([0, 1, 2]), window=1)
    >>> SkipGram(3, 8)(pairs[:, 0], pairs[:, 1], torch.tensor([[2], [2], [0], [0]]))   # 2 log 2
    tensor(1.3863, grad_fn=<NegBackward0>)
    """

    def __init__(self, vocab_size: int, embedding_size: int):
        super().__init__()
        common.at_least_one(vocab_size=vocab_size, embedding_size=embedding_size)
        self.centre = nn.Embedding(vocab_size, embedding_size)
        self.context = nn.Embedding(vocab_size, embedding_size)
        nn.init.uniform_(self.centre.weight, -0.5 / embedding_size, 0.5 / embedding_size)
        nn.init.zeros_(self.context.weight)
        self._lookup = part(embedding_lookup)
        self._loss = part(negative_sampling_loss)

    @views(check=arguments.skip_gram_forward)
    def forward(self, centre: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
        """Return the loss of pairs and negatives given as ids."""
        v = self._lookup(self.centre.weight, centre)  # (N, D)
        u = self._lookup(self.context.weight, context)  # (N, D)
        drawn = self._lookup(self.context.weight, negatives)  # (N, K, D)
        return self._loss(v, u, drawn)  # ()

    @property
    def vectors(self) -> Tensor:
        """What word2vec publishes: the centre vectors, ``(V, D)``."""
        return self.centre.weight.detach()
