"""Where to read: the book's sections that reports point to. A test holds them to the chapters."""

from __future__ import annotations

from dataclasses import dataclass

CHAPTERS = (
    "00-warm-up", "01-words", "02-recurrence", "03-gates", "04-seq2seq", "05-alignment",
    "06-self-attention", "07-multi-head", "08-positions", "09-block", "10-transformer", "11-bert",
    "12-gpt", "13-modern", "14-beyond",
)  # fmt: skip

_TITLES = {
    "sec-00-softmax": "0.3 Softmax: from scores to shares",
    "sec-00-cross-entropy": "0.4 Cross-entropy: how surprised the guess was",
    "sec-00-embedding": "0.5 Embedding lookup: where the scores come from",
    "sec-01-bpe": "1.2 Byte-pair encoding: join what stands together most often",
    "sec-01-wordpiece": "1.4 WordPiece: the longest piece that fits",
    "sec-01-skip-gram": "1.5 Skip-gram: the company a word keeps",
    "sec-01-negatives": "1.6 Negative sampling: true neighbour or drawn by chance",
    "sec-01-sampler": "1.6 Which words are drawn",
    "sec-01-glove": "1.7 GloVe: count first, then fit",
    "sec-01-fasttext": "1.8 fastText: words never seen",
    "sec-02-step": "2.2 One step: what is read and what is remembered",
    "sec-02-layer": "2.3 The layer: one step at every position",
    "sec-02-loss": "2.5 The loss of a language model",
    "sec-02-clipping": "2.8 Clipping: a limit to the length of a step",
    "sec-02-training": "2.8 The training step",
    "sec-03-lstm": "3.3 The LSTM, one gate at a time",
    "sec-03-layer": "3.4 The layer: what comes out, what starts open, what is dropped",
    "sec-03-gru": "3.5 The GRU: one gate for two",
    "sec-03-both": "3.6 Both directions, and who may use them",
    "sec-03-targets": "3.7 Targets in both directions",
    "sec-03-mix": "3.7 A mix that belongs to the task",
    "sec-04-model": "4.2 Encoder, context vector, decoder",
    "sec-04-forcing": "4.3 Learning: the decoder reads the truth",
    "sec-04-greedy": "4.5 Greedy: the likeliest next word",
    "sec-04-beam": "4.6 Beam search: keep a few beginnings",
    "sec-04-bleu": "4.7 BLEU: how good is a translation?",
    "sec-05-additive": "5.3 How well do these two go together? Let a network say",
    "sec-05-luong": "5.4 Or let a product say: dot, general, concat",
    "sec-05-mask": "5.5 The mask of the source",
    "sec-05-decoder": "5.6 The decoder, and which state asks",
    "sec-06-scaled": "6.3 Scaled dot-product attention",
    "sec-06-masks": "6.4 Masks before softmax",
    "sec-06-padding": "6.5 The padding mask: real sentences side by side",
    "sec-06-causal": "6.6 The causal mask: not a word from the future",
    "sec-06-fully-masked": "6.6 A row that may attend nowhere",
    "sec-06-dropout": "6.7 Dropout on the weights",
    "sec-06-self": "6.7 The self-attention layer",
    "sec-07-split": "7.3 Splitting heads",
    "sec-07-merge": "7.3 Merging heads",
    "sec-07-layer": "7.4 The layer",
    "sec-07-output": "7.5 Why the output projection",
    "sec-07-masks": "7.6 One mask for all heads",
    "sec-07-bugs": "7.7 A bug hunt",
    "sec-07-cross": "7.6 Asking another sentence",
    "sec-08-sinusoids": "8.3 Sinusoids: hands of clocks",
    "sec-08-learned": "8.5 Learned: a table like any other",
    "sec-08-rotary": "8.6 Rotary: turn the query and the key",
    "sec-08-alibi": "8.7 ALiBi: what is far away is scored lower",
}


@dataclass(frozen=True)
class Section:
    """A place in the book.

    Attributes:
        label: the anchor.
        title: what a report calls it.
        page: its file, from the repository's root.
    """

    label: str
    title: str
    page: str


def section(label: str) -> Section:
    """The section of that label, such as ``"sec-06-masks"``."""
    (chapter,) = (name for name in CHAPTERS if name[:2] == label[4:6])
    return Section(label, _TITLES[label], f"book/{chapter}/chapter.md")


def library_page(layer: str, name: str) -> Section:
    """Where to read until the chapter is written: the layer's page in the library's reference.

    Args:
        layer: a module of layers, such as ``"recurrent"``.
        name: of the exercise's function or class.
    """
    title = f"{name} in the library's reference, unrolled.{layer}"
    return Section(f"unrolled.{layer}.{name}", title, f"book/api/{layer}.md")


def all_sections() -> tuple[Section, ...]:
    """Every section of a written chapter that a report can point to."""
    return tuple(section(label) for label in _TITLES)
