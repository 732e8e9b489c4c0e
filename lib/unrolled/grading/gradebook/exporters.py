"""Marks for Canvas, Moodle and Gradescope, as exporters of nbgrader.

``unrolled export canvas 06-self-attention``, or nbgrader's own command::

    nbgrader export --to grades.csv \
        --exporter=unrolled.grading.gradebook.exporters.CanvasExportPlugin
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from unrolled.grading.gradebook.policy import POLICY, read_policy
from unrolled.grading.gradebook.roster import LMS, read_lms_columns
from unrolled.grading.gradebook.scores import Learner, Part, Score, learners, number, scores
from unrolled.grading.submissions.folders import LEARNER
from unrolled.grading.submissions.matching import CHECK
from unrolled.grading.submissions.repair import plain

# A spreadsheet takes a cell that begins so for a formula.
FORMULA = ("=", "+", "-", "@")
MOST_OUTPUT = 20_000
CANVAS_HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
NBGRADER_HEAD = [
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
]  # fmt: skip
MOODLE_HEAD = ["First name", "Last name", "ID number", "Email address"]


@dataclass(frozen=True)
class Grades:
    """What an export writes.

    Attributes:
        learners: whose, by name.
        scores: by assignment, then by learner's id; who handed nothing in has none.
        possible: the most that can be earned, by assignment.
    """

    learners: Sequence[Learner]
    scores: Mapping[str, Mapping[str, Score]]
    possible: Mapping[str, float]


class LmsExportPlugin(ExportPlugin):
    """What the exporters share. Who handed nothing in gets no mark, not even 0.

    Attributes:
        notes: what to look at after an export, one sentence each.
    """

    class_folder = Unicode("", help="The folder with course.toml and lms.csv.").tag(config=True)
    default_to = ""

    def __init__(self, **kwargs: object):
        super().__init__(**kwargs)
        self.notes: list[str] = []

    def export(self, gradebook: Gradebook) -> None:
        """Write the marks of all assignments, or of those that were asked for.

        Raises:
            nbgrader.api.MissingEntry: if the gradebook does not know an assignment.
        """
        wanted = [str(name) for name in self.assignment]
        wanted = wanted or sorted(assignment.name for assignment in gradebook.assignments)
        chosen = {str(learner) for learner in self.student}
        who = [learner for learner in learners(gradebook) if not chosen or learner.id in chosen]
        marks = {assignment: scores(gradebook, assignment) for assignment in wanted}
        for assignment, found in marks.items():
            for learner in who:
                if learner.id in found and found[learner.id].waiting:
                    waits = ", ".join(found[learner.id].waiting)
                    self._note(f"{learner.id}, {assignment}: {waits} still waits for a mark")
        possible = {name: gradebook.find_assignment(name).max_score for name in wanted}
        self._write(Path(self.to or self.default_to), Grades(who, marks, possible))

    def _write(self, to: Path, grades: Grades) -> None:
        raise NotImplementedError

    def _note(self, says: str) -> None:
        self.notes.append(says)
        self.log.warning(says)


class CanvasExportPlugin(LmsExportPlugin):
    """A file for Canvas' gradebook: Import, Upload file.

    Canvas finds a learner by its own ID, else by SIS User ID or SIS Login ID; the roster that was
    imported from Canvas has them. With ``canvas_id`` in ``course.toml`` it finds the assignment,
    without it Canvas looks for one of the same name, or asks.
    """

    default_to = "grades-canvas.csv"

    def _write(self, to: Path, grades: Grades) -> None:
        lms = read_lms_columns(Path(self.class_folder, LMS)) if self.class_folder else {}
        # Canvas' own exports indent these words so that they sort first.
        points = ["    Points Possible", "", "", "", "", *map(number, grades.possible.values())]
        rows = [[*CANVAS_HEAD, *map(self._column, grades.scores)], points]
        for learner in grades.learners:
            more = lms.get(learner.id, {})
            known = [learner.sortable_name, learner.lms_user_id, more.get("SIS User ID", "")]
            known += [more.get("SIS Login ID", learner.id), more.get("Section", "")]
            earned = [_points(found, learner) for found in grades.scores.values()]
            rows.append([*map(harmless, known), *earned])
        write_rows(to, rows)

    def _column(self, assignment: str) -> str:
        path = Path(self.class_folder, POLICY)
        canvas_id = read_policy(path, assignment).canvas_id if self.class_folder else None
        return f"{assignment} ({canvas_id})" if canvas_id else assignment


class MoodleExportPlugin(LmsExportPlugin):
    """A file for Moodle's Grades, Import, CSV file.

    Map "Email address" or "ID number" to the user, each ``(Real)`` to a grade item and each
    ``(Feedback)`` to its feedback.
    """

    default_to = "grades-moodle.csv"

    def _write(self, to: Path, grades: Grades) -> None:
        columns = [f"{name} ({what})" for name in grades.scores for what in ("Real", "Feedback")]
        rows = [[*MOODLE_HEAD, *columns]]
        for learner in grades.learners:
            known = [learner.first_name, learner.last_name, learner.lms_user_id, learner.email]
            by_assignment = grades.scores.values()
            cells = [cell for found in by_assignment for cell in self._cells(found, learner)]
            rows.append([*map(harmless, known), *cells])
            if not learner.lms_user_id and not learner.email:
                self._note(f"{learner.id} has neither ID number nor e-mail address for Moodle")
        write_rows(to, rows)

    def _cells(self, found: Mapping[str, Score], learner: Learner) -> list[str]:
        feedback = harmless(_feedback(found[learner.id])) if learner.id in found else ""
        return [_points(found, learner), feedback]


class GradescopeExportPlugin(LmsExportPlugin):
    """A folder with ``<assignment>/<learner>/results.json`` for Gradescope's autograder."""

    default_to = "gradescope"

    def _write(self, to: Path, grades: Grades) -> None:
        for assignment, found in grades.scores.items():
            for learner in (learner for learner in grades.learners if learner.id in found):
                if not LEARNER.fullmatch(learner.id):
                    self._note(f"{learner.id!r} cannot be a folder's name and was left out")
                    continue
                results = _results(
                    assignment, found[learner.id], self._reports(assignment, learner)
                )
                path = to / assignment / learner.id / "results.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                text = json.dumps(results, indent=2, ensure_ascii=False)
                path.write_text(plain(text) + "\n", encoding="utf-8")

    def _reports(self, assignment: str, learner: Learner) -> dict[str, str]:
        """What the checks said, from the autograded notebook; nothing if there is none."""
        coursedir = getattr(self.parent, "coursedir", None) or CourseDirectory(config=self.config)
        folder = coursedir.format_path(coursedir.autograded_directory, learner.id, assignment)
        try:
            notebook = nbformat.read(Path(folder, f"{assignment}.ipynb"), as_version=4)
        except (OSError, ValueError, nbformat.ValidationError):
            return {}
        reports: dict[str, str] = {}
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            texts = [o.data.get("text/plain", "") for o in cell.get("outputs", []) if "data" in o]
            if grade_id.startswith(CHECK) and texts:
                reports.setdefault(grade_id.removeprefix(CHECK), str(texts[0])[:MOST_OUTPUT])
        return reports


