"""Say which cell of a submission is whose: by its grade id, by what it defines, by its place.

A stub that nobody touched is never an answer where there is one: it would undo what another cell
has defined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from unrolled.checks import Exercise
from unrolled.grading.submissions.repair import Said
from unrolled.grading.submissions.sources import defined_names, parsed, same_text
from unrolled.grading.submissions.words import is_blank, is_in_words

if TYPE_CHECKING:
    from unrolled.grading.submissions.matching import Release
    from unrolled.grading.submissions.reading import Cell


@dataclass
class Owners:
    """Whose each cell is; call :meth:`find` once.

    Attributes:
        cells: of a submission.
        release: the notebook that learners were given.
        said: takes a sentence for everything that was not as released.
        of: grade ids by the number of the cell.
        left_out: numbers of cells that are stubs beside an answer.
        python: whether a cell of prose is Python, by its number.
    """

    cells: Sequence[Cell]
    release: Release
    said: Said
    of: dict[int, str] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    python: dict[int, bool] = field(default_factory=dict)

    def find(self) -> Owners:
        """Give every cell that has one its grade id; of several the last, as a notebook runs."""
        labelled: dict[str, list[int]] = {}
        for number, cell in enumerate(self.cells):
            if cell.grade_id in self.release.graded:
                labelled.setdefault(cell.grade_id, []).append(number)
        answers = {exercise.id for exercise in self.release.exercises}
        for grade_id in sorted(labelled.keys() - answers):
            numbers = self._written(labelled[grade_id], grade_id)
            self.of[numbers[-1]] = grade_id
            self._say_copies(numbers, grade_id)
        self._by_place(labelled)
        given = set(self.of)
        for exercise in self.release.exercises:
            self._answer(exercise, labelled.get(exercise.id, []), given)
        return self

    def _answer(self, exercise: Exercise, claims: list[int], given: set[int]) -> None:
        """Find the cell of an answer among those that claim to be it and those that define it."""
        stub = self.release.graded[exercise.id].source
        defining = [n for n in self._defining(exercise.name, given) if n not in claims]
        stubs = {n for n in (*claims, *defining) if same_text(self.cells[n].source, stub)}
        claimed = [n for n in claims if n not in stubs]
        found = [n for n in defining if n not in stubs]
        free = [n for n in found if n not in self.of and not self._is_labelled(n)]
        if not any(
            exercise.name in defined_names(self.cells[n].source) for n in (*claims, *defining)
        ):
            self.said.doubts.append(f"No cell defines {exercise.name}.")
        if claimed:
            self.of[claimed[-1]] = exercise.id
            self._say_copies(claimed, exercise.id)
        elif free:
            self.of[free[-1]] = exercise.id
            self.said.note(f"The answer to {exercise.name} was found by its name.")
        elif stubs and not found:
            self.of[max(stubs)] = exercise.id
        if stubs and (claimed or found):
            self.left_out |= stubs
            name = exercise.name
            self.said.note(f"The untouched stub of {name} was left out: another cell defines it.")

    def _written(self, numbers: list[int], grade_id: str) -> list[int]:
        """Of the cells that claim to be one: the answers in words where there are any, else all."""
        original = self.release.graded[grade_id]
        if not is_in_words(original):
            return numbers
        written = [n for n in numbers if not is_blank(self.cells[n].source, original.source)]
        if written and len(written) < len(numbers):
            self.left_out |= set(numbers) - set(written)
            self.said.note(f"An untouched copy of the {self.release.title(grade_id)} was left out.")
        return written or numbers

    def _is_labelled(self, number: int) -> bool:
        return self.cells[number].grade_id in self.release.graded

    def _defining(self, name: str, given: set[int]) -> list[int]:
        """The cells that define a name; prose counts where it is Python, turned into text."""
        return [
            number
            for number, cell in enumerate(self.cells)
            if number not in given
            and name in defined_names(cell.source)
            and (cell.kind == "code" or self._is_python(number))
        ]

    def _is_python(self, number: int) -> bool:
        """Whether prose is; every exercise asks, and to parse takes long."""
        if number not in self.python:
            self.python[number] = parsed(self.cells[number].source) is not None
        return self.python[number]

    def _by_place(self, labelled: dict[str, list[int]]) -> None:
        """Find what lost its grade id: locked text by what it says, prose by its id or place."""
        free = [n for n in range(len(self.cells)) if not self._is_labelled(n)]
        before = -2
        for grade_id, original in self.release.graded.items():
            same: list[int] = []
            if grade_id in labelled:
                same = labelled[grade_id][-1:]
            elif not original.metadata.nbgrader.solution:
                same = [n for n in free if same_text(self.cells[n].source, original.source)]
            elif original.cell_type == "markdown":
                same = [n for n in free if self.cells[n].id == original.id] or [before + 1]
                same = [n for n in same if n in free and self._may_be_in_words(self.cells[n])]
            before = same[-1] if same else -2
            if same and grade_id not in labelled:
                self.of.setdefault(before, grade_id)

    def _may_be_in_words(self, cell: Cell) -> bool:
        given = self.release.notebook.cells
        texts = [c.source for c in given if not c.metadata.get("nbgrader")]
        return cell.kind != "code" and not any(same_text(cell.source, text) for text in texts)

    def _say_copies(self, numbers: list[int], grade_id: str) -> None:
        if len(numbers) < 2:
            return
        title = self.release.title(grade_id)
        differ = any(
            not same_text(self.cells[n].source, self.cells[numbers[0]].source) for n in numbers
        )
        say = self.said.doubt if differ else self.said.note
        say(f"The {title} is there more than once; the last one counts.")
