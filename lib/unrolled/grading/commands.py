"""The sub-commands of ``unrolled`` around grading: who is in the class, what comes and what goes.

Each says whether all is well; ``False`` means that somebody should look at what it printed.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unrolled.grading.gradebook.course import Course

FORMATS = {
    "canvas": ("CanvasExportPlugin", "-canvas.csv"),
    "moodle": ("MoodleExportPlugin", "-moodle.csv"),
    "gradescope": ("GradescopeExportPlugin", "-gradescope"),
    "marks": ("MarksExportPlugin", "-marks.csv"),
}
Command = Callable[[argparse.Namespace], bool]


def add_class_commands(commands: argparse._SubParsersAction) -> list[argparse.ArgumentParser]:
    """Add them to a parser; each gets ``command``, a function of the options.

    Args:
        commands: where sub-commands are added.

    Returns:
        Their parsers.
    """
    assignment = ("assignment", {"help": "such as 06-self-attention"})
    file = ("file", {"type": Path, "metavar": "FILE"})
    parsers = [
        _add(commands, "roster", "enter a class from a CSV file of nbgrader, Canvas or Moodle",
             roster, file),
        _add(commands, "release", "write a notebook with the points of class/course.toml",
             release_notebook, assignment),
        _add(commands, "collect", "take submissions from a zip file of Canvas or Moodle",
             collect_submissions, assignment, file),
        _add(commands, "export", "write marks for Canvas, Moodle or Gradescope, or all of them",
             export_marks, ("format", {"choices": FORMATS, "metavar": "FORMAT",
                                       "help": ", ".join(FORMATS)}), assignment),
        _add(commands, "changes", "say what a regrade changed, from two exports of marks",
             changes, ("before", {"type": Path}), ("after", {"type": Path})),
        _add(commands, "report", "write a page on the class: marks, mistakes, who needs help",
             report, assignment),
    ]  # fmt: skip
    to_roster, _, _, to_export, to_changes, _ = parsers
    to_roster.add_argument("--id", default="", metavar="COLUMN", help="with the learners' ids")
    to_roster.add_argument("--dry-run", action="store_true", help="only say what would change")
    to_export.add_argument("-o", "--output", type=Path, help="default: below class/export")
    to_changes.add_argument(
        "--meant", nargs="+", default=[], metavar="EXERCISE", help="those whose check was mended"
    )
    return parsers


def _add(
    commands: argparse._SubParsersAction,
    name: str,
    says: str,
    command: Command,
    *arguments: tuple[str, dict],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=says)
    for argument, settings in arguments:
        parser.add_argument(argument, **settings)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="default: this folder")
    parser.set_defaults(command=command)
    return parser


def roster(options: argparse.Namespace) -> bool:
    """Enter a class into the gradebook."""
    from unrolled.grading.gradebook.roster import LMS, enter_roster, keep_lms_columns, read_roster

    course = course_of(options)
    read = read_roster(options.file, options.id)
    print(f"{read.format} roster, ids from {read.id_column}")
    with course.gradebook() as gradebook:
        print(*enter_roster(gradebook, read, options.dry_run), sep="\n")
    if options.dry_run:
        print("nothing was changed")
    else:
        keep_lms_columns(course.class_folder / LMS, read)
    return _look([*(f"left out: {problem}" for problem in read.problems), *read.notes])


def release_notebook(options: argparse.Namespace) -> bool:
    """Write the notebook that learners are given where an instructor changed its points."""
    from unrolled.authoring.release import release
    from unrolled.grading.gradebook.policy import POLICY, read_policy

    course = course_of(options, options.assignment)
    policy = read_policy(course.class_folder / POLICY, options.assignment)
    path = course.class_folder / "release" / options.assignment / f"{options.assignment}.ipynb"
    contents = release(course.root, options.assignment, policy.worth)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    print(path)
    return True


def collect_submissions(options: argparse.Namespace) -> bool:
    """Take a download's submissions."""
    from unrolled.grading.downloads.collecting import collect

    course = course_of(options, options.assignment)
    collected = collect(course, options.assignment, options.file)
    for learner, time in sorted(collected.learners.items()):
        when = f"handed in {time:%Y-%m-%d %H:%M} UTC" if time else "at an unknown time"
        again = ", again" if learner in collected.replaced else ""
        print(f"collected  {learner}, {when}{again}")
    print(f"{len(collected.learners)} submissions; the download is in {collected.folder}")
    return _look([*collected.notes, *(f"left: {left.path}: {left.why}" for left in collected.left)])


def export_marks(options: argparse.Namespace) -> bool:
    """Write marks in a form that another system reads."""
    from unrolled.grading.gradebook import exporters, regrades

    course = course_of(options, options.assignment)
    name, ending = FORMATS[options.format]
    plugin = getattr(exporters, name, None) or getattr(regrades, name)
    to = options.output or course.class_folder / "export" / (options.assignment + ending)
    quiet = logging.getLogger("unrolled.grading.export")
    quiet.propagate = False  # the notes are printed below
    exporter = plugin(to=str(to), assignment=[options.assignment], config=course.config, log=quiet)
    with course.gradebook() as gradebook:
        _must_know(gradebook, options.assignment)
        exporter.export(gradebook)
    print(to)
    return _look(exporter.notes)


def changes(options: argparse.Namespace) -> bool:
    """Say what a regrade changed."""
    from unrolled.grading.gradebook.regrades import compare

    found = compare(options.before, options.after, options.meant)
    for change in found:
        print(change)
    print(f"{len(found)} marks changed, {len({change.learner for change in found})} learners")
    return all(change.meant for change in found)


def report(options: argparse.Namespace) -> bool:
    """Write the page on a class."""
    from unrolled.grading.pages.report import write_report

    path = write_report(course_of(options, options.assignment), options.assignment)
    print(f"report     {path}")
    return True


def course_of(options: argparse.Namespace, assignment: str = "") -> Course:
    """Open the course of ``--root``, with its class folder.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it has no such assignment.
    """
    from unrolled.grading.gradebook.course import Course

    course = Course(options.root)
    if assignment and assignment not in course.assignments():
        known = ", ".join(course.assignments())
        raise ValueError(f"no assignment is called {assignment!r}; known are {known}")
    course.class_folder.mkdir(exist_ok=True)
    return course


def _must_know(gradebook: object, assignment: str) -> None:
    if assignment not in [known.name for known in gradebook.assignments]:
        raise ValueError(f"the gradebook has no marks of {assignment}: grade it first")


def _look(says: Sequence[str]) -> bool:
    """Print what somebody should look at, without anything a terminal would obey."""
    for line in says:
        print("".join(c if c.isprintable() else " " for c in line))
    return not says
