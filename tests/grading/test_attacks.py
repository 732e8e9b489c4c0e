"""What submissions try: each attack succeeds with its defence off, and gets nowhere here."""

import os
from dataclasses import replace

import nbformat
import pytest

from grading.attacks import ATTACKS, KINDS, Attack, trials
from grading.attacks.attack import CAUSAL, MASK, RIGHT, WRONG
from grading.attacks.grounds import grounds, new_mark
from grading.conftest import ASSIGNMENT, LIMITS, make_course
from unrolled.grading.sandbox.tiers import NONE, choose_tier
from unrolled.grading.sandbox.workers import Worker

pytestmark = pytest.mark.sandbox

HURRY = 3.0
NEXT = trials.as_cells(RIGHT[MASK].replace("!=", "=="))  # a wrong answer, with a report on it


def of(*kinds):
    found = [attack for attack in ATTACKS if attack.kind in kinds]
    return pytest.mark.parametrize("attack", found, ids=lambda attack: attack.name)


def test_there_are_enough_and_each_has_a_name():
    assert len(ATTACKS) >= 60
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.kind for attack in ATTACKS} == set(KINDS)


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    scratch = tmp_path_factory.mktemp("ground")
    course = make_course(scratch / "course")
    with grounds(course.root, scratch) as ground, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLASS_TOKEN", ground.secret)
        yield ground


@pytest.fixture(scope="module")
def guarded(package, ground):
    """The real sandbox, started with the grader's secrets around it."""
    with Worker(package, ground.course, choose_tier(), replace(LIMITS, memory_mib=512)) as worker:
        yield worker


@pytest.fixture(scope="module")
def kernel(ground, tmp_path_factory):
    """No walls and the whole library: learner, checks and reference in one process."""
    limits = replace(LIMITS, memory_mib=2**20)
    package = trials.kernel_package(tmp_path_factory.mktemp("kernel"))
    with Worker(package, ground.course, NONE, limits) as worker:
        yield worker


@pytest.fixture(scope="module")
def undisturbed(guarded):
    """The next learner's marks, with nobody before."""
    return trials.sandboxed(guarded, NEXT, [MASK], "learner-02")


@pytest.fixture
def nobody_else_is_touched(guarded, undisturbed):
    yield
    assert trials.sandboxed(guarded, NEXT, [MASK], "learner-02") == undisturbed


def test_what_does_no_harm_is_seen_to_do_none(kernel, guarded, ground, release, tmp_path):
    """The trials themselves: without an attack there is nothing to see, and marks are full."""
    mark, harmless = new_mark(), Attack("harmless", "break", "", ("x = MARK",), look="x = 1")
    done = trials.naively(ground, harmless, mark, tmp_path)
    assert done.ended, done.shown
    assert not ground.effects(mark, done.shown, tmp_path)
    for name, right in RIGHT.items():
        assert trials.in_the_kernel(kernel, name, right) > 0
        assert trials.sandboxed(guarded, trials.as_cells(right), [name]).points[name] == 4.0
    path = hand_in(ground, replace(harmless, damage=nbformat.write), release)
    assert not trials.opened(nbformat.read(path, as_version=4))
    assert trials.as_it_stands(kernel, path) == 4.0


@of("forge")
def test_a_forgery_pays_where_the_learner_holds_the_checks(attack, kernel, ground):
    told = ground.knowledge(new_mark())
    if attack.off == "ipykernel":
        points = trials.in_ipykernel(attack.asks, told, *attack.cells)
    elif attack.off == "its word":
        points = trials.by_its_word(kernel, told, *attack.cells, "pass")
    else:
        points = trials.in_the_kernel(kernel, attack.asks, told, *attack.cells)
    assert points > 0


@pytest.mark.parametrize("asked", WRONG)
def test_the_answers_they_come_with_earn_nothing(asked, kernel, guarded):
    assert trials.in_the_kernel(kernel, asked, WRONG[asked]) == 0
    assert trials.sandboxed(guarded, trials.as_cells(WRONG[asked]), [asked]).points[asked] == 0


@of("forge")
def test_a_forgery_gains_nothing(attack, guarded, ground, nobody_else_is_touched):
    told = ground.knowledge(new_mark())
    cells = trials.as_cells(told, *attack.cells)
    assert trials.sandboxed(guarded, cells, [attack.asks]).points[attack.asks] == 0


