"""fastText: a word's vector is made from its parts (Bojanowski et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from unrolled.arguments import embeddings as arguments
from unrolled.basics import embedding_lookup
from unrolled.embeddings.word2vec import negative_sampling_loss
from unrolled.parts import part
from unrolled.views import views

__all__ = ["FastText", "character_ngrams", "ngram_bucket"]


@views(check=arguments.character_ngrams)
def character_ngrams(word: str, n_min: int = 3, n_max: int = 6) -> list[str]:
    """List the runs of characters in a word whose beginning and end are marked, and the word.

    Bojanowski et al. 2017, section 3.2: ``<`` and ``>`` tell a prefix or suffix from the same
    letters inside a word, so that ``her`` in *where* is not the word ``<her>``.

    Args:
        word: at least one character.
        n_min: length of the shortest run, marks included, at least 2. Default: 3.
        n_max: length of the longest run, at least ``n_min``. Default: 6.

    Returns:
        Every occurrence, short runs first and from left to right; last the whole marked word, which
        stands there once, also if it is short enough to be a run itself.

    Raises:
        TypeError: if ``word`` is not a string or a length not an int.
        ValueError: if ``word`` is empty, or not ``2 <= n_min <= n_max``.

    >>> character_ngrams("where", 3, 3)
    ['<wh', 'whe', 'her', 'ere', 're>', '<where>']
    """
    marked = f"<{word}>"
    runs = [
        marked[start : start + n]
        for n in range(n_min, n_max + 1)
        for start in range(len(marked) - n + 1)
    ]
    return runs if marked in runs else [*runs, marked]


@views(check=arguments.ngram_bucket)
def ngram_bucket(ngram: str, buckets: int) -> int:
    """Give a run of characters a row of a table of fixed size, by the hash function FNV-1a.

    Bojanowski et al. 2017, section 3.2. As in the paper's program a byte from 128 on is sign
    extended, which plain FNV-1a does not do. Runs may share a row.

    Args:
        ngram: any string.
        buckets: rows of the table, at least 1.

    Returns:
        A number from 0 to ``buckets - 1``.

    Raises:
        TypeError: if ``ngram`` is not a string or ``buckets`` not an int.
        ValueError: if ``buckets`` is below 1.

    Matches the hash of fastText, with 2**32 buckets and ASCII that of FNV-1a (32 bits).

    >>> hex(ngram_bucket("foobar", 2**32))
    '0xbf9cf968'
    """
    value = 0x811C9DC5
    for byte in ngram.encode():
        signed = byte if byte < 128 else byte - 256
        value = ((value ^ signed) * 0x01000193) % 2**32
    return value % buckets


class FastText(nn.Module):
    """Skip-gram whose centre vectors are averages over a word's own row and those of its runs.

    Bojanowski et al. 2017, section 3.2. The paper adds the rows up; its program averages them, and
    so does this class. A word that was never seen has a vector too.

    Args:
        words: the vocabulary in the order of its ids, no word twice.
        embedding_size: D, at least 1.
        buckets: rows for runs of characters, at least 1 (the paper: 2,000,000). Default: 20,000.
        n_min: see :func:`character_ngrams`. Default: 3.
        n_max: see :func:`character_ngrams`. Default: 6.

    Shape:
        centre and context ``(N,)``, negatives ``(N, K)``, all ids; result ``()``.

    Returns:
        The :func:`unrolled.embeddings.negative_sampling_loss` of the pairs.

    Raises:
        TypeError: if a word is not a string.
        ValueError: if ``words`` is empty or has a word twice, a size is below 1, or an id is out of
            range.

    Parameters: ``centre.weight`` (V + buckets, D), words first; ``context.weight`` (V, D).

    >>> model = FastText(["play", "plays"], embedding_size=8, buckets=100)
    >>> model.vector("played").shape
    torch.Size([8])
    """

    def __init__(
        self,
        words: Sequence[str],
        embedding_size: int,
        buckets: int = 20_000,
        n_min: int = 3,
        n_max: int = 6,
    ):
        super().__init__()
        arguments.fasttext(words, embedding_size, buckets)
        self.ids = {word: i for i, word in enumerate(words)}
        self.buckets, self.n_min, self.n_max = buckets, n_min, n_max
        self._ngrams = part(character_ngrams)
        self._lookup = part(embedding_lookup)
        self._loss = part(negative_sampling_loss)
        self.centre = nn.Embedding(len(words) + buckets, embedding_size)
        self.context = nn.Embedding(len(words), embedding_size)
        nn.init.uniform_(self.centre.weight, -1 / embedding_size, 1 / embedding_size)
        nn.init.zeros_(self.context.weight)
        rows = [torch.tensor(self._rows(word)) for word in words]
        shares = [torch.full((len(r),), 1 / len(r)) for r in rows]
        # Short words are filled up with row 0, of which they take no share.
        for name, ragged in (("rows", rows), ("shares", shares)):
            table = nn.utils.rnn.pad_sequence(ragged, batch_first=True)  # (V, R)
            self.register_buffer(name, table, persistent=False)

    def _rows(self, word: str) -> list[int]:
        """The rows that make up a word: its own, if it is known, and those of its runs."""
        runs = [run for run in self._ngrams(word, self.n_min, self.n_max) if run != f"<{word}>"]
        hashed = [len(self.ids) + ngram_bucket(run, self.buckets) for run in runs]
        return [self.ids[word], *hashed] if word in self.ids else hashed

    def _centre_vectors(self, ids: Tensor) -> Tensor:
        found = self._lookup(self.centre.weight, self.rows[ids])  # (N, R, D)
        return (found * self.shares[ids].unsqueeze(-1)).sum(dim=1)  # (N, D)

    @views(check=arguments.fasttext_forward)
    def forward(self, centre: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
        """Return the loss of pairs and negatives given as ids."""
        v = self._centre_vectors(centre)  # (N, D)
        u = self._lookup(self.context.weight, context)  # (N, D)
        drawn = self._lookup(self.context.weight, negatives)  # (N, K, D)
        return self._loss(v, u, drawn)  # ()

    @property
    def vectors(self) -> Tensor:
        """The vectors of the known words, ``(V, D)``."""
        return self._centre_vectors(torch.arange(len(self.ids), device=self.rows.device)).detach()

    @views(check=arguments.fasttext_vector)
    def vector(self, word: str) -> Tensor:
        """Return the vector of any word, known or not.

        Args:
            word: at least one character.

        Shape:
            result ``(D,)``; zeros for an unknown word too short to have a run.

        Raises:
            TypeError: if ``word`` is not a string.
            ValueError: if ``word`` is empty.
        """
        rows = self._rows(word)
        if not rows:
            return torch.zeros_like(self.context.weight[0])  # (D,)
        found = self._lookup(self.centre.weight, torch.tensor(rows, device=self.rows.device))
        return found.mean(dim=0).detach()  # (D,)
