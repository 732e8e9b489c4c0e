"""Which version of an assignment a submission was made from, and whether it can be graded.

A stamp is the learner's to change. It decides only whether an answer is held against these rules
or waits for a person; no stamp earns a point.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unrolled.authoring.stamp import STAMP
from unrolled.grading.submissions.repair import plain

if TYPE_CHECKING:
    from unrolled.grading.submissions.matching import Release

MOST_CHARACTERS = 60
SAID_IN = (("language_info", "version"), ("kernelspec", "display_name"), ("kernelspec", "name"))
VERSION = re.compile(r"(?<![0-9.])[0-9]{1,2}\.[0-9]{1,3}(?:\.[0-9]{1,3})?")
MOST_STILL = 100


@dataclass(frozen=True)
class Stamp:
    """What a notebook says of itself; empty where it says nothing.

    Attributes:
        rules: a hash of exercises, their points, and the cells that nbgrader knows.
        still: of a release, the rules of older notebooks that are graded by its own.
        python: the version of Python that it was last saved with.
    """

    assignment: str = ""
    version: str = ""
    rules: str = ""
    still: tuple[str, ...] = ()
    python: str = ""


NO_STAMP = Stamp()


def read_stamp(metadata: Mapping[str, Any]) -> Stamp:
    """The stamp in a notebook's metadata. Whatever stands there, it is text and short."""
    said = metadata.get(STAMP)
    said = said if isinstance(said, Mapping) else {}
    texts = {name: said.get(name, "") for name in ("assignment", "version", "rules")}
    listed = said.get("still", ())
    listed = listed[:MOST_STILL] if isinstance(listed, list) else ()
    still = tuple(_short(v) for v in listed if isinstance(v, str))
    return Stamp(
        **{k: _short(v) if isinstance(v, str) else "" for k, v in texts.items()},
        still=still,
        python=_python(metadata),
    )


def _python(metadata: Mapping[str, Any]) -> str:
    """The version that the kernel wrote down, or that is part of the kernel's name."""
    for part, key in SAID_IN:
        told = metadata.get(part)
        text = told.get(key) if isinstance(told, Mapping) else None
        found = VERSION.search(text[:MOST_CHARACTERS]) if isinstance(text, str) else None
        if found:
            return found[0]
    return ""


def metadata_in(contents: bytes) -> Mapping[str, Any]:
    """The metadata of a notebook's file; of a file that is damaged or none, nothing."""
    try:
        notebook = json.loads(contents)
    except (ValueError, RecursionError, MemoryError):
        return {}
    metadata = notebook.get("metadata") if isinstance(notebook, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def stamp_problem(given: Stamp, release: Release) -> str:
    """Say why a submission cannot be graded by the present rules; empty if it can.

    Args:
        given: of the submitted notebook.
        release: what learners are given now.
    """
    wanted = read_stamp(release.notebook.metadata)
    if not given.rules or not wanted.rules or given.rules in (wanted.rules, *wanted.still):
        return ""
    if given.assignment != wanted.assignment:
        return ""  # another notebook's stamp tells nothing of these rules; a note says so
    if given.version == wanted.version:  # points were changed during the term, say
        was, instead = "before its exercises or points were changed", "take that change back"
    else:
        was = (
            f"with version {given.version or '(unknown)'} of the course, whose exercises or points "
            f"were others than now (version {wanted.version})"
        )
        instead = "grade it with that version installed"
    return (
        f"The notebook was handed out {was}. Your instructor can {instead}, or you move your "
        "answers to the present notebook."
    )


def stamp_note(given: Stamp, release: Release) -> str:
    """Say what is odd about a stamp and does not matter; empty if nothing is."""
    wanted = read_stamp(release.notebook.metadata)
    if not given.rules:
        return "The notebook does not say its version; it was graded by the present rules."
    if given.assignment != wanted.assignment:
        return (
            f"The notebook says that it is {given.assignment or 'no assignment'}'s; "
            f"it was graded as {wanted.assignment}."
        )
    return ""


def _short(text: str) -> str:
    return "".join(c for c in plain(text[:MOST_CHARACTERS]) if c.isprintable())
