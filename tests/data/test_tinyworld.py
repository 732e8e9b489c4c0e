"""TinyWorld: verbs agree, alignments are whole, Chinese keeps its rules, a seed is for ever."""

import hashlib
import os
import subprocess
import sys

import pytest

from unrolled.data.tinyworld import generate, render
from unrolled.data.tinyworld.grammar import NounPhrase, Predicate, Relative
from unrolled.data.tinyworld.lexicon import (
    ADJECTIVES,
    NOUNS,
    NUMBERS,
    PLACES,
    PREPOSITIONS,
    VERBS,
)

SENTENCES = generate(3000, seed=5)
# SHA-256 of the first thousand sentences of seed 0: a change here changes everybody's data.
GOLDEN = "680661d8ccb04844ca288322cccecb1a2ebfffb6aefbf14d8ea5103bda3e8022"

STATES = [verb.english for verb in VERBS if not verb.is_action]
SINGULAR_FINITE = {"is", "does", *(third for third, _ in STATES)}
PLURAL_FINITE = {"are", "do", *(base for _, base in STATES)}
SINGULAR_NOUNS = {noun.singular for noun in NOUNS}
PLURAL_NOUNS = {noun.plural for noun in NOUNS if not noun.is_name}
MEASURES = {noun.chinese: noun.measure for noun in NOUNS if not noun.is_name}


def _word(words, **wanted):
    return next(
        w for w in words if all(getattr(w, name) == value for name, value in wanted.items())
    )


def finite_verbs(words):
    """The verbs that carry number: after do or does stands a base form, which does not."""
    found = []
    for before, word in zip(("", *words), words, strict=False):
        if word in SINGULAR_FINITE | PLURAL_FINITE and before != "not":
            found.append(word)
    return found


def subjects(words):
    """The nouns that the finite verbs agree with, in the verbs' order: the head comes first."""
    nouns = [w for w in words if w in SINGULAR_NOUNS | PLURAL_NOUNS]
    if "that" not in words:
        return [nouns[0]]
    after = words[words.index("that") + 1]
    if after == "the" or after[0].isupper():  # the clause has a subject of its own
        return [nouns[1], nouns[0]]
    return [nouns[0], nouns[0]]


def test_every_finite_verb_agrees_with_its_subject():
    for sentence in SENTENCES:
        verbs, nouns = finite_verbs(sentence.english), subjects(sentence.english)
        assert len(verbs) == len(nouns), sentence.english_text
        for verb, noun in zip(verbs, nouns, strict=True):
            assert (verb in PLURAL_FINITE) == (noun in PLURAL_NOUNS), sentence.english_text


def test_attractors_of_the_other_number_stand_between_subject_and_verb():
    """Without them, agreement with the nearest noun would be enough."""
    attracted = 0
    for sentence in SENTENCES:
        words = sentence.english
        nouns = subjects(words)
        attracted += len(nouns) == 2 and (nouns[0] in PLURAL_NOUNS) != (nouns[1] in PLURAL_NOUNS)
    assert attracted > len(SENTENCES) / 20


def test_alignment_is_in_range_sorted_and_leaves_no_word_out():
    for sentence in SENTENCES:
        assert list(sentence.alignment) == sorted(set(sentence.alignment))
        assert {i for i, _ in sentence.alignment} == set(range(len(sentence.english)))
        assert {j for _, j in sentence.alignment} == set(range(len(sentence.chinese)))


def test_aligned_nouns_and_numbers_translate_each_other():
    chinese_of = {n.singular: n.chinese for n in NOUNS} | {n.plural: n.chinese for n in NOUNS}
    chinese_of |= {p.singular: p.chinese for p in PLACES} | {p.plural: p.chinese for p in PLACES}
    chinese_of |= NUMBERS | PREPOSITIONS | {a.english: a.chinese for a in ADJECTIVES}
    for sentence in SENTENCES:
        for i, word in enumerate(sentence.english):
            if word in chinese_of:
                linked = [
                    sentence.chinese[j].removesuffix("们") for k, j in sentence.alignment if k == i
                ]
                assert chinese_of[word] in linked, (word, sentence)


