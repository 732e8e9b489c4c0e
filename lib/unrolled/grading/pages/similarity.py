"""Answers that are alike beyond what the task makes alike: a hint for a person, never a verdict.

Comments, layout and the learner's own names are taken out, then every line that the stub, the
reference or many of the class have too. What is left of two answers is compared token by token.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz.distance import Indel

from unrolled.grading.submissions.sources import parsed

LEAST_TOKENS = 40  # of what is left of an answer: less of it two people write alike by chance
MOST_TOKENS = 3_000
MOST_CHARACTERS = 50_000  # of an answer, comments included
LEAST_SHARE = 0.8
GRAM = 6  # tokens in a row; two answers without a rare run in common are not compared
MOST_COMPARED = 100_000  # pairs of an exercise
FEW, MOST, OF_CLASS = 4, 20, 0.02  # a line that more have is no sign
LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)

Line = tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two answers that are alike.

    Attributes:
        one, other: the learners.
        lengths: tokens of each answer that few others have.
        share: how much of both is the same, in the same order: 1 for everything.
    """

    one: str
    other: str
    lengths: tuple[int, int]
    share: float


@dataclass(frozen=True)
class Likeness:
    """What comparing all answers to one exercise found.

    Attributes:
        pairs: the most alike first.
        compared: how many answers were long enough, and Python.
        left_out: how many answers were not.
        capped: pairs that had a run in common and were not compared, because there were too many.
    """

    pairs: tuple[Pair, ...]
    compared: int
    left_out: int
    capped: int


def similar_answers(answers: Mapping[str, str], common: Collection[str]) -> Likeness:
    """Find the pairs of answers that are alike.

    Args:
        answers: source by learner.
        common: sources that everybody has seen, such as the stub and the reference.
    """
    known = {line for source in common for line in normal_lines(source)}
    lines = {learner: normal_lines(source) for learner, source in answers.items()}
    holders = Counter(line for own in lines.values() for line in set(own))
    many = min(max(FEW, OF_CLASS * len(lines)), MOST)
    left = {
        learner: [token for line in own for token in line
                  if line not in known and holders[line] <= many]
        for learner, own in lines.items()
    }  # fmt: skip
    long_enough = {
        who: tokens for who, tokens in left.items() if LEAST_TOKENS <= len(tokens) <= MOST_TOKENS
    }
    near = _near(long_enough, many)
    pairs = [_pair(one, other, long_enough) for one, other in near[:MOST_COMPARED]]
    alike = [pair for pair in pairs if pair.share >= LEAST_SHARE]
    alike.sort(key=lambda pair: (-pair.share, -min(pair.lengths), pair.one, pair.other))
    capped = max(0, len(near) - MOST_COMPARED)
    return Likeness(tuple(alike), len(long_enough), len(answers) - len(long_enough), capped)


def _pair(one: str, other: str, tokens: Mapping[str, Sequence[str]]) -> Pair:
    lengths = len(tokens[one]), len(tokens[other])
    return Pair(one, other, lengths, Indel.normalized_similarity(tokens[one], tokens[other]))


def _near(tokens: Mapping[str, Sequence[str]], many: float) -> list[tuple[str, str]]:
    """The pairs with a run of tokens in common that few have; those with most of them first."""
    holders: dict[Line, list[str]] = defaultdict(list)
    for learner, own in tokens.items():
        for gram in {tuple(own[n : n + GRAM]) for n in range(len(own) - GRAM + 1)}:
            holders[gram].append(learner)
    shared: Counter[tuple[str, str]] = Counter()
    for who in holders.values():
        if len(who) <= many:
            shared.update(combinations(sorted(who), 2))
    return [pair for pair, _ in shared.most_common()]


def normal_lines(source: str) -> list[Line]:
    """The lines of an answer as tokens, without what one changes to hide where it came from.

    Args:
        source: of a cell.

    Returns:
        One tuple a line; nothing if it is not Python, or far too long for an answer.
    """
    tree = parsed(source) if len(source) <= MOST_CHARACTERS else None
    if tree is None:
        return []
    try:
        same_layout = ast.unparse(_Anonymous(_own_names(tree)).visit(tree))
        tokens = list(tokenize.generate_tokens(io.StringIO(same_layout).readline))
    except (RecursionError, ValueError, tokenize.TokenError):  # nested too deep
        return []
    return list(_lines(tokens))


def _lines(tokens: Iterable[tokenize.TokenInfo]) -> Iterable[Line]:
    line: list[str] = []
    for token in tokens:
        if token.type == tokenize.NEWLINE:
            yield tuple(line)
            line = []
        elif token.type not in LAYOUT:
            line.append(token.string)


def _own_names(tree: ast.Module) -> set[str]:
    """The names that an answer gives to things, attributes included."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


class _Anonymous(ast.NodeTransformer):
    """Gives all of a learner's own names one name, and takes out docstrings."""

    def __init__(self, own: set[str]):
        self.own = own

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg, node.annotation = "v", None
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = "v" if node.id in self.own else node.id
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = "v" if node.attr in self.own else node.attr
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return ast.Pass()
        return self.generic_visit(node)
