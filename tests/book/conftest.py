"""One built book for all tests of the published pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from .serving import serve

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build/html"
sys.path.append(str(ROOT / "book/_ext"))  # as Jupyter Book does: the extensions are no package


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The book, built once a run of the tests; only what has changed is built again."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    stamp = ROOT / "build" / "book-built-for-tests"
    stamp.parent.mkdir(exist_ok=True)
    with FileLock(f"{stamp}.lock"):  # several workers share one book
        if not stamp.exists() or stamp.read_text() != run:
            done = subprocess.run(["make", "book"], cwd=ROOT, capture_output=True, text=True)
            said = f"{done.stdout}\n{done.stderr}"[-4000:]
            assert done.returncode == 0, f"make book failed:\n{said}"
            stamp.write_text(run)
    return HTML


@pytest.fixture(scope="session")
def site(built):
    """The address of the built book."""
    server, address = serve(built)
    yield address
    server.shutdown()
