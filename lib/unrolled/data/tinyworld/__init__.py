"""TinyWorld: English sentences from a known grammar, with Chinese, German, labels and entropy.

``grammar`` holds the rules, each with its weight. A sentence is a derivation: the rules that make
it. From it follow its words, its probability and its meaning, which Chinese and German render, so
that translation and word alignment are right by construction. Every sentence has one derivation,
so its probability is that of the derivation, and the language's entropy is a sum over rules.

The subject and its verb agree however far apart they stand: "the keys that the girls that Anna
knows need are new". Chinese verbs do not change; its nouns need a measure word (那 把 钥匙) and
what describes them stands before. German nouns have gender and case, and its relative clauses end
with the verb.
"""

from unrolled.data.tinyworld.corpus import batches, words
from unrolled.data.tinyworld.examples import (
    EntityExample,
    NextSentenceExample,
    SentimentExample,
    entity_examples,
    entity_tags,
    next_sentence_examples,
    sentiment_examples,
)
from unrolled.data.tinyworld.generation import (
    entropy_per_token,
    expected_length,
    generate,
    log_prob,
    next_words,
    parse,
    sentence_count,
    sentence_entropy,
    sentences,
    surprisals,
)
from unrolled.data.tinyworld.questions import QuestionExample, question_examples, questions_about
from unrolled.data.tinyworld.sentence import Sentence
from unrolled.data.tinyworld.splits import SPLITS, split_of, structure
from unrolled.data.tinyworld.vocabulary import LANGUAGES, Vocabulary, vocabulary

__all__ = [
    "LANGUAGES",
    "SPLITS",
    "EntityExample",
    "NextSentenceExample",
    "QuestionExample",
    "Sentence",
    "SentimentExample",
    "Vocabulary",
    "batches",
    "entity_examples",
    "entity_tags",
    "entropy_per_token",
    "expected_length",
    "generate",
    "log_prob",
    "next_sentence_examples",
    "next_words",
    "parse",
    "question_examples",
    "questions_about",
    "sentence_count",
    "sentence_entropy",
    "sentences",
    "sentiment_examples",
    "split_of",
    "structure",
    "surprisals",
    "vocabulary",
    "words",
]
