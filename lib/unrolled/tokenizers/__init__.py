"""Text to token ids and back: byte-level BPE (GPT-2, SmolLM2) and WordPiece (BERT).

``byte_level`` cuts text into words and words into bytes, ``bpe`` learns and applies merges,
``byte_bpe`` is the whole tokenizer; ``bert_words`` and ``wordpiece`` do the same for BERT.
"""

from unrolled.tokenizers.bert_words import bert_words, clean_text
from unrolled.tokenizers.bpe import bpe_merge, train_bpe
from unrolled.tokenizers.byte_bpe import ByteBPE
from unrolled.tokenizers.byte_level import pre_tokenize
from unrolled.tokenizers.wordpiece import WordPiece, wordpiece_tokenize

__all__ = [
    "ByteBPE", "WordPiece", "bert_words", "bpe_merge",
    "clean_text", "pre_tokenize", "train_bpe", "wordpiece_tokenize",
]  # fmt: skip
