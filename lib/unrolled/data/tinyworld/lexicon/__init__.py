"""TinyWorld's words: each row is one meaning, with its form in English, Chinese and German.

``nouns``, ``verbs``, ``adjectives`` and ``names`` hold a table each. Classes say what may be
combined with what, so that sentences stay sensible: nobody reads a cup. No English form stands
for two words, so a form alone says which row it is from.
"""

from unrolled.data.tinyworld.lexicon.adjectives import (
    ADJECTIVE_OF,
    ADJECTIVES,
    DEGREES,
    NEGATIVE,
    POSITIVE,
    Adjective,
)
from unrolled.data.tinyworld.lexicon.names import (
    CITIES,
    FAMILY_NAMES,
    FIRST_NAMES,
    NAME_OF,
    NUMBERS,
    ORGANISATIONS,
    PREPOSITIONS,
    TIMES,
    TITLES,
    Name,
)
from unrolled.data.tinyworld.lexicon.nouns import CLASSES, NOUN_OF, NOUNS, PLACES, THINGS, Noun
from unrolled.data.tinyworld.lexicon.verbs import ACTS, DEEDS, STATES, VERB_OF, VERBS, Verb

__all__ = [
    "ACTS",
    "ADJECTIVES",
    "ADJECTIVE_OF",
    "CITIES",
    "CLASSES",
    "DEEDS",
    "DEGREES",
    "FAMILY_NAMES",
    "FIRST_NAMES",
    "NAME_OF",
    "NEGATIVE",
    "NOUNS",
    "NOUN_OF",
    "NUMBERS",
    "ORGANISATIONS",
    "PLACES",
    "POSITIVE",
    "PREPOSITIONS",
    "STATES",
    "THINGS",
    "TIMES",
    "TITLES",
    "VERBS",
    "VERB_OF",
    "Adjective",
    "Name",
    "Noun",
    "Verb",
]
