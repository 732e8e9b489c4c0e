"""Questions that branch off a process whose cells have run, as if each had run them itself."""

import contextlib

import pytest

from grading.conftest import ASSIGNMENT, ROOT, run
from sample_class.learners import LEARNERS
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.asking.execution import CodeCell, code_cells, execute
from unrolled.grading.asking.marking import graded_seeds, mark_submission
from unrolled.grading.sandbox import workers
from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.reading import read_submission

pytestmark = pytest.mark.sandbox

SAMPLE = ROOT / "tests" / "sample_class"
SETUP = "import torch, os, time, signal, threading, subprocess\nfrom pathlib import Path\nkept = []"
OTHERS = "print(len([n for n in os.listdir('/proc') if n.isdecimal()]))"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a loaded machine cleaning takes longer, and what costs a sandbox here is to be found."""
    for limit in ("CLEAN_SECONDS", "ENDED_SECONDS"):
        monkeypatch.setattr(workers, limit, 60.0)


def cells(*sources):
    return [CodeCell(f"c{n}", source) for n, source in enumerate((SETUP, *sources))]


def said(worker, source):
    """What a cell says in a branch; None if there is no branch."""
    with worker.branch() as question:
        if question is None:
            return None
        reply = question.run_cell(source, collect=True)
        return "".join(o.get("text", "") + o.get("evalue", "") for o in reply["outputs"]).strip()


def test_what_a_branch_changes_stays_in_it(worker):
    execute(cells("kept.append('cell')", "torch.manual_seed(7)"), worker, branches=2)
    draw = "print(torch.randint(10**9, (1,)).item())"
    first = said(worker, "kept.append('branch'); open('/tmp/mine', 'w'); " + draw)
    assert said(worker, draw) == first
    assert said(worker, "print(kept, os.listdir('/tmp'))") == "['cell'] []"  # in what was kept
    assert said(worker, "pass") is None


LEFT = {
    "a file": "Path('/tmp/notes').write_text('x')",
    "a file at home": "Path.home().joinpath('.notes').write_text('x')",
    "a thread": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a process": "subprocess.Popen(['sleep', '60'], start_new_session=True)",
}


@pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT.keys())
def test_cells_that_leave_more_than_memory_run_again_for_each_question(worker, leave):
    execute(cells(leave), worker, branches=1)
    assert worker.kept is None


def test_a_demo_and_a_lost_cell_are_not_what_questions_branch_off(quick_worker):
    sources = ["kept.append(1)", "kept.append('demo')", "kept.append('lost'); os._exit(0)"]
    given = cells(*sources)
    given[2] = CodeCell("c2", sources[1], demo=True)
    done = execute(given, quick_worker, branches=1)
    assert set(done.lost) == {"c3"}
    assert said(quick_worker, "print(kept)") == "[1]"


HARM = {
    "kills it": "os.kill(os.getppid(), signal.SIGKILL)",
    "stops it": "os.kill(os.getppid(), signal.SIGSTOP)",
    "kills everybody": "os.kill(-1, signal.SIGKILL)",
    "takes its connections": "[os.close(n) for n in range(3, 50)]",
    "forks for ever": "while True:\n    try: os.fork()\n    except OSError: pass",
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
def test_harm_to_what_it_branched_off_costs_nobody_else(quick_worker, harm):
    given = cells("kept.append('cell')")
    execute(given, quick_worker, branches=2)
    with quick_worker.branch() as question, contextlib.suppress(AnswerDied):
        question.run_cell(harm)
    after = said(quick_worker, "print(kept)")
    assert after in ("['cell']", None)
    quick_worker.forget()
    with quick_worker.question() as question:
        assert question.run_cell("1 + 1")["status"] == "ok"


def test_nothing_of_a_branch_lives_on(worker):
    execute(cells(), worker, branches=2)
    starts = worker.starts
    leave = "subprocess.Popen(['sleep', '60'], start_new_session=True); print(os.getpid())"
    assert said(worker, leave).isdecimal()
    assert said(worker, OTHERS) == "3"  # the warm process, what was kept, and this branch
    assert worker.starts == starts


def test_what_was_kept_ends_with_the_submission(worker):
    execute(cells(), worker, branches=1)
    assert worker.kept is not None
    worker.forget()
    assert run(worker, "import os", OTHERS).strip() == "2"


@pytest.mark.parametrize("learner", sorted(LEARNERS)[:5])
def test_marks_are_those_of_questions_that_run_the_cells_themselves(
    worker, learner, release, monkeypatch
):
    submission = read_submission(SAMPLE, learner, ASSIGNMENT, set(release.graded))
    given = code_cells(match(submission, release).notebook)
    seeds = graded_seeds(b"s" * 64, learner, release.exercises)
    branched = mark_submission(given, release.exercises, worker, seeds)
    monkeypatch.setattr(worker, "keep", lambda question: False)
    alone = mark_submission(given, release.exercises, worker, seeds)
    assert [m.text() for m in branched.marks] == [m.text() for m in alone.marks]
    assert branched.execution.outputs == alone.execution.outputs
