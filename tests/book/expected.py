"""What the figures that move must show, computed again with torch.

For each kind: from the figure's data and the values of its controls to the numbers it shows.
``controls["clicked"]`` is the button pressed last, if one was.
"""

import math
from itertools import pairwise

import torch

from unrolled.embeddings import negative_sampling_loss
from unrolled.recurrent import rnn_step
from unrolled.tokenizers import bpe_merge, pre_tokenize, train_bpe
from unrolled.tokenizers.byte_level import BYTE_TOKENS, to_bytes

KINDS = {}


def expected(kind):
    """Register what the figures of a kind must show."""

    def register(function):
        KINDS[kind] = function
        return function

    return register


def named(name, matrix):
    """``{"name.0.1": value}`` for every element of a tensor."""
    matrix = torch.as_tensor(matrix)
    places = torch.cartesian_prod(*(torch.arange(size) for size in matrix.shape))
    places = places.reshape(-1, matrix.ndim).tolist()
    return {".".join([name, *map(str, at)]): matrix[tuple(at)].item() for at in places}


def entropy(p):
    """In nats; 0 log 0 is 0."""
    return torch.special.entr(p).sum().item()


@expected("softmax-temperature")
def softmax_temperature(data, controls):
    """Chapter 0: three scores and a temperature."""
    count = len(data["logits"])
    z = torch.tensor([controls[f"score.{i}"] for i in range(count)], dtype=torch.float64)
    log_p = torch.log_softmax(z / controls["temperature"], dim=-1)
    p = log_p.exp()
    loss = -log_p[controls["target"]].item()
    return {**named("probability", p), "loss": loss, "entropy": entropy(p)}


@expected("attention-row")
def attention_row(data, controls):
    """Chapter 6: one word asks."""
    ask = controls["ask"]
    query = torch.tensor(data["queries"][ask], dtype=torch.float64)
    keys = torch.tensor(data["keys"], dtype=torch.float64)
    scores = keys @ query
    ready = scores / controls["divisor"]
    if controls["causal"]:
        ready[ask + 1 :] = -torch.inf
    weights = torch.softmax(ready, dim=-1)
    output = weights @ torch.tensor(data["values"], dtype=torch.float64)
    return {
        **named("stage", torch.stack([scores, ready])),
        **named("weight", weights),
        **named("output", output),
    }


