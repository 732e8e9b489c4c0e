"""GGUF, the file format of llama.cpp: quantised weights, sizes and tokenizer in one file.

Weights of 4 bits are turned back into float32 by the ``gguf`` library's own code. llama.cpp rotates
neighbouring features (2i, 2i + 1) where Llama's code rotates (i, i + d_k / 2), and so its files
hold the rows of query and key projections in another order, which is undone here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from unrolled.llama import Llama, LlamaConfig
from unrolled.pretrained.convert import Rule, with_weights
from unrolled.pretrained.errors import WeightsDamaged, WeightsUnavailable
from unrolled.tokenizers import ByteBPE

__all__ = ["NAMES", "load_gguf", "read_gguf"]

CONTROL = 3  # the type of a token that stands for itself, such as <|im_end|>
SPLIT_DIGITS = {"gpt-2": False, "smollm": True}

#: Hugging Face's name of a size and llama.cpp's.
FIELDS = {
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "rope_theta": "rope.freq_base",
}
#: Our name and llama.cpp's; the output layer is the token embedding where it is left out.
NAMES = [
    Rule("token_embedding.weight", "token_embd.weight"),
    Rule("blocks.{}.norm1.weight", "blk.{}.attn_norm.weight"),
    Rule("blocks.{}.attention.q_proj.weight", "blk.{}.attn_q.weight"),
    Rule("blocks.{}.attention.k_proj.weight", "blk.{}.attn_k.weight"),
    Rule("blocks.{}.attention.v_proj.weight", "blk.{}.attn_v.weight"),
    Rule("blocks.{}.attention.out_proj.weight", "blk.{}.attn_output.weight"),
    Rule("blocks.{}.norm2.weight", "blk.{}.ffn_norm.weight"),
    Rule("blocks.{}.feed_forward.gate_proj.weight", "blk.{}.ffn_gate.weight"),
    Rule("blocks.{}.feed_forward.up_proj.weight", "blk.{}.ffn_up.weight"),
    Rule("blocks.{}.feed_forward.down_proj.weight", "blk.{}.ffn_down.weight"),
    Rule("norm.weight", "output_norm.weight"),
    Rule("lm_head.weight", "output.weight"),
]
TIED = [*NAMES, Rule("lm_head.weight", "token_embd.weight")]


def load_gguf(path: Path) -> tuple[Llama, ByteBPE]:
    """Build the Llama and the tokenizer that a GGUF file holds.

    Args:
        path: the file.

    Returns:
        ``(model, tokenizer)``, the model in evaluation.

    Raises:
        WeightsUnavailable: if the package ``gguf`` is not installed.
        WeightsDamaged: if the file is truncated or not in its format.
        ValueError: if it is not a Llama, or names and shapes do not fit.
    """
    metadata, state = read_gguf(path)
    config = _config(metadata, tied="output.weight" not in state)
    for name in state:
        if name.endswith("attn_q.weight"):
            state[name] = _halves_apart(state[name], config.num_attention_heads)
        elif name.endswith("attn_k.weight"):
            state[name] = _halves_apart(state[name], config.n_kv_heads)
    rules = TIED if config.tie_word_embeddings else NAMES
    model = with_weights(lambda: Llama(config), state, rules)
    return model.eval(), _tokenizer(metadata)


def read_gguf(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return what a GGUF file says of its model, and its tensors in float32.

    Args:
        path: the file.

    Returns:
        ``(metadata, tensors)`` by llama.cpp's names.

    Raises:
        WeightsUnavailable: if the package ``gguf`` is not installed.
        WeightsDamaged: if the file is truncated or not in its format.
    """
    try:
        import gguf
    except ImportError:
        raise WeightsUnavailable("to read a GGUF file the package gguf is needed") from None
    try:
        reader = gguf.GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {
            tensor.name: torch.from_numpy(
                gguf.dequantize(tensor.data, tensor.tensor_type).astype("float32", copy=True)
            )
            for tensor in reader.tensors
        }
    except (IndexError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise WeightsDamaged(f"{path} is damaged: {error}") from error
    return metadata, tensors


def _halves_apart(weight: Tensor, n_heads: int) -> Tensor:
    """Reorder each head's rows from (0, h), (1, h + 1), ... side by side to 0, 1, ..., h, h + 1."""
    pairs = weight.unflatten(0, (n_heads, -1, 2))  # (H, d_k / 2, 2, D)
    return pairs.transpose(1, 2).flatten(0, 2)  # (H * d_k, D)


def _config(metadata: dict[str, Any], tied: bool) -> LlamaConfig:
    architecture = metadata.get("general.architecture")
    if architecture != "llama":
        raise ValueError(f"general.architecture is {architecture!r}, 'llama' is wanted")
    scaling = metadata.get("llama.rope.scaling.type", "none")
    if scaling != "none":
        raise ValueError(f"llama.rope.scaling.type is {scaling!r}, 'none' is wanted")
    sizes = {name: _field(metadata, f"llama.{field}") for name, field in FIELDS.items()}
    tokens = _field(metadata, "tokenizer.ggml.tokens")
    return LlamaConfig(len(tokens), **sizes, tie_word_embeddings=tied)


def _field(metadata: dict[str, Any], name: str) -> Any:
    if name not in metadata:
        raise ValueError(f"the file has no field {name}, which a Llama's has")
    return metadata[name]


def _tokenizer(metadata: dict[str, Any]) -> ByteBPE:
    words = metadata.get("tokenizer.ggml.pre")
    if metadata.get("tokenizer.ggml.model") != "gpt2" or words not in SPLIT_DIGITS:
        raise ValueError(
            f"tokenizer.ggml.model is {metadata.get('tokenizer.ggml.model')!r} with words "
            f"{words!r}: 'gpt2' with {' or '.join(map(repr, SPLIT_DIGITS))} is wanted"
        )
    tokens = metadata["tokenizer.ggml.tokens"]
    kinds = _field(metadata, "tokenizer.ggml.token_type")
    special = [t for t, kind in zip(tokens, kinds, strict=True) if kind == CONTROL]
    vocab = {token: i for i, token in enumerate(tokens)}
    return ByteBPE.from_vocab(
        vocab, _field(metadata, "tokenizer.ggml.merges"), special, SPLIT_DIGITS[words]
    )
