"""Where something stands in a diagram."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.plots.diagrams.ink import Point

__all__ = ["Place"]


@dataclass(frozen=True)
class Place:
    """Where something stands: its corner, its size, and the points at which arrows dock."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> Point:
        """The middle of the left side."""
        return (self.x, self.y + self.height / 2)

    @property
    def right(self) -> Point:
        """The middle of the right side."""
        return (self.x + self.width, self.y + self.height / 2)

    @property
    def top(self) -> Point:
        """The middle of the upper side."""
        return (self.x + self.width / 2, self.y)

    @property
    def bottom(self) -> Point:
        """The middle of the lower side."""
        return (self.x + self.width / 2, self.y + self.height)

    @property
    def center(self) -> Point:
        """The middle."""
        return (self.x + self.width / 2, self.y + self.height / 2)

    def around(self, *others: Place, margin: float = 0) -> Place:
        """The smallest place that holds this one and others, with a margin."""
        all_of = (self, *others)
        x, y = min(p.x for p in all_of) - margin, min(p.y for p in all_of) - margin
        right = max(p.x + p.width for p in all_of) + margin
        bottom = max(p.y + p.height for p in all_of) + margin
        return Place(x, y, right - x, bottom - y)
