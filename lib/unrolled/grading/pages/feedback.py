"""One HTML page for each submission: what works, the one thing to fix first, where to read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unrolled.grading.asking.marks import Result
from unrolled.grading.pages.templates import template
from unrolled.grading.sandbox.tiers import Tier
from unrolled.grading.submissions.reading import plain

if TYPE_CHECKING:
    from unrolled.grading.gradebook.course import Course
    from unrolled.grading.gradebook.journal import Request
    from unrolled.grading.gradebook.recording import ByHand


@dataclass(frozen=True)
class Page:
    """What a learner is told.

    Attributes:
        assignment: its name.
        result: the learner's marks, and what was salvaged.
        by_hand: what a person did in formgrader.
        tier: how the code was isolated, for the footer.
        requests: when the submission was graded again because somebody asked.
        refused: why the notebook was not graded; the result is then of one before, or has no marks.
    """

    assignment: str
    result: Result
    by_hand: ByHand
    tier: Tier
    requests: tuple[Request, ...] = ()
    refused: str = ""


def write_feedback(course: Course, page: Page) -> Path:
    """Write a learner's page where nbgrader looks for feedback.

    Args:
        course: its folders.
        page: what it says.

    Returns:
        The file.
    """
    folder = course.folder("feedback") / page.result.learner / page.assignment
    path = folder / f"{page.assignment}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # nbgrader's own pages are read-only
    path.write_text(render_feedback(page), encoding="utf-8")
    return path


def render_feedback(page: Page) -> str:
    """The page's HTML; everything that came from a learner is escaped."""
    result, by_hand = page.result, page.by_hand
    given = [points for points, _ in by_hand.marks.values() if points is not None]
    html = template("feedback").render(
        assignment=page.assignment,
        learner=result.learner,
        marks=result.marks,
        manual=by_hand.marks,
        waiting=len(by_hand.marks) - len(given),
        notes=result.notes,
        tier=page.tier,
        requests=page.requests,
        refused=page.refused,
        comments=by_hand.comments,
        penalty=by_hand.penalty,
        earned=result.points + sum(given) - by_hand.penalty,
        possible=sum(m.possible for m in result.marks) + sum(m for _, m in by_hand.marks.values()),
    )
    return plain(html)
