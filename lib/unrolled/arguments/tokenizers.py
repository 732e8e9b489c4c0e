"""What the functions of ``unrolled.tokenizers`` refuse."""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unrolled.arguments import common


def _text(name: str, given: str) -> None:
    """Refuse what is not text, or text that cannot be written as UTF-8."""
    common.instance(name, given, str, "a str")
    try:
        given.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} has the lone surrogate {given[error.start]!r} at index {error.start}, "
            f"Unicode characters are wanted"
        ) from None


def _ids(ids: Any, known: Container[int], vocab_size: int) -> None:
    if isinstance(ids, str) or not hasattr(ids, "__len__"):
        raise TypeError(f"ids is a {type(ids).__name__}, a list of token ids is wanted")
    for position, given in enumerate(ids):
        try:
            token_id = operator.index(given)
        except (TypeError, ValueError):
            raise TypeError(f"ids[{position}] is {given!r}, an integer is wanted") from None
        if token_id not in known:
            raise ValueError(
                f"ids[{position}] is {token_id}, an id of the vocabulary (0 to {vocab_size - 1}) "
                f"is wanted"
            )


def _distinct(ids: Iterable[int]) -> None:
    for given, count in Counter(ids).items():
        if isinstance(given, bool) or not isinstance(given, int) or given < 0:
            raise ValueError(f"vocab has the id {given!r}, integers from 0 on are wanted")
        if count > 1:
            raise ValueError(f"the id {given} stands for {count} tokens, one is wanted")


def pre_tokenize(text: str, split_digits: bool = False) -> None:
    """Refuse what ``pre_tokenize`` cannot use."""
    _text("text", text)


def text_only(text: str, lower_case: bool = True) -> None:
    """Refuse what ``clean_text`` and ``bert_words`` cannot use."""
    _text("text", text)


def train_bpe(text: str, n_merges: int) -> None:
    """Refuse what ``train_bpe`` cannot use."""
    _text("text", text)
    common.not_empty("text", text, "character")
    common.at_least(0, n_merges=n_merges)


def bpe_merge(tokens: Sequence[bytes], ranks: Mapping[tuple[bytes, bytes], int]) -> None:
    """Refuse what ``bpe_merge`` cannot use."""
    common.not_empty("tokens", tokens, "token")
    common.instance("ranks", ranks, Mapping, "a dict")


def several(given: Iterable[str]) -> None:
    """Refuse one string where several are wanted."""
    common.several("special_tokens", given, "a list of strings")


def train(text: str, vocab_size: int, special_tokens: Sequence[str]) -> None:
    """Refuse what ``ByteBPE.train`` cannot use."""
    train_bpe(text, 0)
    several(special_tokens)
    common.at_least(256 + len(set(special_tokens)), vocab_size=vocab_size)


def pairs(merges: Sequence[tuple[bytes, bytes]]) -> None:
    """Refuse merges that are not pairs of bytes."""
    for n, pair in enumerate(merges):
        if len(pair) != 2 or not all(isinstance(token, bytes) for token in pair):
            raise TypeError(f"merges[{n}] is {pair!r}, a pair of bytes is wanted")


def byte_bpe(
    merges: Sequence[tuple[bytes, bytes]],
    special_tokens: Mapping[str, int],
    vocab: Mapping[bytes, int],
) -> None:
    """Refuse what ``ByteBPE`` cannot be made of."""
    for n, (left, right) in enumerate(merges):
        for token in (left, right, left + right):
            if token not in vocab:
                raise ValueError(f"merges[{n}] is {(left, right)!r}, but {token!r} is not in vocab")
    for token in special_tokens:
        _text("a special token", token)
        common.not_empty("a special token", token, "character")
    common.not_empty("vocab", vocab, "token")
    _distinct([*vocab.values(), *special_tokens.values()])


def from_vocab(vocab: Mapping[str, int], special_tokens: Iterable[str]) -> None:
    """Refuse what ``ByteBPE.from_vocab`` cannot use."""
    several(special_tokens)
    common.instance("vocab", vocab, Mapping, "a mapping of token to id")
    _distinct(vocab.values())


def read_json(path: str | Path) -> dict[str, Any]:
    """Return the JSON object in a file, or refuse the file by its name."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{Path(path).name} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{Path(path).name} holds a {type(content).__name__}, an object is wanted")
    return content


def byte_bpe_encode(self: Any, text: str, allow_special: bool = True) -> None:
    """Refuse what ``ByteBPE.encode`` cannot use."""
    _text("text", text)


def known_bytes(tokens: Sequence[bytes], word: str, vocab: Container[bytes]) -> None:
    """Refuse a word with a byte that the vocabulary lacks."""
    for token in tokens:
        if token not in vocab:
            raise ValueError(f"text has {word!r}, and the vocabulary lacks its byte {token!r}")


def byte_bpe_decode(self: Any, ids: Sequence[int], skip_special: bool = False) -> None:
    """Refuse what ``ByteBPE.decode`` cannot use."""
    _ids(ids, self._bytes, self.vocab_size)


def wordpiece_tokenize(
    word: str, vocab: Container[str], unk_token: str = "[UNK]", max_chars: int = 100
) -> None:
    """Refuse what ``wordpiece_tokenize`` cannot use."""
    _text("word", word)
    common.not_empty("word", word, "character")
    if any(character.isspace() for character in word):
        raise ValueError(f"word={word!r} holds white space, one word is wanted")
    common.instance("vocab", vocab, Container, "a dict or a set")
    common.at_least_one(max_chars=max_chars)


def wordpiece(vocab: Mapping[str, int]) -> None:
    """Refuse what ``WordPiece`` cannot be made of."""
    common.instance("vocab", vocab, Mapping, "a mapping of token to id")
    missing = [token for token in ("[UNK]", "[CLS]", "[SEP]") if token not in vocab]
    if missing:
        raise ValueError(f"vocab has no {', '.join(missing)}: WordPiece wants [UNK], [CLS], [SEP]")
    _distinct(vocab.values())


def vocab_lines(lines: Sequence[str]) -> None:
    """Refuse a ``vocab.txt`` that holds a token twice."""
    first: dict[str, int] = {}
    for n, token in enumerate(lines, start=1):
        if token in first:
            raise ValueError(f"lines {first[token]} and {n} both hold {token!r}, once is wanted")
        first[token] = n


def wordpiece_text(self: Any, text: str) -> None:
    """Refuse what ``WordPiece.tokenize`` cannot use."""
    _text("text", text)


def wordpiece_encode(self: Any, text: str, max_len: int | None = None) -> None:
    """Refuse what ``WordPiece.encode`` cannot use."""
    _text("text", text)
    common.at_least(2, **common.given(max_len=max_len))


def wordpiece_encode_pair(self: Any, first: str, second: str, max_len: int | None = None) -> None:
    """Refuse what ``WordPiece.encode_pair`` cannot use."""
    _text("first", first)
    _text("second", second)
    common.at_least(3, **common.given(max_len=max_len))


def wordpiece_decode(self: Any, ids: Sequence[int], skip_special: bool = True) -> None:
    """Refuse what ``WordPiece.decode`` cannot use."""
    _ids(ids, self._tokens, self.vocab_size)
