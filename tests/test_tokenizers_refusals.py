"""What the tokenizers refuse, and the sentence each time."""

import pytest

from unrolled.tokenizers import (
    ByteBPE,
    WordPiece,
    bert_words,
    bpe_merge,
    clean_text,
    pre_tokenize,
    train_bpe,
    wordpiece_tokenize,
)

VOCAB = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}
BPE = ByteBPE([(b"a", b"b")], special_tokens=["<e>"])
PIECE = WordPiece(VOCAB)
LONE = "ab\ud800"
SURROGATE = "has the lone surrogate '\\ud800' at index 2, Unicode characters are wanted"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pre_tokenize(b"ab"), TypeError, "text is a bytes, a str is wanted"),
        (lambda: pre_tokenize(LONE), ValueError, f"text {SURROGATE}"),
        (lambda: clean_text(None), TypeError, "text is a NoneType, a str is wanted"),
        (lambda: bert_words(LONE), ValueError, f"text {SURROGATE}"),
        (lambda: train_bpe(7, 1), TypeError, "text is a int, a str is wanted"),
        (lambda: train_bpe("", 1), ValueError, "text is empty, at least one character is wanted"),
        (lambda: train_bpe(LONE, 1), ValueError, f"text {SURROGATE}"),
        (lambda: train_bpe("ab", -1), ValueError, "n_merges=-1: at least 0 is wanted"),
        (lambda: train_bpe("ab", 1.0), TypeError, "n_merges=1.0 is a float, an integer is wanted"),
        (lambda: train_bpe("ab", True), TypeError, "n_merges=True is a bool, an integer is wanted"),
        (lambda: bpe_merge([], {}), ValueError, "tokens is empty, at least one token is wanted"),
        (
            lambda: ByteBPE([("a", "b")]),
            TypeError,
            "merges[0] is ('a', 'b'), a pair of bytes is wanted",
        ),
        (lambda: ByteBPE([(b"a",)]), TypeError, "merges[0] is (b'a',), a pair of bytes is wanted"),
        (
            lambda: ByteBPE([(b"a", b"b"), (b"xy", b"z")]),
            ValueError,
            "merges[1] is (b'xy', b'z'), but b'xy' is not in vocab",
        ),
        (
            lambda: ByteBPE([(b"a", b"b")], vocab={b"a": 0, b"b": 1}),
            ValueError,
            "merges[0] is (b'a', b'b'), but b'ab' is not in vocab",
        ),
        (lambda: ByteBPE([], vocab={}), ValueError, "vocab is empty, at least one token is wanted"),
        (
            lambda: ByteBPE([], special_tokens="<e>"),
            TypeError,
            "special_tokens is a str, a list of strings is wanted",
        ),
        (lambda: ByteBPE([], [7]), TypeError, "a special token is a int, a str is wanted"),
        (lambda: ByteBPE([], [""]), ValueError, "a special token is empty, at least one character"),
        (
            lambda: ByteBPE([], {"<e>": 255}),
            ValueError,
            "the id 255 stands for 2 tokens, one is wanted",
        ),
        (
            lambda: ByteBPE([], {"<e>": -1}),
            ValueError,
            "vocab has the id -1, integers from 0 on are wanted",
        ),
        (lambda: ByteBPE.train("", 300), ValueError, "text is empty, at least one character"),
        (lambda: ByteBPE.train("ab", 255), ValueError, "vocab_size=255: at least 256 is wanted"),
        (
            lambda: ByteBPE.train("ab", 257, ["<e>", "<s>"]),
            ValueError,
            "vocab_size=257: at least 258 is wanted",
        ),
        (lambda: ByteBPE.train("ab", 300, "<e>"), TypeError, "special_tokens is a str, a list of"),
        (
            lambda: ByteBPE.from_vocab(["a"], []),
            TypeError,
            "vocab is a list, a mapping of token to id is wanted",
        ),
        (lambda: ByteBPE.from_vocab({"a": 0}, [], "a"), TypeError, "special_tokens is a str, a"),
        (
            lambda: ByteBPE.from_vocab({"a": "0"}, []),
            ValueError,
            "vocab has the id '0', integers from 0 on are wanted",
        ),
        (
            lambda: ByteBPE.from_vocab({"a": True}, []),
            ValueError,
            "vocab has the id True, integers from 0 on are wanted",
        ),
        (
            lambda: ByteBPE.from_vocab({"a": 1, "b": 1}, []),
            ValueError,
            "the id 1 stands for 2 tokens, one is wanted",
        ),
        (
            lambda: ByteBPE.from_vocab({"a b": 0}, []),
            ValueError,
            "vocab has 'a b': ' ' stands for no byte. Tokens in GPT-2's printable characters",
        ),
        (
            lambda: ByteBPE.from_vocab({"a": 0, "b": 1, "ab": 2}, ["a b", "ab"]),
            ValueError,
            "merge 2 is 'ab', two tokens with one space between are wanted",
        ),
        (
            lambda: ByteBPE.from_vocab({"a": 0, "b": 1, "ab": 2}, [" ab"]),
            ValueError,
            "merge 1 is ' ab', two tokens with one space between are wanted",
        ),
        (
            lambda: ByteBPE.from_vocab({"a": 0, "b": 1}, ["a b"]),
            ValueError,
            "merges[0] is (b'a', b'b'), but b'ab' is not in vocab",
        ),
        (lambda: BPE.encode(["ab"]), TypeError, "text is a list, a str is wanted"),
        (lambda: BPE.encode(LONE), ValueError, f"text {SURROGATE}"),
        (
            lambda: ByteBPE.from_vocab({"a": 0}, []).encode("aab"),
            ValueError,
            "text has 'aab', and the vocabulary lacks its byte b'b'",
        ),
        (lambda: BPE.decode("ab"), TypeError, "ids is a str, a list of token ids is wanted"),
        (lambda: BPE.decode(7), TypeError, "ids is a int, a list of token ids is wanted"),
        (lambda: BPE.decode([0, 1.0]), TypeError, "ids[1] is 1.0, an integer is wanted"),
        (
            lambda: BPE.decode([0, 258]),
            ValueError,
            "ids[1] is 258, an id of the vocabulary (0 to 257)",
        ),
        (lambda: BPE.decode([-1]), ValueError, "ids[0] is -1, an id of the vocabulary (0 to 257)"),
        (lambda: wordpiece_tokenize(7, VOCAB), TypeError, "word is a int, a str is wanted"),
        (
            lambda: wordpiece_tokenize("", VOCAB),
            ValueError,
            "word is empty, at least one character",
        ),
        (
            lambda: wordpiece_tokenize("a a", VOCAB),
            ValueError,
            "word='a a' holds white space, one word is wanted",
        ),
        (
            lambda: wordpiece_tokenize("a", VOCAB, max_chars=0),
            ValueError,
            "max_chars=0: at least 1 is wanted",
        ),
        (
            lambda: WordPiece({"[CLS]": 0, "a": 1}),
            ValueError,
            "vocab has no [UNK], [SEP]: WordPiece wants [UNK], [CLS], [SEP]",
        ),
        (
            lambda: WordPiece(["a"]),
            TypeError,
            "vocab is a list, a mapping of token to id is wanted",
        ),
        (lambda: WordPiece({**VOCAB, "b": 3}), ValueError, "the id 3 stands for 2 tokens, one is"),
        (lambda: WordPiece({**VOCAB, "b": -3}), ValueError, "vocab has the id -3, integers from 0"),
        (lambda: PIECE.tokenize(7), TypeError, "text is a int, a str is wanted"),
        (lambda: PIECE.encode(LONE), ValueError, f"text {SURROGATE}"),
        (lambda: PIECE.encode("a", max_len=1), ValueError, "max_len=1: at least 2 is wanted"),
        (lambda: PIECE.encode_pair(7, "a"), TypeError, "first is a int, a str is wanted"),
        (lambda: PIECE.encode_pair("a", LONE), ValueError, f"second {SURROGATE}"),
        (lambda: PIECE.encode_pair("a", "a", 2), ValueError, "max_len=2: at least 3 is wanted"),
        (lambda: PIECE.decode([4]), ValueError, "ids[0] is 4, an id of the vocabulary (0 to 3)"),
        (lambda: PIECE.decode([None]), TypeError, "ids[0] is None, an integer is wanted"),
    ],
)
def test_what_cannot_be_used_is_refused(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("vocab.json", "{", "vocab.json is not JSON: "),
        ("vocab.json", "[]", "vocab.json holds a list, an object is wanted"),
        ("options.json", "3", "options.json holds a int, an object is wanted"),
        ("merges.txt", "#version: 0.2\na  b\n", "merge 1 is 'a  b', two tokens with one space"),
        ("merges.txt", "a b\nno merge at all\n", "merge 2 is 'no merge at all', two tokens"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, name, text, message):
    BPE.save(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=r".") as refusal:
        ByteBPE.load(tmp_path)
    assert message in str(refusal.value)


def test_a_vocabulary_with_a_token_twice_is_refused(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\n[CLS]\n[SEP]\na\nb\na\n")
    with pytest.raises(ValueError, match="lines 4 and 6 both hold 'a', once is wanted"):
        WordPiece.from_file(path)
