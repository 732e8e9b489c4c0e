"""Which known mistake is it? Run the mistakes on the same inputs and compare what they give.

One mistake explains an answer if it gives the same observation in every probe, right or wrong.
Where no single one does, pairs and triples of patches are tried, of those that break nothing the
answer gets right. What explains the failures in part is named last, and what explains nothing
leaves the report with the facts alone.
"""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Iterator

from unrolled.candidate.handles import Candidate
from unrolled.checks.compare import TOLERANCE, same
from unrolled.checks.draw import Draw
from unrolled.checks.exercise import Exercise, Mistake, PatchRefused, mistaken
from unrolled.checks.probing import Examination, ProbeResult, observe

SECONDS = 0.5


def diagnose(examination: Examination, seconds: float = SECONDS) -> tuple[Mistake, ...]:
    """Name the mistakes in an answer, most certain first.

    Args:
        examination: the answer's results.
        seconds: of computing that the search may take; what was found by then is returned.

    Returns:
        Mistakes; empty if the answer passes or nothing known explains it.
    """
    if not examination.failing:
        return ()
    search = _Search(examination)
    for size in (1, 2, 3):
        for mistakes in search.combinations(size, seconds):
            if search.explains(mistakes):
                return mistakes
    return search.partly(seconds)


@functools.lru_cache(maxsize=4096)
def _wrong_answer(exercise_id: str, slugs: tuple[str, ...]) -> object | None:
    from unrolled.checks.registry import exercise

    found: Exercise = exercise(exercise_id)
    try:
        return mistaken(found, tuple(found.mistake(slug) for slug in slugs))
    except PatchRefused:
        return None  # two patches of the same line cannot stand together


class _Search:
    def __init__(self, examination: Examination):
        self.examination = examination
        self.exercise = examination.exercise
        # Failing probes tell mistakes apart best, so they are asked first.
        self.failing = examination.failing
        self.passing = [result for result in examination.results if result.passed]
        self.agreed: dict[tuple[tuple[str, ...], str], bool] = {}
        self.started = time.thread_time()

    def combinations(self, size: int, seconds: float) -> Iterator[tuple[Mistake, ...]]:
        """All singles, whatever the time; pairs and triples of harmless ones while it lasts."""
        mistakes = self.exercise.mistakes
        if size > 1:
            mistakes = tuple(m for m in mistakes if not self._late(seconds) and self._harmless(m))
        for chosen in itertools.combinations(mistakes, size):
            if size > 1 and self._late(seconds):
                return
            yield chosen

    def explains(self, mistakes: tuple[Mistake, ...]) -> bool:
        """Whether they give the answer's observation in every probe."""
        return all(self._agrees(mistakes, result) for result in (*self.failing, *self.passing))

    def partly(self, seconds: float) -> tuple[Mistake, ...]:
        """The harmless mistakes that explain the most failing probes, each at least one more."""
        explained = {}
        for mistake in self.exercise.mistakes:
            if self._late(2 * seconds) or not self._harmless(mistake):
                continue
            agreed = [r.probe.name for r in self.failing if self._agrees((mistake,), r)]
            explained[mistake.slug] = set(agreed)
        left = {result.probe.name for result in self.failing if result.probe.values}
        named: list[Mistake] = []
        while explained and len(named) < 3:
            slug = max(explained, key=lambda s: len(explained[s] & left))
            if not explained[slug] & left:
                break
            left -= explained.pop(slug)
            named.append(self.exercise.mistake(slug))
        return tuple(named)

    def _late(self, seconds: float) -> bool:
        return time.thread_time() - self.started > seconds

    def _harmless(self, mistake: Mistake) -> bool:
        """Whether a mistake keeps what the answer gets right."""
        return all(self._agrees((mistake,), result) for result in self.passing)

    def _agrees(self, mistakes: tuple[Mistake, ...], result: ProbeResult) -> bool:
        key = tuple(mistake.slug for mistake in mistakes), result.probe.name
        if key not in self.agreed:
            answer = _wrong_answer(self.exercise.id, key[0])
            self.agreed[key] = answer is not None and self._gives_the_same(answer, result)
        return self.agreed[key]

    def _gives_the_same(self, answer: object, result: ProbeResult) -> bool:
        probe = result.probe
        draw = Draw(self.examination.seed, self.exercise.reference, probe.dtype)
        candidate = Candidate.local(answer, self.exercise.name)
        observed = observe(self.exercise, probe, candidate, draw)
        return same(result.observed, observed, TOLERANCE[probe.dtype] / 10)
