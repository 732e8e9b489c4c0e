"""What is said of translations: quality by length, and links between words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["alignment_error_rate", "by_length"]


def by_length(
    lengths: Sequence[int], values: Sequence[float], edges: Sequence[int]
) -> list[tuple[int, float | None]]:
    """Mean of what was measured of each sentence, by groups of lengths.

    Args:
        lengths: of each sentence.
        values: what was measured of each, such as True for a right translation.
        edges: the longest length of each group, in rising order; what is longer belongs to none.

    Returns:
        For each group how many sentences it has, and their mean, or None if it has none.

    Raises:
        ValueError: if there are not as many values as lengths.

    >>> by_length([3, 4, 9], [True, False, True], edges=[4, 8, 12])
    [(2, 0.5), (0, None), (1, 1.0)]
    """
    if len(lengths) != len(values):
        raise ValueError(f"{len(values)} values are given, {len(lengths)} lengths: as many wanted")
    groups: list[list[float]] = [[] for _ in edges]
    for length, value in zip(lengths, values, strict=True):
        group = next((g for g, edge in enumerate(edges) if length <= edge), None)
        if group is not None:
            groups[group].append(float(value))
    return [(len(group), sum(group) / len(group) if group else None) for group in groups]


def alignment_error_rate(
    found: Sequence[Iterable[tuple[int, int]]], true: Sequence[Iterable[tuple[int, int]]]
) -> float:
    r"""How far links between words are from the true ones, over all sentences together.

    .. math:: \mathrm{AER} = 1 - \frac{2\, |A \cap S|}{|A| + |S|}

    Och and Ney 2003, equation 6, where every true link is sure, so that sure and possible links
    are the same. 0 is perfect, 1 has no true link.

    Args:
        found: the links of each sentence, as (source position, target position).
        true: the right links of each sentence.

    Returns:
        The rate, 0 to 1.

    Raises:
        ValueError: if the numbers of sentences differ, or there is no link at all.

    >>> round(alignment_error_rate([[(0, 0), (1, 1)]], [[(0, 0), (1, 1), (2, 1)]]), 3)
    0.2
    """
    if len(found) != len(true):
        raise ValueError(f"links of {len(found)} sentences are found, those of {len(true)} wanted")
    pairs = [(set(a), set(s)) for a, s in zip(found, true, strict=True)]
    size = sum(len(a) + len(s) for a, s in pairs)
    if not size:
        raise ValueError("found and true have no link, at least one is wanted")
    return 1 - 2 * sum(len(a & s) for a, s in pairs) / size
