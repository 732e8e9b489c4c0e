"""GPT: what it computes."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor

from unrolled.candidate.handles import Handle
from unrolled.checks import capabilities
from unrolled.checks.ch12_gpt import fresh
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes.ch12 import model as mistakes
from unrolled.checks.sections import library_page
from unrolled.gpt import GPTConfig

N_LAYER, N_HEAD = 2, 2


def _config(draw: Draw, **changes: Any) -> GPTConfig:
    """A small GPT whose sizes differ, with an output layer of its own."""
    D = N_HEAD * draw.integer(3, 4)
    sizes = {
        "vocab_size": D + draw.integer(3, 5),
        "n_positions": 2 * D - draw.integer(0, 1),
        "n_embd": D,
        "n_layer": N_LAYER,
        "n_head": N_HEAD,
        "n_inner": 2 * D + 1,
        "tie_word_embeddings": False,
    }
    return GPTConfig(**sizes | changes)


def _text(draw: Draw, config: GPTConfig) -> Tensor:
    B, T = draw.sizes("B T")
    return draw.ids("ids", config.vocab_size, B, T)


def _values(answer: Handle, draw: Draw) -> Any:
    config = _config(draw)
    return draw.layer(answer, config)(_text(draw, config)).output()


def _tied_values(answer: Handle, draw: Draw) -> Any:
    config = draw.show("config", _config(draw, tie_word_embeddings=True))
    return draw.layer(answer, config)(_text(draw, config)).output()


def _epsilon(answer: Handle, draw: Draw) -> Any:
    config = _config(draw, layer_norm_epsilon=0.5)
    return draw.layer(answer, config)(_text(draw, config)).output()


def _masked(answer: Handle, draw: Draw) -> Any:
    config = _config(draw)
    ids = _text(draw, config)
    B, T = ids.shape
    return draw.layer(answer, config)(ids, mask=draw.mask("mask", B, 1, T, T)).output()


def _last(answer: Handle, draw: Draw) -> Any:
    config = _config(draw)
    return draw.layer(answer, config)(_text(draw, config), last_only=True).output()


class _Past:
    """A cache that is kept on this side: the answer's calls of ``append`` come here."""

    def __init__(self, answer: Handle, draw: Draw, config: GPTConfig, B: int, start: int):
        d_k = config.n_embd // config.n_head
        self.layers: list[Any] = []
        kept = [
            [
                draw.normal(f"cache.{name}[{layer}]", B, config.n_head, start, d_k)
                if start
                else None
                for layer in range(config.n_layer)
            ]
            for name in ("keys", "values")
        ]
        self.keys, self.values = kept
        append, _ = answer.candidate.function(self._append)
        namespace = answer.candidate.library("types.SimpleNamespace")
        self.handle = namespace(
            length=draw.show("cache.length", start), keys=kept[0], values=kept[1], append=append
        )  # fmt: skip

    def _append(self, layer: Any, key: Any, value: Any) -> tuple[Any, Any]:
        self.layers.append(layer)
        try:
            old = self.keys[layer], self.values[layer]
            both = old if old[0] is not None else (key[:, :, :0], value[:, :, :0])
            pair = torch.cat([both[0], key], dim=2), torch.cat([both[1], value], dim=2)
        except Exception:  # not what can be appended: the numbers will show it
            return key, value
        self.keys[layer], self.values[layer] = pair
        return pair


def _after(answer: Handle, draw: Draw, start: int, T: int, masked: bool = False) -> Any:
    """Read T tokens that stand after others, whose keys and values are in a cache."""
    config = _config(draw)
    (B,) = draw.sizes("B")
    past = _Past(answer, draw, config, B, start)
    ids = draw.ids("ids", config.vocab_size, B, T)
    mask = draw.mask("mask", B, 1, 1, start + T) if masked else None
    model = draw.layer(answer, config)
    out = model(ids, past.handle, mask=mask).output().value()
    return {"logits": out, "layers that appended": past.layers}


def _prefill(answer: Handle, draw: Draw) -> Any:
    return _after(answer, draw, 0, draw.integer(3, 5))


def _one_more(answer: Handle, draw: Draw) -> Any:
    return _after(answer, draw, draw.integer(2, 4), 1)


def _several_more(answer: Handle, draw: Draw) -> Any:
    return _after(answer, draw, draw.integer(2, 3), draw.integer(4, 5))


def _masked_past(answer: Handle, draw: Draw) -> Any:
    return _after(answer, draw, draw.integer(3, 4), 2, masked=True)


