"""What submissions can do to stock nbgrader, and what the same do to ours.

    python benchmarks/attacks.py                     # writes results/attacks.json: half an hour
    python benchmarks/attacks.py os._exit formatter  # these anew, the others as recorded

Each attack of tests/grading/attacks is handed in to a course of its own and graded by the command
`nbgrader autograde`, as nbgrader is installed: learner-01 hands in the attack, and where it may
reach others, learner-02 hands in right answers after it. Then the same code, or the same file,
meets our sandbox and our marking. The instructor's guide shows the table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook, MissingEntry

import measure

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from grading.attacks import ATTACKS, KINDS, Attack, trials  # noqa: E402 - they are among the tests
from grading.attacks.attack import CAUSAL, MASK, RIGHT, SDPA, SELF, SETUP  # noqa: E402
from grading.attacks.grounds import ASSIGNMENT, Grounds, grounds, new_mark  # noqa: E402
from unrolled.checks import exercise  # noqa: E402
from unrolled.grading.gradebook.course import Course  # noqa: E402
from unrolled.grading.sandbox.tiers import choose_tier  # noqa: E402
from unrolled.grading.sandbox.worker_package import build_worker_package  # noqa: E402
from unrolled.grading.sandbox.workers import Limits, Worker  # noqa: E402

PATIENCE = 300  # seconds for two submissions, each cell of which may take nbgrader's usual 30
SHORT = 45  # for what is known to hold everything up
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "attacked"
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "released"
c.CourseDirectory.submitted_directory = "class/submitted"
c.CourseDirectory.autograded_directory = "class/autograded"
c.CourseDirectory.feedback_directory = "class/feedback"
c.CourseDirectory.db_url = "sqlite:///" + {root!r} + "/class/gradebook.db"
"""
# What the word that an attack prints, once it has got through, stands for.
PRINTED = {"read": "read", "write": "wrote", "stay": "stayed", "kill": "passed a cap"}


def role(grade_id: str, points: float = 0) -> dict:
    """nbgrader's metadata of a cell."""
    plain = {"schema_version": 3, "grade": bool(points), "solution": not points, "task": False,
             "locked": bool(points), "grade_id": grade_id}  # fmt: skip
    return {"nbgrader": plain | ({"points": points} if points else {})}


def source_notebook(secret: str) -> nbformat.NotebookNode:
    """An assignment: each answer with our check, the first with tests as instructors write them."""
    cells = [new_code_cell(SETUP, id="setup")]
    for name in (MASK, CAUSAL, SDPA, SELF):
        answer = RIGHT.get(name, f"{name} = ...").replace("\n", "\n    ### BEGIN SOLUTION\n", 1)
        answer += "\n    ### END SOLUTION" if name in RIGHT else ""
        cells.append(new_code_cell(answer, id=name, metadata=role(name)))
        points = exercise(name).points
        checks = [(f"check({name})", points), *((test, 1) for test in trials.TESTS.get(name, ()))]
        for number, (test, worth) in enumerate(checks):
            if number:
                hidden = f"### BEGIN HIDDEN TESTS\n# {secret}\n{test}\n### END HIDDEN TESTS"
                test = f"# Tests of {name}\n{hidden}"
            grade_id = f"check-{name}" + (f"-{number}" if number else "")
            cells.append(new_code_cell(test, id=grade_id, metadata=role(grade_id, worth)))
    notebook = new_notebook(cells=cells)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata.kernelspec = kernel
    return notebook


def new_course(scratch: Path, secret: str) -> Path:
    """A course with its assignment released, to be copied for each attack."""
    root, home = scratch / "course", scratch / "home"
    source = root / "solutions" / ASSIGNMENT
    source.mkdir(parents=True)
    home.mkdir()
    (root / "class").mkdir()
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
    nbformat.write(source_notebook(secret), source / f"{ASSIGNMENT}.ipynb")
    if nbgrader(root, home, secret, PATIENCE, "generate_assignment", ASSIGNMENT) != 0:
        raise RuntimeError(f"nbgrader releases nothing: {(home / 'nbgrader.log').read_text()}")
    return root


def nbgrader(root: Path, home: Path, token: str, seconds: float, *words: str) -> int | None:
    """Run a command of nbgrader's; its exit code, None if it had not ended in time."""
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home),
           "LANG": "C.UTF-8", "CLASS_TOKEN": token}  # fmt: skip
    command = [Path(sys.executable).with_name("nbgrader"), *words]
    with (home / "nbgrader.log").open("a") as log:
        process = subprocess.Popen(command, cwd=root, env=env, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, start_new_session=True)  # fmt: skip
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            end_all_under(home, b"nbgrader", b"ipykernel_launcher")
            process.wait()


