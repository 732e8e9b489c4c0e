"""Readers of the real data sets: Tiny Shakespeare, Multi30k, movie reviews and WNUT-17.

Each reads files whose bytes the registry has verified, and still names the line that it cannot
make sense of. Tatoeba's sentences have a module of their own, since each keeps its credit.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass

from unrolled.data.registry import fetch

__all__ = [
    "ABOUT",
    "About",
    "movie_reviews",
    "multi30k",
    "numbered_lines",
    "tiny_shakespeare",
    "wnut17",
]


@dataclass(frozen=True)
class About:
    """Where a data set is from.

    Attributes:
        source: a page about it.
        licence: on which terms it may be used.
        credit: who made it, as they ask to be cited.
    """

    source: str
    licence: str
    credit: str


ABOUT = {
    "tiny_shakespeare": About(
        "https://github.com/karpathy/char-rnn",
        "public domain",
        "William Shakespeare; selected by Andrej Karpathy for char-rnn (2015)",
    ),
    "multi30k": About(
        "https://github.com/multi30k/dataset",
        "research use, see the source's README",
        "Elliott, Frank, Sima'an and Specia (2016), Multi30K: Multilingual English-German Image "
        "Descriptions",
    ),
    "movie_reviews": About(
        "https://www.cs.cornell.edu/people/pabo/movie-review-data/",
        "research use",
        "Pang and Lee (2005), Seeing Stars: Exploiting Class Relationships for Sentiment "
        "Categorization with Respect to Rating Scales",
    ),
    "wnut17": About(
        "https://github.com/leondz/emerging_entities_17",
        "CC-BY 4.0",
        "Derczynski, Nichols, van Erp and Limsopatham (2017), Results of the WNUT2017 Shared Task "
        "on Novel and Emerging Entity Recognition",
    ),
    "tatoeba": About(
        "https://tatoeba.org",
        "CC-BY 2.0 FR",
        "the authors named in each row's credit; pairs collected by manythings.org/anki; "
        "in simplified script: github.com/13luoyu/Transformer-machine-translation",
    ),
}

_MULTI30K = {"train": "train", "valid": "val", "test": "test_2016_flickr"}
_WNUT17 = {
    "train": "wnut17train.conll",
    "valid": "emerging.dev.conll",
    "test": "emerging.test.annotated",
}
_KINDS = ("person", "location", "corporation", "product", "creative-work", "group")
_TAGS = frozenset(["O", *(f"{b}-{kind}" for b in "BI" for kind in _KINDS)])


def numbered_lines(name: str, encoding: str = "utf-8") -> Iterator[tuple[str, str]]:
    """Yield each line of a registered file with its place, as in ``"wnut17/x.conll, line 3"``.

    Only a line feed ends a line: ``str.splitlines`` would also cut at the 0x85 of the reviews.

    Raises:
        ValueError: if a line cannot be decoded; it names the line.
    """
    path = fetch(name)
    content = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1):
        place = f"{name}, line {number}"
        try:
            yield place, line.decode(encoding)
        except UnicodeDecodeError as error:
            raise ValueError(f"{place}: {encoding} text is wanted ({error.reason})") from error


def _one_of(split: str | None, splits: tuple[str | None, ...]) -> None:
    if split not in splits:
        wanted = ", ".join(repr(each) for each in splits)
        raise ValueError(f"split={split!r} is given, one of {wanted} is wanted")


def tiny_shakespeare(split: str | None = None) -> str:
    """Return Tiny Shakespeare, 1.1 million characters of his plays.

    Args:
        split: ``"train"`` for the first nine tenths of the characters, ``"valid"`` for the rest
            (nanoGPT's division), None for everything.

    Raises:
        ValueError: if ``split`` is another word, or a line is not UTF-8.
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    _one_of(split, (None, "train", "valid"))
    text = "".join(line + "\n" for _, line in numbered_lines("tinyshakespeare.txt"))
    cut = int(0.9 * len(text))
    return {None: text, "train": text[:cut], "valid": text[cut:]}[split]


def multi30k(split: str = "train") -> list[tuple[str, str]]:
    """Return Multi30k's image descriptions as (German, English) pairs.

    Args:
        split: ``"train"`` (29,000 pairs), ``"valid"`` (1,014) or ``"test"`` (1,000: test2016).

    Raises:
        ValueError: if ``split`` is another word; if a line is empty or not UTF-8 (it is named), or
            the two languages have different numbers of lines.
        DataUnavailable: if a file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    _one_of(split, tuple(_MULTI30K))
    german, english = (_sentences(f"multi30k/{_MULTI30K[split]}.{x}.gz") for x in ("de", "en"))
    if len(german) != len(english):
        raise ValueError(
            f"multi30k {split}: {len(german)} German and {len(english)} English lines, as many of "
            f"one as of the other are wanted"
        )
    return list(zip(german, english, strict=True))


def _sentences(name: str, encoding: str = "utf-8") -> list[str]:
    sentences = []
    for place, line in numbered_lines(name, encoding):
        if not line.strip():
            raise ValueError(f"{place}: empty, a sentence is wanted")
        sentences.append(line.strip())
    return sentences


def movie_reviews() -> tuple[list[str], list[int]]:
    """Return sentences from film reviews, and for each 1 for praise or 0 for blame.

    The 5,331 that praise come first, in the file's order: shuffle before you split.

    Returns:
        The texts (tokenised and in lower case, as published) and their labels.

    Raises:
        ValueError: if a line is empty or not Windows-1252; it is named.
        DataUnavailable: if a file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    # Windows-1252 is Latin-1 with dashes and quotation marks where Latin-1 has control codes.
    praise = _sentences("rt-polarity/rt-polarity.pos", "cp1252")
    blame = _sentences("rt-polarity/rt-polarity.neg", "cp1252")
    return praise + blame, [1] * len(praise) + [0] * len(blame)


def wnut17(split: str = "train") -> list[list[tuple[str, str]]]:
    """Return WNUT-17's sentences: (token, BIO tag) pairs of new and rare entities.

    Args:
        split: ``"train"``, ``"valid"`` (the shared task's dev set) or ``"test"``.

    Returns:
        Sentences, none of them empty. Tags: O, or B- or I- with person, location, corporation,
        product, creative-work or group.

    Raises:
        ValueError: if ``split`` is another word, or a line is no token, tab and tag (it is named).
        DataUnavailable: if the file is not here; see :func:`unrolled.data.registry.fetch`.
        DataCorrupt: if its bytes are not the pinned ones.
    """
    _one_of(split, tuple(_WNUT17))
    sentences: list[list[tuple[str, str]]] = [[]]
    for place, line in numbered_lines(f"wnut17/{_WNUT17[split]}"):
        if not line.strip():  # some of these lines hold a tab
            sentences.append([])
            continue
        token, tab, tag = line.partition("\t")
        if not (token and tab and tag in _TAGS):
            raise ValueError(f"{place}: {line!r}, a token, a tab and a BIO tag are wanted")
        sentences[-1].append((token, tag))
    return [sentence for sentence in sentences if sentence]
