"""nbgrader's settings: its names for the course's folders, and a class's data under ``class/``."""

from pathlib import Path

root = Path(__file__).resolve().parent
(root / "class").mkdir(exist_ok=True)  # SQLite makes the gradebook's file, not its folder

c = get_config()  # noqa: F821 (nbgrader provides it)
c.CourseDirectory.course_id = "unrolled"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "class/submitted"
c.CourseDirectory.autograded_directory = "class/autograded"
c.CourseDirectory.feedback_directory = "class/feedback"
c.CourseDirectory.db_url = f"sqlite:///{root / 'class' / 'gradebook.db'}"
# CourseDirectory.ignore is left alone on purpose: setting it replaces nbgrader's own list.

c.ClearSolutions.code_stub = {
    "python": '# YOUR CODE HERE\nraise NotImplementedError("this answer is still to be written")'
}
c.ClearSolutions.text_stub = "*Your answer here.*"
# A rubric stands in the locked question, so that whoever marks sees it in formgrader. nbgrader
# expects rubrics in task cells only, which have no place for the answer; it clears this one too.
c.ClearMarkScheme.enforce_metadata = False
# Without this a deleted check cell waits for a mark by hand for ever.
c.OverwriteCells.add_missing_cells = True
# Deadlines, extensions, penalties and points that an instructor chose: class/course.toml.
c.AssignLatePenalties.plugin_class = "unrolled.grading.gradebook.policy.LatePenalty"
for plugin in ("LatePenalty", "LmsExportPlugin", "SafeExtractor", "LmsCollector"):
    c[plugin].class_folder = str(root / "class")
# The first cell imports torch, which takes its time when many are graded at once.
c.Execute.timeout = 120
