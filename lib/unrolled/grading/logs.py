"""What the grader and nbgrader say in passing goes to a file, not between the lines of a table."""

from __future__ import annotations

import logging
from pathlib import Path


def log_to(path: Path) -> None:
    """Send the grader's log to a file, to which other processes of the run may write as well."""
    path.parent.mkdir(exist_ok=True)
    logger = logging.getLogger("unrolled.grading")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
