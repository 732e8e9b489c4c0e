import ast
import textwrap

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled import attention, basics, repairs
from unrolled.authoring.answers import BEGIN, END, answer_cell, shapes, signature
from unrolled.checks.source import readable_source
from unrolled.views import views

REFERENCES = [getattr(module, name) for module in (basics, attention) for name in module.__all__]


def regions(source):
    found, inside = [], False
    for line in source.splitlines():
        if line.strip() == BEGIN:
            found.append([])
        elif inside and line.strip() != END:
            found[-1].append(line)
        inside = line.strip() != END and (inside or line.strip() == BEGIN)
    return ["\n".join(lines) for lines in found]


def stub(source):
    lines, inside = [], False
    for line in source.splitlines():
        inside = inside or line.strip() == BEGIN
        if not inside:
            lines.append(line)
        if line.strip() == END:
            inside = False
            lines.append(" " * (len(line) - len(line.lstrip())) + "raise NotImplementedError")
    return "\n".join(lines)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.__name__)
def test_the_answer_is_the_reference(reference):
    unmarked = "\n".join(
        line for line in answer_cell(reference).splitlines() if line.strip() not in (BEGIN, END)
    )

    def without_docstrings(source):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body = node.body[1:]
        return ast.dump(tree)

    assert without_docstrings(unmarked) == without_docstrings(readable_source(reference))


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.__name__)
def test_what_is_left_for_the_learner_is_signatures_and_docstrings_only(reference):
    given = ast.parse(stub(answer_cell(reference))).body[0]
    functions = [n for n in ast.walk(given) if isinstance(n, ast.FunctionDef)]
    assert functions
    for function in functions:
        *before, last = function.body
        assert isinstance(last, ast.Raise)
        for statement in before:
            docstring = isinstance(getattr(statement, "value", None), ast.Constant)
            assert docstring or ast.unparse(statement) == "super().__init__()"


def test_layers_keep_super_and_the_names_of_their_parameters():
    given = stub(answer_cell(attention.MultiHeadAttention))
    assert "super().__init__()" in given
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        assert name in given


def test_a_missing_import_stands_in_the_one_body_that_needs_it():
    source = answer_cell(repairs.RepairedMultiHead, ("import math",))
    initial, forward = regions(source)
    assert "math" not in initial
    assert textwrap.dedent(forward).startswith("import math\n\nB, T, D = x.shape")
    namespace = {"torch": torch, "nn": nn, "Tensor": Tensor, "F": F}
    exec(source, namespace)
    torch.manual_seed(0)
    answer = namespace["RepairedMultiHead"](8, 2)
    reference = repairs.RepairedMultiHead(8, 2)
    reference.load_state_dict(answer.state_dict())
    x = torch.randn(2, 3, 8)
    assert torch.equal(answer(x), reference(x))
    assert "math" not in namespace


def test_argument_errors_are_documented_where_the_body_raises_them():
    assert "Raises:" not in answer_cell(basics.softmax)
    assert "Raises:" in basics.softmax.__doc__
    assert "is not divisible" in answer_cell(attention.MultiHeadAttention)
    assert "Raises:" in answer_cell(attention.MultiHeadAttention)


def test_signature_and_shapes_in_brief():
    assert signature(basics.softmax) == "softmax(logits, dim=-1)"
    assert shapes(basics.softmax) == "logits `(...)` to probabilities `(...)`"
    layer = signature(attention.SelfAttention)
    assert layer == (
        "SelfAttention(d_model, d_k=None, d_v=None, dropout=0.0)(x, mask=None, need_weights=False)"
    )


def test_a_function_of_words_has_no_shapes():
    assert shapes(views) == ""
