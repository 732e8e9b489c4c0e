"""Marks rest on what an answer computes, and on nothing it says."""

import pytest

from grading.attacks import forge
from grading.conftest import ASSIGNMENT
from unrolled.authoring.answers import BEGIN, END
from unrolled.checks import exercise, exercises
from unrolled.grading.asking.execution import CodeCell
from unrolled.grading.asking.marking import graded_seed, graded_seeds, mark_submission
from unrolled.grading.submissions.sources import names_read

pytestmark = pytest.mark.sandbox

SETUP = "import torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn"
SECRET = b"s" * 64
MASK = "padding_mask"
RIGHT_MASK = "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]"
NO_SCALE = (
    "def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0,"
    " need_weights=False):\n    return query @ key.mT @ value"
)


def mark(worker, *sources, ids=(MASK,), learner="learner-01"):
    cells = [CodeCell(f"c{n}", source) for n, source in enumerate((SETUP, *sources))]
    asked = [e for e in exercises(ASSIGNMENT) if e.id in ids]
    marked = mark_submission(cells, asked, worker, graded_seeds(SECRET, learner, asked))
    return {m.exercise: m for m in marked.marks}


def test_a_right_answer_earns_everything(worker):
    assert mark(worker, RIGHT_MASK)[MASK].full


def test_a_cell_that_failed_before_its_answer_is_named(worker):
    found = mark(worker, "1 / 0\n" + RIGHT_MASK)[MASK]
    assert found.points == 0
    assert found.notes[0].startswith("The cell of padding_mask ended with ZeroDivisionError")


def test_seeds_are_the_learners_own_and_stay_the_same():
    assert graded_seed(SECRET, "learner-01", MASK) == graded_seed(SECRET, "learner-01", MASK)
    seeds = {
        graded_seed(secret, learner, exercise)
        for secret in (SECRET, b"t" * 64)
        for learner in ("learner-01", "learner-02")
        for exercise in (MASK, "causal_mask")
    }
    assert len(seeds) == 8


def test_a_regrade_is_identical(worker):
    wrong = RIGHT_MASK.replace("!=", "==")
    assert mark(worker, wrong)[MASK].text() == mark(worker, wrong)[MASK].text()
    assert "pad-inverted" in mark(worker, wrong)[MASK].mistakes


def test_tricks_do_not_cost_a_right_answer(worker):
    tricks = [attack.cells[1] for attack in forge.PATCHES[:3] + forge.SHELL_TRICKS[:3]]
    assert mark(worker, RIGHT_MASK, *tricks)[MASK].full


def test_noise_costs_nothing(worker):
    noisy = RIGHT_MASK.replace(
        "    return",
        "    import sys, warnings\n    warnings.warn('slow')\n"
        "    print('x', file=sys.stderr)\n    return",
    )
    marked = mark(worker, noisy)[MASK]
    assert marked.full
    # What graded code prints could carry the graded inputs to its author.
    assert "slow" not in marked.text()


def test_an_answer_that_hangs_when_asked_says_so(quick_worker):
    hanging = "def padding_mask(ids, pad_id):\n    while True: pass"
    marked = mark(quick_worker, hanging, "def causal_mask(Tq, Tk=None, device=None): ...")
    assert marked[MASK].points == 0
    assert "padding_mask was called: it did not finish within 2 s" in marked[MASK].problem


def test_an_answer_that_ends_the_process_says_so(worker):
    ending = "def padding_mask(ids, pad_id):\n    import os; os._exit(0)"
    assert "it ended the process" in mark(worker, ending)[MASK].problem


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("x = 1", "No cell defines padding_mask"),
        (
            "def padding_mask(ids, pad_id:\n    return 1",
            "is not valid Python: SyntaxError in line 1",
        ),
        ("def padding_mask(): ...\nimport os; os._exit(1)", "was left out: it ended the process"),
    ],
)
def test_an_answer_that_is_not_there_says_why(worker, source, says):
    assert says in mark(worker, source)[MASK].problem


def self_attention():
    source = exercise("SelfAttention").source
    assert BEGIN not in source
    assert END not in source
    return source


SDPA = "scaled_dot_product_attention"
TORCHS = f"""def {SDPA}(query, key, value, mask=None, dropout=0.0, need_weights=False):
    return attend(query, key, value)"""