def _dropout(answer: Handle, draw: Draw) -> Any:
    """A model that shows its embeddings: blocks add nothing, the norm only takes the mean away.

    Its epsilon is huge and its scale the root of that, so what it divides by is undone. The mean
    goes in the output layer, which subtracts a feature that is always 0.
    """
    D, root = 16, 1000.0
    config = GPTConfig(
        vocab_size=D - 1, n_positions=9, n_embd=D, n_layer=1, n_head=N_HEAD, resid_pdrop=0.25,
        embd_pdrop=0.5, attn_pdrop=0.0, layer_norm_epsilon=root**2, tie_word_embeddings=False,
    )  # fmt: skip
    tables = {"token_embedding.weight": draw.normal("tokens", D - 1, D).abs() + 0.2,
              "positions.weight": draw.normal("positions", 9, D).abs() + 0.2}  # fmt: skip
    for table in tables.values():
        table[:, 0] = 0.0
    fixed = {
        f"blocks.0.{name}": torch.zeros(shape)
        for part, inner in (("attention.out_proj", D), ("feed_forward.linear2", 4 * D))
        for name, shape in ((f"{part}.weight", (D, inner)), (f"{part}.bias", (D,)))
    }
    fixed |= {"norm.weight": torch.full((D,), root), "norm.bias": torch.zeros(D)}
    minus_first = torch.eye(D)[1:] - torch.eye(D)[0]
    model = draw.layer(answer, config, fixed=tables | fixed | {"lm_head.weight": minus_first})
    ids = draw.ids("ids", D - 1, 3, 9)
    evaluated = model(ids).output()
    model.call("train")
    trained = model(ids, seed=draw.noise).output()
    places = tables["positions.weight"][:, 1:]
    return {"in evaluation": evaluated} | _dropped(tensor(evaluated), tensor(trained), places)


def _dropped(before: Tensor, after: Tensor, places: Tensor) -> dict[str, bool]:
    if before.shape != after.shape:
        return {"dropout keeps the shape": False}
    doubled = torch.isclose(after, 2 * before, rtol=1e-3, atol=1e-4)
    gone = after.abs() < 1e-4
    return {
        "each feature of the sum is 0 or divided by 1 - p": bool((doubled | gone).all()),
        "some are dropped": bool(gone.any()),
        "some are kept": bool(doubled.any()),
        "positions are dropped with the tokens": not bool((after - places).abs().lt(1e-4).any()),
        "something changes while training": not bool(torch.equal(before, after)),
    }


def _gradients(answer: Handle, draw: Draw) -> Any:
    config = _config(draw, n_layer=1)
    model = draw.layer(answer, config)
    _, of_parameters = draw.gradients(model, model(_text(draw, config)).output())
    # A bias on the keys moves all scores of a row alike: its gradient is 0 but for rounding.
    of_parameters.pop("blocks.0.attention.k_proj.bias")
    return of_parameters


def _kept(answer: Handle, draw: Draw) -> Any:
    config = _config(draw)
    ids = answer.candidate.put(_text(draw, config))
    out = draw.layer(answer, config)(ids).output()
    return {"logits": out, "on the device of ids": same_device(out, ids), "ids": ids}


def _written(answer: Handle, draw: Draw) -> Any:
    """Up to the longest text that the model can read, which is longer than it is wide."""
    room = draw.show("max_new_tokens", 2)
    config = _config(draw)
    config = dataclasses.replace(config, n_positions=config.n_embd + room, n_layer=1)
    (B,) = draw.sizes("B")
    ids = draw.ids("ids", config.vocab_size, B, config.n_embd)
    return draw.layer(answer, config).call("generate", ids, room, use_cache=False)


GPT = Exercise(
    id="GPT",
    chapter="12-gpt",
    module="unrolled.gpt.model",
    section=library_page("gpt", "GPT"),
    probes=(
        Probe("values, with an output layer of its own", _values, 2),
        Probe("values, the output layer is the token embedding", _tied_values, 1),
        Probe("layer_norm_epsilon reaches the last norm", _epsilon, 1),
        Probe("a mask besides being causal", _masked, 1),
        Probe("last_only", _last, 1),
        Probe("an empty cache is filled", _prefill, 1),
        Probe("one token after those in the cache", _one_more, 1),
        Probe("several tokens after those in the cache", _several_more, 1),
        Probe("a mask over the cache", _masked_past, 1),
        Probe("dropout on the embeddings' sum, while training alone", _dropout, 1),
        Probe("gradients reach every weight (float64)", _gradients, 1, dtype=torch.float64),
        Probe("fresh weights: spread, biases and norms", fresh.most_weights, 1),
        Probe("fresh weights: what writes into the residual stream", fresh.residual_weights, 1),
        Probe("generate goes on with a text", _written, 1, dtype=torch.float64),
        Probe("float64 and device kept, ids unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.GPT,
    hints=(
        "Follow one token: its embedding, plus that of its position, dropout, the blocks one "
        "after the other, a last norm, the output layer. With a cache, at which position does "
        "the first of ids stand?",
        "self.visible(ids, start, mask) says who may see whom. A block is called with x, that "
        "mask, and a function append(key, value) for its own layer: partial(cache.append, layer).",
        "start = 0 if cache is None else cache.length, and self.positions(x, start). Tie with "
        "self.lm_head.weight = self.token_embedding.weight. Fresh weights: normal with std, those "
        "of attention.out_proj and feed_forward.linear2 with std / sqrt(2 * n_layer).",
    ),
    runs=130,
    difficulty=4,
    minutes=50,
    bans=(capabilities.READY_MADE,),
)  # fmt: skip
