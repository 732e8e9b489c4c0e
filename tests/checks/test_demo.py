"""A cell that shows answers at work: it runs, or says in a sentence what it waits for."""

import linecache
import sys

import matplotlib
import matplotlib.pyplot as plt
import pytest

from unrolled.checks import demo
from unrolled.checks import exercise as find

matplotlib.use("agg")
SHOWN = 'with demo("padding_mask", "causal_mask"):\n    print(padding_mask(1) & causal_mask(2))\n'
UNWRITTEN = "def {}(*args):\n    raise NotImplementedError('this answer is still to be written')\n"
RIGHT = "import torch\nfrom torch import Tensor\n" + find("causal_mask").source
WAITS = (
    "This cell waits for your {} (Exercise {}), not written yet: write it, run that cell, then "
    "this one again.\n"
)


@pytest.fixture
def cell():
    """Run a notebook's cell, its source in linecache."""
    names = {"demo": demo}

    def run(source):
        file = f"<cell {len(linecache.cache)}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), names)
        return names

    return run


def told(capsys):
    """What was printed, however it was broken into lines, none of them too long for the page."""
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 88 or " " not in line for line in lines)
    return " ".join(lines) + "\n"


def test_what_is_right_is_shown_and_stays(cell, capsys):
    cell("def padding_mask(n):\n    return 6\ndef causal_mask(n):\n    return 3\n")
    names = cell(SHOWN + "    kept = 7\n")
    assert told(capsys) == "2\n"
    assert names["kept"] == 7


def test_what_is_not_written_is_named_with_its_exercise(cell, capsys):
    cell("def padding_mask(n):\n    return 6\n" + UNWRITTEN.format("causal_mask"))
    cell(SHOWN)
    assert told(capsys) == WAITS.format("causal_mask", 2)


def test_what_has_no_name_yet_is_not_written_either(cell, capsys):
    cell("def causal_mask(n):\n    return 3\n" + SHOWN)
    assert told(capsys) == WAITS.format("padding_mask", 1)


def test_all_that_is_not_written_is_named_in_order(cell, capsys):
    cell(UNWRITTEN.format("causal_mask") + SHOWN)
    assert told(capsys) == (
        "This cell waits for your padding_mask (Exercise 1) and causal_mask (Exercise 2), not "
        "written yet: write them, run their cells, then this one again.\n"
    )


def test_half_a_class_is_not_written(cell, capsys):
    init = "class SelfAttention:\n    def __init__(self, size):\n        self.size = size\n    "
    cell(init + UNWRITTEN.format("forward").replace("    raise", "        raise"))
    cell('with demo("SelfAttention", "causal_mask"):\n    SelfAttention(causal_mask(2))\n')
    assert "causal_mask (Exercise 2) and SelfAttention (Exercise 4), not" in told(capsys)


def test_it_is_the_answer_below_that_is_not_written(cell, capsys):
    cell(UNWRITTEN.format("scaled_dot_product_attention"))
    cell("class SelfAttention:\n    def forward(self):\n        scaled_dot_product_attention()\n")
    cell('with demo("SelfAttention"):\n    SelfAttention().forward()\n')
    assert told(capsys) == WAITS.format("scaled_dot_product_attention", 3)


def test_an_error_in_an_answer_is_shown_with_its_line(cell, capsys):
    cell("def padding_mask(n):\n    return help_out(n)\ndef help_out(n):\n    return n + 'a'\n")
    cell(SHOWN)
    assert told(capsys) == (
        "This cell cannot go on, because of your padding_mask (Exercise 1): TypeError: unsupported "
        "operand type(s) for +: 'int' and 'str', in the line `return n + 'a'`. "
        "check(padding_mask) says more.\n"
    )


def test_an_answer_that_the_cell_cannot_use_is_found_by_its_check(cell, capsys):
    cell("def padding_mask(*args):\n    return None\n" + RIGHT)
    cell(SHOWN)
    said = told(capsys)
    assert said.startswith(
        "This cell cannot go on, because of your padding_mask (Exercise 1): TypeError: unsupported "
    )
    assert "in the line `print(padding_mask(1) & causal_mask(2))`" in said
    assert said.endswith("check(padding_mask) says more.\n")


