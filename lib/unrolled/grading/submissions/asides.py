"""Lose no word of a learner's: what is written over stands beside, what stands beside may answer.

nbgrader takes the cell of a question in words for its answer, and a cell that nobody touched for
none. Learners also write below it, above it, into the question or into a comment. One text right
beside an empty answer is the answer; where there is a choice, a person makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from unrolled.grading.submissions.kept import KEPT, LEADS, kept_source
from unrolled.grading.submissions.reading import Cell
from unrolled.grading.submissions.repair import Said
from unrolled.grading.submissions.sources import defined_names, same_text
from unrolled.grading.submissions.words import (
    HEADING,
    NO_WORDS,
    Words,
    added_to,
    is_blank,
    is_in_words,
    released_lines,
    says_something,
    uncommented,
    without,
    words_of_code,
    words_of_remarks,
    words_of_text,
)

if TYPE_CHECKING:
    from unrolled.grading.submissions.matching import Release
    from unrolled.grading.submissions.owners import Owners

GATHERED = "*Nothing was written in this cell. This stands elsewhere, and may be the answer:*"


@dataclass(frozen=True)
class Placed:
    """A cell of a submission in its place.

    Attributes:
        cell: what is shown.
        grade_id: its role in the release, empty if it has none.
        words: a learner's words in it that may answer a question.
    """

    cell: Cell
    grade_id: str = ""
    words: Words = NO_WORDS


def lay_out(cells: Sequence[Cell], owners: Owners, release: Release, said: Said) -> list[Placed]:
    """Put cells in their places, beside them what will be written over, and words as answers.

    Args:
        cells: of a submission.
        owners: whose they are.
        release: the notebook that learners were given.
        said: takes a sentence for everything that was moved or written over.
    """
    layout = _Layout(cells, owners, release, said)
    placed = [found for number in range(len(cells)) for found in layout.at(number)]
    return _Answers(placed, release, said).find()


class _Layout:
    """The places of cells, one by one."""

    def __init__(self, cells: Sequence[Cell], owners: Owners, release: Release, said: Said) -> None:
        self.cells, self.owners, self.release, self.said = cells, owners, release, said
        self.graded = release.graded
        self.released = released_lines(release.notebook.cells) | LEADS

    def at(self, number: int) -> Iterator[Placed]:
        """A cell where it stands, and below it what a learner wrote into text that is given."""
        cell, grade_id = self.cells[number], self.owners.of.get(number, "")
        original = self.graded.get(grade_id)
        if number in self.owners.left_out:
            return
        if original is None or original.metadata.nbgrader.solution:
            yield self._learners(cell, grade_id, original)
            return
        yield Placed(Cell(original.cell_type, original.source, grade_id), grade_id)
        if cell.kind != original.cell_type or not same_text(cell.source, original.source):
            yield from self._written_over(cell, grade_id, original)

    def _learners(self, cell: Cell, grade_id: str, original: NotebookNode | None) -> Placed:
        if original is None or not is_in_words(original):
            words = self._words(cell, cell.kind == "code" or bool(grade_id))
            return Placed(cell, grade_id, replace(words, alone=False) if grade_id else words)
        if self._is_released(cell) or is_blank(cell.source, original.source):
            return Placed(replace(cell, kind="markdown", source=original.source), grade_id)
        if cell.kind == "code":
            self.said.note(f"The {self.release.title(grade_id)} had been turned into code.")
            cell = replace(cell, kind="markdown", source=uncommented(cell.source))
        several = HEADING.search(cell.source)  # and one of them may answer another question
        return Placed(cell, grade_id, Words(cell.source) if several else NO_WORDS)

    def _words(self, cell: Cell, is_code: bool) -> Words:
        if KEPT in cell.tags:
            return NO_WORDS
        words = (words_of_code if is_code else words_of_text)(cell.source, self.released)
        rescued = cell.source.partition("\n")[0] in LEADS  # and so in no place of its own
        return replace(words, sure=False) if rescued else words

    def _is_released(self, cell: Cell) -> bool:
        return any(same_text(cell.source, c.source) for c in self.release.notebook.cells)

    def _written_over(self, cell: Cell, grade_id: str, original: NotebookNode) -> Iterator[Placed]:
        """What of a learner's would be gone with the text that takes its place."""
        title, sentence = self.release.title(grade_id), "had been changed; the original was used"
        added, all_there = added_to(cell.source, original.source)
        if not without(added, self.released):
            self.said.note(f"The {title} {sentence}.")
            return
        names = {exercise.name for exercise in self.release.exercises} & defined_names(added)
        is_code = "code" in (cell.kind, original.cell_type)
        words = (words_of_code if is_code else words_of_text)(added, self.released)
        words = words if words.text or not is_code else words_of_remarks(added, self.released)
        if names:
            which = ", ".join(sorted(names))
            self.said.doubt(f"The {title} {sentence}; it defined {which}, which was not run.")
        else:
            self.said.note(f"The {title} {sentence}, and what was written in it stands below it.")
        lead = f"Written into the {title}, whose own text was put back:"
        shown = kept_source(lead, words.text if words.alone else added, not words.alone and is_code)
        aside = replace(cell, kind="markdown", source=shown, grade_id="", tags=(KEPT,))
        yield Placed(aside, words=replace(words, sure=words.sure and all_there))


