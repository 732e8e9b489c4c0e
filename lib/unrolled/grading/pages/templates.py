"""The HTML pages of the grader: one look, nothing fetched, nothing executed."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from unrolled.grading.gradebook.scores import number


@functools.cache
def template(name: str) -> Template:
    """A page's template, which escapes everything that is put into it.

    Args:
        name: ``"feedback"`` or ``"report"``.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"points": number, "breakable": _breakable}
    return environment.get_template(f"{name}.html.jinja")


def _breakable(name: str) -> Markup:
    """A long name that a narrow window may break after an underscore."""
    return escape(name).replace("_", Markup("_<wbr>"))
