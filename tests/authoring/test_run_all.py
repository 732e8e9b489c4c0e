"""Run all cells, as JupyterLab does, of notebooks that are half done, done wrong or emptied.

JupyterLab stops at the first cell whose kernel replies with an error: there is to be none. What is
untouched and what is whole is run in `test_nbgrader.py`.
"""

import ast
import contextlib
import re
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from unrolled.checks import exercises

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(page.parent.name for page in ROOT.glob("book/*/exercises.md"))
UNWRITTEN = re.compile(r"raise NotImplementedError\(.*\)")
WRONG = ("return None", "raise TypeError('no such thing')", "return torch.zeros(5, 1)")
SHOWING = (  # have cells that show answers
    "00-warm-up", "01-words", "02-recurrence", "03-gates", "04-seq2seq", "05-alignment",
    "06-self-attention", "07-multi-head", "08-positions",
)  # fmt: skip
CASES = [(state, name) for state in ("odd", "even") for name in NAMES]
CASES += [("emptied", name) for name in SHOWING]
# What is wrong is named by its check, which takes its time: four are enough.
ASKED_WRONG = ("00-warm-up", "02-recurrence", "06-self-attention", "07-multi-head")
CASES += [("wrong", name) for name in ASKED_WRONG]


def read(folder, name):
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)


def code(name, state):
    """The sources of a notebook in which every second answer is right, or all are wrong or gone."""
    right = {cell.id: cell.source for cell in read("solutions", name).cells}
    number = 0
    for cell in read("exercises", name).cells:
        if cell.cell_type != "code":
            continue
        if cell.metadata.get("nbgrader", {}).get("solution"):
            number += 1
            if state == "wrong":
                cell.source = UNWRITTEN.sub(WRONG[number % len(WRONG)], cell.source)
            elif state == "emptied":
                cell.source = ""
            elif (state == "odd") == (number % 2 == 1):
                cell.source = right[cell.id]
        yield cell


@contextlib.contextmanager
def kernel(folder):
    """A kernel in an empty folder; by a notebook's end all that it made is forgotten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("UNROLLED_MYLIB", raising=False)
        manager, client = start_new_kernel(cwd=str(folder))
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def state(request, tmp_path_factory):
    with kernel(tmp_path_factory.mktemp(request.param)) as client:
        yield request.param, client


def run(client, source):
    """The error that a cell stops at, or None; and what it printed."""
    said = []
    reply = client.execute_interactive(
        source, timeout=120, output_hook=lambda m: said.append(m["content"].get("text", ""))
    )["content"]
    return reply.get("ename"), "".join(said)


@pytest.mark.parametrize(("state", "name"), CASES, indirect=["state"])
def test_all_cells_run_to_the_end(state, name):
    how, client = state
    run(client, "%reset -f")
    stopped = {}
    for cell in code(name, how):
        error, said = run(client, cell.source)
        if error:
            stopped[cell.id] = error, said
        if how in ("wrong", "emptied") and "demo" in cell.metadata.get("tags", ()):
            assert "This cell " in said, cell.id
            assert "Traceback" not in said
        if how == "emptied" and cell.source.startswith("check("):
            assert said.startswith(f"There is no {cell.source[6:-1]} yet: "), cell.id
    assert stopped == {}


DEMOS = [
    pytest.param(name, cell.source, id=f"{name}-{cell.id}")
    for name in NAMES
    for cell in read("exercises", name).cells
    if "demo" in cell.metadata.get("tags", ())
]


@pytest.mark.parametrize(("name", "source"), DEMOS)
def test_a_demo_names_the_answers_that_it_shows(name, source):
    assert name in SHOWING
    asked = {exercise.name for exercise in exercises(name)}
    used = {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)} & asked
    (shown,) = re.findall(r"^with demo\((.*)\):$", source, re.MULTILINE)
    assert set(ast.literal_eval(f"[{shown}]")) == used
    before = source[: source.index("with demo(")]
    assert not asked & {n.id for n in ast.walk(ast.parse(before)) if isinstance(n, ast.Name)}
