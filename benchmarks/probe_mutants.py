"""Would an exercise's probes notice a wrong answer that nobody foresaw?

    python benchmarks/probe_mutants.py                 # all; writes results/probe_mutants.json
    python benchmarks/probe_mutants.py rnn_step RNN    # some, survivors shown

Every reference is changed in one place (Cosmic Ray; at most 60 places an exercise, a fixed random
sample) and asked the exercise's own probes, with one seed, as a learner's answer is. The lists of
known mistakes play no part. The bar: 97 % of the changes that change anything are refused.
Survivors are listed with the reason that ``probe_mutants/chNN.toml`` gives; those that it calls
``equivalent`` are right answers, and count for neither side.
"""

from __future__ import annotations

import argparse
import random
import sys
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing import Pool
from pathlib import Path

import torch

import changes
import measure
from unrolled.candidate.handles import Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.checks import Exercise, all_exercises, exercise
from unrolled.checks.exercise import executed
from unrolled.checks.probing import ask

BAR = 0.97
SAMPLE = 60
SEED = 0
REASONS = Path(__file__).with_suffix("")


@dataclass(frozen=True)
class Mutant:
    """One change to an exercise's reference."""

    exercise: str
    line: int
    source: str
    operator: str
    occurrence: int


def mutants(found: Exercise) -> list[Mutant]:
    """The sample of an exercise: at most 60 changes of bodies; the signature is given."""
    lines = found.source.splitlines()
    every = [
        Mutant(found.id, line, lines[line - 1].strip(), operator, occurrence)
        for line, operator, occurrence in changes.places(found.source, signatures=False)
    ]
    return random.Random(found.id).sample(every, min(SAMPLE, len(every)))


def killed(mutant: Mutant) -> bool:
    """Whether a probe refuses it; one that cannot be compiled or never ends is refused."""
    found = exercise(mutant.exercise)
    source = changes.changed(found.source, mutant.operator, mutant.occurrence)
    warnings.simplefilter("ignore", SyntaxWarning)  # `is` with a literal
    try:
        answer = executed(found, source)
    except Exception:
        return True
    for probe in found.probes:
        candidate = Candidate(LocalTransport(Host({found.name: answer}), seconds=15), found.name)
        if not ask(found, probe, candidate, SEED).passed:
            return True
    return False


def reasons() -> Iterator[dict]:
    """What somebody who looked at the survivors wrote down."""
    for path in sorted(REASONS.glob("*.toml")):
        yield from tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])


def explained(mutant: Mutant, known: list[dict]) -> dict:
    """A survivor with its reason."""
    for entry in known:
        place = entry["exercise"] == mutant.exercise and entry["source"] == mutant.source
        if place and mutant.operator in entry["operators"]:
            return {"equivalent": entry.get("equivalent", False), "reason": entry["reason"]}
    return {"equivalent": False, "reason": "not looked at yet"}


def summary(found: Exercise, tried: list[Mutant], survivors: list[dict]) -> dict:
    """The figures of one exercise."""
    own = [survivor for survivor in survivors if survivor["exercise"] == found.id]
    equal = sum(survivor["equivalent"] for survivor in own)
    all_of_it = sum(mutant.exercise == found.id for mutant in tried)
    return {"tried": all_of_it, "equivalent": equal, "killed": all_of_it - len(own)}


def main() -> None:
    """Change, ask and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE")
    options = parser.parse_args()
    asked = [exercise(name) for name in options.exercises] or list(all_exercises())
    tried = [mutant for found in asked for mutant in mutants(found)]
    with Pool(initializer=torch.set_num_threads, initargs=(1,)) as pool:
        dead = pool.map(killed, tried, chunksize=4)
    known = list(reasons())
    survivors = [
        asdict(mutant) | explained(mutant, known)
        for mutant, gone in zip(tried, dead, strict=True)
        if not gone
    ]
    each = {found.id: summary(found, tried, survivors) for found in asked}
    total = {
        key: sum(one[key] for one in each.values()) for key in ("tried", "equivalent", "killed")
    }
    for survivor in survivors:
        if options.exercises or survivor["reason"] == "not looked at yet":
            print(*survivor.values(), sep=" | ")
    counted = total["tried"] - total["equivalent"]
    share = total["killed"] / counted
    print(f"{total}: {share:.2%} of what is not equivalent")
    if not options.exercises:
        measure.record(
            "probe_mutants", "python benchmarks/probe_mutants.py", **total, exercises=each,
            interval_95=changes.wilson(total["killed"], counted), bar=BAR, survivors=survivors,
        )  # fmt: skip
        sys.exit(share < BAR)


if __name__ == "__main__":
    main()
