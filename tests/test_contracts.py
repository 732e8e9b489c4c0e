"""What keeps the library readable: one-way dependencies, short files, documented layers."""

import ast
import dataclasses
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import unrolled
from unrolled.checks import all_exercises
from unrolled.checks.source import readable_source

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(unrolled.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYER_MODULES = (
    "alignment", "attention", "basics", "bert", "blocks", "capture", "decoding", "elmo",
    "embeddings", "gpt", "llama", "lora", "positions", "recurrent", "repairs", "retrieval",
    "scaling", "seq2seq", "tokenizers", "training", "transformer", "translation", "vit",
)  # fmt: skip
LAYERS = [
    pytest.param(getattr(module, name), id=f"{module.__name__.removeprefix('unrolled.')}.{name}")
    for module in (importlib.import_module(f"unrolled.{name}") for name in LAYER_MODULES)
    for name in module.__all__
]


def lint_imports(folder):
    """Run import-linter on the contracts of ``folder``'s pyproject.toml."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports;"
            "sys.exit(lint_imports(no_cache=True, no_logo=True))",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_dependencies_point_one_way():
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "6 kept, 0 broken" in found.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("attention.py", "import unrolled.checks.source"),
        ("basics.py", "import IPython"),
        ("candidate/values.py", "import unrolled.attention"),
        ("candidate/host.py", "import unrolled.candidate.handles"),
        ("checks/report.py", "import nbgrader"),
        ("somewhere_new.py", ""),
    ],
)
def test_a_forbidden_import_is_noticed(tmp_path, module, line):
    """The same contracts, run on a copy of the package's imports with one more line."""
    for path in MODULES:
        copy = tmp_path / "unrolled" / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "unrolled" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    found = lint_imports(tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "broken" in found.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short_and_so_are_its_functions(path):
    source = path.read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line.strip()]
    assert len(lines) <= 350
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            first = node.body[0]
            docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0
            assert node.end_lineno - node.lineno + 1 - docstring <= 40, node.name


def takes_tensors(layer):
    """Whether shapes are part of what a layer promises."""
    if inspect.isclass(layer):
        return issubclass(layer, nn.Module)
    return any("Tensor" in str(p.annotation) for p in inspect.signature(layer).parameters.values())


def sections_of(layer):
    """The sections that the docstring of a public name has to have."""
    if dataclasses.is_dataclass(layer):
        return ["Args:"]
    shape = ["Shape:"] if takes_tensors(layer) else []
    returns = ["Returns:"] if inspect.isfunction(layer) and returned(layer) != "None" else []
    return [*(["Args:"] if inspect.signature(layer).parameters else []), *shape, *returns]


def returned(layer):
    return inspect.signature(layer).return_annotation


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_says_what_it_takes_gives_and_refuses(layer):
    text = inspect.getdoc(layer)
    assert text.splitlines()[0].endswith((".", "?"))
    for section in sections_of(layer):
        assert f"\n{section}\n" in text, section
    assert "\n>>> " in text
    arguments = inspect.signature(layer).parameters
    described = text.split("Args:\n")[1].split("\n\n")[0] if arguments else ""
    named = {
        name.strip(" `*")
        for line in described.splitlines()
        if line.startswith("    ") and not line.startswith("     ")
        for name in line.split(":")[0].split(",")
    }
    assert {name for name in arguments if name not in named} == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_that_raises_says_so(layer):
    source = inspect.getsource(inspect.unwrap(layer))
    checked = hasattr(layer, "__wrapped__") or "raise " in source or "@views" in source
    assert not checked or "Raises:\n" in inspect.getdoc(layer)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_argument_and_result_is_typed(layer):
    signature = inspect.signature(layer)
    for name, parameter in signature.parameters.items():
        assert parameter.annotation is not inspect.Parameter.empty, name
    if inspect.isfunction(layer):
        assert signature.return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_views_is_the_only_way_to_a_fast_path(path):
    """What ``fast=`` names is called by nobody else, and no body looks for a faster one itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    given = [
        keyword.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "views"
        for keyword in call.keywords
        if keyword.arg == "fast"
    ]
    assert all(isinstance(node, ast.Name | ast.Attribute) for node in given)
    named = {ast.unparse(node) for node in given}
    used = [n for n in ast.walk(tree) if isinstance(n, ast.Name | ast.Attribute)]
    assert len([n for n in used if ast.unparse(n) in named]) == len(given)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            assert target.value.id not in functions, f"an attribute of {target.value.id}"
            assert target.attr != "__class__"


CLASSES = [found for found in all_exercises() if isinstance(found.reference, type)]


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.id)
def test_a_class_that_a_learner_writes_is_read_at_a_glance(found):
    """At most 60 lines without docstrings, empty lines and comments; few methods."""
    source = readable_source(found.reference, docstring=False)
    lines = [line.strip() for line in source.splitlines()]
    assert len([line for line in lines if line and not line.startswith("#")]) <= 60
    (made,) = ast.parse(source).body
    methods = {m.name for m in made.body if isinstance(m, ast.FunctionDef)} - {"__init__"}
    assert len(methods) <= 4
