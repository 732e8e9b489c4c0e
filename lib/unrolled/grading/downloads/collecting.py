"""Submissions downloaded from Canvas or Moodle as one zip file, through nbgrader's zip_collect.

``unrolled collect 06-self-attention submissions.zip``. Each download has a folder of its own,
``class/collected/<assignment>/<number>/``: in ``archive`` the zip file, in ``left`` what could not
be assigned, in ``replaced`` what a later submission took the place of. Nothing is thrown away.

A submission's time is that of its entry in Moodle's zip file. Canvas writes the time of the
download there, so none is taken; who is late by its word gets an empty ``timestamp.txt``, which the
grader shows to a person. Canvas numbers files as they come: whatever names say, the highest counts.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Unicode
from traitlets.config import Config

from unrolled.grading.downloads.senders import Sender, Senders, first_name, own_name
from unrolled.grading.downloads.unzipping import Left, Unzipper
from unrolled.grading.gradebook.policy import POLICY, read_timezone
from unrolled.grading.gradebook.scores import learners
from unrolled.grading.submissions.files import OTHER, PICTURE, File
from unrolled.grading.submissions.times import TIMESTAMP, YEARS, Unclear, handed_in

if TYPE_CHECKING:
    from unrolled.grading.gradebook.course import Course

log = logging.getLogger("unrolled.grading")
DOWNLOAD = "download"


@dataclass(frozen=True)
class Collected:
    """What became of a download.

    Attributes:
        learners: whose submission was taken, each with its time in UTC or nothing.
        replaced: of those, who had handed in before.
        left: what was not taken.
        notes: what else to look at.
        folder: where all of it lies.
    """

    learners: dict[str, datetime | None]
    replaced: tuple[str, ...]
    left: tuple[Left, ...]
    notes: tuple[str, ...]
    folder: Path


@dataclass(frozen=True)
class Found:
    """A file in a download, and whose it is."""

    path: str
    name: str
    sender: Sender
    time: datetime | None
    attempt: int

    @property
    def order(self) -> tuple[datetime, int, int, str]:
        """Of two files of one name, the greater one counts."""
        return self.time or datetime.min, self.sender.file_id, self.attempt, self.path


def collect(course: Course, assignment: str, archive: Path) -> Collected:
    """Put a download's files where the grader looks for submissions.

    Args:
        course: its gradebook must know the learners; see ``unrolled roster``.
        assignment: such as ``"06-self-attention"``.
        archive: the zip file that the LMS gave.

    Raises:
        ValueError: if it is no zip file.
        RuntimeError: if nbgrader gives up; its log says why.
    """
    folder = _new_folder(course.class_folder / "collected" / assignment)
    (folder / "archive").mkdir()
    shutil.copyfile(archive, folder / "archive" / f"{DOWNLOAD}.zip")
    app = _Collect(folder, config=_config(course, assignment, folder), log=log)
    app.coursedir = CourseDirectory(config=app.config)
    app.init_plugins()
    try:
        app.extract_archive_files()
        app.process_extracted_files()
    except SystemExit as error:
        raise RuntimeError("nbgrader's zip_collect gave up; the log says why") from error
    plan = app.collector_plugin_inst.plan  # None if the zip file has nothing in it
    left = (*app.extractor_plugin_inst.left, *(plan.left if plan else ()))
    _set_aside(folder, left)
    taken = plan.taken.values() if plan else ()
    times = {found.sender.learner: found.time for found in taken}
    for learner in {found.sender.learner for found in taken if found.sender.late}:
        (course.folder("submitted") / learner / assignment / TIMESTAMP).touch()
    return Collected(times, tuple(app.replaced), left, tuple(plan.notes if plan else ()), folder)


class SafeExtractor(ExtractorPlugin):
    """nbgrader's plugin that unpacks a download, for hostile ones."""

    class_folder = Unicode("", help="The folder with course.toml.").tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack every zip file of a folder, each into a folder of its own.

        Args:
            archive_path: folder with zip files.
            extracted_path: where to put what they hold.
        """
        unzipper = Unzipper(_zone(self.class_folder))
        for archive in sorted(Path(archive_path).glob("*.zip")):
            unzipper.unpack(archive, Path(extracted_path, archive.stem))
        self.left = unzipper.left


class LmsCollector(FileNameCollectorPlugin):
    """nbgrader's plugin that says whose a file is, by the roster in the gradebook."""

    class_folder = Unicode("", help="The folder with course.toml.").tag(config=True)
    plan: Plan | None = None

    def collect(self, submitted_file: str) -> dict[str, str | datetime] | None:
        """Say whose a file is and what to call it; None leaves it where it is.

        Args:
            submitted_file: a path below the folder of what was unpacked.
        """
        coursedir = self.parent.coursedir
        root = Path(self.parent._format_collect_path(self.parent.extracted_directory))
        if self.plan is None:
            with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                senders = Senders(learners(gradebook))
            submitted = Path(coursedir.root, coursedir.submitted_directory)
            self.plan = Plan(senders, submitted, coursedir.assignment_id, _zone(self.class_folder))
            self.plan.make(root)
        found = self.plan.taken.get(os.path.relpath(submitted_file, root))
        if found is None:
            return None
        info = {"student_id": found.sender.learner, "file_id": found.name}
        # nbgrader writes a time as it comes; with its zone it means the same to every reader
        return info | ({"timestamp": found.time.replace(tzinfo=UTC)} if found.time else {})


