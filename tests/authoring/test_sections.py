"""Where notebooks and reports send a learner to read, there must be something to read."""

import re
from pathlib import Path

import pytest

from unrolled.checks import all_exercises

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted({exercise.chapter for exercise in all_exercises()})


def headings(chapter):
    page = (ROOT / "book" / chapter / "chapter.md").read_text("utf-8")
    return dict(re.findall(r"^\((sec-[\w-]+)\)=\n#+ (.+)$", page, re.MULTILINE))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_section_named_by_an_exercise_or_a_mistake_has_that_heading(chapter):
    there = headings(chapter)
    named = set()
    for exercise in all_exercises():
        if exercise.chapter == chapter:
            sections = [exercise.section, *(mistake.section for mistake in exercise.mistakes)]
            named.update((s.label, s.title) for s in sections if s is not None)
    assert named
    missing = {label: (title, there.get(label)) for label, title in named}
    assert {k: v for k, v in missing.items() if v[0] != v[1]} == {}
