"""From pairs of sentences to a model that translates, and to what is said of its translations.

What chapters 4, 5 and 10 share: ids, batches, a training run, translations of a whole test set, and
measures by length and by alignment. A model here is a :class:`~unrolled.seq2seq.Seq2Seq`, an
:class:`~unrolled.alignment.AttentionSeq2Seq`, or whatever else is called with source and target,
and has their ``start`` and ``step``. The ids 0, 1 and 2 are padding, beginning and end, as in
TinyWorld's vocabularies.

Shapes: ``B`` batch, ``Ts`` source and ``Tt`` target positions, ``N`` pairs.
"""

from unrolled.translation.measures import alignment_error_rate, by_length
from unrolled.translation.models import log_probabilities, train, translate
from unrolled.translation.pairs import (
    BOS as BOS,
)
from unrolled.translation.pairs import (
    EOS as EOS,
)
from unrolled.translation.pairs import (
    PAD as PAD,
)
from unrolled.translation.pairs import (
    Pairs as Pairs,
)
from unrolled.translation.pairs import (
    batches,
    encode_pairs,
    learn_pieces,
    padded,
    read_pieces,
    tinyworld_exam,
    tinyworld_pairs,
    write_pieces,
)

__all__ = [
    "alignment_error_rate", "batches", "by_length", "encode_pairs", "learn_pieces",
    "log_probabilities", "padded", "read_pieces", "tinyworld_exam", "tinyworld_pairs", "train",
    "translate", "write_pieces",
]  # fmt: skip
