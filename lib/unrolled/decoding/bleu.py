"""BLEU: how many runs of words a translation shares with its references (Papineni et al. 2002).

A score is a percentage of a whole corpus, 0 to 100. On strings it equals sacreBLEU's (Post 2018),
whose tokenisers are followed to the letter, so that scores can be compared with published ones.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from unrolled.arguments import decoding as arguments
from unrolled.views import views

__all__ = ["bleu", "corpus_bleu"]

Tokens = Sequence[Hashable]


@views(check=arguments.bleu)
def bleu(
    hypotheses: Sequence[Tokens],
    references: Sequence[Tokens] | Sequence[Sequence[Tokens]],
    max_n: int = 4,
    smooth: str = "exp",
) -> float:
    r"""Score the translations of a corpus, given as lists of tokens.

    .. math::
        \mathrm{BLEU} = 100 \cdot \min\left(1, e^{1 - r / c}\right)
        \exp\left(\frac{1}{N} \sum_{n=1}^{N} \log p_n\right)

    Papineni et al. 2002, section 2.3. The precision :math:`p_n` is the share of the hypotheses'
    n-grams that a reference has too, counted over the whole corpus; an n-gram counts at most as
    often as the reference that has it most (clipping), so that "the the the" earns one "the". The
    brevity penalty compares the hypotheses' length :math:`c` with the references' :math:`r`, the
    closest one of each sentence, the shorter if two are as close.

    Where no n-gram of some order matches, the paper's score is 0. Exponential smoothing puts
    1/2, 1/4, ... of a match in the place of the first, second, ... order that has none.

    Args:
        hypotheses: one list of tokens a sentence; tokens are words or ids.
        references: for each hypothesis one list of tokens, or a list of several such lists.
        max_n: longest n-gram, ``N``, at least 1. Default: 4.
        smooth: ``"exp"`` or ``"none"``. Default: ``"exp"``.

    Shape:
        lists of equal length to one number.

    Returns:
        The score, 0 to 100. It is 0 if nothing matches or no hypothesis has ``max_n`` tokens.

    Raises:
        TypeError: if sentences are not lists of tokens.
        ValueError: if there is no hypothesis, the numbers of hypotheses and references differ, or
            an option is unknown.

    Matches ``sacrebleu.corpus_bleu(..., tokenize="none")`` within 1e-9.

    >>> hypothesis, reference = "the cat sat on the mat".split(), "the cat sat on a mat".split()
    >>> round(bleu([hypothesis], [reference]), 2)
    53.73
    """

    def ngrams(tokens: Tokens, n: int) -> Counter:
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    matches, totals = [0] * max_n, [0] * max_n
    hypothesis_length = reference_length = 0
    for hypothesis, given in zip(hypotheses, references, strict=True):
        several = _as_several(given)
        off_by = [(abs(len(reference) - len(hypothesis)), len(reference)) for reference in several]
        hypothesis_length += len(hypothesis)
        reference_length += min(off_by)[1]  # the closest; of two as close, the shorter
        for n in range(1, max_n + 1):
            counts, most = ngrams(hypothesis, n), Counter()
            for reference in several:
                most |= ngrams(reference, n)  # of each n-gram the larger count
            matches[n - 1] += (counts & most).total()  # of each n-gram the smaller count
            totals[n - 1] += counts.total()
    if not any(matches) or not all(totals) or (smooth == "none" and not all(matches)):
        return 0.0
    log_precision, credit = 0.0, 1.0
    for matched, total in zip(matches, totals, strict=True):
        if matched == 0:
            credit /= 2  # 1/2, 1/4, ... of a match for the orders that have none
        log_precision += math.log((matched or credit) / total) / max_n
    brevity = min(1.0, math.exp(1 - reference_length / hypothesis_length))
    return 100 * brevity * math.exp(log_precision)


@views(check=arguments.corpus_bleu)
def corpus_bleu(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    tokenize: str = "13a",
    lowercase: bool = False,
    smooth: str = "exp",
) -> float:
    """Score the translations of a corpus, given as plain text, as sacreBLEU does.

    Text goes in as people write it: sacreBLEU (Post 2018) cuts it up itself, so that scores do not
    depend on whose tokeniser was used. Say which options a score was made with.

    Args:
        hypotheses: one string a sentence.
        references: for each hypothesis one string, or a list of several. (The ``sacrebleu``
            package wants the transpose: a list for each *set* of references.)
        tokenize: ``"13a"`` (Western languages), ``"zh"`` (Chinese: every character a token, the
            rest nearly as 13a), ``"char"`` (every character), ``"none"`` (at white space). Default:
            ``"13a"``.
        lowercase: compare in lower case. Default: False.
        smooth: see :func:`bleu`. Default: ``"exp"``.

    Shape:
        lists of equal length to one number.

    Returns:
        The score, 0 to 100, of n-grams up to 4.

    Raises:
        TypeError: if sentences are not strings.
        ValueError: if there is no hypothesis, the numbers of hypotheses and references differ, or
            an option is unknown.

    Matches ``sacrebleu.corpus_bleu`` (version 2) within 1e-9.

    >>> round(corpus_bleu(["The cat's here, now."], ["The cat's here now."]), 2)
    37.99
    >>> round(corpus_bleu(["我是一名学生。"], ["我是学生。"], tokenize="zh"), 2)
    30.74
    """
    cut = _TOKENISERS[tokenize]

    def tokens(text: str) -> list[str]:
        return cut((text.lower() if lowercase else text).rstrip())

    cut_references = [
        [tokens(one) for one in ([given] if isinstance(given, str) else given)]
        for given in references
    ]
    return bleu([tokens(text) for text in hypotheses], cut_references, smooth=smooth)


def _as_several(given: Sequence) -> Sequence[Tokens]:
    """References of one sentence as a list of lists, whether it has one or several."""
    return given if given and isinstance(given[0], list | tuple) else [given]


# --- sacreBLEU's tokenisers ---------------------------------------------------------------------

# The rules of NIST's mteval-v13a script: every ASCII mark but ' , - . stands alone; a full stop or
# comma does unless it is between digits; a hyphen does after a digit.
_RULES = (
    (re.compile(r"([!-&(-+/:-@\[-`{-~])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
# Chinese characters and marks as sacreBLEU lists them. Two of its ranges beyond the basic plane
# are written with four digits, so that U+2001 to U+2A6D are split too and the rare characters
# from U+20000 are not. Scores are to be comparable, so it is kept.
_CHINESE = re.compile(
    "([\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31ef\u3200-\u4db5\u4e00-\u9fbb"
    "\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef])"
)


def _split_marks(text: str) -> list[str]:
    for rule, replacement in _RULES:
        text = rule.sub(replacement, text)
    return text.split()


def _cut_13a(text: str) -> list[str]:
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, mark in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        text = text.replace(entity, mark)
    return _split_marks(f" {text} ")


def _cut_zh(text: str) -> list[str]:
    return _split_marks(_CHINESE.sub(r" \1 ", text.strip()))


def _cut_char(text: str) -> list[str]:
    return list("".join(text.split()))


_TOKENISERS: dict[str, Callable[[str], list[str]]] = {
    "13a": _cut_13a,
    "zh": _cut_zh,
    "char": _cut_char,
    "none": str.split,
}