@dataclass
class _Answers:
    """Answers in words that stand elsewhere than in their cells."""

    placed: list[Placed]
    release: Release
    said: Said

    def find(self) -> list[Placed]:
        """Fill every answer in words that is empty, as far as there are words to fill it with."""
        empty = [grade_id for grade_id in self._empty() if any(p.words.text for p in self.placed)]
        placeless = [grade_id for grade_id in empty if not self._put_back(grade_id)]
        taken = {name: name not in placeless and self._take(name) for name in empty}
        for grade_id in empty:
            self._ask(grade_id, taken[grade_id])
        return self.placed

    def _empty(self) -> Iterator[str]:
        for grade_id, original in self.release.graded.items():
            at = self._at(grade_id)
            empty = at is None or self.placed[at].cell.source == original.source
            if empty and is_in_words(original):
                yield grade_id

    def _at(self, grade_id: str) -> int | None:
        return next((n for n, p in enumerate(self.placed) if p.grade_id == grade_id), None)

    def _put_back(self, grade_id: str) -> bool:
        """Make an answer's cell that is gone, below its question; False if that is gone too."""
        if self._at(grade_id) is not None:
            return True
        order = list(self.release.graded)
        above = self._at(order[max(0, order.index(grade_id) - 1)])
        here = len(self.placed) if above is None else above + 1
        empty = Cell("markdown", self.release.graded[grade_id].source, grade_id)
        self.placed.insert(here, Placed(empty, grade_id))
        return above is not None

    def _take(self, grade_id: str) -> bool:
        """Take the one text beside an answer's cell for the answer, if there is one."""
        at = self._at(grade_id)
        beside = [*self._beside(at, -1), *self._beside(at, 1)]
        if len(beside) != 1:
            return False
        aside = self.placed[beside[0]]
        words = aside.words.text
        answer = replace(aside.cell, kind="markdown", source=words, grade_id=grade_id, tags=())
        more = Words(words) if HEADING.search(words) else NO_WORDS
        self.placed[at] = Placed(answer, grade_id, more)
        if aside.words.alone:
            del self.placed[beside[0]]
        title = self.release.title(grade_id)
        self.said.note(f"The {title} was empty; the text beside it was taken as the answer.")
        return True

    def _beside(self, at: int, step: int) -> Iterator[int]:
        """The texts next to a cell on one side, empty cells between them passed over."""
        here = at + step
        while 0 <= here < len(self.placed):
            found = self.placed[here]
            if found.words.sure:
                yield here
            elif found.grade_id or says_something(found.cell.source):
                return
            here += step

    def _ask(self, grade_id: str, taken: bool) -> None:
        """Where there is a choice, gather what there is, and let a person choose."""
        at, title = self._at(grade_id), self.release.title(grade_id)
        found = [p for n, p in enumerate(self.placed) if n != at and p.words.text]
        if taken and any(other.words.sure for other in found):
            self.said.doubt(f"The answer in {title} stood beside it; more words are elsewhere.")
        elif found and not taken:
            texts = dict.fromkeys(other.words.text for other in found)
            text = "\n\n---\n\n".join([GATHERED, *texts])
            gathered = replace(
                found[0].cell, kind="markdown", source=text, grade_id=grade_id, tags=()
            )
            self.placed[at] = Placed(gathered, grade_id)
            self.said.doubt(f"The {title} is empty, but words elsewhere may be the answer.")
