"""Pairs of sentences as ids, and their batches.

Shapes: ``B`` batch, ``T`` positions (``Ts`` of the source, ``Tt`` of the target).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from unrolled.arguments import common
from unrolled.data import tinyworld
from unrolled.tokenizers import ByteBPE, train_bpe
from unrolled.tokenizers.byte_level import BYTE_TOKENS, to_bytes, to_characters

__all__ = [
    "BOS", "EOS", "PAD", "Pairs", "batches", "encode_pairs", "learn_pieces", "padded",
    "read_pieces", "tinyworld_exam", "tinyworld_pairs", "write_pieces",
]  # fmt: skip

PAD, BOS, EOS = 0, 1, 2
POOL = 50  # batches whose sentences are sorted by length together
Pairs = Sequence[tuple[list[int], list[int]]]


class Encoder(Protocol):
    """What turns a sentence into ids: a vocabulary of words, or pieces of words."""

    def encode(self, sentence: Any, /) -> list[int]: ...


def learn_pieces(text: str, vocab_size: int) -> ByteBPE:
    """Learn pieces of words by byte-pair encoding; the ids 0, 1 and 2 stay free for ours.

    Args:
        text: what to learn from, at least one character.
        vocab_size: ids in all, at least 259: ours, the 256 bytes, and the merges.

    Returns:
        The tokenizer. The text of each id: padding is ``<pad>``, then ``<bos>`` and ``<eos>``.

    Raises:
        ValueError: if ``text`` is empty or ``vocab_size`` below 259.

    >>> pieces = learn_pieces("low lower lowest", vocab_size=262)
    >>> pieces.decode(pieces.encode("slow")), pieces.vocab_size
    ('slow', 262)
    """
    common.at_least(len(BYTE_TOKENS) + 3, vocab_size=vocab_size)
    return _from_merges(train_bpe(text, vocab_size - len(BYTE_TOKENS) - 3))


def write_pieces(pieces: ByteBPE) -> str:
    """Write what :func:`learn_pieces` learned as one text, to be kept beside a model's weights.

    Args:
        pieces: the tokenizer.

    Returns:
        A merge a line, in GPT-2's printable characters.

    >>> print(write_pieces(learn_pieces("low lower lowest", vocab_size=262)))
    l o
    lo w
    Ġ low
    """
    return "\n".join(" ".join(map(to_characters, pair)) for pair in pieces.merges)


def read_pieces(text: str) -> ByteBPE:
    """Read what :func:`write_pieces` wrote.

    Args:
        text: a merge a line.

    Returns:
        The tokenizer, with the same ids.

    Raises:
        ValueError: if a line is not two tokens with a space between.

    >>> read_pieces("l o\\nlo w").decode([3, 260])
    '!low'
    """
    merges = []
    for line in text.splitlines():
        if len(parts := line.split(" ")) != 2:
            raise ValueError(f"text has the line {line!r}, two tokens with a space are wanted")
        merges.append((to_bytes(parts[0]), to_bytes(parts[1])))
    return _from_merges(merges)


def _from_merges(merges: list[tuple[bytes, bytes]]) -> ByteBPE:
    tokens = dict.fromkeys([*BYTE_TOKENS, *(left + right for left, right in merges)])
    vocab = {token: i for i, token in enumerate(tokens, start=3)}
    return ByteBPE(merges, {"<pad>": PAD, "<bos>": BOS, "<eos>": EOS}, vocab)


def encode_pairs(
    pairs: Iterable[tuple[Any, Any]], source: Encoder, target: Encoder
) -> list[tuple[list[int], list[int]]]:
    """Turn pairs of sentences into ids; each target sentence gets its end.

    Args:
        pairs: source and target sentences, as ``source`` and ``target`` read them: lists of words
            for a vocabulary, text for pieces of words.
        source: turns a source sentence into ids.
        target: turns a target sentence into ids.

    Returns:
        A pair of lists of ids for each pair.

    Raises:
        ValueError: if a source sentence has no token.

    >>> words = tinyworld.Vocabulary(["dogs", "Hunde"])
    >>> encode_pairs([(["dogs"], ["Hunde"])], words, words)
    [([4], [5, 2])]
    """
    encoded = []
    for one, other in pairs:
        ids = list(source.encode(one))
        common.not_empty("source sentence", ids, "token")
        encoded.append((ids, [*target.encode(other), EOS]))
    return encoded


def tinyworld_pairs(
    sentences: Iterable[tinyworld.Sentence], language: str = "german"
) -> list[tuple[list[int], list[int]]]:
    """Turn TinyWorld's sentences into pairs of ids, English to another language.

    Args:
        sentences: from :func:`unrolled.data.tinyworld.generate`.
        language: ``"german"`` or ``"chinese"``. Default: ``"german"``.

    Returns:
        As :func:`encode_pairs`, with the ids of ``tinyworld.vocabulary``.

    Raises:
        ValueError: if it is another language.

    >>> len(tinyworld_pairs(tinyworld.generate(3, seed=8)))
    3
    """
    source, target = tinyworld.vocabulary("english"), tinyworld.vocabulary(language)
    return encode_pairs(((s.english, getattr(s, language)) for s in sentences), source, target)


def tinyworld_exam(edges: Sequence[int], each: int, seed: int = 0) -> list[tinyworld.Sentence]:
    """Draw test sentences, as many long ones as short ones, to measure quality against length.

    Args:
        edges: the most English words of each group, in rising order; at most 20, since longer
            sentences are rare.
        each: sentences of each group, at least 1.
        seed: any integer.

    Returns:
        The sentences, of structures that the split ``"train"`` does not have, in the order drawn.

    Raises:
        ValueError: if ``each`` is below 1, or ``edges`` is empty or above 20.

    >>> sorted(len(sentence.english) for sentence in tinyworld_exam((6, 9), each=2, seed=3))
    [6, 6, 7, 9]
    """
    common.at_least(1, each=each)
    if not edges or max(edges) > 20:
        raise ValueError(f"edges={tuple(edges)}: at least one is wanted, none above 20")
    counts, chosen = [0] * len(edges), []
    for sentence in tinyworld.sentences(seed, split="test"):
        long = len(sentence.english)
        group = next((g for g, edge in enumerate(edges) if long <= edge), None)
        if group is not None and counts[group] < each:
            counts[group] += 1
            chosen.append(sentence)
        if min(counts) == each:
            break
    return chosen


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Put sentences of different lengths into one tensor, filled up with ``PAD`` behind.

    Args:
        rows: ids of each sentence, at least one sentence.

    Shape:
        result ``(B, T)``, int64, T the longest sentence.

    Returns:
        The tensor.

    Raises:
        ValueError: if there is no row.

    >>> padded([[5, 6, 7], [8]])
    tensor([[5, 6, 7],
            [8, 0, 0]])
    """
    common.not_empty("rows", rows, "sentence")
    return pad_sequence([torch.tensor(row, dtype=torch.int64) for row in rows], batch_first=True)


