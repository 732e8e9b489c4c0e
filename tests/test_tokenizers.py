"""Byte-level BPE: words, merges learned and applied, the whole tokenizer; no peer is needed."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.parts import use
from unrolled.tokenizers import (
    ByteBPE,
    bpe_merge,
    byte_bpe,
    pre_tokenize,
    train_bpe,
)
from unrolled.tokenizers.bpe import LONG_WORD, _merge_with_heap
from unrolled.tokenizers.byte_level import (
    BYTE_CHARACTERS,
    BYTE_TOKENS,
    to_bytes,
    to_characters,
)

TEXT = "the three thin thieves thought 33 thoughts, they're theirs; the 333rd isn't."
CHINESE = "我是一名学生。你是一名老师，他们是学生。"
MERGES = [(b"l", b"o"), (b"lo", b"w"), (b" ", b"low")]


def single_bytes(text):
    return [bytes([byte]) for byte in text.encode()]


# Bytes and words


def test_every_byte_has_its_own_visible_character():
    assert list(range(256)) == sorted(BYTE_CHARACTERS)
    assert len(set(BYTE_CHARACTERS.values())) == 256
    assert all(c.isprintable() and not c.isspace() for c in BYTE_CHARACTERS.values())
    assert to_bytes(to_characters(bytes(range(256)))) == bytes(range(256))


@pytest.mark.parametrize(
    ("byte", "character", "token_id"),
    [  # ids 0, 198, 220 and 255 are "!", line feed, space and soft hyphen in GPT-2's vocab.json
        (0x21, "!", 0), (0x7E, "~", 93), (0xA1, "¡", 94), (0xAC, "¬", 105), (0xAE, "®", 106),
        (0xFF, "ÿ", 187), (0x00, "Ā", 188), (0x0A, "Ċ", 198), (0x20, "Ġ", 220), (0x7F, "ġ", 221),
        (0x80, "Ģ", 222), (0xA0, "ł", 254), (0xAD, "Ń", 255),
    ],
)  # fmt: skip
def test_bytes_are_written_and_numbered_as_in_gpt2(byte, character, token_id):
    assert BYTE_CHARACTERS[byte] == character
    assert BYTE_TOKENS[token_id] == bytes([byte])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Hello world", ["Hello", " world"]),
        ("a  b", ["a", " ", " b"]),
        ("a   ", ["a", "   "]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("I'll we've I'm you're it's he'd don't", ["I", "'ll", " we", "'ve", " I", "'m", " you",
            "'re", " it", "'s", " he", "'d", " don", "'t"]),
        ("IT'S", ["IT", "'", "S"]),
        ("x=12.5!?", ["x", "=", "12", ".", "5", "!?"]),
        ("我是 学生。", ["我是", " 学生", "。"]),
        ("e\u0301", ["e", "\u0301"]),
    ],
)  # fmt: skip
def test_words_are_those_of_gpt2s_pattern(text, words):
    assert pre_tokenize(text) == words


def test_split_digits_sets_them_apart_before_anything_else():
    assert pre_tokenize("in  1234½ x", split_digits=True) == [
        "in", "  ", "1", "2", "3", "4", "½", " x",
    ]  # fmt: skip
    assert pre_tokenize("in  1234½ x") == ["in", " ", " 1234½", " x"]


@given(st.text(), st.booleans())
def test_words_joined_are_the_text(text, split_digits):
    words = pre_tokenize(text, split_digits)
    assert "".join(words) == text
    assert all(words)


# Learning merges


def test_merges_of_a_text_counted_by_hand():
    # low x3, with lower and lowest after a space: l+o 3, o+w 3 (higher ids), then " "+low 2, low+e
    # 2: the byte "e" has a lower id than the space, but the left token decides first.
    assert train_bpe("low lower lowest", 3) == MERGES


def test_the_most_frequent_pair_goes_first_and_a_tie_goes_to_the_lowest_ids():
    assert train_bpe("ab ab cd", 1) == [(b"a", b"b")]
    assert train_bpe("cd ab", 1) == [(b"a", b"b")]  # one each; not the first in the text
    assert train_bpe("ad,ab", 1) == [(b"a", b"b")]  # equal on the left
    assert train_bpe("bz,ay", 1) == [(b"a", b"y")]
    # The space has id 220 in GPT-2, behind every letter, although its byte is smaller.
    assert train_bpe("a x", 1) == [(b" ", b"x")]
    assert train_bpe("bc a", 1) == [(b"b", b"c")]


def test_a_new_token_has_a_higher_id_than_every_byte():
    # After a+b, three pairs occur twice: ab+c, x+y and y+z. Ids: "x" < "y" < "ab".
    assert train_bpe("abc abc,xyz xyz,ab", 2)[0] == (b"a", b"b")
    assert train_bpe("abc,abc,xy,xy,ab", 2) == [(b"a", b"b"), (b"x", b"y")]


def test_pairs_are_counted_in_every_place_but_merged_without_overlap():
    # "aaa" has two places for a+a; as "bc" stands once, it comes later.
    assert train_bpe("aaa bc", 3) == [(b"a", b"a"), (b"b", b"c"), (b" ", b"bc")]
    assert train_bpe("aaa", 5) == [(b"a", b"a"), (b"aa", b"a")]
    assert train_bpe("aaaa", 5) == [(b"a", b"a"), (b"aa", b"aa")]
    assert train_bpe("aaaaa", 5) == [(b"a", b"a"), (b"aa", b"a"), (b"aa", b"aaa")]


def test_a_words_frequency_counts():
    # "xy" four times as one word against "ab" in three different words.
    assert train_bpe("xy,xy,xy,xy,abc,abd,abe", 1) == [(b"x", b"y")]
    assert train_bpe("xy,xy,abc,abd,abe", 1) == [(b"a", b"b")]


def test_no_merge_crosses_a_word():
    merges = train_bpe("ab ab ab ab", 9)
    assert merges == [(b"a", b"b"), (b" ", b"ab")]


def test_merges_stop_when_every_word_is_one_token():
    assert train_bpe("a b", 9) == [(b" ", b"b")]
    assert train_bpe("a", 9) == []
    assert train_bpe(TEXT, 0) == []
    assert len(train_bpe(TEXT, 7)) == 7


def test_fewer_merges_are_the_beginning_of_more():
    assert train_bpe(TEXT, 12) == train_bpe(TEXT, 30)[:12]


def test_the_byte_parts_of_characters_are_merged_too():
    merges = train_bpe(CHINESE, 40)
    assert "学生".encode() in {left + right for left, right in merges}
    assert merges == train_bpe.__wrapped__(CHINESE, 40)


@given(st.text(st.sampled_from("aaabbc ,\n我é"), min_size=1, max_size=60), st.integers(0, 40))
def test_the_fast_path_learns_the_same_merges(text, n_merges):
    assert train_bpe(text, n_merges) == train_bpe.__wrapped__(text, n_merges)


def test_the_fast_path_learns_the_same_merges_from_more_text():
    draw = random.Random(0)
    syllables = ["ba", "na", "nan", "ab", "bab", "aa", "学", "生"]
    text = " ".join("".join(draw.choices(syllables, k=draw.randint(1, 9))) for _ in range(300))
    merges = train_bpe(text, 150)
    assert merges == train_bpe.__wrapped__(text, 150)
    assert len({left + right for left, right in merges}) == 150


# Applying merges


@pytest.mark.parametrize(
    ("word", "merges", "pieces"),
    [
        ("low", MERGES, ["low"]),
        ("slow", MERGES, ["s", "low"]),
        (" lo", MERGES, [" ", "lo"]),
        ("aaa", [(b"a", b"a")], ["aa", "a"]),
        ("aaaa", [(b"a", b"a")], ["aa", "aa"]),
        ("abc", [(b"b", b"c"), (b"a", b"b")], ["a", "bc"]),  # rank before place
        ("abab", [(b"a", b"b"), (b"b", b"a")], ["ab", "ab"]),
        ("x", MERGES, ["x"]),
    ],
)
def test_merges_apply_by_rank_then_from_the_left(word, merges, pieces):
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    assert bpe_merge(single_bytes(word), ranks) == [piece.encode() for piece in pieces]


def test_a_merge_made_possible_by_another_goes_first_if_it_was_learned_first():
    # aa+b is learned before a+a: once the first a+a is made, it wins over the second.
    ranks = {(b"aa", b"b"): 0, (b"a", b"a"): 1}
    assert bpe_merge(single_bytes("aabaa"), ranks) == [b"aab", b"aa"]


@given(st.data())
def test_the_heap_makes_the_same_tokens_of_long_words(data):
    word = data.draw(st.text("abc", min_size=LONG_WORD, max_size=3 * LONG_WORD))
    known, pairs = ["a", "b", "c"], []
    for _ in range(data.draw(st.integers(0, 12))):
        left, right = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known))
        pairs.append((left.encode(), right.encode()))
        known.append(left + right)
    order = data.draw(st.permutations(range(len(pairs))))
    ranks = dict(zip(pairs, order, strict=True))
    tokens = single_bytes(word)
    expected = bpe_merge.__wrapped__(tokens, ranks)
    assert _merge_with_heap(tokens, ranks) == bpe_merge(tokens, ranks) == expected
    assert tokens == single_bytes(word)


def test_only_long_words_take_the_heap():
    ranks = {(b"a", b"a"): 0}
    assert _merge_with_heap([b"a"] * (LONG_WORD - 1), ranks) is NotImplemented
    assert _merge_with_heap([b"a"] * LONG_WORD, ranks) == [b"aa"] * (LONG_WORD // 2)


# The tokenizer


def trained(**options):
    return ByteBPE(train_bpe(TEXT + " " + CHINESE, 60), **options)


def test_ids_are_bytes_then_merges_then_special_tokens():
    tokenizer = ByteBPE(MERGES, special_tokens=["<end>", "<begin>", "<end>"])
    assert tokenizer.encode("! slow low") == [0, 220, 82, 257, 258]
    assert tokenizer.special_tokens == {"<end>": 259, "<begin>": 260}
    assert tokenizer.vocab_size == 261
    assert tokenizer.encode("<begin>low<end>!") == [260, 257, 259, 0]
    assert tokenizer.merges == MERGES
    assert ByteBPE([]).vocab_size == 256
    assert tokenizer.split_digits is False


def test_a_token_that_two_merges_make_has_one_id():
    merges = [(b"a", b"b"), (b"b", b"c"), (b"a", b"bc"), (b"ab", b"c"), (b"x", b"y")]
    assert ByteBPE(merges).encode("xy") == [259]
    assert ByteBPE(merges).vocab_size == 260


@given(st.text())
def test_what_is_encoded_is_decoded_again(text):
    tokenizer = trained(special_tokens=["<|end|>", "the"], split_digits=len(text) % 2 == 0)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.decode(tokenizer.encode(text, allow_special=False)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\0", "\r\n\t", "👩‍👩‍👧‍👦 and 🇨🇳", "e\u0301 z\u0323\u0307", "\ufeff\u200b\u2028",
        "\x85", "\U0010ffff\ufffd", "א\u05b0ב ש\u05c1", "a" * 3000, "学" * 500,
    ],
)  # fmt: skip
def test_unusual_text_survives(text):
    tokenizer = trained()
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_long_words_encode_as_short_ones_do():
    tokenizer = ByteBPE(train_bpe("学生", 5))
    assert tokenizer.encode("学生" * 40) == [260] * 40


def test_special_tokens_are_found_longest_first_and_only_where_allowed():
    tokenizer = ByteBPE(MERGES, special_tokens=["<e>", "<e><e>", "a.c"])
    assert tokenizer.encode("<e><e><e>x") == [260, 259, 87]
    assert tokenizer.encode("abc") == [64, 65, 66]  # the dot means a dot
    assert tokenizer.encode("a.c") == [261]
    assert tokenizer.encode("<e>", allow_special=False) == [27, 68, 29]
    assert tokenizer.encode("low<e>low") == [257, 259, 257]


def test_special_tokens_may_be_left_out_of_the_text():
    tokenizer = ByteBPE(MERGES, special_tokens=["<e>"])
    ids = tokenizer.encode("low<e> low<e>")
    assert tokenizer.decode(ids) == "low<e> low<e>"
    assert tokenizer.decode(ids, skip_special=True) == "low low"


def test_half_a_character_is_decoded_as_a_sign_of_its_own():
    tokenizer = ByteBPE([])
    ids = tokenizer.encode("é!")
    assert tokenizer.decode(ids[1:]) == "\ufffd!"
    assert tokenizer.decode(ids[:1]) == "\ufffd"
    assert tokenizer.decode([]) == ""


def test_ids_may_be_a_vector():
    import torch

    tokenizer = ByteBPE(MERGES)
    assert tokenizer.decode(torch.tensor(tokenizer.encode("slow"))) == "slow"


def test_digits_are_single_on_demand():
    merges = [(b"1", b"2"), (b" ", b"1")]
    assert ByteBPE(merges).encode("12 1") == [256, 257]
    assert ByteBPE(merges, split_digits=True).encode("12 1") == [16, 17, 220, 16]


def test_a_word_is_cut_once(monkeypatch):
    seen = []
    tokenizer = ByteBPE(MERGES)
    cut = tokenizer._encode_word
    monkeypatch.setattr(tokenizer, "_encode_word", lambda word: seen.append(word) or cut(word))
    assert tokenizer.encode("low low low") == [257, 258, 258]
    assert tokenizer.encode("low") == [257]
    assert seen == ["low", " low"]


def test_the_cache_has_an_end(monkeypatch):
    monkeypatch.setattr(byte_bpe, "CACHED_WORDS", 2)
    tokenizer = ByteBPE(MERGES)
    tokenizer.encode("low,slow!low")
    assert list(tokenizer._cache) == ["low", ","]
    assert tokenizer.encode("slow") == [82, 257]


def test_train_makes_a_vocabulary_of_the_wanted_size():
    tokenizer = ByteBPE.train(TEXT, vocab_size=280, special_tokens=["<end>", "<pad>"])
    assert tokenizer.merges == train_bpe(TEXT, 22)
    assert tokenizer.vocab_size == 280
    assert tokenizer.special_tokens == {"<end>": 278, "<pad>": 279}
    assert ByteBPE.train(TEXT, vocab_size=256).merges == []
    assert ByteBPE.train("ab", vocab_size=400).vocab_size == 257
    assert ByteBPE.train("ab", vocab_size=258, special_tokens=["x", "x"]).vocab_size == 258


def test_train_uses_the_learners_own_train_bpe():
    with use({"train_bpe": lambda text, n_merges: MERGES[:n_merges]}):
        assert ByteBPE.train("anything", vocab_size=258).merges == MERGES[:2]


# Files


def test_saved_and_loaded_it_is_the_same(tmp_path):
    tokenizer = trained(special_tokens=["<|end|>", "学"], split_digits=True)
    tokenizer.save(tmp_path / "new" / "folder")
    loaded = ByteBPE.load(str(tmp_path / "new" / "folder"))
    text = "the 33 thieves<|end|>我是学生"
    assert loaded.encode(text) == tokenizer.encode(text)
    assert vars(loaded) == {**vars(tokenizer), "_cache": vars(loaded)["_cache"]}


def test_files_are_gpt2s(tmp_path):
    ByteBPE(MERGES, special_tokens=["<é>"]).save(tmp_path)
    merges = (tmp_path / "merges.txt").read_bytes()
    assert merges == "#version: 0.2\nl o\nlo w\nĠ low\n".encode()
    vocab = json.loads((tmp_path / "vocab.json").read_bytes())
    assert len(vocab) == 260
    assert [vocab[t] for t in ("!", "Ġ", "lo", "low", "Ġlow", "<é>")] == [
        0,
        220,
        256,
        257,
        258,
        259,
    ]
    assert "<é>".encode() in (tmp_path / "vocab.json").read_bytes()
    assert json.loads((tmp_path / "options.json").read_bytes()) == {
        "special_tokens": ["<é>"],
        "split_digits": False,
    }


def test_merges_may_begin_with_a_hash_sign_and_lack_the_version_line(tmp_path):
    merges = [(b"#", b"#"), (b"a", b"b")]
    ByteBPE(merges).save(tmp_path)
    (tmp_path / "bare.txt").write_text("# #\na b")
    for name in ("merges.txt", "bare.txt"):
        loaded = ByteBPE.from_files(tmp_path / "vocab.json", tmp_path / name)
        assert loaded.merges == merges


def test_a_vocabulary_in_memory_may_number_as_it_likes():
    vocab = {"<|s|>": 0, "Ġ": 1, "a": 2, "b": 5, "ab": 3, "Ġab": 9, "1": 4}
    tokenizer = ByteBPE.from_vocab(
        vocab, ["a b", "Ġ ab"], special_tokens=["<new>", "<|s|>"], split_digits=True
    )
    assert tokenizer.encode("<|s|>ab ab11<new>") == [0, 3, 9, 4, 4, 10]
    assert tokenizer.decode([0, 9, 10]) == "<|s|> ab<new>"
    assert tokenizer.special_tokens == {"<new>": 10, "<|s|>": 0}
    assert tokenizer.vocab_size == 11
    assert ByteBPE.from_vocab({"a": 0, "<s>": 1}, [], ["<s>"]).vocab == {b"a": 0}
