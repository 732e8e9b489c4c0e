"""Words and bytes: what byte-level BPE (Radford et al. 2019, section 2.2) starts from."""

from __future__ import annotations

import regex

from unrolled.arguments import tokenizers as arguments
from unrolled.views import views

__all__ = ["BYTE_CHARACTERS", "BYTE_TOKENS", "pre_tokenize", "to_bytes", "to_characters"]

# The pattern of GPT-2's released code: contractions, then letters, numbers and other signs, each
# with at most one space before; the last white space of a run is left to the word that follows.
_GPT2_WORDS = regex.compile(
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)
_SINGLE_DIGITS = regex.compile(r"\p{N}|\P{N}+")


def _byte_characters() -> dict[int, str]:
    """A printable character for each byte: itself where it is visible, else from U+0100 on."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    shown = {byte: chr(byte) for byte in visible}
    return shown | {byte: chr(256 + i) for i, byte in enumerate(hidden)}


# GPT-2 writes tokens into its files in these characters; a space is shown as "Ġ".
BYTE_CHARACTERS: dict[int, str] = _byte_characters()
_CHARACTER_BYTES = {character: byte for byte, character in BYTE_CHARACTERS.items()}
# The 256 tokens that no merge makes, in the order of their ids in GPT-2: "!" is 0.
BYTE_TOKENS: tuple[bytes, ...] = tuple(bytes([byte]) for byte in BYTE_CHARACTERS)


def to_characters(token: bytes) -> str:
    """Write a token in the printable characters of GPT-2's files; the inverse of `to_bytes`.

    >>> to_characters(b" the")
    'Ġthe'
    """
    return "".join(BYTE_CHARACTERS[byte] for byte in token)


def to_bytes(characters: str) -> bytes:
    """Read a token that is written in the printable characters of GPT-2's files.

    Raises:
        KeyError: if a character stands for no byte.
    """
    return bytes(_CHARACTER_BYTES[character] for character in characters)


@views(check=arguments.pre_tokenize)
def pre_tokenize(text: str, split_digits: bool = False) -> list[str]:
    """Cut text into the words that merges may not cross, with GPT-2's pattern.

    Args:
        text: any string of Unicode characters.
        split_digits: first set every digit apart, as SmolLM2 does. Default: False.

    Returns:
        The words in order; joined they are ``text`` again. A space belongs to the word after it.

    Raises:
        TypeError: if ``text`` is not a string.
        ValueError: if ``text`` holds a lone surrogate, which no encoding of Unicode has.

    Matches ``ByteLevel(add_prefix_space=False)`` of ``tokenizers`` (after
    ``Digits(individual_digits=True)`` with ``split_digits``), but for characters that are newer
    than the Unicode tables of one of the two.

    >>> pre_tokenize("I'm 42  now")
    ['I', "'m", ' 42', ' ', ' now']
    """
    stretches = _SINGLE_DIGITS.findall(text) if split_digits else [text]
    return [word for stretch in stretches for word in _GPT2_WORDS.findall(stretch)]
