"""Retrieval, and a prompt with what was found."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw, kind
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import error_type, same_device
from unrolled.checks.mistakes import ch14 as mistakes
from unrolled.checks.sections import library_page
from unrolled.checks.transplant import Unfit

CHAPTER = "14-beyond"
MOST_LINES = 200  # of a prompt: each becomes an entry of the report


def _embeddings(draw: Draw) -> tuple[Tensor, Tensor]:
    """A query and documents of very different lengths, no two of them about equally similar."""
    N, D = draw.sizes("N D")
    query, documents = _drawn(draw, N + 2, D)
    while not _far_apart(query, documents):
        query, documents = _drawn(draw, N + 2, D)
    return draw.show("query", query), draw.show("documents", documents)


def _drawn(draw: Draw, N: int, D: int) -> tuple[Tensor, Tensor]:
    # Put together in float64 and rounded, so that float32 and float64 draws are the same numbers.
    query = draw.normal("query", D).double()
    documents = draw.normal("documents", N, D).double() * torch.arange(1, N + 1).unsqueeze(1)
    documents[0] = 0.1 * query + 0.02 * documents[0]  # near, and short
    documents[-1] = -0.1 * query  # the other way
    documents[-2] = 10.0 * documents[-2] + 4.0 * query  # long, and not so near
    return query.float(), documents.float()


def _far_apart(query: Tensor, documents: Tensor) -> bool:
    """Whether rounding cannot change the order."""
    dots = documents.double() @ query.double()
    cosines = dots / documents.double().norm(dim=-1)
    return all(bool((s.sort().values.diff() > 1e-3).all()) for s in (dots, cosines))


def _found(got: Handle) -> dict[str, Handle]:
    return {"scores": got[0], "ids": got[1]}


def _cosine(answer: Handle, draw: Draw) -> Any:
    query, documents = _embeddings(draw)
    return _found(answer(query, documents, draw.show("k", 3)))


def _dot(answer: Handle, draw: Draw) -> Any:
    query, documents = _embeddings(draw)
    return _found(answer(query, documents, draw.show("k", 3), draw.show("similarity", "dot")))


def _best(answer: Handle, draw: Draw) -> Any:
    query, documents = _embeddings(draw)
    return _found(answer(query, documents, draw.show("k", 1)))


def _every(answer: Handle, draw: Draw) -> Any:
    query, documents = _embeddings(draw)
    return _found(answer(query, documents, draw.show("k", len(documents)), similarity="cosine"))


def _zeros(answer: Handle, draw: Draw) -> Any:
    query, documents = _embeddings(draw)
    documents[1] = 0.0
    k = draw.show("k", len(documents))
    of_documents = _found(answer(query, draw.show("documents", documents), k))
    of_query = _found(answer(torch.zeros_like(query), documents, k))["scores"]
    return {"a document of zeros": of_documents, "a query of zeros": of_query}


def _ties(answer: Handle, draw: Draw) -> Any:
    # Small whole numbers, so that equal scores are equal to the last bit however they are added.
    N = 3 * (2 if draw.small else draw.integer(35, 45))  # among few, any sort keeps the order
    scores = (torch.arange(N) + draw.integer(0, 2)) % 3
    documents = torch.stack([scores, 2 * scores, torch.arange(N)], dim=1).to(draw.dtype)
    query = draw.show("query", torch.tensor([2.0, -0.5, 0.0]).to(draw.dtype))
    k = draw.show("k", N - 1)
    return _found(answer(query, draw.show("documents", documents), k, "dot"))


def _retrieval_kept(answer: Handle, draw: Draw) -> Any:
    query, documents = (answer.candidate.put(value) for value in _embeddings(draw))
    got = answer(query, documents, 2)
    return _found(got) | {
        "on the device of documents": same_device(got[0], documents),
        "query": query,
        "documents": documents,
    }


RETRIEVE = Exercise(
    id="retrieve",
    chapter=CHAPTER,
    module="unrolled.retrieval",
    section=library_page("retrieval", "retrieve"),
    probes=(
        Probe("the three most similar by cosine", _cosine, 2),
        Probe("the three most similar by dot product", _dot, 1),
        Probe("the best one alone", _best, 1),
        Probe("all documents in order", _every, 1),
        Probe("vectors of zeros", _zeros, 1,
              says="a vector of zeros has similarity 0 with everything, and gives no NaN."),
        Probe("equal scores", _ties, 1,
              says="of equal scores the lower id comes first; topk does not promise that, "
                   "sort(stable=True) does."),
        Probe("float64 and device kept, inputs unmodified", _retrieval_kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.RETRIEVE,
    hints=(
        "The cosine is the dot product of two vectors that have been brought to length 1.",
        "documents.norm(dim=-1, keepdim=True) gives every length; one matrix product gives all "
        "scores. A length of 0 must not divide.",
        "scores.sort(descending=True, stable=True) gives the scores in order and their ids; take "
        "the first k of both.",
    ),
    difficulty=2,
    minutes=15,
)  # fmt: skip

WORDS = ("cat", "dog", "bone", "garden", "sleeps", "finds", "a", "the", "red", "under", "house")


def _sentence(draw: Draw, low: int, high: int, between: str = " ") -> str:
    return between.join(WORDS[draw.integer(0, 10)] for _ in range(draw.integer(low, high))) + "."


def _asked(draw: Draw, sentences: int = 3) -> tuple[str, list[str]]:
    passages = [_sentence(draw, 3, 6) for _ in range(sentences)]
    question = f"What is the {WORDS[draw.integer(0, 10)]}?"
    return draw.show("question", question), draw.show("passages", passages)


def _lines(prompt: Handle) -> dict[str, Any]:
    """A prompt line by line, so that a report names the first that differs."""
    text = prompt.value()
    if not isinstance(text, str):
        raise Unfit(f"a string is wanted, {kind(text)} was returned")
    lines = text.split("\n", MOST_LINES)
    numbered = {f"line {number}": line for number, line in enumerate(lines, start=1)}
    return {"how many lines": len(lines), "lines": numbered}


def _passages(answer: Handle, draw: Draw) -> Any:
    return _lines(answer(*_asked(draw)))


def _no_passages(answer: Handle, draw: Draw) -> Any:
    question, _ = _asked(draw)
    return _lines(answer(question, draw.show("passages", [])))


def _space(answer: Handle, draw: Draw) -> Any:
    question, passages = _asked(draw)
    question = draw.show("question", f"  {question}\n")
    passages[0] = f" {_sentence(draw, 2, 3)}\n\n  {_sentence(draw, 2, 3, between='   ')}\n"
    return _lines(answer(question, draw.show("passages", passages)))


def _exact(answer: Handle, draw: Draw) -> Any:
    question, passages = _asked(draw)
    budget = len(draw.reference(question, passages[:2]))
    return _lines(answer(question, passages, draw.show("budget", budget)))


def _question_alone(answer: Handle, draw: Draw) -> Any:
    question, passages = _asked(draw)
    budget = draw.show("budget", len(draw.reference(question, [])))
    return _lines(answer(question, passages, budget))


def _one_short(answer: Handle, draw: Draw) -> Any:
    # The passage that does not fit is long; the one after it would fit.
    question, passages = _asked(draw, sentences=4)
    passages[1], passages[2] = _sentence(draw, 9, 12), "Yes."
    budget = len(draw.reference(question, passages[:2])) - 1
    draw.show("passages", passages)
    return _lines(answer(question, passages, draw.show("budget", budget)))


def _words(answer: Handle, draw: Draw) -> Any:
    question, passages = _asked(draw, sentences=4)
    budget = draw.show("budget", len(draw.reference(question, passages[:2]).split()))
    draw.show("measure", "the number of words")
    measure, _ = answer.candidate.function(lambda text: len(str(text).split()))
    return _lines(answer(question, passages, budget, measure))


def _refused(answer: Handle, draw: Draw) -> Any:
    question, passages = _asked(draw)
    budget = len(draw.reference(question, [])) - 1
    return {
        f"question {question!r}, budget={budget}": error_type(answer(question, passages, budget))
    }


def _blank(answer: Handle, draw: Draw) -> Any:
    _, passages = _asked(draw)
    return {"raises": error_type(answer(draw.show("question", " \n"), passages))}


RAG_PROMPT = Exercise(
    id="rag_prompt",
    chapter=CHAPTER,
    module="unrolled.retrieval",
    section=library_page("retrieval", "rag_prompt"),
    probes=(
        Probe("three numbered passages", _passages, 2),
        Probe("no passages", _no_passages, 1),
        Probe("line breaks and spaces in the texts", _space, 1),
        Probe("a budget that two passages fill exactly", _exact, 1),
        Probe("a budget that the question fills exactly", _question_alone, 1),
        Probe("a budget one short of the second passage", _one_short, 1),
        Probe("a budget in words", _words, 1),
        Probe("a question that is over the budget is a ValueError", _refused, 1, values=False),
        Probe("a blank question is a ValueError", _blank, 1, values=False),
    ),
    mistakes=mistakes.RAG_PROMPT,
    hints=(
        "Write the prompt for two passages by hand, line by line. What is left for no passage?",
        "' '.join(text.split()) turns any white space into single spaces; '\\n'.join(lines) makes "
        "the text. Measure the whole prompt, not its parts.",
        "Begin with the question alone. For each passage build the longer prompt: if it is over "
        "the budget, stop; otherwise it is the prompt now.",
    ),
    difficulty=2,
    minutes=20,
)
