"""Build a book in a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT


def lend_packages(root):
    """Give a book its pins of npm packages, and what was fetched: no need of a network."""
    (root / "book").mkdir(exist_ok=True)
    (root / "build").mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / "book" / name, root / "book" / name)
    if (ROOT / "build/npm").exists():
        (root / "build/npm").symlink_to(ROOT / "build/npm")


def run_build(root):
    """Run Jupyter Book as ``make book`` does, warnings being errors."""
    tools = Path(sys.executable).parent
    return subprocess.run(
        [tools / "jupyter-book", "build", ".", "-W", "--keep-going"],
        cwd=root,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )


def build_book(root):
    """Build a book that is to have no fault; return what was printed."""
    done = run_build(root)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
