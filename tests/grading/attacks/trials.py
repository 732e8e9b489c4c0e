"""An attack carried out: against the real sandbox and marking, and with the defence off."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from jupyter_client.kernelspec import get_kernel_spec
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade, is_grade

from grading.attacks.attack import CAUSAL, MASK, RIGHT, SDPA, SELF, SETUP, Attack
from grading.attacks.grounds import ASSIGNMENT, Grounds
from grading.drawn import page
from unrolled.candidate.wire import AnswerDied
from unrolled.checks import exercise
from unrolled.grading.asking.execution import CodeCell, code_cells
from unrolled.grading.asking.marking import graded_seeds, mark_submission
from unrolled.grading.sandbox.workers import Question, Worker
from unrolled.grading.submissions.matching import Release, match
from unrolled.grading.submissions.reading import read_submission

TEX_LINK = re.compile(r"\\href\s*\{\s*javascript:")
LIBRARY = Path(__file__).parents[3] / "lib" / "unrolled"
SECRET = b"s" * 64
SECONDS = 10.0  # for what ends by itself; a loaded machine is slow
# A check as an instructor writes it, four times, and the course's own.
WANTED = (
    "ids = torch.tensor([[5, 3, 0], [7, 0, 0]])\n"
    "wanted = torch.tensor([[[[True, True, False]]], [[[True, False, False]]]])\n"
)
TESTS = {
    MASK: tuple(WANTED + test for test in (
        "assert torch.equal(padding_mask(ids, 0), wanted)",
        "torch.testing.assert_close(padding_mask(ids, 0), wanted)",
        "assert (padding_mask(ids, 0) == wanted).all()",
        "assert np.allclose(padding_mask(ids, 0), wanted)",
    )),
}  # fmt: skip
# A fork for each learner and no defence: nothing is capped, hidden, killed or wiped.
NAIVE = """\
import atexit, ctypes, os, sys, threading, traceback
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_long(-1), 0, 0, 0)  # anybody may look inside
for code in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            exec(code, {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc()
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
print("the end", flush=True)
"""


@dataclass(frozen=True)
class Marks:
    """What one submission got here: points by exercise, and all that anybody is shown."""

    points: dict[str, float]
    shown: str


def sandboxed(
    worker: Worker, cells: Sequence[CodeCell], asked: Sequence[str], learner: str = "learner-01"
) -> Marks:
    """Mark a submission as a class is marked."""
    exercises = [exercise(name) for name in asked]
    seeds = graded_seeds(SECRET, learner, exercises)
    marked = mark_submission(cells, exercises, worker, seeds)
    shown = [repr(marked.execution.outputs), *(mark.text() for mark in marked.marks)]
    return Marks({mark.exercise: mark.points for mark in marked.marks}, "\n".join(shown))


def as_cells(*sources: str) -> list[CodeCell]:
    """A submission's cells, after the usual imports."""
    return [CodeCell(f"c{n}", source) for n, source in enumerate((SETUP, *sources))]


def looked(worker: Worker, ground: Grounds, attack: Attack, mark: str) -> str:
    """What the learner after the attack is shown."""
    if not attack.look:
        return ""
    with worker.question() as question:
        return in_turn(question, ground.knowledge(mark), attack.look)


@contextlib.contextmanager
def hurried(worker: Worker, seconds: float) -> Iterator[None]:
    """Give cells and answers less time."""
    before = worker.limits
    worker.limits = replace(before, cell_seconds=seconds, answer_seconds=seconds)
    try:
        yield
    finally:
        worker.limits = before


# The defence off.


def in_turn(question: Question, *cells: str) -> str:
    """Run cells; what they print and display, as it came, until the process is gone."""
    shown = []
    with contextlib.suppress(AnswerDied):
        for cell in cells:
            outputs = question.run_cell(cell, collect=True)["outputs"]
            shown += [repr(output) for output in outputs if output["output_type"] != "error"]
    return "\n".join(shown)


def kernel_package(folder: Path) -> Path:
    """The whole library for a worker's path, its checks imported before anything is forked."""
    (folder / "unrolled").symlink_to(LIBRARY)
    (folder / "sitecustomize.py").write_text("import unrolled.checks")
    return folder


def in_the_kernel(kernel: Worker, asked: str, *cells: str) -> float:
    """Points of the first check that pays, as nbgrader gives them: checks run after the cells."""
    checks = [
        *((test, 1.0) for test in TESTS.get(asked, ())),
        (f"check({asked})", exercise(asked).points),
    ]
    with kernel.question() as question, contextlib.suppress(AnswerDied):
        for cell in (SETUP, *cells):
            question.run_cell(cell)
        for check, worth in checks:
            if points := _nbgraders_points(question.run_cell(check, collect=True), worth):
                return points
    return 0.0


def _nbgraders_points(reply: dict, worth: float) -> float:
    graded = {"grade": True, "solution": False, "points": worth, "grade_id": "check"}
    cell = new_code_cell(metadata={"nbgrader": graded})
    cell.outputs = [nbformat.from_dict(output) for output in reply["outputs"]]
    if reply["status"] == "error" and not any(o.output_type == "error" for o in cell.outputs):
        cell.outputs.append(nbformat.from_dict({"output_type": "error"}))  # as its Execute does
    try:
        return determine_grade(cell)[0] or 0.0
    except ValueError:  # more than there are: nbgrader stops
        return 0.0


def by_its_word(worker: Worker, *cells: str) -> float:
    """Points as a grader would have them that believes what a worker says."""
    with worker.question() as question:
        return max(question.run_cell(cell).get("points", 0) for cell in (SETUP, *cells))


def unpickled(kernel: Worker, *cells: str) -> object:
    """An answer as a grader would have it that takes pickles."""
    with kernel.question() as question:
        for cell in (SETUP, *cells):
            question.run_cell(cell)
        ask = "import pickle\nprint(pickle.dumps(padding_mask(None, 0)).hex())"
        [output] = question.run_cell(ask, collect=True)["outputs"]
    return pickle.loads(bytes.fromhex(output["text"]))


def in_ipykernel(asked: str, *cells: str) -> float:
    """The same in a real kernel, for what concerns ipykernel itself."""
    sources = [SETUP, *cells, f"check({asked})"]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3")
    client.execute(cwd=tempfile.gettempdir())
    notebook.cells[-1].metadata["nbgrader"] = {"grade": True, "points": exercise(asked).points}
    return determine_grade(notebook.cells[-1])[0] or 0.0


@dataclass(frozen=True)
class Naive:
    """What the naive server printed, and whether it came to its end."""

    shown: str
    ended: bool


def naively(ground: Grounds, attack: Attack, mark: str, home: Path) -> Naive:
    """Let the naive server run an attack, then what the next learner looks at."""
    codes = [attack.code, attack.look] if attack.look else [attack.code]
    codes = [f"{ground.knowledge(mark)}\n{code}" for code in codes]
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home),
           "CLASS_TOKEN": ground.secret}  # fmt: skip
    with (home / ".shown").open("w+") as shown:
        server = subprocess.Popen(
            [sys.executable, "-c", NAIVE, *codes], stdin=subprocess.DEVNULL, stdout=shown,
            stderr=shown, cwd=home, env=env, start_new_session=True,
        )  # fmt: skip
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(2 if attack.hangs else SECONDS)
        shown.seek(0)
        text = shown.read()
    (home / ".shown").unlink()
    return Naive(text, text.endswith("the end\n"))


