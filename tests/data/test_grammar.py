"""TinyWorld's language: its size, its entropy, one derivation each, agreement, splits, seeds."""

import hashlib
import itertools
import math
import os
import statistics
import subprocess
import sys
from collections import Counter

import pytest
from tests.data.unambiguous import confusable_rules

from unrolled.data import tinyworld as tw
from unrolled.data.tinyworld import lexicon as lex
from unrolled.data.tinyworld.grammar import DEPTH, GRAMMAR, PARSER, START
from unrolled.data.tinyworld.parsing import Parser
from unrolled.data.tinyworld.pcfg import Grammar, rule

words_of = str.split
SENTENCES = tw.generate(3000, seed=5)
# SHA-256 of the first thousand sentences of seed 0 in three languages: a change here changes
# everybody's data.
GOLDEN = "f300dbc30eb1e42ec3189b01b525df82afe975a3c97b1ba91432d7d662eae9e4"

STATES = [verb.forms for verb in lex.STATES] + [
    ("lives", "live"),
    ("comes", "come"),
    ("works", "work"),
]
SINGULAR_VERBS = {"is", "does", *(third for third, _ in STATES)}
PLURAL_VERBS = {"are", "do", *(base for _, base in STATES)}
PLURAL_NOUNS = {noun.plural for noun in lex.NOUNS}
NAMES = {n.english for n in lex.FIRST_NAMES + lex.FAMILY_NAMES} | {"Mr", "Ms"}
HEADS = {noun.singular for noun in lex.NOUNS} | PLURAL_NOUNS | NAMES


def subjects_of_finite_verbs(words):
    """(subject, verb) for every finite verb, found from the words alone."""
    waiting, pairs = [], []
    expects_subject, last = True, ""
    for i, word in enumerate(words):
        if word in HEADS:
            if expects_subject:
                waiting.append(word)
            expects_subject, last = False, word
        elif word == "that":
            following = words[i + 1]
            if following in SINGULAR_VERBS | PLURAL_VERBS:
                waiting.append(last)  # the noun before "that" is its subject
            else:
                expects_subject = True
        elif word in SINGULAR_VERBS | PLURAL_VERBS and words[i - 1] != "not":
            pairs.append((waiting.pop(), word))
    assert not waiting
    return pairs


def test_every_finite_verb_agrees_with_its_subject():
    for sentence in SENTENCES:
        for subject, verb in subjects_of_finite_verbs(sentence.english):
            assert (subject in PLURAL_NOUNS) == (verb in PLURAL_VERBS), sentence


def test_agreement_reaches_across_two_levels_and_past_nouns_of_the_other_number():
    """Without such sentences agreement with the nearest noun would be enough."""
    nested = attracted = 0
    for sentence in SENTENCES:
        pairs = subjects_of_finite_verbs(sentence.english)
        nested += sentence.english.count("that") >= 2 and len(pairs) >= 3
        main, verb = pairs[-1]
        at = len(sentence.english) - sentence.english[::-1].index(verb) - 1
        between = [w for w in sentence.english[:at] if w in HEADS]
        attracted += (between[-1] in PLURAL_NOUNS) != (main in PLURAL_NOUNS)
    assert nested > len(SENTENCES) / 50
    assert attracted > len(SENTENCES) / 25


def test_the_language_is_as_large_as_promised():
    assert tw.sentence_count() == GRAMMAR.count(START)
    assert tw.sentence_count() >= 10**9
    words = {part.symbol for each in GRAMMAR.rules for part in each.items if part.is_word}
    assert len(words) >= 300
    assert {word for s in tw.generate(20_000, seed=2) for word in s.english} == words


def test_no_english_form_stands_for_two_words():
    forms = [form for noun in lex.NOUNS + lex.PLACES for form in (noun.singular, noun.plural)]
    forms += [form for verb in lex.VERBS for form in verb.forms]
    forms += ["lives", "live", "comes", "come", "works", "work"]
    forms += [adjective.english for adjective in lex.ADJECTIVES]
    forms += [name.english for name in lex.NAME_OF.values()]
    for table in (lex.TITLES, lex.TIMES, lex.NUMBERS, lex.PREPOSITIONS, lex.DEGREES):
        forms += table
    forms += words_of("the this these a an that is are does do not from for .")
    assert [form for form, n in Counter(forms).items() if n > 1] == []


def test_no_sentence_has_two_derivations():
    assert confusable_rules(PARSER, START) == []


