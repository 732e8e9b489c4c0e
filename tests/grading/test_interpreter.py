"""What differs between the learner's Python and the grader's costs no points in silence."""

import sys

import nbformat
import pytest

from grading.conftest import ASSIGNMENT, notebook
from grading.test_marking import MASK, RIGHT_MASK, SDPA, TORCHS, mark
from unrolled.grading.asking import execution, surroundings
from unrolled.grading.asking.execution import CodeCell, execute
from unrolled.grading.run import grade_assignment
from unrolled.grading.sandbox.tiers import NONE
from unrolled.grading.submissions import sources, stamps

HERE = "def here(): ..."  # what is to be reached, and what a cell's statement is to define

MAGICS = [
    *(f"%matplotlib {name}" for name in ("widget", "ipympl", "qt", "tk", "notebook", "inline")),
    "%pylab qt",
    *(f"%load_ext {name}" for name in ("lab_black", "autoreload", "tensorboard", "line_profiler")),
    "%load_ext autoreload\n%autoreload 2",
    "%tensorboard --logdir logs",
    "%config InlineBackend.figure_format = 'retina'",
    "%config NoSuch.thing = 1",
    "%pip install einops",
    "%conda install einops",
    "!nvidia-smi",
    "!pip install a \\\n  b",
    "%no_such_magic with words",
    "x = %no_such_magic",
    "files = !ls",
    "if True:\n    %no_such_magic\n    !no_such_command",
    "?len",
    "len??",
    "%debug",
    "%run no_such_file.py",
    "%load no_such_file.py",
    "%cd /content",
    "%timeit -n 1000 -r 7 import time; time.sleep(0.2)",
    "get_ipython().run_line_magic('matplotlib', 'widget')",
    *(f"%%{name}" for name in ("time", "timeit", "prun", "capture", "capture shown", "blocking")),
    "%%time\n%%capture",
    "%%writefile mask.py",
    "%%writefile /content/mask.py",
    "# the answer\n%%time",
]

HABITS = [
    "import faulthandler\nfaulthandler.enable()",
    "import sys\nprint('x', file=sys.stdout, flush=True)",
    "import sys\nassert sys.stdout.fileno() > 0 and not sys.stdout.isatty()",
    "import sys\nsys.stdout.buffer.write('é'.encode())",
    "import sys\nsys.stdout.reconfigure(line_buffering=True)",
    "import sys\n(sys.stdout.name, sys.stdout.mode, sys.stdout.errors, sys.__stdout__.flush())",
    "import subprocess, sys\nsubprocess.run(['true'], stdout=sys.stdout, stderr=sys.stderr)",
    "import logging, sys\nlogging.basicConfig(stream=sys.stdout, force=True)\nlogging.error('x')",
    "assert input('name? ') == ''",
    "while input('go on? ') != 'no':\n    if len(asked := globals().setdefault('asked', [])) > 2:\n"
    "        break\n    asked.append(1)",
    "import getpass\ngetpass.getpass()",
    "from tqdm.notebook import tqdm\nfor _ in tqdm(range(3)): pass",
    "import ipywidgets\nfrom IPython.display import display\ndisplay(ipywidgets.IntSlider())",
    "import os\nos.get_terminal_size().columns",
    "import asyncio\nasync def f(): return 1\nassert asyncio.run(f()) == 1",
    "import asyncio\nawait asyncio.sleep(0)",
    "import asyncio\ntask = asyncio.create_task(asyncio.sleep(0))",
    "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)",
    "import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
    "import argparse\np = argparse.ArgumentParser()\np.add_argument('-f')\np.parse_args()",
    "breakpoint()",
    "get_ipython().magic('%matplotlib inline')",
    "import matplotlib\nmatplotlib.use('TkAgg')\nimport matplotlib.pyplot as plt\nplt.show()",
    "import pdb\npdb.set_trace()",
    "exit()",
    "quit(0)",
    "In, Out, _, __, ___, _i, _ih, _oh",
    "assert __name__ == '__main__'",
    "import torch\ntorch.compile(torch.nn.Linear(2, 2), mode='max-autotune')(torch.ones(1, 2))",
    "from torch.utils.data import DataLoader\nassert [*DataLoader([1], num_workers=1)] == [1]",
]

