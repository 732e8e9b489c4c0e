"""Chapter 11: hidden tokens and pairs of sentences. Both are random, so facts are compared.

Exact facts come first. A statistical one refuses a right answer with a chance below 1e-12.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch11 as mistakes
from unrolled.checks.sections import library_page
from unrolled.checks.transplant import Unfit

CHAPTER = "11-bert"
MODULE = "unrolled.bert.objectives"

IGNORED = -100
CLS, SEP, MASK, WORDS = 1, 2, 3, 12


def _sentences(draw: Draw, B: int, T: int) -> Tensor:
    """``[CLS]``, words from 4 to 8, ``[SEP]``: the other words appear only by chance."""
    ids = draw.ids("ids", 5, B, T) + 4
    ids[:, 0], ids[:, -1] = CLS, SEP
    return draw.show("ids", ids)


def _masked(answer: Handle, ids: Any, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    got = answer(ids, MASK, WORDS, *args, **kwargs)
    inputs, labels = tensor(got[0]), tensor(got[1])
    for name, values in (("inputs", inputs), ("labels", labels)):
        if values.dtype != torch.int64:
            raise Unfit(f"{name} are {values.dtype}, int64 is wanted")
    return inputs, labels


def _left_alone(answer: Handle, draw: Draw) -> Any:
    ids = _sentences(draw, *draw.sizes("B T"))
    inputs, labels = _masked(answer, ids, [CLS, SEP], draw.show("rate", 0.0), seed=draw.noise)
    return {"inputs": inputs, "labels": labels}


def _everything(answer: Handle, draw: Draw) -> Any:
    if draw.small:
        ids = _sentences(draw, *draw.sizes("B T"))
        return {
            "labels": _masked(answer, ids, [CLS, SEP], draw.show("rate", 1.0), seed=draw.noise)[1]
        }
    # Of so many words chance alone does not decide whether a wrong label is among them.
    ids = _sentences(draw, 30, 12)
    _, labels = _masked(answer, ids, [CLS, SEP], draw.show("rate", 1.0), seed=draw.noise)
    if labels.shape != ids.shape:
        return {"labels have the shape of the ids": False}
    special = (ids == CLS) | (ids == SEP)
    return {
        "each word has a label": bool((labels != IGNORED)[~special].all()),
        "a label is the original word": bool(
            ((labels == ids) | (labels == IGNORED))[~special].all()
        ),
        "the label of [CLS] is -100": bool((labels == IGNORED)[ids == CLS].all()),
        "the label of [SEP] is -100": bool((labels == IGNORED)[ids == SEP].all()),
    }


def _labels(answer: Handle, draw: Draw) -> Any:
    ids = _sentences(draw, 20, 12)
    inputs, labels = _masked(answer, ids, [CLS, SEP], draw.show("rate", 0.5), seed=draw.noise)
    if inputs.shape != ids.shape or labels.shape != ids.shape:
        return {"inputs and labels have the shape of the ids": False}
    chosen = labels != IGNORED
    special = (ids == CLS) | (ids == SEP)
    return {
        "a label is the original id or -100": bool((labels[chosen] == ids[chosen]).all()),
        "a token without a label stays as it is": bool((inputs == ids)[~chosen].all()),
        "special tokens are not chosen": not bool((chosen & special).any()),
        "some tokens are chosen": bool(chosen.any()),
        "some words are not chosen": bool((~chosen & ~special).any()),
        "inputs are of the vocabulary": bool(((inputs >= 0) & (inputs < WORDS)).all()),
    }


def _how_many(answer: Handle, draw: Draw) -> Any:
    ids = _sentences(draw, 200, 100)
    _, labels = _masked(answer, ids, [], seed=draw.noise)
    of_all = labels != IGNORED
    _, labels = _masked(answer, ids, [], draw.show("rate", 0.4), seed=draw.noise)
    chosen = labels != IGNORED
    if not bool(chosen.all()):  # the rest is chance, where few numbers decide
        if not bool((chosen != chosen[:1]).any()):
            return {"not the same places in every sentence": False}
        if not bool((chosen != chosen[:, :1]).any()):
            return {"not whole sentences": False}
    return {
        # 20000 tokens: a share is this far off with a chance below 1e-14.
        "rate left out: 15 % are chosen": _near(of_all, 0.15, 0.02),
        "rate 0.4: 40 % are chosen": _near(chosen, 0.4, 0.03),
        "not the same places in every sentence": bool((chosen != chosen[:1]).any()),
        "not whole sentences": bool((chosen != chosen[:, :1]).any()),
        "not the same number in every sentence": len(set(chosen.sum(1).tolist())) > 1,
        # Neighbours are both chosen with 0.4 * 0.4, if each is chosen on its own.
        "not in pairs": float((chosen[:, 1:] & chosen[:, :-1]).double().mean()) < 0.22,
    }


def _near(which: Tensor, share: float, tolerance: float) -> bool:
    return abs(float(which.double().mean()) - share) < tolerance


def _fates(answer: Handle, draw: Draw) -> Any:
    ids = _sentences(draw, 200, 100)
    found: dict[str, bool] = {}
    for rate in (0.5, 1.0):
        inputs, labels = _masked(answer, ids, [CLS, SEP], rate, seed=draw.noise)
        chosen = labels != IGNORED
        if inputs.shape != ids.shape or not bool(chosen.any()):
            return {"some tokens are chosen": False}
        found |= {f"rate {rate}: {k}": v for k, v in _shares(ids, inputs, chosen).items()}
    return found | _fates_differ(ids, inputs, chosen)


def _shares(ids: Tensor, inputs: Tensor, chosen: Tensor) -> dict[str, bool]:
    """About 9800 chosen tokens or more. A random one is now and then the same, or [MASK]."""
    hidden, kept = (inputs == MASK)[chosen], (inputs == ids)[chosen]
    swapped = ~hidden & ~kept
    return {
        "80 % become [MASK]": _near(hidden, 0.8 + 0.1 / WORDS, 0.04),
        "10 % stay as they are": _near(kept, 0.1 + 0.1 / WORDS, 0.03),
        "10 % become a random token": _near(swapped, 0.1 - 0.2 / WORDS, 0.03),
        "more are masked than random": bool(hidden.sum() > swapped.sum()),
    }


def _fates_differ(ids: Tensor, inputs: Tensor, chosen: Tensor) -> dict[str, bool]:
    hidden, kept = chosen & (inputs == MASK), chosen & (inputs == ids)
    swapped = chosen & ~hidden & ~kept
    words = set(inputs[swapped].tolist())
    share = hidden.sum(1) / chosen.sum(1).clamp(min=1)
    return {
        "a random token may be the first of the vocabulary": 0 in words,
        "it may be the last of the vocabulary": WORDS - 1 in words,
        "it may be any other": set(range(1, WORDS - 1)) - {MASK} <= words,
        "random tokens differ within a sentence": _differ(inputs, swapped),
        "each token has a fate of its own": bool(((share > 0.4) & (share < 0.99)).any()),
    }


def _differ(inputs: Tensor, where: Tensor) -> bool:
    return any(len(set(row[mask].tolist())) > 1 for row, mask in zip(inputs, where, strict=True))


def _generator(answer: Handle, draw: Draw) -> Any:
    ids = _sentences(draw, 20, 20)
    rate, specials = 0.5, [CLS, SEP]
    made = [
        _masked(answer, ids, specials, rate, _source(answer, seed), seed=own)
        for seed, own in ((draw.noise, 1), (draw.noise, 2), (draw.noise + 1, 1))
    ]
    plain = [_masked(answer, ids, specials, rate, seed=draw.noise + n) for n in (0, 0, 1)]
    return {
        "the generator alone decides": _equal(made[0], made[1]),
        "another seed of the generator, other tokens": not _equal(made[0], made[2]),
        "without one, torch's seed decides": _equal(plain[0], plain[1]),
        "another seed of torch, other tokens": not _equal(plain[0], plain[2]),
    }


def _source(answer: Handle, seed: int) -> Handle:
    return answer.candidate.library("torch.Generator")().call("manual_seed", seed)


def _equal(one: Sequence[Tensor], other: Sequence[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def _masking_keeps(answer: Handle, draw: Draw) -> Any:
    ids = answer.candidate.put(_sentences(draw, 9, 9))
    got = answer(ids, MASK, WORDS, [CLS, SEP], 0.9, seed=draw.noise)
    tensor(got[0])
    devices = same_device(got[0], ids), same_device(got[1], ids)
    return {"ids": ids, "on the device of the ids": all(devices)}


MASK_TOKENS = Exercise(
    id="mask_tokens",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("bert", "mask_tokens"),
    probes=(
        Probe("rate 0: nothing is hidden", _left_alone, 1),
        Probe("rate 1: every word has its label", _everything, 1),
        Probe("labels where a token was chosen, and nowhere else", _labels, 2),
        Probe("how many are chosen", _how_many, 1),
        Probe("80 % masked, 10 % random, 10 % kept", _fates, 2),
        Probe("the generator, or torch's own", _generator, 1),
        Probe("ids unmodified, device kept", _masking_keeps, 1, values=False),
    ),
    mistakes=mistakes.MASK_TOKENS,
    hints=(
        "Two questions for each token, with a random number each: is it chosen? And if so, what "
        "happens to it? Labels answer the first, inputs the second.",
        "torch.rand(ids.shape, generator=generator) < rate chooses; torch.isin finds the special "
        "tokens. A second torch.rand, below 0.8, from 0.8 to 0.9, above, decides the fate.",
        "labels = ids.masked_fill(~chosen, -100); inputs = ids.masked_fill(chosen & (fate < 0.8), "
        "mask_id); then torch.where(chosen & (fate >= 0.9), random_ids, inputs).",
    ),
    difficulty=3,
    minutes=30,
)


def _pairs(answer: Handle, documents: Any, generator: Any = None, **kwargs: Any) -> list[tuple]:
    got = answer(documents, generator, **kwargs).value()
    right = isinstance(got, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 3 for pair in got
    )
    if not right:
        raise Unfit("a list of triples (first, second, label) is wanted")
    return [tuple(pair) for pair in got]


def _numbered(lengths: list[int]) -> list[list[str]]:
    """Documents whose sentences say where they stand: ``3.0`` is the first of document 3."""
    return [[f"{d}.{s}" for s in range(n)] for d, n in enumerate(lengths)]


def _place(sentence: Any) -> tuple[int, int]:
    """Where a sentence stands; one that an answer made up stands nowhere."""
    try:
        document, place = map(int, sentence.split("."))
    except (AttributeError, ValueError):
        raise Unfit("a pair holds something that is no sentence of the documents") from None
    return document, place


def _firsts(answer: Handle, draw: Draw) -> Any:
    lengths = draw.show("sentences in each document", [draw.integer(2, 4), 1, draw.integer(3, 6)])
    pairs = _pairs(answer, _numbered(lengths), seed=draw.noise)
    return {"the first of each pair": [first for first, _, _ in pairs]}


def _meanings(answer: Handle, draw: Draw) -> Any:
    lengths = draw.show("sentences in each document", [draw.integer(30, 40) for _ in range(12)])
    pairs = _pairs(answer, _numbered(lengths), seed=draw.noise)
    places = [(_place(first), _place(second), label) for first, second, label in pairs]
    true = [(d, s + 1) == second for (d, s), second, label in places if label == 0]
    return {
        "labels are 0 and 1": {label for *_, label in places} == {0, 1},
        "label 0: the next sentence": all(true),
        "label 1: from another document": all(
            one[0] != other[0] for one, other, label in places if label == 1
        ),
    }


def _half(answer: Handle, draw: Draw) -> Any:
    # 450 pairs: a share as far off has a chance of 1e-13, two that never meet one of 1e-18.
    pairs = _pairs(answer, _numbered([151] * 3), seed=draw.noise)
    places = [(_place(first), _place(second), label) for first, second, label in pairs]
    kinds = [{label for one, _, label in places if one[0] == d} for d in range(3)]
    if not any(len(kind) == 2 for kind in kinds):
        return {"both kinds in one document": False}  # the rest is chance, if a document has a coin
    share = sum(label == 1 for *_, label in places) / max(len(places), 1)
    met = {(one[0], other[0]) for one, other, label in places if label == 1}
    return {
        "half of the pairs are random, no less": share > 0.32,
        "half of the pairs are random, no more": share < 0.68,
        "each document meets every other": set(itertools.permutations(range(3), 2)) <= met,
        "both kinds in one document": True,
    }


def _anywhere(answer: Handle, draw: Draw) -> Any:
    # 804 pairs, 400 of them random: a place that 1 of 6 have is missed with a chance of 1e-31.
    lengths = [2, 3, 4, 7] * 67
    pairs = _pairs(answer, _numbered(lengths), seed=draw.noise)
    places = [(_place(first), _place(second)) for first, second, _ in pairs]
    seconds = [second for first, second in places if first[0] != second[0]]
    return {
        "a document's first sentence may be the second": any(s == 0 for _, s in seconds),
        "one in the middle too": any(0 < s < lengths[d] - 1 for d, s in seconds),
        "its last sentence too": any(s == lengths[d] - 1 for d, s in seconds),
    }


def _any_kind(answer: Handle, draw: Draw) -> Any:
    sentences = [[draw.integer(4, 90) for _ in range(draw.integer(1, 3))] for _ in range(3)]
    documents = draw.show("documents", [sentences[:2], sentences[2:]])
    sent = answer.candidate.put(documents)
    ((first, second, label),) = _pairs(answer, sent, seed=draw.noise)
    made = first == sentences[0] and second in sentences and label in (0, 1)
    return {"a pair is made of sentences of the documents": made, "documents": sent}


def _pair_generator(answer: Handle, draw: Draw) -> Any:
    documents = _numbered([20, 20, 20])
    made = [
        _pairs(answer, documents, _source(answer, seed), seed=own)
        for seed, own in ((draw.noise, 1), (draw.noise, 2), (draw.noise + 1, 1))
    ]
    plain = [_pairs(answer, documents, seed=draw.noise + n) for n in (0, 0, 1)]
    return {
        "the generator alone decides": made[0] == made[1],
        "another seed of the generator, other pairs": made[0] != made[2],
        "without one, torch's seed decides": plain[0] == plain[1],
        "another seed of torch, other pairs": plain[0] != plain[2],
    }


NSP_PAIRS = Exercise(
    id="nsp_pairs",
    chapter=CHAPTER,
    module=MODULE,
    section=library_page("bert", "nsp_pairs"),
    probes=(
        Probe("which sentences start a pair", _firsts, 1),
        Probe("what the labels say", _meanings, 2),
        Probe("half of the pairs, and every other document", _half, 1),
        Probe("any sentence of another document", _anywhere, 1),
        Probe("sentences of any kind, documents unmodified", _any_kind, 1),
        Probe("the generator, or torch's own", _pair_generator, 1),
    ),
    mistakes=mistakes.NSP_PAIRS,
    hints=(
        "Go through each document's neighbours. A coin decides for each of them: the true next "
        "sentence with label 0, or one from another document with label 1.",
        "itertools.pairwise(document) gives the neighbours. torch.rand((), generator=generator) is "
        "a coin, torch.randint(n, (), generator=generator) chooses one of n.",
        "To choose another document: go on by 1 to len(documents) - 1 documents, and begin again "
        "at the first one after the last: (d + step) % len(documents).",
    ),
    difficulty=2,
    minutes=20,
)
