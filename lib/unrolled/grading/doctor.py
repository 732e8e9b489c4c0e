"""What this machine can do, and how to get the rest."""

from __future__ import annotations

import os
import shutil
import sys

from unrolled.grading.sandbox import bwrap_problem


def examine_machine() -> list[tuple[str, str]]:
    """Return pairs of a thing and what there is of it."""
    import torch

    problem = bwrap_problem()
    cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none; CPU is enough"
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    return [
        ("python", f"{sys.version.split()[0]} at {sys.executable}"),
        ("torch", torch.__version__),
        ("cuda", cuda),
        ("cores", str(os.cpu_count())),
        ("sandbox", problem or "bubblewrap works: `unrolled grade` isolates learners' code"),
        ("chromium", browser or "none; only the tests of the book's pages need it"),
    ]
