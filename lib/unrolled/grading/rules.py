"""Which of the library's own text decides a mark: when it changes, a class is graded again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from unrolled.checks.modules import LIBRARY

# What only shows, carries or counts marks. Whatever is not named here decides them: a module that
# is forgotten costs a regrade, one that is named wrongly leaves marks standing that are no longer
# right. Plots are not named, since they run in a learner's own cells.
DECIDES_NO_MARK = (
    "cli.py", "grading/commands.py", "grading/doctor.py", "grading/summary.py",
    "grading/downloads/", "grading/pages/", "grading/gradebook/columns.py",
    "grading/gradebook/exporters.py", "grading/gradebook/journal.py", "grading/gradebook/names.py",
    "grading/gradebook/regrades.py", "grading/gradebook/roster.py", "grading/gradebook/scores.py",
)  # fmt: skip


def library_digest(library: Path = LIBRARY) -> str:
    """Return a hash of every module that may decide a mark.

    Args:
        library: the package's folder. Default: this one's.
    """
    digest = hashlib.sha256()
    for path in sorted(library.rglob("*.py")):
        name = path.relative_to(library).as_posix()
        if not name.startswith(DECIDES_NO_MARK):
            digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()
