"""Words and ids, and TinyWorld as an endless text."""

import itertools

import pytest
import torch

from unrolled.data import tinyworld as tw

SENTENCES = tw.generate(4000, seed=9)


@pytest.mark.parametrize("language", tw.LANGUAGES)
def test_the_vocabulary_holds_every_word_and_no_other_language(language):
    vocabulary = tw.vocabulary(language)
    said = {word for sentence in SENTENCES for word in getattr(sentence, language)}
    assert said <= set(vocabulary.words)
    assert len(said) > 0.85 * len(vocabulary)
    assert vocabulary.words[:4] == ("<pad>", "<bos>", "<eos>", "<unk>")
    assert list(vocabulary.words[4:]) == sorted(set(vocabulary.words[4:]))
    assert tw.vocabulary(language) is vocabulary


def test_sizes_are_what_they_were():
    assert [len(tw.vocabulary(language)) for language in tw.LANGUAGES] == [538, 433, 821]
    assert tw.vocabulary().words == tw.vocabulary("english").words


def test_questions_can_be_encoded():
    unknown = tw.vocabulary().unk_id
    for example in tw.question_examples(300, seed=1):
        assert unknown not in tw.vocabulary().encode(example.question)


def test_ids_and_words():
    small = tw.Vocabulary(["dogs", "sleep"])
    assert (small.pad_id, small.bos_id, small.eos_id, small.unk_id) == (0, 1, 2, 3)
    assert len(small) == 6
    assert small.encode(["sleep", "cats", "dogs"]) == [5, 3, 4]
    assert small.decode(torch.tensor([4, 5, 2])) == ["dogs", "sleep", "<eos>"]
    assert small.decode([]) == []


def test_a_batch_is_filled_up_on_the_right():
    small = tw.Vocabulary(["dogs", "sleep"])
    rows = [["dogs", "sleep"], ["dogs"], []]
    plain = small.batch(rows)
    assert plain.dtype == torch.int64
    assert plain.tolist() == [[4, 5], [4, 0], [0, 0]]
    assert small.batch(rows, bos=True).tolist() == [[1, 4, 5], [1, 4, 0], [1, 0, 0]]
    assert small.batch(rows, eos=True).tolist() == [[4, 5, 2], [4, 2, 0], [2, 0, 0]]
    both = small.batch(rows, bos=True, eos=True)
    assert both.tolist() == [[1, 4, 5, 2], [1, 4, 2, 0], [1, 2, 0, 0]]


@pytest.mark.parametrize("language", tw.LANGUAGES)
def test_the_endless_text_is_one_sentence_after_another(language):
    wanted = [word for sentence in tw.generate(30, seed=3) for word in getattr(sentence, language)]
    text = tw.words(seed=3, language=language)
    assert list(itertools.islice(text, len(wanted))) == wanted
    held_out = list(itertools.islice(tw.words(seed=3, split="test"), 50))
    assert (
        held_out == [word for s in tw.generate(20, seed=3, split="test") for word in s.english][:50]
    )


def test_batches_predict_every_word_once():
    batches = tw.batches(batch_size=3, length=7, seed=2, split="train")
    first, second = next(batches), next(batches)
    assert first.shape == second.shape == (3, 8)
    assert first.dtype == torch.int64
    text = tw.vocabulary().encode(list(itertools.islice(tw.words(2, "train"), 43)))
    rows = torch.cat([first, second])
    assert rows[:, 1:].flatten().tolist() == text[1:]
    assert rows[:, 0].tolist() == text[0:42:7]
    first[0, -1] = -5  # rows do not share memory
    assert first[1, 0] == text[7]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tw.vocabulary("french"), ValueError, "language='french' is given, one of english"),
        (lambda: tw.Vocabulary(["a", "b", "a"]), ValueError, "'a' is given twice"),
        (lambda: tw.Vocabulary(["a"]).decode([5]), ValueError, "ids holds 5, 0 to 4 is wanted"),
        (lambda: tw.Vocabulary(["a"]).decode([-1]), ValueError, "ids holds -1, 0 to 4 is wanted"),
        (lambda: tw.vocabulary().batch([]), ValueError, "rows is empty"),
        (lambda: tw.words(language="latin"), ValueError, "language='latin' is given"),
        (lambda: tw.words(split="dev"), ValueError, "split='dev' is given"),
        (lambda: tw.batches(0, 5), ValueError, "batch_size=0 is given, at least 1 is wanted"),
        (lambda: tw.batches(5, 0), ValueError, "length=0 is given, at least 1 is wanted"),
        (lambda: tw.batches(5, 5, seed="1"), TypeError, "seed has type str"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)