@pytest.mark.parametrize(
    "cells",
    [
        ("attend = F.scaled_dot_product_attention", TORCHS),
        ("%matplotlib inline\nattend = F.scaled_dot_product_attention", TORCHS),
        (TORCHS.replace("attend", "F.scaled_dot_product_attention"),),
        (
            "def helper(*a):\n    return F.scaled_dot_product_attention(*a)",
            "attend = helper",
            TORCHS,
        ),
    ],
    ids=["by another name", "below a magic", "directly", "by a helper's helper"],
)
def test_a_ban_holds_in_the_cells_that_an_answer_reads(worker, cells):
    found = mark(worker, *cells, ids=(SDPA,))[SDPA]
    assert found.points == 0
    assert "asks you to write the attention by hand" in found.text()


@pytest.mark.parametrize(
    "cells",
    [
        (f"from torch.nn.functional import *\nattend = {SDPA}", TORCHS),
        ("from torch.nn.functional import scaled_dot_product_attention as attend", TORCHS),
        ("import torch.nn.functional as G", TORCHS.replace("attend", f"G.{SDPA}")),
        (
            "import numpy as G",
            TORCHS.replace("attend", "vars(F)['scaled_' + 'dot_product_attention']"),
        ),
        (TORCHS.replace("attend", "[f for n, f in vars(F).items() if n[:8] == 'scaled_d'][0]"),),
    ],
    ids=["a star", "an import elsewhere", "another name", "a text", "hidden until it runs"],
)
def test_a_ban_holds_for_what_is_hidden_or_comes_from_another_cell(worker, cells):
    found = mark(worker, *cells, ids=(SDPA,))[SDPA]
    assert found.points == 0
    assert "asks you to write the attention by hand; your answer uses " in found.text()


@pytest.mark.parametrize("seen", ["['aten:attention_of_graded_inputs', 'x' * 500]", "7", "[7]"])
def test_what_a_worker_says_that_it_ran_is_never_shown_and_never_a_reason_to_pay(worker, seen):
    own = f"from unrolled.basics import masked_softmax\n\n\n{exercise(SDPA).source}"
    lies = (
        "from unrolled.candidate import wire\nreal = wire.encode\n"
        "wire.encode = lambda message, tensors: real(\n"
        f"    message | ({{'seen': {seen}}} if 'seen' in message else {{}}), tensors)"
    )
    found = mark(worker, own, lies, ids=(SDPA,))[SDPA]
    assert found.full == seen.startswith("['aten")
    assert "graded_inputs" not in found.text()


def test_a_comparison_with_torch_beside_the_answer_is_honest(worker):
    own = f"from unrolled.basics import masked_softmax\n\n\n{exercise(SDPA).source}"
    scratch = "value = torch.ones(1, 2, 3)\nprint(F.scaled_dot_product_attention(*[value] * 3))"
    assert mark(worker, scratch, own, scratch, ids=(SDPA,))[SDPA].full
    assert mark(worker, f"{own}\n\n{scratch}", ids=(SDPA,))[SDPA].full


@pytest.mark.parametrize("more", ["!true\n" * 2000, "nonlocal x", "await x", "(" * 5000])
def test_a_cell_that_is_hard_to_read_costs_its_answer_nothing(quick_worker, more):
    """The grader reads cells to find what is banned, and must neither stumble nor take long."""
    assert mark(quick_worker, RIGHT_MASK, more.replace("!true", "%pwd"))[MASK].full
    assert isinstance(names_read(RIGHT_MASK + "\n" + more), frozenset)


BOTH = ("scaled_dot_product_attention", "SelfAttention")


def test_an_early_error_costs_its_own_points_only(worker):
    marks = mark(worker, NO_SCALE, self_attention(), ids=BOTH)
    assert not marks["scaled_dot_product_attention"].full
    assert marks["SelfAttention"].full
    assert "the course's own scaled_dot_product_attention" in marks["SelfAttention"].notes[0]


def test_a_helper_that_is_missing_is_given_too(worker):
    marks = mark(worker, self_attention(), ids=BOTH)
    assert marks["scaled_dot_product_attention"].points == 0
    assert marks["SelfAttention"].full


def test_the_courses_helper_saves_no_wrong_answer(worker):
    wrong = self_attention().replace("self.k_proj(x)", "self.q_proj(x)")
    marks = mark(worker, NO_SCALE, wrong, ids=BOTH)
    assert not marks["SelfAttention"].full
