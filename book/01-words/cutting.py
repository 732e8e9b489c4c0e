"""Chapter 1's measurements of cutting: what stays unknown, and how long a text becomes.

English is Tiny Shakespeare, its first nine tenths to learn from; Chinese is Tatoeba's, of which
every tenth sentence is held out. What is counted here stands in ``chapter01.json``; the pages need
neither text, and no file of a published tokenizer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from unrolled.data import tatoeba, tiny_shakespeare
from unrolled.tokenizers import ByteBPE, WordPiece

# Our own sentence: a number, a rare word, a spelling mistake, Chinese and a sign.
TEXT = "The dog unearthed 2048 bonez: 狗找到了骨头 🦴"
KINDS = (250, 500, 1000, 2000, 4000, 8000, 0)  # words or characters in a vocabulary; 0: all
SIZES = (256, 512, 1024, 2048, 4096, 8192)  # tokens of a BPE
SHOWN = 1024  # tokens of the BPE that cuts TEXT


def words_of(text: str) -> list[str]:
    """Runs of letters, with apostrophes inside, in small letters."""
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.lower())


def characters_of(text: str) -> list[str]:
    """Every character but white space."""
    return [character for character in text if not character.isspace()]


def texts() -> dict[str, tuple[str, str]]:
    """Language to what a vocabulary is learned from and what it is tried on."""
    chinese = [row.chinese for row in tatoeba.load_rows()]
    chinese = list(dict.fromkeys(chinese))  # the same sentence may translate several
    learned = "\n".join(line for n, line in enumerate(chinese) if n % 10)
    tried = "\n".join(chinese[::10])
    return {
        "English": (tiny_shakespeare("train"), tiny_shakespeare("valid")),
        "Chinese": (learned, tried),
    }


def unknown_shares(learned: Sequence[str], tried: Sequence[str]) -> list[dict]:
    """With the most frequent kinds as the vocabulary: what share of a new text is not in it."""
    order = [kind for kind, _ in Counter(learned).most_common()]
    rows = []
    for size in sorted({min(size or len(order), len(order)) for size in KINDS}):
        known = set(order[:size])
        lost = sum(token not in known for token in tried)
        rows.append({"kinds": size, "unknown": round(lost / len(tried), 5)})
    return rows


def once(learned: Sequence[str]) -> float:
    """Share of the kinds that occur a single time."""
    counts = Counter(learned)
    return round(sum(n == 1 for n in counts.values()) / len(counts), 4)


def truncated(bpe: ByteBPE, size: int) -> ByteBPE:
    """The tokenizer that training had been when it had so many tokens."""
    return ByteBPE(bpe.merges[: size - 256])


def shown(token: bytes) -> str:
    """A token as characters, a space as ␣; bytes that are no whole characters by their numbers."""
    try:
        told = token.decode()
    except UnicodeDecodeError:
        told = "".join(chr(byte) if byte < 128 else f"⟨{byte:02x}⟩" for byte in token)
    return told.replace(" ", "␣").replace("\n", "⏎")


def byte_pieces(tokenizer: ByteBPE, text: str) -> list[str]:
    """How a byte-level BPE cuts a text."""
    token_of = {i: token for token, i in tokenizer.vocab.items()}
    return [shown(token_of[i]) for i in tokenizer.encode(text)]


def four_ways(own: ByteBPE, smollm2: ByteBPE, minilm: WordPiece) -> dict[str, list[str]]:
    """The pieces of ``TEXT`` by four tokenizers; characters Shakespeare lacks are ``[UNK]``."""
    alphabet = set(tiny_shakespeare("train"))
    characters = [shown(c.encode()) if c in alphabet else "[UNK]" for c in TEXT]
    return {
        "characters of Shakespeare": characters,
        f"BPE of Shakespeare, {len(own.vocab):,} tokens": byte_pieces(own, TEXT),
        f"SmolLM2, byte-level BPE, {smollm2.vocab_size:,}": byte_pieces(smollm2, TEXT),
        f"MiniLM, WordPiece, {minilm.vocab_size:,}": minilm.tokenize(TEXT),
    }


def per_character(cut: Callable[[str], Sequence], text: str) -> float:
    """Tokens per character of a text."""
    return round(len(cut(text)) / len(text), 4)


# What the pages show of the record.


def unknown(record: dict, language: str) -> tuple[list[int], list[float]]:
    """Sizes of the vocabulary and the share of a new text, in %, that is not in it."""
    rows = record["unknown"][language]["shares"]
    return [row["kinds"] for row in rows], [100 * row["unknown"] for row in rows]


def lengths(record: dict, learned: str, tried: str) -> tuple[list[int], list[float]]:
    """Tokens in a BPE learned from one language, and tokens per character of the other's text."""
    rows = [r for r in record["lengths"] if (r["learned"], r["tried"]) == (learned, tried)]
    return [row["tokens"] for row in rows], [row["per_character"] for row in rows]


def four_ways_rows(record: dict) -> list[list[str | int]]:
    """Rows of a table: tokenizer, how many tokens, how many of them unknown, and the pieces."""
    return [
        [name, len(pieces), pieces.count("[UNK]"), " | ".join(pieces)]
        for name, pieces in record["four_ways"]["pieces"].items()
    ]


def published_rows(record: dict) -> list[list[str]]:
    """Rows of a table: published tokenizers, and tokens per character of both languages."""
    return [
        [row["tokenizer"], *(f"{row[language]:.2f}" for language in ("English", "Chinese"))]
        for row in record["published"]
    ]