@of("read", "write", "stay")
def test_it_gets_through_with_its_defence_off(attack, kernel, ground, tmp_path):
    mark = new_mark()
    if attack.off == "naive":
        shown = trials.naively(ground, attack, mark, tmp_path).shown
    elif attack.off == "unpickled":
        shown = trials.unpickled(kernel, ground.knowledge(mark), attack.code) or ""
    else:
        with kernel.question() as question:
            codes = (ground.knowledge(mark), attack.code, attack.look or "pass")
            shown = trials.in_turn(question, *codes)
    assert ground.effects(mark, shown, tmp_path), shown[-2000:]


@of("read", "write", "stay")
def test_it_gets_nowhere(attack, guarded, ground, nobody_else_is_touched):
    mark = new_mark()
    cells = trials.as_cells(ground.knowledge(mark), RIGHT[MASK], attack.code)
    marks = trials.sandboxed(guarded, cells, [MASK])
    shown = marks.shown + trials.looked(guarded, ground, attack, mark)
    if attack.name.startswith("one long line"):  # printing is no offence
        assert len(shown) < 200_000
        shown = ""
    assert not ground.effects(mark, shown)


@of("kill")
def test_it_costs_others_their_marks_with_its_defence_off(attack, kernel, ground, tmp_path):
    mark = new_mark()
    if attack.off == "kernel":
        with trials.hurried(kernel, HURRY):
            cells = (ground.knowledge(mark), *attack.cells, f"check({MASK})", RIGHT[CAUSAL])
            assert trials.in_the_kernel(kernel, CAUSAL, *cells) == 0
        return
    done = trials.naively(ground, attack, mark, tmp_path)
    assert ground.effects(mark, done.shown) or not done.ended, done.shown


@of("kill")
def test_it_costs_nobody_else_anything(attack, guarded, ground, nobody_else_is_touched):
    mark = new_mark()
    cells = trials.as_cells(ground.knowledge(mark), *attack.cells, RIGHT[CAUSAL])
    with trials.hurried(guarded, HURRY):
        marks = trials.sandboxed(guarded, cells, [MASK, CAUSAL])
    assert marks.points == {MASK: 0.0, CAUSAL: 4.0}
    assert not ground.effects(mark, marks.shown)


@of("break")
def test_a_damaged_file_taken_at_its_word_is_marked_wrongly(attack, kernel, ground, release):
    path = hand_in(ground, attack, release)
    try:
        points = trials.as_it_stands(kernel, path)
    except Exception:  # the batch would stop here
        return
    assert points != (0.0 if attack.deserves == "nothing" else 4.0)


@of("break")
def test_a_damaged_file_gets_what_it_deserves(
    attack, guarded, ground, release, nobody_else_is_touched
):
    path = hand_in(ground, attack, release)
    submitted, learner = path.parents[2], path.parents[1].name
    marks, said = trials.file_marked(guarded, submitted, release, learner)
    points = marks.points[MASK]
    if attack.deserves == "said":
        assert said or points == 4.0
    else:
        assert points == (4.0 if attack.deserves == "all" else 0.0)


@of("show")
def test_what_is_shown_as_it_was_handed_in_acts_or_does_not_open(attack, ground, release):
    path = hand_in(ground, attack, release)
    assert trials.opened(nbformat.read(path, as_version=4))


@of("show")
def test_what_is_shown_does_nothing_and_opens(attack, ground, release):
    path = hand_in(ground, attack, release)
    notebook = trials.fitted(path.parents[2], release, path.parents[1].name)
    assert not trials.opened(notebook)
    given = {cell.source for cell in release.notebook.cells}
    assert any(c.cell_type != "code" and c.source not in given for c in notebook.cells)


def hand_in(ground, attack, release):
    learner = f"learner-{new_mark()}"
    path = ground.course / "class" / "submitted" / learner / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    os.makedirs(path.parent)
    attack.damage(trials.handed_in(release.notebook), path)
    return path


CROWD = (
    "import os, time\nwhile True:\n    try:\n        if os.fork() == 0:\n"
    "            time.sleep(60)\n            os._exit(0)\n    except OSError: break"
)
BUSY = "held = bytearray(400 * 2**20)"


@pytest.mark.parametrize("code", [CROWD, BUSY], ids=["processes", "memory"])
def test_a_neighbour_at_its_caps_takes_nothing_from_others(code, guarded, worker, undisturbed):
    with guarded.question() as question:
        assert question.run_cell(code)["status"] == "ok"
        assert trials.sandboxed(worker, NEXT, [MASK], "learner-02") == undisturbed
