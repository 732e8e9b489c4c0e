"""The reference beside a learner's own answer: what differs, and what that comes to."""

from __future__ import annotations

import ast
import html
from dataclasses import dataclass

from unrolled.checks.compare import TOLERANCE, distance
from unrolled.checks.exercise import Exercise
from unrolled.checks.report import Report

TRIES = 3  # different ones, after which the reference opens to those who have not passed


@dataclass(frozen=True)
class Beside:
    """Two answers to one exercise, and what to make of the difference.

    Attributes:
        own, reference: sources.
        says: sentences.
    """

    name: str
    own: str
    reference: str
    says: tuple[str, ...]

    def text(self) -> str:
        """For a terminal: one below the other."""
        parts = [f"--- your {self.name}", self.own.rstrip(), f"--- the reference's {self.name}",
                 self.reference.rstrip(), "---", *self.says]  # fmt: skip
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        cells = "".join(
            "<td style='text-align:left;vertical-align:top'><pre style='white-space:pre-wrap'>"
            f"{html.escape(source)}</pre></td>"
            for source in (self.own, self.reference)
        )
        heads = "".join(
            f"<th scope='col' style='text-align:left'>{title}</th>"
            for title in (f"your {self.name}", "the reference")
        )
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.says)
        return (
            "<div class='unrolled-report'><table style='width:100%'>"
            f"<thead><tr>{heads}</tr></thead><tbody><tr>{cells}</tr></tbody></table>{said}</div>"
        )

    def __str__(self) -> str:
        return self.text()


def beside(exercise: Exercise, own: str, report: Report) -> Beside:
    """Put a learner's answer and the reference side by side.

    Args:
        exercise: which they answer.
        own: the learner's source.
        report: on the learner's answer.
    """
    ours, theirs = operations(exercise.source), operations(own)
    says = [
        _listed("Only the reference uses", ours - theirs),
        _listed("Only yours uses", theirs - ours),
        _verdict(report),
    ]
    return Beside(exercise.name, own, exercise.source, tuple(s for s in says if s))


def operations(source: str) -> set[str]:
    """What a source calls, and the operators that it uses."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found.add(f"{name}()" if name and name != "__init__" else "")
        elif isinstance(node, ast.BinOp | ast.AugAssign):
            found.add(_SIGNS.get(type(node.op), ""))
        elif isinstance(node, ast.For | ast.While | ast.comprehension):
            found.add("a loop")
    return found - {"", "super()"}


_SIGNS = {ast.MatMult: "@", ast.Pow: "**", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}


def _listed(head: str, names: set[str]) -> str:
    return f"{head} {', '.join(sorted(names))}." if names else ""


def _verdict(report: Report) -> str:
    if not report.passed:
        return f"The reference is right and yours is not yet: {report.fix_first}"
    far = max(
        distance(result.wanted, result.observed, dtypes=False) / TOLERANCE[result.probe.dtype]
        for result in report.probes
    )
    much = (
        "gave exactly the same"
        if far == 0
        else (f"never differed by more than {far:.1%} of what rounding is allowed")
    )
    return f"Both are right: asked the same {len(report.probes)} questions, the two {much}."