MISSING = [
    "import no_such_package",
    "import no_such_package.part as part, sys",
    "from google.colab import drive\ndrive.mount('/content/drive')",
    "from google.colab.patches import cv2_imshow",
    "import lovely_tensors as lt\nlt.monkey_patch()",
    "from no_such_package import *",
    "from itertools import no_such_name",
    "import torch.no_such_module\ntorch.ones(2)",
    "if True:\n    import wandb\nwandb.init(project='x')\nwandb.config.lr = 1\nrun = wandb.run()",
    "import pandas as pd\npd.options.display.max_rows = 3\nfor row in pd.read_csv('x'): pass",
    "import pandas as pd\nframe = pd.read_csv('x')\nframe['a'] = 1\nprint(-frame.a, frame.a > 2)\n"
    "total, _ = frame.shape\nfor row in frame[:total]: print(f'{row:.2f}')",
    "import importlib\nw = importlib.import_module('wandb.sdk')\nw.init()",
    "w2 = __import__('wandb')\nw2.config = {}\nw2.init()",
    "class Settings:\n    import wandb\n    lr = 1\nSettings().lr",
    "from transformers import AutoTokenizer\ncutter = AutoTokenizer.from_pretrained('gpt2')\n"
    "cutter.pad = cutter.eos\nlen(cutter)",
    "import transformers, sacrebleu\ntransformers.set_seed(3)\ntransformers.x",
    "from jax_typing import Float\ndef f(x: Float[int, 'b'] | None): isinstance(x, Float)\nf(1)",
]  # fmt: skip


@pytest.mark.sandbox
@pytest.mark.parametrize("heads", [MAGICS, HABITS, MISSING], ids=["magics", "habits", "missing"])
def test_what_stands_above_an_answer_costs_it_nothing(worker, heads):
    cells = [CodeCell("c0", "reached = set()\nhere = None")]
    for number, head in enumerate(heads):
        text = f"{head}\n{HERE}\nreached.add({number})\nhere.__call__()\ndel here"
        cells.append(CodeCell(f"c{number + 1}", text))
    cells.append(CodeCell("last", "print(sorted(reached))"))
    done = execute(cells, worker)
    named = {heads[int(cell[1:]) - 1]: error for cell, error in (done.errors | done.lost).items()}
    assert named == {}
    assert done.outputs["last"][0].text == f"{list(range(len(heads)))}\n"


@pytest.mark.sandbox
def test_what_runs_elsewhere_does_not_run_here(worker):
    elsewhere = ("bash", "html", "script false --no-raise-error", "skip", "javascript", "R")
    cells = [CodeCell(f"c{n}", f"%%{name}\nhere = 1") for n, name in enumerate(elsewhere)]
    done = execute([*cells, CodeCell("last", "print('here' in globals())")], worker)
    assert done.outputs["last"][0].text == "False\n"
    assert not done.errors


@pytest.mark.sandbox
def test_an_error_below_a_cell_magic_is_told_with_its_line(worker):
    cells = [CodeCell("c0", "%%time\nx = 1\n1 / 0"), CodeCell("c1", "%%no_such\nx = (")]
    done = execute(cells, worker)
    assert done.errors["c0"] == "ZeroDivisionError in line 3: division by zero"
    assert done.errors["c1"].startswith("SyntaxError in line 2")


@pytest.mark.sandbox
def test_what_a_learner_expects_to_fail_fails(worker):
    cells = [
        "try:\n    import wandb\nexcept ImportError:\n    wandb = None\nassert wandb is None",
        "try:\n    from itertools import nothing\nexcept Exception as error:\n    caught = error\n"
        "assert isinstance(caught, ImportError)",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import wandb as w\n"
        "assert 'w' not in globals()",
        "def has():\n    import wandb\n    return True\n"
        "try:\n    found = has()\nexcept ImportError:\n    found = False\nassert not found",
        "import importlib.util\nassert importlib.util.find_spec('wandb') is None",
        "try:\n    import wandb as w\nexcept ImportError:\n    !pip x\n    import wandb as w",
        "error = 1\nimport wandb as w\nassert error == 1",
        "frame = w.table()\nfor row in frame: cut = row\nerror = w.x()",
        "try:\n    w.init()\nexcept ImportError as why:\n    t = str(why)\nassert 'wandb' in t",
    ]  # fmt: skip
    done = execute([CodeCell(f"c{n}", text) for n, text in enumerate(cells)], worker)
    assert done.errors == {}
    assert done.missing == {"c5": {"w": "wandb"}, "c6": {"w": "wandb"},
                            "c7": {"frame": "wandb", "row": "wandb", "cut": "wandb"}}  # fmt: skip


