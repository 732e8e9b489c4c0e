"""Where notebooks and reports send a learner to read, there must be something to read."""

import importlib
import re
from pathlib import Path

import pytest

from unrolled.checks import all_exercises
from unrolled.checks.sections import CHAPTERS

ROOT = Path(__file__).resolve().parents[2]
# Until these are written, their exercises lead to the library's reference.
TO_COME = ("09-block", "10-transformer", "11-bert", "12-gpt", "13-modern", "14-beyond")


def headings(chapter):
    """Titles by label; a subsection has the number of the section that it stands in."""
    page = (ROOT / "book" / chapter / "chapter.md").read_text("utf-8")
    found, number = {}, ""
    for label, marks, title in re.findall(
        r"^(?:\((sec-[\w-]+)\)=\n)?(##+) (.+)$", page, re.MULTILINE
    ):
        number = title.split()[0] if marks == "##" else number
        found[label] = title if marks == "##" else f"{number} {title}"
    return found


def sections(exercise):
    found = [exercise.section, *(mistake.section for mistake in exercise.mistakes)]
    return {section for section in found if section is not None}


def test_these_chapters_are_still_to_come():
    unwritten = [name for name in CHAPTERS if not (ROOT / "book" / name / "chapter.md").exists()]
    assert tuple(unwritten) == TO_COME
    leading = {e.chapter for e in all_exercises() if "/api/" in e.section.page}
    assert leading == set(TO_COME)


@pytest.mark.parametrize("chapter", sorted(set(CHAPTERS) - set(TO_COME)))
def test_a_section_that_a_task_names_by_number_is_there(chapter):
    task = (ROOT / "book" / chapter / "exercises.md").read_text("utf-8")
    named = set(re.findall(r"[Ss]ection (\d+\.\d+)", task))
    there = {title.split()[0] for title in headings(chapter).values()}
    assert named <= there


def test_every_chapter_has_exercises():
    assert tuple(dict.fromkeys(exercise.chapter for exercise in all_exercises())) == CHAPTERS


@pytest.mark.parametrize("chapter", sorted(set(CHAPTERS) - set(TO_COME)))
def test_every_section_named_by_an_exercise_or_a_mistake_has_that_heading(chapter):
    there = headings(chapter)
    named = {s for e in all_exercises() if e.chapter == chapter for s in sections(e)}
    assert named
    assert {s.label: s.title for s in named if there.get(s.label) != s.title} == {}
    assert {s.page for s in named} == {f"book/{chapter}/chapter.md"}


@pytest.mark.parametrize(
    "exercise", [e for e in all_exercises() if e.chapter in TO_COME], ids=lambda e: e.id
)
def test_an_exercise_of_a_chapter_to_come_leads_to_the_page_of_its_layer(exercise):
    assert sections(exercise) == {exercise.section}
    page = (ROOT / exercise.section.page).read_text("utf-8")
    (module,) = re.findall(r"automodule:: (\S+)", page)[:1]
    assert exercise.name in importlib.import_module(module).__all__
