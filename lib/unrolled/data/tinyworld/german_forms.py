"""German inflection: articles, adjective endings, relative pronouns.

Every table is read by case (nom, acc, dat) and then gender (m, f, n; p for every plural).
"""

from __future__ import annotations

__all__ = ["article", "ending", "relative_pronoun"]

GENDERS = "mfnp"
DEFINITE = {"nom": "der die das die", "acc": "den die das die", "dat": "dem der dem den"}
RELATIVE = {**DEFINITE, "dat": "dem der dem denen"}
THIS = {
    "nom": "dieser diese dieses diese",
    "acc": "diesen diese dieses diese",
    "dat": "diesem dieser diesem diesen",
}
A = {"nom": "ein eine ein", "acc": "einen eine ein", "dat": "einem einer einem"}
# After der and dieser; after ein and kein; without an article (here only in the plural).
WEAK = {"nom": "e e e en", "acc": "en e e en", "dat": "en en en en"}
MIXED = {"nom": "er e es en", "acc": "en e es en", "dat": "en en en en"}
STRONG = {"nom": "er e es e", "acc": "en e es e", "dat": "em er em en"}
ENDINGS = {"weak": WEAK, "mixed": MIXED, "strong": STRONG}

_ARTICLES = {
    word for table in (DEFINITE, THIS, A) for row in table.values() for word in row.split()
}
SMALL_WORDS = {"denen", *_ARTICLES, *("k" + word for row in A.values() for word in row.split())}


def _look_up(table: dict[str, str], gender: str, is_plural: bool, case: str) -> str:
    return table[case].split()[GENDERS.index("p" if is_plural else gender)]


def article(
    english: str, is_denied: bool, gender: str, is_plural: bool, case: str
) -> tuple[str, str]:
    """Return which endings the adjective takes after an article, and the article itself.

    Args:
        english: the, this, these, a, an or "" (no article: "three dogs").
        is_denied: whether "not ... a" is meant: kein.
        gender: m, f or n.
        is_plural: whether the noun is plural.
        case: nom, acc or dat.

    >>> article("a", True, "m", False, "acc")
    ('mixed', 'keinen')
    """
    if english == "the":
        return "weak", _look_up(DEFINITE, gender, is_plural, case)
    if english in ("this", "these"):
        return "weak", _look_up(THIS, gender, is_plural, case)
    if english in ("a", "an"):
        return "mixed", "k" * is_denied + _look_up(A, gender, False, case)
    return "strong", ""


def ending(kind: str, gender: str, is_plural: bool, case: str) -> str:
    """Return an adjective's ending; ``kind`` is what :func:`article` says.

    >>> "neu" + ending("mixed", "n", False, "nom")   # ein neues Buch
    'neues'
    """
    return _look_up(ENDINGS[kind], gender, is_plural, case)


def relative_pronoun(gender: str, is_plural: bool, case: str) -> str:
    """Return der, die, das, den, dem or denen, by the noun it stands for and its own case.

    >>> relative_pronoun("f", True, "dat")   # die Frauen, denen Anna hilft
    'denen'
    """
    return _look_up(RELATIVE, gender, is_plural, case)
