"""Our tokenizers against the `tokenizers` package: the same merges, the same ids."""

import json
import os
import unicodedata

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import decoders, pre_tokenizers

from unrolled.data import fetch, tatoeba, tinyworld
from unrolled.tokenizers import ByteBPE, WordPiece, bert_words, clean_text, pre_tokenize

# Characters whose kind is the same in Unicode 3.2 and now, so that both packages know them, and
# some that came later.
_OLD = unicodedata.ucd_3_2_0
STABLE = [
    character
    for character in map(chr, range(0x110000))
    if _OLD.category(character) == unicodedata.category(character) not in ("Cn", "Cs")
]
LATER = "😀👩‍🚀🇨🇳🏽ẞ₿㐀"
SIGNS = "'\"!?.,;:-()[]{}$%&*+<=>@^_`|~/\\#"
COMMON = "aeiou stn thr TH 0123456789 \t\n\r  éüßñ 我们学生。，" + SIGNS
# U+2B820 to U+2B91F: see the comment in bert_words.
texts = st.one_of(
    st.text(COMMON), st.text(st.sampled_from(STABLE)), st.text([*STABLE[:600], *LATER])
)

# Shakespeare, sonnet 18 (1609); Analects 1.1 and Li Bai, Quiet Night Thought. Public domain.
SONNET = """Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date;
"""
CLASSICS = """子曰：「學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？」
床前明月光，疑是地上霜。举头望明月，低头思故乡。
"""


def english_text():
    return SONNET + "\n".join(s.english_text for s in tinyworld.generate(300, seed=3))


def chinese_text():
    return CLASSICS + "\n".join(s.chinese_text for s in tinyworld.generate(300, seed=3))


def shakespeare_text():
    return fetch("tinyshakespeare.txt").read_text(encoding="utf-8")


def tatoeba_text():
    return "\n".join(chinese for _, chinese in tatoeba.load_pairs())


REAL = pytest.mark.skipif(
    not os.environ.get("UNROLLED_DATA"), reason="UNROLLED_DATA names no folder of real data"
)


@pytest.mark.parametrize(
    ("read", "vocab_size"),
    [
        (english_text, 700),
        (chinese_text, 900),
        (lambda: SONNET, 1000),  # more than there are merges
        pytest.param(shakespeare_text, 4000, marks=REAL),
        pytest.param(tatoeba_text, 4000, marks=REAL),
    ],
    ids=["english", "chinese", "all merges", "Tiny Shakespeare", "Tatoeba"],
)
def test_byte_bpe_learns_the_same_merges_and_gives_the_same_ids(read, vocab_size, tmp_path):
    text = read()
    ours = ByteBPE.train(text, vocab_size)
    theirs = tokenizers.ByteLevelBPETokenizer()
    theirs.train_from_iterator([text], vocab_size, min_frequency=1, show_progress=False)
    theirs.save_model(str(tmp_path))
    loaded = ByteBPE.from_files(tmp_path / "vocab.json", tmp_path / "merges.txt")
    assert ours.merges == loaded.merges
    assert ours.vocab == loaded.vocab
    assert ours.encode(text) == theirs.encode(text).ids
    ours.save(tmp_path / "ours")
    assert json.loads((tmp_path / "ours" / "vocab.json").read_bytes()) == theirs.get_vocab()
    their_merges = (tmp_path / "merges.txt").read_bytes()
    assert (tmp_path / "ours" / "merges.txt").read_bytes() == their_merges


@given(st.text("ab ,我", min_size=1, max_size=80), st.integers(257, 300))
def test_byte_bpe_breaks_ties_in_the_same_way(text, vocab_size):
    theirs = tokenizers.ByteLevelBPETokenizer()
    theirs.train_from_iterator([text], vocab_size, min_frequency=1, show_progress=False)
    ours = ByteBPE.train(text, vocab_size)
    vocab = sorted(theirs.get_vocab().items(), key=lambda item: item[1])
    assert list(ours.vocab.values()) == [i for _, i in vocab]
    assert [ours.decode([i]) for i in range(256, ours.vocab_size)] == [
        theirs.decode([i]) for i in range(256, ours.vocab_size)
    ]
    assert ours.encode(text) == theirs.encode(text).ids


@pytest.fixture(scope="module")
def byte_bpe(tmp_path_factory):
    """Ours and theirs from the same files, with special tokens and single digits, as SmolLM2's."""
    special = ["<|im_start|>", "<|im_end|>", "<|im_end|>2"]
    folder = tmp_path_factory.mktemp("bpe")
    trained = tokenizers.ByteLevelBPETokenizer()
    text = english_text() + chinese_text() + SIGNS * 3
    trained.train_from_iterator([text], 900, special_tokens=special, show_progress=False)
    trained.save_model(str(folder))
    files = folder / "vocab.json", folder / "merges.txt"
    single = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    theirs = {}
    for split in (False, True):
        theirs[split] = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*map(str, files)))
        theirs[split].pre_tokenizer = pre_tokenizers.Sequence(single[0 if split else 1 :])
        theirs[split].decoder = decoders.ByteLevel()
        theirs[split].add_special_tokens(special)
    ours = {split: ByteBPE.from_files(*files, special, split) for split in (False, True)}
    return ours, theirs


