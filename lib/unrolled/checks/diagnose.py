"""Which known mistake is it? Run the mistakes on the same inputs and compare what they give.

One mistake explains an answer if it gives the same observation in every probe, right or wrong.
Where no single one does, pairs and triples of patches are tried, of those that break nothing the
answer gets right. What explains the failures in part is named last, and what explains nothing
leaves the report with the facts alone.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import math
from collections.abc import Callable, Iterable

from unrolled.candidate.handles import Candidate
from unrolled.checks.compare import TOLERANCE, distance, mismatch
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Mistake, PatchRefused, Probe, mistaken
from unrolled.checks.probing import Examination, ProbeResult, ended_early, observe

# What a search may cost is counted and not timed: a report is not to depend on the machine. How
# often single mistakes may be run, the exercise says.
TOGETHER = {2: 60, 3: 24}  # of the likeliest single mistakes, those that are combined
TRIED = 40  # of the likeliest pairs, and as many triples
CLOSE = 1e-4  # two ways of writing one mistake may round differently, also in float64


def diagnose(examination: Examination) -> tuple[Mistake, ...]:
    """Name the mistakes in an answer, most certain first.

    Args:
        examination: the answer's results.

    Returns:
        Mistakes; empty if the answer passes or nothing known explains it.
    """
    if not examination.failing:
        return ()
    search = _Search(examination)
    return search.single() or search.several(2) or search.several(3) or search.partly()


def prepare(exercises: Iterable[Exercise], seed: int, enough: Callable[[], bool]) -> None:
    """Run known mistakes before the first answer that has one, so that no answer waits for them.

    Args:
        exercises: that will be asked.
        seed: that mistakes will be named with.
        enough: says, between two mistakes, whether to stop.
    """
    for exercise in exercises:
        for mistake, probe in itertools.product(exercise.mistakes, exercise.probes):
            if enough():
                return
            _observed(exercise, (mistake,), probe, seed)


@functools.lru_cache(maxsize=4096)
def _wrong_answer(exercise: Exercise, mistakes: tuple[Mistake, ...]) -> object | None:
    try:
        return mistaken(exercise, mistakes)
    except (PatchRefused, SyntaxError):
        return None  # two patches of one line cannot stand together


@functools.lru_cache(maxsize=16384)
def _observed(
    exercise: Exercise, mistakes: tuple[Mistake, ...], probe: Probe, seed: int
) -> object | None:
    """What a wrong answer gives; kept, for a learner's next answer is compared with it too."""
    answer = _wrong_answer(exercise, mistakes)
    if answer is None:
        return None
    draw = Draw(seed, exercise.reference, probe.dtype)
    return observe(exercise, probe, Candidate.local(answer, exercise.name), draw)


class _Search:
    def __init__(self, examination: Examination):
        self.examination = examination
        self.exercise = examination.exercise
        # Failing probes tell mistakes apart best, so they are asked first.
        self.failing = examination.failing
        self.passing = [result for result in examination.results if result.passed]
        self.distances: dict[tuple[tuple[Mistake, ...], str], float] = {}
        self.broken: set[tuple[Mistake, str]] = set()

    def single(self) -> tuple[Mistake, ...]:
        """The one mistake that gives the same everywhere; the closest, if several nearly do."""
        explaining = [m for m in self.exercise.mistakes if self._explain((m,))]
        return (min(explaining, key=self._farthest),) if explaining else ()

    def several(self, size: int) -> tuple[Mistake, ...]:
        """The first ``size`` mistakes that together give the same everywhere."""
        likeliest = itertools.islice(self.agreed, TOGETHER[size])
        together = itertools.combinations(likeliest, size)
        likely = heapq.nsmallest(TRIED, together, key=self._implausibility)
        return next((mistakes for mistakes in likely if self._explain(mistakes)), ())

    def partly(self) -> tuple[Mistake, ...]:
        """The mistakes that explain half of the failing probes or more, each at least one."""
        left = {result.probe.name for result in self.failing if result.probe.values}
        # Sizes misfit after many a mistake: where there are results, errors alone tell none.
        left = left - {r.probe.name for r in self.failing if ended_early(r)} or left
        enough, named = len(left) / 2, []
        explained = dict(self.agreed)
        covered: set[str] = set()
        while explained and len(named) < 3:
            mistake = max(explained, key=lambda m: len(explained[m] & left))
            found = explained.pop(mistake) & left
            if not found:
                break
            if not all(self._agree((mistake,), result) for result in self.passing):
                continue
            left, covered = left - found, covered | found
            named.append(mistake)
        return tuple(named) if len(covered) >= enough else ()

    @functools.cached_property
    def agreed(self) -> dict[Mistake, set[str]]:
        """The failing probes that each mistake explains, those that explain most in front.

        Only of mistakes that keep what the answer gets right, as far as the runs reach.
        """
        found: dict[Mistake, set[str]] = {mistake: set() for mistake in self.exercise.mistakes}
        for result in (*self.passing, *self.failing):
            for mistake in list(found):
                if len(self.distances) >= self.exercise.runs:
                    break
                agree = self._agree((mistake,), result)
                if agree and not result.passed:
                    found[mistake].add(result.probe.name)
                elif not agree and result.passed:
                    del found[mistake]
        return dict(sorted(found.items(), key=lambda item: -len(item[1])))

    def _implausibility(self, mistakes: tuple[Mistake, ...]) -> int:
        """How unlikely it is that just these explain the failures, judged from each alone.

        Worst is a failure that none of them causes alone; then one that a single one causes, but
        otherwise than was seen; then failures that several cause, which fewer would explain.
        """
        score = 100 * (len(mistakes) - len({mistake.slug for mistake in mistakes}))
        for result in self.failing:
            culprits = [m for m in mistakes if (m, result.probe.name) in self.broken]
            if not culprits:
                score += 10
            elif len(culprits) > 1:
                score += len(culprits) - 1
            elif result.probe.name not in self.agreed[culprits[0]]:
                score += 3
        return score

    def _explain(self, mistakes: tuple[Mistake, ...]) -> bool:
        """Whether they give the answer's observation in every probe."""
        return all(self._agree(mistakes, result) for result in (*self.failing, *self.passing))

    def _farthest(self, mistake: Mistake) -> float:
        return max(
            self.distances[(mistake,), result.probe.name] / TOLERANCE[result.probe.dtype]
            for result in self.examination.results
        )

    def _agree(self, mistakes: tuple[Mistake, ...], result: ProbeResult) -> bool:
        key = mistakes, result.probe.name
        if key not in self.distances:
            observed = _observed(self.exercise, mistakes, result.probe, self.examination.seed)
            breaks = mismatch(result.wanted, observed, result.probe.dtype) is not None
            if len(mistakes) == 1 and breaks:
                self.broken.add((mistakes[0], result.probe.name))
            # What gives what is wanted explains no failure, however close the two are.
            explains = breaks or result.passed
            self.distances[key] = distance(result.observed, observed) if explains else math.inf
        return self.distances[key] <= CLOSE
