"""How much of the tolerance a right answer's rounding uses up, in every dtype and layout."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import torch

from banks import Answer, load
from unrolled.candidate.handles import Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.checks import exercise
from unrolled.checks.compare import TOLERANCE, distance
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.probing import ask


@dataclass(frozen=True)
class Edge:
    """The probe of one draw that came nearest to being refused.

    Attributes:
        share: of the tolerance that is used up; more than 1 if a probe does not hold.
        told: which draw and probe, and what was wrong.
    """

    share: float
    told: str


@functools.cache
def asked(found: Exercise, dtype: torch.dtype | None) -> tuple[Probe, ...]:
    """The probes, in another dtype if one is given; made once, as their wanted values are."""
    return tuple(replace(probe, dtype=dtype or probe.dtype) for probe in found.probes)


def nearest(answer: Answer, draw: int) -> Edge:
    """Ask every probe of a draw: odd ones in float64, two of four with other strides."""
    found = exercise(answer.exercise)
    # However busy the machine is: a right answer is not to be refused for being slow.
    transport = LocalTransport(Host({found.name: load(answer)}), seconds=math.inf)
    candidate = Candidate(transport, found.name, strided=draw % 4 >= 2)
    edges = []
    for probe in asked(found, torch.float64 if draw % 2 else None):
        result = ask(found, probe, candidate, draw)
        error = distance(result.wanted, result.observed, dtypes=False) if result.passed else 9.9e99
        told = f"draw {draw}, {probe.name}: {result.difference or error}"
        edges.append(Edge(error / TOLERANCE[probe.dtype], told))
    return max(edges, key=lambda edge: edge.share)
