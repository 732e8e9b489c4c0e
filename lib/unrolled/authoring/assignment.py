"""From the blocks of an ``exercises.md`` to the source notebook of an assignment.

What a page may say, each as a fence; all other Markdown becomes text cells:

- ``{setup}``: the install cell and the imports, among them the earlier layers that are borrowed.
- ``{exercise} id``: task (the fence's own text), answer cell and check. All else comes from the
  library: points, difficulty, minutes, section, signature, shapes, docstring, answer.
- ``{bug-hunt} id`` with ``:as:`` and ``:mistakes:``: the same, with the reference's source, the
  mistakes in it, in a locked cell before the answer.
- ``{explain} slug`` with ``:title:`` and ``:points:``: a question in prose; inside it, a
  ``{model-answer}`` and a ``{rubric}`` that stay in ``solutions/``.
- ``{code-cell}``: code as it stands, with ``:tags:``. ``demo`` marks what grading need not run; its
  lines that use answers stand in ``with demo("softmax"):``, and say what they wait for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_notebook

from unrolled.authoring import cells
from unrolled.authoring.answers import answer_cell, shapes, signature
from unrolled.authoring.parse import Directive, Text, parse
from unrolled.authoring.stamp import STAMP, stamp
from unrolled.checks.exercise import Exercise, patched_source
from unrolled.checks.needs import Needs, import_lines, needs

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

INSTALL = """\
# Where the course's package is missing, as on Colab, this fetches it. Elsewhere it does nothing.
import importlib.util

if importlib.util.find_spec("unrolled") is None:
    %pip install --quiet "unrolled @ git+{repository}"
"""

SETUP = """\
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

{borrowed}from unrolled.checks import check, hint, solution, welcome

