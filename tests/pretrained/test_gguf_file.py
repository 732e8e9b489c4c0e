"""Small quantised Llamas in GGUF: weights, order of rows, tokenizer, damage."""

import re
import sys

import pytest
import torch

from agreement import shaken
from unrolled.llama import Llama, LlamaConfig
from unrolled.pretrained import WeightsDamaged, WeightsUnavailable, load
from unrolled.pretrained.gguf_file import load_gguf, read_gguf

from .gguf_files import save_gguf
from .small import CHAT_TOKENS, byte_tokens

SIZES = {
    "vocab_size": len(byte_tokens()),
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "max_position_embeddings": 40,
    "rope_theta": 500.0,
    "rms_norm_eps": 0.125,  # exact in 32 bits
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "small.gguf"


def saved(path, changes=(), architecture="llama", drop=(), **sizes):
    torch.manual_seed(0)
    model = shaken(Llama(LlamaConfig(**SIZES | sizes))).eval()
    with torch.no_grad():
        save_gguf(path, model, changes, architecture, drop)
    return model


@pytest.mark.parametrize("tied", [True, False])
def test_a_quantised_model_is_read_as_it_is(path, tied):
    model = saved(path, tie_word_embeddings=tied)
    loaded, tokenizer = load_gguf(path)
    assert loaded.config == model.config
    assert not loaded.training
    for name, weight in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], weight), name
    ids = torch.randint(len(byte_tokens()), (2, 9))
    assert torch.equal(loaded(ids), model(ids))
    assert tokenizer.encode("the 42<|im_end|>") == [
        byte_tokens().index("the"), *map(byte_tokens().index, "Ġ42"), 2,
    ]  # fmt: skip
    assert list(tokenizer.special_tokens) == CHAT_TOKENS
    assert tokenizer.split_digits


def test_the_order_of_rows_matters(path):
    """The same file read without putting the rows back would be another model."""
    model = saved(path)
    _, tensors = read_gguf(path)
    for name, part in (("attn_q", "q_proj"), ("attn_k", "k_proj")):
        stored = tensors[f"blk.0.{name}.weight"]
        weight = model.state_dict()[f"blocks.0.attention.{part}.weight"]
        assert not torch.equal(stored, weight)
        assert torch.equal(stored[0], weight[0])
        assert torch.equal(stored[1], weight[4])
        assert torch.equal(stored[2], weight[1])
        assert torch.equal(stored[8], weight[8])


def test_gpt2s_words_keep_their_digits_together(path):
    saved(path, {"tokenizer.ggml.pre": "gpt-2"})
    _, tokenizer = load_gguf(path)
    assert not tokenizer.split_digits


def test_a_folder_with_a_gguf_file(path):
    model = saved(path)
    loaded, _ = load(str(path.parent))
    assert torch.equal(loaded.lm_head.weight, model.lm_head.weight)


@pytest.mark.parametrize("kept", [0, 3, 30, 500, 3000, -70_000, -4000, -40])
def test_a_truncated_file_is_refused(path, kept):
    saved(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsDamaged, match=f"{re.escape(str(path))} is damaged: "):
        load_gguf(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "gemma"}, "general.architecture is 'gemma', 'llama' is wanted"),
        (
            {"changes": {"llama.rope.scaling.type": "linear"}},
            "llama.rope.scaling.type is 'linear', 'none' is wanted",
        ),
        (
            {"changes": {"tokenizer.ggml.model": "llama"}},
            "tokenizer.ggml.model is 'llama' with words 'smollm': 'gpt2' with 'gpt-2' or 'smollm'",
        ),
        (
            {"changes": {"tokenizer.ggml.pre": "qwen2"}},
            "tokenizer.ggml.model is 'gpt2' with words 'qwen2': 'gpt2' with 'gpt-2' or 'smollm'",
        ),
        ({"changes": {"llama.context_length": None}}, "the file has no field llama.context_length"),
        (
            {"drop": ["blk.1.attn_k.weight"]},
            "missing keys: blocks.1.attention.k_proj.weight (from blk.1.attn_k.weight)",
        ),
        (
            {"changes": {"llama.block_count": 1}},
            "unused keys: blk.1.attn_norm.weight",
        ),
        (
            {"changes": {"llama.feed_forward_length": 97}},
            "blocks.0.feed_forward.gate_proj.weight (96, 64) where (97, 64) is wanted",
        ),
    ],
)
def test_a_file_of_another_model_is_refused(path, options, message):
    saved(path, **options)
    with pytest.raises(ValueError, match=re.escape(message)):
        load_gguf(path)


def test_a_machine_without_the_gguf_package(path, monkeypatch):
    saved(path)
    monkeypatch.setitem(sys.modules, "gguf", None)
    message = "to read a GGUF file the package gguf is needed"
    with pytest.raises(WeightsUnavailable, match=message):
        load_gguf(path)