def as_it_stands(kernel: Worker, path: Path) -> float:
    """Points if the file is taken at its word: what it holds is run, what it says is worth it."""
    contents = subprocess.run(["cat", path], capture_output=True, timeout=3, check=True).stdout
    notebook = nbformat.reads(contents.decode(), as_version=4)
    get_kernel_spec(notebook.metadata.kernelspec.name)
    nbformat.writes(notebook).encode()
    others = {f"check-{name}" for name in (CAUSAL, SDPA, SELF)}
    points = 0.0
    with kernel.question() as question:
        for cell in notebook.cells:
            named = cell.metadata.get("nbgrader", {}).get("grade_id") in others
            demo = "demo" in cell.metadata.get("tags", ())
            if cell.cell_type != "code" or named or demo:
                continue
            reply = question.run_cell(cell.source, collect=True)
            if is_grade(cell):
                points += _nbgraders_points(reply, cell.metadata.nbgrader.points)
    return points


def handed_in(release: NotebookNode) -> NotebookNode:
    """The released notebook with right answers to two of its exercises."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        answer = RIGHT.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if answer:
            cell.source = answer
    return notebook


def file_marked(
    worker: Worker, submitted: Path, release: Release, learner: str
) -> tuple[Marks, bool]:
    """Mark the file that somebody handed in; and whether anything about it is said."""
    submission = read_submission(submitted, learner, ASSIGNMENT, set(release.graded))
    if submission.problem:
        return Marks({MASK: 0.0}, submission.problem), True
    matched = match(submission, release)
    cells = [c for c in code_cells(matched.notebook) if not c.demo]
    return sandboxed(worker, cells, [MASK], learner), bool(submission.notes or matched.notes)


def fitted(submitted: Path, release: Release, learner: str) -> NotebookNode:
    """What of a submission a person gets to see."""
    submission = read_submission(submitted, learner, ASSIGNMENT, set(release.graded))
    return match(submission, release).notebook


def opened(notebook: NotebookNode) -> set[str]:
    """What comes of opening a notebook where a person marks it."""
    try:
        return acting(page(notebook))
    except Exception:  # formgrader answers 500
        return {"cannot be opened"}


def acting(shown: str) -> set[str]:
    """What of a learner's text acts on a page, as a browser takes it; the page's own does not."""
    soup = BeautifulSoup(shown, "html.parser")
    tags = [tag for tag in soup.find_all(True) if "ran=1" in str(tag.attrs)]
    links = (str(tag.attrs.get("href", "")) for tag in tags)
    scripts = any(name.startswith("on") for tag in tags for name in tag.attrs)
    runs = scripts or any(link.strip().lower().startswith("javascript:") for link in links)
    formula = any(TEX_LINK.search(text) for text in soup.find_all(string=TEX_LINK)
                  if not text.find_parent(["pre", "code"]))  # fmt: skip
    return {"runs on the pages"} if runs or formula else set()
