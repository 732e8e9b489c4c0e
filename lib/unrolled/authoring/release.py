"""From source notebooks to the ones learners open, by nbgrader's own ``generate_assignment``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from nbformat import read, write
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum, is_solution
from traitlets.config import Config, PyFileConfigLoader

from unrolled.authoring.weights import weigh

CONFIG = "nbgrader_config.py"
THE_COURSES: Mapping[str, float] = MappingProxyType({})


def release(root: Path, name: str, points: Mapping[str, float] = THE_COURSES) -> bytes:
    """Return the released notebook of ``solutions/<name>/<name>.ipynb``; no gradebook is touched.

    Args:
        root: the repository, with ``nbgrader_config.py``.
        name: of the assignment.
        points: what counts otherwise than in the course, as :func:`weigh` takes it.

    Raises:
        nbgrader.converters.NbGraderException: if nbgrader refuses the source notebook.
        ValueError: if ``points`` names what the notebook does not have.
    """
    return _generate(root, name, points, with_gradebook=False)


def register_assignment(root: Path, name: str, points: Mapping[str, float] = THE_COURSES) -> bytes:
    """Enter an assignment, its cells and points into the course's gradebook; change no notebook.

    Returns:
        The released notebook, as :func:`release` does.

    Raises:
        nbgrader.converters.NbGraderException: if its cells changed although submissions exist.
        ValueError: if ``points`` names what the notebook does not have.
    """
    (root / "class").mkdir(exist_ok=True)
    return _generate(root, name, points, with_gradebook=True)


def holds_answers(path: Path) -> bool:
    """Say whether somebody has worked in a released notebook."""
    notebook = read(path, as_version=4)
    return any(
        cell.metadata.nbgrader.get("checksum") != compute_checksum(cell)
        for cell in notebook.cells
        if is_solution(cell)
    )


def _generate(root: Path, name: str, points: Mapping[str, float], with_gradebook: bool) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch)
        shutil.copytree(root / "solutions" / name, course / "solutions" / name)
        if points:
            source = course / "solutions" / name / f"{name}.ipynb"
            notebook = read(source, as_version=4)
            weigh(notebook, points)
            write(notebook, source)
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
        config.merge(_settings(course, name, with_gradebook))
        GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
        return (course / "exercises" / name / f"{name}.ipynb").read_bytes()


def _settings(course: Path, name: str, with_gradebook: bool) -> Config:
    settings = Config()
    settings.CourseDirectory.root = str(course)
    settings.CourseDirectory.assignment_id = name
    settings.SaveCells.enabled = with_gradebook
    settings.GenerateAssignment.no_database = not with_gradebook
    return settings
