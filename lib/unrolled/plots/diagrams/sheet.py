"""What the cells of a matrix hold: a tint, how strong it is, and what is written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

__all__ = ["Sheet"]

USUAL = 0.4


class Sheet:
    """The cells of a matrix.

    Args:
        rows, columns: how many.
        tint: one name, one for each column, or a row of names for each row.
        levels: ``(rows, columns)``, from -1 to 1; None for all the same.
        entries: ``(rows, columns)``; None for nothing.

    Raises:
        ValueError: if a size is no whole number above 0, something has another shape, or a level
            is outside.
    """

    def __init__(self, rows: int, columns: int, tint: Any, levels: Any, entries: Any):
        for name, count in (("rows", rows), ("columns", columns)):
            if not isinstance(count, int) or count < 1:
                raise ValueError(f"{name}={count}; wanted a whole number of at least 1")
        self.rows, self.columns = rows, columns
        if isinstance(tint, str):
            tint = [[tint] * columns] * rows
        elif all(isinstance(name, str) for name in tint):
            tint = [list(tint)] * rows
        self._tints = self._table("tint", tint, "plain")
        self._levels = self._table("levels", levels, USUAL)
        self._entries = self._table("entries", entries, "")
        for level in (level for row in self._levels for level in row):
            if not (math.isfinite(level) and abs(level) <= 1.0001):  # rounded shares may pass 1
                raise ValueError(f"levels holds {level:.3g}; wanted numbers from -1 to 1")

    @property
    def outline(self) -> str:
        """The tint of the whole: that of its cells where they agree."""
        names = {name for row in self._tints for name in row}
        return names.pop() if len(names) == 1 else "plain"

    def cells(self) -> Iterator[tuple[int, int, str, float, str]]:
        """Row, column, tint, level and entry of each cell; what is below zero is orange."""
        for i in range(self.rows):
            for j in range(self.columns):
                level = self._levels[i][j]
                tint = "negative" if level < 0 else self._tints[i][j]
                yield i, j, tint, level, str(self._entries[i][j])

    def _table(self, name: str, table: Any, usual: Any) -> list[list[Any]]:
        if table is None:
            return [[usual] * self.columns] * self.rows
        table = table.tolist() if hasattr(table, "tolist") else [list(row) for row in table]
        lengths = [len(row) for row in table]
        if lengths != [self.columns] * self.rows:
            raise ValueError(
                f"{name} has rows of {lengths} cells; wanted {self.rows} rows of {self.columns}"
            )
        return table
