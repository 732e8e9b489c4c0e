"""How much of the tolerance a right answer's rounding uses up, in every dtype and layout."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from banks import Answer, load
from unrolled.candidate.handles import Candidate, LocalTransport
from unrolled.candidate.host import Host
from unrolled.checks import exercise
from unrolled.checks.compare import TOLERANCE, distance
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


def nearest(answer: Answer, draw: int) -> Edge:
    """Ask every probe of a draw: odd ones in float64, two of four with other strides."""
    found = exercise(answer.exercise)
    transport = LocalTransport(Host({found.name: load(answer)}))
    candidate = Candidate(transport, found.name, strided=draw % 4 >= 2)
    edges = []
    for probe in found.probes:
        dtype = torch.float64 if draw % 2 else probe.dtype
        result = ask(found, replace(probe, dtype=dtype), candidate, draw)
        error = distance(result.wanted, result.observed, dtypes=False) if result.passed else 9.9e99
        told = f"draw {draw}, {probe.name}: {result.difference or error}"
        edges.append(Edge(error / TOLERANCE[dtype], told))
    return max(edges, key=lambda edge: edge.share)
