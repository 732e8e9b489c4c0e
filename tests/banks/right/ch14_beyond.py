"""Right answers to chapter 14, in other ways."""
# ruff: noqa: F811

import math
import re

import torch
import torch.nn.functional as F

from unrolled.retrieval import INSTRUCTION


# %% patch_embed: a convolution whose step is the patch
def patch_embed(images, weight, bias, patch_size):
    return F.conv2d(images, weight, bias, stride=patch_size).flatten(2).transpose(1, 2)


# %% patch_embed: both axes taken apart, then one einsum
def patch_embed(images, weight, bias, patch_size):
    B, C, height, width = images.shape
    grid = images.reshape(B, C, height // patch_size, patch_size, width // patch_size, patch_size)
    out = torch.einsum("bcyixj,dcij->byxd", grid, weight) + bias
    return out.reshape(B, -1, len(bias))


# %% patch_embed: F.unfold, whose columns are patches
def patch_embed(images, weight, bias, patch_size):
    columns = F.unfold(images, kernel_size=patch_size, stride=patch_size)  # (B, C * P * P, N)
    return F.linear(columns.mT, weight.reshape(weight.size(0), -1), bias)


# %% patch_embed: one patch after another
def patch_embed(images, weight, bias, patch_size):
    tokens = []
    for top in range(0, images.size(2), patch_size):
        for left in range(0, images.size(3), patch_size):
            patch = images[:, :, top : top + patch_size, left : left + patch_size]
            tokens.append(torch.tensordot(patch, weight, dims=([1, 2, 3], [1, 2, 3])) + bias)
    return torch.stack(tokens, dim=1)


# %% retrieve: normalised by F.normalize, ranked by Python
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "cosine":
        query, documents = F.normalize(query, dim=0), F.normalize(documents, dim=1)
    scores = torch.mv(documents, query)
    values = scores.tolist()
    ids = torch.tensor(sorted(range(len(values)), key=lambda i: (-values[i], i))[:k])
    return scores[ids], ids


# %% retrieve: products first, divided by both lengths afterwards
def retrieve(query, documents, k, similarity="cosine"):
    scores = (documents * query).sum(dim=1)
    if similarity != "dot":
        lengths = documents.square().sum(dim=1).sqrt() * query.square().sum().sqrt()
        scores = torch.where(lengths > 0, scores / lengths, torch.zeros_like(scores))
    ids = torch.argsort(scores, descending=True, stable=True)[:k]
    return scores.index_select(0, ids), ids


# %% retrieve: the best taken out k times
def retrieve(query, documents, k, similarity="cosine"):
    if similarity == "dot":
        scores = torch.einsum("d,nd->n", query, documents)
    else:
        scores = torch.nn.functional.cosine_similarity(query[None], documents, dim=-1)
    left, best, ids = scores.tolist(), [], []
    for _ in range(k):
        i = max((n for n in range(len(left)) if n not in ids), key=left.__getitem__)
        ids.append(i)
        best.append(scores[i])
    return torch.stack(best), torch.tensor(ids)


# %% retrieve: turned round and sorted upwards
def retrieve(query, documents, k, similarity="cosine"):
    scores = documents @ query
    if similarity == "cosine":
        tiny = torch.finfo(scores.dtype).tiny
        scores = scores / query.norm().clamp(min=tiny) / documents.norm(dim=1).clamp(min=tiny)
    upwards = torch.sort(scores.flip(0), stable=True)
    ids = len(scores) - 1 - upwards.indices.flip(0)
    return upwards.values.flip(0)[:k], ids[:k]


# %% rag_prompt: the lines first, then as many of them as fit
def rag_prompt(question, passages, budget=None, measure=len):
    question = question.strip()
    if question == "":
        raise ValueError("the question is blank")
    limit = math.inf if budget is None else budget
    tail = f"Question: {question}\nAnswer:"
    if measure(tail) > limit:
        raise ValueError("the question is too long")
    lines = [f"[{i + 1}] " + re.sub(r"\s+", " ", p.strip()) for i, p in enumerate(passages)]
    fits = 0
    while fits < len(lines):
        text = INSTRUCTION + "\n\n" + "\n".join(lines[: fits + 1]) + "\n\n" + tail
        if measure(text) > limit:
            break
        fits += 1
    if not fits:
        return tail
    return INSTRUCTION + "\n\n" + "\n".join(lines[:fits]) + "\n\n" + tail


# %% rag_prompt: a string that grows by a line
def rag_prompt(question, passages, budget=None, measure=len):
    end = "Question: " + question.strip() + "\nAnswer:"
    if not question or question.isspace():
        raise ValueError("no question")
    if budget is not None and not measure(end) <= budget:
        raise ValueError("no room for the question")
    start, result, number = INSTRUCTION + "\n\n", end, 1
    for passage in passages:
        start += "[" + str(number) + "] " + " ".join(passage.split()) + "\n"
        whole = start + "\n" + end
        if budget is not None and measure(whole) > budget:
            return result
        result = whole
        number += 1
    return result


# %% rag_prompt: every prompt written, then the first that does not fit sought
def rag_prompt(question, passages, budget=None, measure=len):
    def write(count):
        blocks = [f"Question: {question.strip()}\nAnswer:"]
        if count:
            numbers = range(1, count + 1)
            found = zip(numbers, passages, strict=False)
            blocks.insert(0, "\n".join(f"[{n}] {' '.join(p.split())}" for n, p in found))
            blocks.insert(0, INSTRUCTION)
        return "\n\n".join(blocks)

    if not question.split():
        raise ValueError("blank question")
    prompts = [write(count) for count in range(len(passages) + 1)]
    if budget is None:
        return prompts[-1]
    fitting = [measure(prompt) <= budget for prompt in prompts] + [False]
    if not fitting[0]:
        raise ValueError("budget too small")
    return prompts[fitting.index(False) - 1]