def end_all_under(home: Path, *programs: bytes) -> None:
    """End what runs with this home folder; given programs, only those an attack has not named."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            command = path.with_name("cmdline").read_bytes()
            named = path.with_name("comm").read_text().startswith("left-")
            meant = not programs or (not named and any(word in command for word in programs))
            if meant and f"HOME={home}\0".encode() in path.read_bytes():
                os.kill(int(path.parts[2]), signal.SIGKILL)


def hand_in(root: Path, learner: str, attack: Attack, told: str, first: bool) -> None:
    """Write a learner's notebook: the attack, or right answers and a look around."""
    path = root / "class" / "submitted" / learner / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    released = root / "released" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = trials.handed_in(nbformat.read(released, as_version=4))
    if first and attack.damage:
        attack.damage(notebook, path)
        return
    [at] = [n for n, c in enumerate(notebook.cells) if c.id == (attack.asks if first else SELF)]
    cells = attack.cells if first else (attack.look,)
    if first and attack.kind in ("forge", "kill"):
        notebook.cells[at].source, *cells = cells
    notebook.cells[at + 1 : at + 1] = [new_code_cell(cell) for cell in cells]
    notebook.cells.insert(1, new_code_cell(told))
    nbformat.write(notebook, path)


def scores(root: Path, learner: str) -> dict[str, float]:
    """What nbgrader's gradebook says of a learner, by exercise; nothing if it says nothing."""
    with Gradebook(f"sqlite:///{root}/class/gradebook.db", "attacked") as book:
        try:
            notebook = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, learner)
        except MissingEntry:
            return {}
        found: Counter[str] = Counter()
        for grade in notebook.grades:
            found[grade.name.split("-")[1]] += grade.score
        return dict(found)


def outputs(root: Path, learner: str) -> str:
    """Everything that a learner's graded notebook shows."""
    path = root / "class" / "autograded" / learner / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:  # half written, say
        return ""
    shown = [o for cell in notebook.cells for o in cell.get("outputs", ())]
    return repr([o for o in shown if o.output_type != "error"])


def feedback(root: Path, learner: str) -> set[str]:
    """What of a learner's text acts in the feedback, or that there is none."""
    path = root / "class" / "feedback" / learner / ASSIGNMENT / f"{ASSIGNMENT}.html"
    return trials.acting(path.read_text()) if path.exists() else {"left no feedback"}


