"""One HTML page for each submission: what works, the one thing to fix first, where to read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, Template

from unrolled.grading.marking import Mark, Marked
from unrolled.grading.reading import plain
from unrolled.grading.sandbox import Tier

if TYPE_CHECKING:
    from unrolled.grading.gradebook import Course


def write_feedback(
    course: Course,
    assignment: str,
    learner: str,
    marked: Marked,
    notes: tuple[str, ...],
    tier: Tier,
) -> Path:
    """Write a learner's page where nbgrader looks for feedback.

    Args:
        course: its folders and gradebook.
        assignment: name of the assignment.
        learner: the learner's id.
        marked: the marks and reports.
        notes: what was salvaged, and why nothing could be graded.
        tier: how the code was isolated, for the footer.

    Returns:
        The page.
    """
    manual = course.manual_marks(assignment, learner)
    comments = course.comments(assignment, learner)
    page = render_feedback(assignment, learner, marked.marks, manual, notes, tier, comments)
    path = course.folder("feedback") / learner / assignment / f"{assignment}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # nbgrader's own pages are read-only
    path.write_text(page, encoding="utf-8")
    return path


def render_feedback(
    assignment: str,
    learner: str,
    marks: tuple[Mark, ...],
    manual: dict[str, tuple[float | None, float]],
    notes: tuple[str, ...],
    tier: Tier,
    comments: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The page's HTML; everything that came from a learner is escaped."""
    by_hand = [points for points, _ in manual.values() if points is not None]
    earned = sum(mark.points for mark in marks) + sum(by_hand)
    possible = sum(mark.exercise.points for mark in marks) + sum(m for _, m in manual.values())
    page = _template().render(
        assignment=assignment,
        learner=learner,
        marks=marks,
        manual=manual,
        waiting=sum(points is None for points, _ in manual.values()),
        notes=notes,
        tier=tier,
        comments=comments,
        earned=earned,
        possible=possible,
    )
    return plain(page)


@functools.cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["points"] = lambda number: f"{number:g}"
    return environment.get_template("feedback.html.jinja")