@expected("heads")
def heads(data, controls):
    """Chapter 7: several heads, each with its own row of weights, and what they make together."""
    X, W_Q, W_K, W_V, W_O = (
        torch.tensor(data[name], dtype=torch.float64) for name in ("X", "W_Q", "W_K", "W_V", "W_O")
    )
    n_heads, ask = data["n_heads"], controls["ask"]
    q, k, v = (X @ W for W in (W_Q, W_K, W_V))
    T, D = q.shape
    split = [x.view(T, n_heads, D // n_heads).transpose(0, 1) for x in (q, k, v)]  # (H, T, d_k)
    apart = split[0] @ split[1].mT / (D // n_heads) ** 0.5  # (H, T, T)
    scores = torch.lerp(apart, (q @ k.T / D**0.5).expand_as(apart), controls["merge"])
    weights = torch.softmax(controls["sharpness"] * scores, dim=-1)  # (H, T, T)
    merged = (weights @ split[2])[:, ask].flatten()  # (D)
    return {
        **named("weight", weights[:, ask]),
        **named("merged", merged),
        **named("output", merged @ W_O),
    }


@expected("merges")
def merges(data, controls):
    """Chapter 1: a text of the reader's, cut by the library's tokenizer."""
    text, n = controls["text"], controls["merges"]
    learned = [tuple(map(to_bytes, pair)) for pair in data["merges"]]
    if controls["own"]:
        learned = train_bpe(text, data["stops"][-1] + 1) if text else []
    ranks = {pair: rank for rank, pair in enumerate(learned[:n])}
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    ids |= {left + right: 256 + rank for (left, right), rank in ranks.items()}
    words = [[bytes([byte]) for byte in word.encode()] for word in pre_tokenize(text)]
    joined = [bpe_merge(word, ranks) for word in words]
    tokens = [token for word in joined for token in word]
    ahead = [pair for word in joined for pair in pairwise(word)]
    return {
        **{f"token.{i}": ids[token] for i, token in enumerate(tokens)},
        "tokens": len(tokens),
        "bytes": sum(map(len, words)),
        "ratio": len(text) / len(tokens) if tokens else 0,
        "next": ahead.count(learned[n]) if n < len(learned) else 0,
    }


@expected("negatives")
def negatives(data, controls):
    """Chapter 1: skip-gram with negative sampling, its gradients by autograd."""
    V, U = (torch.tensor(data[name], dtype=torch.float64) for name in ("centres", "contexts"))
    V.requires_grad_(), U.requires_grad_()
    K, drawn = controls["K"], data["negatives"]
    place, other = controls["centre"], controls["context"]
    chosen = [data["sentence"][place], data["sentence"][other]]
    is_pair = 0 < abs(place - other) <= data["window"]

    def loss_of(pair, step):
        negative = [drawn[(step * K + k) % len(drawn)] for k in range(K)]
        loss = negative_sampling_loss(V[pair[:1]], U[pair[1:]], U[negative].unsqueeze(0))
        return loss, torch.sigmoid(U[pair[1:] + negative] @ V[pair[0]])

    for step in range(controls["steps"] if controls["all"] or is_pair else 0):
        pair = data["pairs"][step % len(data["pairs"])] if controls["all"] else chosen
        slopes = torch.autograd.grad(loss_of(pair, step)[0], (V, U))
        with torch.no_grad():
            V -= controls["rate"] * slopes[0]
            U -= controls["rate"] * slopes[1]
    loss, p = loss_of(chosen, controls["steps"])
    slope = torch.autograd.grad(loss, V)[0][chosen[0]] * is_pair
    return {
        **(named("p", p.detach()) if is_pair else {}),
        **named("centre", torch.stack([V[chosen[0]].detach(), slope])),
        "loss": loss.item() * is_pair,
        "cosine": torch.cosine_similarity(*V[data["watch"]], dim=0).item(),
    }


@expected("unrolled-rnn")
def unrolled_rnn(data, controls):
    """Chapter 2: a recurrent network step by step, with two words exchanged."""
    x, W_ih, W_hh, bias = (
        torch.tensor(data[name], dtype=torch.float64)
        for name in ("inputs", "weight_ih", "weight_hh", "bias")
    )
    W_hh = W_hh * controls["scale"]
    order = list(range(len(x)))
    first, second = controls["first"], controls["second"]
    order[first], order[second] = order[second], order[first]

    def run(x):
        states = [torch.zeros_like(bias)]
        for row in x:
            step = (part.unsqueeze(0) for part in (row, states[-1]))
            states.append(rnn_step(*step, W_ih, W_hh, bias, torch.zeros_like(bias))[0])
        return torch.stack(states)  # (T + 1, H)

    states, given, t = run(x[order]), run(x), controls["step"]
    seen = states[1:].T.clone()
    seen[:, t:] = 0
    parts = [W_ih @ x[order][t - 1] + bias, W_hh @ states[t - 1], states[t]]
    return {
        **named("state", seen),
        **named("step", torch.stack(parts)),
        "apart": torch.dist(states[-1], given[-1]).item(),
        "bags": torch.dist(x[order].sum(0), x.sum(0)).item(),
    }


@expected("gradient-distance")
def gradient_distance(data, controls):
    """Chapter 2: the gradient of the last state with respect to an earlier one, by autograd."""
    W, inputs, g = (
        torch.tensor(data[name], dtype=torch.float64) for name in ("matrix", "inputs", "gradient")
    )
    W, distance = W * controls["radius"], controls["distance"]

    def shrinks(squash):
        states = [torch.zeros_like(g, requires_grad=True)]
        for x in inputs:
            states.append(squash(W @ states[-1] + x))
        slope = torch.autograd.grad(states[-1] @ g, states[-1 - distance])[0]
        return slope.norm() / g.norm()

    linear, tanh = shrinks(torch.clone), shrinks(torch.tanh)
    return {
        "linear": linear.log10().item(),
        "tanh": tanh.log10().item(),
        "factor": (tanh ** (1 / distance)).item(),
    }


@expected("gates")
def gates(data, controls):
    """Chapter 3: one memory cell, with gates as the reader has set them."""
    t, T = controls["word"], len(data["words"])
    g = torch.tensor(data["candidate"], dtype=torch.float64)
    open_ = {
        gate: torch.tensor([controls[f"{gate}.{s}"] for s in range(T)], dtype=torch.float64)
        for gate in ("forget", "input", "output")
    }
    if controls["clicked"] in open_:  # a slider speaks for the word that is looked at
        open_[controls["clicked"]][t] = controls[controls["clicked"]]
    f, i, o = open_.values()
    c = torch.zeros(T + 1, dtype=torch.float64)
    for s in range(T):
        c[s + 1] = f[s] * c[s] + i[s] * g[s]
    wrote = i[t] * g[t]
    return {
        **named("cell", torch.stack([g, i, f, o, c[1:], o * torch.tanh(c[1:])])),
        "written": wrote.item(),
        "left": (wrote * f[t + 1 :].prod()).item(),
    }


@expected("memory-cell")
def memory_cell(data, controls):
    """Chapter 3: what is left of a number in a memory and in a squashed state, by autograd."""
    n, f = int(controls["steps"] + 0.5), 1 - controls["leak"]
    number = torch.tensor(controls["number"], dtype=torch.float64, requires_grad=True)
    c = h = number
    for _ in range(n):
        c, h = f * c, torch.tanh(controls["weight"] * h)
    kept, slope = (torch.autograd.grad(end, number)[0].item() for end in (c, h))
    return {
        "memory": c.item(),
        "kept": kept,
        "half": math.log(0.5) / math.log(f),
        "state": h.item(),
        "slope": slope,
    }
