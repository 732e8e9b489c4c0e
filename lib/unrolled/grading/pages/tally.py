"""Counts over a class: marks, questions, named mistakes, and who needs somebody's time."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from unrolled.checks import Exercise
from unrolled.grading.asking.marks import Mark, Result
from unrolled.grading.gradebook.scores import Learner, Score, number
from unrolled.grading.submissions.repair import LOOK

BINS = 10
LITTLE = 0.5  # of what has been marked so far
# Rows of a smallest case that hold numbers alone; an error message may hold a learner's words.
ANONYMOUS = ("input", "", "expected", "got")


@dataclass(frozen=True)
class Bin:
    """How many submissions earned between two numbers of points."""

    name: str
    count: int


@dataclass(frozen=True)
class Question:
    """How a class did on one question; what waits for a mark by hand is in no share.

    Attributes:
        full, partial, none: submissions with all, some and no points.
        mean: points of those marked; None if nobody is.
        waiting: submissions that nobody has marked yet.
    """

    name: str
    possible: float
    full: int
    partial: int
    none: int
    mean: float | None
    waiting: int

    @property
    def marked(self) -> int:
        """How many submissions have a mark."""
        return self.full + self.partial + self.none


@dataclass(frozen=True)
class Named:
    """A known mistake that somebody made.

    Attributes:
        name: of what was to be defined.
        says: the sentence that learners read.
        count: learners who made it.
        facts: the smallest case of one of them, without anything of theirs but numbers.
    """

    slug: str
    name: str
    says: str
    count: int
    facts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Needing:
    """A learner who needs somebody's time, and why.

    Attributes:
        score: points and the most there are; empty if nothing was handed in.
        urgency: what comes first: 0 the grader failed, 1 a doubt, 2 nothing there, 3 little.
    """

    learner: Learner
    score: str
    why: tuple[str, ...]
    urgency: int


def bins(scores: Iterable[Score]) -> list[Bin]:
    """The distribution of marks in ten equal parts of the most that can be earned."""
    scores = list(scores)
    most = max((score.max_score for score in scores), default=0.0)
    if most <= 0:
        return []
    width = most / BINS
    counts = Counter(min(max(0, math.floor(s.score / width)), BINS - 1) for s in scores)
    return [
        Bin(f"{number(n * width)} to {'' if n == BINS - 1 else 'under '}{number((n + 1) * width)}",
            counts[n])
        for n in range(BINS)
    ]  # fmt: skip


def questions(scores: Iterable[Score], names: Mapping[str, str]) -> list[Question]:
    """How the class did on each question, in the order of the notebook.

    Args:
        scores: of the class.
        names: what to call an exercise, by its id.
    """
    parts = defaultdict(list)
    for score in scores:
        for part in score.parts:
            parts[part.name].append(part)
    found = []
    for name, all_parts in parts.items():
        marked = [part for part in all_parts if not part.waits]
        full = sum(part.score >= part.max_score for part in marked)
        none = sum(part.score <= 0 < part.max_score for part in marked)
        mean = sum(part.score for part in marked) / len(marked) if marked else None
        found.append(
            Question(names.get(name, name), all_parts[0].max_score, full,
                     len(marked) - full - none, none, mean, len(all_parts) - len(marked))
        )  # fmt: skip
    return found


def named_mistakes(results: Iterable[Result], exercises: Sequence[Exercise]) -> list[Named]:
    """The known mistakes of a class, the commonest first."""
    made: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for result in results:
        for mark in result.marks:
            for slug in dict.fromkeys(mark.mistakes):
                made[mark.exercise, slug].append(mark)
    says = {(e.id, mistake.slug): mistake.says for e in exercises for mistake in e.mistakes}
    found = [
        Named(slug, marks[0].name, says.get((exercise, slug), ""), len(marks),
              _example(slug, marks))
        for (exercise, slug), marks in made.items()
    ]  # fmt: skip
    return sorted(found, key=lambda named: (-named.count, named.name, named.slug))


def _example(slug: str, marks: Iterable[Mark]) -> tuple[tuple[str, ...], ...]:
    """The shortest case of a learner who made this mistake and no other."""
    cases = [
        tuple(row for row in mark.facts if row[0] in ANONYMOUS or row[0].startswith("row "))
        for mark in marks
        if mark.mistakes == (slug,)
    ]
    whole = (case for case in cases if case and case[-1][0] == "got")
    return min(whole, key=lambda case: len(repr(case)), default=())


def needing(
    roster: Iterable[Learner], scores: Mapping[str, Score], results: Mapping[str, Result]
) -> list[Needing]:
    """Who needs somebody's time, the most urgent first.

    Args:
        roster: everybody in the gradebook.
        scores, results: by learner, of those who handed something in.
    """
    found = []
    for learner in roster:
        if learner.id not in scores:
            found.append(Needing(learner, "", ("Nothing was handed in.",), 2))
            continue
        score, result = scores[learner.id], results.get(learner.id)
        why = _of_result(result) if result else []
        if not any(urgency < 2 for urgency, _ in why):
            why += _of_score(score)
        if why:
            shown = f"{number(score.score)} of {number(score.max_score)}"
            reasons = tuple(dict.fromkeys(reason for _, reason in why))
            found.append(Needing(learner, shown, reasons, min(urgency for urgency, _ in why)))
    return sorted(found, key=lambda needs: needs.urgency)


def _of_result(result: Result) -> list[tuple[int, str]]:
    problems: dict[str, list[str]] = defaultdict(list)
    for mark in result.marks:
        if mark.problem:
            problems[mark.problem].append(mark.name)
    why = [(1, doubt) for doubt in result.doubts]
    for problem, names in problems.items():
        fault = any(mark.fault for mark in result.marks if mark.problem == problem)
        unread = problem in result.notes
        named = unread or all(name in problem for name in names)
        told = problem if named else f"{', '.join(names)}: {problem}"
        why.append((0 if fault else 1 if unread else 3, told))
    return why


def _of_score(score: Score) -> list[tuple[int, str]]:
    marked = [part for part in score.parts if not part.waits]
    most = sum(part.max_score for part in marked)
    if most <= 0 or score.score >= LITTLE * most:
        return []
    lost = [part.name for part in marked if part.score <= 0 < part.max_score]
    none = f": none for {', '.join(lost)}" if lost else ""
    return [(3, f"Less than half of what has been marked{none}.")]


def mended(results: Iterable[Result]) -> list[tuple[str, tuple[str, ...]]]:
    """Learners whose notebook was put right without a doubt, and what was done to it."""
    found = []
    for result in results:
        doubtful = {mark.problem for mark in result.marks}
        doubtful |= {f"{doubt} {LOOK}" for doubt in result.doubts}
        sure = [note for note in result.notes if note not in doubtful]
        if sure:
            found.append((result.learner, tuple(sure)))
    return found