def against_nbgrader(name: str, course: Path, secret: str) -> list[str]:
    """Hand an attack in to stock nbgrader; what it did."""
    [attack] = [a for a in ATTACKS if a.name == name]
    mark = new_mark()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        root, home = Path(scratch, "course"), Path(scratch, "home")
        home.mkdir()
        shutil.copytree(course, root)
        (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
        with grounds(root, Path(scratch), secret) as ground:
            told = ground.knowledge(mark)
            shutil.rmtree(root / "class" / "autograded")
            hand_in(root, "learner-01", attack, told, first=True)
            others = attack.kind == "kill" or attack.look
            if others:
                hand_in(root, "learner-02", attack, told, first=False)
            seconds = SHORT if attack.hangs or attack.name == "a pipe" else PATIENCE
            words = "autograde", ASSIGNMENT, "--student=learner-0*"
            code = nbgrader(root, home, secret, seconds, *words)
            if attack.kind == "show":
                nbgrader(root, home, secret, seconds, "generate_feedback", ASSIGNMENT)
            done = what_happened(ground, attack, mark, home, bool(others), code)
            end_all_under(home)
            return done


def what_happened(
    ground: Grounds, attack: Attack, mark: str, home: Path, others: bool, code: int | None
) -> list[str]:
    """Name what came of it, from the gradebook, the files and the processes."""
    root = ground.course
    own, after = scores(root, "learner-01"), scores(root, "learner-02")
    shown = "".join(outputs(root, learner) for learner in ("learner-01", "learner-02"))
    (home / "nbgrader.log").unlink()
    found = ground.effects(mark, shown, home)
    done = {PRINTED.get(attack.kind, "read") if word == "read" else word for word in found}
    full = exercise(MASK).points + len(trials.TESTS[MASK])
    if attack.kind == "forge" and own.get(attack.asks):
        done.add("scored")
    if attack.kind == "break" and attack.deserves == "nothing" and own.get(MASK):
        done.add("scored")
    if attack.kind == "break" and attack.deserves != "nothing" and own.get(MASK, 0) < full:
        done.add("lost a right answer's marks")
    if attack.kind == "kill" and own.get(CAUSAL, 0) < exercise(CAUSAL).points:
        done.add("lost its own other marks")
    if attack.kind == "show":
        done |= feedback(root, "learner-01")
    if others and (after.get(MASK, 0) < full or after.get(CAUSAL, 0) < exercise(CAUSAL).points):
        done.add("lost marks of others")
    if code is None or code < 0:
        done.add("stopped the batch")
    return sorted(done)


def against_ours(attacks: list[Attack]) -> dict[str, list[str]]:
    """The same against the sandbox and the marking."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "course")
        shutil.copytree(ROOT / "solutions", root / "solutions")
        shutil.copy(ROOT / "nbgrader_config.py", root)
        (root / "class" / "submitted").mkdir(parents=True)
        release = Course(root).register(ASSIGNMENT)
        package = build_worker_package(ASSIGNMENT, Path(scratch))
        limits = Limits(cell_seconds=20.0, answer_seconds=20.0, memory_mib=512)
        with grounds(root, Path(scratch)) as ground, Worker(
            package, root, choose_tier(), limits
        ) as worker:  # fmt: skip
            return {a.name: one_against_ours(a, worker, ground, release) for a in attacks}


def one_against_ours(attack: Attack, worker: Worker, ground: Grounds, release: object) -> list[str]:
    """What one attack did to ours."""
    mark, done = new_mark(), set()
    after = trials.as_cells(RIGHT[MASK], RIGHT[CAUSAL])
    if attack.damage:
        learner = f"learner-{mark}"
        path = ground.course / "class" / "submitted" / learner / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True)
        attack.damage(trials.handed_in(release.notebook), path)
        marks, said = trials.file_marked(worker, path.parents[2], release, learner)
        if attack.kind == "show":
            done |= trials.opened(trials.fitted(path.parents[2], release, learner))
        if attack.deserves == "nothing" and marks.points[MASK]:
            done.add("scored")
        if attack.deserves != "nothing" and marks.points[MASK] < 4 and not said:
            done.add("lost a right answer's marks")
    else:
        answer = () if attack.kind in ("forge", "kill") else (RIGHT[MASK],)
        cells = (ground.knowledge(mark), *answer, *attack.cells, RIGHT[CAUSAL])
        with trials.hurried(worker, 3.0 if attack.kind == "kill" else 20.0):
            marks = trials.sandboxed(worker, trials.as_cells(*cells), [attack.asks, CAUSAL])
        shown = marks.shown + trials.looked(worker, ground, attack, mark)
        if attack.name.startswith("one long line") and len(shown) < 200_000:
            shown = ""  # it was cut short
        done |= ground.effects(mark, shown)
        if attack.kind == "forge" and marks.points[attack.asks]:
            done.add("scored")
        if attack.kind == "kill" and marks.points[CAUSAL] < 4:
            done.add("lost its own other marks")
    if trials.sandboxed(worker, after, [MASK, CAUSAL]).points != {MASK: 4.0, CAUSAL: 4.0}:
        done.add("lost marks of others")
    return sorted(done)


def main() -> None:
    """Attack and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("attacks", nargs="*", metavar="ATTACK", help="by name")
    options = parser.parse_args()
    attacks = [a for a in ATTACKS if not options.attacks or a.name in options.attacks]
    ours = against_ours(attacks)
    print({name: done for name, done in ours.items() if done} or "nothing was done to ours")
    rows = []
    with tempfile.TemporaryDirectory() as scratch, Pool(2) as pool:
        secret = f"hidden-{os.urandom(8).hex()}"
        course = new_course(Path(scratch), secret)
        names = [a.name for a in attacks]
        each = pool.imap(partial(against_nbgrader, course=course, secret=secret), names)
        for attack, stock in zip(attacks, each, strict=True):
            rows.append({"kind": attack.kind, "name": attack.name, "says": attack.says,
                         "nbgrader": stock or ["nothing"],
                         "ours": ours[attack.name] or ["nothing"]})  # fmt: skip
            print(len(rows), rows[-1], flush=True)
    record(rows)


def record(rows: list[dict]) -> None:
    """Write what was seen, beside what an earlier record says of attacks that were not tried."""
    path = measure.RESULTS / "attacks.json"
    before = json.loads(path.read_text(encoding="utf-8"))["attacks"] if path.exists() else []
    known = {row["name"]: row for row in [*before, *rows]}
    rows = [known[attack.name] for attack in ATTACKS if attack.name in known]
    total = {
        kind: {"attacks": len(found := [row for row in rows if row["kind"] == kind])}
        | {side: sum(row[side] != ["nothing"] for row in found) for side in ("nbgrader", "ours")}
        for kind in KINDS
    }
    print(total)
    measure.record("attacks", "python benchmarks/attacks.py", total=total, attacks=rows)


if __name__ == "__main__":
    main()
