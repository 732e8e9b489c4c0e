"""A class is graded again when what decides its marks has changed, and not for a page."""

import shutil
import subprocess
import sys

import pytest

from grading.conftest import ASSIGNMENT
from unrolled.checks.modules import LIBRARY
from unrolled.grading.rules import DECIDES_NO_MARK, library_digest
from unrolled.grading.sandbox.worker_package import worker_files


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    copy = tmp_path_factory.mktemp("library") / "unrolled"
    return shutil.copytree(LIBRARY, copy, ignore=shutil.ignore_patterns("__pycache__"))


def changes(library, name):
    """Whether a comment more in a module means grading again."""
    path, before = library / name, library_digest(library)
    text = path.read_text() if path.exists() else None
    path.write_text((text or "") + "# mended\n")
    after = library_digest(library)
    path.unlink() if text is None else path.write_text(text)
    assert library_digest(library) == before
    return after != before


@pytest.mark.parametrize(
    "name",
    ["checks/ch06_self_attention.py", "checks/compare.py", "candidate/wire.py", "attention.py",
     "grading/asking/marking.py", "grading/inside/cells.py", "grading/submissions/reading.py",
     "grading/submissions/matching.py", "grading/gradebook/policy.py", "plots/look.py",
     "grading/gradebook/recording.py", "grading/new_module.py"],
)  # fmt: skip
def test_what_decides_a_mark_counts(library, name):
    assert changes(library, name)


@pytest.mark.parametrize("name", [*DECIDES_NO_MARK, "grading/pages/feedback.html.jinja"])
def test_what_decides_none_does_not(library, name):
    found = sorted((library / name).glob("*.py")) if name.endswith("/") else [library / name]
    assert found
    assert not any(changes(library, path.relative_to(library)) for path in found)


def test_a_module_that_takes_anothers_name_counts(library):
    before = library_digest(library)
    (library / "vit.py").rename(library / "vit_renamed.py")
    after = library_digest(library)
    (library / "vit_renamed.py").rename(library / "vit.py")
    assert before != after


def test_no_grading_process_and_no_sandbox_has_what_is_said_to_decide_no_mark():
    code = "import sys, unrolled.grading.asking.process; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    loaded = {f"{name.replace('.', '/')}.py" for name in names.decode().split()}
    assert "unrolled/grading/asking/marking.py" in loaded
    named = tuple(f"unrolled/{name}" for name in DECIDES_NO_MARK)
    assert not [name for name in (*loaded, *worker_files(ASSIGNMENT)) if name.startswith(named)]