def test_several_are_named_together(cell, capsys):
    cell("padding_mask = causal_mask = 5\n")
    cell(SHOWN)
    said = told(capsys)
    assert "because of your padding_mask (Exercise 1) and causal_mask (Exercise 2): TypeErr" in said
    assert said.endswith("check(padding_mask) and check(causal_mask) say more.\n")


def test_what_no_answer_is_to_blame_for_blames_none(cell, capsys):
    cell(RIGHT + 'with demo("causal_mask"):\n    causal_mask(2, 3).view(5)\n')
    said = told(capsys)
    assert said.startswith("This cell cannot go on: RuntimeError: shape '[5]' is invalid")
    assert said.endswith("in the line `causal_mask(2, 3).view(5)`.\n")


def test_what_a_cell_above_did_not_make_is_named(cell, capsys):
    cell('with demo("causal_mask"):\n    print(trained)\n')
    assert told(capsys) == (
        "This cell needs trained, which a cell above makes: run that one to its end first.\n"
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("return causal_mask(n)", "RecursionError: maximum recursion depth exceeded"),
        ("raise ValueError('a\\n  b')", "ValueError: a b, in"),
        ("raise ValueError('a' * 9999)", "aaa…, in the line"),
        ("raise ValueError", "(Exercise 2): ValueError, in the line `raise ValueError`."),
        ("raise StopIteration", "StopIteration, in"),
        ("raise type('Odd', (Exception,), {'__str__': lambda e: 1 / 0})", "Odd, in the line"),
        ("raise NotImplementedError", WAITS.format("causal_mask", 2)),
        ("torch.ones(2, dtype=torch.long).softmax(0)", "NotImplementedError: "),
    ],
)
def test_no_error_of_an_answers_stops_the_notebook(cell, capsys, body, says):
    cell(f"import torch\ndef causal_mask(n):\n    {body}\n")
    cell('with demo("causal_mask"):\n    causal_mask(2)\n')
    said = told(capsys)
    assert says in said
    assert len(said) < 700


def test_an_answer_that_never_ends_is_stopped(cell, capsys, monkeypatch):
    monkeypatch.setattr(sys.modules[demo.__module__], "SECONDS", 0.1)
    cell("def causal_mask(n):\n    while True:\n        pass\n")
    cell('with demo("causal_mask"):\n    causal_mask(2)\n')
    said = told(capsys)
    assert "because of your causal_mask (Exercise 2): it was stopped after 0.1 seconds, in" in said


def test_whoever_interrupts_is_obeyed_and_reads_a_sentence_in_place_of_all_the_calls(cell, capsys):
    cell("def causal_mask(n):\n    raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt) as stopped:
        cell('with demo("causal_mask"):\n    causal_mask(2)\n')
    said = "You have stopped this cell. Run it again, and it starts from the beginning.\n"
    assert told(capsys) == said
    assert "causal_mask" not in [entry.name for entry in stopped.traceback]
    assert stopped.value.__suppress_context__


def test_three_names_are_listed_as_people_list_them(cell, capsys):
    cell('with demo("padding_mask", "causal_mask", "SelfAttention"):\n    padding_mask(1)\n')
    assert "your padding_mask (Exercise 1), causal_mask (Exercise 2) and Self" in told(capsys)


def test_half_a_figure_is_not_shown_and_others_stay(cell):
    plt.close("all")
    mine = plt.figure()
    cell(
        'import matplotlib.pyplot as plt\nwith demo("causal_mask"):\n    plt.figure()\n    1 / 0\n'
    )
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


@pytest.mark.parametrize("name", ["nonsense", 7, ["causal_mask"], None, sys])
def test_a_name_that_is_no_exercise_is_told_and_the_cell_runs(cell, capsys, name):
    cell("import sys\n" + RIGHT)["name"] = name
    cell('with demo(name, "causal_mask"):\n    print(causal_mask(1).shape)\n')
    said = told(capsys)
    assert said.startswith('demo() takes names of exercises, such as demo("softmax"), not ')
    assert said.endswith("torch.Size([1, 1])\n")
