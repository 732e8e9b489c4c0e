"""Images, words, decoding, and a head of BERT."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def patch_embed(images, weight, bias, patch_size):
    """A convolution whose stride is its width."""
    found = F.conv2d(images, weight, bias, stride=patch_size)
    return found.flatten(2).transpose(1, 2)


class MaskedLanguageModelHead(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "w": {"transpose": "transform.weight"},
        "b": "transform.bias",
        "c": "bias",
        "n.weight": "norm.weight",
        "n.bias": "norm.bias",
    }

    def __init__(self, config):
        super().__init__()
        D = config.hidden_size
        self.w, self.b = nn.Parameter(torch.empty(D, D)), nn.Parameter(torch.empty(D))
        self.c = nn.Parameter(torch.empty(config.vocab_size))
        self.n = nn.LayerNorm(D, config.layer_norm_eps)

    def forward(self, hidden, table):
        return self.n(F.gelu(hidden @ self.w + self.b)) @ table.T + self.c


def embedding_lookup(weight, ids):
    return F.one_hot(ids, len(weight)).to(weight) @ weight


def negative_sampling_loss(centre, context, negatives):
    words = torch.cat([context[:, None], -negatives], 1)
    return torch.nn.functional.softplus(-(words @ centre[:, :, None])).sum() / len(centre)


def glove_loss(centre, context, centre_bias, context_bias, counts, x_max=100.0, alpha=0.75):
    weight = torch.minimum(torch.ones_like(counts), counts.div(x_max) ** alpha)
    off = torch.einsum("nd,nd->n", centre, context) + centre_bias + context_bias - counts.log()
    return weight.dot(off.square()) / len(counts)


def character_ngrams(word, n_min=3, n_max=6):
    marked = f"<{word}>"
    runs = [marked[i : i + n] for n in range(n_min, n_max + 1) for i in range(len(marked) - n + 1)]
    return [*runs, *[marked][: marked not in runs]]


def apply_temperature(logits, temperature):
    return logits * (1 / temperature)


def top_k_filter(logits, k):
    kept = logits >= logits.sort(-1, descending=True).values[..., k - 1 : k]
    return logits.where(kept, -math.inf)


def top_p_filter(logits, p):
    found, order = logits.softmax(-1).sort(-1, descending=True)
    kept = torch.zeros_like(logits, dtype=torch.bool).scatter(
        -1, order, found.cumsum(-1) - found < p
    )
    return logits.where(kept, -math.inf)


class KVCache:
    """A list of pieces for each layer, joined when asked."""

    def __init__(self, n_layers):
        self.keys, self.values = [[] for _ in range(n_layers)], [[] for _ in range(n_layers)]

    @property
    def length(self):
        return sum(piece.size(2) for piece in self.keys[-1])

    def append(self, layer, key, value):
        self.keys[layer].append(key)
        self.values[layer].append(value)
        return torch.cat(self.keys[layer], 2), torch.cat(self.values[layer], 2)


def greedy_decode(step, state, bos_id, eos_id, max_len):
    rows = len(state[1])
    last, texts = torch.full((rows,), bos_id), [[] for _ in range(rows)]
    for _ in range(max_len):
        logits, state = step(last, state)
        for row, text in enumerate(texts):
            ended = eos_id in text
            text.append(eos_id if ended else int(logits[row].argmax()))
        last = torch.tensor([text[-1] for text in texts])
        if all(eos_id in text for text in texts):
            break
    return torch.tensor(texts)
