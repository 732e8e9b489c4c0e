"""Tables of a page: headers, numbers in columns, and a caption that says where they are from."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from unrolled.plots.pages import Picture

__all__ = ["table", "vector"]

# "12", "-0.5", "98 %", "1,024", "2.31 ± 0.02", "3-fold": read by their digits, from the right.
NUMBER = re.compile(r"[+−-]?\d[\d,.]*(\s?[±–-]\s?\d[\d,.]*)?(\s?%|-fold|×)?")


def table(
    header: Sequence[Any],
    rows: Sequence[Sequence[Any]],
    caption: Any,
    record: Mapping[str, Any] | None = None,
    seeds: Sequence[int] | None = None,
) -> Picture:
    """Return a table with a caption, a header row and a header column.

    A cell is written as text, so that ``<`` and ``&`` read as they are. A cell that knows its own
    markup (it has ``_repr_html_``, as ``IPython.display.HTML`` has) is written as that markup.
    Cells that hold a number stand to the right. The table scrolls on its own, by keyboard too.

    Args:
        header: the cells above the columns.
        rows: the rows, each as long as ``header``; the first cell of each names it.
        caption: what the table shows, a sentence.
        record: where its numbers are from: a record of ``benchmarks/results``, whose command,
            seeds, machine and date end the caption. Default: None, the page computes them.
        seeds: the seeds that these numbers are from, where they are not all of the record's;
            ``()`` where there is no chance in them. Default: None, the record's.

    Raises:
        ValueError: if a row is not as long as ``header``, the caption is empty, the record lacks
            one of the four, or seeds come without a record or are not among its own.
    """
    if not _markup(caption).strip():
        raise ValueError("caption is empty; wanted a sentence that says what the table shows")
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise ValueError(f"row {number} has {len(row)} cells; wanted {len(header)}")
    if record is None and seeds is not None:
        raise ValueError(f"seeds={seeds!r} without a record; wanted the record they are of")
    said = _markup(caption) + (f" {provenance(record, seeds)}" if record is not None else "")
    label = html.escape(re.sub(r"<[^>]*>", "", _markup(caption)))
    right = [bool(rows) and all(map(_is_number, column)) for column in zip(*rows, strict=True)]
    head = "".join(
        _cell("th", cell, ' scope="col"', number)
        for cell, number in zip(header, right or [False] * len(header), strict=True)
    )
    body = "".join(
        "<tr>"
        + _cell("th", first, ' scope="row"')
        + "".join(_cell("td", cell, number=_is_number(cell)) for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    # The caption stands outside: inside, it would be as wide as the table, and scroll with it.
    return Picture(
        f'<figure class="numbers"><figcaption>{said}</figcaption>'
        f'<div class="scrolls" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        "</figure>",
        f"[table: {len(rows)} rows under {', '.join(map(str, header))}]",
    )


def vector(numbers: Iterable[Any]) -> str:
    """A vector as one writes it, such as ``(2, 0.5)``.

    Args:
        numbers: a tensor or a list with one axis; three digits of each are shown.
    """
    return "(" + ", ".join(f"{round(float(x), 3) + 0.0:.3g}" for x in numbers) + ")"


def provenance(record: Mapping[str, Any], seeds: Sequence[int] | None = None) -> str:
    """Command, seeds, machine and date of a record, as the end of a caption, in HTML.

    Args:
        record: a record of ``benchmarks/results``.
        seeds: as ``table`` takes them. Default: None, the record's.

    Raises:
        ValueError: if the record lacks one of the four, or some of the seeds.
    """
    wanted = ("command", "machine", "torch", "date")
    missing = [name for name in wanted if not record.get(name)]
    all_seeds = record.get("settings", {}).get("seeds")
    if missing or not all_seeds:
        raise ValueError(f"record lacks {', '.join(missing or ['settings: seeds'])}")
    seeds = all_seeds if seeds is None else seeds
    if not set(seeds) <= set(all_seeds):
        raise ValueError(f"seeds={seeds!r}; wanted some of the record's, {all_seeds!r}")
    source = [f"<code>{html.escape(record['command'])}</code>", *_seeds(seeds)]
    return (
        ", ".join(source)
        + "; "
        + html.escape(f"{record['machine']}, torch {record['torch']}, {record['date']}.")
    )


def _seeds(seeds: Sequence[int]) -> list[str]:
    if len(seeds) < 2:
        return [f"seed {seed}" for seed in seeds]
    return [f"{len(seeds)} seeds, {min(seeds)} to {max(seeds)}"]


def _is_number(cell: Any) -> bool:
    return bool(NUMBER.fullmatch(re.sub(r"<[^>]*>", "", _markup(cell)).strip()))


def _cell(tag: str, cell: Any, more: str = "", number: bool = False) -> str:
    more += ' class="number"' if number else ""
    return f"<{tag}{more}>{_markup(cell)}</{tag}>"


def _markup(cell: Any) -> str:
    return cell._repr_html_() if hasattr(cell, "_repr_html_") else html.escape(str(cell))