def test_the_proof_finds_an_ambiguity_where_there_is_one():
    def toy(*rules):
        return Parser(Grammar([rule(left, 1, right) for left, right in rules]))

    two_ways = toy(("S", "<A>"), ("S", "<B>"), ("A", "x"), ("B", "x"))
    assert confusable_rules(two_ways, "S") == [("S", 0, 1)]
    who_has_m = toy(("S", "<N> <M>"), ("N", "a <M>"), ("M", "m"), ("M", ""))
    assert confusable_rules(who_has_m, "S") == [("M", 2, 3)]
    later = toy(("S", "<A> x"), ("S", "<B> x"), ("A", "p <C>"), ("B", "p <C>"), ("C", "q"))
    assert confusable_rules(later, "S") == [("S", 0, 1)]
    clear = toy(("S", "<N> <M> ."), ("N", "a"), ("N", "a b"), ("M", "m"), ("M", ""))
    assert confusable_rules(clear, "S") == []
    again = "<SUBJECT.sg.2:person>/subject is <ADJ:person> ."
    spoilt = Parser(Grammar([*GRAMMAR.rules, rule(START, 1, again)]))
    assert confusable_rules(spoilt, START)


def test_the_parser_finds_the_one_derivation():
    for sentence in SENTENCES[:500]:
        assert PARSER.derivations(sentence.english, START) == [sentence.derivation], sentence


def enumerate_all(symbol):
    """Every derivation of a symbol, as (words, log probability)."""
    found = []
    for i in GRAMMAR.rules_of[symbol]:
        parts = [
            [((part.symbol,), 0.0)] if part.is_word else enumerate_all(part.symbol)
            for part in GRAMMAR.rules[i].items
        ]
        for chosen in itertools.product(*parts):
            words = tuple(word for words, _ in chosen for word in words)
            found.append((words, GRAMMAR.log_probabilities[i] + sum(log_p for _, log_p in chosen)))
    return found


@pytest.mark.parametrize(
    "symbol",
    ["NAME", "AT:person", "AT:machine", "RESIDENCE.pl:person", "A:food", "MOD.sg.0:person"],
)
def test_counts_and_entropies_agree_with_enumeration(symbol):
    derivations = enumerate_all(symbol)
    assert len(derivations) == GRAMMAR.count(symbol) == len({words for words, _ in derivations})
    p = [math.exp(log_p) for _, log_p in derivations]
    assert math.fsum(p) == pytest.approx(1, abs=1e-12)
    entropy = -math.fsum(q * log_p for q, (_, log_p) in zip(p, derivations, strict=True))
    assert GRAMMAR.entropy(symbol) == pytest.approx(entropy, rel=1e-12)
    length = math.fsum(q * len(words) for q, (words, _) in zip(p, derivations, strict=True))
    assert GRAMMAR.expected_length(symbol) == pytest.approx(length, rel=1e-12)


def test_the_entropy_is_the_mean_surprise_of_many_sentences():
    drawn = tw.generate(40_000, seed=11)
    surprise = [-sentence.log_probability for sentence in drawn]
    error = statistics.stdev(surprise) / math.sqrt(len(drawn))
    assert error < 0.05
    assert abs(statistics.fmean(surprise) - tw.sentence_entropy()) < 3 * error
    lengths = [len(sentence.english) for sentence in drawn]
    error = statistics.stdev(lengths) / math.sqrt(len(drawn))
    assert abs(statistics.fmean(lengths) - tw.expected_length()) < 3 * error
    assert tw.entropy_per_token() == tw.sentence_entropy() / tw.expected_length()


def test_log_prob_is_that_of_the_derivation_and_the_sum_of_the_surprisals():
    for sentence in SENTENCES[:200]:
        log_p = tw.log_prob(sentence.english)
        assert log_p == pytest.approx(sentence.log_probability, abs=1e-12)
        each = tw.surprisals(sentence.english)
        assert len(each) == len(sentence.english)
        assert sum(each) == pytest.approx(-log_p, abs=1e-9)
        assert min(each) > -1e-9


def test_a_name_that_is_tired_has_the_probability_of_its_rules():
    said = tw.parse(words_of("Anna is tired ."))
    shares = math.prod(
        GRAMMAR.rules[i].weight
        / sum(GRAMMAR.rules[j].weight for j in GRAMMAR.rules_of[GRAMMAR.rules[i].left])
        for i in said.derivation
    )
    assert tw.log_prob(words_of("Anna is tired .")) == pytest.approx(math.log(shares), rel=1e-12)


def test_next_words_are_a_distribution_that_knows_agreement():
    for sentence in SENTENCES[:12]:
        for t, word in enumerate(sentence.english):
            after = tw.next_words(sentence.english[:t])
            assert sum(after.values()) == pytest.approx(1, abs=1e-9)
            assert after[word] == pytest.approx(
                math.exp(-tw.surprisals(sentence.english)[t]), rel=1e-9
            )
    after = tw.next_words(words_of("the keys that the teacher has"))
    assert set(after) == {"are"}  # only the plural subject's verb is left
    assert tw.next_words(words_of("Anna is tired .")) == {}
    assert tw.next_words([])["the"] > 0.3


