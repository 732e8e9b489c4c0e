"""The command ``unrolled``: check answers, grade a class, build the notebooks, ask the machine.

Exit codes: 0 done; 1 done, but something needs a person's look, such as an answer that does not
pass; 2 wrong use, such as an unknown assignment; 3 this machine cannot isolate learners' code.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

DONE, LOOK, USAGE, NO_SANDBOX = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: words after ``unrolled``. Default: those of the command line.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except BrokenPipeError:  # who reads along, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unrolled", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="check the answers in a Python file")
    check.add_argument("file", type=Path, metavar="FILE", help="such as answers.py")
    check.set_defaults(run=_check)
    progress = commands.add_parser("progress", help="chapters, points, and whose layer is where")
    progress.set_defaults(run=_progress)
    grade = commands.add_parser("grade", help="grade what a class handed in")
    grade.add_argument("assignment", help="such as 06-self-attention")
    grade.add_argument("--learner", default="", metavar="ID", help="one learner only")
    grade.add_argument(
        "--unsafe",
        action="store_true",
        help="where there is no sandbox, run learners' code with your own rights",
    )
    grade.set_defaults(run=_grade)
    notebooks = commands.add_parser("notebooks", help="build solutions/ and exercises/")
    notebooks.set_defaults(run=_notebooks)
    doctor = commands.add_parser("doctor", help="say what this machine can do")
    doctor.set_defaults(run=_doctor)
    for command in (grade, notebooks):
        command.add_argument("--root", type=Path, default=Path.cwd(), help="default: this folder")
    return parser


def _check(options: argparse.Namespace) -> int:
    from unrolled.checks import check, exercise
    from unrolled.checks.files import NoAnswers, answers_in

    try:
        answers = answers_in(options.file)
    except NoAnswers as error:
        return _refuse(USAGE, str(error))
    full = [check(answer) == exercise(name).points for name, answer in answers.items()]
    return DONE if all(full) else LOOK


def _progress(options: argparse.Namespace) -> int:
    from unrolled.checks.progress import progress

    print(progress())
    return DONE


def _grade(options: argparse.Namespace) -> int:
    from unrolled.grading.gradebook import Course
    from unrolled.grading.run import grade_assignment
    from unrolled.grading.sandbox import SandboxMissing, choose_tier
    from unrolled.grading.summary import summary
    from unrolled.grading.workers import WorkerFailed

    try:
        course = Course(options.root)
    except FileNotFoundError as error:
        return _refuse(USAGE, str(error))
    if options.assignment not in course.assignments():
        known = ", ".join(course.assignments())
        return _refuse(USAGE, f"no assignment is called {options.assignment!r}; known are {known}")
    try:
        tier = choose_tier(options.unsafe)
        print(f"isolation: {tier.says}", flush=True)
        log = course.class_folder / "grade.log"
        _log_to(log)
        graded = grade_assignment(course, options.assignment, tier, options.learner, progress=_bar)
    except (SandboxMissing, WorkerFailed) as error:
        return _refuse(NO_SANDBOX, str(error))
    except LookupError as error:
        return _refuse(USAGE, error.args[0])
    print(summary(graded))
    if not any(result.fault for result in graded.results):
        return DONE
    return _refuse(LOOK, f"the grader itself failed on an answer; {log} says why")


def _bar(learners: tuple[str, ...]) -> Iterable[str]:
    from tqdm import tqdm

    return tqdm(learners, desc="grading", unit="submission")


def _log_to(path: Path) -> None:
    """Send what nbgrader and the grader say in passing to a file."""
    path.parent.mkdir(exist_ok=True)
    logger = logging.getLogger("unrolled.grading")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _notebooks(options: argparse.Namespace) -> int:
    from unrolled.authoring import build

    try:
        build(options.root.resolve())
    except (ValueError, FileNotFoundError) as error:
        return _refuse(USAGE, str(error))
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from unrolled.grading.doctor import examine_machine

    for name, says in examine_machine():
        print(f"{name:<10} {says}")
    return DONE


def _refuse(code: int, message: str) -> int:
    print(f"unrolled: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
