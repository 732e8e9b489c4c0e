"""Whose a file in a download is, from the name that the LMS gave it.

A learner can choose the names of files, and often their own. So a name that could be read as two
learners' is nobody's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from unrolled.grading.gradebook.names import readings, written
from unrolled.grading.gradebook.scores import Learner
from unrolled.grading.submissions.folders import LEARNER

# lastnamefirstname_LATE_12345_67890_file.ipynb: Canvas' ids of learner and file
CANVAS = re.compile(r"(?=_(LATE_)?(\d+)_(\d+)_)")
# First Last_12345_assignsubmission_file_/file.ipynb: a number that only Moodle knows
MOODLE = re.compile(r"(?P<name>.+?)_\d+_assignsubmission_(?P<kind>[a-z]+)_?")

# What an LMS, a browser or Jupyter puts behind the name of one more file of that name.
NUMBER = r"(?:-Copy\d{0,4}|-\d{1,4}|[ _]?\(\d{1,4}\))*"


@dataclass(frozen=True)
class Sender:
    """Who sent a file.

    Attributes:
        learner: the id; empty if that cannot be said.
        why: why it cannot.
        prefix: what the LMS wrote of the sender; one learner has one.
        rest: the file's own name.
        timed: the file's time is that of the submission.
        late: the LMS says that it is late.
        file_id: the LMS' number of the file, which grows with time; 0 if it has none.
    """

    learner: str = ""
    why: str = ""
    prefix: str = ""
    rest: str = ""
    timed: bool = False
    late: bool = False
    file_id: int = 0


class Senders:
    """The learners of a class, by what an LMS calls them."""

    def __init__(self, learners: Sequence[Learner]):
        self.by_lms_id: dict[str, set[str]] = defaultdict(set)
        self.by_name: dict[str, set[str]] = defaultdict(set)
        for who in learners:
            if not LEARNER.fullmatch(who.id):
                continue
            if who.lms_user_id:
                self.by_lms_id[who.lms_user_id].add(who.id)
            names = (f"{who.first_name} {who.last_name}", f"{who.last_name} {who.first_name}")
            for name in (*names, who.id, who.email):
                for way in written(name):
                    self.by_name[way].add(who.id)

    def who(self, name: str) -> Sender:
        """Say who sent it.

        Args:
            name: the first part of a path in a download.
        """
        if moodle := MOODLE.match(name):
            return self._moodle(name, moodle)
        if CANVAS.search(name):
            return self._canvas(name)
        return Sender(why="its name is of neither Canvas' nor Moodle's form")

    def _moodle(self, name: str, match: re.Match[str]) -> Sender:
        sender = match["name"]
        known = {who for name in readings(sender) for who in self.by_name.get(name, ())}
        why = _unless_one(known, f"is called {sender!r}")
        return Sender("".join(known) if not why else "", why, match[0], name[match.end() :], True)

    def _canvas(self, name: str) -> Sender:
        readings = [found for found in CANVAS.finditer(name) if found[2] in self.by_lms_id]
        if not readings:
            canvas_id = CANVAS.search(name)[2]
            return Sender(why=_unless_one(set(), f"has the Canvas ID {canvas_id}"))
        known = {learner for found in readings for learner in self.by_lms_id[found[2]]}
        why = _unless_one(known, "is meant")
        if why:
            return Sender(why=why)
        late, canvas_id, file_id = readings[0].groups()
        end = readings[0].start() + len(f"_{late or ''}{canvas_id}_{file_id}_")
        prefix = f"{name[: readings[0].start()]}_{canvas_id}"
        return Sender("".join(known), "", prefix, name[end:], False, bool(late), int(file_id))


def _unless_one(known: set[str], what: str) -> str:
    if not known:
        return f"nobody in the roster {what}"
    return "" if len(known) == 1 else f"it could be {' or '.join(sorted(known))} who {what}"


def own_name(given: str, assignment: str) -> tuple[str, int]:
    """A file's name without the numbers that are added to a copy, and the last of them."""
    copy = re.fullmatch(rf"{re.escape(assignment)}({NUMBER})\.ipynb", given)
    if copy is None:
        return given, 0
    return f"{assignment}.ipynb", int([0, *re.findall(r"\d+", copy[1])][-1])


def first_name(name: str, names: Collection[str]) -> str:
    """The name to which Canvas added a number, if a file of that name is there too."""
    first = re.sub(rf"{NUMBER}(?=\.\w+$)", "", name)
    return first if first in names else name
