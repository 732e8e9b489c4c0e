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

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(unrolled.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYER_MODULES = (
    "alignment", "attention", "basics", "bert", "blocks", "capture", "decoding", "elmo",
    "embeddings", "gpt", "llama", "lora", "positions", "recurrent", "retrieval", "scaling",
    "seq2seq", "tokenizers", "training", "transformer", "vit",
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