DEEP = {
    "main": "if __name__ == '__main__':\n    def f(): ...",
    "with": "with x:\n    def f(): ...",
    "try": "try:\n    def f(): ...\nexcept Exception:\n    pass",
    "except": "try:\n    import x\nexcept ImportError:\n    class f: ...",
    "for": "for _ in range(1):\n    async def f(): ...",
    "match": "match 1:\n    case _:\n        f = 1",
    "tuple": "f, g = g, h",
    "walrus": "print(f := g)",
    "loop": "for f in [g]: ...",
    "global": "def make():\n    global f\n    def f(): ...",
    "globals": "def make():\n    globals()['f'] = g",
    "update": "globals().update(f=g)",
    "dictionary": "vars().update({'f': g})",
    "time": "%%time\ndef f(): ...",
    "magic": "%matplotlib widget\nif True:\n    !pip install x\n    def f(): ...",
    "operator": "f = (1\n  % 2)",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_a_name_is_found_however_deep_it_is_bound(source):
    assert "f" in sources.defined_names(source)
    assert sources.as_python(source)


SHALLOW = ["def g():\n    def f(): ...", "class A:\n    f = 1", "g(f=1)", "import f", "f.x = 1",
           "a['f'] = 1", "%%bash\nf=1", "%%script x\ndef f(): ...", "if f == 1: ..."]  # fmt: skip


@pytest.mark.parametrize("source", SHALLOW)
def test_a_name_of_something_else_is_not_taken_for_an_answer(source):
    assert "f" not in sources.defined_names(source)


def test_passing_over_magics_keeps_lines_and_what_is_python():
    text = "%%time\nx = !ls \\\n  -l\nlen?\n    \nz = 1"
    read = sources.as_python(text)
    assert read.split("\n")[-1] == text.split("\n")[-1]
    assert len(read.split("\n")) == len(text.split("\n"))
    left = "x = (7\n%3\n!= 2)"
    assert sources.as_python(left) == left


def indented(text):
    return text.replace("\n", "\n    ")


@pytest.mark.sandbox
def test_answers_that_are_deep_or_compiled_are_asked(worker):
    deep = f"if __name__ == '__main__':\n    {indented(RIGHT_MASK)}"
    assert mark(worker, deep)[MASK].full
    put = "globals()['padding_mask'] = padding_mask"
    own = f"def make():\n    {indented(RIGHT_MASK)}\n    {put}\nmake()"
    assert mark(worker, own)[MASK].full
    assert mark(worker, f"@torch.compile(fullgraph=True)\n{RIGHT_MASK}")[MASK].full


@pytest.mark.sandbox
@pytest.mark.parametrize("head", ["if True:\n    ", "%%time\nif (1\n%2):\n    "])
def test_a_ban_holds_for_an_answer_that_is_deep(worker, head):
    torchs = indented(TORCHS.replace("attend(", "F.scaled_dot_product_attention("))
    told = mark(worker, head + torchs, ids=(SDPA,))[SDPA].text()
    assert "your answer uses torch.nn.functional.scaled_dot_product_attention" in told


def saved_with(made, version):
    made.metadata["language_info"] = {"name": "python", "version": version}
    return made


@pytest.fixture
def told(course, submit, warm_pool):
    """One learner's result: ``told(notebook)``."""

    def grade(made):
        submit("learner-01", made)
        return grade_assignment(course, ASSIGNMENT, NONE, pool=warm_pool).results[0]

    return grade


@pytest.mark.sandbox
def test_a_newer_python_is_named_and_asks_a_person(told):
    newer = f"{sys.version_info.major}.{sys.version_info.minor + 1}.0"
    helper = "from itertools import no_such_batch\n\n\ndef batch(x):\n    return x = x"
    made = notebook(
        f"import torch\n{helper}",
        padding_mask=f"try: ...\nexcept 1 = 2, TypeError: ...\n{RIGHT_MASK}",
        causal_mask="def causal_mask(Tq, Tk=None, device=None):\n    return batch(1)",
        scaled_dot_product_attention=TORCHS.replace("attend(", "torch.no_such_function("),
    )
    doubts = told(saved_with(made, newer)).doubts
    [doubt] = [doubt for doubt in doubts if "Python" in doubt]
    assert f"written with Python {newer} and graded with Python" in doubt
    assert "cell 3 (the answer to padding_mask): SyntaxError in line 2" in doubt
    assert "module 'torch' has no attribute 'no_such_function'" in doubt
    assert "padding_mask (0 of 4 points)" in doubt
    assert "causal_mask (0 of" in doubt
    same = saved_with(made, f"{sys.version_info.major}.{sys.version_info.minor}.9")
    assert not any("Python" in d for d in told(same).doubts)


@pytest.mark.sandbox
def test_a_missing_package_is_named_with_its_cell_and_what_it_may_have_cost(told):
    using = RIGHT_MASK.replace("return ", "return einops.rearrange")
    inside = "def causal_mask(Tq, Tk=None, device=None):\n    import no_such\n    return no_such.x"
    starred = "def SelfAttention(*args):\n    return no_such_name(*args)"
    head = "import torch\nimport einops\nfrom no_such_star import *"
    made = notebook(head, padding_mask=using, causal_mask=inside, SelfAttention=starred)
    result = told(made)
    doubts = {d.split()[0]: d for d in result.doubts}
    assert (
        "asked for it, which may have cost points of padding_mask (0 of 4 points)."
        in doubts["einops"]
    )
    assert "causal_mask (0 of" in doubts["no_such"]
    assert "cost points of SelfAttention (0 of" in doubts["no_such_star"]
    assert "causal_mask" not in doubts["einops"]
    assert "(the answer to causal_mask)" in doubts["no_such"]


@pytest.mark.sandbox
def test_a_package_that_is_hidden_is_missing_in_an_answer_too(worker):
    lazy = "def padding_mask(*args):\n    import tokenizers"
    assert surroundings.NO_MODULE.findall(mark(worker, lazy)[MASK].text())[0] == "tokenizers"
    assert mark(worker, f"import tokenizers as t\nt.Tokenizer()\n{RIGHT_MASK}")[MASK].full


@pytest.mark.sandbox
def test_a_missing_package_that_cost_nothing_is_only_noted(told):
    parts = "from wandb.integration import torch as w\nfrom wandb import sweep"
    answer = f"import wandb\n{parts}\nwandb.init()\n{RIGHT_MASK}"
    made = notebook("import torch", padding_mask=answer)
    result = told(made)
    assert next(m for m in result.marks if m.exercise == MASK).full
    assert not any("wandb" in doubt for doubt in result.doubts)
    (note,) = [note for note in result.notes if "wandb" in note]
    assert note.startswith("wandb is not installed")


@pytest.mark.parametrize(
    "pairs", [None, 7, "ab", [["a"]], [["a", 7]], [["a", "<b>"]], [["a", "x" * 101]], [[[], []]]]
)
def test_a_forged_list_of_what_is_missing_is_empty(pairs):
    assert execution.checked_missing(pairs) == {}
    assert len(execution.checked_missing([[f"n{n}", "x"] for n in range(999)])) == 20


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        ({"language_info": {"version": "3.14.0rc1"}}, "3.14.0"),
        ({"language_info": {"version": 7}, "kernelspec": {"display_name": "Py 3.13"}}, "3.13"),
        ({"kernelspec": {"display_name": "Python 3"}}, ""),
        ({"kernelspec": {"display_name": "Python 3", "name": "python3.14"}}, "3.14"),
        ({"language_info": ["3.14"], "kernelspec": None}, ""),
        ({}, ""),
    ],
)
def test_the_version_is_read_from_the_metadata(metadata, version):
    assert stamps.read_stamp(nbformat.from_dict(metadata)).python == version
