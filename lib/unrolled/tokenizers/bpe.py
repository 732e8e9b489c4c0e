"""Byte-pair encoding: merges learned from counts (Sennrich et al. 2016), then applied."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from unrolled.arguments import tokenizers as arguments
from unrolled.tokenizers.byte_level import BYTE_TOKENS, pre_tokenize
from unrolled.views import views

__all__ = ["bpe_merge", "train_bpe"]

# From this many tokens on the heap pays for itself; words are mostly shorter, Chinese clauses not.
LONG_WORD = 32


def _train_incrementally(text: str, n_merges: int) -> list[tuple[bytes, bytes]]:
    """The same merges without counting every pair again after each: only changed words are."""
    counts = Counter(pre_tokenize(text))
    token_of = list(BYTE_TOKENS)
    id_of = {token: i for i, token in enumerate(token_of)}
    words = [[id_of[bytes([byte])] for byte in word.encode()] for word in counts]
    pairs = _PairCounts(words, list(counts.values()))
    merges = []
    while len(merges) < n_merges and (best := pairs.most_frequent()):
        left, right = token_of[best[0]], token_of[best[1]]
        merges.append((left, right))
        token_of.append(left + right)
        pairs.merge(best, len(token_of) - 1)
    return merges


class _PairCounts:
    """How often each pair of neighbours occurs, kept up to date while pairs are merged."""

    def __init__(self, words: list[list[int]], weights: list[int]):
        self.words = words
        self.weights = weights
        self.counts: Counter[tuple[int, int]] = Counter()
        self.where: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        for index, word in enumerate(words):
            for pair in pairwise(word):
                self.counts[pair] += weights[index]
                self.where[pair].add(index)
        self.heap = [(-count, pair) for pair, count in self.counts.items()]
        heapq.heapify(self.heap)

    def most_frequent(self) -> tuple[int, int] | None:
        """The pair that occurs most, lowest ids first; entries that are out of date are dropped."""
        while self.heap:
            negative, pair = heapq.heappop(self.heap)
            if -negative == self.counts[pair] > 0:
                return pair
        return None

    def merge(self, pair: tuple[int, int], merged: int) -> None:
        """Replace a pair by one token in every word that has it."""
        left, right = pair
        changed: set[tuple[int, int]] = set()
        for index in self.where.pop(pair):
            word = self.words[index]
            i = 0
            while i < len(word) - 1:
                if word[i] == left and word[i + 1] == right:
                    changed |= self._join(index, i, merged)
                i += 1
        for other in changed:
            heapq.heappush(self.heap, (-self.counts[other], other))

    def _join(self, index: int, i: int, merged: int) -> set[tuple[int, int]]:
        """Put one token for two at one place; return the pairs whose counts have changed."""
        word, weight = self.words[index], self.weights[index]
        gone, new = [(word[i], word[i + 1])], []
        if i > 0:
            gone.append((word[i - 1], word[i]))
            new.append((word[i - 1], merged))
        if i + 2 < len(word):
            gone.append((word[i + 1], word[i + 2]))
            new.append((merged, word[i + 2]))
        word[i : i + 2] = [merged]
        for pair in gone:
            self.counts[pair] -= weight
        for pair in new:
            self.counts[pair] += weight
            self.where[pair].add(index)
        return {*gone, *new}


@views(check=arguments.train_bpe, fast=_train_incrementally)
def train_bpe(text: str, n_merges: int) -> list[tuple[bytes, bytes]]:
    """Learn which neighbouring tokens to join, most frequent pair first.

    Sennrich, Haddow and Birch 2016, algorithm 1, on the bytes of each word instead of its
    characters (Radford et al. 2019): 256 tokens write any text, so nothing is unknown. A merge
    never crosses a word of :func:`pre_tokenize`. Where several pairs occur equally often, the one
    with the lowest token ids is taken (left token first): bytes are numbered as in ``BYTE_TOKENS``,
    and each new token gets the next number.

    Args:
        text: what to learn from, at least one character.
        n_merges: how many merges to learn, at least 0.

    Returns:
        The merges in order, each as (left token, right token); fewer than ``n_merges`` where every
        word has become one token.

    Raises:
        TypeError: if ``text`` is not a string or ``n_merges`` not an int.
        ValueError: if ``text`` is empty or has a lone surrogate, or ``n_merges`` is negative.

    Matches ``BpeTrainer`` of ``tokenizers`` with ``ByteLevel`` words, its byte alphabet and no
    least frequency: the same merges in the same order.

    >>> train_bpe("low lower lowest", 3)
    [(b'l', b'o'), (b'lo', b'w'), (b' ', b'low')]
    """
    counts = Counter(pre_tokenize(text))
    words = {word: [bytes([byte]) for byte in word.encode()] for word in counts}
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    merges: list[tuple[bytes, bytes]] = []
    while len(merges) < n_merges:
        pairs: Counter[tuple[bytes, bytes]] = Counter()
        for word, tokens in words.items():
            for pair in pairwise(tokens):
                pairs[pair] += counts[word]
        if not pairs:
            break
        left, right = min(pairs, key=lambda pair: (-pairs[pair], ids[pair[0]], ids[pair[1]]))
        merges.append((left, right))
        ids[left + right] = len(ids)
        for tokens in words.values():
            i = 0
            while i < len(tokens) - 1:
                if tokens[i] == left and tokens[i + 1] == right:
                    tokens[i : i + 2] = [left + right]
                i += 1
    return merges


def _merge_with_heap(
    tokens: Sequence[bytes], ranks: Mapping[tuple[bytes, bytes], int]
) -> list[bytes]:
    """The same tokens in n log n steps for a word of n: no scan of the whole word per merge."""
    n = len(tokens)
    if n < LONG_WORD:
        return NotImplemented
    pieces = list(tokens)  # b"" where a token was swallowed by the one before
    before, after = list(range(-1, n - 1)), list(range(1, n + 1))
    pairs = ((i, (tokens[i], tokens[i + 1])) for i in range(n - 1))
    heap = [(ranks[pair], i, pair) for i, pair in pairs if pair in ranks]
    heapq.heapify(heap)
    while heap:
        _, i, (left, right) = heapq.heappop(heap)
        j = after[i]
        if j == n or (pieces[i], pieces[j]) != (left, right):
            continue  # a neighbour has been merged since
        pieces[i], pieces[j] = left + right, b""
        after[i] = after[j]
        if after[i] < n:
            before[after[i]] = i
        for k in (before[i], i):
            if k >= 0 and after[k] < n and (pair := (pieces[k], pieces[after[k]])) in ranks:
                heapq.heappush(heap, (ranks[pair], k, pair))
    return [piece for piece in pieces if piece]


@views(check=arguments.bpe_merge, fast=_merge_with_heap)
def bpe_merge(tokens: Sequence[bytes], ranks: Mapping[tuple[bytes, bytes], int]) -> list[bytes]:
    """Join the tokens of one word: the merge learned first goes first, the leftmost place first.

    Args:
        tokens: the word as it stands, usually its bytes; at least one.
        ranks: each merge with its place in the list of merges.

    Returns:
        The tokens when no merge applies any more; joined they are the same bytes.

    Raises:
        ValueError: if ``tokens`` is empty.

    Matches the BPE model of ``tokenizers``.

    >>> bpe_merge([b"a", b"a", b"a", b"b"], {(b"a", b"a"): 0, (b"a", b"b"): 1})
    [b'aa', b'ab']
    """
    pieces = list(tokens)
    while True:
        pairs = enumerate(pairwise(pieces))
        ranked = [(ranks[pair], i) for i, pair in pairs if pair in ranks]
        if not ranked:
            return pieces
        _, i = min(ranked)
        pieces[i : i + 2] = [pieces[i] + pieces[i + 1]]
