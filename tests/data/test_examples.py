"""Labelled examples: the label follows from the words by rules written here once more."""

import statistics
from collections import Counter

import pytest

from unrolled.data import tinyworld as tw
from unrolled.data.tinyworld import lexicon as lex

KINDS = {
    "sentiment": tw.sentiment_examples,
    "entities": tw.entity_examples,
    "next sentence": tw.next_sentence_examples,
    "questions": tw.question_examples,
}
CITY_WORDS = {word for name in lex.CITIES for word in name.english.split()}
ORGANISATION_WORDS = {word for name in lex.ORGANISATIONS for word in name.english.split()}
PERSON_WORDS = {name.english for name in lex.FIRST_NAMES + lex.FAMILY_NAMES}


def test_praise_and_blame_follow_from_the_last_adjective_and_the_not_before_it():
    examples = tw.sentiment_examples(2000, seed=1)
    for words, label in examples:
        polarity = lex.ADJECTIVE_OF[words[-2]].polarity
        assert polarity in (lex.POSITIVE, lex.NEGATIVE)
        assert label == int((polarity == lex.POSITIVE) != (words[-3] == "not")), words
    assert abs(sum(label for _, label in examples) - 1000) < 4 * 2000**0.5 / 2
    denied = sum(words[-3] == "not" for words, _ in examples)
    assert abs(denied - 800) < 4 * (2000 * 0.4 * 0.6) ** 0.5


def test_other_adjectives_contradict_the_label():
    contradicted = 0
    for words, label in tw.sentiment_examples(2000, seed=2):
        inside = [lex.ADJECTIVE_OF[w].polarity for w in words[:-2] if w in lex.ADJECTIVE_OF]
        contradicted += any(polarity == (-1 if label else 1) for polarity in inside)
    assert contradicted > 50


def test_entities_are_the_names_and_begin_where_they_begin():
    seen = Counter()
    for words, tags in tw.entity_examples(3000, seed=1):
        assert len(words) == len(tags)
        for i, (word, tag) in enumerate(zip(words, tags, strict=True)):
            kinds = [
                kind
                for kind, names in (
                    ("PER", PERSON_WORDS), ("LOC", CITY_WORDS), ("ORG", ORGANISATION_WORDS),
                )
                if word in names
            ]  # fmt: skip
            assert tag == "O" if not kinds else tag[2:] == kinds[0], (words, tags)
            if tag.startswith("I-"):
                assert tags[i - 1][2:] == tag[2:], (words, tags)
            seen[tag] += 1
    assert set(seen) == {"O", *(f"{b}-{kind}" for b in "BI" for kind in ("PER", "LOC", "ORG"))}


def test_a_family_name_is_inside_after_a_first_name_and_begins_after_a_title():
    def tags(text):
        return tw.entity_tags(tw.parse(text.split()))

    assert tags("Anna Novak is tired .") == ("B-PER", "I-PER", "O", "O", "O")
    assert tags("Mr Novak lives in New York .") == (
        "O", "B-PER", "O", "O", "B-LOC", "I-LOC", "O",
    )  # fmt: skip
    assert tags("the king that Anna knows works for Orion Media .") == (
        "O", "O", "O", "B-PER", "O", "O", "O", "B-ORG", "I-ORG", "O",
    )  # fmt: skip
    assert tags("the man that Anna loves loves Eva .")[3:7] == ("B-PER", "O", "O", "B-PER")


def named(words):
    """What a sentence speaks of: nouns in the singular, and names."""
    nouns = {n.singular for n in lex.NOUNS} | {n.plural for n in lex.NOUNS}
    return {lex.NOUN_OF[w].singular for w in words if w in nouns} | PERSON_WORDS & set(words)


def subject_of(words):
    return words[:2] if words[0] == "the" else words[: 2 if words[1] in PERSON_WORDS else 1]


def test_the_next_sentence_speaks_of_something_in_the_first():
    examples = tw.next_sentence_examples(2000, seed=1)
    for first, second, is_next in examples:
        assert tw.parse(second)
        subject = subject_of(second)
        if is_next:
            assert set(subject) - {"the"} <= set(first), (first, second)
        else:
            assert named(subject).isdisjoint(named(first)), (first, second)
    follow = sum(example.is_next for example in examples)
    assert abs(follow - 1000) < 4 * 2000**0.5 / 2


def test_the_number_of_words_does_not_tell_the_next_sentence():
    examples = tw.next_sentence_examples(3000, seed=2)
    lengths = {
        is_next: [len(e.second) for e in examples if e.is_next == is_next]
        for is_next in (True, False)
    }
    means = {is_next: statistics.fmean(found) for is_next, found in lengths.items()}
    assert abs(means[True] - means[False]) < 0.5


