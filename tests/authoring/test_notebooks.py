"""The committed notebooks: fresh, complete, and without answers where learners open them."""

import ast
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from unrolled.authoring import build
from unrolled.authoring.answers import BEGIN, END
from unrolled.checks import exercises

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(page.parent.name for page in ROOT.glob("book/*/exercises.md"))
INPUTS = ["_config.yml", "nbgrader_config.py"]


def course(folder):
    """A root with what the build reads, and none of what it writes."""
    folder.mkdir()
    for name in INPUTS:
        shutil.copy(ROOT / name, folder)
    for name in NAMES:
        (folder / "book" / name).mkdir(parents=True)
        shutil.copy(ROOT / "book" / name / "exercises.md", folder / "book" / name)
    return folder


def notebook(folder, name):
    return nbformat.read(ROOT / folder / name / f"{name}.ipynb", as_version=4)


def without_comment(line):
    return re.sub(r"(?<=\S)  # .*$", "", line).strip()


def solution_lines(name):
    """Every line between the markers, without its comment, and the free-text answers."""
    for cell in notebook("solutions", name).cells:
        if cell.cell_type == "code":
            inside = False
            for line in cell.source.splitlines():
                bare = without_comment(line)
                if bare in (BEGIN, END):
                    inside = bare == BEGIN
                elif inside and bare:
                    yield bare
        elif cell.id.startswith("explain-"):
            yield from (line for line in cell.source.splitlines() if line)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = course(tmp_path_factory.mktemp("first") / "course")
    return root, build(root, say=lambda line: None)


def test_there_are_assignments():
    assert NAMES[:1] == ["00-warm-up"]


def test_committed_notebooks_are_those_that_the_build_makes(built):
    root, paths = built
    assert len(paths) == 2 * len(NAMES)
    stale = [
        str(path.relative_to(root))
        for path in paths
        if path.read_bytes() != (ROOT / path.relative_to(root)).read_bytes()
    ]
    assert stale == [], "run `make notebooks` and commit the result"


def test_nothing_else_lies_beside_them():
    for folder in ("solutions", "exercises"):
        files = {path for path in (ROOT / folder).rglob("*") if path.is_file()}
        known = {ROOT / folder / name / f"{name}.ipynb" for name in NAMES}
        assert {f for f in files if ".ipynb_checkpoints" not in f.parts} == known


def test_two_builds_are_equal_to_the_byte_wherever_they_run(built, tmp_path):
    root, paths = built
    again = course(tmp_path / "elsewhere")
    for first, second in zip(paths, build(again, say=lambda line: None), strict=True):
        assert first.relative_to(root) == second.relative_to(again)
        assert first.read_bytes() == second.read_bytes()


def test_the_build_leaves_a_gradebook_alone(tmp_path):
    root = course(tmp_path / "course")
    (root / "class").mkdir()
    (root / "class" / "gradebook.db").write_bytes(b"marks of a class")
    build(root, say=lambda line: None)
    assert (root / "class" / "gradebook.db").read_bytes() == b"marks of a class"


def test_a_notebook_with_answers_is_kept(built):
    root, paths = built
    path = next(p for p in paths if p.parts[-3] == "exercises")
    fresh = path.read_bytes()
    worked = nbformat.read(path, as_version=4)
    cell = next(c for c in worked.cells if c.metadata.get("nbgrader", {}).get("solution"))
    cell.source = cell.source.replace("# YOUR CODE HERE", "x = 1")
    nbformat.write(worked, path)
    mine, said = path.read_bytes(), []
    build(root, say=said.append)
    assert path.read_bytes() == mine
    assert any("it holds answers" in line and path.name in line for line in said)
    path.unlink()
    build(root, say=said.append)
    assert path.read_bytes() == fresh


