"""TinyWorld's grammar: its rules, made for each class of noun and each number.

A symbol is written ``NAME.features:selection``. ``sg`` and ``pl`` are the numbers that subject and
verb share, a digit says how deep relative clauses may still nest, and what stands after the colon
says which words make sense there: it is no part of the structure. A word or symbol is followed by
its role in the meaning: in ``<DET.sg>/det <NOUN.sg:item>/noun`` they are ``det`` and ``noun``.
"""

from unrolled.data.tinyworld.grammar.clauses import clause_rules
from unrolled.data.tinyworld.grammar.noun_phrases import DEPTH, noun_phrase_rules
from unrolled.data.tinyworld.grammar.words import word_rules
from unrolled.data.tinyworld.parsing import Parser
from unrolled.data.tinyworld.pcfg import Grammar

__all__ = ["DEPTH", "GRAMMAR", "PARSER", "START"]

START = "SENTENCE"
GRAMMAR = Grammar([*word_rules(), *noun_phrase_rules(), *clause_rules()])
PARSER = Parser(GRAMMAR)