@dataclass
class Plan:
    """Which file of a download becomes whose submission.

    Attributes:
        taken: by path below the folder of what was unpacked.
        left: the other files, each with the reason.
        notes: what else to look at.
    """

    senders: Senders
    submitted: Path
    assignment: str
    zone: tzinfo = UTC
    taken: dict[str, Found] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def make(self, root: Path) -> None:
        """Go through what was unpacked."""
        by_learner: dict[str, list[Found]] = defaultdict(list)
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            found = self._found(root, path)
            if found is not None:
                by_learner[found.sender.learner].append(found)
        for learner, all_found in sorted(by_learner.items()):
            why = ""
            if len({found.sender.prefix for found in all_found}) > 1:
                why = f"two senders would be {learner}; put the right one into its folder by hand"
            elif all(_kind(root / found.path) == PICTURE for found in all_found):
                why = "a picture, and no notebook with it"  # whose place it would take
            for found in all_found if why else ():
                self._leave(found.path, why)
            if not why:
                self._take(learner, self._last_of_each(all_found), root)

    def _found(self, root: Path, path: Path) -> Found | None:
        within = path.relative_to(root).parts[1:]  # the first names the zip file
        sender = self.senders.who(within[0])
        if within[-1].startswith(("._", ".DS_Store")) or "__MACOSX" in within:
            return None  # nobody wrote it, nobody misses it
        shown = str(path.relative_to(root))
        if not sender.learner or not _gradable(path):
            self._leave(shown, sender.why or "neither a notebook nor a script or zip file")
            return None
        given = "/".join(within[1:]) or sender.rest
        name, attempt = own_name(given, self.assignment)
        seconds = path.stat().st_mtime if sender.timed else 0
        time = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return Found(shown, name, sender, time if time.year in YEARS else None, attempt)

    def _last_of_each(self, found: Sequence[Found]) -> list[Found]:
        """Of files that would have one name, the one that was handed in last."""
        last: dict[str, Found] = {}
        names = {one.name for one in found}
        for one in sorted(found, key=lambda one: one.order):
            name = first_name(one.name, names) if one.sender.file_id else one.name
            if name in last:
                self._leave(last[name].path, f"{Path(one.path).name} was handed in later")
            last[name] = one
        return list(last.values())

    def _leave(self, path: str, why: str) -> None:
        self.left.append(Left(path.partition("/")[2], why))

    def _take(self, learner: str, found: Sequence[Found], root: Path) -> None:
        folder = self.submitted / learner / self.assignment
        there = _known_time(folder, self.zone)
        times = [one.time for one in found if one.time]
        if there and times and max(times) < there:
            why = f"{learner} has handed in later, {there:%Y-%m-%d %H:%M} UTC"
            for one in found:
                self._leave(one.path, why)
        elif any(_bytes(folder / one.name) != (root / one.path).read_bytes() for one in found):
            self.taken |= {one.path: one for one in found}
            if any(one.sender.late for one in found):
                self.notes.append(
                    f"{learner}: Canvas says late and not how late; write the time "
                    f"into {folder / TIMESTAMP}"
                )


class _Collect(ZipCollectApp):
    """nbgrader's zip_collect; what a submission takes the place of is moved, not deleted."""

    def __init__(self, folder: Path, **kwargs: object):
        super().__init__(**kwargs)
        self.folder = folder
        self.replaced: list[str] = []

    def _clear_existing_files(self, path: str) -> None:
        if not os.listdir(path):
            return
        learner = Path(path).parent.name
        (self.folder / "replaced").mkdir(exist_ok=True)
        shutil.move(path, self.folder / "replaced" / learner)
        os.makedirs(path)
        self.replaced.append(learner)


def _config(course: Course, assignment: str, folder: Path) -> Config:
    config = Config(course.config)
    config.CourseDirectory.assignment_id = assignment
    config.ZipCollectApp.downloaded_directory = str(folder.relative_to(course.root))
    config.ZipCollectApp.collect_directory_structure = "{downloaded}/{collect_step}"
    config.ZipCollectApp.extractor_plugin = SafeExtractor
    config.ZipCollectApp.collector_plugin = LmsCollector
    for plugin in (SafeExtractor, LmsCollector):
        config[plugin.__name__].class_folder = str(course.class_folder)
    return config


def _new_folder(parent: Path) -> Path:
    number = 1
    while (parent / f"{number:03}").exists():
        number += 1
    (parent / f"{number:03}").mkdir(parents=True)
    return parent / f"{number:03}"


def _set_aside(folder: Path, left: Sequence[Left]) -> None:
    """Keep what was unpacked and not taken, without the rest, which is in ``submitted`` now."""
    for one in left:
        source, target = folder / "extracted" / DOWNLOAD / one.path, folder / "left" / one.path
        if ".." not in Path(one.path).parts and source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)
    shutil.rmtree(folder / "extracted", ignore_errors=True)


def _gradable(path: Path) -> bool:
    """Whether the reader can make something of it."""
    return path.suffix.lower() == ".zip" or _kind(path) != OTHER


def _kind(path: Path) -> str:
    return File(path.name, path.read_bytes).kind


def _known_time(folder: Path, zone: tzinfo) -> datetime | None:
    try:
        return handed_in(folder, zone)
    except Unclear:  # the grader says so; it holds up nobody's newer work
        return None


def _zone(class_folder: str) -> tzinfo:
    return read_timezone(Path(class_folder, POLICY)) if class_folder else UTC


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None
