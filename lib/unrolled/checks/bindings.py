"""Where the names in a learner's code lead: ``sm`` to ``torch.nn.functional.softmax``.

Nothing is run. What cannot be told from the text is told to be nothing.
"""

from __future__ import annotations

import ast
import functools

import torch
from torch import nn

from unrolled.checks.modules import bound_names

# What every notebook's first cell imports.
GIVEN = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "Tensor": "torch.Tensor"}
SPACES = (torch, nn, nn.functional, torch.Tensor, torch.special, nn.utils)
SELF = ("self", "cls")
BY_NAME = ("getattr", "getattr_static", "__getattribute__")  # of a thing, by a text
OF_ANY = ("attrgetter", "methodcaller")  # of whatever they are given
IMPORTS = ("import_module", "__import__", "resolve_name", "locate")
ANNOTATIONS = ("annotation", "returns")
COMPARE = ("isinstance", "issubclass")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LONGEST = 10_000


class Bindings:
    """What names are bound to in some code.

    Args:
        tree: the code.
        imports: statements of other cells, which its names may come from.
    """

    def __init__(self, tree: ast.Module, imports: ast.Module):
        self.paths = dict(GIVEN)
        self.texts: dict[str, str] = {}
        self.stars: list[str] = []
        self.attribute_paths: dict[int, str] = {}
        for statement in ast.walk(imports):
            self._imported(statement)
        self.nodes = _computing(tree)
        self.own, self.attributes = _defined(self.nodes)
        for name in self.own:
            self.paths.pop(name, None)
        for node in self.nodes:
            self._imported(node)
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                self._assigned(node.targets[0], node.value)
            elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                self._assigned(node.target, node.value)
        self.attribute_paths.clear()  # all names are known only now

    def _imported(self, node: ast.AST) -> None:
        for name, path in imported(node):
            if name == "*":
                self.stars.append(path)
            else:
                self.paths[name] = path

    def _assigned(self, target: ast.expr, value: ast.expr) -> None:
        """Follow ``G = F`` and ``name = "soft" + "max"``, wherever they stand."""
        if isinstance(target, ast.Name):
            if path := self.path(value):
                self.paths[target.id] = path
            elif text := self.text(value):
                self.texts[target.id] = text

    def path(self, node: ast.AST) -> str:
        """Where an expression leads, from the root of a package; "" if nowhere that is known."""
        if isinstance(node, ast.Attribute):
            known = self.attribute_paths
            if id(node) not in known:  # a long chain asks each of its links again and again
                known[id(node)] = self._attribute(node.value, node.attr)
            return known[id(node)]
        if isinstance(node, ast.Name):
            return self.paths.get(node.id) or self._from_star(node.id)
        if isinstance(node, ast.Subscript):
            return self._item(node.value, self.text(node.slice))
        if isinstance(node, ast.Call) and node.args:
            return self._called(self.path(node.func).rpartition(".")[2] or called(node), node.args)
        return ""

    def _from_star(self, name: str) -> str:
        known = self.stars and name not in self.own
        return torchs_own().get(name, "") if known else ""

    def _attribute(self, of: ast.expr, name: str) -> str:
        if isinstance(of, ast.Name) and of.id in SELF and of.id not in self.paths:
            return ""
        if base := self.path(of):
            return f"{base}.{name}"
        return "" if name in self.attributes else torchs_own().get(name, "")

    def _item(self, of: ast.expr, text: str) -> str:
        """``vars(F)["softmax"]``, ``F.__dict__["softmax"]``, ``sys.modules["torch"]``."""
        if not text:
            return ""
        if isinstance(of, ast.Call) and called(of) in ("globals", "locals"):
            return self.path(ast.Name(text))
        if isinstance(of, ast.Call) and called(of) == "vars" and of.args:
            return self._attribute(of.args[0], text)
        if isinstance(of, ast.Attribute):
            found = {"__dict__": self._attribute(of.value, text), "modules": text}
            return found.get(of.attr, "")
        return ""

    def _called(self, function: str, arguments: list[ast.expr]) -> str:
        """``getattr(F, "softmax")``, ``import_module("torch.nn.functional")``."""
        if function in IMPORTS:
            return self.text(arguments[0]).replace(":", ".")
        if function in OF_ANY:
            return torchs_own().get(self.text(arguments[0]).rpartition(".")[2], "")
        if function in BY_NAME and (text := self.text(arguments[-1 if len(arguments) < 3 else 1])):
            return self._attribute(arguments[0], text)
        return ""

    def text(self, node: ast.AST) -> str:
        """The text that an expression always is, put together or turned round as it may be."""
        if isinstance(node, ast.Name):
            return self.texts.get(node.id, "")
        parts: list[ast.expr] = []
        if isinstance(node, ast.Constant):
            return node.value[:LONGEST] if isinstance(node.value, str) else ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        elif isinstance(node, ast.Call) and called(node) == "join" and len(node.args) == 1:
            parts = getattr(node.args[0], "elts", [node.args[0]])
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            whole = node.slice.lower is node.slice.upper is None
            return self.text(node.value)[::-1] if whole and node.slice.step else ""
        elif isinstance(node, ast.Call) and called(node) in ("lower", "casefold"):
            return self.text(getattr(node.func, "value", node)).lower()
        return "".join(map(self.text, parts))[:LONGEST]


def imported(node: ast.AST) -> list[tuple[str, str]]:
    """The names that an import binds and where each leads; ``"*"`` for all of a module."""
    if isinstance(node, ast.Import):
        top = [(a.name.partition(".")[0],) * 2 for a in node.names if not a.asname]
        return top + [(a.asname, a.name) for a in node.names if a.asname]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        whole = [("*", node.module) for a in node.names if a.name == "*"]
        single = [a for a in node.names if a.name != "*"]
        return whole + [(a.asname or a.name, f"{node.module}.{a.name}") for a in single]
    return []


def called(node: ast.Call) -> str:
    """The last part of the name that is called."""
    return getattr(node.func, "attr", "") or getattr(node.func, "id", "")


def _computing(tree: ast.Module) -> list[ast.AST]:
    """All nodes but annotations and the types that a thing is compared with: a use of neither."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        fields = {name: part for name, part in ast.iter_fields(node) if name not in ANNOTATIONS}
        if isinstance(node, ast.Call) and called(node) in COMPARE:
            fields["args"] = node.args[:1]
        for part in fields.values():
            parts = part if isinstance(part, list) else [part]
            nodes += [inner for inner in parts if isinstance(inner, ast.AST)]
    return nodes


def _defined(nodes: list[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that code gives to things of its own, and those of its classes' parts."""
    names, parts = set(), set()
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            parts.add(node.attr)
        if isinstance(node, ast.ClassDef):
            parts |= {name for inner in node.body for name in bound_names(inner)}
    return names, parts


@functools.cache
def torchs_own() -> dict[str, str]:
    """Torch's public names and the methods of its tensors, and where each is found first."""
    found: dict[str, str] = {}
    for space in SPACES:
        home = space.__name__ if space is not torch.Tensor else "torch.Tensor"
        names = [n for n in dir(space) if not isinstance(getattr(space, n), type(torch))]
        found |= {name: f"{home}.{name}" for name in names if name not in found}
    return found