# sentence, question, answer
ASKED = [
    ("the nurses do not know Tom .", "who does not know Tom ?", "the nurses"),
    ("the nurses are helping Tom .", "who is helping Tom ?", "the nurses"),
    ("the nurses are helping Tom .", "who are the nurses helping ?", "Tom"),
    ("Mr Novak needs the old book .", "who needs the old book ?", "Mr Novak"),
    ("Mr Novak needs the old book .", "what does Mr Novak need ?", "the old book"),
    ("the boys live in New York .", "who lives in New York ?", "the boys"),
    ("the boys live in New York .", "where do the boys live ?", "in New York"),
    ("the boys work for Nordwind .", "who works for Nordwind ?", "the boys"),
    ("the dog is under the beds .", "where is the dog ?", "under the beds"),
    ("the dogs are in the park .", "where are the dogs ?", "in the park"),
    ("the dogs are chasing a cat .", "what are the dogs chasing ?", "a cat"),
    ("Anna is looking for three keys .", "what is Anna looking for ?", "three keys"),
    ("Anna is looking for three keys .", "how many keys is Anna looking for ?", "three"),
    ("the boys want six red cups .", "how many red cups do the boys want ?", "six"),
    ("today the king is sleeping .", "who is sleeping ?", "the king"),
    ("the key that Anna needs is on the bed .", "where is the key that Anna needs ?", "on the bed"),
]


@pytest.mark.parametrize(("text", "question", "answer"), ASKED)
def test_questions_and_answers(text, question, answer):
    words = text.split()
    found = {
        " ".join(asked): " ".join(words[i] for i in positions)
        for asked, positions in tw.questions_about(tw.parse(words))
    }
    assert found[question] == answer


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("the key is new .", 0),  # nothing of a key but that it is new
        ("the key is not on the bed .", 0),
        ("the dog is not chasing a cat .", 0),
        ("the dog is chasing a cat .", 1),
        ("Anna does not need a key .", 1),  # who does not
        ("Anna needs a key .", 2),
        ("Anna needs the three keys .", 2),  # how many keys: she may need others
        ("Anna needs three keys .", 3),
        ("Anna comes from Rome .", 1),
    ],
)
def test_how_much_can_be_asked(text, n):
    assert len(tw.questions_about(tw.parse(text.split()))) == n


def test_the_answer_is_a_span_of_one_sentence_that_answers():
    kinds = Counter()
    for example in tw.question_examples(1000, seed=1):
        context = " ".join(example.context)
        assert context.count(".") == 3
        assert "." not in example.answer
        assert 0 <= example.start <= example.end < len(example.context)
        assert example.answer == example.context[example.start : example.end + 1]
        sentences = [(text + " .").strip().split() for text in context.split(" .") if text]
        answering = []
        for words in sentences:
            asked = dict(tw.questions_about(tw.parse(words)))
            if example.question in asked:
                answering.append(tuple(words[i] for i in asked[example.question]))
        assert answering == [example.answer], example
        kinds[example.question[0]] += 1
    assert set(kinds) == {"who", "what", "where", "how"}


def test_the_sentence_that_answers_stands_anywhere():
    places = Counter()
    for example in tw.question_examples(600, seed=2):
        places[example.context[: example.start].count(".")] += 1
    assert set(places) == {0, 1, 2}
    assert min(places.values()) > 150


@pytest.mark.parametrize("examples", KINDS.values(), ids=KINDS)
def test_seeds_and_splits(examples):
    assert examples(20, seed=4)[:5] == examples(5, seed=4)
    assert examples(20, seed=4) != examples(20, seed=5)
    assert examples(0) == []
    assert examples(20, seed=4, split="test") != examples(20, seed=4, split="train")


def test_the_split_is_that_of_the_sentence_asked_about():
    for words, _ in tw.entity_examples(50, seed=4, split="valid"):
        assert tw.split_of(tw.parse(words).structure) == "valid"
    for first, _, _ in tw.next_sentence_examples(50, seed=4, split="test"):
        assert tw.split_of(tw.parse(first).structure) == "test"


@pytest.mark.parametrize("examples", KINDS.values(), ids=KINDS)
def test_bad_arguments_are_named(examples):
    with pytest.raises(ValueError, match="n=-2 is given, at least 0 is wanted"):
        examples(-2)
    with pytest.raises(ValueError, match="split='dev' is given, one of train, valid, test"):
        examples(1, split="dev")
    with pytest.raises(TypeError, match="seed has type float, int is wanted"):
        examples(1, seed=1.5)
