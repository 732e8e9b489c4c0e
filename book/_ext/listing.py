"""``{listing}``: the reference source of a function or class, as the library has it today."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.directives.code import container_wrapper
from sphinx.util.docutils import SphinxDirective

from unrolled.checks.source import readable_source


class Listing(SphinxDirective):
    """Show ``unrolled.module.name`` without decorators and docstrings, with a caption.

    The page is rebuilt when the module's file changes, so a listing cannot drift from the code.
    """

    required_arguments = 1
    option_spec = {  # noqa: RUF012 (docutils wants a class attribute)
        "caption": directives.unchanged,
        "docstring": directives.flag,
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the literal block."""
        path = self.arguments[0]
        reference = self._find(path)
        self.env.note_dependency(inspect.getsourcefile(inspect.unwrap(reference)))
        source = readable_source(reference, docstring="docstring" in self.options)
        block = nodes.literal_block(source, source, language="python")
        self.set_source_info(block)
        wrapped = container_wrapper(self, block, self.options.get("caption", f"`{path}`"))
        self.add_name(wrapped)
        return [wrapped]

    def _find(self, path: str) -> Any:
        module, _, name = path.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError):
            wanted = "wanted unrolled.module.name"
            raise self.error(f"listing: there is no {path!r}; {wanted}") from None


def setup(app: Any) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("listing", Listing)
    return {"parallel_read_safe": True}
