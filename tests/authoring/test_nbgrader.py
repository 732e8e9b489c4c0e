"""Our notebooks in stock nbgrader: its own autograde, its own gradebook, its own validator."""

import os
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata
from nbgrader.validator import Validator
from traitlets.config import PyFileConfigLoader

from unrolled.authoring import register_assignment

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(page.parent.name for page in ROOT.glob("book/*/exercises.md"))
# Both come from inside nbgrader 0.9.6: its own queries, and the cell it puts back without an id.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
    pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning"),
]
STUB, RIGHT = "learner-01", "learner-02"


def nbgrader_api(root):
    """nbgrader's own door to a course. A kernel that is done is killed: parting takes a second."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.NotebookClient.shutdown_kernel = "immediate"
    return NbGraderAPI(CourseDirectory(config=config), config=config)


@pytest.fixture(scope="module", autouse=True)
def alembic_on_path():
    """Where nbgrader looks for the program that prepares a new gradebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class of two: one hands in the released notebook untouched, one the solution."""
    root = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    shutil.copytree(ROOT / "solutions", root / "solutions")
    api = nbgrader_api(root)
    for name in NAMES:
        register_assignment(root, name)
        for learner, folder in ((STUB, "exercises"), (RIGHT, "solutions")):
            source = ROOT / folder / name / f"{name}.ipynb"
            target = root / "class" / "submitted" / learner / name / f"{name}.ipynb"
            target.parent.mkdir(parents=True)
            shutil.copy(source, target)
            result = api.autograde(name, learner)
            assert result["success"], result
    return root


def marks(root, name, learner):
    with Gradebook(f"sqlite:///{root / 'class' / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(name, learner)
        grades = submission.notebooks[0].grades
        return {g.name: (g.auto_score, g.max_score, g.needs_manual_grade) for g in grades}


def autograded(root, name, learner):
    path = root / "class" / "autograded" / learner / name / f"{name}.ipynb"
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


@pytest.mark.parametrize("name", NAMES)
def test_an_untouched_notebook_scores_exactly_0(graded, name):
    found = marks(graded, name, STUB)
    assert found
    assert {name: score for name, (score, _, _) in found.items() if score != 0} == {}
    assert not any(by_hand for _, _, by_hand in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_scores_all_points_and_its_text_waits_for_a_marker(graded, name):
    for cell, (score, most, by_hand) in marks(graded, name, RIGHT).items():
        if cell.startswith("explain-"):
            assert score is None
            assert by_hand
        else:
            assert (score, by_hand) == (most, False), cell


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_the_solution_runs(graded, name):
    for cell in autograded(graded, name, RIGHT).values():
        assert [o for o in cell.get("outputs", ()) if o.output_type == "error"] == [], cell.id
        streams = [o.name for o in cell.get("outputs", ()) if o.output_type == "stream"]
        assert "stderr" not in streams, cell.id


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_the_untouched_notebook_runs(graded, name):
    """What an answer is missing for says so, and stops nobody who runs all cells."""
    for cell in autograded(graded, name, STUB).values():
        outputs = cell.get("outputs", ())
        assert [o for o in outputs if o.output_type == "error"] == [], cell.id
        if "demo" in cell.metadata.get("tags", ()):
            (said,) = outputs
            assert said.text.startswith(("This cell waits for your ", "This cell needs ")), cell.id


@pytest.mark.parametrize("name", NAMES)
def test_whoever_marks_sees_the_rubric_beside_the_answer(graded, name):
    cells = autograded(graded, name, STUB)
    questions = [cell for id, cell in cells.items() if id.startswith("question-")]
    assert len(questions) == 1
    assert "**Rubric" in questions[0].source


def test_a_check_cell_that_was_deleted_comes_back_and_is_not_marked_by_hand(graded):
    name, learner = NAMES[0], "learner-03"
    notebook = nbformat.read(ROOT / "solutions" / name / f"{name}.ipynb", as_version=4)
    removed = next(c for c in notebook.cells if c.id.startswith("check-"))
    notebook.cells.remove(removed)
    target = graded / "class" / "submitted" / learner / name / f"{name}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)
    nbgrader_api(graded).autograde(name, learner)
    score, most, by_hand = marks(graded, name, learner)[removed.id]
    assert (score, by_hand) == (most, False)


@pytest.fixture(scope="module")
def validator():
    return Validator(config=PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config())


def test_nbgrader_validate_passes_on_a_solution(validator):
    path = ROOT / "solutions" / "06-self-attention" / "06-self-attention.ipynb"
    assert validator.validate(str(path)) == {}


@pytest.mark.parametrize("name", NAMES)
def test_nbgrader_validates_what_its_own_kernel_left(graded, name, validator, monkeypatch):
    """All that ``nbgrader validate`` does, but for running a second time what autograde ran."""
    monkeypatch.setattr(validator, "preprocessors", [CheckCellMetadata])
    found = {
        learner: validator.validate(
            str(graded / "class" / "autograded" / learner / name / f"{name}.ipynb")
        )
        for learner in (RIGHT, STUB)
    }
    assert found[RIGHT] == {}
    assert set(found[STUB]) == {"failed"}


def test_registering_twice_keeps_submissions_and_marks(graded):
    name = NAMES[0]
    before = marks(graded, name, STUB)
    register_assignment(graded, name)
    assert marks(graded, name, STUB) == before
    assert not (graded / "exercises").exists()
