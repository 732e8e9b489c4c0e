"""GloVe: word vectors fitted to the logarithm of co-occurrence counts (Pennington et al. 2014)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.arguments import common
from unrolled.arguments import embeddings as arguments
from unrolled.basics import embedding_lookup
from unrolled.parts import part
from unrolled.views import views

__all__ = ["GloVe", "cooccurrences", "glove_loss"]


@views(check=arguments.cooccurrences)
def cooccurrences(ids: Tensor, window: int) -> tuple[Tensor, Tensor]:
    r"""Count how often two words occur near each other; ``d`` places apart count ``1/d``.

    .. math:: X_{ij} = \sum_{0 < |s - t| \le \mathrm{window}} \frac{[x_s = i]\,[x_t = j]}{|s - t|}

    Pennington et al. 2014, sections 3 and 4.2. Both sides count, so that X is symmetric.

    Args:
        ids: one text.
        window: places on each side, at least 1; the paper takes 10.

    Shape:
        ids ``(T,)``, pairs ``(N, 2)``, counts ``(N,)``.

    Returns:
        ``(pairs, counts)``: the entries of X that are not 0, sorted by row and column.

    Raises:
        TypeError: if ``ids`` is not an integer tensor or ``window`` not an int.
        ValueError: if ``ids`` is not a vector or is empty, or ``window`` is below 1.

    >>> pairs, counts = cooccurrences(torch.tensor([0, 1, 0]), window=2)
    >>> pairs.tolist(), counts.tolist()
    ([[0, 0], [0, 1], [1, 0]], [1.0, 2.0, 2.0])
    """
    # A billion small terms in float32 would stop growing at 2**24.
    exact = {"dtype": torch.float64, "device": ids.device}
    near, weights = [ids.new_empty(0, 2)], [torch.empty(0, **exact)]
    for distance in range(1, min(window + 1, len(ids))):
        both = torch.stack((ids[:-distance], ids[distance:]), dim=1)  # (T - distance, 2)
        near += [both, both.flip(1)]
        weights.append(torch.full((2 * len(both),), 1 / distance, **exact))
    pairs, place = torch.cat(near).unique(dim=0, return_inverse=True)  # (N, 2), (all,)
    counts = torch.zeros(len(pairs), **exact).index_add(0, place, torch.cat(weights))  # (N,)
    return pairs, counts.to(torch.get_default_dtype())


@views(check=arguments.glove_loss)
def glove_loss(
    centre: Tensor,
    context: Tensor,
    centre_bias: Tensor,
    context_bias: Tensor,
    counts: Tensor,
    x_max: float = 100.0,
    alpha: float = 0.75,
) -> Tensor:
    r"""Make the product of two word vectors the logarithm of their count.

    .. math:: L = \frac{1}{N} \sum_{n=1}^{N} f(X_n)
        \left( w_n^\top \tilde w_n + b_n + \tilde b_n - \log X_n \right)^2,
        \quad f(x) = \min\left(1, (x / x_{\max})^{\alpha}\right)

    Pennington et al. 2014, equations 8 and 9. They sum over the pairs; the mean taken here
    keeps the learning rate independent of the batch's size.

    Args:
        centre: vectors w of the words.
        context: vectors w̃ of the words they occur with.
        centre_bias: b of the words.
        context_bias: b̃ of the words they occur with.
        counts: X, above 0.
        x_max: the count from which on a pair has full weight, above 0. Default: 100.
        alpha: how fast the weight falls below it, from 0. Default: 0.75.

    Shape:
        centre and context ``(N, D)``, biases and counts ``(N,)``, result ``()``.

    Returns:
        The weighted squared error, averaged over the pairs.

    Raises:
        TypeError: if a tensor is not floating point.
        ValueError: if the shapes do not fit, there is no pair, a count is not above 0, or ``x_max``
            or ``alpha`` is out of range.

    >>> w, b = torch.zeros(1, 2), torch.zeros(1)
    >>> glove_loss(w, w, b, b, torch.tensor([100.0]))   # log(100) squared
    tensor(21.2076)
    """
    weights = (counts / x_max).pow(alpha).clamp(max=1.0)  # (N,)
    scores = (centre * context).sum(dim=-1) + centre_bias + context_bias  # (N,)
    return (weights * (scores - counts.log()) ** 2).mean()  # ()


class GloVe(nn.Module):
    """Two tables of word vectors and biases, fitted to co-occurrence counts.

    Pennington et al. 2014, section 3. All values begin uniform in ±1/(2 D), as in their program.

    Args:
        vocab_size: V, at least 1.
        embedding_size: D, at least 1.
        x_max: see :func:`glove_loss`. Default: 100.
        alpha: see :func:`glove_loss`. Default: 0.75.

    Shape:
        pairs ``(N, 2)`` of ids, counts ``(N,)``, as from :func:`cooccurrences`; result ``()``.

    Returns:
        The :func:`glove_loss` of the pairs.

    Raises:
        ValueError: if a size is below 1, a shape does not fit or an id is out of range.

    Parameters: ``centre.weight``, ``context.weight`` (V, D); ``centre_bias``, ``context_bias``
    (V,).

    >>> GloVe(5, 8).vectors.shape
    torch.Size([5, 8])
    """

    def __init__(
        self, vocab_size: int, embedding_size: int, x_max: float = 100.0, alpha: float = 0.75
    ):
        super().__init__()
        common.at_least_one(vocab_size=vocab_size, embedding_size=embedding_size)
        arguments.glove_numbers(x_max, alpha)
        self.x_max = x_max
        self.alpha = alpha
        self.centre = nn.Embedding(vocab_size, embedding_size)
        self.context = nn.Embedding(vocab_size, embedding_size)
        self.centre_bias = nn.Parameter(torch.empty(vocab_size))
        self.context_bias = nn.Parameter(torch.empty(vocab_size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.5 / embedding_size, 0.5 / embedding_size)
        self._lookup = part(embedding_lookup)
        self._loss = part(glove_loss)

    @views(check=arguments.glove_forward)
    def forward(self, pairs: Tensor, counts: Tensor) -> Tensor:
        """Return the loss of pairs of ids and how often they occur together."""
        i, j = pairs.unbind(dim=1)  # (N,), (N,)
        return self._loss(
            self._lookup(self.centre.weight, i),  # (N, D)
            self._lookup(self.context.weight, j),  # (N, D)
            self.centre_bias[i],  # (N,)
            self.context_bias[j],  # (N,)
            counts,
            self.x_max,
            self.alpha,
        )

    @property
    def vectors(self) -> Tensor:
        """The sum of both tables, ``(V, D)``, as section 4.2 of the paper advises."""
        return (self.centre.weight + self.context.weight).detach()
