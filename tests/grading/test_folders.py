"""Folders nearly right: graded where only one is meant, and never passed over without a word."""

import os

import nbformat
import pytest

from grading.conftest import ASSIGNMENT, notebook
from unrolled.grading.run import Options, grade_assignment
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.submissions.folders import alike, find_learners
from unrolled.grading.submissions.reading import read_submission

NAME = f"{ASSIGNMENT}.ipynb"
WORK = nbformat.writes(notebook("x = 1"))
OTHERS = (ASSIGNMENT, "05-alignment", "07-multi-head")
NEAR = (
    "06_self_attention",
    "06-Self-Attention",
    "06 self attention",
    " 06-self-attention ",
    "06-self-attention (1)",
    "06-self-attention(12)",
    "06-self-attention - Copy",
    "06-self-attention-Copy1",
    "06-self-attention - Copy (2)",
    "06-self-attention - Kopie",
    "06–self–attention",
    "06\u2011self\u2011attention",
    "06\u00a0self\u200battention",
    "06.self.attention",
    "06selfattention",
    "6-self-attention",
    "０６-self-attention",
    "06__self--attention_",
)
FAR = (
    "06", "self-attention", "06-self-atention", "06-self-attention-final", "week6", "work",
    "06-self-attention-2", "16-self-attention", "copy",
)  # fmt: skip


@pytest.fixture
def put(tmp_path):
    def files(*paths, contents=WORK):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(contents)
        return tmp_path

    return files


def find(submitted, roster=()):
    return find_learners(submitted, ASSIGNMENT, OTHERS, roster)


def read(submitted, found, learner="learner-01"):
    return read_submission(submitted, learner, ASSIGNMENT, set(), found.places[learner])


@pytest.mark.parametrize("name", NEAR, ids=ascii)
def test_a_folder_nearly_right_is_graded_with_a_note(put, name):
    submitted = put(f"learner-01/{name}/{NAME}", f"learner-01/05-alignment/{NAME}")
    found = find(submitted)
    assert (found.learners, found.refused) == (("learner-01",), {})
    submission = read(submitted, found)
    assert [cell.source for cell in submission.cells] == ["x = 1"]
    name = name.replace("\u00a0", "\\xa0").replace("\u200b", "\\u200b")  # nobody would see them
    assert submission.notes[-1] == (
        f"The work lay in learner-01/{name}; learner-01/{ASSIGNMENT} is wanted."
    )
    assert not submission.doubts


@pytest.mark.parametrize("name", FAR)
def test_a_folder_that_is_no_assignments_is_said(put, name):
    found = find(put(f"learner-01/{name}/{NAME}"))
    assert found.learners == ()
    assert found.refused == {
        "learner-01": f"no assignment is called {name!r}; learner-01/{ASSIGNMENT}/{NAME} is wanted"
    }


@pytest.mark.parametrize("name", ["05-alignment", "05_Alignment (1)", "07 multi head"])
def test_the_folder_of_another_assignment_is_nothing_to_say(put, name):
    found = find(put(f"learner-01/{name}/{NAME}", f"{name}/learner-02/{NAME}"))
    assert (found.learners, found.refused) == ((), {})


@pytest.mark.parametrize(
    "name", [NAME, "06_self_attention.ipynb", f"{ASSIGNMENT} (1).ipynb", f"{ASSIGNMENT}.ipynb.txt",
             f"{ASSIGNMENT}-Copy1.ipynb", f"{ASSIGNMENT}.PY"],
)  # fmt: skip
def test_the_file_in_the_learners_own_folder_is_graded_and_nothing_beside_it(put, name):
    put("learner-01/05-alignment/05-alignment.ipynb", contents="{}")
    submitted = put(f"learner-01/{name}", contents=WORK if "ipynb" in name else "x = 1")
    found = find(submitted)
    assert (found.learners, found.refused) == (("learner-01",), {})
    submitted = read(submitted, found)
    if "ipynb" in name:
        assert [cell.source for cell in submitted.cells] == ["x = 1"]
    assert any(f"The work lay in learner-01/{name}" in note for note in submitted.notes)
    assert not any("05-alignment" in note for note in submitted.notes)


def test_a_file_of_no_assignment_in_the_learners_folder_is_said(put):
    found = find(put("learner-01/Untitled.ipynb", "learner-02/05-alignment.ipynb"))
    assert found.learners == ()
    assert set(found.refused) == {"learner-01"}
    assert "no assignment is called 'Untitled.ipynb'" in found.refused["learner-01"]


def test_nested_folders_are_read(put):
    submitted = put(f"learner-01/{ASSIGNMENT}/{ASSIGNMENT}/{NAME}")
    submission = read(submitted, find(submitted))
    assert [cell.source for cell in submission.cells] == ["x = 1"]
    assert f"{ASSIGNMENT}/{NAME}" in submission.notes[0]


