"""Running a notebook's cells: what is kept, and what one bad cell costs."""

import base64
import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grading.conftest import run
from unrolled.grading.asking import execution
from unrolled.grading.asking.execution import (
    MAX_NOTEBOOK,
    CodeCell,
    Execution,
    checked_outputs,
    describe_error,
    execute,
)

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(8)).decode()


@pytest.mark.parametrize(
    "output",
    [
        {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}},
        {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload='alert(1)'/>"}},
        {"output_type": "display_data", "data": {"image/png": "' onerror='alert(1)"}},
        {"output_type": "display_data", "data": {"image/png": base64.b64encode(b"GIF").decode()}},
        {"output_type": "stream", "name": "html", "text": "x"},
        {"output_type": "update_display_data", "data": {"text/plain": "x"}},
        {"output_type": "stream", "name": "stdout", "text": 7},
        {"output_type": None},
        {"output_type": ["error"]},
        "text",
        None,
    ],
)
def test_what_a_browser_would_run_is_dropped(output):
    assert checked_outputs([output]) == []


@pytest.mark.parametrize("outputs", [None, 7, "x", {"a": 1}])
def test_outputs_that_are_no_list_are_none(outputs):
    assert checked_outputs(outputs) == []


def test_text_pictures_and_errors_are_kept():
    kept = checked_outputs(
        [
            {"output_type": "stream", "name": "stdout", "text": "hi \ud800"},
            {"output_type": "execute_result", "data": {"text/plain": "3", "image/png": PNG}},
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["a", "b"]},
        ]
    )
    assert [o.output_type for o in kept] == ["stream", "display_data", "error"]
    assert kept[0].text == "hi ?"
    assert kept[1].data == {"text/plain": "3", "image/png": PNG}


def test_a_value_is_never_kept_as_a_result_that_nbgrader_would_take_for_a_mark():
    kept = checked_outputs([{"output_type": "execute_result", "data": {"text/plain": "100"}}])
    assert kept[0].output_type == "display_data"


@pytest.mark.parametrize("error", [None, 7, "x", []])
def test_an_error_that_is_none_is_empty(error):
    assert describe_error(error) == ""


def test_an_error_says_its_line():
    said = describe_error({"type": "SyntaxError", "message": "bad", "line": 4})
    assert said == "SyntaxError in line 4: bad"


@pytest.mark.sandbox
def test_one_bad_cell_is_left_out_and_the_rest_runs(quick_worker):
    cells = [
        CodeCell("c0", "a = 1\nprint('start')"),
        CodeCell("c1", "b = a + 1\nwhile True: pass"),
        CodeCell("c2", "1 / 0"),
        CodeCell("c3", "import os; os._exit(0)"),
        CodeCell("c4", "print(a, 'b' in globals())"),
    ]
    done = execute(cells, quick_worker)
    assert "did not finish within 2 s" in done.lost["c1"]
    assert "ended the process" in done.lost["c3"]
    assert set(done.lost) == {"c1", "c3"}
    assert done.errors == {"c2": "ZeroDivisionError in line 1: division by zero"}
    assert done.outputs["c0"][0].text == "start\n"
    assert done.outputs["c4"][0].text == "1 False\n"


@pytest.mark.sandbox
def test_a_notebooks_habits_work(worker):
    magic = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    with worker.question() as question:
        shown = checked_outputs(question.run_cell(magic, collect=True)["outputs"])
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert "True" in run(worker, "print(get_ipython() is not None)")
    assert "2" in run(worker, "from IPython.display import display\nx = 1\nprint(x + 1)")
    assert "installed" in run(
        worker, "import importlib.util as u\nprint('installed' if u.find_spec('unrolled') else '')"
    )


def test_all_outputs_together_have_a_limit():
    done = Execution()
    shown = [{"output_type": "stream", "name": "stdout", "text": "x" * 2**20}]
    for number in range(40):
        done.keep(f"c{number}", checked_outputs(shown * 50))
    assert len(repr(done.outputs)) < 2 * MAX_NOTEBOOK
    assert "left out" in done.outputs["c39"][0].text


def test_nested_values_in_place_of_text_are_nothing():
    deep = json.loads("[" * 900 + "]" * 900)
    errors = {"output_type": "error", "ename": deep, "evalue": deep, "traceback": [deep]}
    assert checked_outputs([errors])[0].ename == ""
    assert describe_error({"type": deep, "message": deep}) == ""


def test_a_demo_is_known_also_as_it_stood_in_an_older_notebook(monkeypatch):
    """What learners were handed before stays what grading need not run, until they write in it."""
    monkeypatch.setattr(execution, "STILL_SHOW", {"28c6c7eed00c"})
    texts = {"show(1)": True, "show(0)": True, "show(0)  # mine": False, "x = 1": False}
    handed_in = new_notebook(cells=[new_code_cell(text) for text in texts])
    cells = execution.code_cells(handed_in, {"show(1)"})
    assert {cell.source: cell.demo for cell in cells} == texts


@pytest.mark.sandbox
def test_a_demo_that_fails_keeps_nothing_below_it_from_running_as_in_a_notebook(worker):
    below = "from unrolled.checks import demo\nwith demo('causal_mask'):\n    {}\nprint('below')"
    said = run(worker, below.format("1 / 0"))
    assert said == "This cell cannot go on: ZeroDivisionError: division by zero\nbelow\n"
    assert run(worker, below.format("raise SystemExit")).endswith("below\n")
    assert run(worker, below.format("print('shown')")) == "shown\nbelow\n"
