"""What in a cell is a learner's words: not the release's text, not code, not marks alone."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from unrolled.grading.submissions.sources import defined_names, parsed

if TYPE_CHECKING:
    from unrolled.grading.submissions.reading import Cell

UNSAID = "*Your answer here.*"  # nbgrader_config.py puts it where words are to be written
FEW = 4  # words in a cell of code: fewer are about the code
SENTENCE = 8  # the same behind code and inside functions, where remarks are longer
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\d_]{2,}")
ADDRESS = re.compile(r"\w+://\S+")
COMMENT = re.compile(r"#(?!!\S)!? ?(.*)")
CELL_MAGIC = re.compile(r"\s*%%(\w*).*\n?")
TEXT_MAGICS = ("markdown", "latex", "html")
SHELLS = ("bash", "sh", "script", "system", "sx", "cmd", "!")
ECHOED = re.compile(r"^[ \t]*!?[ \t]*(?:echo|printf)\b(.*)", re.MULTILINE)
TELLING = ("print", "display", "Markdown", "HTML", "Latex")
ANSWERING = re.compile(r"answer|explan|explain|antwort|erkl", re.IGNORECASE)
PYTHON_MAGICS = ("time", "timeit", "capture", "prun", "writefile", "file")
DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
HEADING = re.compile(
    r"^(?:#{1,6} \S|\*\*.+\*\*:?\s*$|__.+__:?\s*$|\S.*\n(?:=+|-{2,})\s*$|(?:question|answer)\b)",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Words:
    """A learner's words in a cell.

    Attributes:
        text: the words, as Markdown; empty if there are none.
        sure: whether the cell was made to hold them, or they were only added to given text.
        alone: whether nothing else is in the cell.
    """

    text: str = ""
    sure: bool = False
    alone: bool = False


NO_WORDS = Words()


def says_something(text: str) -> bool:
    """Whether a text is more than space and punctuation."""
    return any(
        c not in string.punctuation and unicodedata.category(c)[0] not in "PZC" for c in text
    )


def is_in_words(original: NotebookNode) -> bool:
    """Whether a released cell is to hold an answer in words, which a person marks."""
    return original.metadata.nbgrader.solution and original.cell_type == "markdown"


def is_blank(source: str, stub: str) -> bool:
    """Whether an answer in words says nothing but what its stub says."""
    given = {_bare(line) for line in stub.splitlines()}
    said = "\n".join(line for line in source.splitlines() if _bare(line) not in given)
    return not says_something(said)


def _bare(text: str) -> str:
    return text.strip(string.punctuation + string.whitespace)


def lines_of(text: str) -> list[str]:
    """The lines that are not empty, without the space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def ids_in_words(ids: Collection[str]) -> set[str]:
    """Of the grade ids of an assignment those of answers in words."""
    code = {grade_id.removeprefix("check-") for grade_id in ids if grade_id.startswith("check-")}
    return {n for n in ids if not n.startswith(("check-", "question-"))} - code


def answers_in_words(cells: Iterable[Cell], ids: Collection[str]) -> list[Cell]:
    """The cells that claim to be an answer in words, and say something.

    Args:
        cells: of a notebook whose release is not at hand.
        ids: the grade ids of the assignment.
    """
    in_words = ids_in_words(ids)
    return [c for c in cells if c.grade_id in in_words and not is_blank(c.source, UNSAID)]


def released_lines(cells: Iterable[NotebookNode]) -> frozenset[str]:
    """All lines of a release, those of comments and strings without their marks too."""
    found: set[str] = set()
    for cell in cells:
        found.update(lines_of(cell.source))
        found.update(line.removeprefix("#").strip() for line in lines_of(cell.source))
        tree = parsed(cell.source) if cell.cell_type == "code" else None
        strings = [*(text for _, _, text in _strings(tree)), *_said(tree)] if tree else []
        found.update(line for text in strings for line in lines_of(text))
    return frozenset(found)


def added_to(source: str, original: str) -> tuple[str, bool]:
    """The lines that were added to given text; all of it where the given text itself changed.

    Returns:
        The lines, and whether the given ones are all there.
    """
    given, at = lines_of(original), 0
    added = []
    for line in source.splitlines():
        if at < len(given) and line.strip() == given[at]:
            at += 1
        else:
            added.append(line)
    whole = at == len(given)
    return ("\n".join(added) if whole else source).strip("\n"), whole


def without(source: str, released: Collection[str]) -> str:
    """A text without the lines that the release has."""
    kept = [line for line in source.splitlines() if line.strip() not in released]
    text = "\n".join(kept).strip()
    return text if says_something(text) else ""


def words_of_text(source: str, released: Collection[str]) -> Words:
    """A learner's words in a cell of text."""
    text = without(source, released)
    return Words(text, bool(text), bool(text) and not any(n in released for n in lines_of(source)))


