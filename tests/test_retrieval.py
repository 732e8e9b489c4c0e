"""Neighbours against a sort by hand, prompts letter by letter, an index by meaning, refusals."""

import re

import pytest
import torch
import torch.nn.functional as F

from unrolled.parts import use
from unrolled.retrieval import Found, PassageIndex, rag_prompt, retrieve

N, D = 11, 5


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("similarity", [None, "cosine", "dot"])
@pytest.mark.parametrize("k", [1, 4, N])
def test_the_best_k_of_all(similarity, k):
    query, documents = torch.randn(D, dtype=torch.float64), torch.randn(N, D, dtype=torch.float64)
    expected = documents @ query
    if similarity != "dot":
        expected = F.cosine_similarity(documents, query[None], dim=-1)
    options = {} if similarity is None else {"similarity": similarity}
    scores, ids = retrieve(query, documents, k, **options)
    order = sorted(range(N), key=lambda n: -expected[n])[:k]
    assert ids.tolist() == order
    torch.testing.assert_close(scores, expected[order], atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
def test_of_equal_scores_the_lower_id_comes_first(similarity):
    documents = torch.tensor([[0.0, 1.0]] * 20 + [[1.0, 0.0]] * 20)
    _, ids = retrieve(torch.tensor([1.0, 0.0]), documents, 30, similarity)
    assert ids.tolist() == [*range(20, 40), *range(10)]


def test_length_does_not_count_for_the_cosine_and_does_for_the_dot_product():
    documents = torch.tensor([[1.0, 0.0], [30.0, 40.0], [0.0, 0.0], [-1.0, 0.0]])
    query = torch.tensor([2.0, 0.0])
    scores, ids = retrieve(query, documents, 4)
    assert ids.tolist() == [0, 1, 2, 3]
    torch.testing.assert_close(scores, torch.tensor([1.0, 0.6, 0.0, -1.0]))
    scores, ids = retrieve(query, documents, 4, "dot")
    assert ids.tolist() == [1, 0, 2, 3]
    assert scores.tolist() == [60.0, 2.0, 0.0, -2.0]


def test_a_question_of_zeros_finds_the_first_documents():
    scores, ids = retrieve(torch.zeros(D), torch.randn(N, D), 3)
    assert ids.tolist() == [0, 1, 2]
    assert scores.tolist() == [0.0, 0.0, 0.0]


def test_short_vectors_are_compared_like_long_ones():
    documents = torch.tensor([[1e-20, 0.0], [0.0, 1e-20]], dtype=torch.float64)
    scores, ids = retrieve(torch.tensor([0.0, 1e-20], dtype=torch.float64), documents, 2)
    assert ids.tolist() == [1, 0]
    torch.testing.assert_close(scores, torch.tensor([1.0, 0.0], dtype=torch.float64))


def by_letters(texts):
    """A stand-in for a sentence encoder: how often each vowel occurs."""
    return torch.tensor([[float(text.count(v)) for v in "aeiou"] for text in texts])


def test_an_index_finds_passages_and_grows():
    index = PassageIndex(by_letters)
    assert len(index) == 0
    index.add(["banana", "bee"])
    index.add(("kiwi",))
    assert len(index) == 3
    assert index.texts == ["banana", "bee", "kiwi"]
    found = index.search("pizza kiwi", k=2)
    assert [(f.id, f.text) for f in found] == [(2, "kiwi"), (0, "banana")]
    assert isinstance(found[0], Found)
    assert found[0].score == pytest.approx(3 / 10**0.5)
    assert [f.text for f in index.search("tree", k=9)] == ["bee", "banana", "kiwi"]
    index.add(["a", "e"])
    assert len(index.search("tree")) == 3


def test_an_index_finds_with_a_learners_own_function():
    def last(query, documents, k, similarity="cosine"):
        N = len(documents)
        return torch.ones(k), torch.arange(N - k, N)

    with use({"retrieve": last}):
        index = PassageIndex(lambda texts: torch.ones(len(texts), 2))
    index.add(["a", "b", "c"])
    assert [found.text for found in index.search("?", k=2)] == ["b", "c"]


def test_an_index_by_dot_product_prefers_long_vectors():
    index = PassageIndex(by_letters, "dot")
    index.add(["a", "aaaa"])
    assert [f.id for f in index.search("a")] == [1, 0]
    assert PassageIndex(by_letters).similarity == "cosine"


def test_an_index_keeps_no_graph():
    weight = torch.ones(5, requires_grad=True)
    index = PassageIndex(lambda texts: by_letters(texts) * weight)
    index.add(["banana"])
    assert index.search("a")[0].score == pytest.approx(1.0)
    assert not index._embeddings[0].requires_grad


PROMPT = """Answer the question from the passages below.

[1] The cat sat.
[2] The dog ran.

Question: Who sat?
Answer:"""


def test_the_prompt_letter_by_letter():
    assert rag_prompt(" Who sat?\n", ["The cat\n  sat.", "The dog ran."]) == PROMPT
    assert rag_prompt("Who sat?", []) == "Question: Who sat?\nAnswer:"


def test_whole_passages_within_the_budget():
    passages = ["The cat sat.", "The dog ran."]
    one = PROMPT.replace("[2] The dog ran.\n", "")
    none = "Question: Who sat?\nAnswer:"
    assert rag_prompt("Who sat?", passages, budget=len(PROMPT)) == PROMPT
    assert rag_prompt("Who sat?", passages, budget=len(PROMPT) - 1) == one
    assert rag_prompt("Who sat?", passages, budget=len(one)) == one
    assert rag_prompt("Who sat?", passages, budget=len(one) - 1) == none
    assert rag_prompt("Who sat?", passages, budget=len(none)) == none


def test_the_first_passage_that_does_not_fit_ends_the_list():
    budget = len(rag_prompt("Who?", ["short", "tiny"]))
    prompt = rag_prompt("Who?", ["short", "long " * 40, "tiny"], budget)
    assert prompt == rag_prompt("Who?", ["short"])


def test_a_budget_in_tokens():
    def words(text):
        return len(text.split())

    assert words(PROMPT) == 19
    assert rag_prompt("Who sat?", ["The cat sat.", "The dog ran."], 19, words) == PROMPT
    assert "[2]" not in rag_prompt("Who sat?", ["The cat sat.", "The dog ran."], 18, words)


def find(query=(D,), documents=(N, D), k=2, similarity="cosine"):
    return lambda: retrieve(torch.zeros(query), torch.zeros(documents), k, similarity)


def filled():
    index = PassageIndex(by_letters)
    index.add(["a"])
    return index


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: retrieve(torch.zeros(D).long(), torch.zeros(N, D), 1),
            TypeError,
            "query has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: retrieve(torch.zeros(D), torch.zeros(N, D).long(), 1),
            TypeError,
            "documents has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (find(query=(1, D)), ValueError, "query has shape (1, 5), (D,) is wanted"),
        (find(documents=(N, 4)), ValueError, "documents has shape (11, 4), (N, 5) is wanted"),
        (find(documents=(0, D)), ValueError, "documents has shape (0, 5), (N, 5)"),
        (find(k=0), ValueError, "k=0 with 11 documents: 1 <= k <= N is wanted"),
        (find(k=12), ValueError, "k=12 with 11 documents: 1 <= k <= N is wanted"),
        (find(similarity="l2"), ValueError, "similarity='l2': one of cosine, dot is wanted"),
        (lambda: PassageIndex(by_letters, "l2"), ValueError, "similarity='l2': one of cosine, dot"),
        (lambda: filled().add([]), ValueError, "texts is empty, at least one passage is wanted"),
        (lambda: filled().add("text"), TypeError, "texts is a str, a list of strings is wanted"),
        (
            lambda: PassageIndex(lambda texts: torch.zeros(D)).add(["a"]),
            ValueError,
            "embed gave shape (5,), (1, D) is wanted",
        ),
        (
            lambda: PassageIndex(lambda texts: torch.zeros(2, D)).add(["a"]),
            ValueError,
            "embed gave shape (2, 5), (1, D) is wanted",
        ),
        (
            lambda: PassageIndex(by_letters).search("a"),
            ValueError,
            "the index is empty: add passag",
        ),
        (lambda: filled().search("a", k=0), ValueError, "k=0: at least 1 is wanted"),
        (lambda: rag_prompt("  ", []), ValueError, "question is blank, some text is wanted"),
        (
            lambda: rag_prompt("Who?", "text"),
            TypeError,
            "passages is a str, a list of strings is wanted",
        ),
        (
            lambda: rag_prompt("Who?", [], budget=21),
            ValueError,
            "budget=21: the prompt without passages is 22 long already",
        ),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
