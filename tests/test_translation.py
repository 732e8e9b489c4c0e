"""What chapters 4, 5 and 10 share: ids, batches, training, translating, measuring."""

import pytest
import torch

from unrolled import translation
from unrolled.alignment import AttentionSeq2Seq
from unrolled.data import tinyworld
from unrolled.decoding import beam_search
from unrolled.seq2seq import Seq2Seq
from unrolled.translation import BOS, EOS, PAD

# A toy: letters 3 to 8 are copied.
PAIRS = [([3 + i % 6, 3 + i // 6 % 6], [3 + i % 6, 3 + i // 6 % 6, EOS]) for i in range(36)]
PAIRS += [([3 + i], [3 + i, EOS]) for i in range(6)]


def small(kind=Seq2Seq, seed=0):
    torch.manual_seed(seed)
    return kind(9, 9, 8, 24)


@pytest.fixture(scope="module")
def trained():
    model = small()
    translation.train(model, PAIRS, steps=150, batch_size=16, rate=0.02)
    return model


def test_pieces_write_any_text_and_keep_our_ids_free():
    text = "ein Hund und ein Hündchen " * 9
    pieces = translation.learn_pieces(text, 270)
    assert pieces.vocab_size == 270
    ids = pieces.encode("Ein Hündchen: 狗")
    assert pieces.decode(ids) == "Ein Hündchen: 狗"
    assert min(ids) > max(PAD, BOS, EOS)
    assert len(pieces.encode(" Hund")) < 5
    again = translation.read_pieces(translation.write_pieces(pieces))
    assert again.vocab == pieces.vocab
    assert again.encode(text) == pieces.encode(text)
    with pytest.raises(ValueError, match="'l o w'"):
        translation.read_pieces("l o\nl o w")


def test_pieces_refuse_a_vocabulary_without_room_for_all_bytes():
    with pytest.raises(ValueError, match="vocab_size=258: at least 259 is wanted"):
        translation.learn_pieces("text", 258)


def test_pairs_of_tinyworld_end_and_have_its_ids():
    sentence = tinyworld.generate(1, seed=8)[0]
    english, german = tinyworld.vocabulary("english"), tinyworld.vocabulary("german")
    assert (english.pad_id, english.bos_id, english.eos_id) == (PAD, BOS, EOS)
    ((source, target),) = translation.encode_pairs(
        [(sentence.english, sentence.german)], english, german
    )
    assert english.decode(source) == list(sentence.english)
    assert german.decode(target) == [*sentence.german, "<eos>"]
    with pytest.raises(ValueError, match="source sentence is empty"):
        translation.encode_pairs([((), sentence.german)], english, german)


def test_an_exam_has_as_many_long_sentences_as_short_ones_and_none_that_was_trained_on():
    exam = translation.tinyworld_exam((5, 8, 12), 4, seed=1)
    lengths = [len(sentence.english) for sentence in exam]
    assert translation.by_length(lengths, lengths, (5, 8, 12))[1][0] == 4
    assert len(exam) == 12
    assert max(lengths) <= 12
    assert {tinyworld.split_of(sentence.structure) for sentence in exam} == {"test"}
    with pytest.raises(ValueError, match="none above 20"):
        translation.tinyworld_exam((5, 30), 1)


def test_batches_hold_every_pair_once_and_another_seed_other_batches():
    def rows(seed):
        return [
            (source.tolist(), target.tolist())
            for source, target in translation.batches(PAIRS, 8, seed)
        ]

    def unpadded(row):
        return tuple(i for i in row if i != PAD)

    found = [(unpadded(s), unpadded(t)) for ss, ts in rows(0) for s, t in zip(ss, ts, strict=True)]
    assert sorted(found) == sorted((tuple(s), tuple(t)) for s, t in PAIRS)
    assert rows(0) == rows(0) != rows(1)
    lengths = [([3] * n, [4] * n) for n in range(1, 9) for _ in range(8)]
    for source, target in translation.batches(lengths, 8, seed=3):  # those of one length together
        assert PAD not in source
        assert PAD not in target


def test_a_model_learns_to_copy_and_translations_come_in_the_order_of_the_sources(trained):
    sources = [source for source, _ in PAIRS]
    assert translation.translate(trained, sources, 5, batch_size=5) == sources
    assert translation.translate(trained, sources, 5, beam_size=3) == sources


def test_the_same_seed_trains_the_same_model_and_teacher_forcing_another():
    losses = [
        translation.train(small(), PAIRS, 12, 16, seed=seed, teacher_forcing=forcing).losses
        for seed, forcing in ((0, 1.0), (0, 1.0), (1, 1.0), (0, 0.25))
    ]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]
    assert losses[0] != losses[3]


@pytest.mark.parametrize("kind", [Seq2Seq, AttentionSeq2Seq])
def test_log_probabilities_are_the_scores_of_the_search(kind):
    model = small(kind).eval()
    sources = [[3, 4, 5], [6], [7, 8]]
    state = model.start(translation.padded(sources))
    ids, scores = beam_search(model.step, state, BOS, EOS, 6, beam_size=4)
    ended = [(row.tolist().index(EOS) + 1 if EOS in row else len(row)) for row in ids]
    pairs = [(s, row[:n].tolist()) for s, row, n in zip(sources, ids, ended, strict=True)]
    found = translation.log_probabilities(model, pairs, batch_size=2)
    torch.testing.assert_close(found, scores, atol=1e-4, rtol=1e-4)


def test_a_sentence_s_translation_does_not_depend_on_its_company():
    model = small(AttentionSeq2Seq)
    together = translation.translate(model, [[3], [4, 5, 6, 7]], 8)
    assert together == [translation.translate(model, [s], 8)[0] for s in ([3], [4, 5, 6, 7])]


def test_by_length_leaves_out_what_is_longer_and_counts_a_length_once():
    assert translation.by_length([1, 2, 3, 9], [1.0, 0.0, 1.0, 1.0], (2, 4)) == [(2, 0.5), (1, 1.0)]
    with pytest.raises(ValueError, match="1 values are given, 2 lengths"):
        translation.by_length([1, 2], [1.0], (2,))


def test_alignment_error_rate_by_hand():
    true = [[(0, 0), (1, 1)], [(0, 0)]]
    assert translation.alignment_error_rate(true, true) == 0.0
    assert translation.alignment_error_rate([[(0, 1)], []], true) == 1.0
    # 1 of 2 found, 3 wanted: 1 - 2 / 5
    found = translation.alignment_error_rate([[(0, 0), (0, 1)], []], true)
    assert found == pytest.approx(0.6)
    with pytest.raises(ValueError, match="2 wanted"):
        translation.alignment_error_rate([[]], true)
    with pytest.raises(ValueError, match="no link"):
        translation.alignment_error_rate([[]], [[]])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: list(translation.batches([], 4)), "pairs is empty"),
        (lambda: list(translation.batches(PAIRS, 0)), "batch_size=0"),
        (lambda: list(translation.batches(PAIRS, 4, seed=-1)), "seed=-1"),
        (lambda: translation.padded([]), "rows is empty"),
        (lambda: translation.train(small(), PAIRS, steps=0), "steps=0"),
        (lambda: translation.translate(small(), [[3]], 0), "max_len=0"),
        (lambda: translation.log_probabilities(small(), []), "pairs is empty"),
    ],
)
def test_what_cannot_be_used_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