class GradesExportPlugin(LmsExportPlugin):
    """nbgrader's own ``grades.csv``, with every cell quoted where it must be and harmless.

    nbgrader's exporter writes names as they stand: a comma shifts the columns, and a learner who
    is called ``=1+1`` is reckoned with.
    """

    default_to = "grades.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write a line for every learner and assignment; who handed nothing in has 0."""
        self._due = {assignment.name: assignment.duedate for assignment in gradebook.assignments}
        super().export(gradebook)

    def _write(self, to: Path, grades: Grades) -> None:
        rows = [NBGRADER_HEAD]
        for name, found in grades.scores.items():
            due = str(self._due[name] or "")
            for learner in grades.learners:
                score = found.get(learner.id, Score(learner, ()))
                known = [learner.id, learner.last_name, learner.first_name, learner.email]
                raw = sum(part.score for part in score.parts)
                numbers = [raw, score.penalty, score.score, grades.possible[name]]
                cells = [name, due, score.timestamp, *map(harmless, known)]
                rows.append([*cells, *(str(float(value)) for value in numbers)])
        write_rows(to, rows)


def harmless(text: str) -> str:
    """A cell's text that no spreadsheet takes for a formula, by an apostrophe before it."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text[:1] in ("\t", "\r") else text


def _points(found: Mapping[str, Score], learner: Learner) -> str:
    return number(found[learner.id].score) if learner.id in found else ""


def _feedback(score: Score) -> str:
    """One line for the learner: every part, what was taken off, what a person said."""
    said = [f"{part.name} {_earned(part)}/{number(part.max_score)}" for part in score.parts]
    said += [f"late -{number(score.penalty)}"] if score.penalty else []
    said += [
        f"{part.name}: {' '.join(part.comment.split())}" for part in score.parts if part.comment
    ]
    return "; ".join(said)


def _earned(part: Part) -> str:
    return "(not marked yet)" if part.waits else number(part.score)


def _results(assignment: str, score: Score, reports: dict[str, str]) -> dict[str, object]:
    late = f"Late: {number(score.penalty)} points were taken off." if score.penalty else ""
    return {
        "score": round(score.score, 2),
        "output": late,
        "output_format": "text",
        "visibility": "visible",
        "tests": [_test(part, reports.get(part.name, "")) for part in score.parts],
        "extra_data": {
            "assignment": assignment,
            "learner": score.learner.id,
            "max_score": round(score.max_score, 2),  # Gradescope itself adds up the tests'
            "late_penalty": round(score.penalty, 2),
            "timestamp": score.timestamp,
        },
    }


def _test(part: Part, report: str) -> dict[str, object]:
    waits = "This answer waits for a mark by hand." if part.waits else ""
    return {
        "name": part.name,
        "score": round(part.score, 2),
        "max_score": round(part.max_score, 2),
        "output": "\n".join(filter(None, [report, waits, part.comment])),
        "output_format": "text",
        "visibility": "visible",
    }


def write_rows(to: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file, its cells made harmless already."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([map(plain, row) for row in rows])
