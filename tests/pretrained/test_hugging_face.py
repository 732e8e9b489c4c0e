"""What Hugging Face writes and reads itself: its saved models, its reading of GGUF."""

import pytest
import torch
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint
from transformers.models.bert import configuration_bert, modeling_bert
from transformers.models.gpt2 import configuration_gpt2, modeling_gpt2
from transformers.models.llama import configuration_llama, modeling_llama

from agreement import within_rounding
from unrolled.llama import Llama, LlamaConfig
from unrolled.pretrained import load
from unrolled.pretrained.convert import to_hf
from unrolled.pretrained.gguf_file import load_gguf
from unrolled.pretrained.llama import TIED, UNTIED

from .gguf_files import save_gguf
from .small import WORDS, byte_tokens, save_byte_bpe, save_wordpiece

V = len(byte_tokens())


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def saved(folder, model):
    model.eval().save_pretrained(folder)
    return model


def same_logits(ours, theirs, ids):
    found = ours(ids), theirs(ids).logits
    within_rounding([found], [ours.double()(ids)])


BERT = {
    "vocab_size": len(WORDS),
    "hidden_size": 6,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 7,
    "max_position_embeddings": 8,
    "num_labels": 4,
    "initializer_range": 0.4,
}


@pytest.mark.parametrize(
    "name", ["BertForMaskedLM", "BertForSequenceClassification", "BertForTokenClassification"]
)
def test_a_bert_that_transformers_saved(tmp_path, name):
    theirs = getattr(modeling_bert, name)(configuration_bert.BertConfig(**BERT))
    saved(tmp_path, theirs)
    save_wordpiece(tmp_path)
    ours, _ = load(str(tmp_path))
    ids = torch.randint(len(WORDS), (2, 5))
    assert type(ours).__name__ == name
    same_logits(ours, theirs, ids)


def test_a_gpt2_that_transformers_saved(tmp_path):
    config = configuration_gpt2.GPT2Config(
        vocab_size=V, n_positions=9, n_embd=6, n_layer=2, n_head=3, initializer_range=0.4
    )
    theirs = saved(tmp_path, modeling_gpt2.GPT2LMHeadModel(config))
    save_byte_bpe(tmp_path)
    ids = torch.randint(V, (2, 5))
    same_logits(load(str(tmp_path))[0], theirs, ids)


@pytest.mark.parametrize("tied", [True, False])
def test_a_llama_that_transformers_saved(tmp_path, tied):
    config = configuration_llama.LlamaConfig(
        vocab_size=V,
        hidden_size=8,
        intermediate_size=5,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        rope_theta=77.0,
        initializer_range=0.4,
        tie_word_embeddings=tied,
    )
    theirs = saved(tmp_path, modeling_llama.LlamaForCausalLM(config))
    save_byte_bpe(tmp_path, digits=True)
    ids = torch.randint(V, (2, 5))
    same_logits(load(str(tmp_path))[0], theirs, ids)


@pytest.mark.parametrize("tied", [True, False])
def test_a_gguf_file_as_transformers_reads_it(tmp_path, tied):
    """Their reading undoes llama.cpp's order of rows by code of its own."""
    path = tmp_path / "small.gguf"
    model = Llama(LlamaConfig(V, 64, 96, 2, 8, 2, rms_norm_eps=0.125, tie_word_embeddings=tied))
    with torch.no_grad():
        save_gguf(path, model)
    theirs = modeling_llama.LlamaForCausalLM(
        configuration_llama.LlamaConfig(**load_gguf_checkpoint(path)["config"])
    )
    read = load_gguf_checkpoint(path, return_tensors=True, model_to_load=theirs)["tensors"]
    ours, _ = load_gguf(path)
    made = to_hf(ours.state_dict(), TIED if tied else UNTIED, theirs.state_dict())
    assert set(read) == set(made) - ({"lm_head.weight"} if tied else set())
    for name, tensor in read.items():
        assert torch.equal(made[name], torch.as_tensor(tensor)), name