@pytest.mark.parametrize(
    "two",
    [
        (f"learner-01/06_self_attention/{NAME}", f"learner-01/06-Self-Attention/{NAME}"),
        (f"learner-01/06_self_attention/{NAME}", f"learner-01/{NAME}"),
        (f"learner-01/{ASSIGNMENT} (1)/{NAME}", f"learner-01/{ASSIGNMENT} (2)/{NAME}"),
        (f"learner-01/{NAME}", f"learner-01/{ASSIGNMENT} (1).ipynb"),
        (f"learner-01/{NAME}", f"{ASSIGNMENT}/learner-01/{NAME}"),
        (f"06_self_attention/learner-01/{NAME}", f"{ASSIGNMENT}/learner-01/{NAME}"),
    ],
)
def test_of_two_nearly_right_none_is_graded(put, two):
    found = find(put(*two))
    assert found.learners == ()
    said = " ".join(found.refused.values())
    assert "it could be " in said
    for path in two:
        assert path.removesuffix(f"/{NAME}") in said


@pytest.mark.parametrize(
    "other",
    [f"learner-01/06_self_attention/{NAME}", f"learner-01/{NAME}",
     f"{ASSIGNMENT}/learner-01/{NAME}"],
)  # fmt: skip
def test_the_right_name_wins_and_the_other_is_for_a_person(put, other):
    put(f"learner-01/{ASSIGNMENT}/{NAME}")
    submitted = put(other, contents=nbformat.writes(notebook("wrong = 1")))
    submission = read(submitted, find(submitted))
    assert [cell.source for cell in submission.cells] == ["x = 1"]
    (doubt,) = submission.doubts
    assert doubt.startswith("There is more that was left aside: ")
    assert other.removesuffix(f"/{NAME}") in doubt


def test_beside_one_nearly_right_what_is_no_assignments_is_for_a_person(put):
    submitted = put(f"learner-01/06_self_attention/{NAME}", f"learner-01/final version/{NAME}")
    submission = read(submitted, find(submitted))
    assert submission.cells
    assert "final version" in submission.doubts[0]


def test_a_learner_inside_the_assignment(put):
    submitted = put(
        f"{ASSIGNMENT}/learner-01/{NAME}",
        f"06_self_attention/learner-02/{NAME}",
        f"{ASSIGNMENT}/05-alignment/{NAME}",
        f"{ASSIGNMENT}/learner-03.ipynb",
    )
    found = find(submitted)
    assert found.learners == ("learner-01", "learner-02")
    assert set(found.refused) == {f"{ASSIGNMENT}/05-alignment", f"{ASSIGNMENT}/learner-03.ipynb"}
    assert "is wanted" in read(submitted, found, "learner-02").notes[-1]
    found = find(submitted, roster=["learner-01", "learner-03"])
    assert found.learners == ("learner-01",)
    assert "no learner of that name" in found.refused["06_self_attention/learner-02"]


def test_files_and_folders_that_are_no_learners_are_said(put):
    found = find(
        put(NAME, "learner-01.ipynb", f"a b/{ASSIGNMENT}/{NAME}", "submitted/learner-01/x.py")
    )
    assert found.learners == ()
    assert set(found.refused) == {NAME, "learner-01.ipynb", "a b", "submitted"}
    assert all(
        f"<learner>/{ASSIGNMENT}/{NAME} is wanted" in why or "submitted/06" in why
        for why in found.refused.values()
    )


def test_learners_that_differ_in_case(put):
    submitted = put(f"Learner-01/{ASSIGNMENT}/{NAME}", f"learner-01/{ASSIGNMENT}/{NAME}")
    nobody_known = find(submitted)
    assert nobody_known.learners == ()
    assert set(nobody_known.refused) == {"Learner-01", "learner-01"}
    known = find(submitted, roster=["learner-01"])
    assert known.learners == ("learner-01",)
    assert known.places["learner-01"].folder == submitted / "learner-01" / ASSIGNMENT
    assert f"Learner-01/{ASSIGNMENT}" in read(submitted, known).doubts[0]
    both = find(submitted, roster=["learner-01", "Learner-01"])
    assert both.learners == ("Learner-01", "learner-01")


@pytest.mark.parametrize("name", ["LEARNER-01", "learner\u201101", "learner-01 "])
def test_a_learners_folder_nearly_right_is_the_known_learners(put, name):
    submitted = put(f"{name}/{ASSIGNMENT}/{NAME}")
    found = find(submitted, roster=["learner-01", "learner-02"])
    assert found.learners == ("learner-01",)
    assert f"The work lay in {name}/{ASSIGNMENT}" in read(submitted, found).notes[-1]


