"""Wrong answers to mask_tokens and nsp_pairs."""
# ruff: noqa: F811, RUF007

import itertools

import torch


# %% mask_tokens: special-tokens-masked
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    picked = torch.bernoulli(torch.full(ids.shape, float(rate)), generator=generator).bool()
    fate = torch.rand(ids.shape, generator=generator)
    words = torch.randint(vocab_size, ids.shape, generator=generator)
    inputs = torch.where(picked & (fate < 0.8), mask_id, ids)
    inputs = torch.where(picked & (fate > 0.9), words, inputs)
    return inputs, torch.where(picked, ids, -100)


# %% mask_tokens: always-the-mask
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    chosen = torch.rand(ids.shape, generator=generator).lt(rate)
    for special in special_ids:
        chosen &= ids.ne(special)
    inputs, labels = ids.clone(), torch.full_like(ids, -100)
    inputs[chosen] = mask_id
    labels[chosen] = ids[chosen]
    return inputs, labels


# %% mask_tokens: none-kept
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    chances, fates = torch.rand(2, ids.numel(), generator=generator).tolist()
    words = torch.randint(vocab_size, (ids.numel(),), generator=generator).tolist()
    inputs, labels = [], []
    for token, chance, fate, word in zip(
        ids.flatten().tolist(), chances, fates, words, strict=True
    ):
        chosen = chance < rate and token not in special_ids
        inputs.append((mask_id if fate < 0.8 else word) if chosen else token)
        labels.append(token if chosen else -100)
    return torch.tensor(inputs).view_as(ids), torch.tensor(labels).view_as(ids)


# %% mask_tokens: none-random
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    probability = torch.full(ids.shape, float(rate))
    for special in special_ids:
        probability[ids == special] = 0.0
    picked = torch.bernoulli(probability, generator=generator).bool()
    masked = torch.bernoulli(0.8 * torch.ones(ids.shape), generator=generator).bool()
    inputs = torch.where(picked & masked, mask_id, ids)
    return inputs, torch.where(picked, ids, -100)


# %% mask_tokens: one-number-for-both
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    number = torch.rand(ids.shape, generator=generator)
    words = torch.randint(vocab_size, ids.shape, generator=generator)
    special = torch.stack([ids == s for s in special_ids]).any(dim=0)
    chosen = (number < rate) & ~special
    inputs = torch.where(chosen & (number < 0.8), mask_id, ids)
    inputs = torch.where(chosen & (number >= 0.9), words, inputs)
    return inputs, torch.where(chosen, ids, -100)


# %% mask_tokens: zero-for-minus-100
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    chosen = torch.rand(ids.shape, generator=generator) < rate
    for special in special_ids:
        chosen[ids == special] = False
    inputs = ids.clone()
    number = torch.rand(int(chosen.sum()), generator=generator)
    fresh = torch.randint(vocab_size, number.shape, generator=generator)
    inputs[chosen] = torch.where(
        number < 0.1, fresh, torch.where(number < 0.2, ids[chosen], mask_id)
    )
    return inputs, ids * chosen


# %% mask_tokens: last-word-never-drawn
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    inputs, labels = ids.clone(), torch.full_like(ids, -100)
    forbidden = set(special_ids)
    for b, row in enumerate(ids.tolist()):
        for t, token in enumerate(row):
            if token in forbidden or torch.rand((), generator=generator) >= rate:
                continue
            labels[b, t] = token
            fate = torch.rand((), generator=generator)
            if fate < 0.8:
                inputs[b, t] = mask_id
            elif fate < 0.9:
                inputs[b, t] = torch.randint(0, vocab_size - 1, (), generator=generator)
    return inputs, labels


# %% mask_tokens: only-masked-labelled
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    probability = torch.full(ids.shape, float(rate))
    for special in special_ids:
        probability[ids == special] = 0.0
    picked = torch.bernoulli(probability, generator=generator).bool()
    fate = torch.rand(ids.shape, generator=generator)
    words = torch.randint(vocab_size, ids.shape, generator=generator)
    inputs = ids.clone()
    inputs[picked & (fate < 0.1)] = words[picked & (fate < 0.1)]
    masked = picked & (fate >= 0.2)
    inputs[masked] = mask_id
    return inputs, torch.where(masked, ids, -100)


# %% mask_tokens: fixed-number
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    inputs, labels = ids.clone(), torch.full_like(ids, -100)
    forbidden = torch.tensor(list(special_ids))
    for b in range(len(ids)):
        places = (~torch.isin(ids[b], forbidden)).nonzero()[:, 0]
        order = torch.randperm(len(places), generator=generator)
        for t in places[order[: round(rate * len(places))]].tolist():
            labels[b, t] = ids[b, t]
            fate = torch.rand((), generator=generator)
            word = torch.randint(vocab_size, (), generator=generator)
            inputs[b, t] = mask_id if fate < 0.8 else word if fate < 0.9 else ids[b, t]
    return inputs, labels


# %% mask_tokens: generator-ignored
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    picked = torch.rand(ids.shape) < rate
    for special in special_ids:
        picked &= ids != special
    shares = torch.tensor([0.8, 0.1, 0.1])
    fate = torch.multinomial(shares, ids.numel(), replacement=True).reshape(ids.shape)
    inputs = torch.where(picked & (fate == 0), mask_id, ids)
    inputs = torch.where(picked & (fate == 1), torch.randint(vocab_size, ids.shape), inputs)
    return inputs, torch.where(picked, ids, -100)


