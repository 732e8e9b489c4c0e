"""Grammars whose numbers are known by hand: counts, lengths, entropies, parses, next words."""

import math

import pytest

from unrolled.data.choice import Choice
from unrolled.data.tinyworld.parsing import Parser
from unrolled.data.tinyworld.pcfg import Grammar, Item, rule

words_of = str.split

# a, a b, b b or c d, each with one to three z before it
RULES = [
    rule("S", 1, "z <X>"), rule("S", 2, "z z <X>"), rule("S", 1, "z z z <X>"),
    rule("X", 4, "a/first <TAIL>"), rule("X", 3, "b/first b"), rule("X", 1, "c d", "pair"),
    rule("TAIL", 1, ""), rule("TAIL", 3, "b"),
]  # fmt: skip
TOY = Grammar(RULES)
H = math.log


def test_rules_are_read_with_roles_and_tags():
    assert rule("X", 5, "the/det <N>/noun <MOD> .", "np") == (
        "X",
        5,
        (
            Item("the", "det", True),
            Item("N", "noun", False),
            Item("MOD", "", False),
            Item(".", "", True),
        ),
        "np",
    )
    assert rule("X", 1, "").items == ()


def test_counts_lengths_and_entropies_are_those_worked_out_by_hand():
    assert TOY.count("TAIL") == 2
    assert TOY.count("X") == 4
    assert TOY.count("S") == 12
    assert TOY.expected_length("TAIL") == pytest.approx(0.75)
    assert TOY.expected_length("X") == pytest.approx(1.75 * 4 / 8 + 2 * 4 / 8)
    assert TOY.expected_length("S") == pytest.approx(2 + 1.875)
    tail = H(4) / 4 + H(4 / 3) * 3 / 4
    x = H(2) / 2 + H(8 / 3) * 3 / 8 + H(8) / 8 + tail / 2
    assert TOY.entropy("TAIL") == pytest.approx(tail, rel=1e-12)
    assert TOY.entropy("X") == pytest.approx(x, rel=1e-12)
    assert TOY.entropy("S") == pytest.approx(H(4) / 2 + H(2) / 2 + x, rel=1e-12)


def test_a_derivation_gives_its_words_and_probability():
    derivation = (1, 3, 7)
    assert TOY.words(derivation) == ("z", "z", "a", "b")
    assert TOY.log_probability(derivation) == pytest.approx(H(2 / 4 * 4 / 8 * 3 / 4))


def test_draws_come_in_proportion():
    choice = Choice(3)
    drawn = [TOY.words(TOY.draw(choice, "X")) for _ in range(8000)]
    for words, share in ((("a",), 1 / 8), (("a", "b"), 3 / 8), (("b", "b"), 3 / 8)):
        wanted = 8000 * share
        assert abs(drawn.count(words) - wanted) < 4 * math.sqrt(wanted * (1 - share)), words
    rules = [TOY.draw_rule(choice, "TAIL") for _ in range(4000)]
    assert set(rules) == {6, 7}
    assert abs(rules.count(6) - 1000) < 4 * math.sqrt(750)


def test_symbols_that_stand_for_words_only_are_known():
    assert set(TOY.phrases) == {"TAIL"}
    two = Grammar([rule("V", 1, "looking for"), rule("V", 1, "reading")])
    assert two.phrases == {"V": {("looking", "for"): 0, ("reading",): 1}}


def test_below_covers_its_range_evenly():
    choice = Choice(5)
    drawn = [choice.below(7) for _ in range(7000)]
    assert set(drawn) == set(range(7))
    assert all(abs(drawn.count(i) - 1000) < 4 * math.sqrt(1000 * 6 / 7) for i in range(7))


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([rule("S", 0, "a")], "weight=0 of 'S', at least 1 is wanted"),
        ([rule("S", 1, "<N> a")], "'N' in a rule of 'S' has no rules"),
        ([rule("S", 1, "a <S>")], "S contains S: a finite language is wanted"),
    ],
)
def test_what_is_no_finite_grammar_is_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        Grammar(rules)


def test_a_sentence_is_parsed_to_its_derivation():
    parser = Parser(TOY)
    assert parser.derivations(words_of("z a"), "S") == [(0, 3, 6)]
    assert parser.derivations(words_of("z z a b"), "S") == [(1, 3, 7)]
    assert parser.derivations(words_of("z z z c d"), "S") == [(2, 5)]
    for wrong in ("", "z", "z a b b", "a", "z c", "z z z z a", "z q"):
        assert parser.derivations(wrong.split(), "S") == [], wrong


def test_an_ambiguous_sentence_has_all_its_derivations():
    rules = [rule("S", 1, "<N> <M>"), rule("N", 1, "a <M>"), rule("M", 1, "m"), rule("M", 1, "")]
    parser = Parser(Grammar(rules))
    assert sorted(parser.derivations(words_of("a m"), "S")) == [(0, 1, 2, 3), (0, 1, 3, 2)]


def test_the_next_word_has_the_probability_that_the_rules_give():
    parser = Parser(TOY)
    state = parser.begin("S")
    assert parser.next_words(state) == {"z": pytest.approx(1)}
    state = parser.advance(state, "z")
    found = parser.next_words(state)
    assert found == {  # three of four go on with z, one of four with X
        "z": pytest.approx(3 / 4),
        "a": pytest.approx(1 / 8),
        "b": pytest.approx(3 / 32),
        "c": pytest.approx(1 / 32),
    }
    assert list(found) == ["z", "a", "b", "c"]  # the likeliest first
    state = parser.advance(state, "a")
    assert sum(state.values()) == pytest.approx(1 / 4 * 1 / 2)
    # the sentence may be over: the rest of the probability
    assert parser.next_words(state) == {"b": pytest.approx(3 / 4)}
    assert parser.advance(state, "c") == {}
    assert parser.next_words(parser.advance(state, "b")) == {}
