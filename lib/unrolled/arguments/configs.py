"""What the frozen configs of whole models refuse in the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unrolled.arguments import common

# Hugging Face's name of an activation to ours.
ACTIVATIONS = {
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
}


def built_from(kind: str) -> Callable[..., None]:
    """Return the check of a model that is built from a config of this name."""

    def check(self: Any, config: Any, *args: Any, **options: Any) -> None:
        given = type(config).__name__
        if given != kind:
            raise TypeError(f"config is a {given}, a {kind} is wanted")

    return check


def fields(config: Any, *names: str) -> dict[str, Any]:
    """Return these fields of a config with their names."""
    return {name: getattr(config, name) for name in names}


def fixed(config: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse fields that are there and have another value than the one that is computed."""
    for name, value in wanted.items():
        if config.get(name, value) != value:
            raise ValueError(
                f"the config has {name}={config[name]!r}, which this model does not compute; "
                f"{value!r} is wanted"
            )


def encoder(config: Any) -> None:
    """Refuse what is the same in BERT and ViT."""
    sizes = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    common.at_least_one(**fields(config, *sizes))
    common.divisible(**fields(config, "hidden_size", "num_attention_heads"))
    common.probability(**fields(config, "hidden_dropout_prob", "attention_probs_dropout_prob"))
    common.one_of("hidden_act", config.hidden_act, tuple(ACTIVATIONS))
    common.not_negative(**fields(config, "initializer_range", "layer_norm_eps"))
