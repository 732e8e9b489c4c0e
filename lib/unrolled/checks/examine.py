"""From an answer to a report: probe it, name its mistakes, find a small case to show."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import torch

from unrolled.candidate.handles import AnswerDied, Candidate, LocalTransport
from unrolled.checks.diagnose import diagnose
from unrolled.checks.exercise import Exercise, Mistake
from unrolled.checks.probing import (
    Examination,
    ProbeResult,
    ended_early,
    run_probes,
    smallest_case,
)
from unrolled.checks.registry import exercise
from unrolled.checks.report import Report, blank_reason

MAX_PRINTED = 300


def examine(
    name: str,
    answer: Any,
    seed: int = 0,
    source: str | None = None,
    device: str = "cpu",
    shown: int | None = None,
    imports: str = "",
) -> Report:
    """Ask an answer every probe of its exercise.

    Args:
        name: the exercise's id.
        answer: a function or class, or a :class:`~unrolled.candidate.handles.Candidate`.
        seed: of every input; equal seeds ask equal questions.
        source: the learner's code, read for what is to be written by hand. Default: not read.
        device: where the answer computes; what is wanted is always computed on the CPU.
        shown: a seed to name mistakes and show numbers with, if the same probes fail for it. Equal
            for a whole class, it lets known mistakes be run once, and keeps ``seed`` a secret.
            Default: ``seed``.
        imports: import statements elsewhere in the notebook, which ``source`` may lean on.

    Returns:
        The report.

    Raises:
        KeyError: if there is no such exercise.
        AnswerDied: if the answer lives in another process and that has ended.
    """
    with _one_thread():
        return _examined(exercise(name), answer, seed, (source, imports), device, shown)


def _examined(
    found: Exercise,
    answer: Any,
    seed: int,
    code: tuple[str | None, str],
    device: str,
    shown: int | None,
) -> Report:
    candidate = answer
    if not isinstance(answer, Candidate):
        candidate = Candidate.local(answer, found.name, device)
    examination = run_probes(found, candidate, seed, *code)
    blank = blank_reason(examination.results)
    public = examination if blank else _asked_again(examination, candidate, shown)
    mistakes = () if blank else diagnose(public)
    first, also, smallest = _explained(public, mistakes, blank, candidate)
    section = next((m.section for m in mistakes[:1] if m.section), found.section)
    return Report(
        exercise=found.id,
        points=examination.points,
        max_points=found.points,
        probes=examination.results,
        mistakes=tuple(mistake.slug for mistake in mistakes),
        fix_first=first,
        also=also,
        smallest=smallest,
        section=section,
        notes=_notes(candidate),
    )


def _asked_again(examination: Examination, candidate: Candidate, seed: int | None) -> Examination:
    """The same with another seed, if it finds the same wrong; else the examination itself."""
    if seed in (None, examination.seed) or not examination.failing:
        return examination
    with contextlib.suppress(AnswerDied):  # all was asked: what is passed stays passed
        again = run_probes(examination.exercise, candidate, seed)
        if [r.probe for r in again.failing] == [r.probe for r in examination.failing]:
            return dataclasses.replace(again, banned=examination.banned)
    return examination


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: on inputs this small, waking a second costs 50 times the sum."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    _warm_up()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@functools.cache
def _warm_up() -> None:
    """Let torch import what a first gradient needs: seconds that are not to count as the answer's.

    Were they to run out within the import, half of a module would stay behind.
    """
    x = torch.ones(2, requires_grad=True)
    torch.autograd.grad([x * x], [x], [torch.ones(2)], allow_unused=True)


def _explained(
    examination: Examination, mistakes: tuple[Mistake, ...], blank: str, candidate: Candidate
) -> tuple[str, tuple[str, ...], ProbeResult | None]:
    if examination.banned:
        return f"this exercise asks you to write {', and '.join(examination.banned)}.", (), None
    if not examination.failing:
        return "", (), None
    if blank:
        return blank, (), None
    result = examination.failing[0]
    smallest = None
    with contextlib.suppress(AnswerDied):  # all was asked: what is passed stays passed
        smallest = smallest_case(examination.exercise, result.probe, candidate, examination.seed)
    also = tuple(mistake.says for mistake in mistakes[1:])
    if mistakes:
        return mistakes[0].says, also, smallest or result
    shown = smallest or result
    if not ended_early(result):
        return result.probe.says or f"{result.probe.name}: {result.difference.how}.", also, shown
    # What a probe says of a wrong result would mislead. The error has the sizes that are shown.
    error = shown if ended_early(shown) and shown.observed.line else result
    return f"{error.probe.name}: {error.difference.how}.", also, shown


def _notes(candidate: Candidate) -> tuple[str, ...]:
    notes = []
    if candidate.changed:
        notes.append(f"Your code changes torch's {' and '.join(sorted(candidate.changed))}.")
    if not isinstance(candidate.transport, LocalTransport):
        return tuple(notes)  # what graded code says could carry graded inputs into its feedback
    if candidate.warned:
        notes.append(f"A warning came up (it costs nothing): {candidate.warned[0]}")
    if candidate.printed.strip():
        notes.append(f"Your code printed, at first: {candidate.printed.strip()[:MAX_PRINTED]}")
    return tuple(notes)
