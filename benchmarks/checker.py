"""What the checker catches, exercise by exercise.

    python benchmarks/checker.py                       # writes results/checker.json, in an hour
    python benchmarks/checker.py --seeds 2 rnn_step    # a look at some

For each exercise: how many known mistakes there are, and the share that is refused and named as
itself over the seeds; the independent bank (tests/banks): wrong answers refused, single mistakes
named first, several all named; right ones accepted over more draws, which vary seed, dtype and
layout, and the largest share of the tolerance that one used up; and how long a report takes. What
became of changed references is in results/probe_mutants.json. The book's page "How it is built"
shows both.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from multiprocessing import Pool
from pathlib import Path

import torch

import measure

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from banks import Answer, answers, load  # noqa: E402 - the banks lie among the tests
from banks.edges import nearest  # noqa: E402
from unrolled.candidate.handles import Candidate  # noqa: E402
from unrolled.checks import all_exercises, examine, exercise  # noqa: E402
from unrolled.checks.diagnose import diagnose  # noqa: E402
from unrolled.checks.exercise import mistaken  # noqa: E402
from unrolled.checks.probing import run_probes  # noqa: E402

Figures = dict[str, float]
COUNTS = ("mistakes", "asked", "refused", "named", "wrong_answers", "wrong", "wrong_refused",
          "single", "named_first", "several", "all_named", "right_answers", "right",
          "accepted")  # fmt: skip


def catalogue(name: str, seed: int) -> Figures:
    """Every known mistake: refused, and named as itself and nothing else."""
    found = exercise(name)
    refused = named = 0
    for mistake in found.mistakes:
        candidate = Candidate.local(mistaken(found, (mistake,)), found.name)
        examination = run_probes(found, candidate, seed)
        refused += bool(examination.failing)
        named += [m.slug for m in diagnose(examination)] == [mistake.slug]
    return {"asked": len(found.mistakes), "refused": refused, "named": named}


def wrong(name: str, seed: int) -> Figures:
    """The wrong answers that others wrote by hand."""
    figures = dict.fromkeys(("wrong", "wrong_refused", "single", "named_first", "several",
                             "all_named"), 0)  # fmt: skip
    for answer in of("wrong", name):
        report = examine(name, load(answer), seed, answer.source)
        figures["wrong"] += 1
        figures["wrong_refused"] += not report.passed
        if len(answer.mistakes) == 1:
            figures["single"] += 1
            figures["named_first"] += report.mistakes[:1] == answer.mistakes
        elif answer.mistakes:
            figures["several"] += 1
            figures["all_named"] += set(report.mistakes) == set(answer.mistakes)
    return figures


def right(name: str, draws: range) -> Figures:
    """The right answers that others wrote by hand: accepted, and how near to being refused."""
    shares = [nearest(answer, draw).share for draw in draws for answer in of("right", name)]
    accepted = sum(share <= 1 for share in shares)
    return {"right": len(shares), "accepted": accepted, "tolerance_used": max(shares)}


def of(kind: str, name: str) -> list[Answer]:
    """The bank's answers to an exercise."""
    return [answer for answer in answers(kind) if answer.exercise == name]


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


def figures(job: tuple[str, range, range]) -> tuple[str, Figures]:
    """All of one exercise."""
    name, seeds, draws = job
    kinds = {"mistakes": len({mistake.slug for mistake in exercise(name).mistakes}),
             "wrong_answers": len(of("wrong", name)),
             "right_answers": len(of("right", name))}  # fmt: skip
    spent = times(name)
    counted: Counter[str] = Counter()
    for seed in seeds:  # seed by seed: what known mistakes give for one is kept for a while
        counted.update(catalogue(name, seed))
        counted.update(wrong(name, seed))
    return name, spent | kinds | counted | right(name, draws)


def main() -> None:
    """Ask and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE")
    parser.add_argument("--seeds", type=int, default=5, help="for each wrong answer")
    parser.add_argument("--draws", type=int, default=200, help="for each right answer")
    options = parser.parse_args()
    seeds, draws = range(options.seeds), range(options.draws)
    names = options.exercises or [found.id for found in all_exercises()]
    each: dict[str, Figures] = {}
    with Pool(2, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for name, found in pool.imap_unordered(figures, [(n, seeds, draws) for n in names]):
            each[name] = found
            print(f"{len(each)} of {len(names)}: {name} {found}", flush=True)
    total = {key: sum(one[key] for one in each.values()) for key in COUNTS}
    total["tolerance_used"] = max(one["tolerance_used"] for one in each.values())
    print(total)
    if not options.exercises:
        command = f"python benchmarks/checker.py --seeds {options.seeds} --draws {options.draws}"
        measure.record(
            "checker", command, seeds=options.seeds, draws=options.draws, total=total,
            exercises={name: each[name] for name in names},
        )  # fmt: skip


if __name__ == "__main__":
    main()
