"""How far a learner has come: chapters, points, and whose layer stands where."""

from __future__ import annotations

from itertools import groupby

from unrolled.checks import ledger
from unrolled.checks.registry import all_exercises
from unrolled.parts.mylib import home, passed


def progress() -> str:
    """Return the table: a line a chapter, and below it one for each exercise."""
    entries, own = ledger.read(), passed()
    lines, earned, possible = [], 0.0, 0
    for chapter, members in groupby(all_exercises(), key=lambda found: found.chapter):
        exercises = list(members)
        best = {found.id: entries.get(found.id, ledger.Entry()).best for found in exercises}
        points, most = sum(best.values()), sum(found.points for found in exercises)
        earned, possible = earned + points, possible + most
        lines.append(f"{chapter:<46}{points:>5g} of {most:<4}")
        for found in exercises:
            whose = "yours" if found.name in own else "the course's"
            hints = entries.get(found.id, ledger.Entry()).hints
            opened = f", {hints} {'hint' if hints == 1 else 'hints'} opened" if hints else ""
            row = f"{found.name:<44}{best[found.id]:>5g} of {found.points:<4}"
            lines.append(f"  {row}{whose}{opened}")
    total = f"{'all chapters':<46}{earned:>5g} of {possible:<4}"
    return "\n".join([*lines, total, f"Your own layers are in {home()}."])
