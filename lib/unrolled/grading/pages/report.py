"""One HTML page on a whole class: for whoever teaches it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean, median

import nbformat
from nbgrader.api import MissingEntry

from unrolled.authoring.release import release
from unrolled.checks import exercises
from unrolled.grading.asking.marks import Result
from unrolled.grading.gradebook.course import Course
from unrolled.grading.gradebook.journal import JOURNAL, Journal
from unrolled.grading.gradebook.scores import Learner, Score, learners, scores
from unrolled.grading.pages.similarity import Likeness, similar_answers
from unrolled.grading.pages.tally import bins, mended, named_mistakes, needing, questions
from unrolled.grading.pages.templates import template
from unrolled.grading.submissions.matching import Release, match
from unrolled.grading.submissions.reading import plain, read_submission

REPORTS = "reports"
MOST_ROWS = 100  # of a table of learners or pairs
MOST_MISTAKES = 20


@dataclass(frozen=True)
class Class:
    """All that is known of a class and one assignment.

    Attributes:
        roster: everybody in the gradebook.
        scores: from the gradebook, with marks by hand and late penalties, by learner.
        results: what the grader found, by learner.
        likeness: how alike answers are, by exercise.
    """

    assignment: str
    release: Release
    roster: list[Learner]
    scores: Mapping[str, Score]
    results: Mapping[str, Result]
    likeness: Mapping[str, Likeness]


def write_report(course: Course, assignment: str) -> Path:
    """Write the page on an assignment, whatever has been graded of it so far.

    Args:
        course: its folders, gradebook and journal; nothing of them is changed.
        assignment: such as ``"06-self-attention"``.

    Returns:
        ``class/reports/<assignment>.html``.

    Raises:
        OSError, sqlite3.Error, sqlalchemy.exc.SQLAlchemyError: if something cannot be read or
            written.
    """
    page = render_report(read_class(course, assignment), datetime.now(UTC))
    path = course.class_folder / REPORTS / f"{assignment}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def read_class(course: Course, assignment: str) -> Class:
    """Read what gradebook, journal and submissions say of an assignment."""
    course.class_folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.reads(release(course.root, assignment).decode(), as_version=4)
    released = Release(notebook, exercises(assignment))
    with contextlib.closing(Journal(course.class_folder / JOURNAL, assignment)) as journal:
        results = {result.learner: _lean(result) for result in journal.results()}
    marks: dict[str, Score] = {}
    with course.gradebook() as gradebook:
        roster = learners(gradebook)
        with contextlib.suppress(MissingEntry):  # nothing has been graded yet
            marks = scores(gradebook, assignment)
    return Class(
        assignment, released, roster, marks, results, _likeness(course, assignment, released, marks)
    )


def _lean(result: Result) -> Result:
    """A result without its pages, of which a class has too many to keep in memory."""
    return replace(result, marks=tuple(replace(m, shown="", told="") for m in result.marks))


def _likeness(
    course: Course, assignment: str, released: Release, who: Iterable[str]
) -> dict[str, Likeness]:
    """Compare the answers of a class, exercise by exercise."""
    places = course.found(assignment).places
    answers: dict[str, dict[str, str]] = {exercise.id: {} for exercise in released.exercises}
    for learner in who:
        submission = read_submission(
            course.folder("submitted"),
            learner,
            assignment,
            set(released.graded),
            places.get(learner),
        )
        cells = [] if submission.problem else match(submission, released).notebook.cells
        for cell in cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if cell.cell_type == "code" and grade_id in answers:
                answers[grade_id][learner] = cell.source
    return {
        exercise.id: similar_answers(
            answers[exercise.id], (released.graded[exercise.id].source, exercise.source)
        )
        for exercise in released.exercises
        if exercise.id in released.graded
    }


def render_report(of: Class, made: datetime) -> str:
    """The page's HTML; everything that came from a learner is escaped."""
    names = {exercise.id: exercise.name for exercise in of.release.exercises}
    sums = [score.score for score in of.scores.values()]
    late = [score.penalty for score in of.scores.values() if score.penalty]
    pairs = [(names[e], pair) for e, like in of.likeness.items() for pair in like.pairs]
    pairs.sort(key=lambda named: (-named[1].share, -min(named[1].lengths)))
    page = template("report").render(
        assignment=of.assignment,
        made=made.strftime("%Y-%m-%d %H:%M UTC"),
        roster=len(of.roster),
        handed_in=len(sums),
        possible=max((score.max_score for score in of.scores.values()), default=0.0),
        mean=mean(sums) if sums else None,
        median=median(sums) if sums else None,
        late=late,
        waiting=sum(len(score.waiting) for score in of.scores.values()),
        bins=bins(of.scores.values()),
        questions=questions(of.scores.values(), names),
        mistakes=named_mistakes(of.results.values(), of.release.exercises),
        needing=needing(of.roster, of.scores, of.results),
        mended=mended(of.results.values()),
        pairs=pairs,
        unrecorded=len(of.scores.keys() - of.results.keys()),
        likeness=[(names[e], like) for e, like in of.likeness.items()],
        most=MOST_ROWS,
        most_mistakes=MOST_MISTAKES,
    )
    return plain(page)
