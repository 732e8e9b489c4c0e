"""Chapter 1's measurements of bias: which words lean towards *she* or towards *he*.

The direction is the mean of differences such as *she* - *he* (Bolukbasi et al. 2016 take the first
principal component of ten such pairs), the association test that of Caliskan et al. 2017 with
their words for career and family, the last one follows Gonen and Goldberg 2019.
"""

from __future__ import annotations

from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor

PAIRS = (
    ("she", "he"), ("her", "his"), ("woman", "man"), ("girl", "boy"), ("women", "men"),
    ("girls", "boys"), ("mother", "father"), ("daughter", "son"),
)  # fmt: skip


def _words(text: str) -> list[str]:
    return text.split()


# Of either sex by their meaning, and listed before anything was measured.
OCCUPATIONS = _words(
    "accountant architect artist banker captain carpenter chef clerk coach cook dancer dentist "
    "designer doctor driver editor engineer farmer gardener journalist judge lawyer librarian "
    "manager mechanic musician nurse painter pilot poet politician professor programmer "
    "receptionist scientist secretary singer soldier surgeon teacher therapist writer"
)
# Words that are about women or men by their meaning: no bias is counted in them.
MEANT = {word for pair in PAIRS for word in pair}.union(
    _words(
        "him himself herself hers lady ladies gentleman gentlemen guy guys male female males "
        "females wife husband wives husbands sister brother sisters brothers aunt uncle queen "
        "king princess prince actress actor waitress waiter bride groom mothers fathers "
        "daughters sons mom dad lord grandmother grandfather boyfriend girlfriend businessman "
        "policeman fireman fisherman mr mrs miss sir ms widow nun monk priest duke duchess "
        "empress emperor goddess god baron count earl grandson nephew niece mama papa daddy "
        "mommy maid lad bearded pregnant beard mustache bra feminist feminine masculine "
        "womens mens womans mans businesswoman cowboy snowman"
    )
)
CAREER = _words("executive management professional corporation salary office business career")
FAMILY = _words("home parents children family cousins marriage wedding relatives")
MALE = _words("john paul mike kevin steve greg jeff bill")
FEMALE = _words("amy joan lisa sarah diana kate ann donna")


def direction(table: Tensor, id_of: dict[str, int]) -> Tensor:
    """From he to she: the mean difference of the pairs that are known, length 1, ``(D,)``."""
    unit = F.normalize(table, dim=-1)  # (V, D)
    known = [pair for pair in PAIRS if all(word in id_of for word in pair)]
    she, he = torch.tensor([[id_of[word] for word in pair] for pair in known]).unbind(dim=1)
    return F.normalize((unit[she] - unit[he]).mean(dim=0), dim=0)


def leanings(table: Tensor, id_of: dict[str, int]) -> Tensor:
    """The cosine of each word with the direction, above 0 towards she, ``(V,)``."""
    return F.normalize(table, dim=-1) @ direction(table, id_of)


def between(table: Tensor, id_of: dict[str, int], low: list[str], high: list[str]) -> Tensor:
    """The cosine of each word with the direction from some words' mean to others', ``(V,)``."""
    unit = F.normalize(table, dim=-1)  # (V, D)
    below, above = (unit[[id_of[word] for word in words]].mean(dim=0) for words in (low, high))
    return unit @ F.normalize(above - below, dim=0)


