"""Where a learner's work lies: ``<learner>/<assignment>``, or nearly there.

A folder of the right name wins. One that is nearly right is graded if it is the only one for this
assignment, and what was odd is said; of two nobody can say which is meant. Nothing that looks as
if it were meant for this assignment is passed over in silence.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from unrolled.grading.submissions.files import MAX_FILES, NOTEBOOK_NAME
from unrolled.grading.submissions.repair import Said, plain
from unrolled.grading.submissions.times import TIMESTAMP

# A learner's id is a folder's name and, in nbgrader, part of a glob.
LEARNER = re.compile(r"[A-Za-z0-9_@+][A-Za-z0-9._@+-]{0,99}")
WORK = re.compile(rf"{NOTEBOOK_NAME.pattern}|\.py$|\.zip$", re.IGNORECASE)
# What a system puts behind the name of a copy: " (1)", "-Copy1", " - Copy", " copy 2".
COPY = re.compile(r"(?:\(\d{1,4}\)|[\W_](?:copy|kopie|copie|copia)[ _-]?\d{0,4})$")
MACHINES = ("__MACOSX", "Thumbs.db", "desktop.ini")
MOST_NAMED = 5


@dataclass(frozen=True)
class Place:
    """Where one learner's work for an assignment lies.

    Attributes:
        folder: that holds it.
        only: the one file of the folder that is meant; empty for all of them.
        timed: a ``timestamp.txt`` in the folder is of this work.
        said: what is odd about the place.
    """

    folder: Path
    only: str = ""
    timed: bool = True
    said: Said = field(default_factory=Said)


@dataclass(frozen=True)
class Found:
    """The learners of a class who handed an assignment in, and what was passed over.

    Attributes:
        places: where their work lies, by learner's id.
        refused: what was not taken, by its path, each with the reason.
    """

    places: Mapping[str, Place]
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def learners(self) -> tuple[str, ...]:
        """The ids of those who handed something in."""
        return tuple(self.places)


def find_learners(
    submitted: Path,
    assignment: str,
    assignments: Iterable[str] = (),
    roster: Collection[str] = (),
) -> Found:
    """List who handed something in: the folders ``<learner>/<assignment>`` and what is like them.

    Args:
        submitted: folder with one folder a learner.
        assignment: such as ``"06-self-attention"``.
        assignments: all of the course, so that none is taken for another.
        roster: the ids that the gradebook knows, so that a folder makes nobody new by its case.
    """
    known = frozenset(filter(LEARNER.fullmatch, roster))
    search = _Search(submitted, assignment, frozenset({assignment, *assignments}), known)
    search.run()
    return Found(search.places, search.refused)


def alike(name: str) -> str:
    """What is left of a name without case, separators, leading zeros and the mark of a copy."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    while (shorter := COPY.sub("", text).rstrip()) not in (text, ""):
        text = shorter
    return "".join(c for c in text if c.isalnum()).lstrip("0")