def test_a_page_that_cannot_be_used_is_named(tmp_path):
    root = course(tmp_path / "course")
    page = root / "book" / "00-warm-up" / "exercises.md"
    page.write_text(page.read_text("utf-8") + "\n```{nonsense}\n```\n", "utf-8")
    with pytest.raises(ValueError, match=r"book/00-warm-up/exercises.md: line \d+: unknown dir"):
        build(root, say=lambda line: None)


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_reaches_the_learner(name):
    # What closes a call over several lines is no answer.
    answers = {line for line in solution_lines(name) if line.strip("()[],")}
    assert len(answers) > 5
    for cell in notebook("exercises", name).cells:
        if cell.id.startswith("found-"):
            continue  # the code of a bug hunt is meant to be seen
        shown = {without_comment(line) for line in cell.source.splitlines()}
        assert not answers & shown, cell.id


@pytest.mark.parametrize("name", NAMES)
def test_no_marker_rubric_or_seed_reaches_the_learner(name):
    released = notebook("exercises", name)
    text = "\n".join(cell.source for cell in released.cells)
    for forbidden in ("BEGIN", "END SOLUTION", "MARK SCHEME", "Rubric", "Levels"):
        assert forbidden not in text
    assert all(not cell.get("outputs") for cell in released.cells)
    calls = [cell.source for cell in released.cells if cell.id.startswith("check-")]
    assert calls == [f"check({exercise.name})" for exercise in exercises(name)]


@pytest.mark.parametrize("name", NAMES)
def test_the_rubric_is_in_the_source_and_its_question_in_both(name):
    sources = {cell.id: cell.source for cell in notebook("solutions", name).cells}
    released = {cell.id: cell.source for cell in notebook("exercises", name).cells}
    questions = [id for id in sources if id.startswith("question-")]
    assert len(questions) == 1
    assert "**Rubric" in sources[questions[0]]
    assert "*Levels.*" in sources[questions[0]]
    assert sources[questions[0]].startswith(released[questions[0]].strip())


@pytest.mark.parametrize("name", NAMES)
def test_tags_ids_and_order_survive_the_release(name):
    source, released = notebook("solutions", name), notebook("exercises", name)
    assert [(c.id, c.metadata.get("tags")) for c in source.cells] == [
        (c.id, c.metadata.get("tags")) for c in released.cells
    ]
    tags = {tag for cell in released.cells for tag in cell.metadata.get("tags", ())}
    assert {"install", "setup"} <= tags <= {"install", "setup", "demo"}


@pytest.mark.parametrize("name", NAMES)
def test_rubric_levels_and_points_add_up(name):
    sources = {cell.id: cell for cell in notebook("solutions", name).cells}
    question = next(cell for id, cell in sources.items() if id.startswith("question-"))
    answer = next(cell for id, cell in sources.items() if id.startswith("explain-"))
    stated = int(re.search(r"\*\*Rubric, (\d+) points", question.source)[1])
    parts = [int(n) for n in re.findall(r"^- (\d+) points?:", question.source, re.MULTILINE)]
    levels = [int(n) for n in re.findall(r"(\d+): ", question.source.split("*Levels.*")[1])]
    assert answer.metadata.nbgrader.points == stated == sum(parts)
    assert levels == list(range(stated, -1, -1))


def test_the_bug_hunt_shows_the_faults_and_keeps_the_missing_import_missing():
    released = notebook("exercises", "07-multi-head")
    sources = {cell.id: cell.source for cell in released.cells}
    found = sources["found-repair_multi_head"]
    assert found.startswith("class CopiedMultiHead(nn.Module):")
    assert "math.sqrt" in found
    assert "RepairedMultiHead" not in found
    for id, source in sources.items():
        if released.cells[list(sources).index(id)].cell_type == "code" and id != "install":
            imported = [
                alias.name
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            ]
            assert "math" not in imported, id
    solution = {c.id: c.source for c in notebook("solutions", "07-multi-head").cells}
    assert "import math" in solution["repair_multi_head"]


def test_later_assignments_take_earlier_layers_from_the_library():
    setup = next(c for c in notebook("exercises", "07-multi-head").cells if c.id == "setup")
    assert "from unrolled.attention import scaled_dot_product_attention" in setup.source
