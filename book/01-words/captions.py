"""Chapter 1's corpus for vectors, and three ways to learn them from it.

The corpus is the English side of Multi30k: 29,000 captions of photographs, each a text of its own,
so that no pair crosses from one to the next. ``benchmarks/chapter01.py`` trains over several seeds
and keeps the skip-gram vectors of one, ``captions.safetensors``, for the pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from unrolled.data import multi30k
from unrolled.embeddings import FastText, GloVe, SkipGram, negative_sampler, negative_sampling_loss

LEAST = 5  # a word that occurs less often is left out
WIDTH, WINDOW, EPOCHS, BATCH, RATE = 64, 5, 5, 4096, 1e-2
FREQUENT = 1e-3  # t: a word with a larger share of the corpus is skipped now and then
GLOVE_WINDOW, GLOVE_STEPS, GLOVE_BATCH, GLOVE_RATE = 10, 1500, 8192, 2e-2
BUCKETS = 20_000


@dataclass(frozen=True)
class Corpus:
    """Known words, the most frequent first, how often each occurs, and captions as ids.

    Captions are ``(n, T)``, filled up with -1; words that are not known are left out of them.
    """

    words: tuple[str, ...]
    counts: Tensor
    captions: Tensor


def corpus() -> Corpus:
    """Read the captions, in small letters and without signs."""
    lines = [re.findall(r"[a-z]+", english.lower()) for _, english in multi30k("train")]
    counts = Counter(word for line in lines for word in line)
    words = tuple(word for word, n in counts.most_common() if n >= LEAST)
    id_of = {word: i for i, word in enumerate(words)}
    ids = [torch.tensor([id_of[w] for w in line if w in id_of]) for line in lines]
    captions = nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=-1)  # (n, T)
    return Corpus(words, torch.tensor([counts[word] for word in words]), captions.long())


def at_distance(captions: Tensor, window: int) -> Iterator[tuple[int, Tensor]]:
    """Each distance up to the window with its pairs (centre, context), ``(N, 2)``, both ways."""
    for distance in range(1, window + 1):
        left, right = captions[:, :-distance], captions[:, distance:]
        both = torch.stack((left, right), dim=-1)[(left >= 0) & (right >= 0)]  # (N / 2, 2)
        yield distance, torch.cat((both, both.flip(1)))  # (N, 2)


def pairs(captions: Tensor, window: int = WINDOW) -> Tensor:
    """The pairs of :func:`unrolled.embeddings.skip_gram_pairs` of every caption, ``(N, 2)``."""
    return torch.cat([near for _, near in at_distance(captions, window)])


def counted(captions: Tensor, V: int, window: int = GLOVE_WINDOW) -> tuple[Tensor, Tensor]:
    """What :func:`unrolled.embeddings.cooccurrences` counts, summed over captions."""
    X = torch.zeros(V * V, dtype=torch.float64)  # sums of 1/d would stop growing in float32
    for distance, near in at_distance(captions, window):
        share = torch.full((len(near),), 1 / distance, dtype=torch.float64)
        X.index_add_(0, near[:, 0] * V + near[:, 1], share)
    found = X.nonzero().squeeze(1)  # (N,)
    return torch.stack((found // V, found % V), dim=1), X[found].float()  # (N, 2), (N,)


def _descend(model: nn.Module, rate: float, losses: Iterator[Tensor], steps: int) -> None:
    """Adam, with a rate that falls in a straight line."""
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.02, total_iters=steps)
    for loss in losses:
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _epoch(data: Corpus, near: Tensor, generator: torch.Generator) -> Tensor:
    """The pairs in a new order, those of frequent words thinned out as word2vec does."""
    share = data.counts / data.counts.sum()
    kept = (FREQUENT / share).sqrt().clamp(max=1)  # (V,)
    chance = kept[near[:, 0]] * kept[near[:, 1]]  # (N,)
    left = near[torch.rand(len(near), generator=generator) < chance]
    return left[torch.randperm(len(left), generator=generator)]


def predict(
    model: nn.Module, data: Corpus, seed: int, power: float, negatives: int, loss: Callable
) -> None:
    """Train on true pairs against drawn ones: what skip-gram and fastText share."""
    generator = torch.Generator().manual_seed(seed)
    near = pairs(data.captions)
    epochs = [_epoch(data, near, generator) for _ in range(EPOCHS)]

    def losses() -> Iterator[Tensor]:
        for order in epochs:
            for batch in order.split(BATCH):
                drawn = negative_sampler(data.counts, len(batch), negatives, power, generator)
                yield loss(model, batch[:, 0], batch[:, 1], drawn)

    _descend(model, RATE, losses(), sum(-(-len(order) // BATCH) for order in epochs))


def skip_gram(data: Corpus, seed: int, power: float = 0.75, negatives: int = 5) -> SkipGram:
    """Train skip-gram with negative sampling."""
    torch.manual_seed(seed)
    model = SkipGram(len(data.words), WIDTH)
    predict(model, data, seed, power, negatives, lambda model, *ids: model(*ids))
    return model


def fast_text(data: Corpus, seed: int) -> FastText:
    """Train fastText; each step works out every word's vector once, which is quicker here."""
    torch.manual_seed(seed)
    model = FastText(data.words, WIDTH, buckets=BUCKETS)
    made_of = makeup(model)  # (V, V + buckets)

    def loss(model: FastText, centre: Tensor, context: Tensor, drawn: Tensor) -> Tensor:
        v = torch.sparse.mm(made_of, model.centre.weight)[centre]  # (N, D)
        return negative_sampling_loss(v, model.context(context), model.context(drawn))

    predict(model, data, seed, 0.75, 5, loss)
    return model


def makeup(model: FastText) -> Tensor:
    """What share each row of the table has in each word's vector, ``(V, V + buckets)``, sparse."""
    words = torch.arange(len(model.rows))[:, None].expand_as(model.rows)  # (V, R)
    places = torch.stack((words[model.shares > 0], model.rows[model.shares > 0]))  # (2, n)
    size = (len(model.rows), model.centre.num_embeddings)
    shares = model.shares[model.shares > 0]
    return torch.sparse_coo_tensor(places, shares, size, check_invariants=True).coalesce()


def glove(data: Corpus, seed: int) -> GloVe:
    """Fit GloVe to the counts of all captions."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    near, counts = counted(data.captions, len(data.words))
    model = GloVe(len(data.words), WIDTH)

    def losses() -> Iterator[Tensor]:
        for _ in range(GLOVE_STEPS):
            rows = torch.randint(len(near), (GLOVE_BATCH,), generator=generator)
            yield model(near[rows], counts[rows])

    _descend(model, GLOVE_RATE, losses(), GLOVE_STEPS)
    return model