def association(table: Tensor, id_of: dict[str, int]) -> dict[str, float]:
    """Caliskan et al. 2017: are male names nearer to career, female ones to family?

    The effect is the difference of mean associations in standard deviations; p is the share of all
    divisions of the sixteen names into two halves with a difference at least as large.
    """
    unit = F.normalize(table, dim=-1)  # (V, D)

    def rows(words: list[str]) -> Tensor:
        return unit[[id_of[word] for word in words]]

    names = rows([*MALE, *FEMALE])  # (16, D)
    career, family = names @ rows(CAREER).T, names @ rows(FAMILY).T  # (16, 8) each
    leaning = (career.mean(dim=1) - family.mean(dim=1)).double()  # (16,)
    halves = torch.tensor(list(combinations(range(len(names)), len(MALE))))  # (n, 8)
    sums = leaning[halves].sum(dim=1)  # (n,)
    male, female = leaning[: len(MALE)], leaning[len(MALE) :]
    return {
        "effect": round(((male.mean() - female.mean()) / leaning.std()).item(), 3),
        "p": round((sums >= male.sum() - 1e-9).double().mean().item(), 5),
    }


def company(captions: Tensor, counts: Tensor, id_of: dict[str, int]) -> Tensor:
    """How much more often a word shares a caption with *woman* than with *man*, a logarithm.

    Corrected for how frequent the two are; 1 is added to each count. ``(V,)``
    """
    logs = []
    for word in ("woman", "man"):
        near = captions[(captions == id_of[word]).any(dim=1)]  # (n, T)
        together = torch.zeros(len(counts) + 1).index_add(
            0, near.flatten() + 1, torch.ones(near.numel())
        )[1:]  # (V,)
        logs.append((together + 1).log() - counts[id_of[word]].log())
    return logs[0] - logs[1]


def rank_correlation(x: Tensor, y: Tensor) -> float:
    """Spearman's: the correlation of places in the two orders."""
    places = torch.stack([part.argsort().argsort().double() for part in (x, y)])  # (2, n)
    return round(torch.corrcoef(places)[0, 1].item(), 4)


def told_apart(
    table: Tensor,
    id_of: dict[str, int],
    n: int = 200,
    k: int = 10,
    along: Tensor | None = None,
) -> dict[str, float]:
    """The words that lean most, before and after the direction is taken out of every vector.

    Can a word's side be told from its ``k`` nearest among the others? 0.5 would be chance.
    Another direction than that from he to she may be given, ``along`` (D,).
    """
    unit = F.normalize(table, dim=-1)  # (V, D)
    gender = direction(table, id_of) if along is None else F.normalize(along, dim=0)  # (D,)
    lean = unit @ gender  # (V,)
    free = [i for word, i in id_of.items() if word not in MEANT and not word.isnumeric()]
    order = torch.tensor(free)[lean[free].argsort()]
    chosen = torch.cat((order[:n], order[-n:]))  # (2n,)
    side = (torch.arange(2 * n) >= n).float()
    without = unit - lean[:, None] * gender  # (V, D)
    found = {}
    for name, vectors in (("before", unit), ("after", without)):
        rows = F.normalize(vectors[chosen], dim=-1)  # (2n, D)
        cosines = (rows @ rows.T).fill_diagonal_(float("-inf"))  # (2n, 2n)
        votes = side[cosines.topk(k, dim=1).indices].mean(dim=1)  # (2n,)
        found[name] = round(((votes > 0.5) == (side > 0.5)).float().mean().item(), 4)
    found["largest_leaning_after"] = round((without[chosen] @ gender).abs().max().item(), 6)
    return found


def any_direction(
    table: Tensor, id_of: dict[str, int], n: int = 200, draws: int = 20, seed: int = 0
) -> dict[str, list[float]]:
    """The same along differences of two groups of words drawn by chance: what is to be expected.

    The groups have as many words as ``PAIRS`` has pairs.
    """
    unit = F.normalize(table, dim=-1)  # (V, D)
    generator = torch.Generator().manual_seed(seed)
    found: dict[str, list[float]] = {"before": [], "after": []}
    for _ in range(draws):
        one, other = torch.randint(len(table), (2, len(PAIRS)), generator=generator)
        along = unit[one].mean(dim=0) - unit[other].mean(dim=0)  # (D,)
        told = told_apart(table, id_of, n, along=along)
        for name in found:
            found[name].append(told[name])
    return found
