"""Right answers about what BERT is trained on, in other ways."""
# ruff: noqa: F811, RUF007

import itertools
import random

import torch
import torch.nn.functional as F

from unrolled.basics import cross_entropy


# %% mask_tokens: three Bernoulli draws
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    inputs, labels = ids.clone(), ids.clone()
    probability = torch.full(ids.shape, float(rate), device=ids.device)
    for special in special_ids:
        probability[ids == special] = 0.0
    picked = torch.bernoulli(probability, generator=generator).bool()
    labels[~picked] = -100
    most = torch.bernoulli(torch.full_like(probability, 0.8), generator=generator).bool()
    half = torch.bernoulli(torch.full_like(probability, 0.5), generator=generator).bool()
    inputs[picked & most] = mask_id
    other = picked & ~most & half
    words = torch.randint(0, vocab_size, ids.shape, generator=generator, device=ids.device)
    inputs[other] = words[other]
    return inputs, labels


# %% mask_tokens: one token after the other
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    def coin():
        return torch.rand(1, generator=generator).item()

    forbidden = {int(special) for special in special_ids}
    inputs, labels = [], []
    for token in ids.reshape(-1).tolist():
        seen, label = token, -100
        if coin() < rate and token not in forbidden:
            label, fate = token, coin()
            if fate < 0.8:
                seen = mask_id
            elif fate < 0.9:
                seen = int(torch.randint(vocab_size, (1,), generator=generator))
        inputs.append(seen)
        labels.append(label)
    return tuple(torch.tensor(x, device=ids.device).reshape(ids.shape) for x in (inputs, labels))


# %% mask_tokens: a fate out of four for every token
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    shares = torch.tensor([1 - rate, 0.8 * rate, 0.1 * rate, 0.1 * rate], device=ids.device)
    fate = torch.multinomial(shares, ids.numel(), replacement=True, generator=generator)
    fate = fate.reshape(ids.shape)
    special = sum((ids == s for s in special_ids), torch.zeros_like(ids, dtype=torch.bool))
    fate = torch.where(special, 0, fate)
    words = torch.randint(vocab_size, ids.shape, generator=generator, device=ids.device)
    inputs = torch.where(fate == 1, mask_id, torch.where(fate == 2, words, ids))
    return inputs, torch.where(fate > 0, ids, -100)


# %% mask_tokens: only the chosen ones get a second number
def mask_tokens(ids, mask_id, vocab_size, special_ids, rate=0.15, generator=None):
    chosen = torch.rand(ids.shape, generator=generator, device=ids.device).lt(rate)
    for special in special_ids:
        chosen &= ids.ne(special)
    labels = torch.full_like(ids, -100)
    labels[chosen] = ids[chosen]
    number = torch.rand(int(chosen.sum()), generator=generator, device=ids.device)
    fresh = torch.randint(vocab_size, number.shape, generator=generator, device=ids.device)
    kept = ids[chosen]
    replaced = torch.where(number < 0.1, fresh, torch.where(number < 0.2, kept, mask_id))
    return ids.masked_scatter(chosen, replaced), labels


# %% nsp_pairs: the other documents in a list
def nsp_pairs(documents, generator=None):
    pairs = []
    for d, document in enumerate(documents):
        others = [other for o, other in enumerate(documents) if o != d]
        for i in range(len(document) - 1):
            label = int(torch.randint(2, (1,), generator=generator))
            second = document[i + 1]
            if label:
                other = others[int(torch.randint(len(others), (1,), generator=generator))]
                second = other[int(torch.randint(len(other), (1,), generator=generator))]
            pairs.append((document[i], second, label))
    return pairs


# %% nsp_pairs: drawing again while it is the same document
def nsp_pairs(documents, generator=None):
    def draw(n):
        return int(torch.rand((), generator=generator, dtype=torch.float64) * n)

    result = []
    for d, document in enumerate(documents):
        for first, second in zip(document, document[1:], strict=False):
            is_next = bool(torch.bernoulli(torch.tensor(0.5), generator=generator))
            if not is_next:
                o = d
                while o == d:
                    o = draw(len(documents))
                second = documents[o][draw(len(documents[o]))]
            result.append((first, second, 0 if is_next else 1))
    return result


# %% nsp_pairs: all numbers drawn beforehand
def nsp_pairs(documents, generator=None):
    places = [(d, i) for d, doc in enumerate(documents) for i in range(1, len(doc))]
    numbers = torch.rand(len(places), 3, generator=generator).tolist()
    pairs = []
    for (d, i), (coin, which, where) in zip(places, numbers, strict=True):
        if coin >= 0.5:
            pairs.append((documents[d][i - 1], documents[d][i], 0))
            continue
        o = int(which * (len(documents) - 1))
        other = documents[o + (o >= d)]
        pairs.append((documents[d][i - 1], other[int(where * len(other))], 1))
    return pairs


# %% nsp_pairs: Python's randomness, seeded from the generator
def nsp_pairs(documents, generator=None):
    seed = torch.randint(2**31, (), generator=generator).item()
    rng = random.Random(seed)
    pairs = []
    for document in documents:
        rest = [other for other in documents if other is not document]
        for first, following in itertools.pairwise(document):
            if rng.random() < 0.5:
                pairs.append((first, rng.choice(rng.choice(rest)), 1))
            else:
                pairs.append((first, following, 0))
    return pairs


# %% mlm_loss: nll_loss knows -100
def mlm_loss(logits, labels):
    logp = F.log_softmax(logits, dim=-1)
    return F.nll_loss(logp.transpose(1, 2), labels, ignore_index=-100)


# %% mlm_loss: weights of 0 and 1
def mlm_loss(logits, labels):
    here = torch.ne(labels, -100)
    right = logits.gather(2, labels.clamp(min=0).unsqueeze(2)).squeeze(2)
    surprise = torch.logsumexp(logits, dim=2) - right
    return surprise.where(here, surprise.new_zeros(())).sum() / here.sum()


# %% mlm_loss: one hot, one sum
def mlm_loss(logits, labels):
    rows = labels.reshape(-1).ne(-100).nonzero().squeeze(1)
    z = logits.reshape(-1, logits.shape[-1]).index_select(0, rows)
    y = F.one_hot(labels.reshape(-1)[rows], z.shape[1]).to(z.dtype)
    z = z - z.amax(dim=1, keepdim=True).detach()
    return torch.einsum("nv,nv->", y, z.exp().sum(1, keepdim=True).log() - z) / len(rows)


# %% mlm_loss: sentence by sentence, with the earlier cross-entropy
def mlm_loss(logits, labels):
    total, count = 0.0, 0
    for scores, wanted in zip(logits, labels, strict=True):
        hidden = [t for t, label in enumerate(wanted.tolist()) if label != -100]
        if hidden:
            total = total + len(hidden) * cross_entropy(scores[hidden], wanted[hidden])
            count += len(hidden)
    return total / count
