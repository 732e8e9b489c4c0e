"""WordPiece: BERT's words, their pieces, rows with [CLS] and [SEP]. No peer is needed here."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unrolled.parts import use
from unrolled.tokenizers import WordPiece, bert_words, clean_text, wordpiece, wordpiece_tokenize

TOKENS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##roll", "##rolled", "##ed", "roll",
    "r", "##o", "play", "##ing", "##s", "cat", ".", ",", "'", "我", "们", "a", "##a",
]  # fmt: skip
VOCAB = {token: i for i, token in enumerate(TOKENS)}
TOKENIZER = WordPiece(VOCAB)


def ids(*tokens):
    return [VOCAB[token] for token in tokens]


# BERT's words


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("A\tb\nc\rd\u00a0e\u3000f\u2028g", "a b c d e f g"),
        ("a\0b\ufffdc\x07d\u200de\ufefff\ue000g\u00adh", "abcdefgh"),
        ("Café ÅÉÎ İ", "cafe aei i"),
        ("e\u0301 i\u0331\u0301", "e i"),
        ("ΟΔΟΣ", "οδοσ"),
        ("ẞ ǅ \u2126", "ß ǆ ω"),  # the ohm sign is taken for the letter
        ("我们a", " 我  们 a"),
        ("\u3400\u4dbf", " \u3400  \u4dbf "),
        ("\u33ff\u4dc0\u3042ｱ한", "\u33ff\u4dc0\u3042ｱ\u1112\u1161\u11ab"),  # not Chinese
        ("\uf900\ufaff", " 豈  \ufaff "),
        ("\U00020000\U0002a6df", " \U00020000  \U0002a6df "),
        ("\U0002a6e0\U0002ceb0", "\U0002a6e0\U0002ceb0"),
        ("\U0002a700\U0002b81f", " \U0002a700  \U0002b81f "),
        ("\U0002b91f\U0002b920\U0002ceaf", "\U0002b91f \U0002b920  \U0002ceaf "),
    ],
)
def test_text_is_cleaned(text, clean):
    assert clean_text(text) == clean


def test_cased_models_keep_capitals_and_accents():
    assert clean_text("Café\tΟΔΟΣ 我", lower_case=False) == "Café ΟΔΟΣ  我 "
    assert bert_words("Café, OK", lower_case=False) == ["Café", ",", "OK"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t ", []),
        ("Hello, world!", ["hello", ",", "world", "!"]),
        ("a$b^c`d~e+f=g|h<i>j", list("a$b^c`d~e+f=g|h<i>j")),
        ("it's (1.5)", ["it", "'", "s", "(", "1", ".", "5", ")"]),
        ("¿qué? «a» 。我、", ["¿", "que", "?", "«", "a", "»", "。", "我", "、"]),
        ("a€b ©2", ["a€b", "©2"]),  # symbols beyond ASCII are no punctuation
        ("....", [".", ".", ".", "."]),
    ],
)
def test_words_are_those_of_bert(text, words):
    assert bert_words(text) == words


@given(st.text())
def test_words_are_clean_and_lose_no_visible_character(text):
    words = bert_words(text)
    assert "".join(words) == "".join(clean_text(text).split())
    assert not any(c.isspace() for word in words for c in word)


# Pieces of a word


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("the", ["the"]),
        ("unrolled", ["un", "##rolled"]),  # not ##roll ##ed: the longest first
        ("unrolleded", ["un", "##rolled", "##ed"]),
        ("rolls", ["roll", "##s"]),
        ("roro", ["[UNK]"]),  # r ##o, then only ##r would do
        ("ro", ["r", "##o"]),
        ("playx", ["[UNK]"]),  # all of it is unknown, not its end
        ("xplay", ["[UNK]"]),
        ("ing", ["[UNK]"]),  # ##ing does not begin a word
        ("thethe", ["[UNK]"]),  # the does not go on a word
    ],
)
def test_the_longest_piece_that_fits_is_taken(word, pieces):
    assert wordpiece_tokenize(word, VOCAB) == pieces
    assert wordpiece_tokenize(word, set(TOKENS)) == pieces


def test_the_first_choice_is_kept_even_where_another_would_fit():
    vocab = {"ab", "a", "##bc", "##b", "##c"}
    assert wordpiece_tokenize("abc", vocab) == ["ab", "##c"]
    assert wordpiece_tokenize("abc", vocab - {"##c"}) == ["[UNK]"]
    assert wordpiece_tokenize("abc", vocab - {"ab"}) == ["a", "##bc"]


def test_a_long_word_is_unknown():
    assert wordpiece_tokenize("a" * 100, VOCAB) == ["a"] + ["##a"] * 99
    assert wordpiece_tokenize("a" * 101, VOCAB) == ["[UNK]"]
    assert wordpiece_tokenize("aaa", VOCAB, max_chars=3) == ["a", "##a", "##a"]
    assert wordpiece_tokenize("aaaa", VOCAB, "<?>", 3) == ["<?>"]
    assert wordpiece_tokenize("x", VOCAB, unk_token="<?>") == ["<?>"]
    assert wordpiece_tokenize("a", VOCAB, max_chars=1) == ["a"]


@given(st.text("abc", min_size=1, max_size=12), st.sets(st.text("abc", min_size=1, max_size=3)))
def test_pieces_joined_are_the_word(word, known):
    vocab = {"[UNK]", *known, *(f"##{piece}" for piece in known)}
    pieces = wordpiece_tokenize(word, vocab)
    if pieces != ["[UNK]"]:
        assert "".join(piece.removeprefix("##") for piece in pieces) == word
        assert all(piece.startswith("##") for piece in pieces[1:])
        rest = word
        for piece in pieces:  # nothing longer was in the vocabulary
            n = len(piece.removeprefix("##"))
            mark = "##" if rest is not word else ""
            assert not any(mark + rest[:m] in vocab for m in range(n + 1, len(rest) + 1))
            rest = rest[n:]


# Rows of ids


def test_a_row_begins_with_cls_and_ends_with_sep():
    assert TOKENIZER.tokenize("The cat unrolled.") == ["the", "cat", "un", "##rolled", "."]
    row = ids("[CLS]", "the", "cat", "un", "##rolled", ".", "[SEP]")
    assert TOKENIZER.encode("The cat unrolled.") == row
    assert TOKENIZER.encode("") == ids("[CLS]", "[SEP]")
    assert TOKENIZER.encode("dog") == ids("[CLS]", "[UNK]", "[SEP]")


def test_special_tokens_in_a_text_stand_for_themselves():
    assert TOKENIZER.tokenize("the[MASK] cat[SEP]") == ["the", "[MASK]", "cat", "[SEP]"]
    assert TOKENIZER.tokenize("[mask]") == ["[UNK]", "[UNK]", "[UNK]"]
    plain = WordPiece({"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[": 3, "mask": 4, "]": 5})
    assert plain.special_tokens == ("[UNK]", "[CLS]", "[SEP]")
    assert plain.encode("[MASK]") == [1, 3, 4, 5, 2]
    assert TOKENIZER.special_tokens == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def test_a_cased_tokenizer_tells_capitals_apart():
    cased = WordPiece({**VOCAB, "The": 99}, lower_case=False)
    assert cased.encode("The the") == [2, 99, 5, 3]
    assert cased.vocab_size == 100
    assert cased.lower_case is False
    assert TOKENIZER.lower_case is True
    assert TOKENIZER.vocab_size == len(TOKENS)


def test_a_pair_has_segments():
    row, segments = TOKENIZER.encode_pair("the cat", "cat.")
    assert row == ids("[CLS]", "the", "cat", "[SEP]", "cat", ".", "[SEP]")
    assert segments == [0, 0, 0, 0, 1, 1, 1]
    assert TOKENIZER.encode_pair("", "") == (ids("[CLS]", "[SEP]", "[SEP]"), [0, 0, 1])


def test_a_row_is_cut_to_its_length():
    assert TOKENIZER.encode("the cat cat", max_len=4) == ids("[CLS]", "the", "cat", "[SEP]")
    assert TOKENIZER.encode("the cat", max_len=4) == TOKENIZER.encode("the cat")
    assert TOKENIZER.encode("the cat", max_len=2) == ids("[CLS]", "[SEP]")


@pytest.mark.parametrize(
    ("n_first", "n_second", "max_len", "kept"),
    [
        (2, 3, 8, (2, 3)),
        (2, 3, 9, (2, 3)),
        (2, 5, 11, (2, 5)),
        (2, 7, 8, (2, 3)),  # the longer one gives way
        (7, 2, 8, (3, 2)),
        (6, 7, 8, (2, 3)),
        (7, 6, 8, (3, 2)),  # both give way; the odd place is the longer one's
        (5, 5, 8, (2, 3)),
        (4, 4, 9, (3, 3)),
        (0, 9, 5, (0, 2)),
        (3, 9, 3, (0, 0)),
    ],
)
def test_a_pair_is_cut_where_it_is_longer(n_first, n_second, max_len, kept):
    row, segments = TOKENIZER.encode_pair("the " * n_first, "cat " * n_second, max_len=max_len)
    assert (row.count(VOCAB["the"]), row.count(VOCAB["cat"])) == kept
    assert segments == [0] * (kept[0] + 2) + [1] * (kept[1] + 1)


def test_a_row_is_decoded():
    row = TOKENIZER.encode("The cat unrolled [MASK] dog.")
    assert TOKENIZER.decode(row) == "the cat unrolled ."
    assert TOKENIZER.decode(row, skip_special=False) == (
        "[CLS] the cat unrolled [MASK] [UNK] . [SEP]"
    )
    assert TOKENIZER.decode(torch.tensor(row)) == "the cat unrolled ."
    assert TOKENIZER.decode([]) == ""
    assert TOKENIZER.decode(ids("##ing", "##s", "the")) == "##ings the"


def test_a_word_is_cut_once_and_by_the_learners_own_function(monkeypatch):
    seen = []

    def mine(word, vocab):
        seen.append(word)
        return ["a"]

    with use({"wordpiece_tokenize": mine}):
        tokenizer = WordPiece(VOCAB)
    monkeypatch.setattr(wordpiece, "CACHED_WORDS", 1)
    assert tokenizer.encode("the the cat cat the") == ids("[CLS]", *"aaaaa", "[SEP]")
    assert seen == ["the", "cat", "cat"]


def test_a_vocabulary_file_numbers_its_lines(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join([*TOKENS, "a\u2028b"]) + "\n", encoding="utf-8")
    tokenizer = WordPiece.from_file(str(path))
    assert tokenizer.vocab == {**VOCAB, "a\u2028b": len(TOKENS)}
    assert tokenizer.lower_case is True
    path.write_text("\n".join(TOKENS), encoding="utf-8")  # no line feed at the end
    assert WordPiece.from_file(path, lower_case=False).vocab == VOCAB
    assert WordPiece.from_file(path, lower_case=False).lower_case is False
