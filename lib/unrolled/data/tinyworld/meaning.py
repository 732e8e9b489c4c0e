"""What a sentence means: its derivation folded into nodes with named parts.

The rules say which role each word plays, so the English words and the meaning come out together:
``the old dog`` becomes ``Node("np", det="the", adj="old", noun="dog")``. The path to a part, for
example ``subject.modifier.predicate.verb``, is its key. Each language marks every word with the
keys that it expresses, and two words are aligned if they share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from unrolled.data.tinyworld.grammar import GRAMMAR
from unrolled.data.tinyworld.pcfg import Derivation, Rule

__all__ = ["Node", "Word", "meaning"]

Word = tuple[str, tuple[str, ...]]  # a word and the keys of what it expresses


@dataclass
class Node:
    """A part of the meaning.

    Attributes:
        path: the roles that lead to it, with a point after each; empty for the whole sentence.
        tag: what it is: clause, np, bare, name, at, origin, relative, quality, position, state,
            deed, act or residence.
        parts: by role: an English word (or several, as in "looking for") or another node.
    """

    path: str
    tag: str = ""
    parts: dict[str, str | Node] = field(default_factory=dict)

    def key(self, *roles: str) -> tuple[str, ...]:
        """Return the keys of some of its roles."""
        return tuple(self.path + role for role in roles)

    def has(self, role: str) -> bool:
        """Tell whether it has a part in this role."""
        return role in self.parts

    def word(self, role: str) -> str:
        """Return the English of one role, "" if it has none."""
        found = self.parts.get(role, "")
        if isinstance(found, Node):
            raise TypeError(f"{self.path}{role} is a node, a word is wanted")
        return found

    def node(self, role: str) -> Node:
        """Return the node in one role."""
        found = self.parts[role]
        if isinstance(found, str):
            raise TypeError(f"{self.path}{role} is a word, a node is wanted")
        return found


def meaning(derivation: Derivation) -> tuple[list[Word], Node]:
    """Return the English words, each with its key, and the root of the meaning."""
    rules = iter(derivation)
    words: list[Word] = []
    root = Node("")
    _expand(GRAMMAR.rules[next(rules)], rules, root, words)
    return words, root


def _expand(rule: Rule, rules: Iterator[int], node: Node, words: list[Word]) -> None:
    node.tag = rule.tag or node.tag
    for part in rule.items:
        if part.is_word:
            node.parts[part.role] = part.symbol
            words.append((part.symbol, node.key(part.role)))
            continue
        chosen = GRAMMAR.rules[next(rules)]
        if part.symbol in GRAMMAR.phrases:
            group = [each.symbol for each in chosen.items]
            node.parts[part.role] = " ".join(group)
            words += [(word, node.key(part.role)) for word in group]
        elif part.role:
            child = Node(f"{node.path}{part.role}.")
            node.parts[part.role] = child
            _expand(chosen, rules, child, words)
        else:
            _expand(chosen, rules, node, words)
