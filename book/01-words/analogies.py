"""Chapter 1's two tests of word vectors: analogies, and the company of one's own kind.

Both lists are our own, made of words that captions have. A question is "a is to b as c is to what":
two pairs of the same kind, in either order.
"""

from __future__ import annotations

from itertools import permutations

import torch
import torch.nn.functional as F
from torch import Tensor

PAIRS = {
    "he to she": (
        "man woman, men women, boy girl, boys girls, father mother, son daughter, he she, "
        "his her, groom bride, husband wife"
    ),
    "one to several": (
        "dog dogs, horse horses, bird birds, car cars, bike bikes, tree trees, rock rocks, "
        "chair chairs, hat hats, player players, worker workers, building buildings"
    ),
    "walk to walking": (
        "walk walking, run running, jump jumping, sit sitting, stand standing, play playing, "
        "ride riding, climb climbing, sleep sleeping, swim swimming, throw throwing, cook cooking"
    ),
    "walk to walks": (
        "walk walks, run runs, jump jumps, sit sits, stand stands, play plays, ride rides, "
        "climb climbs, swim swims, throw throws, hold holds, look looks"
    ),
}
CATEGORIES = {
    "colours": "red blue green yellow black white orange purple pink brown gray",
    "animals": "dog cat horse cow bird sheep elephant goat monkey duck camel",
    "instruments": "guitar violin piano drums trumpet flute saxophone cello accordion keyboard",
    "clothes": "shirt jacket dress pants hat jeans coat sweater shorts scarf vest",
    "vehicles": "car truck bus bicycle motorcycle train boat van taxi scooter canoe",
    "body": "arm leg hand head foot face mouth shoulder knee finger hair",
    "sports": "soccer baseball basketball football tennis hockey volleyball golf rugby lacrosse",
    "water and land": "beach ocean lake river mountain desert forest field hill shore cliff",
    "food": "cake pizza bread fruit meat ice vegetables sandwich corn cheese chicken",
    "numbers": "two three four five six seven eight",
}
RULES = ("without the inputs", "with the inputs", "nearest to c", "nearest to b")


def questions(id_of: dict[str, int]) -> dict[str, Tensor]:
    """All questions of each kind whose four words are known, ``(n, 4)``."""
    found = {}
    for kind, text in PAIRS.items():
        split = [pair.split() for pair in text.split(", ")]
        known = [pair for pair in split if all(word in id_of for word in pair)]
        both = [[*one, *other] for one, other in permutations(known, 2)]
        found[kind] = torch.tensor([[id_of[word] for word in four] for four in both])
    return found


def right(table: Tensor, asked: Tensor, rule: str) -> Tensor:
    """Whether each question is answered by its fourth word under one of ``RULES``, ``(n,)``."""
    unit = F.normalize(table, dim=-1)  # (V, D)
    a, b, c, d = asked.unbind(dim=1)  # (n,) each
    query = {"nearest to c": unit[c], "nearest to b": unit[b]}.get(
        rule, unit[b] - unit[a] + unit[c]
    )
    scores = query @ unit.T  # (n, V)
    if rule != "with the inputs":
        scores = scores.scatter(1, asked[:, :3], float("-inf"))
    return scores.argmax(dim=1) == d


def scores(table: Tensor, id_of: dict[str, int]) -> dict[str, dict[str, float]]:
    """Share of right answers: of each kind, and over all questions, under each rule."""
    asked = questions(id_of)
    told = {
        rule: {kind: right(table, four, rule) for kind, four in asked.items()} for rule in RULES
    }
    return {
        rule: {
            **{kind: round(hits.float().mean().item(), 4) for kind, hits in kinds.items()},
            "all": round(torch.cat(list(kinds.values())).float().mean().item(), 4),
        }
        for rule, kinds in told.items()
    }


def own_input(table: Tensor, id_of: dict[str, int]) -> float:
    """Share of all questions whose sum lies nearest to one of its own three inputs."""
    asked = torch.cat([four for four in questions(id_of).values() if len(four)])  # (n, 4)
    unit = F.normalize(table, dim=-1)  # (V, D)
    a, b, c = (unit[column] for column in asked[:, :3].T)  # (n, D) each
    found = ((b - a + c) @ unit.T).argmax(dim=1, keepdim=True)  # (n, 1)
    return (found == asked[:, :3]).any(dim=1).float().mean().item()


def own_kind(table: Tensor, id_of: dict[str, int]) -> float:
    """Share of listed words whose nearest listed word is of the same category."""
    listed = [(id_of[w], n) for n, text in enumerate(CATEGORIES.values()) for w in text.split()]
    ids, kinds = torch.tensor(listed).unbind(dim=1)  # (n,), (n,)
    unit = F.normalize(table[ids], dim=-1)  # (n, D)
    cosines = (unit @ unit.T).fill_diagonal_(float("-inf"))  # (n, n)
    return round((kinds[cosines.argmax(dim=1)] == kinds).float().mean().item(), 4)


def chance() -> float:
    """The same share if the nearest listed word were any other, drawn evenly."""
    sizes = [len(text.split()) for text in CATEGORIES.values()]
    return sum(n * (n - 1) for n in sizes) / (sum(sizes) * (sum(sizes) - 1))
