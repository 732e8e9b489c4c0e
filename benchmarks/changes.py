"""Small changes to Python source, made by Cosmic Ray, and the share of them that was noticed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from math import sqrt

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

NEED_ARGUMENTS = {"core/VariableReplacer", "core/VariableInserter"}

Span = tuple[tuple[int, int], tuple[int, int]]


def places(code: str, signatures: bool = True) -> Iterator[tuple[int, str, int]]:
    """List every change that Cosmic Ray knows: line, operator and occurrence.

    Args:
        code: Python source.
        signatures: also change the arguments' defaults. Annotations never: nothing evaluates them.
    """
    left_alone = spans(code, ("annotation", "returns") if signatures else ("args", "returns"))
    nodes = list(ast_nodes(get_ast(code)))
    for name in sorted(set(cosmic_ray.plugins.operator_names()) - NEED_ARGUMENTS):
        operator = cosmic_ray.plugins.get_operator(name)()
        found = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (start, _) in enumerate(found):
            if not any(first <= start < last for first, last in left_alone):
                yield start[0], name, occurrence


def changed(code: str, operator: str, occurrence: int) -> str:
    """The source with one change."""
    return mutate_code(code, cosmic_ray.plugins.get_operator(operator)(), occurrence)


def spans(code: str, fields: tuple[str, ...]) -> list[Span]:
    """Where those parts of functions stand, as (line, column) pairs."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if "args" in fields and isinstance(node, ast.FunctionDef):
            found.append(((node.lineno, node.col_offset), _before(node.body[0])))
        for field in set(fields) - {"args"}:
            if (part := getattr(node, field, None)) is not None:
                start = (part.lineno, part.col_offset)
                found.append((start, (part.end_lineno, part.end_col_offset)))
    return found


def _before(statement: ast.stmt) -> tuple[int, int]:
    return statement.lineno, statement.col_offset


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927)."""
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return tuple(round((centre + s * spread) / (1 + z * z / trials), 4) for s in (-1, 1))
