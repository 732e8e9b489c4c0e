"""The tokenizer of GPT-2 and, with single digits, of SmolLM2."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import regex

from unrolled.arguments import common
from unrolled.arguments import tokenizers as arguments
from unrolled.parts import part
from unrolled.tokenizers.bpe import bpe_merge, train_bpe
from unrolled.tokenizers.byte_level import BYTE_TOKENS, pre_tokenize, to_bytes, to_characters
from unrolled.views import views

__all__ = ["ByteBPE"]

CACHED_WORDS = 100_000


class ByteBPE:
    """Text to ids and back by byte-level BPE (Radford et al. 2019, section 2.2).

    Args:
        merges: pairs of tokens to join, in the order they were learned (:func:`train_bpe`).
        special_tokens: strings that are one token each, such as ``"<|endoftext|>"``. A mapping
            gives their ids; otherwise they get the ids after all others. Default: none.
        vocab: token to id. Default: the 256 bytes as in GPT-2, then one token for each merge.
        split_digits: make every digit a word of its own, as SmolLM2 does. Default: False.

    Attributes:
        merges, vocab, special_tokens (a mapping), split_digits: as above.

    Raises:
        TypeError: if a merge is not a pair of ``bytes``, or a special token not a string.
        ValueError: if a merge joins or makes a token that ``vocab`` does not have, a special token
            is empty, or two tokens share an id.

    Matches ``ByteLevelBPETokenizer`` of ``tokenizers`` id for id, but for characters that are newer
    than the Unicode tables of one of the two. A byte that ``vocab`` lacks (SmolLM2's lacks those of
    six control characters) is refused here and left out there; special tokens of a tokenizer
    trained here get the last ids, as GPT-2's has, and there the first.

    >>> tokenizer = ByteBPE([(b"h", b"e")], special_tokens=["<end>"])
    >>> tokenizer.encode("he<end>")
    [256, 257]
    >>> tokenizer.decode([256, 257])
    'he<end>'
    """

    def __init__(
        self,
        merges: Iterable[tuple[bytes, bytes]],
        special_tokens: Iterable[str] | Mapping[str, int] = (),
        vocab: Mapping[bytes, int] | None = None,
        split_digits: bool = False,
    ):
        arguments.several(special_tokens)
        common.several("merges", merges, "a list of pairs of bytes")
        self.merges = [tuple(pair) for pair in merges]
        arguments.pairs(self.merges)
        self.vocab = dict(vocab) if vocab is not None else _numbered(self.merges)
        self.special_tokens = _special_ids(special_tokens, self.vocab)
        self.split_digits = split_digits
        arguments.byte_bpe(self.merges, self.special_tokens, self.vocab)
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        special = {i: token.encode() for token, i in self.special_tokens.items()}
        self._bytes = {i: token for token, i in self.vocab.items()} | special
        # Longest first, so that no special token hides one that it is the beginning of.
        alternatives = sorted(self.special_tokens, key=len, reverse=True)
        self._special = regex.compile("|".join(map(regex.escape, alternatives)) or r"(?!)")
        self._cache: dict[str, list[int]] = {}

    @property
    def vocab_size(self) -> int:
        """Rows that an embedding table needs: the largest id plus one."""
        return max(self._bytes) + 1

    @classmethod
    def train(cls, text: str, vocab_size: int, special_tokens: Sequence[str] = ()) -> ByteBPE:
        """Learn a tokenizer from text.

        Args:
            text: what to learn from, at least one character.
            vocab_size: tokens in all, special ones included; at least 256 and those.
            special_tokens: see :class:`ByteBPE`; they get the last ids.

        Returns:
            A tokenizer with ``vocab_size`` tokens, or fewer where ``text`` offers no more merges.

        Raises:
            ValueError: if ``text`` is empty or ``vocab_size`` too small.

        >>> ByteBPE.train("low lower lowest", vocab_size=259).encode("slow")
        [82, 257]
        """
        arguments.train(text, vocab_size, special_tokens)
        special_tokens = list(dict.fromkeys(special_tokens))
        n_merges = vocab_size - len(BYTE_TOKENS) - len(special_tokens)
        return cls(part(train_bpe)(text, n_merges), special_tokens)

    @classmethod
    def from_vocab(
        cls,
        vocab: Mapping[str, int],
        merges: Iterable[str],
        special_tokens: Iterable[str] = (),
        split_digits: bool = False,
    ) -> ByteBPE:
        """Build a tokenizer from tokens in GPT-2's printable characters, as files hold them.

        Args:
            vocab: token to id, for example ``{"!": 0, "Ġthe": 262}``.
            merges: two tokens with one space between, for example ``"Ġt he"``.
            special_tokens: the tokens of ``vocab`` that stand for themselves; others get new ids.
            split_digits: True for SmolLM2. Default: False.

        Raises:
            ValueError: if a token has a character that stands for no byte, or a merge is malformed.
        """
        arguments.from_vocab(vocab, special_tokens)
        special = _special_ids(special_tokens, vocab)
        plain = {_bytes_of(token): i for token, i in vocab.items() if token not in special}
        pairs = [_merge_of(line, n) for n, line in enumerate(merges, start=1)]
        return cls(pairs, special, plain, split_digits)

    @classmethod
    def from_files(
        cls,
        vocab_file: str | Path,
        merges_file: str | Path,
        special_tokens: Iterable[str] = (),
        split_digits: bool = False,
    ) -> ByteBPE:
        """Read GPT-2's ``vocab.json`` and ``merges.txt``.

        Args:
            vocab_file: JSON object of token to id.
            merges_file: one merge a line; a first line that begins with ``#version`` is skipped.
            special_tokens: see :meth:`from_vocab`; GPT-2's is ``"<|endoftext|>"``.
            split_digits: see :meth:`from_vocab`.

        Raises:
            ValueError: if a file is not of that form.
        """
        vocab = arguments.read_json(vocab_file)
        lines = Path(merges_file).read_text(encoding="utf-8").split("\n")
        first = 1 if lines[0].startswith("#version") else 0
        merges = [line for line in lines[first:] if line]
        return cls.from_vocab(vocab, merges, special_tokens, split_digits)

    def save(self, folder: str | Path) -> None:
        """Write ``vocab.json`` and ``merges.txt`` as GPT-2 does, and ``options.json`` for the rest.

        Args:
            folder: made if it is not there.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        vocab = {to_characters(token): i for token, i in self.vocab.items()} | self.special_tokens
        merges = (" ".join(map(to_characters, pair)) for pair in self.merges)
        options = {"special_tokens": list(self.special_tokens), "split_digits": self.split_digits}
        texts = {
            "vocab.json": json.dumps(vocab, ensure_ascii=False),
            "merges.txt": "\n".join(["#version: 0.2", *merges, ""]),
            "options.json": json.dumps(options, ensure_ascii=False),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: str | Path) -> ByteBPE:
        """Read what :meth:`save` wrote.

        Args:
            folder: where it was written.

        Raises:
            ValueError: if a file is damaged.
        """
        folder = Path(folder)
        options = arguments.read_json(folder / "options.json")
        return cls.from_files(folder / "vocab.json", folder / "merges.txt", **options)

    @views(check=arguments.byte_bpe_encode)
    def encode(self, text: str, allow_special: bool = True) -> list[int]:
        """Turn text into ids.

        Args:
            text: any string of Unicode characters, the empty one included.
            allow_special: False reads special tokens in ``text`` as plain characters, so that what
                a user types cannot end their turn. Default: True.

        Returns:
            Ids, for which ``decode(encode(text)) == text``.

        Raises:
            TypeError: if ``text`` is not a string.
            ValueError: if it has a lone surrogate, or a byte that the vocabulary lacks.
        """
        ids: list[int] = []
        start = 0
        for found in self._special.finditer(text) if allow_special else ():
            ids += self._encode_words(text[start : found.start()])
            ids.append(self.special_tokens[found.group()])
            start = found.end()
        return ids + self._encode_words(text[start:])

    def _encode_words(self, text: str) -> list[int]:
        ids: list[int] = []
        for word in pre_tokenize(text, self.split_digits):
            known = self._cache.get(word)
            if known is None:
                known = self._encode_word(word)
                if len(self._cache) < CACHED_WORDS:
                    self._cache[word] = known
            ids += known
        return ids

    def _encode_word(self, word: str) -> list[int]:
        tokens = [bytes([byte]) for byte in word.encode()]
        arguments.known_bytes(tokens, word, self.vocab)
        return [self.vocab[token] for token in bpe_merge(tokens, self._ranks)]

    @views(check=arguments.byte_bpe_decode)
    def decode(self, ids: Sequence[int], skip_special: bool = False) -> str:
        """Turn ids into text.

        Args:
            ids: a list or a vector of ids of this tokenizer.
            skip_special: leave special tokens out. Default: False.

        Returns:
            The text; bytes that are no UTF-8 (a character cut in two) become U+FFFD.

        Raises:
            TypeError: if an id is not an integer.
            ValueError: if an id is not in the vocabulary.
        """
        skipped = set(self.special_tokens.values()) if skip_special else ()
        tokens = [self._bytes[int(i)] for i in ids if int(i) not in skipped]
        return b"".join(tokens).decode(errors="replace")


