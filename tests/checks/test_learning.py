"""What stays of a learner's work: tries, hints, answers that passed, and the reference beside."""

import json
import linecache
import sys
import types

import pytest
import torch

from unrolled.checks import (
    all_exercises,
    check,
    exercises,
    hint,
    ledger,
    notebook,
    solution,
    welcome,
)  # fmt: skip
from unrolled.checks.files import NoAnswers, answers_in
from unrolled.checks.keeping import Leans, definition, global_names
from unrolled.checks.needs import import_lines, needs
from unrolled.checks.progress import progress
from unrolled.parts import mine

SOFTMAX = """
def softmax(logits, dim=-1):
    e = (logits - logits.amax(dim, keepdim=True)).exp()
    return e / e.sum(dim, keepdim=True)
"""


@pytest.fixture
def mylib(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_MYLIB", str(tmp_path / "mylib"))
    notebook._last.clear()
    return tmp_path / "mylib"


@pytest.fixture
def cell(monkeypatch):
    """Run a notebook's cell: its source is in linecache, its names in one module."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(
        "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn",
        vars(module),
    )
    count = iter(range(100))

    def run(source):
        name = f"<cell {next(count)}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), vars(module))
        return vars(module)

    return run


def test_a_passed_answer_is_a_file_that_imports_alone(mylib, cell, capsys):
    check(cell(SOFTMAX)["softmax"])
    assert "It is yours now: mylib/softmax.py" in capsys.readouterr().out
    x = torch.randn(2, 3)
    assert torch.allclose(mine()["softmax"](x), x.softmax(-1))


def test_imports_come_along_and_earlier_answers_are_imported_from_mylib(mylib, cell):
    names = cell("from unrolled.checks import exercise\n" + "import torch\n")
    attention = names["exercise"]("scaled_dot_product_attention").source
    layer = names["exercise"]("SelfAttention").source
    cell("from torch import Tensor\nfrom unrolled.basics import masked_softmax")
    check(cell(attention)["scaled_dot_product_attention"])
    check(cell(layer)["SelfAttention"])
    text = (mylib / "SelfAttention.py").read_text()
    assert "from mylib.scaled_dot_product_attention import scaled_dot_product_attention" in text
    assert "import torch.nn as nn" in text or "from torch import nn" in text
    assert set(mine()) == {"SelfAttention", "scaled_dot_product_attention"}


def test_what_leans_on_the_notebook_is_told_and_not_stored(mylib, cell, capsys):
    names = cell("SHIFT = 0.0\n" + SOFTMAX.replace("logits.amax", "SHIFT - logits.amax"))
    cell("def softmax(logits, dim=-1):\n    return helper(logits + SHIFT, dim)\n"
         "def helper(x, dim):\n    return (x - x.logsumexp(dim, True)).exp()\n")  # fmt: skip
    check(names["softmax"])
    assert "it uses SHIFT, helper from elsewhere in the notebook" in capsys.readouterr().out
    assert not (mylib / "softmax.py").exists()


def test_nothing_is_overwritten_without_a_backup(mylib, cell):
    for comment in ("one", "two", "three"):
        check(cell(f"{SOFTMAX}    # {comment}\n")["softmax"])
        text = SOFTMAX.replace("e =", f"e_{comment} = e =")
        check(cell(text)["softmax"])
    kept = "".join(path.read_text() for path in mylib.glob("softmax.py*"))
    assert all(f"e_{comment}" in kept for comment in ("one", "two", "three"))


def test_a_damaged_ledger_is_moved_aside_and_a_locked_one_told(mylib, cell, capsys):
    mylib.mkdir()
    (mylib / ledger.FILE).write_text("{half")
    check(cell(SOFTMAX)["softmax"])
    assert (mylib / "progress.json.bak").read_text() == "{half"
    assert json.loads((mylib / ledger.FILE).read_text())["softmax"]["best"] == 5


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch, cell, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNROLLED_MYLIB", str(tmp_path / "file" / "mylib"))
    assert check(cell(SOFTMAX)["softmax"]) == 5
    assert "mylib cannot be written: " in capsys.readouterr().out


def test_while_nbgrader_runs_a_notebook_nothing_is_kept(mylib, cell, monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert check(cell(SOFTMAX)["softmax"]) == 5
    hint("softmax")
    assert not mylib.exists()


def test_hints_open_one_by_one_and_are_counted(mylib, capsys):
    for _ in range(4):
        hint("softmax")
    said = capsys.readouterr().out.splitlines()
    assert [line[:6] for line in said] == ["Hint 1", "Hint 2", "Hint 3", "Hint 3"]
    assert ledger.read()["softmax"].hints == 4


WRONG = "def softmax(logits, dim=-1):\n    return logits.exp() / logits.exp().sum({})\n"


def test_the_reference_opens_after_three_different_tries(mylib, cell, capsys):
    solution("softmax")
    assert "Check your softmax first" in capsys.readouterr().out
    for attempt, comment in (("0", ""), ("0", "    # again"), ("1", ""), ("()", "")):
        answer = cell(WRONG.format(attempt) + comment)["softmax"]
        check(answer)
        capsys.readouterr()
        solution(answer)
        said = capsys.readouterr().out
        assert ("the reference's softmax" in said) == (attempt == "()")
    assert "The reference is right and yours is not yet: " in said
    assert "Only the reference uses amax()." in said


def test_a_stub_is_no_try(mylib, cell):
    check(cell("def softmax(logits, dim=-1):\n    raise NotImplementedError()\n")["softmax"])
    assert ledger.read()["softmax"].tries == ()


def test_the_reference_opens_after_a_pass_also_in_a_later_session(mylib, cell, capsys):
    check(cell(SOFTMAX)["softmax"])
    notebook._last.clear()
    capsys.readouterr()
    solution("softmax")
    said = capsys.readouterr().out
    assert "Both are right: asked the same 4 questions, the two never differed by more" in said
    assert "e = (logits" in said


def test_a_later_chapter_runs_on_a_learners_own_layers(mylib, cell, capsys):
    check(cell(SOFTMAX)["softmax"])
    capsys.readouterr()
    names = {"softmax": None, "other": 1}
    welcome(names)
    assert names["softmax"].__module__ == "mylib.softmax"
    assert (
        capsys.readouterr().out == "In your mylib: softmax. This notebook runs on your softmax.\n"
    )
    (mylib / "softmax.py").write_text("nonsense(")
    welcome(names)
    assert capsys.readouterr().out == ""


def test_progress_says_whose_layer_is_where(mylib, cell):
    check(cell(SOFTMAX)["softmax"])
    hint("cross_entropy")
    lines = [line.split() for line in progress().splitlines()]
    assert ["softmax", "5", "of", "5", "yours"] in lines
    assert ["cross_entropy", "0", "of", "5", "the", "course's,", "1", "hint", "opened"] in lines
    assert lines[0][0] == "00-warm-up"


def test_global_names_are_those_read_from_outside():
    source = (
        "class A(Base):\n    x: int = START\n    def f(self, a=DEFAULT):\n        b = a\n"
        "        return [g(c) for c in b]\n"
    )
    assert global_names(source) == {"Base", "START", "DEFAULT", "g"}


def test_the_definition_is_the_last_one_with_its_decorators():
    source = "def f(): ...\n@a\n@b(1)\ndef f():\n    return 1\nx = 2\n"
    assert definition(source, "f") == "@a\n@b(1)\ndef f():\n    return 1\n"
    assert definition(source, "g") is None
    assert definition("def f(:", "f") is None
    assert str(Leans(["a", "b"])) == "a, b"


def indented(text):
    return text.strip().replace("\n", "\n    ")


DEEP = [
    f"if __name__ == '__main__':\n    {indented(SOFTMAX)}",
    f"with torch.no_grad():\n    {indented(SOFTMAX)}",
    f"try:\n    import x\nexcept ImportError:\n    {indented(SOFTMAX)}",
]


@pytest.mark.parametrize("source", DEEP, ids=["main", "with", "except"])
def test_an_answer_that_is_deep_in_its_cell_is_kept(source, mylib, cell, capsys):
    check(cell(source)["softmax"])
    assert "It is yours now: mylib/softmax.py" in capsys.readouterr().out
    assert "softmax" in mine()


@pytest.fixture
def typed(monkeypatch):
    """A notebook's history, in which alone stands what ran below ``%%time``."""
    cells = []
    history = types.SimpleNamespace(input_hist_raw=cells)
    shell = types.SimpleNamespace(history_manager=history)
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr(notebook, "show", lambda report: print(report.text()))

    def run(source):
        cells.append(f"%%time\n{source}")
        namespace = sys.modules["__main__"].__dict__
        exec(compile(source, "<timed exec>", "exec"), namespace)
        return namespace

    return run


def test_an_answer_below_a_magic_is_read_and_kept(mylib, cell, typed, capsys):
    check(typed(SOFTMAX)["softmax"])
    assert "It is yours now: mylib/softmax.py" in capsys.readouterr().out
    assert "%%time" not in (mylib / "softmax.py").read_text()


@pytest.mark.parametrize("head", ["%%time\n", "if True:\n    "])
def test_a_ban_is_seen_below_a_magic_and_deep_in_a_cell(head, mylib, cell, typed, capsys):
    banned = "def softmax(logits, dim=-1):\n    return torch.softmax(logits, dim)"
    run, text = (typed, banned) if "%" in head else (cell, head + indented(banned))
    check(run(text)["softmax"])
    assert "your answer uses torch.softmax" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "", "is no .py file"),
        ("none.py", None, "does not exist"),
        ("a.py", "x = 1\n", "defines none of softmax, "),
        ("a.py", "def softmax(:\n", "in line 1"),
        ("a.py", "x = 1\ny = 1 / 0\n", "ZeroDivisionError: division by zero in line 2"),
    ],
)
def test_a_file_that_cannot_be_checked_says_why(tmp_path, name, text, says):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(NoAnswers, match=says.replace("(", r"\(")):
        answers_in(tmp_path / name)


def test_answers_of_a_file_are_those_it_defines(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import sys\nfrom unrolled.basics import cross_entropy\n" + SOFTMAX + "sys.exit(3)\n"
    )
    assert list(answers_in(tmp_path / "mine.py")) == ["softmax"]


@pytest.mark.parametrize("found", all_exercises(), ids=lambda found: found.id)
def test_the_solution_of_every_notebook_is_kept(found, mylib, cell, capsys):
    """Constants, private helpers and earlier answers included: what passes imports alone."""
    own = exercises(found.chapter)
    cell("from torch import Tensor")
    for helper in own[: own.index(found) + 1]:
        wanted = needs(helper, frozenset(e.name for e in own))
        cell("\n".join([*import_lines(wanted.imports), *wanted.given]) or "pass")
        names = cell(f"from __future__ import annotations\n{helper.source}")
        if helper is found or helper.id in found.uses:
            assert check(names[helper.name]) == helper.points
    assert "is not put into mylib" not in capsys.readouterr().out
    assert found.name in mine()
