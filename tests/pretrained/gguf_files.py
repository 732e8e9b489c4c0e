"""Small GGUF files, written as llama.cpp's converter does."""

import gguf
import torch

from unrolled.pretrained.convert import to_hf
from unrolled.pretrained.gguf_file import NAMES

from .small import CHAT_TOKENS, MERGES, byte_tokens


def permuted(weight, n_heads):
    """Put the rows of a query or key projection into the order that llama.cpp has."""
    rows, columns = weight.shape
    halves = weight.reshape(n_heads, 2, rows // n_heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def metadata_of(config):
    """What a converter writes about a model of these sizes, with the tokenizer of ``small``."""
    tokens = byte_tokens()
    return {
        "llama.context_length": config.max_position_embeddings,
        "llama.embedding_length": config.hidden_size,
        "llama.block_count": config.num_hidden_layers,
        "llama.feed_forward_length": config.intermediate_size,
        "llama.attention.head_count": config.num_attention_heads,
        "llama.attention.head_count_kv": config.n_kv_heads,
        "llama.rope.dimension_count": config.d_k,
        "llama.rope.freq_base": config.rope_theta,
        "llama.attention.layer_norm_rms_epsilon": config.rms_norm_eps,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": MERGES,
        "tokenizer.ggml.token_type": [3 if token in CHAT_TOKENS else 1 for token in tokens],
    }


def save_gguf(path, model, changes=(), architecture="llama", drop=()):
    """Write a Llama, its matrices quantised to Q4_1, and give the model what then is in the file.

    Args:
        path: of the file.
        model: its weights become those that a reader must find.
        changes: metadata other than the model's; None leaves a field out.
        architecture: what the file says it holds.
        drop: names of tensors that are left out.
    """
    config, writer = model.config, gguf.GGUFWriter(path, architecture)
    for name, value in (metadata_of(config) | dict(changes)).items():
        add = {int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}
        if value is not None:
            add.get(type(value), writer.add_array)(name, value)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.n_kv_heads}
    weights = to_hf(model.state_dict(), NAMES)
    if config.tie_word_embeddings:
        del weights["output.weight"]
    for name, weight in weights.items():
        kind = gguf.GGMLQuantizationType[("F32", "Q4_1")[weight.dim() - 1]]
        part = name.split(".")[-2]
        stored = permuted(weight.numpy(), heads[part]) if part in heads else weight.numpy()
        if name not in drop:
            writer.add_tensor(name, gguf.quantize(stored, kind), raw_dtype=kind)
        rounded = gguf.dequantize(gguf.quantize(weight.numpy(), kind), kind)
        weight.copy_(torch.from_numpy(rounded))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
