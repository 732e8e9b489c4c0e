"""Build a book in a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT


def build_book(root):
    """Run Jupyter Book as ``make book`` does, warnings being errors; return what it printed."""
    fetched = ROOT / "build/web"
    if fetched.exists() and not (root / "build/web/mathjax").exists():  # no need of a network
        shutil.copytree(fetched, root / "build/web", dirs_exist_ok=True)
    tools = Path(sys.executable).parent
    done = subprocess.run(
        [tools / "jupyter-book", "build", ".", "-W", "--keep-going"],
        cwd=root,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
