"""WordPiece, the tokenizer of BERT: the longest piece that fits, from left to right."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import regex

from unrolled.arguments import tokenizers as arguments
from unrolled.parts import part
from unrolled.tokenizers.bert_words import bert_words
from unrolled.views import views

__all__ = ["WordPiece", "wordpiece_tokenize"]

CACHED_WORDS = 100_000


@views(check=arguments.wordpiece_tokenize)
def wordpiece_tokenize(
    word: str, vocab: Container[str], unk_token: str = "[UNK]", max_chars: int = 100
) -> list[str]:
    """Cut one word into pieces of the vocabulary, each as long as possible.

    Devlin et al. 2019, section 3 (Wu et al. 2016, section 4.1 names the model). Pieces after the
    first carry ``##``, so that the vocabulary tells a word's beginning from its inside.

    Args:
        word: without white space, at least one character.
        vocab: the pieces.
        unk_token: stands for a word that the pieces cannot make up. Default: ``"[UNK]"``.
        max_chars: a longer word is unknown without looking. Default: 100.

    Returns:
        The pieces, or ``[unk_token]`` for the whole word.

    Raises:
        TypeError: if ``word`` is not a string.
        ValueError: if ``word`` is empty or holds white space, or ``max_chars`` is below 1.

    Matches the ``WordPiece`` model of ``tokenizers``.

    >>> wordpiece_tokenize("unrolled", {"un", "##roll", "##rolled", "##ed"})
    ['un', '##rolled']
    """
    if len(word) > max_chars:
        return [unk_token]
    pieces: list[str] = []
    start = 0
    while start < len(word):
        prefix = "##" if start > 0 else ""
        for end in range(len(word), start, -1):
            if prefix + word[start:end] in vocab:
                break
        else:
            return [unk_token]
        pieces.append(prefix + word[start:end])
        start = end
    return pieces


class WordPiece:
    """Text to ids and back as BERT does (Devlin et al. 2019, section 3).

    Args:
        vocab: token to id; has ``[UNK]``, ``[CLS]`` and ``[SEP]``.
        lower_case: True for BERT's "uncased" models, which also drop accents. Default: True.

    Attributes:
        vocab, lower_case: as above.
        special_tokens: those of ``[PAD] [UNK] [CLS] [SEP] [MASK]`` that ``vocab`` has. Written in a
            text they are read as themselves.

    Raises:
        ValueError: if ``vocab`` lacks one of the three, or two tokens share an id.

    Matches ``BertWordPieceTokenizer`` of ``tokenizers`` id for id, but for characters that are
    newer than the Unicode tables of one of the two.

    >>> tokens = ["[UNK]", "[CLS]", "[SEP]", "play", "##ing"]
    >>> tokenizer = WordPiece({token: i for i, token in enumerate(tokens)})
    >>> tokenizer.encode("Playing")
    [1, 3, 4, 2]
    >>> tokenizer.decode([1, 3, 4, 2])
    'playing'
    """

    def __init__(self, vocab: Mapping[str, int], lower_case: bool = True):
        arguments.wordpiece(vocab)
        self.vocab = dict(vocab)
        self.lower_case = lower_case
        names = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
        self.special_tokens = tuple(name for name in names if name in self.vocab)
        self._special = regex.compile(f"({'|'.join(map(regex.escape, self.special_tokens))})")
        self._tokens = {i: token for token, i in self.vocab.items()}
        self._cut = part(wordpiece_tokenize)
        self._cache: dict[str, list[str]] = {}

    @property
    def vocab_size(self) -> int:
        """Rows that an embedding table needs: the largest id plus one."""
        return max(self._tokens) + 1

    @classmethod
    def from_file(cls, vocab_file: str | Path, lower_case: bool = True) -> WordPiece:
        """Read BERT's ``vocab.txt``: one token a line, its id is the line's number from 0.

        Args:
            vocab_file: UTF-8 text.
            lower_case: see :class:`WordPiece`.

        Raises:
            ValueError: if a token stands there twice, or one of the three wanted is missing.
        """
        lines = Path(vocab_file).read_text(encoding="utf-8").removesuffix("\n").split("\n")
        arguments.vocab_lines(lines)
        return cls({token: i for i, token in enumerate(lines)}, lower_case)

    @views(check=arguments.wordpiece_text)
    def tokenize(self, text: str) -> list[str]:
        """Cut text into tokens, without ``[CLS]`` and ``[SEP]`` around it.

        Args:
            text: any string of Unicode characters.

        Raises:
            TypeError: if ``text`` is not a string.
            ValueError: if ``text`` holds a lone surrogate.
        """
        tokens: list[str] = []
        for stretch in self._special.split(text):
            if stretch in self.special_tokens:
                tokens.append(stretch)
            else:
                for word in bert_words(stretch, self.lower_case):
                    tokens += self._pieces(word)
        return tokens

    def _pieces(self, word: str) -> list[str]:
        known = self._cache.get(word)
        if known is None:
            known = self._cut(word, self.vocab)
            if len(self._cache) < CACHED_WORDS:
                self._cache[word] = known
        return known

    @views(check=arguments.wordpiece_encode)
    def encode(self, text: str, max_len: int | None = None) -> list[int]:
        """Turn text into ids: ``[CLS] text [SEP]``.

        Args:
            text: any string of Unicode characters.
            max_len: cut the text so that there are at most so many ids, 2 or more. Default: no end.

        Returns:
            The ids.

        Raises:
            TypeError: if ``text`` is not a string.
            ValueError: if ``text`` holds a lone surrogate, or ``max_len`` is below 2.
        """
        tokens = self.tokenize(text)
        if max_len is not None:
            tokens = tokens[: max_len - 2]
        return [self.vocab[token] for token in ("[CLS]", *tokens, "[SEP]")]

    @views(check=arguments.wordpiece_encode_pair)
    def encode_pair(
        self, first: str, second: str, max_len: int | None = None
    ) -> tuple[list[int], list[int]]:
        """Turn two texts into one row: ``[CLS] first [SEP] second [SEP]``.

        Args:
            first: any string of Unicode characters.
            second: likewise.
            max_len: cut the longer text, then both, so that there are at most so many ids, 3 or
                more. Default: no end.

        Returns:
            ``(ids, segment_ids)``: a segment id is 0 up to the first ``[SEP]`` and 1 after it.

        Raises:
            TypeError: if a text is not a string.
            ValueError: if a text holds a lone surrogate, or ``max_len`` is below 3.
        """
        left, right = self.tokenize(first), self.tokenize(second)
        if max_len is not None:
            n_left, n_right = _shares(len(left), len(right), max_len - 3)
            left, right = left[:n_left], right[:n_right]
        tokens = ["[CLS]", *left, "[SEP]", *right, "[SEP]"]
        segment_ids = [0] * (len(left) + 2) + [1] * (len(right) + 1)
        return [self.vocab[token] for token in tokens], segment_ids

    @views(check=arguments.wordpiece_decode)
    def decode(self, ids: Sequence[int], skip_special: bool = True) -> str:
        """Turn ids into text: words with one space between, pieces joined.

        Args:
            ids: a list or a vector of ids of this tokenizer.
            skip_special: leave ``[CLS]``, ``[UNK]`` and their like out. Default: True.

        Returns:
            The text. Capitals, accents and the spaces around punctuation are not known any more.

        Raises:
            TypeError: if an id is not an integer.
            ValueError: if an id is not in the vocabulary.

        Matches ``decode`` of ``tokenizers`` with ``decoders.WordPiece(cleanup=False)``.
        """
        skipped = self.special_tokens if skip_special else ()
        tokens = [token for i in ids if (token := self._tokens[int(i)]) not in skipped]
        rest = [t.removeprefix("##") if t.startswith("##") else f" {t}" for t in tokens[1:]]
        return "".join([*tokens[:1], *rest])


def _shares(n_first: int, n_second: int, room: int) -> tuple[int, int]:
    """How many tokens of each text fit; the longer one gives way first."""
    shorter, longer = sorted((n_first, n_second))
    longer = min(longer, max(shorter, room - shorter))
    if shorter + longer > room:
        shorter, longer = room // 2, room - room // 2
    return (longer, shorter) if n_first > n_second else (shorter, longer)