welcome(globals())
"""

SHAPE_COMMENT = re.compile(r"  # .*$", re.MULTILINE)


@dataclass(frozen=True)
class Assignment:
    """What a page's cells are made from.

    Attributes:
        name: of the chapter, its notebook and its assignment: ``06-self-attention``.
        exercises: those that the page must name, each once and in this order.
        repository: address that learners install the package from.
    """

    name: str
    exercises: tuple[Exercise, ...]
    repository: str

    def notebook(self, page: str) -> NotebookNode:
        """Return the source notebook, answers inside.

        Raises:
            ValueError: naming the line, if the page has an unknown directive or exercise; or if
                its exercises are not the assignment's.
        """
        self._must_name_each_once(page)
        made: list[NotebookNode] = []
        for number, block in enumerate(parse(page), start=1):
            if isinstance(block, Text):
                made.append(cells.text(f"text-{number}", block.source))
            else:
                made.extend(self._expand(block, number))
        metadata = {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            STAMP: stamp(self.name, self.exercises, made),
        }
        return new_notebook(cells=made, metadata=metadata)

    def _must_name_each_once(self, page: str) -> None:
        directives = [block for block in parse(page) if isinstance(block, Directive)]
        named = [d.argument for d in directives if d.name in ("exercise", "bug-hunt")]
        wanted = [exercise.id for exercise in self.exercises]
        if named != wanted:
            raise ValueError(f"exercises {named} are named, {wanted} are wanted, in this order")

    def _expand(self, block: Directive, number: int) -> list[NotebookNode]:
        if block.name == "setup":
            return self._setup()
        if block.name == "exercise":
            return self._exercise(block)
        if block.name == "bug-hunt":
            return self._bug_hunt(block)
        if block.name == "explain":
            return _explain(block)
        if block.name == "code-cell":
            return [cells.code(f"code-{number}", block.body, tuple(block.options.get("tags", ())))]
        raise ValueError(
            f"line {block.line}: unknown directive {{{block.name}}}; "
            "setup, exercise, bug-hunt, explain and code-cell are known"
        )

    def _setup(self) -> list[NotebookNode]:
        pairs = {pair for exercise in self.exercises for pair in self._needs(exercise).imports}
        imports = "".join(f"{line}\n" for line in import_lines(pairs))
        install = INSTALL.format(repository=self.repository).strip()
        return [
            cells.code("install", install, ("install",)),
            cells.code("setup", SETUP.format(borrowed=imports).strip(), ("setup",)),
        ]

    def _needs(self, exercise: Exercise) -> Needs:
        return needs(exercise, frozenset(exercise.name for exercise in self.exercises))

    def _exercise(self, block: Directive) -> list[NotebookNode]:
        exercise = self._find(block)
        return [
            cells.text(f"task-{exercise.id}", self._task(exercise, block)),
            *self._given(exercise),
            *_answer_and_check(exercise),
        ]

    def _given(self, exercise: Exercise) -> list[NotebookNode]:
        """What the answer may call and no package offers, unless an earlier cell has it."""
        before = self.exercises[: self.exercises.index(exercise)]
        there = {source for other in before for source in self._needs(other).given}
        sources = [source for source in self._needs(exercise).given if source not in there]
        if not sources:
            return []
        code = "\n\n\n".join(["# Given: use it as it is.", *sources])
        return [cells.shown_code(f"given-{exercise.id}", code)]

    def _bug_hunt(self, block: Directive) -> list[NotebookNode]:
        exercise = self._find(block)
        slugs = str(_option(block, "mistakes")).split()
        known = {mistake.slug: mistake for mistake in exercise.mistakes}
        if unknown := [slug for slug in slugs if slug not in known]:
            raise ValueError(f"line {block.line}: {unknown} are no mistakes of {exercise.id}")
        code = patched_source(exercise, tuple(known[slug] for slug in slugs))
        code = code.replace(exercise.name, str(_option(block, "as")))
        code = SHAPE_COMMENT.sub("", code)  # they describe the right shapes
        return [
            cells.text(f"task-{exercise.id}", self._task(exercise, block)),
            cells.shown_code(f"found-{exercise.id}", code.strip()),
            *_answer_and_check(exercise),
        ]

    def _find(self, block: Directive) -> Exercise:
        return next(exercise for exercise in self.exercises if exercise.id == block.argument)

    def _task(self, exercise: Exercise, block: Directive) -> str:
        section = exercise.section
        where = "the chapter" if section.page.endswith("/chapter.md") else "the library's reference"
        number = self.exercises.index(exercise) + 1
        heading = block.options.get("title", f"`{exercise.name}`")
        facts = (
            f"{_count(exercise.points, 'point')} · difficulty {exercise.difficulty} of 5 · "
            f"about {exercise.minutes} minutes · "
            f"read *{section.title.split(' in the library')[0]}* in [{where}](../../{section.page})"
        )
        shape = shapes(exercise.reference)
        brief = f"`{signature(exercise.reference)}`" + (f"  \n{shape}" if shape else "")
        return f"## Exercise {number}: {heading}\n\n{facts}\n\n{brief}\n\n{block.body}"


def _answer_and_check(exercise: Exercise) -> list[NotebookNode]:
    source = answer_cell(exercise.reference, exercise.imports)
    return [
        cells.answer(exercise.id, source),
        cells.graded_check(f"check-{exercise.id}", f"check({exercise.name})", exercise.points),
    ]


def _explain(block: Directive) -> list[NotebookNode]:
    parts = parse(block.body, block.line + 1)
    asked = "\n\n".join(part.source for part in parts if isinstance(part, Text))
    given = {part.name: part.body for part in parts if isinstance(part, Directive)}
    if set(given) != {"model-answer", "rubric"}:
        raise ValueError(
            f"line {block.line}: {{explain}} holds {sorted(given)}, "
            "one {model-answer} and one {rubric} are wanted"
        )
    points = _option(block, "points")
    facts = f"{_count(points, 'point')}, marked by hand"
    scheme = f"<!-- BEGIN MARK SCHEME -->\n\n{given['rubric']}\n\n<!-- END MARK SCHEME -->"
    source = f"## Explain: {_option(block, 'title')}\n\n{facts}\n\n{asked}\n\n{scheme}"
    return [
        cells.question(f"question-{block.argument}", source),
        cells.free_text(f"explain-{block.argument}", given["model-answer"], points),
    ]


def _option(block: Directive, name: str) -> object:
    if name not in block.options:
        raise ValueError(f"line {block.line}: {{{block.name}}} lacks its option :{name}:")
    return block.options[name]


def _count(number: object, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
