"""What goes wrong with weights, each with a sentence that says what to do."""

from __future__ import annotations

__all__ = ["WeightsDamaged", "WeightsUnavailable"]


class WeightsUnavailable(RuntimeError):
    """The weights are not here and cannot be fetched."""


class WeightsDamaged(ValueError):
    """A file of weights is not what it should be; nothing of it is used."""
