"""What ``unrolled.retrieval`` refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from unrolled.arguments import common, tensors

SIMILARITIES = ("cosine", "dot")


def retrieve(query: Tensor, documents: Tensor, k: int, similarity: str = "cosine") -> None:
    """Refuse what ``retrieve`` cannot compare."""
    tensors.floating(query=query, documents=documents)
    tensors.shaped("query", query, "(D,)", None)
    tensors.shaped("documents", documents, f"(N, {query.size(0)})", None, query.size(0))
    if not 1 <= k <= documents.size(0):
        raise ValueError(f"k={k} with {documents.size(0)} documents: 1 <= k <= N is wanted")
    common.one_of("similarity", similarity, SIMILARITIES)


def passage_index(self: Any, embed: Callable[..., Tensor], similarity: str = "cosine") -> None:
    """Refuse what no ``PassageIndex`` can be made of."""
    if not callable(embed):
        raise TypeError(f"embed is a {type(embed).__name__}, a function(texts) is wanted")
    common.one_of("similarity", similarity, SIMILARITIES)


def add(self: Any, texts: Sequence[str]) -> None:
    """Refuse what ``PassageIndex.add`` cannot keep."""
    common.several("texts", texts, "a list of strings")
    common.not_empty("texts", texts, "passage")


def embeddings(given: Tensor, count: int) -> None:
    """Refuse what an ``embed`` gave if it is not one vector a text."""
    if given.dim() != 2 or given.size(0) != count:
        raise ValueError(f"embed gave shape {tuple(given.shape)}, ({count}, D) is wanted")


def search(self: Any, question: str, k: int = 3) -> None:
    """Refuse what ``PassageIndex.search`` cannot find."""
    if len(self) == 0:
        raise ValueError("the index is empty: add passages first")
    common.at_least_one(k=k)


def rag_prompt(
    question: str,
    passages: Sequence[str],
    budget: int | None = None,
    measure: Callable[[str], int] = len,
) -> None:
    """Refuse what ``rag_prompt`` cannot ask; lengths and blank questions it refuses itself."""
    common.several("passages", passages, "a list of strings")
