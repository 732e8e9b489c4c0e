"""What a learner reads: what works, the one thing to fix first, and where to read."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from unrolled.checks.compare import Raised, numbers
from unrolled.checks.probing import ProbeResult
from unrolled.checks.sections import Section

_WIDTH = 58


@dataclass(frozen=True)
class Report:
    """The result of one examination.

    Attributes:
        exercise: its id.
        points, max_points: earned and possible.
        probes: one result a probe.
        mistakes: slugs of the named mistakes, most certain first.
        fix_first: the one thing to mend, in words; empty if nothing is wrong.
        also: what else was named, a sentence each.
        smallest: the failing probe on a small input, to show its numbers.
        section: where to read.
        notes: what a reader should know beside the probes.
    """

    exercise: str
    points: float
    max_points: int
    probes: tuple[ProbeResult, ...]
    mistakes: tuple[str, ...]
    fix_first: str
    also: tuple[str, ...]
    smallest: ProbeResult | None
    section: Section
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every probe holds and is paid."""
        return self.points == self.max_points

    def text(self) -> str:
        """The report for a terminal."""
        score = f"{_points(self.points)} of {self.max_points} points"
        lines = [f"{self.exercise:<{_WIDTH}}{score:>16}"]
        for result in self.ordered():
            mark = "ok" if result.passed else "no"
            paid = f"{result.earned}/{result.probe.points}"
            asked = f"  {mark:<4}{result.probe.name} "
            lines.append(f"{asked}{paid:>{_WIDTH + 16 - len(asked)}}")
        if self.fix_first:
            lines.append(f"Fix first: {self.fix_first}")
            lines += [f"  {row}" for row in _aligned(self.facts())]
        lines += [f"Then: {sentence}" for sentence in self.also]
        lines += list(self.notes)
        if not self.passed:
            lines.append(f'Read {self.section.title}.   For a hint: hint("{self.exercise}")')
        return "\n".join(lines)

    def ordered(self) -> list[ProbeResult]:
        """What already works, then the rest."""
        return sorted(self.probes, key=lambda result: not result.passed)

    def facts(self) -> list[tuple[str, ...]]:
        """The smallest failing input, what is wanted and what came: rows, each with its name."""
        if self.smallest is None or self.smallest.difference is None:
            return []
        difference = self.smallest.difference
        inputs = describe(self.smallest.inputs)
        rows = [("input", inputs)] if inputs else []
        if difference.where:
            rows.append(("looked at", difference.where))
        if self.fix_first.rstrip(".") != f"{self.smallest.probe.name}: {difference.how}":
            rows.append(("seen", difference.how))
        if difference.columns:
            row = ", ".join(map(str, difference.row))
            rows.append((f"row {row}" if row else "", *difference.columns))
        if difference.wanted or difference.got:
            rows += [("expected", *difference.wanted), ("got", *difference.got)]
        return rows

    def _repr_html_(self) -> str:
        return render_html(self)

    def __str__(self) -> str:
        return self.text()


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows as text; the columns of a table stand below each other."""
    cells = [row for row in rows if len(row) > 2]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)] if cells else []
    lines = []
    for name, *rest in rows:
        if len(rest) > 1:
            rest = [text.rjust(width) for text, width in zip(rest, widths[1:], strict=True)]
        lines.append(f"{name:<9} {'  '.join(rest)}".rstrip())
    return lines


def _points(points: float) -> str:
    return f"{points:g}"


def describe(inputs: dict[str, Any]) -> str:
    """Inputs in a line: shapes, and the values of what is short."""
    return ", ".join(f"{name} {_value(value)}" for name, value in inputs.items())


def _value(value: Any) -> str:
    if not isinstance(value, Tensor):
        return str(value)
    shape = "(" + ", ".join(map(str, value.shape)) + ("," if value.dim() == 1 else "") + ")"
    short = value.numel() <= 12 and (value.dtype in (torch.bool, torch.long) or value.dim() == 1)
    return f"{shape} {numbers(value)}" if short else shape


def blank_reason(results: tuple[ProbeResult, ...]) -> str:
    """Say in one sentence that the answer is a stub, if every probe of values found one."""
    # A probe of structure may have caught the error itself, to see which one it is.
    observed = [result.observed for result in results if result.probe.values]
    if all(isinstance(o, Raised) and o.type_name == "NotImplementedError" for o in observed):
        return "it is not written yet: the cell still raises NotImplementedError."
    return ""


def _html_row(row: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A row of facts; what has one cell runs over all columns."""
    name, *cells = map(html.escape, row)
    span = max(map(len, rows)) - len(cells) if len(cells) == 1 else 1
    style = "style='text-align:left'"
    made = "".join(f"<td {style} colspan='{span}'><code>{cell}</code></td>" for cell in cells)
    return f"<tr><th scope='row' {style}>{name}</th>{made}</tr>"


def render_html(report: Report) -> str:
    """The report for a notebook: a table that reads well in light, dark and aloud."""
    escape = html.escape
    rows = "".join(
        f"<tr><td style='text-align:left'>{'✓ ok' if r.passed else '✗ no'}</td>"
        f"<td style='text-align:left;max-width:none'>{escape(r.probe.name)}</td>"
        f"<td style='text-align:right'>{r.earned}/{r.probe.points}</td></tr>"
        for r in report.ordered()
    )
    parts = [
        # What answers said stands in it, and is no formula: MathJax leaves the two classes alone.
        "<div class='unrolled-report tex2jax_ignore mathjax_ignore' "
        "style='max-width:46rem;font-size:0.95em'>",
        "<table style='width:100%;border-collapse:collapse'>",
        f"<caption style='text-align:left;font-weight:bold'>{escape(report.exercise)}: "
        f"{_points(report.points)} of {report.max_points} points</caption>",
        # JupyterLab lays tables out by their first row and lets no cell grow beyond a third.
        "<thead><tr><th scope='col' style='text-align:left;width:5em'>result</th>"
        "<th scope='col' style='text-align:left;max-width:none'>what was asked</th>"
        "<th scope='col' style='text-align:right;width:5em'>points</th></tr></thead>",
        f"<tbody>{rows}</tbody></table>",
    ]
    if report.fix_first:
        facts = "".join(_html_row(row, report.facts()) for row in report.facts())
        parts.append(f"<p><strong>Fix first:</strong> {escape(report.fix_first)}</p>")
        parts.append(f"<table>{facts}</table>" if facts else "")
    parts += [f"<p><strong>Then:</strong> {escape(sentence)}</p>" for sentence in report.also]
    parts += [f"<p>{escape(note)}</p>" for note in report.notes]
    if not report.passed:
        parts.append(
            f"<p>Read <em>{escape(report.section.title)}</em>. For a hint: "
            f"<code>hint(&quot;{escape(report.exercise)}&quot;)</code></p>"
        )
    return "".join(parts) + "</div>"
