"""What word vectors know: which words are alike, and which differ in the same way."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from unrolled.arguments import embeddings as arguments
from unrolled.views import views

__all__ = ["analogy", "nearest"]


@views(check=arguments.nearest)
def nearest(
    vectors: Tensor, query: Tensor, k: int = 5, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    r"""Find the words whose vectors point most nearly the same way.

    .. math:: \cos(q, v) = \frac{q^\top v}{\lVert q \rVert \lVert v \rVert}

    Args:
        vectors: one row a word.
        query: the direction to look in, for example a row of ``vectors``.
        k: how many, from 1 to V less what is excluded. Default: 5.
        exclude: ids that are not to be found. Default: none.

    Shape:
        vectors ``(V, D)``, query ``(D,)``; scores and ids ``(k,)``.

    Returns:
        ``(scores, ids)``: cosines, highest first, and the words they belong to. A vector of zeros
        has cosine 0 with everything.

    Raises:
        TypeError: if a tensor is not floating point.
        ValueError: if the shapes do not fit, ``k`` or an excluded id is out of range.

    >>> vectors = torch.tensor([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0]])
    >>> nearest(vectors, vectors[0], k=2, exclude=[0])
    (tensor([0.6000, 0.0000]), tensor([1, 2]))
    """
    cosines = F.normalize(vectors, dim=-1) @ F.normalize(query, dim=-1)  # (V,)
    cosines[list(exclude)] = float("-inf")
    found = cosines.topk(k)
    return found.values, found.indices  # (k,), (k,)


@views(check=arguments.analogy)
def analogy(vectors: Tensor, a: int, b: int, c: int, k: int = 5) -> tuple[Tensor, Tensor]:
    r"""Answer "a is to b as c is to what?", by the vector nearest to b - a + c.

    .. math:: \operatorname{arg\,max}_{d \notin \{a, b, c\}} \cos(v_d,\; v_b - v_a + v_c)

    Mikolov, Yih and Zweig 2013 ("Linguistic regularities"), section 5, on vectors of length 1. The
    three given words are left out: without that rule the answer is mostly one of them (Linzen
    2016, "Issues in evaluating semantic spaces using word analogies").

    Args:
        vectors: one row a word.
        a: id of the first word, *man*.
        b: id of the second, *king*.
        c: id of the third, *woman*.
        k: how many answers. Default: 5.

    Shape:
        vectors ``(V, D)``; scores and ids ``(k,)``.

    Returns:
        ``(scores, ids)`` as from :func:`nearest`.

    Raises:
        TypeError: if ``vectors`` is not floating point.
        ValueError: if ``vectors`` is not a matrix, or an id or ``k`` is out of range.

    >>> vectors = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]])
    >>> analogy(vectors, a=0, b=1, c=2, k=1)[1]
    tensor([3])
    """
    unit = F.normalize(vectors, dim=-1)  # (V, D)
    return nearest(vectors, unit[b] - unit[a] + unit[c], k, exclude=(a, b, c))