def _numbered(merges: Iterable[tuple[bytes, bytes]]) -> dict[bytes, int]:
    """Bytes first, then what the merges make, each once."""
    made = [left + right for left, right in merges]
    return {token: i for i, token in enumerate(dict.fromkeys([*BYTE_TOKENS, *made]))}


def _special_ids(
    special_tokens: Iterable[str] | Mapping[str, int], vocab: Mapping[Any, int]
) -> dict[str, int]:
    """The ids that are given, here or in the vocabulary, and the following ones for the rest."""
    if isinstance(special_tokens, Mapping):
        return dict(special_tokens)
    new = count(max(vocab.values(), default=-1) + 1)
    return {
        token: vocab[token] if token in vocab else next(new)
        for token in dict.fromkeys(special_tokens)
    }


def _bytes_of(token: str) -> bytes:
    try:
        return to_bytes(token)
    except KeyError as error:
        raise ValueError(
            f"vocab has {token!r}: {error.args[0]!r} stands for no byte. Tokens in GPT-2's "
            f"printable characters are wanted, or name it in special_tokens"
        ) from None


def _merge_of(line: str, number: int) -> tuple[bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 2 or not all(parts):
        raise ValueError(
            f"merge {number} is {line!r}, two tokens with one space between are wanted"
        )
    return _bytes_of(parts[0]), _bytes_of(parts[1])