@dataclass
class _Search:
    """One walk through the folders of a class, two levels deep.

    Attributes:
        homes: folders of a learner, by id.
        turned: folders ``<assignment>/<learner>``, by id.
    """

    submitted: Path
    assignment: str
    assignments: frozenset[str]
    roster: frozenset[str]
    places: dict[str, Place] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    homes: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))
    turned: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> None:
        """Fill ``places`` and ``refused``."""
        for path in _entries(self.submitted):
            meant = [] if path.name in self.roster else self._meant(path)
            if not _is_real_folder(path):
                self._refuse(path, "not a folder (links are not followed)")
            elif meant == [self.assignment]:
                self._turned_round(path)
            elif not meant and (learner := self._whose(path)):
                self.homes[learner].append(path)
        for learner in sorted({*self.homes, *self.turned}):
            self._choose(learner)
        self._refuse_twins()

    def _refuse(self, path: Path, why: str, learner: str = "<learner>") -> None:
        wanted = f"{learner}/{self.assignment}/{self.assignment}.ipynb is wanted"
        self.refused[self._shown(path)] = f"{why}; {wanted}"

    def _shown(self, path: Path) -> str:
        """A path as it can be printed, whatever is in its name."""
        name = plain(str(path.relative_to(self.submitted)))
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)

    def _meant(self, path: Path) -> list[str]:
        """The assignments that a name may mean: the one of this very name, else those like it."""
        stem = WORK.sub("", path.name)
        if stem in self.assignments:
            return [stem]
        return sorted(one for one in self.assignments if alike(one) == alike(stem))

    def _whose(self, path: Path) -> str:
        """The learner of a folder, known ones first, whatever their case; empty if refused."""
        known = [path.name] if path.name in self.roster else []
        known = known or sorted(one for one in self.roster if _same_id(one, path.name))
        if len(known) > 1:
            self._refuse(path, f"it could be the folder of {' or '.join(known)}")
        elif not known and not LEARNER.fullmatch(path.name):
            self._refuse(path, "a learner's id has letters, digits and . _ - @ + only")
        else:
            return known[0] if known else path.name
        return ""

    def _turned_round(self, path: Path) -> None:
        """Take the folders of learners in the folder of an assignment."""
        for inside in _works(path):
            known = not self.roster or any(_same_id(one, inside.name) for one in self.roster)
            if not _is_real_folder(inside):
                self._refuse(inside, "not the folder of a learner (links are not followed)")
            elif not known or self._meant(inside):
                self._refuse(inside, "the gradebook knows no learner of that name")
            elif learner := self._whose(inside):
                self.turned[learner].append(inside)

    def _choose(self, learner: str) -> None:
        exact = self.submitted / learner / self.assignment
        if exact.is_symlink():
            self._refuse(exact.parent, f"{self.assignment} is a link, and links are not followed")
            return
        strays: list[Path] = []
        found = [p for home in self.homes.get(learner, ()) for p in self._in_home(home, strays)]
        found += [Place(path) for path in self.turned.get(learner, ())]
        best = next((place for place in found if place.folder == exact), None)
        if best or len(found) == 1:
            best = best or found[0]
            self.places[learner] = self._told(best, exact, found, strays)
        elif found:
            why = f"it could be {' or '.join(map(self._at, found[:MOST_NAMED]))}; keep one"
            for place in found:
                self._refuse(self._top(place.folder), why, learner)
        elif strays:
            names = _listed(path.name for path in strays)
            self._refuse(self._top(strays[0]), f"no assignment is called {names}", learner)

    def _in_home(self, home: Path, strays: list[Path]) -> Iterator[Place]:
        """What in a learner's folder is of this assignment; what is of none goes to ``strays``."""
        works = _works(home)
        timed = len(works) == 1 or not os.path.lexists(home / TIMESTAMP)
        for path in works:
            meant = self._meant(path)
            if meant == [self.assignment] and _is_real_folder(path):
                yield Place(path)
            elif meant == [self.assignment] and path.is_file() and not path.is_symlink():
                yield Place(home, path.name, timed)
            elif self.assignment in meant or not meant:
                strays.append(path)

    def _told(
        self, best: Place, exact: Path, found: Sequence[Place], strays: Sequence[Path]
    ) -> Place:
        """The place that is graded, with what is odd about it."""
        others = [self._at(place) for place in found if place is not best]
        if best.folder != exact:
            best.said.note(f"The work lay in {self._at(best)}; {self._shown(exact)} is wanted.")
            others += [self._shown(path) for path in strays]
        if others:
            best.said.doubt(f"There is more that was left aside: {_listed(others)}.")
        timed = best.timed
        if not best.only and not os.path.lexists(best.folder / TIMESTAMP):
            inner = [path for path in _works(best.folder) if self.assignment in self._meant(path)]
            timed = not any(os.path.lexists(path / TIMESTAMP) for path in inner)
        return replace(best, timed=timed)

    def _refuse_twins(self) -> None:
        """Two folders that differ in case alone, of a learner whom nobody knows, are nobody's."""
        by_case: dict[str, list[str]] = defaultdict(list)
        for learner in self.places:
            if learner not in self.roster:
                by_case[learner.casefold()].append(learner)
        for twins in (twins for twins in by_case.values() if len(twins) > 1):
            for learner in twins:
                del self.places[learner]
                why = f"{' and '.join(twins)} differ in upper and lower case alone; keep one"
                self._refuse(self.submitted / learner, why)

    def _top(self, path: Path) -> Path:
        return self.submitted / path.relative_to(self.submitted).parts[0]

    def _at(self, place: Place) -> str:
        return self._shown(place.folder / place.only)


def _entries(folder: Path) -> list[Path]:
    """What somebody put into a folder, by name."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, MAX_FILES * 10))
    except OSError:  # there is none, or it may not be read
        return []
    return [folder / name for name in names if name[0] != "." and name not in MACHINES]


def _works(folder: Path) -> list[Path]:
    """The folders, notebooks, scripts and archives of a folder."""
    return [path for path in _entries(folder) if path.is_dir() or WORK.search(path.name)]


def _same_id(one: str, other: str) -> bool:
    return _plain_id(one) == _plain_id(other)


def _plain_id(name: str) -> str:
    """An id without its case and what a copy or a text program makes of it."""
    text = unicodedata.normalize("NFKC", name).casefold().strip()
    return re.sub(r"[\u2010-\u2015\u2212]", "-", text)


def _listed(names: Iterable[str]) -> str:
    shown = [repr(plain(name)) for name in islice(names, MOST_NAMED + 1)]
    return ", ".join(shown[:MOST_NAMED]) + (", ..." if len(shown) > MOST_NAMED else "")


def _is_real_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
