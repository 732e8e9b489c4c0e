"""A proof, by search, that a grammar gives no sentence two derivations.

Claim D(X): whoever reads words that X may begin and that X's followers may go on with can tell
where X ends and by which rules it was made. It is proved from the leaves up (no symbol contains
itself). Two derivations of X that differ begin with different rules. Their right sides are read
side by side: a common first symbol Y is struck from both, which D(Y) allows; otherwise the higher
of the two first symbols is replaced by each of its rules. If the words then differ, the two cannot
be confused. They can if both end together, or if one ends where the other goes on with a word that
may also follow X.
"""

from itertools import combinations

from unrolled.data.tinyworld.parsing import Parser


def confusable_rules(parser: Parser, start: str) -> list[tuple[str, int, int]]:
    """Return (symbol, rule, rule) wherever the proof fails; none means no ambiguity."""
    grammar, follow = parser.grammar, _follow(parser, start)
    rank = {symbol: i for i, symbol in enumerate(grammar.leaves_first)}
    right = [tuple((part.symbol, part.is_word) for part in rule.items) for rule in grammar.rules]

    def first(items):
        """The words that items may begin with, and whether they may be no word at all."""
        words = set()
        for symbol, is_word in items:
            words |= {symbol} if is_word else parser.first[symbol]
            if is_word or symbol not in parser.may_be_empty:
                return words, False
        return words, True

    def confused(one, other, after, seen):
        while one and other and one[0] == other[0]:
            one, other = one[1:], other[1:]
        if (one, other) in seen:
            return False
        seen.add((one, other))
        (begin, may_end), (begin_other, may_end_other) = first(one), first(other)
        if not one or not other:
            return (may_end and may_end_other) or not after.isdisjoint(begin | begin_other)
        if begin.isdisjoint(begin_other) and not may_end and not may_end_other:
            return False
        if rank.get(one[0][0], -1) < rank.get(other[0][0], -1) or one[0][1]:
            one, other = other, one
        symbol, is_word = one[0]
        if is_word:
            return False
        return any(
            confused(right[i] + one[1:], other, after, seen) for i in grammar.rules_of[symbol]
        )

    return [
        (symbol, i, j)
        for symbol in grammar.leaves_first
        if symbol in follow
        for i, j in combinations(grammar.rules_of[symbol], 2)
        if confused(right[i], right[j], follow[symbol], set())
    ]


def _follow(parser: Parser, start: str) -> dict[str, set[str]]:
    """The words that may come after each symbol that a sentence can contain."""
    grammar = parser.grammar
    follow = {start: set()}
    for symbol in reversed(grammar.leaves_first):
        if symbol not in follow:
            continue
        for i in grammar.rules_of[symbol]:
            after = set(follow[symbol])
            for part in reversed(grammar.rules[i].items):
                if part.is_word:
                    after = {part.symbol}
                    continue
                follow.setdefault(part.symbol, set()).update(after)
                begin = parser.first[part.symbol]
                after = (after if part.symbol in parser.may_be_empty else set()) | begin
    return follow
