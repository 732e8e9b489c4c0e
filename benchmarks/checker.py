"""What the checker catches, exercise by exercise.

    python benchmarks/checker.py                       # all seeds; writes results/checker.json
    python benchmarks/checker.py --seeds 2 rnn_step    # a look at some

For each exercise: how many known mistakes there are, and the share that is refused and named as
itself over the seeds; the independent bank (tests/banks): right answers accepted, wrong ones
refused, single mistakes named first, several all named; and how long a report takes. What became
of changed references is in results/probe_mutants.json. The book's page "How it is built" shows
both.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from multiprocessing import Pool
from pathlib import Path

import torch

import measure

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from banks import answers, load  # noqa: E402 - the banks lie among the tests
from unrolled.candidate.handles import Candidate  # noqa: E402
from unrolled.checks import all_exercises, examine, exercise  # noqa: E402
from unrolled.checks.diagnose import diagnose  # noqa: E402
from unrolled.checks.exercise import mistaken  # noqa: E402
from unrolled.checks.probing import run_probes  # noqa: E402

Figures = dict[str, float]


def catalogue(name: str, seeds: range) -> Figures:
    """Every known mistake, every seed: refused, and named as itself and nothing else."""
    found = exercise(name)
    refused = named = 0
    for seed in seeds:
        for mistake in found.mistakes:
            candidate = Candidate.local(mistaken(found, (mistake,)), found.name)
            examination = run_probes(found, candidate, seed)
            refused += bool(examination.failing)
            named += [m.slug for m in diagnose(examination)] == [mistake.slug]
    asked = len(found.mistakes) * len(seeds)
    slugs = len({mistake.slug for mistake in found.mistakes})
    return {"mistakes": slugs, "asked": asked, "refused": refused, "named": named}


def bank(name: str, seeds: range) -> Figures:
    """The answers that others wrote by hand."""
    figures = dict.fromkeys(
        ("right", "accepted", "wrong", "wrong_refused", "single", "named_first", "several",
         "all_named"), 0,
    )  # fmt: skip
    for answer in answers("right"):
        if answer.exercise == name:
            reports = [examine(name, load(answer), s, answer.source) for s in seeds]
            figures["right"] += len(reports)
            figures["accepted"] += sum(report.passed for report in reports)
    for answer in answers("wrong"):
        if answer.exercise == name:
            reports = [examine(name, load(answer), s, answer.source) for s in seeds]
            figures["wrong"] += len(reports)
            figures["wrong_refused"] += sum(not report.passed for report in reports)
            if len(answer.mistakes) == 1:
                figures["single"] += len(reports)
                figures["named_first"] += sum(r.mistakes[:1] == answer.mistakes for r in reports)
            elif answer.mistakes:
                figures["several"] += len(reports)
                figures["all_named"] += sum(
                    set(r.mistakes) == set(answer.mistakes) for r in reports
                )
    figures["right_answers"] = sum(a.exercise == name for a in answers("right"))
    figures["wrong_answers"] = sum(a.exercise == name for a in answers("wrong"))
    return figures


def times(name: str) -> Figures:
    """Milliseconds of CPU for a report: on a right answer, and on each mistake."""
    found = exercise(name)
    spent = []
    for answer in [found.reference, *(mistaken(found, (m,)) for m in found.mistakes)]:
        start = time.process_time()
        examine(name, answer)
        spent.append(1000 * (time.process_time() - start))
    # The first wrong answer pays for running every known mistake; later ones find it done.
    return {"ms_right": round(spent[0], 1), "ms_first_wrong": round(spent[1], 1),
            "ms_wrong": round(statistics.median(spent[2:]), 1)}  # fmt: skip


def figures(job: tuple[str, int]) -> tuple[str, Figures]:
    """All of one exercise."""
    name, seeds = job
    return name, times(name) | catalogue(name, range(seeds)) | bank(name, range(seeds))


def main() -> None:
    """Ask and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE")
    parser.add_argument("--seeds", type=int, default=50)
    options = parser.parse_args()
    names = options.exercises or [found.id for found in all_exercises()]
    each: dict[str, Figures] = {}
    with Pool(2, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for name, found in pool.imap_unordered(figures, [(n, options.seeds) for n in names]):
            each[name] = found
            print(f"{len(each)} of {len(names)}: {name} {found}", flush=True)
    total = {key: sum(one[key] for one in each.values()) for key in next(iter(each.values()))}
    print(total)
    if not options.exercises:
        measure.record(
            "checker", f"python benchmarks/checker.py --seeds {options.seeds}",
            seeds=options.seeds, total={k: v for k, v in total.items() if k[:2] != "ms"},
            exercises={name: each[name] for name in names},
        )  # fmt: skip


if __name__ == "__main__":
    main()
