"""What a run survives: processes killed at random moments, over and over.

    python benchmarks/faults.py              # 200 runs; writes results/faults.json

One class is graded by ``unrolled grade`` again and again. In every run one process is killed with
``kill -9`` at a random moment: the coordinator, a process that asks, or the sandbox of one. A run
that ended early is followed by another over the same class; when one has ended by itself, the
gradebook's export has to be that of a run without faults, line by line, and every submission has to
have been recorded. Then the gradebook is thrown away and it begins anew.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

import measure
from grading import ASSIGNMENT, hand_in, make_course, submissions
from unrolled.grading.gradebook.course import Course

LEARNERS = 8
VICTIMS = ("coordinator", "grading process", "sandbox")


def start(course: Course) -> psutil.Popen:
    """``unrolled grade``, as an instructor starts it."""
    words = [sys.executable, "-m", "unrolled.cli", "grade", ASSIGNMENT, "--root", str(course.root)]
    return psutil.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def find(run: psutil.Popen, kind: str) -> psutil.Process | None:
    """A process of that kind, if there is one by now."""
    if kind == "coordinator":
        return run
    with contextlib.suppress(psutil.Error):
        below = run.children(recursive=True)
        sandboxes = [p for p in below if p.name() == "bwrap"]
        if kind == "sandbox":
            return random.choice(sandboxes) if sandboxes else None
        parents = {p.ppid() for p in sandboxes}
        asking = [p for p in below if p.pid in parents]
        return random.choice(asking) if asking else None
    return None


def kill_once(run: psutil.Popen, kind: str, after: float) -> str:
    """Kill one process of a kind, a while after the first of it can be seen."""
    while run.poll() is None and find(run, kind) is None:
        time.sleep(0.01)
    end = time.monotonic() + after
    while run.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    victim = find(run, kind)
    if run.poll() is not None or victim is None:
        return "nothing: it had ended"
    with contextlib.suppress(psutil.NoSuchProcess):
        victim.kill()
    return kind


def export(course: Course) -> list[dict[str, str]]:
    """The gradebook's export, without the times at which it was made."""
    with (course.class_folder / "grades.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "timestamp"} for row in csv.DictReader(file)]


def forget(course: Course) -> None:
    """Throw away all that grading made."""
    for path in course.class_folder.iterdir():
        if path.name not in ("submitted", "secret"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """Kill, count and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    random.seed(0)
    killed, ends, complete, differing = Counter(), Counter(), 0, []
    with tempfile.TemporaryDirectory(prefix="unrolled-faults-") as scratch:
        course = make_course(Path(scratch, "course"))
        hand_in(course, submissions(LEARNERS))
        run = start(course)
        run.communicate()
        wanted = export(course)
        forget(course)
        with contextlib.suppress(KeyboardInterrupt):  # what was seen until then is recorded
            for number in range(options.runs):
                run = start(course)
                # A coordinator is also killed before it has read anything; a class takes seconds.
                kind = VICTIMS[number % len(VICTIMS)]
                after = random.uniform(0.0, 8.0 if kind == VICTIMS[0] else 2.0)
                killed[kill_once(run, kind, after)] += 1
                said, _ = run.communicate(timeout=600)
                ends[run.returncode] += 1
                if run.returncode == 0:
                    complete += 1
                    if export(course) != wanted:
                        differing.append({"run": number, "said": said[-2000:]})
                    forget(course)
                print(number, kind, run.returncode, complete, len(differing), flush=True)
    measure.record(
        "faults", f"python benchmarks/faults.py --runs {options.runs}", runs=sum(ends.values()),
        submissions=LEARNERS, killed=dict(killed), exit_codes=dict(ends), classes=complete,
        differing=differing,
    )  # fmt: skip


if __name__ == "__main__":
    main()
