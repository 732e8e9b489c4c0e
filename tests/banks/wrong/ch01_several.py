"""Answers to the exercises on words with two mistakes at once, or with one that has no name."""
# ruff: noqa: F811

from collections import Counter
from itertools import pairwise

import torch
import torch.nn.functional as F

from unrolled.tokenizers import pre_tokenize
from unrolled.tokenizers.byte_level import BYTE_TOKENS


# %% train_bpe: bpe-no-words + bpe-tie-first-seen
def train_bpe(text, n_merges):
    tokens = [bytes([b]) for b in text.encode("utf-8")]
    merges = []
    while len(merges) < n_merges and len(tokens) > 1:
        ((a, b), _), *_ = Counter(pairwise(tokens)).most_common(1)
        merges.append((a, b))
        out, i = [], 0
        while i < len(tokens):
            if tokens[i : i + 2] == [a, b]:
                out.append(a + b)
                i += 1
            else:
                out.append(tokens[i])
            i += 1
        tokens = out
    return merges


# %% train_bpe: bpe-each-word-once + bpe-joined
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = [[bytes([b]) for b in word.encode()] for word in set(pre_tokenize(text))]
    learned = []
    while len(learned) < n_merges:
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        a, b = min(stats, key=lambda p: (-stats[p], ids[p[0]], ids[p[1]]))
        learned.append(a + b)
        ids[a + b] = len(ids)
        for word in words:
            for i in range(len(word)):
                if word[i : i + 2] == [a, b]:
                    word[i : i + 2] = [a + b]
    return learned


# %% train_bpe: outside the catalogue: the pair that makes the longest token goes first
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = [[bytes([b]) for b in word.encode()] for word in pre_tokenize(text)]
    merges = []
    while len(merges) < n_merges:
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        a, b = min(stats, key=lambda p: (-len(p[0] + p[1]), -stats[p], ids[p[0]], ids[p[1]]))
        merges.append((a, b))
        ids.setdefault(a + b, len(ids))
        for word in words:
            for i in range(len(word)):
                if word[i : i + 2] == [a, b]:
                    word[i : i + 2] = [a + b]
    return merges


# %% wordpiece_tokenize: wp-shortest-first + wp-part-unknown
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    tokens, current = [], ""
    for letter in word:
        current += letter
        candidate = "##" + current if tokens else current
        if candidate in vocab:
            tokens.append(candidate)
            current = ""
    return [*tokens, unk_token] if current else tokens


# %% wordpiece_tokenize: wp-hashes-not-returned + wp-max-chars-ignored
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    out, rest = [], word
    while rest:
        mark = "##" if out else ""
        fits = [n for n in range(1, len(rest) + 1) if mark + rest[:n] in vocab]
        if not fits:
            return [unk_token]
        out.append(rest[: fits[-1]])
        rest = rest[fits[-1] :]
    return out


# %% wordpiece_tokenize: outside the catalogue: nothing at all for an unknown word
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    out, rest = [], word if len(word) <= max_chars else ""
    while rest:
        mark = "##" if out else ""
        fits = [n for n in range(1, len(rest) + 1) if mark + rest[:n] in vocab]
        if not fits:
            return []
        out.append(mark + rest[: fits[-1]])
        rest = rest[fits[-1] :]
    return out


# %% skip_gram_pairs: pairs-with-itself + pairs-exchanged
def skip_gram_pairs(ids, window):
    place = torch.arange(len(ids))
    i, j = torch.where((place[:, None] - place).abs() <= window)
    return torch.stack([ids[j], ids[i]], dim=1)


# %% skip_gram_pairs: pairs-after-alone + pairs-list
def skip_gram_pairs(ids, window):
    words = ids.tolist()
    pairs = []
    for i, word in enumerate(words):
        pairs += [(word, other) for other in words[i + 1 : i + 1 + window]]
    return pairs


# %% skip_gram_pairs: outside the catalogue: every other place is left out as a centre
def skip_gram_pairs(ids, window):
    place = torch.arange(len(ids))
    gap = (place - place[:, None]).abs()
    near = (gap > 0) & (gap <= window) & (place % 2 == 0)[:, None]
    return ids[near.nonzero()]


# %% negative_sampler: sampler-unigram + sampler-sorted
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    cdf = (counts.double() / counts.sum()).cumsum(0)
    u = torch.rand(n_pairs, n_negatives, dtype=torch.float64, generator=generator)
    return torch.searchsorted(cdf, u.sort(dim=1).values, right=True)


# %% negative_sampler: sampler-power-fixed + sampler-generator-ignored
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    words = torch.distributions.Categorical(probs=counts.double() ** (3 / 4))
    return words.sample((n_pairs, n_negatives))


# %% negative_sampler: outside the catalogue: the ids begin at 1
def negative_sampler(counts, n_pairs, n_negatives, power=0.75, generator=None):
    p = torch.where(counts > 0, counts.double() ** power, 0)
    rows = p.expand(n_pairs, -1)
    return torch.multinomial(rows, n_negatives, replacement=True, generator=generator) + 1


# %% negative_sampling_loss: negatives-not-negated + negatives-pairs-summed
def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context[:, None], negatives], dim=1)
    scores = torch.einsum("nkd,nd->nk", words, centre)
    return F.softplus(-scores).sum()


# %% negative_sampling_loss: negatives-sign + negatives-averaged
def negative_sampling_loss(centre, context, negatives):
    pos = torch.einsum("nd,nd->n", context, centre)
    neg = torch.bmm(negatives, centre.unsqueeze(2)).squeeze(2)
    return (F.logsigmoid(pos) + F.logsigmoid(neg.neg()).mean(1)).mean()


# %% negative_sampling_loss: outside the catalogue: a hinge instead of a sigmoid
def negative_sampling_loss(centre, context, negatives):
    pos = torch.einsum("nd,nd->n", context, centre)
    neg = torch.einsum("nkd,nd->nk", negatives, centre)
    return ((1 - pos).relu() + (1 + neg).relu().sum(1)).mean()


# %% glove_loss: glove-uncapped + glove-summed
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    error = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias - counts.log()
    return torch.dot((counts / x_max) ** alpha, error.square())


# %% glove_loss: glove-log-plus-one + glove-no-context-bias
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = (counts / x_max).pow(alpha).clamp_max(1)
    error = (centre * context).sum(1) + centre_bias - torch.log1p(counts)
    return (f * error.pow(2)).mean()


# %% glove_loss: outside the catalogue: the target is the square root of the count
def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    f = torch.where(counts < x_max, (counts / x_max) ** alpha, 1)
    error = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias - counts.sqrt()
    return (f * error**2).mean()


# %% character_ngrams: ngrams-longest-missing + ngrams-word-missing
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    return [w[i : i + n] for n in range(n_min, n_max) for i in range(len(w) - n + 1)]


# %% character_ngrams: ngrams-by-place + ngrams-word-first
def character_ngrams(word, n_min=3, n_max=6):
    w = "<" + word + ">"
    out = [w]
    for i in range(len(w)):
        for j in range(i + n_min, min(i + n_max, len(w)) + 1):
            if w[i:j] != w:
                out.append(w[i:j])
    return out


# %% character_ngrams: outside the catalogue: every second length alone
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    lengths = range(n_min, n_max + 1, 2)
    runs = [w[i : i + n] for n in lengths for i in range(len(w) - n + 1) if n < len(w)]
    return [*runs, w]
