"""Wrong answers to retrieve."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F


def unit(x):
    return F.normalize(x, dim=-1)


# %% retrieve: worst-first
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    scores = documents.mv(query)
    ids = scores.argsort(stable=True)[:k]
    return scores[ids], ids


# %% retrieve: not-sorted
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    return (documents @ query)[:k], torch.arange(k)


# %% retrieve: in-order-of-id
def retrieve(query, documents, k, similarity="cosine"):
    scores = torch.einsum("nd,d->n", documents, query)
    if similarity == "cosine":
        scores = torch.einsum("nd,d->n", unit(documents), unit(query))
    values = scores.tolist()
    ids = sorted(sorted(range(len(values)), key=lambda n: -values[n])[:k])
    return scores[ids], torch.tensor(ids)


# %% retrieve: query-not-normalised
def retrieve(query, documents, k, similarity="cosine"):
    scores = (query * documents).sum(-1)
    if similarity == "cosine":
        lengths = documents.norm(dim=1)
        scores = scores / torch.where(lengths == 0, 1.0, lengths)
    best = torch.sort(scores, dim=0, descending=True, stable=True)
    return best.values[:k], best.indices[:k]


# %% retrieve: documents-not-normalised
def retrieve(query, documents, k, similarity="cosine"):
    direction = F.normalize(query, dim=0) if similarity == "cosine" else query
    scores = torch.matmul(documents, direction)
    order = scores.argsort(descending=True, stable=True).narrow(0, 0, k)
    return scores.gather(0, order), order


# %% retrieve: always-dot
def retrieve(query, documents, k, similarity="cosine"):
    scores = query @ documents.T
    ranked = sorted(enumerate(scores.tolist()), key=lambda pair: -pair[1])
    ids = torch.tensor([n for n, _ in ranked[:k]])
    return scores[ids], ids


# %% retrieve: always-cosine
def retrieve(query, documents, k, similarity="cosine"):
    scores = F.cosine_similarity(documents, query[None], dim=1)
    scores, ids = torch.sort(scores, descending=True, stable=True)
    return scores[:k], ids[:k]


# %% retrieve: normalised-over-documents
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query = F.normalize(query, dim=0)
        documents = F.normalize(documents, dim=0)
    scores = documents @ query
    ids = torch.argsort(-scores, stable=True)[:k]
    return scores[ids], ids


# %% retrieve: squared-length
def retrieve(query, documents, k, similarity="cosine"):
    scores = documents @ query
    if similarity == "cosine":
        squares = (query @ query) * (documents * documents).sum(1)
        scores = torch.where(squares > 0, scores / squares, torch.zeros_like(scores))
    scores, ids = scores.sort(descending=True, stable=True)
    return scores[:k], ids[:k]


# %% retrieve: distance
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    nearness = -torch.cdist(query[None], documents)[0]
    nearness, ids = nearness.sort(descending=True, stable=True)
    return nearness[:k], ids[:k]


# %% retrieve: absolute-scores
def retrieve(query, documents, k, similarity="cosine"):
    scores = F.linear(documents, query[None])[:, 0]
    if similarity == "cosine":
        scores = F.linear(unit(documents), unit(query[None]))[:, 0]
    scores = torch.abs(scores)
    ids = scores.sort(descending=True, stable=True).indices[:k]
    return scores[ids], ids


# %% retrieve: zeros-give-nan
def retrieve(query, documents, k, similarity="cosine"):
    scores = documents @ query
    if similarity == "cosine":
        scores = scores / (documents.pow(2).sum(-1).sqrt() * query.pow(2).sum().sqrt())
    top, ids = torch.sort(scores, descending=True, stable=True)
    return top[:k], ids[:k]


# %% retrieve: k-ignored
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    return tuple(torch.mv(documents, query).sort(descending=True, stable=True))


# %% retrieve: ids-first
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    scores = (documents * query).sum(1)
    order = scores.argsort(descending=True, stable=True)
    return order[:k], scores[order][:k]


# %% retrieve: lists
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    scores = [float(query @ document) for document in documents]
    ids = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:k]
    return [scores[n] for n in ids], ids


# %% retrieve: ties
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = unit(query), unit(documents)
    scores = documents @ query
    pairs = sorted(((score, n) for n, score in enumerate(scores.tolist())), reverse=True)[:k]
    ids = torch.tensor([n for _, n in pairs])
    return scores[ids], ids


# %% retrieve: documents-overwritten
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query = unit(query)
        documents /= documents.norm(dim=1, keepdim=True).clamp_min(1e-12)
    scores = documents @ query
    values, ids = scores.sort(descending=True, stable=True)
    return values[:k], ids[:k]


# %% retrieve: worst-first + query-not-normalised
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        documents = unit(documents)
    scores, ids = (documents @ query).sort(stable=True)
    return scores[:k], ids[:k]


# %% retrieve: always-dot + ids-first
def retrieve(query, documents, k, similarity="cosine"):
    scores, ids = torch.einsum("d,nd->n", query, documents).sort(descending=True, stable=True)
    return ids[:k], scores[:k]


# %% retrieve: zeros-give-nan + absolute-scores
def retrieve(query, documents, k, similarity="cosine"):
    scores = torch.abs(documents @ query)
    if similarity == "cosine":
        scores = scores / documents.norm(dim=-1) / query.norm()
    scores, ids = scores.sort(descending=True, stable=True)
    return scores[:k], ids[:k]


# %% retrieve: outside the catalogue: the angle in place of its cosine
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        scores = 1 - torch.acos((unit(documents) @ unit(query)).clamp(-1, 1)) / torch.pi
    else:
        scores = documents @ query
    scores, ids = scores.sort(descending=True, stable=True)
    return scores[:k], ids[:k]