# %% mask_tokens: always-the-mask + everything-labelled
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    picked = torch.rand(ids.shape, generator=generator) < rate
    for special in special_ids:
        picked &= ids != special
    return torch.where(picked, mask_id, ids), ids.clone()


# %% mask_tokens: rate-inverted + special-tokens-masked
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    kept = torch.bernoulli(torch.full(ids.shape, float(rate)), generator=generator).bool()
    fate = torch.rand(ids.shape, generator=generator)
    words = torch.randint(vocab_size, ids.shape, generator=generator)
    changed = torch.where(fate < 0.8, mask_id, torch.where(fate < 0.9, words, ids))
    return torch.where(kept, ids, changed), torch.where(kept, -100, ids)


# %% mask_tokens: outside the catalogue: neighbours are chosen together
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    pairs = torch.rand(ids.size(0), (ids.size(1) + 1) // 2, generator=generator) < rate
    picked = pairs.repeat_interleave(2, dim=1)[:, : ids.size(1)]
    for special in special_ids:
        picked = picked & (ids != special)
    fate = torch.rand(ids.shape, generator=generator)
    words = torch.randint(vocab_size, ids.shape, generator=generator)
    inputs = torch.where(picked & (fate < 0.8), mask_id, ids)
    inputs = torch.where(picked & (fate >= 0.9), words, inputs)
    return inputs, torch.where(picked, ids, -100)


# %% nsp_pairs: nsp-labels-swapped
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        for i in range(len(document) - 1):
            is_next = int(torch.randint(2, (1,), generator=generator))
            second = document[i + 1]
            if not is_next:
                other = others[int(torch.randint(len(others), (1,), generator=generator))]
                second = other[int(torch.randint(len(other), (1,), generator=generator))]
            pairs.append((document[i], second, is_next))
    return pairs


# %% nsp_pairs: nsp-any-document
def nsp_pairs(documents, generator=None):
    def draw(n):
        return int(torch.rand((), generator=generator) * n)

    pairs = []
    for document in documents:
        for first, second in zip(document, document[1:], strict=False):
            label = draw(2)
            if label == 1:
                other = documents[draw(len(documents))]
                second = other[draw(len(other))]
            pairs.append((first, second, label))
    return pairs


# %% nsp_pairs: nsp-next-document
def nsp_pairs(documents, generator=None):
    pairs = []
    for document, other in zip(documents, [*documents[1:], documents[0]], strict=True):
        for first, following in itertools.pairwise(document):
            coin, where = torch.rand(2, generator=generator).tolist()
            if coin < 0.5:
                pairs.append((first, other[int(where * len(other))], 1))
            else:
                pairs.append((first, following, 0))
    return pairs


# %% nsp_pairs: nsp-rarely-random
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        for i in range(1, len(document)):
            random, which, where = torch.rand(3, generator=generator).tolist()
            if random < 0.15:
                other = others[int(which * len(others))]
                pairs.append((document[i - 1], other[int(where * len(other))], 1))
            else:
                pairs.append((document[i - 1], document[i], 0))
    return pairs


# %% nsp_pairs: nsp-every-other
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        for first, following in zip(document[::2], document[1::2], strict=False):
            coin, which, where = torch.rand(3, generator=generator).tolist()
            other = others[int(which * len(others))]
            true = coin < 0.5
            second = following if true else other[int(where * len(other))]
            pairs.append((first, second, int(not true)))
    return pairs


# %% nsp_pairs: nsp-coin-for-a-document
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        label = int(torch.randint(2, (), generator=generator))
        for first, following in itertools.pairwise(document):
            which, where = torch.rand(2, generator=generator).tolist()
            other = others[int(which * len(others))]
            pairs.append((first, other[int(where * len(other))] if label else following, label))
    return pairs


# %% nsp_pairs: nsp-across-documents + nsp-never-next
def nsp_pairs(documents, generator=None):
    owners = [d for d, document in enumerate(documents) for _ in document]
    sentences = [sentence for document in documents for sentence in document]
    pairs = []
    for d, first in list(zip(owners, sentences, strict=True))[:-1]:
        others = [other for o, other in enumerate(documents) if o != d]
        which, where = torch.rand(2, generator=generator).tolist()
        other = others[int(which * len(others))]
        pairs.append((first, other[int(where * len(other))], 1))
    return pairs


# %% nsp_pairs: nsp-labels-swapped + nsp-first-sentence
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        for first, following in itertools.pairwise(document):
            is_next = int(torch.randint(2, (), generator=generator))
            which = int(torch.randint(len(others), (), generator=generator))
            pairs.append((first, following if is_next else others[which][0], is_next))
    return pairs


# %% nsp_pairs: outside the catalogue: the second sentence of a pair is the one after the next
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        for i in range(len(document) - 1):
            coin, which, where = torch.rand(3, generator=generator).tolist()
            other = others[int(which * len(others))]
            second, label = document[min(i + 2, len(document) - 1)], 0
            if coin < 0.5:
                second, label = other[int(where * len(other))], 1
            pairs.append((document[i], second, label))
    return pairs