def test_mean_surprisal_by_position_is_the_mean_entropy_of_the_next_word():
    """At each position the exact conditional entropy is what a word there costs on average."""
    pairs = []
    for sentence in tw.generate(120, seed=13):
        for t, cost in enumerate(tw.surprisals(sentence.english)[:4]):
            after = tw.next_words(sentence.english[:t])
            pairs.append((cost, -sum(p * math.log(p) for p in after.values())))
    difference = [cost - entropy for cost, entropy in pairs]
    error = statistics.stdev(difference) / math.sqrt(len(difference))
    assert abs(statistics.fmean(difference)) < 3 * error


def test_every_symbol_can_be_reached_and_no_rule_stands_twice():
    reached, waiting = (
        set(),
        [START, "OPINION", *(s for s in GRAMMAR.rules_of if s.startswith("FOLLOW"))],
    )
    while waiting:
        symbol = waiting.pop()
        reached.add(symbol)
        for i in GRAMMAR.rules_of[symbol]:
            inner = (part.symbol for part in GRAMMAR.rules[i].items if not part.is_word)
            waiting += [part for part in inner if part not in reached]
    assert reached == set(GRAMMAR.rules_of)
    assert len({(each.left, each.items) for each in GRAMMAR.rules}) == len(GRAMMAR.rules)
    assert DEPTH == 2


def test_splits_share_no_structure_and_words_do_not_decide():
    drawn = {split: tw.generate(600, seed=3, split=split) for split in tw.SPLITS}
    structures = {split: {s.structure for s in found} for split, found in drawn.items()}
    for one, other in itertools.combinations(tw.SPLITS, 2):
        assert structures[one].isdisjoint(structures[other])
    for split, found in drawn.items():
        assert {tw.split_of(s.structure) for s in found} == {split}
        assert len(structures[split]) > 60
    # other nouns of any class, the same structure
    a, b = (tw.parse(words_of(f"the {noun} is old .")) for noun in ("key", "coat"))
    c = tw.parse(words_of("this apple is fresh ."))
    assert a.structure == b.structure == c.structure == "DET.sg NOUN.sg is ADJ ."
    assert tw.parse(words_of("the keys are old .")).structure != a.structure


def test_an_article_and_a_preposition_are_no_structure():
    one, other = (tw.parse(words_of(f"Anna has {x} .")) for x in ("a dog", "an elephant"))
    assert one.structure == other.structure == "FIRST VERB.sg a NOUN.sg ."
    one, other = (tw.parse(words_of(f"Anna is {x} .")) for x in ("in the park", "behind the doors"))
    assert one.structure == "FIRST is PREP the PLACE.sg ."
    assert other.structure == "FIRST is PREP the PLACE.pl ."


def test_the_splits_have_the_sizes_they_are_meant_to_have():
    shares = Counter(tw.split_of(sentence.structure) for sentence in tw.generate(20_000, seed=4))
    assert 0.78 < shares["train"] / 20_000 < 0.86
    assert 0.06 < shares["valid"] / 20_000 < 0.12
    assert 0.06 < shares["test"] / 20_000 < 0.12


def digest(n, seed, split=None):
    lines = [f"{s.english}{s.chinese}{s.german}" for s in tw.generate(n, seed, split)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_seed_0_is_what_it_always_was():
    assert digest(1000, seed=0) == GOLDEN


def test_string_hashing_does_not_reach_the_sentences():
    program = (
        "from unrolled.data import tinyworld as tw;"
        "print(ascii([(s.english, s.chinese, s.german) for s in tw.generate(50, 3, 'test')]),"
        "ascii(tw.vocabulary('german').words), ascii(tw.question_examples(20, 1)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    here = [(s.english, s.chinese, s.german) for s in tw.generate(50, 3, "test")]
    words, questions = tw.vocabulary("german").words, tw.question_examples(20, 1)
    assert output == f"{here!a} {words!a} {questions!a}\n"


def test_a_longer_list_starts_with_the_shorter_one_and_seeds_differ():
    assert tw.generate(40, seed=7)[:10] == tw.generate(10, seed=7)
    assert tw.generate(10, seed=7) != tw.generate(10, seed=8)
    assert list(itertools.islice(tw.sentences(7), 10)) == tw.generate(10, seed=7)
    assert tw.generate(0) == []


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tw.generate(-1), ValueError, "n=-1 is given, at least 0 is wanted"),
        (lambda: tw.generate(1, seed="0"), TypeError, "seed has type str, int is wanted"),
        (
            lambda: tw.generate(0, split="dev"),
            ValueError,
            "split='dev' is given, one of train, valid",
        ),
        (lambda: tw.log_prob("Anna is tired ."), TypeError, "words is a str"),
        (
            lambda: tw.log_prob(words_of("the keys is new .")),
            ValueError,
            "no sentence goes on with 'is' after 'the keys'",
        ),
        (lambda: tw.parse(words_of("Anna is")), ValueError, "'Anna is' is the beginning"),
        (lambda: tw.parse([]), ValueError, "'' is the beginning"),
        (lambda: tw.surprisals(words_of("Anna is .")), ValueError, "goes on with '.'"),
        (lambda: tw.next_words(words_of("Anna are")), ValueError, "with 'are' after 'Anna'"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)
