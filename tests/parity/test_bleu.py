"""BLEU on strings against sacreBLEU, on drawn and on real-looking text, and on every character."""

import sys

import pytest
import sacrebleu
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import _get_tokenizer

from unrolled.decoding import bleu, corpus_bleu
from unrolled.decoding.bleu import _TOKENISERS

WORDS = ["the", "The", "cat", "it's", "3.5", "1,000", "2-3", "state-of-the-art", "...", "&amp;"]
WORDS += [
    "&quot;",
    "&lt;b&gt;",
    "<skipped>",
    "U.S.",
    "$5",
    "50%",
    "(so)",
    "“no”",
    "Straße",
    "我是",
    "学生。",
]
WORDS += [",", ".", "-", "a\u00a0b", "x-\ny", "\n", "カナ", "é", "İ", "𠀀", "--", "5.", ".5", "'"]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)
PAIRS = st.lists(st.tuples(SENTENCES, SENTENCES, SENTENCES), min_size=1, max_size=4)
TEXT = [
    ("Ein Mann mit einem roten Hut, der etwas anstarrt.", "Ein Mann mit Hut starrt etwas an."),
    ("A man in a blue shirt is standing on a ladder.", "A man in a blue shirt stands on a ladder."),
    ("Two dogs (one black) run on 3.5 km of snow-covered road!", "Two dogs run on 3.5 km of road!"),
    ("He said: \"It's 5-1, isn't it?\"", "He said: \"It is 5-1, is it not?\""),
    ("", "Nothing was said."),
]  # fmt: skip
OPTIONS = pytest.mark.parametrize("tokenize", ["13a", "zh", "char", "none"])


def theirs(hypotheses, references, **options):
    """sacreBLEU's score; it wants a list for each set of references."""
    options["smooth_method"] = options.pop("smooth", "exp")
    sets = [list(one) for one in zip(*references, strict=True)]
    return sacrebleu.corpus_bleu(hypotheses, sets, force=True, **options).score


@OPTIONS
@pytest.mark.parametrize("smooth", ["exp", "none"])
@pytest.mark.parametrize("lowercase", [False, True])
@settings(max_examples=60)
@given(pairs=PAIRS)
def test_drawn_text_scores_as_in_sacrebleu(tokenize, smooth, lowercase, pairs):
    hypotheses = [hypothesis for hypothesis, _, _ in pairs]
    options = {"tokenize": tokenize, "lowercase": lowercase, "smooth": smooth}
    for references in ([[one] for _, one, _ in pairs], [[one, two] for _, one, two in pairs]):
        expected = theirs(hypotheses, references, **options)
        assert corpus_bleu(hypotheses, references, **options) == pytest.approx(expected, abs=1e-9)


@OPTIONS
def test_sentences_score_as_in_sacrebleu(tokenize):
    """Half of the words agree, so every precision counts; one reference may be given bare."""
    hypotheses, references = map(list, zip(*TEXT, strict=True))
    expected = theirs(hypotheses, [[one] for one in references], tokenize=tokenize)
    assert 10 < expected < 90
    assert corpus_bleu(hypotheses, references, tokenize=tokenize) == pytest.approx(
        expected, abs=1e-9
    )


def test_the_defaults_are_sacrebleus():
    hypotheses, references = map(list, zip(*TEXT, strict=True))
    expected = sacrebleu.corpus_bleu(hypotheses, [references]).score
    assert corpus_bleu(hypotheses, references) == pytest.approx(expected, abs=1e-9)


@OPTIONS
@settings(max_examples=300)
@given(text=st.text(st.sampled_from("ab.,-'0189 \n\t我。，&;<>qu!~{\u3000\u2028\x1c"), max_size=12))
@example(text="1.")
@example(text=".1,2. 3-4-a")
def test_marks_digits_and_spaces_are_cut_as_in_sacrebleu(tokenize, text):
    tokeniser = _get_tokenizer(tokenize)()
    assert _TOKENISERS[tokenize](text.rstrip()) == tokeniser(text.rstrip()).split()


@OPTIONS
def test_every_character_is_cut_as_in_sacrebleu(tokenize):
    tokeniser = _get_tokenizer(tokenize)()
    surrogates = range(0xD800, 0xE000)
    for start in range(0, 0x30000 if tokenize == "zh" else 0x3000, 64):
        block = [chr(c) for c in range(start, start + 64) if c not in surrogates]
        text = " ".join(f"x{character}y" for character in block)
        assert _TOKENISERS[tokenize](text) == tokeniser(text).split(), hex(start)
    assert _TOKENISERS[tokenize](chr(sys.maxunicode)) == [chr(sys.maxunicode)]


@settings(max_examples=60)
@given(pairs=PAIRS)
def test_token_lists_score_as_text_that_is_cut_at_spaces(pairs):
    hypotheses = [hypothesis for hypothesis, _, _ in pairs]
    references = [[one, two] for _, one, two in pairs]
    expected = theirs(hypotheses, references, tokenize="none")
    cut = [[one.split() for one in several] for several in references]
    ours = bleu([hypothesis.split() for hypothesis in hypotheses], cut)
    assert ours == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("max_n", [1, 2, 3, 5])
def test_other_orders_score_as_in_sacrebleu(max_n):
    hypotheses, references = map(list, zip(*TEXT, strict=True))
    metric = sacrebleu.BLEU(tokenize="none", max_ngram_order=max_n)
    expected = metric.corpus_score(hypotheses, [references]).score
    ours = bleu([one.split() for one in hypotheses], [one.split() for one in references], max_n)
    assert ours == pytest.approx(expected, abs=1e-9)
