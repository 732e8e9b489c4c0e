"""Copies are found; two who answered alike by themselves are not accused."""

import random
import textwrap

import pytest

from banks import answers
from sample_class.answers import OVER_QUERIES, OWN, RENAMED
from unrolled.checks import exercise
from unrolled.grading.pages import similarity
from unrolled.grading.pages.similarity import normal_lines, similar_answers

EXERCISE = exercise("scaled_dot_product_attention")
STUB = """def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, mask=None, dropout=0.0, need_weights=False
) -> Tensor | tuple[Tensor, Tensor]:
    '''Average the values.'''
    {}"""
KNOWN = (STUB.format("raise NotImplementedError"), EXERCISE.source)


def answer(body):
    return STUB.format(textwrap.indent(body, "    ").strip())


def alike(*bodies, known=KNOWN):
    given = {f"learner-{n:02}": answer(body) for n, body in enumerate(bodies, 1)}
    return similar_answers(given, known)


def names(likeness):
    return [(pair.one, pair.other) for pair in likeness.pairs]


@pytest.mark.parametrize("name", sorted({found.exercise for found in answers("right")}))
def test_right_answers_that_people_found_by_themselves_are_not_alike(name):
    bank = {found.id: found.source for found in answers("right") if found.exercise == name}
    assert similar_answers(bank, [exercise(name).source]).pairs == ()


def test_other_names_comments_and_layout_hide_nothing():
    found = alike(OVER_QUERIES, OWN, RENAMED)
    assert names(found) == [("learner-02", "learner-03")]
    (pair,) = found.pairs
    assert pair.share == 1.0
    assert pair.lengths[0] == pair.lengths[1] > 100


def test_a_copy_with_something_added_is_alike_in_part():
    changed = OWN.replace("e = torch.exp", "sim = sim.clone()\ne = torch.exp")
    (pair,) = alike(OWN, changed).pairs
    assert 0.9 < pair.share < 1.0
    assert pair.lengths[1] > pair.lengths[0]


def test_a_group_of_three_is_three_pairs():
    found = names(alike(OWN, RENAMED, OVER_QUERIES, OWN))
    wanted = [("learner-01", "learner-02"), ("learner-01", "learner-04")]
    assert sorted(found) == [*wanted, ("learner-02", "learner-04")]


def test_what_many_share_is_no_sign():
    assert names(alike(OWN, OWN))
    assert alike(*[OWN] * 12, known=KNOWN).pairs == ()


def test_the_courses_own_answer_is_no_sign():
    body = EXERCISE.source.partition(":\n")[2]
    assert alike(textwrap.dedent(body), textwrap.dedent(body)).pairs == ()


def test_an_answer_as_short_as_the_obvious_one_is_not_compared():
    found = alike("return query @ key.mT", "return query @ key.mT")
    assert found == similarity.Likeness((), 0, 2, 0)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "def f(:",
        "x = " + "(" * 5_000,
        "x = " + "-" * 100_000 + "1",
        "\ud800",
        "%%bash\nls",
        "\0",
    ],
    ids=["empty", "not Python", "open brackets", "deep", "half a character", "bash", "NUL"],
)
def test_what_is_no_answer_is_left_out(source):
    found = similar_answers({"learner-01": source, "learner-02": source}, KNOWN)
    assert found.pairs == ()
    assert found.compared == 0


def test_nobody_and_a_single_one():
    assert similar_answers({}, KNOWN) == similarity.Likeness((), 0, 0, 0)
    assert alike(OWN) == similarity.Likeness((), 1, 0, 0)


def test_two_of_a_thousand_are_found():
    draw = random.Random(0)
    lines = {line for found in answers("right") for line in found.source.splitlines()}
    lines = sorted(line.strip() for line in lines if " = " in line and line.endswith(")"))
    bodies = ["\n".join(draw.sample(lines, 12)) for _ in range(998)]
    found = alike(*bodies, OWN, RENAMED)
    assert names(found) == [("learner-1000", "learner-999")]
    assert found.compared > 500


def test_pairs_too_many_to_compare_are_counted(monkeypatch):
    monkeypatch.setattr(similarity, "MOST_COMPARED", 1)
    found = alike(OWN, RENAMED, OWN)
    assert len(found.pairs) == 1
    assert found.capped == 2


def test_a_line_keeps_what_is_not_the_learners():
    assert normal_lines("probs = F.softmax(scores, dim=-1)  # rows\nself.drop = probs") == [
        ("v", "=", "F", ".", "softmax", "(", "scores", ",", "dim", "=", "-", "1", ")"),
        ("self", ".", "v", "=", "v"),
    ]
