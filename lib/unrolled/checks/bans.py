"""What an answer uses of what its exercise asks to be written by hand.

It is read twice: from the syntax tree, where the learner sees it, and from what ran while the
answer was asked, where a name that was hidden comes to light. Whoever means to can forge the
second; it is only ever a reason to refuse.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from unrolled.candidate.sources import parsed
from unrolled.checks.bindings import Bindings, called, imported
from unrolled.checks.capabilities import Capability, known

DEEPEST_PATH = 20
DEEPEST = 3  # text that evaluates text
MAX_NAME = 100
EVALUATE = ("eval", "exec", "compile")


def banned(
    source: str, bans: Iterable[Capability], imports: str = "", seen: Iterable[str] = ()
) -> tuple[str, ...]:
    """Say what of that which is to be written by hand an answer uses instead.

    A name of the learner's own is free, whatever it is: ``def softmax``, ``self.softmax``.

    Args:
        source: Python source; what does not parse uses nothing.
        bans: what is to be written by hand.
        imports: import statements of other cells.
        seen: names of what ran, see :func:`~unrolled.candidate.watch.watched`.

    Returns:
        For each of ``bans`` that is used, a clause such as
        ``"the softmax by hand; your answer uses torch.softmax"``.
    """
    try:
        read = list(dict.fromkeys(path for path in _paths(source, imports) if path))
    except RecursionError:
        read = []
    ran = sorted(filter(None, map(known, seen)), key=_plainest)
    clauses = []
    for ban in bans:
        found = [p for paths in (read, ran) for p in paths if ban.computed_by(_inner(p))]
        if found:
            shown = found[0][:MAX_NAME].replace("torch.ops.aten.", "aten::")
            clauses.append(f"{ban.name} by hand; your answer uses {shown}")
    return tuple(clauses)


def pattern(bans: Iterable[Capability]) -> str:
    """What to watch for while an answer runs, as a regular expression; "" for nothing.

    Packages are not watched for: where answers are graded, they are not there.
    """
    return "|".join(sorted({word for ban in bans for word in ban.words}))


def _plainest(path: str) -> tuple[bool, int, str]:
    return "._" in path, len(path), path


def _inner(path: str) -> str:
    """A path without the modules on its way: ``torch.nn.utils.rnn.pad_sequence`` is no RNN."""
    parts = path.split(".")[:DEEPEST_PATH]
    homes = [n for n in range(1, len(parts) + 1) if ".".join(parts[:n]) in sys.modules]
    return ".".join([parts[0], *parts[max(homes, default=1) :]])


def _paths(source: str, imports: str, depth: int = 0) -> Iterator[str]:
    """Where all that is used in some code leads."""
    nothing = ast.Module([], [])
    bindings = Bindings(parsed(source) or nothing, parsed(imports) or nothing)
    for node in bindings.nodes:
        yield from (path for _, path in imported(node))
        yield bindings.path(node)
        if isinstance(node, ast.Call) and called(node) in EVALUATE and node.args:
            code = bindings.text(node.args[0])
            if code and depth < DEEPEST:
                yield from _paths(code, imports, depth + 1)
