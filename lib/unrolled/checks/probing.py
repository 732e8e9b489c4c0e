"""Ask an answer every probe of its exercise, and say what it earns."""

from __future__ import annotations

import dataclasses
import functools
import math
import time
from dataclasses import dataclass
from typing import Any

import torch

from unrolled.candidate.budget import ValueRefused
from unrolled.candidate.handles import AnswerDied, AnswerError, Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.checks.bans import banned, pattern
from unrolled.checks.compare import Mismatch, Raised, mismatch
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.transplant import Unfit

MAX_MESSAGE = 500
SMALLEST = 8  # draws tried to find a small input that fails
# What notes all that runs slows small steps down tenfold; a right answer in small steps is not to
# meet its limit for that.
WATCHED_SECONDS = 2.0


@dataclass(frozen=True)
class ProbeResult:
    """What one probe saw.

    Attributes:
        earned: points, 0 unless passed.
        difference: what is wrong, None if passed.
        wanted, observed: what the reference and the answer gave, for diagnosis.
        inputs: the draw's named inputs.
    """

    probe: Probe
    earned: int
    difference: Mismatch | None
    wanted: Any
    observed: Any
    inputs: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether the probe holds, paid or not."""
        return self.difference is None


@dataclass(frozen=True)
class Examination:
    """All results of one answer for one seed."""

    exercise: Exercise
    seed: int
    results: tuple[ProbeResult, ...]
    banned: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """What the answer earns."""
        return 0 if self.banned else sum(result.earned for result in self.results)

    @property
    def failing(self) -> list[ProbeResult]:
        """The results that do not hold."""
        return [result for result in self.results if not result.passed]


def run_probes(
    exercise: Exercise,
    candidate: Candidate,
    seed: int,
    source: str | None = None,
    imports: str = "",
) -> Examination:
    """Ask every probe.

    Args:
        exercise: what was asked.
        candidate: the answer, here or in a sandbox.
        seed: of every input.
        source: the learner's code, read for what is to be written by hand, as is what runs then.
            Default: neither.
        imports: import statements elsewhere in the notebook.

    Raises:
        AnswerDied: if the process that holds the answer is gone.
    """
    results = []
    words, start = pattern(exercise.by_hand) if source else "", time.monotonic()
    try:
        for probe in exercise.probes:
            candidate.watch = words if time.monotonic() - start < WATCHED_SECONDS else ""
            results.append(ask(exercise, probe, candidate, seed))
    finally:
        candidate.watch = ""
    numbers_hold = any(result.passed and result.probe.values for result in results)
    if not numbers_hold:
        results = [_unpaid(result) for result in results]
    bans = banned(source, exercise.by_hand, imports, candidate.seen) if source else ()
    return Examination(exercise, seed, tuple(results), bans)


def observe(
    exercise: Exercise, probe: Probe, candidate: Candidate, draw: Draw, trusted: bool = False
) -> Any:
    """Run a probe's program: its observation, or what was raised.

    Whatever goes wrong in a program while it handles a learner's values is the answer's doing
    (a list where a tensor is wanted) and is reported as such. Against a trusted answer it is a
    fault of the probe, and is raised: an answer that fails alike must not pass.
    """
    try:
        return candidate.resolved(probe.program(candidate.answer, draw))
    except AnswerDied:
        raise
    except AnswerError as error:
        if trusted:
            raise
        return Raised(error.type_name, error.message, error.line)
    except (Unfit, ValueRefused) as error:
        return Raised("Unfit", str(error)[:MAX_MESSAGE])
    except Exception as error:
        if trusted:
            raise
        why = f"what was returned cannot be used as the probe needs it: {error}"
        return Raised("Unfit", why[:MAX_MESSAGE])
    finally:
        candidate.steps.clear()


@functools.lru_cache(maxsize=4096)
def reference_observation(exercise: Exercise, probe: Probe, seed: int, small: int = 0) -> Any:
    """What is wanted: the reference's observation in float64."""
    draw = Draw(seed, exercise.reference, torch.float64, small)
    host = Host({exercise.name: exercise.reference})
    candidate = Candidate(LocalTransport(host, seconds=math.inf), exercise.name)
    return observe(exercise, probe, candidate, draw, trusted=True)


def ended_early(result: ProbeResult) -> bool:
    """Whether the answer's own code raised, or ran out of time."""
    return isinstance(result.observed, Raised) and result.observed.type_name != "Unfit"


def smallest_case(
    exercise: Exercise, probe: Probe, candidate: Candidate, seed: int
) -> ProbeResult | None:
    """The same probe failing on the smallest input found, None if it fails on large ones alone."""
    for attempt in range(SMALLEST):
        # One sentence is easiest to read; some mistakes show with two.
        sentences = 1 + 2 * attempt // SMALLEST
        result = ask(exercise, probe, candidate, seed + attempt, small=sentences)
        if result.difference:
            return result
    return None


def ask(
    exercise: Exercise, probe: Probe, candidate: Candidate, seed: int, small: int = 0
) -> ProbeResult:
    """Ask one probe, of the answer and of the reference, and compare."""
    draw = Draw(seed, exercise.reference, probe.dtype, small)
    observed = observe(exercise, probe, candidate, draw)
    wanted = reference_observation(exercise, probe, seed, small)
    difference = mismatch(wanted, observed, probe.dtype, draw.shown)
    earned = 0 if difference else probe.points
    return ProbeResult(probe, earned, difference, wanted, observed, draw.shown)


def _unpaid(result: ProbeResult) -> ProbeResult:
    return dataclasses.replace(result, earned=0)