def words_of_code(source: str, released: Collection[str]) -> Words:
    """A learner's words in a cell of code: comments and strings.

    Where the cell is nothing else, or no Python at all, it was made to hold words; beside code it
    takes some words to be more than a remark on it.
    """
    magic = CELL_MAGIC.match(source)
    if magic and magic[1] in PYTHON_MAGICS:
        return words_of_code(source[magic.end() :], released)
    if magic:
        return _words_of_magic(magic[1].lower(), source[magic.end() :], released)
    tree = parsed(source)
    if tree is None and not defined_names(source):
        return words_of_text(source, released)
    strings = list(_strings(tree)) if tree else []
    inside = {n for first, last, _ in strings for n in range(first, last + 1)}
    bare = tree is not None and all(map(_is_string, tree.body))
    margin = re.sub(r"^[ \t]+(?=#)", "", source, flags=re.MULTILINE) if bare else source
    comments = list(_comments(margin, inside))
    prose = [run for run in comments if not _is_code(run[1])]
    pieces = sorted([*prose, *((first, text) for first, _, text in strings)])
    found = words_of_text("\n\n".join(text for _, text in pieces), released)
    if bare:
        return Words(found.text, found.sure, found.alone and len(prose) == len(comments))
    remarks = [text for _, text in _comments(_remarks(source), inside) if not _is_code(text)]
    remarks += ECHOED.findall(source)
    told = (without(text, released) for text in [*remarks, *(_said(tree) if tree else ())])
    no_more = tree is not None and all(map(_only_tells, tree.body))
    more = [t for t in told if t not in found.text and (no_more or _count(t) >= SENTENCE)]
    text = "\n\n".join([found.text, *more]).strip()
    return Words(text) if no_more else _enough(text)


def _words_of_magic(name: str, source: str, released: Collection[str]) -> Words:
    """A learner's words in a cell that a magic takes; those of another language if many."""
    if name in TEXT_MAGICS:
        return words_of_text(source, released)
    if name in SHELLS:
        return _enough(without("\n".join(ECHOED.findall(source)), released))
    text = without(source, released)
    return Words(text if _count(text) >= SENTENCE else "")


def words_of_remarks(source: str, released: Collection[str]) -> Words:
    """What a learner remarked behind code, or inside it."""
    remarks = "\n\n".join(text for _, text in _comments(_remarks(source), ()))
    return _enough(without(remarks, released))


def _remarks(source: str) -> str:
    """What stands behind a hash, line by line."""
    return "\n".join("".join(line.partition("#")[1:]) for line in source.split("\n"))


def _enough(text: str) -> Words:
    return Words(text if _count(text) >= FEW else "")


def _count(text: str) -> int:
    """How many words there are; those of an address are none."""
    return len(WORD.findall(ADDRESS.sub("", text)))


def uncommented(source: str) -> str:
    """A text that was written as comments, without their marks; another one as it is."""
    lines = [COMMENT.fullmatch(line) for line in source.splitlines() if line.strip()]
    return "\n".join(line[1] for line in lines if line) if lines and all(lines) else source


def _comments(source: str, inside: Collection[int]) -> Iterator[tuple[int, str]]:
    """Comments at the left margin, those on neighbouring lines together, with their first line."""
    run: list[str] = []
    lines = [*source.split("\n"), ""]
    for number, line in enumerate(lines, 1):
        comment = None if number in inside else COMMENT.fullmatch(line)
        if comment:
            run.append(comment[1])
        elif run:
            yield number - len(run), "\n".join(run)
            run = []


def _is_code(comment: str) -> bool:
    """Whether a comment is code that was taken out; a sentence is no Python."""
    tree = parsed(comment)
    return tree is not None and any(
        not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body
    )


def _is_string(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _only_tells(node: ast.stmt) -> bool:
    """Whether a statement shows strings, or calls them an answer, and does nothing else."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        tells = isinstance(target, ast.Name) and bool(ANSWERING.search(target.id))
    else:
        tells = isinstance(node, ast.Expr)
    value = getattr(node, "value", None)
    names = [n.id for n in ast.walk(value) if isinstance(n, ast.Name)] if value else []
    return tells and all(name in TELLING for name in names)


def _strings(tree: ast.Module) -> Iterator[tuple[int, int, str]]:
    """Strings that stand alone, are printed or have a name, with their first and last line."""
    for node in tree.body:
        value = node.value if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) else None
        parts = [value]
        if isinstance(value, ast.Call):
            parts = list(value.args)
        for part in parts:
            for piece in part.values if isinstance(part, ast.JoinedStr) else [part]:
                if isinstance(piece, ast.Constant) and isinstance(piece.value, str):
                    yield node.lineno, node.end_lineno or node.lineno, piece.value


def _said(tree: ast.Module) -> Iterator[str]:
    """Strings however deep in code, those that are added up as one.

    What an error says, or a docstring of the code below it, is no answer to anything.
    """
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.BinOp | ast.JoinedStr | ast.Constant):
            found = [n for n in ast.walk(node) if isinstance(n, ast.Constant)]
            found.sort(key=lambda piece: (piece.lineno, piece.col_offset))
            yield "".join(piece.value for piece in found if isinstance(piece.value, str))
        elif not isinstance(node, ast.Raise | ast.Assert):
            todo += reversed(list(ast.iter_child_nodes(node)))
            if isinstance(node, DOCUMENTED) and _is_string(node.body[0]) and node.body[1:]:
                todo.remove(node.body[0])
