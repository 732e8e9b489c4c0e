"""Which slots there are: the rule in ``unrolled.parts``, read off the sources and tried out."""

import ast
import importlib
from pathlib import Path

import pytest
import torch
from tests.parts.test_models import MODELS, SOURCE, asked_for
from torch import nn

import unrolled
from public_calls import MODULES
from unrolled.checks import all_exercises
from unrolled.parts import use

LIBRARY = Path(unrolled.__file__).parent
ANSWERS = {exercise.reference for exercise in all_exercises()}
LAYERS = {
    thing
    for module in MODULES
    for thing in (getattr(module, name) for name in module.__all__)
    if isinstance(thing, type) and issubclass(thing, nn.Module)
}
INSIDE = "it is what an attention is made of inside: who wants another brings another attention"
EXCEPTIONS = {
    "split_heads": INSIDE,
    "merge_heads": INSIDE,
    "scaled_dot_product_attention": INSIDE,
    "GPTBlock": "the stack's own: it takes the whole config, and asks for its parts itself",
    "LlamaBlock": "the stack's own: it takes the whole config, and asks for its parts itself",
    "causal_mask": "GPT and Llama make their mask themselves, as their kernels do",
}


def unasked(source, names):
    """The layers and answers that classes name in their methods outside of ``part(...)``.

    Annotations, defaults and bases are no use of a thing, and neither is ``x is Thing``.
    """
    methods = [
        statement
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef)
        for statement in method.body
    ]
    excused = {
        inner
        for statement in methods
        for node in ast.walk(statement)
        if isinstance(node, ast.Compare) or getattr(getattr(node, "func", 0), "id", "") == "part"
        for inner in ast.walk(node)
    }
    found = {
        node.id: names.get(node.id)
        for statement in methods
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in excused
    }
    return {name for name, thing in found.items() if callable(thing) and thing in ANSWERS | LAYERS}


def modules():
    """The modules of the course's own models and functions."""
    for module in MODULES:
        path = Path(module.__file__)
        for file in path.parent.glob("*.py") if path.stem == "__init__" else [path]:
            name = ".".join(file.relative_to(LIBRARY.parent).with_suffix("").parts)
            yield file, vars(importlib.import_module(name.removesuffix(".__init__")))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("self.norm = LayerNorm(3)", {"LayerNorm"}),
        ("self.norm = part(LayerNorm)(3)", set()),
        ("x = softmax(x)", {"softmax"}),
        ("own = Norm if own is LayerNorm else own", set()),
        ("x = torch.relu(x)", set()),
    ],
)
def test_what_is_not_asked_for_is_seen(body, expected):
    names = vars(unrolled.blocks) | vars(unrolled.basics)
    source = f"class Model(Base):\n    def forward(self, x: LayerNorm = LayerNorm):\n        {body}"
    assert unasked(source, names) == expected
    assert unasked(f"def model(x):\n    {body}", names) == set()


def test_a_class_asks_for_every_layer_and_every_answer_that_it_is_made_of():
    found = {
        (file.name, name)
        for file, names in modules()
        for name in unasked(file.read_text(encoding="utf-8"), names)
    }
    assert {pair for pair in found if pair[1] not in EXCEPTIONS} == set()
    assert EXCEPTIONS.keys() == {name for _, name in found}


def refused(*args, **kwargs):
    raise AssertionError("a model asked for a part inside a call")


@pytest.mark.parametrize("name", MODELS)
def test_a_model_asks_where_it_is_built_and_never_inside_a_call(name):
    build, call = MODELS[name]
    model = build().double().eval()
    expected = call(model)
    with use(dict.fromkeys(asked_for(), refused)):
        torch.testing.assert_close(call(model), expected, atol=0, rtol=0)
        if hasattr(model, "generate"):
            model.generate(SOURCE[:1, :3], 4)
