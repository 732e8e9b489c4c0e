"""Retrieval: find the passages that are near a question, and ask with them in hand.

Shapes: ``N`` documents, ``D`` width of an embedding, ``k`` results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unrolled.arguments import retrieval as arguments
from unrolled.parts import part
from unrolled.views import views

__all__ = ["PassageIndex", "rag_prompt", "retrieve"]

INSTRUCTION = "Answer the question from the passages below."


@views(check=arguments.retrieve)
def retrieve(
    query: Tensor, documents: Tensor, k: int, similarity: str = "cosine"
) -> tuple[Tensor, Tensor]:
    r"""Find the ``k`` documents whose embeddings are most like the query's.

    .. math:: s_n = \frac{q \cdot d_n}{\lVert q \rVert \lVert d_n \rVert}

    The cosine, or with ``"dot"`` the numerator alone (Karpukhin et al. 2020, equation 1). A vector
    of zeros has similarity 0 with everything. Every document is compared: exact, and fast enough
    up to some hundred thousand.

    Args:
        query: the embedding of the question.
        documents: one embedding a row.
        k: how many to return, from 1 to N.
        similarity: ``"cosine"`` or ``"dot"``. Default: ``"cosine"``.

    Shape:
        query ``(D,)``, documents ``(N, D)``; scores, ids ``(k,)``.

    Returns:
        ``(scores, ids)``, the best first; of equal scores the lower id comes first.

    Raises:
        TypeError: if the embeddings are not floating point.
        ValueError: if a shape does not fit, there are no documents, ``k`` is not in 1..N or
            ``similarity`` is unknown.

    >>> documents = torch.tensor([[0.0, 2.0], [3.0, 0.0], [1.0, 1.0]])
    >>> retrieve(torch.tensor([1.0, 0.0]), documents, k=2)
    (tensor([1.0000, 0.7071]), tensor([1, 2]))
    """
    if similarity == "cosine":
        length, lengths = query.norm(), documents.norm(dim=-1, keepdim=True)  # (), (N, 1)
        query = query / length.masked_fill(length == 0, 1.0)  # a vector of zeros stays one
        documents = documents / lengths.masked_fill(lengths == 0, 1.0)
    scores = documents @ query  # (N,)
    best, ids = scores.sort(descending=True, stable=True)  # (N,), (N,)
    return best[:k], ids[:k]  # (k,), (k,)


class Found(NamedTuple):
    """A passage that was found.

    Attributes:
        score: its similarity with the question.
        id: its number in the index, from 0, in the order of adding.
        text: the passage.
    """

    score: float
    id: int
    text: str


class PassageIndex:
    """Passages in memory, found by their meaning.

    Args:
        embed: turns a list of n texts into embeddings ``(n, D)``, for example the ``embed`` of
            ``unrolled.pretrained.load_minilm()``.
        similarity: ``"cosine"`` or ``"dot"``. Default: ``"cosine"``.

    Shape:
        n texts to embeddings ``(n, D)``.

    Returns:
        An empty index.

    Raises:
        ValueError: if ``similarity`` is unknown.

    >>> index = PassageIndex(lambda texts: torch.tensor([[t.count("a"), 1.0] for t in texts]))
    >>> index.add(["banana", "lemon"])
    >>> index.search("papaya", k=1)[0].text
    'banana'
    """

    @views(check=arguments.passage_index)
    def __init__(self, embed: Callable[[list[str]], Tensor], similarity: str = "cosine"):
        self.embed = embed
        self.similarity = similarity
        self._retrieve = part(retrieve)
        self.texts: list[str] = []
        self._embeddings: list[Tensor] = []

    def __len__(self) -> int:
        return len(self.texts)

    @views(check=arguments.add)
    def add(self, texts: Sequence[str]) -> None:
        """Embed some passages, at least one, and keep them."""
        embeddings = self.embed(list(texts))  # (n, D)
        arguments.embeddings(embeddings, len(texts))
        self.texts.extend(texts)
        self._embeddings.append(embeddings.detach())

    @views(check=arguments.search)
    def search(self, question: str, k: int = 3) -> list[Found]:
        """Return the passages nearest to ``question``, best first: ``k``, or all if fewer."""
        query = self.embed([question])[0].detach()  # (D,)
        documents = torch.cat(self._embeddings)  # (N, D)
        scores, ids = self._retrieve(
            query, documents, min(k, len(self)), self.similarity
        )  # (k,), (k,)
        pairs = zip(scores.tolist(), ids.tolist(), strict=True)
        return [Found(score, i, self.texts[i]) for score, i in pairs]


@views(check=arguments.rag_prompt)
def rag_prompt(
    question: str,
    passages: Sequence[str],
    budget: int | None = None,
    measure: Callable[[str], int] = len,
) -> str:
    """Write a prompt that hands a model numbered passages before it is asked.

    Retrieval-augmented generation (Lewis et al. 2020), in its form for a model that follows
    instructions: what was found stands in the prompt. Passages are taken best first, and whole:
    the first that would not fit ends the list.

    Args:
        question: what is asked, not blank.
        passages: the best first; may be none.
        budget: the longest prompt. Default: no limit.
        measure: how long a text is: characters (``len``, the default), or tokens with
            ``lambda text: len(tokenizer.encode(text))``.

    Shape:
        a question and n passages to one text.

    Returns:
        The prompt, at most ``budget`` long.

    Raises:
        ValueError: if ``question`` is blank, or the prompt without passages is over ``budget``.

    >>> print(rag_prompt("Who sat?", ["The cat sat.", "The dog ran."]))
    Answer the question from the passages below.
    <BLANKLINE>
    [1] The cat sat.
    [2] The dog ran.
    <BLANKLINE>
    Question: Who sat?
    Answer:
    """
    if not question.strip():
        raise ValueError("question is blank, some text is wanted")
    prompt = asked = f"Question: {question.strip()}\nAnswer:"
    if budget is not None and measure(asked) > budget:
        raise ValueError(
            f"budget={budget}: the prompt without passages is {measure(asked)} long already"
        )
    numbered: list[str] = []
    for n, text in enumerate(passages, start=1):
        numbered.append(f"[{n}] {' '.join(text.split())}")
        longer = "\n".join([INSTRUCTION, "", *numbered, "", asked])
        if budget is not None and measure(longer) > budget:
            break
        prompt = longer
    return prompt
