"""The banks: answers written by hand, wrong and right, that the checker is tested with.

The checker's own catalogue writes mistakes as patches of the reference. Tested with those alone, a
patch would only be compared with itself. Here the same mistakes are made the way people make them:
other operations, other names, other structure. Nothing under ``lib`` may import this package.

A bank file is a notebook in text form. What stands before the first ``# %%`` is the import cell.
Every further cell is one answer, which defines the object under its notebook name:

    # %% causal_mask: causal-strict               one mistake, by its slug
    # %% SelfAttention: self-no-scale + self-bias several in one answer
    # %% causal_mask: outside the catalogue: ...  wrong in a way that has no name
    # %% causal_mask: by comparing positions      (in right/) what is different about it
"""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from banks.questions import QUESTIONS

HERE = Path(__file__).parent
CELL = re.compile(r"^# %% (?P<exercise>\w+): (?P<title>.+)$", re.MULTILINE)
OUTSIDE = "outside the catalogue"
# The notebook name of an exercise, where it is not the exercise's id.
NAMES = {"repair_multi_head": "RepairedMultiHead"}
EXERCISES = tuple(QUESTIONS)


@dataclass(frozen=True)
class Answer:
    """One answer of a bank: the cell a learner might have written."""

    exercise: str
    title: str
    setup: str
    source: str
    place: str

    @property
    def name(self) -> str:
        """Name of the object that the cell defines."""
        return NAMES.get(self.exercise, self.exercise)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Slugs of the mistakes made on purpose; empty outside the catalogue and in ``right/``."""
        if self.place.startswith("right/") or self.title.startswith(OUTSIDE):
            return ()
        return tuple(slug.strip() for slug in self.title.split("+"))

    @property
    def id(self) -> str:
        """A short name for test reports."""
        return f"{self.exercise}:{self.title}@{self.place}"


def answers(kind: Literal["right", "wrong"]) -> list[Answer]:
    """All answers of one bank, in the order of the files and cells."""
    return [answer for path in sorted((HERE / kind).glob("*.py")) for answer in _cells(path)]


def load(answer: Answer) -> Any:
    """Run the import cell and the answer's cell; return what the cell defines.

    The source is registered with ``linecache``, as IPython does with a notebook's cells.
    """
    filename = f"<bank {answer.place}>"
    lines = answer.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(answer.source), None, lines, filename)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(answer.setup, filename + " imports", "exec"), namespace)
    exec(compile(answer.source, filename, "exec"), namespace)
    return namespace[answer.name]


def _cells(path: Path) -> list[Answer]:
    text = path.read_text(encoding="utf-8")
    heads = list(CELL.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        Answer(
            exercise=head["exercise"],
            title=head["title"].strip(),
            setup=text[: heads[0].start()],
            source=text[head.end() : end].strip() + "\n",
            place=f"{path.parent.name}/{path.name}:{text.count(chr(10), 0, head.start()) + 1}",
        )
        for head, end in zip(heads, ends, strict=True)
    ]
