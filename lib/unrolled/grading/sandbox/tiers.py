"""The tiers: how far a learner's code is isolated, and which of them this machine can offer."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.grading.sandbox.bwrap import bwrap_problem
from unrolled.grading.sandbox.container import container_problem
from unrolled.grading.sandbox.staging import SandboxMissing


@dataclass(frozen=True)
class Tier:
    """How far a worker is isolated: a name, and one line that every run prints."""

    name: str
    says: str


BWRAP = Tier(
    "bwrap",
    "bwrap: no network, read-only system, private temporary folders, caps on the processes and "
    "the memory of a question",
)
CONTAINER = Tier(
    "container",
    "container (podman or docker): no network, read-only system, private temporary folders, caps "
    "on the processes and the memory of a question",
)
NONE = Tier("none", "none (--unsafe): learners' code runs with your own rights on this machine")
TIERS = {tier.name: tier for tier in (BWRAP, CONTAINER, NONE)}


def choose_tier(unsafe: bool = False, wanted: str = "") -> Tier:
    """Return the strongest tier of this machine, or the one asked for.

    Args:
        unsafe: accept no isolation where there is no other way.
        wanted: the name of a tier. Default: ``bwrap``, or else ``container``.

    Raises:
        SandboxMissing: if it cannot be had, or there is none and ``unsafe`` was not asked for.
        ValueError: if no tier has that name.
    """
    if wanted not in ("", *TIERS):
        raise ValueError(f"no tier is called {wanted!r}; known are {', '.join(TIERS)}")
    problems = {BWRAP: bwrap_problem, CONTAINER: container_problem}
    said = []
    for tier, problem in problems.items():
        if wanted in ("", tier.name):
            said.append(problem())
            if said[-1] is None:
                return tier
    if unsafe and wanted in ("", NONE.name):
        return NONE
    raise SandboxMissing("\n".join([*filter(None, said), _REFUSAL]))


_REFUSAL = (
    "Learners' code is not run without isolation. To grade code that you trust anyway, with your "
    "own rights on this machine, add --unsafe."
)
