"""The command ``unrolled``: check answers, grade a class, build the notebooks, ask the machine.

Exit codes: 0 done; 1 done, but something needs a person's look, such as an answer that does not
pass; 2 wrong use, such as an unknown assignment; 3 this machine cannot isolate learners' code; 4
stopped before the end, and the same command goes on from there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unrolled.grading.commands import add_class_commands, course_of

if TYPE_CHECKING:
    from unrolled.grading.asking.marks import Result
    from unrolled.grading.gradebook.course import Course
    from unrolled.grading.run import Graded

DONE, LOOK, USAGE, NO_SANDBOX, UNFINISHED = 0, 1, 2, 3, 4
TIERS = ("bwrap", "container", "none")
GO_ON = "what was graded is kept, and the same command goes on from there"


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
    _add_grade(grade)
    regrade = commands.add_parser("regrade", help="grade one learner again because somebody asked")
    _add_regrade(regrade)
    notebooks = commands.add_parser("notebooks", help="build solutions/ and exercises/")
    notebooks.set_defaults(run=_notebooks)
    doctor = commands.add_parser("doctor", help="say what this machine can do")
    doctor.set_defaults(run=_doctor)
    for command in add_class_commands(commands):
        command.set_defaults(run=_class_command)
    for command in (grade, regrade, notebooks):
        command.add_argument("--root", type=Path, default=Path.cwd(), help="default: this folder")
    return parser


def _add_grade(grade: argparse.ArgumentParser) -> None:
    add = grade.add_argument
    add("assignment", help="such as 06-self-attention")
    add("--learner", dest="only", default="", metavar="ID", help="one learner only")
    add("--again", action="store_true", help="also what has not changed since")
    _add_how(grade)
    grade.set_defaults(reason="", exercise="")


def _add_regrade(regrade: argparse.ArgumentParser) -> None:
    add = regrade.add_argument
    add("assignment", help="such as 06-self-attention")
    add("only", metavar="LEARNER", help="the learner's id")
    add(
        "--reason", required=True, type=_words, metavar="TEXT", help="is kept; the learner reads it"
    )
    add("--exercise", default="", metavar="ID", help="asked about; default: the whole notebook")
    _add_how(regrade)
    regrade.set_defaults(again=True)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} given, a whole number from 1 is wanted")
    return int(text)


def _words(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; say why it is graded again")
    return text.strip()


def _add_how(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--tier", default="", choices=TIERS, help="how to isolate; default: the best there is")
    add("--unsafe", action="store_true",
        help="where there is no sandbox, run learners' code with your own rights")  # fmt: skip
    add("--demos", action="store_true", help="also run the cells that only show something")
    add("-j", "--processes", type=_at_least_one, default=0, metavar="N", help="default: one a core")
    add("--device", default="cpu", choices=("cpu", "cuda"), help="where answers compute")
    add("--per-gpu", type=_at_least_one, default=0, metavar="N",
        help="submissions that share a GPU; default: 4, or as many as fit")  # fmt: skip
    add("--dask", default="", metavar="ADDRESS", help="on the cluster of this scheduler")
    command.set_defaults(run=_grade)


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
    from dataclasses import fields
    from sqlite3 import Error as JournalError

    from sqlalchemy.exc import SQLAlchemyError

    from unrolled.grading.asking.cluster import ClusterMissing
    from unrolled.grading.gradebook.course import AlreadyRunning
    from unrolled.grading.gradebook.policy import PolicyError
    from unrolled.grading.logs import log_to
    from unrolled.grading.run import Options, grade_assignment
    from unrolled.grading.sandbox.gpus import GpuMissing
    from unrolled.grading.sandbox.tiers import SandboxMissing, choose_tier
    from unrolled.grading.sandbox.workers import WorkerFailed

    try:
        course = course_of(options, options.assignment)
    except (OSError, ValueError) as error:
        return _refuse(USAGE, str(error))
    named = {field.name for field in fields(Options)}
    how = Options(**{name: given for name, given in vars(options).items() if name in named})
    try:
        tier = choose_tier(options.unsafe, options.tier)
        print(f"isolation: {tier.says}", flush=True)
        log_to(course.log)
        graded = grade_assignment(course, options.assignment, tier, how, progress=_bar)
    except (SandboxMissing, WorkerFailed, ClusterMissing, GpuMissing) as error:
        return _refuse(NO_SANDBOX, str(error))
    except (LookupError, AlreadyRunning, PolicyError) as error:
        return _refuse(USAGE, error.args[0])
    except KeyboardInterrupt:
        return _refuse(UNFINISHED, f"stopped; {GO_ON}")
    except (OSError, JournalError, SQLAlchemyError) as error:
        return _refuse(UNFINISHED, f"a mark could not be written: {error}\n{GO_ON}")
    return _tell(graded, options, course)


def _tell(graded: Graded, options: argparse.Namespace, course: Course) -> int:
    from unrolled.grading.summary import summary

    print(summary(graded))
    if options.reason and graded.refused:
        return _refuse(LOOK, "nothing was graded again, so the request was not kept")
    if any(result.fault for result in graded.results):
        return _refuse(LOOK, f"the grader itself failed on an answer; {course.log} says why")
    return DONE


def _bar(results: Iterable[Result], total: int) -> Iterator[Result]:
    from tqdm import tqdm

    with tqdm(total=total, desc="grading", unit="submission", smoothing=0.05) as bar:
        for result in results:
            yield result
            bar.update()
        bar.update(total - bar.n)  # those passed over are done with, too


def _notebooks(options: argparse.Namespace) -> int:
    from unrolled.authoring import build

    try:
        build(options.root.resolve())
    except (ValueError, FileNotFoundError) as error:
        return _refuse(USAGE, str(error))
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from unrolled.grading.doctor import as_text, can_isolate, examine_machine

    print(as_text(examine_machine()))
    return DONE if can_isolate() else NO_SANDBOX


def _class_command(options: argparse.Namespace) -> int:
    try:
        return DONE if options.command(options) else LOOK
    except (OSError, ValueError, RuntimeError) as error:
        return _refuse(USAGE, str(error))


def _refuse(code: int, message: str) -> int:
    print(f"unrolled: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
