"""What a right answer is, and which wrong ones are known.

    from unrolled.checks import check, examine, hint

``check(answer)`` is for a notebook, ``examine(id, answer)`` for programs. One module ``chNN_*``
holds the exercises of a chapter.
"""

from unrolled.checks.demo import demo
from unrolled.checks.examine import examine
from unrolled.checks.exercise import Exercise, Mistake, Probe
from unrolled.checks.notebook import check, hint, solution, welcome
from unrolled.checks.registry import all_exercises, exercise, exercises
from unrolled.checks.report import Report
from unrolled.checks.sections import Section

__all__ = [
    "Exercise", "Mistake", "Probe", "Report", "Section", "all_exercises", "check", "demo",
    "examine", "exercise", "exercises", "hint", "solution", "welcome",
]  # fmt: skip