def test_a_counted_noun_has_its_own_measure_word():
    """那 三 把 新 钥匙: between a numeral or 一 and its noun stands that noun's measure word."""
    counted = 0
    for sentence in SENTENCES:
        words = sentence.chinese
        for position, word in enumerate(words[:-1]):
            if word in {"一", *NUMBERS.values()}:
                noun = next(w for w in words[position + 1 :] if w in MEASURES)
                assert words[position + 1] == MEASURES[noun], sentence.chinese_text
                counted += 1
    assert counted > 100


def test_no_chinese_verb_changes_with_number():
    singular = keys_of_the_teacher(plural=False)
    plural = keys_of_the_teacher(plural=True)
    assert singular.english[-3:] == ("is", "new", ".")
    assert plural.english[-3:] == ("are", "new", ".")
    assert singular.chinese[-3:] == plural.chinese[-3:] == ("很", "新", "。")


def keys_of_the_teacher(plural):
    key, teacher = _word(NOUNS, singular="key"), _word(NOUNS, singular="teacher")
    has, new = _word(VERBS, chinese="有"), _word(ADJECTIVES, english="new")
    relative = Relative(Predicate(has, False), NounPhrase(teacher, False, "bare"))
    return render(NounPhrase(key, plural, "the", modifier=relative), Predicate(new, False))


def test_the_keys_that_the_teacher_has_are_new():
    sentence = keys_of_the_teacher(plural=True)
    assert sentence.english_text == "The keys that the teacher has are new."
    assert sentence.chinese == ("老师", "拥有", "的", "那", "些", "钥匙", "很", "新", "。")
    # the-那些 keys-钥匙 that-的 the+teacher-老师 has-拥有 are-很 new-新 .-。
    assert sentence.alignment == (
        (0, 3), (0, 4), (1, 5), (2, 2), (3, 0), (4, 0), (5, 1), (6, 6), (7, 7), (8, 8),
    )  # fmt: skip


def test_one_english_sentence_has_one_translation():
    translation = {}
    for sentence in SENTENCES:
        assert translation.setdefault(sentence.english, sentence) == sentence


def test_every_word_of_the_lexicon_occurs():
    english = {word for sentence in SENTENCES for word in sentence.english}
    wanted = SINGULAR_NOUNS | PLURAL_NOUNS | SINGULAR_FINITE | PLURAL_FINITE | set(NUMBERS)
    wanted |= {adjective.english for adjective in ADJECTIVES}
    wanted |= {word for verb in VERBS if verb.is_action for word in verb.english}
    wanted |= {"that", "not", "this", "these", "a", "an", "the", "."}
    assert wanted <= english


def test_articles_fit_the_sound_that_follows():
    for sentence in SENTENCES:
        for word, following in zip(sentence.english, sentence.english[1:], strict=False):
            if word in ("a", "an"):
                assert (word == "an") == (following[0] in "aeiou"), sentence.english_text


def digest(n, seed):
    lines = [f"{s.english}{s.chinese}{s.alignment}" for s in generate(n, seed)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_seed_0_is_what_it_always_was():
    assert digest(1000, seed=0) == GOLDEN


def test_string_hashing_does_not_reach_the_sentences():
    program = "from unrolled.data.tinyworld import generate; print(ascii(generate(50, 3)))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_longer_list_starts_with_the_shorter_one_and_seeds_differ():
    assert generate(40, seed=7)[:10] == generate(10, seed=7)
    assert generate(10, seed=7) != generate(10, seed=8)
    assert generate(0) == []


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="n=-1 is given, at least 0 is wanted"):
        generate(-1)
    with pytest.raises(TypeError, match="seed has type str, int is wanted"):
        generate(1, seed="0")