@given(text=texts, split=st.booleans())
def test_byte_bpe_gives_the_same_ids_for_any_text(byte_bpe, text, split):
    ours, theirs = (side[split] for side in byte_bpe)
    ids = ours.encode(text)
    assert ids == theirs.encode(text).ids
    assert ours.decode(ids) == text
    assert ours.decode(ids[1:-1], skip_special=True) == theirs.decode(ids[1:-1])


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>user\nWhat is 12 + 345?  \n\n 67<|im_end|>\n<|im_start|>assistant\n",
        "<|im_end|>2<|im_end|> 2 <|im_end|><|im_start|>",
        "<|im_start |> <| im_end|>",
        "1 2  34\t5½Ⅳ٣ x9y",
        "学生" * 200,
        "a" * 999,
    ],
)
def test_byte_bpe_reads_chats_digits_and_long_words_alike(byte_bpe, text, split):
    ours, theirs = (side[split] for side in byte_bpe)
    assert ours.encode(text) == theirs.encode(text).ids


@given(text=texts)
def test_words_are_cut_in_the_same_places(text):
    pieces = pre_tokenizers.ByteLevel(add_prefix_space=False).pre_tokenize_str(text)
    assert pre_tokenize(text) == [text[start:end] for _, (start, end) in pieces]


@pytest.mark.parametrize("lower_case", [True, False])
@given(text=texts)
def test_berts_words_are_the_same(lower_case, text):
    normalizer = tokenizers.normalizers.BertNormalizer(lowercase=lower_case)
    clean = normalizer.normalize_str(text)
    assert clean_text(text, lower_case) == clean
    pieces = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(clean)
    assert bert_words(text, lower_case) == [word for word, _ in pieces]


def test_berts_words_are_the_same_for_every_stable_character():
    normalizer = tokenizers.normalizers.BertNormalizer()
    text = " ".join(f"a{character}B" for character in STABLE)
    clean = normalizer.normalize_str(text)
    pieces = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(clean)
    # Lists, so that a difference shows the characters around it.
    assert clean_text(text).split(" ") == clean.split(" ")
    assert bert_words(text) == [word for word, _ in pieces]


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def word_piece(request, tmp_path_factory):
    """Ours and theirs from the same vocabulary, learned from our texts."""
    folder = tmp_path_factory.mktemp("wordpiece")
    options = {"lowercase": request.param}
    trained = tokenizers.BertWordPieceTokenizer(**options)
    text = [english_text(), chinese_text(), SIGNS, "0 1 2 3 4 5 6 7 8 9"]
    trained.train_from_iterator(text, 500, min_frequency=1, show_progress=False)
    trained.save_model(str(folder))
    vocab_file = folder / "vocab.txt"
    theirs = tokenizers.BertWordPieceTokenizer(str(vocab_file), **options)
    # "cleanup" would also write "do not" as "don't".
    theirs._tokenizer.decoder = decoders.WordPiece(cleanup=False)
    return WordPiece.from_file(vocab_file, request.param), theirs


@given(text=st.one_of(texts, st.lists(st.sampled_from(SONNET.split())).map(" ".join)))
def test_wordpiece_gives_the_same_ids(word_piece, text):
    ours, theirs = word_piece
    ids = ours.encode(text)
    assert ids == theirs.encode(text).ids
    assert ours.decode(ids) == theirs.decode(ids)
    assert ours.decode(ids, skip_special=False) == theirs.decode(ids, skip_special_tokens=False)


@pytest.mark.parametrize(
    "text",
    [
        "The [MASK] of [UNK] [CLS][SEP] [mask] [PAD]",
        "summerly " + "a" * 100 + " " + "a" * 101,
        "ΟΔΥΣΣΕΥΣ İstanbul Ǆ ǅ straße STRASSE",
        "I do not, don't! 学生们。we're",
        "",
    ],
)
def test_wordpiece_gives_the_same_ids_for_hard_texts(word_piece, text):
    ours, theirs = word_piece
    assert ours.encode(text) == theirs.encode(text).ids


@given(first=st.text("ab c.我"), second=st.text("ab c.我"), max_len=st.integers(3, 25))
def test_wordpiece_gives_the_same_pairs(word_piece, first, second, max_len):
    ours, theirs = word_piece
    whole = theirs.encode(first, second)
    assert ours.encode_pair(first, second) == (whole.ids, whole.type_ids)
    theirs.enable_truncation(max_len)
    try:
        pair, single = theirs.encode(first, second), theirs.encode(first)
    finally:
        theirs.no_truncation()
    assert ours.encode_pair(first, second, max_len) == (pair.ids, pair.type_ids)
    assert ours.encode(first, max_len) == single.ids
