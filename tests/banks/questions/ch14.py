"""Questions about the exercises of chapter 14."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from banks.questions.common import Question, gradients, normal, same


def _patches(*shape: int, P: int, D: int = 5) -> Question:
    return lambda f: f(normal(*shape), normal(D, shape[1], P, P), normal(D), P)


def _patch_gradient(f):
    return gradients(
        lambda x, w, b: f(x, w, b, 2), normal(2, 3, 4, 6), normal(5, 3, 2, 2), normal(5)
    )


def _found(k: int, *similarity: str, documents: int = 12) -> Question:
    def question(f):
        scales = torch.linspace(0.5, 4, documents).double().flip(0)[:, None]
        return f(3 * normal(5), scales * normal(documents, 5), k, *similarity)

    return question


def _zero(query: bool, *similarity: str) -> Question:
    def question(f):
        q, documents = normal(4), normal(6, 4)
        documents[2] = 0.0
        return f(torch.zeros_like(q) if query else q, documents, 6, *similarity)

    return question


def _ties(k: int, *similarity: str) -> Question:
    """Lengths and products that are whole numbers, so that equal scores are equal to the bit."""

    def question(f):
        three = torch.tensor([[3.0, 4.0], [4.0, 3.0], [-4.0, 3.0]]).double()
        return f(torch.tensor([8.0, 6.0]).double(), three[torch.randint(3, (200,))], k, *similarity)

    return question


def _callers_kept(f):
    query, documents = normal(4), normal(6, 4)
    before = query.clone(), documents.clone()
    f(query, documents, 3)
    return same(before, (query, documents))


PASSAGES = ("The cat sat on the mat.", "A dog ran.", "Rain fell on the old town all night.", "No.")
LOOSE = ("  The cat\n sat   on\tthe mat. ", "A dog\n\nran.")


def words(text: str) -> int:
    return len(text.split())


def _prompt(
    passages: Any, budget: int | None = None, measure: Callable | None = None, asked: str = "Who?"
) -> Question:
    options = {} if measure is None else {"measure": measure}
    limit = {} if budget is None else {"budget": budget}
    return lambda f: (f(asked, passages, **limit, **options),)


def _every_budget(measure: Callable, highest: int) -> Question:
    """What is written for every budget in turn, or that it was refused."""

    def question(f):
        seen = []
        for budget in range(highest):
            try:
                seen.append(f("Who sat there?", list(PASSAGES), budget, measure))
            except ValueError:
                seen.append("refused")
        return tuple(seen)

    return question


def _refused(asked: str, budget: int | None = None) -> Question:
    def question(f):
        try:
            f(asked, PASSAGES, budget)
        except ValueError:
            return True
        return False

    return question


FIT = len(
    "Answer the question from the passages below.\n\n[1] A dog ran.\n\nQuestion: Who?\nAnswer:"
)

QUESTIONS = {
    "patch_embed": {
        "square": _patches(2, 3, 4, 4, P=2),
        "wide": _patches(2, 3, 4, 12, P=4),
        "high": _patches(2, 2, 9, 6, P=3),
        "grey": _patches(3, 1, 4, 6, P=2),
        "single patch": _patches(2, 3, 4, 4, P=4),
        "single pixels": _patches(2, 3, 3, 2, P=1),
        "gradient": _patch_gradient,
    },
    "retrieve": {
        "default": _found(3),
        "cosine": _found(5, "cosine"),
        "dot": _found(4, "dot"),
        "the best alone": _found(1),
        "all": _found(12),
        "all, dot": _found(12, "dot"),
        "below nothing": lambda f: f(normal(3).abs(), -normal(5, 3).abs(), 3),
        "zeros among them": _zero(False),
        "zeros asked": _zero(True),
        "zeros, dot": _zero(False, "dot"),
        "ties": _ties(40),
        "ties, dot": _ties(150, "dot"),
        "the caller's": _callers_kept,
    },
    "rag_prompt": {
        "plain": _prompt(PASSAGES),
        "a list of one": _prompt(["A dog ran."]),
        "no passages": _prompt([]),
        "twelve": _prompt([f"Fact {n}." for n in range(12)]),
        "loose text": _prompt(LOOSE),
        "loose question": _prompt(PASSAGES, asked=" \n Who sat  there? \t"),
        "budget, enough": _prompt(PASSAGES, 1000),
        "budget, exact": _prompt(["A dog ran.", "No."], FIT),
        "budget, short one behind": _prompt(PASSAGES, 150),
        "budget, loose text": _prompt(LOOSE, 125),
        "budget, question alone": _prompt(PASSAGES, len("Question: Who?\nAnswer:")),
        "budget, in words": _prompt(PASSAGES, 22, words),
        "budget, any": _every_budget(len, 220),
        "budget, any, in words": _every_budget(words, 40),
        "refused, blank": _refused(" \n\t"),
        "refused, empty": _refused(""),
        "refused, budget": _refused("Who sat there?", 10),
        "refused, budget one short": _refused("Who?", len("Question: Who?\nAnswer:") - 1),
    },
}

ONLY_IN = {
    "channels-not-moved": ("square", "wide", "high", "pixels", "gradient"),
    "channels-averaged": ("square", "wide", "high", "single", "gradient"),
    "square-assumed": ("wide", "high", "grey", "pixels", "gradient"),
    "overlapping": ("square", "wide", "high", "grey", "gradient"),
    "query-not-normalised": ("default", "cosine", "alone", "all", "below", "among", "ties"),
    "documents-not-normalised": ("default", "cosine", "alone", "all", "below", "among", "ties"),
    "always-dot": ("default", "cosine", "alone", "all", "below", "among", "ties"),
    "normalised-over-documents": ("default", "cosine", "alone", "all", "below", "among", "ties"),
    "squared-length": ("default", "cosine", "alone", "all", "below", "among", "ties"),
    "always-cosine": "dot",
    "zeros-give-nan": "zeros",
    "k-ignored": ("default", "cosine", "dot", "alone", "below", "ties"),
    "ties": ("ties", "asked"),
    "documents-overwritten": "caller",
    "instruction-without-passages": ("no passages", "budget"),
    "blank-lines-between": ("plain", "twelve", "loose", "budget"),
    "space-in-passages": "loose text",
    "space-around-question": "loose question",
    "budget-ignored": "budget",
    "exact-fit-refused": "budget",
    "goes-on": "budget",
    "one-over": "budget",
    "passages-alone-measured": "budget",
    "characters-always": "in words",
    "nothing-refused": ("budget, any", "refused, budget"),
    "blank-accepted": ("blank", "empty"),
}
