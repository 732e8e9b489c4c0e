"""Chapter 11: the encoder."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unrolled.bert.config import BertConfig
from unrolled.candidate.handles import Handle
from unrolled.checks.draw import Draw, tensor
from unrolled.checks.exercise import Exercise, Probe
from unrolled.checks.facts import same_device
from unrolled.checks.mistakes import ch11 as mistakes
from unrolled.checks.sections import library_page
from unrolled.checks.transplant import mapped

CHAPTER = "11-bert"

WORDS, WIDTH, LONGEST = 11, 6, 10


def _config(**changes: Any) -> BertConfig:
    sizes = {"vocab_size": WORDS, "hidden_size": WIDTH, "num_hidden_layers": 2,
             "num_attention_heads": 3, "intermediate_size": 8, "type_vocab_size": 2,
             "max_position_embeddings": LONGEST}  # fmt: skip
    return BertConfig(**sizes | changes)


def _ids(draw: Draw) -> Tensor:
    B, T = draw.sizes("B T")
    return draw.ids("ids", WORDS, B, T)


def _values(answer: Handle, draw: Draw) -> Any:
    return draw.layer(answer, _config())(_ids(draw))[0]


def _one_layer(answer: Handle, draw: Draw) -> Any:
    return draw.layer(answer, _config(num_hidden_layers=1))(_ids(draw))[0]


def _segments(answer: Handle, draw: Draw) -> Any:
    ids = _ids(draw)
    return draw.layer(answer, _config())(ids, draw.ids("segments", 2, *ids.shape))[0]


def _more_segments(answer: Handle, draw: Draw) -> Any:
    ids = _ids(draw)
    segments = draw.ids("segments", 4, *ids.shape)
    segments[0, 0] = 3
    layer = draw.layer(answer, _config(type_vocab_size=4, pad_token_id=None))
    return layer(ids, draw.show("segments", segments))[0]


def _padding(answer: Handle, draw: Draw) -> Any:
    ids = _ids(draw)
    mask = draw.mask("mask", len(ids), 1, 1, ids.size(1))
    return draw.layer(answer, _config())(ids, None, mask)[0]


def _any_mask(answer: Handle, draw: Draw) -> Any:
    ids = _ids(draw)
    mask = draw.mask("mask", len(ids), 3, ids.size(1), ids.size(1))
    return draw.layer(answer, _config())(ids, mask=mask)[0]


def _pooled(answer: Handle, draw: Draw) -> Any:
    return draw.layer(answer, _config())(_ids(draw))[1]


def _without_pooler(answer: Handle, draw: Draw) -> Any:
    hidden, pooled = (got := draw.layer(answer, _config(), pooler=False)(_ids(draw)))[0], got[1]
    return {"hidden": hidden, "pooled": pooled}


def _settings(answer: Handle, draw: Draw) -> Any:
    ids = _ids(draw)
    changes = {"hidden_act": "relu", "layer_norm_eps": 0.5}
    return {f"{k}={v}": draw.layer(answer, _config(**{k: v}))(ids)[0] for k, v in changes.items()}


def _dropout(answer: Handle, draw: Draw) -> Any:
    ids = draw.ids("ids", WORDS, 4, LONGEST)
    found = _embedding_dropout(answer, draw, ids)
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.5}
    before, after = _both(draw.layer(answer, _config(**rates)), ids, draw)
    return found | {"attention weights have a rate of their own": not torch.equal(before, after)}


def _both(layer: Handle, ids: Tensor, draw: Draw) -> tuple[Tensor, Tensor]:
    """The hidden vectors in evaluation and in training."""
    evaluated = tensor(layer(ids, seed=draw.noise)[0])
    layer.call("train")
    return evaluated, tensor(layer(ids, seed=draw.noise)[0])


def _embedding_dropout(answer: Handle, draw: Draw, ids: Tensor) -> dict[str, bool]:
    """Dropout of embeddings, seen through a layer that adds nothing.

    Where the first norm makes them all 1, the layer's norms turn zeros and twos into two values.
    """
    width = 24
    config = _config(hidden_size=width, num_hidden_layers=1, hidden_dropout_prob=0.5)
    silent = _silent_layer(width, config.intermediate_size)
    ones = {"norm.weight": torch.zeros(width), "norm.bias": torch.ones(width)}
    evaluated, trained = _both(draw.layer(answer, config, fixed=silent | ones), ids, draw)
    before, after = _both(draw.layer(answer, config, fixed=silent), ids, draw)
    high, low = trained.amax(-1, keepdim=True), trained.amin(-1, keepdim=True)
    is_low, is_high = (torch.isclose(trained, one, atol=1e-3) for one in (low, high))
    share = float((is_low & (high - low > 0.1)).double().mean())
    return {
        "nothing is dropped in evaluation": bool(evaluated.abs().max() < 1e-3),
        "something is dropped in training": not torch.equal(before, after),
        "a number is dropped or doubled after the norm": bool((is_low | is_high).all()),
        # 960 numbers: at p = 0.5 a share outside has a chance below 1e-30.
        "half of the numbers are dropped": 0.3 < share < 0.7,
    }


def _silent_layer(width: int, inside: int) -> dict[str, Tensor]:
    fixed = {}
    for name, inputs in (("attention.out_proj", width), ("feed_forward.linear2", inside)):
        fixed[f"layers.0.{name}.weight"] = torch.zeros(width, inputs)
        fixed[f"layers.0.{name}.bias"] = torch.zeros(width)
    for name in ("norm1", "norm2"):
        fixed[f"layers.0.{name}.weight"] = torch.ones(width)
        fixed[f"layers.0.{name}.bias"] = torch.zeros(width)
    return fixed


def _gradients(answer: Handle, draw: Draw) -> Any:
    layer = draw.layer(answer, _config(pad_token_id=0))
    ids = _ids(draw)
    ids[:, -1] = 0
    segments = draw.ids("segments", 2, *ids.shape)
    got = layer(draw.show("ids", ids), segments)
    _, of_hidden = draw.gradients(layer, got[0])
    _, of_pooled = draw.gradients(layer, got[1])
    kept = {name: g for name, g in of_hidden.items() if not name.endswith("k_proj.bias")}
    pooler = {name: of_pooled[name] for name in ("pooler.weight", "pooler.bias")}
    # The pooler takes no part in the hidden vectors: no gradient and one of 0 are alike.
    return {name: g for name, g in kept.items() if name not in pooler} | pooler


def _fresh(answer: Handle, draw: Draw) -> Any:
    """2000 numbers and more: their deviation is 20 % off with a chance below 1e-30."""
    config = _config(vocab_size=80, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                     intermediate_size=40, initializer_range=0.3, pad_token_id=5)  # fmt: skip
    model = answer(answer.candidate.twin(config), seed=draw.noise)
    state = model.state()
    maps = mapped(state)
    values = {maps.get(own, own): parameter.value for own, parameter in state.parameters.items()
              if isinstance(maps.get(own, own), str)}  # fmt: skip
    matrices = [value for value in values.values() if value.numel() > 1000]
    biases = [value for name, value in values.items() if name.endswith("bias")]
    padding = values["token_embedding.weight"][5] if "token_embedding.weight" in values else None
    return {
        "matrices and tables: deviation of initializer_range": len(matrices) > 2 and all(
            abs(float(value.std()) / 0.3 - 1) < 0.2 for value in matrices),
        "they are normal": all(float(value.abs().max()) > 0.75 for value in matrices),
        "biases are 0": len(biases) > 2 and not any(bias.any() for bias in biases),
        "the padding's row is 0": padding is not None and not bool(padding.any()),
    }  # fmt: skip


def _kept(answer: Handle, draw: Draw) -> Any:
    drawn = _ids(draw)
    ids, segments = answer.candidate.put(drawn), answer.candidate.put(torch.ones_like(drawn))
    got = draw.layer(answer, _config())(ids, segments)
    devices = same_device(got[0], ids), same_device(got[1], ids)
    return {"hidden": got[0], "pooled": got[1], "on the device of the ids": all(devices),
            "ids": ids, "segments": segments}  # fmt: skip


BERT_MODEL = Exercise(
    id="BertModel",
    chapter=CHAPTER,
    module="unrolled.bert.model",
    section=library_page("bert", "BertModel"),
    probes=(
        Probe("values of every position", _values, 2),
        Probe("one layer", _one_layer, 1),
        Probe("two segments", _segments, 1),
        Probe("more segments, and no token for padding", _more_segments, 1),
        Probe("padding mask", _padding, 1),
        Probe("a mask for each head", _any_mask, 1),
        Probe("the pooled vector", _pooled, 1),
        Probe("without a pooler", _without_pooler, 1),
        Probe("another activation, another eps", _settings, 1),
        Probe("dropout while training alone", _dropout, 1),
        Probe("gradients; the padding's row learns nothing (float64)", _gradients, 1,
              dtype=torch.float64),
        Probe("how new weights are drawn", _fresh, 1, values=False),
        Probe("float64 and device kept, inputs unmodified", _kept, 1, values=False,
              dtype=torch.float64),
    ),
    mistakes=mistakes.BERT_MODEL,
    hints=(
        "Three vectors are added for each token: what it is, in which sentence, at which place. "
        "Then a norm, dropout, and the layers one after the other.",
        "encoder_layers(config, norm_first=False) makes the layers and initialise(self, "
        "config.initializer_range) the new weights. nn.Embedding has an argument padding_idx.",
        "x = self.dropout(self.norm(self.positions(token + segment))); each layer takes (x, mask); "
        "pooled = self.pooler(x[:, 0]).tanh(), or None without a pooler.",
    ),
    runs=110,
    difficulty=4,
    minutes=40,
)  # fmt: skip