@pytest.mark.parametrize(
    "names",
    [("06 self\x1b[31mattention",), ("06_self_attention", "06\nself attention"), ("x\x07",)],
)
def test_nothing_that_is_said_gives_orders_to_a_terminal(put, names):
    submitted = put(*(f"learner-01/{name}/{NAME}" for name in names))
    found = find(submitted)
    said = [*found.refused, *found.refused.values()]
    said += [note for learner in found.learners for note in read(submitted, found, learner).notes]
    assert said
    assert all(sentence.isprintable() for sentence in said)


def test_case_that_fits_two_known_learners_is_nobodys(put):
    found = find(put(f"LEARNER/{ASSIGNMENT}/{NAME}"), roster=["learner", "Learner"])
    assert found.learners == ()
    assert "it could be the folder of Learner or learner" in found.refused["LEARNER"]


@pytest.mark.parametrize("name", ["*", "a b", "..x", "-x"])
def test_an_id_that_is_no_folders_name_is_none_in_the_gradebook_either(put, name):
    found = find(put(f"{name}/{ASSIGNMENT}/{NAME}", f"{ASSIGNMENT}/{name}/{NAME}"), roster=[name])
    assert found.learners == ()


def test_two_assignments_alike_are_told_apart_by_their_very_names(put):
    alike_ones = (ASSIGNMENT, "06_self_attention")
    submitted = put(f"learner-01/06_self_attention/{NAME}", f"learner-02/06 self attention/{NAME}")
    found = find_learners(submitted, ASSIGNMENT, alike_ones)
    assert found.learners == ()
    assert set(found.refused) == {"learner-02"}
    assert find_learners(submitted, "06_self_attention", alike_ones).learners == ("learner-01",)


def test_links_are_not_followed_under_any_name(put, tmp_path):
    submitted = put(f"learner-01/{ASSIGNMENT}/{NAME}", "learner-02/notes.txt")
    os.symlink(submitted / "learner-01" / ASSIGNMENT, submitted / "learner-02/06_self_attention")
    os.symlink(submitted / "learner-01" / ASSIGNMENT / NAME, submitted / "learner-02" / NAME)
    os.symlink(submitted / "learner-01", submitted / "06 self attention")
    found = find(submitted)
    assert found.learners == ("learner-01",)
    assert set(found.refused) == {"learner-02", "06 self attention"}


def test_a_time_counts_only_where_it_is_of_this_work(put):
    near, direct, shared, nested = (f"learner-0{n}" for n in range(1, 5))
    submitted = put(f"{near}/06_self_attention/{NAME}", f"{direct}/{NAME}", f"{shared}/{NAME}",
                    f"{shared}/05-alignment.ipynb",
                    f"{nested}/{ASSIGNMENT}/{ASSIGNMENT}/{NAME}")  # fmt: skip
    put(f"{near}/06_self_attention/timestamp.txt", f"{direct}/timestamp.txt",
        f"{shared}/timestamp.txt", f"{nested}/{ASSIGNMENT}/{ASSIGNMENT}/timestamp.txt",
        contents="2026-03-02 22:10:00 UTC")  # fmt: skip
    found = find(submitted)
    times = {who: read(submitted, found, who).timestamp for who in found.learners}
    known = "2026-03-02 22:10:00 UTC"
    assert times == {near: known, direct: known, shared: "", nested: ""}
    for learner in (shared, nested):
        assert "timestamp.txt" in read(submitted, found, learner).doubts[0]


def test_what_is_alike():
    assert alike("Copy") == "copy"
    assert alike("06-self-attention") != alike("16-self-attention")
    assert alike("00-warm-up") == alike("0 Warm Up")
    assert len(alike("(1)" * 100)) < 400


@pytest.mark.sandbox
def test_a_run_grades_them_under_the_right_names(course, submit, warm_pool):
    path = submit("learner-01", notebook("x = 1"))
    path.parent.rename(path.parent.with_name("06_Self_Attention"))
    other = submit("learner-02", notebook("x = 1"), name="y.ipynb")
    other.parent.rename(other.parent.with_name("nonsense"))
    graded = grade_assignment(course, ASSIGNMENT, choose_tier(), pool=warm_pool)
    assert [result.learner for result in graded.results] == ["learner-01"]
    assert any("06_Self_Attention" in note for note in graded.results[0].notes)
    assert "'nonsense'" in graded.refused["learner-02"]
    assert (course.folder("autograded") / "learner-01" / ASSIGNMENT / NAME).is_file()
    with pytest.raises(LookupError, match="passed over: no assignment is called 'nonsense'"):
        grade_assignment(course, ASSIGNMENT, choose_tier(), Options("learner-02"), pool=warm_pool)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_student("learner-03")
    submit("Learner-03", notebook("x = 1"))
    graded = grade_assignment(course, ASSIGNMENT, choose_tier(), pool=warm_pool)
    assert [result.learner for result in graded.results] == ["learner-01", "learner-03"]
