"""Answers in words that are not where they should be. Importing this adds them to the cases."""

import json

from grading.damaged.cases import case
from grading.damaged.whole import (
    CHAPTER,
    EXPLAIN,
    EXPLANATION,
    SELF,
    at,
    position,
    put,
    saved,
    stub,
    text,
)  # fmt: skip

OWN = {"cell_type": "markdown", "id": "own", "metadata": {}, "source": [EXPLANATION]}


@case("the answer in words in a cell of its own below the stub", says="taken as the answer")
def words_below_stub(notebook):
    here = position(notebook, EXPLAIN)
    notebook["cells"][here : here + 1] = [stub(EXPLAIN), OWN]


@case("the answer in words typed into the question", says="taken as the answer")
def words_in_question(notebook):
    question = at(notebook, "question-same-word-twice")
    put(question, f"{text(question)}\n\n{EXPLANATION}")
    notebook["cells"][position(notebook, EXPLAIN)] = stub(EXPLAIN)


@case("the answer in words in a check cell", says="may be the answer", look=True, explained=False)
def words_in_check(notebook):
    put(at(notebook, "check-SelfAttention"), f"check(SelfAttention)\n# {EXPLANATION}")
    notebook["cells"][position(notebook, EXPLAIN)] = stub(EXPLAIN)


@case("cut off inside the answer in words", explained=False, says="cut off", look=True)
def cut_off_words(notebook):
    whole = saved(notebook)
    return whole[: whole.index(b"hands over the same")]


@case("a quotation mark lost before the answer in words", explained=False, says="lost", look=True)
def quote_lost_in_words(notebook):
    return saved(notebook).replace(b'"Both are', b"Both are", 1)


@case("the answer in words in a copy that lacks an answer in code", look=True, explained=False,
      says="has answers in words")  # fmt: skip
def words_in_a_copy(notebook):
    copied = json.loads(saved(notebook))
    copied["cells"][position(copied, SELF)] = stub(SELF)
    notebook["cells"][position(notebook, EXPLAIN)] = stub(EXPLAIN)
    return {f"{CHAPTER}.ipynb": saved(notebook), f"{CHAPTER}-Copy1.ipynb": saved(copied)}


@case("a copy in which only the answer in words is new", look=True, says="-Copy1.ipynb; it was")
def words_in_an_equal_copy(notebook):
    copied = saved(notebook)
    notebook["cells"][position(notebook, EXPLAIN)] = stub(EXPLAIN)
    return {f"{CHAPTER}.ipynb": saved(notebook), f"{CHAPTER}-Copy1.ipynb": copied}
