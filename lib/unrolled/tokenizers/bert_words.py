"""BERT's words: clean text, Chinese characters apart, no accents, punctuation apart.

Rules of BERT's released code (Devlin et al. 2019), as the ``tokenizers`` package applies them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

from unrolled.arguments import tokenizers as arguments
from unrolled.views import views

__all__ = ["bert_words", "clean_text"]

# CJK ideographs. BERT's own code begins the last but one block at U+2B820; `tokenizers`, whose ids
# published models were trained on, at U+2B920.
_CHINESE = regex.compile(
    "[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df"
    "\U0002a700-\U0002b81f\U0002b920-\U0002ceaf\U0002f800-\U0002fa1f]"
)
_ASCII_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


@lru_cache(maxsize=100_000)
def _cleaned(character: str) -> str:
    """A space for white space, nothing for what cannot be seen, else the character."""
    if character in "\t\n\r":
        return " "
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Co")
    if hidden or character == "\ufffd":
        return ""
    return " " if character.isspace() else character


@lru_cache(maxsize=100_000)
def _is_punctuation(character: str) -> bool:
    """Also the ASCII signs that Unicode calls symbols, such as ``$`` and ``^``."""
    return character in _ASCII_SIGNS or unicodedata.category(character).startswith("P")


@views(check=arguments.text_only)
def clean_text(text: str, lower_case: bool = True) -> str:
    """Bring text to BERT's normal form.

    White space becomes a plain space, control characters go, each Chinese character gets a space on
    both sides. With ``lower_case``, letters lose their accents and become small.

    Args:
        text: any string of Unicode characters.
        lower_case: True for BERT's "uncased" models. Default: True.

    Returns:
        The text in that form.

    Raises:
        TypeError: if ``text`` is not a string.
        ValueError: if ``text`` holds a lone surrogate.

    Matches ``BertNormalizer`` of ``tokenizers``, but for characters that are newer than the Unicode
    tables of one of the two. Letters become small one by one, so a Greek word keeps its σ at the
    end.

    >>> clean_text("Ein Café, 我们")
    'ein cafe,  我  们 '
    """
    visible = "".join(map(_cleaned, text))
    apart = _CHINESE.sub(r" \g<0> ", visible)
    if not lower_case:
        return apart
    letters = unicodedata.normalize("NFD", apart)
    return "".join(c.lower() for c in letters if unicodedata.category(c) != "Mn")


@views(check=arguments.text_only)
def bert_words(text: str, lower_case: bool = True) -> list[str]:
    """Cut text into BERT's words; every punctuation sign is a word of its own.

    Args:
        text: any string of Unicode characters.
        lower_case: see :func:`clean_text`. Default: True.

    Returns:
        The words in order, without white space.

    Raises:
        TypeError: if ``text`` is not a string.
        ValueError: if ``text`` holds a lone surrogate.

    Matches ``BertPreTokenizer`` of ``tokenizers`` on its ``BertNormalizer``'s text.

    >>> bert_words("Don't cost $5!")
    ['don', "'", 't', 'cost', '$', '5', '!']
    """
    cleaned = clean_text(text, lower_case)
    return "".join(f" {c} " if _is_punctuation(c) else c for c in cleaned).split()
