"""Assignments: ``book/NN-slug/exercises.md`` and the library's source make the notebooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import yaml

from unrolled.authoring.assignment import Assignment
from unrolled.authoring.release import holds_answers, register_assignment, release
from unrolled.checks import exercises

__all__ = ["build", "register_assignment"]


def build(root: Path, say: Callable[[str], None] = print) -> list[Path]:
    """Write ``solutions/`` and ``exercises/`` from every ``book/*/exercises.md``.

    A notebook in ``exercises/`` that somebody has worked in is kept as it is, and said.

    Args:
        root: the repository.
        say: takes one line for each notebook. Default: print it.

    Returns:
        The notebooks, each as it now stands.

    Raises:
        ValueError: naming page and line, if a page cannot be used.
    """
    repository = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]["url"]
    made: list[Path] = []
    for page in sorted(root.glob("book/*/exercises.md")):
        name = page.parent.name
        try:
            assignment = Assignment(name, tuple(exercises(name)), repository)
            source = assignment.notebook(page.read_text("utf-8"))
        except (KeyError, ValueError) as error:
            raise ValueError(f"{page.relative_to(root)}: {error.args[0]}") from error
        written = nbformat.writes(source, sort_keys=True, ensure_ascii=False) + "\n"
        made.append(_put(root, "solutions", name, written.encode("utf-8"), say))
        made.append(_put(root, "exercises", name, release(root, name), say))
    return made


def _put(root: Path, folder: str, name: str, content: bytes, say: Callable[[str], None]) -> Path:
    path = root / folder / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    where = path.relative_to(root)
    if path.exists() and path.read_bytes() == content:
        say(f"same     {where}")
    elif folder == "exercises" and path.exists() and holds_answers(path):
        say(f"kept     {where}: it holds answers. Move it away to get a fresh one.")
    else:
        path.write_bytes(content)
        say(f"written  {where}")
    return path
