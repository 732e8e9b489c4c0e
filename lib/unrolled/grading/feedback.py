"""One HTML page for each submission: what works, the one thing to fix first, where to read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unrolled.grading.marks import Result
from unrolled.grading.pages import template
from unrolled.grading.reading import plain
from unrolled.grading.sandbox import Tier

if TYPE_CHECKING:
    from unrolled.grading.gradebook import Course
    from unrolled.grading.recording import ByHand


def write_feedback(
    course: Course, assignment: str, result: Result, by_hand: ByHand, tier: Tier
) -> Path:
    """Write a learner's page where nbgrader looks for feedback.

    Args:
        course: its folders.
        assignment: name of the assignment.
        result: the learner's marks, and what was salvaged.
        by_hand: what a person did in formgrader.
        tier: how the code was isolated, for the footer.

    Returns:
        The page.
    """
    page = render_feedback(assignment, result, by_hand, tier)
    path = course.folder("feedback") / result.learner / assignment / f"{assignment}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # nbgrader's own pages are read-only
    path.write_text(page, encoding="utf-8")
    return path


def render_feedback(assignment: str, result: Result, by_hand: ByHand, tier: Tier) -> str:
    """The page's HTML; everything that came from a learner is escaped."""
    given = [points for points, _ in by_hand.marks.values() if points is not None]
    page = template("feedback").render(
        assignment=assignment,
        learner=result.learner,
        marks=result.marks,
        manual=by_hand.marks,
        waiting=len(by_hand.marks) - len(given),
        notes=result.notes,
        tier=tier,
        comments=by_hand.comments,
        penalty=by_hand.penalty,
        earned=result.points + sum(given) - by_hand.penalty,
        possible=sum(m.possible for m in result.marks) + sum(m for _, m in by_hand.marks.values()),
    )
    return plain(page)
