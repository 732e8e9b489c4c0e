"""What an exercise is: a reference, probes with points, and the wrong answers known so far."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from unrolled.candidate.handles import Handle
from unrolled.checks.capabilities import Capability, course
from unrolled.checks.draw import Draw
from unrolled.checks.sections import Section
from unrolled.checks.source import readable_source

Program = Callable[[Handle, Draw], Any]


@dataclass(frozen=True, eq=False)
class Probe:
    """One thing that must hold.

    The program asks the answer something, on inputs from a seed, and returns what it saw. What the
    reference returns for the same draw is what is wanted; there is no second definition of right.

    Attributes:
        name: what the learner reads in the report.
        program: ``(answer, draw) -> observation``, a tree of values and handles.
        points: what passing earns.
        says: one sentence for a failure that matches no known mistake.
        values: whether it looks at numbers. A probe of structure (dtype, inputs unmodified) earns
            nothing while every probe of values fails.
        dtype: of the inputs and of the answer's parameters.
    """

    name: str
    program: Program
    points: int = 1
    says: str = ""
    values: bool = True
    dtype: torch.dtype = torch.float32


@dataclass(frozen=True, eq=False)
class Mistake:
    """A named wrong answer: the reference's own source with one thing changed.

    Attributes:
        slug: its name.
        says: one sentence to the learner, after "Fix first:".
        patches: pairs ``(old, new)``; each old text stands exactly once in the reference's source.
        section: where to read.
        without: global names that the wrong answer does not have.
        variant: tells apart several ways of making one and the same mistake.
    """

    slug: str
    says: str
    patches: tuple[tuple[str, str], ...] = ()
    section: Section | None = None
    without: tuple[str, ...] = ()
    variant: str = ""


@dataclass(frozen=True, eq=False)
class Exercise:
    """One thing a learner writes.

    Attributes:
        id: its name in the book, the grader and the gradebook.
        module: where the reference lives.
        name: what the learner defines; the id unless given.
        uses: ids of exercises of the same assignment that the answer may call.
        bans: what is to be written by hand, such as the softmax.
        imports: lines the answer needs beyond the notebook's own imports.
        runs: how often known mistakes may be run to name those of one answer; fewer where a run
            is slow, so that a report takes less than a second or about that.
    """

    id: str
    chapter: str
    module: str
    section: Section
    probes: tuple[Probe, ...]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, str, str]
    difficulty: int
    minutes: int
    name: str = ""
    uses: tuple[str, ...] = ()
    bans: tuple[Capability, ...] = ()
    imports: tuple[str, ...] = ()
    runs: int = 450

    def __post_init__(self):
        object.__setattr__(self, "name", self.name or self.id)

    @property
    def points(self) -> int:
        """The most an answer can earn."""
        return sum(probe.points for probe in self.probes)

    @functools.cached_property
    def by_hand(self) -> tuple[Capability, ...]:
        """All that is to be written by hand: what is banned, and the course's own answer."""
        return (*self.bans, course(self.name))

    @property
    def reference(self) -> Any:
        """The reference, as the library has it."""
        return getattr(importlib.import_module(self.module), self.name)

    @functools.cached_property
    def source(self) -> str:
        """The reference's source without docstrings, which mistakes patch."""
        return readable_source(self.reference, docstring=False)

    def mistake(self, slug: str) -> Mistake:
        """The mistake of that name."""
        return next(mistake for mistake in self.mistakes if mistake.slug == slug)


class PatchRefused(ValueError):
    """A patch whose old text does not stand exactly once in the source."""


def patched_source(exercise: Exercise, mistakes: tuple[Mistake, ...]) -> str:
    """The reference's source with the mistakes in it.

    Raises:
        PatchRefused: if a patch does not match exactly once, alone or after the ones before it.
    """
    source = exercise.source
    for mistake in mistakes:
        for old, new in mistake.patches:
            if source.count(old) != 1:
                raise PatchRefused(f"{mistake.slug}: {old!r} stands {source.count(old)} times")
            source = source.replace(old, new)
    return source


def mistaken(exercise: Exercise, mistakes: tuple[Mistake, ...]) -> Any:
    """The wrong answer that the mistakes make of the reference, ready to be called.

    Raises:
        PatchRefused: see :func:`patched_source`.
    """
    missing = tuple(name for mistake in mistakes for name in mistake.without)
    return executed(exercise, patched_source(exercise, mistakes), missing)


def executed(exercise: Exercise, source: str, without: tuple[str, ...] = ()) -> Any:
    """What a source text defines under the exercise's name, where a learner would define it.

    That is among the globals of the reference and what every notebook imports.

    Args:
        exercise: whose answer the source is.
        source: a changed reference.
        without: global names that it does not get.
    """
    always = {"torch": torch, "F": torch.nn.functional, "Tensor": torch.Tensor, "nn": torch.nn}
    namespace = always | vars(importlib.import_module(exercise.module))
    for name in without:
        namespace.pop(name, None)
    exec(compile(source, f"<mistaken {exercise.id}>", "exec"), namespace)
    return namespace[exercise.name]