def batches(pairs: Pairs, batch_size: int, seed: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield every pair once, in batches of similar length and in an order that the seed draws.

    Fifty batches at a time are drawn at random, sorted by length, and cut: sentences that stand
    together need little padding, and no two seeds have the same batches.

    Args:
        pairs: from :func:`encode_pairs`, at least one.
        batch_size: pairs of a batch, at least 1; the last one may have fewer.
        seed: any integer that is not negative.

    Shape:
        each batch: source ``(B, Ts)``, target ``(B, Tt)``.

    Returns:
        An iterator over the batches.

    Raises:
        ValueError: if there is no pair or a number is out of range.

    >>> [source.tolist() for source, _ in batches([([3, 4], [2]), ([5], [2])], batch_size=2)]
    [[[5, 0], [3, 4]]]
    """
    common.not_empty("pairs", pairs, "pair")
    common.at_least(1, batch_size=batch_size)
    common.at_least(0, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(pairs), generator=generator).tolist()
    groups = []
    for start in range(0, len(order), POOL * batch_size):
        pool = order[start : start + POOL * batch_size]
        pool.sort(key=lambda i: (len(pairs[i][0]), len(pairs[i][1])))
        groups += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    for g in torch.randperm(len(groups), generator=generator).tolist():
        chosen = [pairs[i] for i in groups[g]]
        yield padded([source for source, _ in chosen]), padded([target for _, target in chosen])
