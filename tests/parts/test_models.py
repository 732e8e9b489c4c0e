"""A learner's own part in every slot of every model, with the reference's weights transplanted."""

import ast
import importlib
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from tests.parts.learners import LEARNERS
from torch import nn

import unrolled
from unrolled import bert
from unrolled.alignment import AttentionSeq2Seq
from unrolled.attention import MultiHeadAttention, padding_mask
from unrolled.bert import BertConfig
from unrolled.blocks import TransformerEncoderLayer
from unrolled.elmo import BiLM, ScalarMix
from unrolled.embeddings import FastText, GloVe, SkipGram
from unrolled.gpt import GPT, GPTConfig
from unrolled.llama import Llama, LlamaConfig
from unrolled.parts import load_weights, part, provenance, use
from unrolled.positions import AlibiAttention, RotaryAttention
from unrolled.pretrained.bert import BERT
from unrolled.pretrained.convert import to_hf
from unrolled.pretrained.families import FAMILIES
from unrolled.pretrained.gpt2 import TIED as TIED_GPT2
from unrolled.pretrained.llama import UNTIED as UNTIED_LLAMA
from unrolled.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from unrolled.seq2seq import Seq2Seq
from unrolled.transformer import Transformer, decode_transformer
from unrolled.vit import ViT, ViTConfig, ViTForImageClassification

B, T, V = 3, 5, 17
SOURCE = torch.tensor([[4, 9, 2, 0, 0, 0], [3, 5, 11, 8, 6, 2], [7, 2, 0, 0, 0, 0]])
TARGET = torch.tensor([[5, 12, 2, 2], [9, 6, 3, 2], [8, 2, 2, 2]])
LENGTHS = torch.tensor([3, 5, 1])


def vectors(*sizes):
    return torch.randn(*sizes, dtype=torch.float64)


def ids(*sizes):
    return torch.randint(1, V, sizes)


# --- every model, and an input for it -------------------------------------------------------------


def reads(*inputs):
    return lambda model: model(*inputs)


def bert_model(name):
    config = BertConfig(
        V, 12, 2, 3, 20, max_position_embeddings=9, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, num_labels=4,
    )  # fmt: skip
    mask = padding_mask(SOURCE, 0)
    return lambda: getattr(bert, name)(config), reads(SOURCE, (SOURCE % 2), mask)


def transformer(positions, **options):
    options |= {"positions": positions, "dropout": 0.0}
    return lambda: Transformer(V, 19, 16, 4, 2, 24, **options), reads(SOURCE, TARGET)


def gpt():
    sizes = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    return GPT(GPTConfig(V, n_positions=11, n_embd=12, n_layer=2, n_head=3, **sizes))


def llama():
    return Llama(LlamaConfig(V, 16, 20, 2, 4, num_key_value_heads=2, rms_norm_eps=1e-5))


IMAGES = vectors(2, 3, 8, 8)
VIT = ViTConfig(12, 2, 3, 20, image_size=8, patch_size=4, num_labels=5)
WORDS = ["the", "cat", "sat", "on", "a", "mat", "unrolled"]
TRIPLES = torch.tensor([1, 0, 6, 3]), torch.tensor([2, 5, 4, 0]), torch.tensor([[3], [6], [1], [2]])
MODELS = {
    "RNN": (lambda: RNN(4, 6, 2, bidirectional=True), reads(vectors(B, T, 4), None, LENGTHS)),
    "LSTM": (lambda: LSTM(4, 6, 2, bidirectional=True), reads(vectors(B, T, 4), None, LENGTHS)),
    "GRU": (lambda: GRU(4, 6, 2, bidirectional=True), reads(vectors(B, T, 4), None, LENGTHS)),
    "RNNCell": (lambda: RNNCell(4, 6), reads(vectors(B, 4), vectors(B, 6))),
    "LSTMCell": (lambda: LSTMCell(4, 6), reads(vectors(B, 4))),
    "GRUCell": (lambda: GRUCell(4, 6), reads(vectors(B, 4), vectors(B, 6))),
    "Seq2Seq-gru": (lambda: Seq2Seq(V, 19, 4, 6, 2), reads(SOURCE, TARGET)),
    "Seq2Seq-context": (lambda: Seq2Seq(V, 19, 4, 6, read_context=True), reads(SOURCE, TARGET)),
    "Seq2Seq-lstm": (lambda: Seq2Seq(V, 19, 4, 6, cell="lstm"), reads(SOURCE, TARGET)),
    "bahdanau": (lambda: AttentionSeq2Seq(V, 19, 4, 6), reads(SOURCE, TARGET, True)),
    "luong": (
        lambda: AttentionSeq2Seq(V, 19, 4, 6, "luong", bidirectional=False),
        reads(SOURCE, TARGET, True),
    ),
    "luong-fed": (lambda: AttentionSeq2Seq(V, 19, 4, 6, "luong-fed"), reads(SOURCE, TARGET, True)),
    "encoder-layer": (
        lambda: TransformerEncoderLayer(12, 3, 20, dropout=0.0),
        reads(vectors(B, T, 12)),
    ),
    "rotary-layer": (lambda: RotaryAttention(12, 3), reads(vectors(B, T, 12))),
    "alibi-layer": (lambda: AlibiAttention(12, 3), reads(vectors(B, T, 12))),
    "sinusoidal": transformer("sinusoidal"),
    "learned": transformer("learned", norm_first=True),
    "rotary": transformer("rotary"),
    "alibi": transformer("alibi", norm_first=True),
    "none": transformer("none"),
    **{name: bert_model(name) for name in bert.__all__ if name.startswith("BertFor")},
    "BertModel": bert_model("BertModel"),
    "GPT": (gpt, reads(ids(B, T))),
    "GPT-masked": (gpt, lambda model: model(SOURCE, mask=padding_mask(SOURCE, 0))),
    "Llama": (llama, reads(ids(B, T))),
    "Llama-masked": (llama, lambda model: model(SOURCE, mask=padding_mask(SOURCE, 0))),
    "ViT": (lambda: ViT(VIT, pooler=True), reads(IMAGES)),
    "ViTForImageClassification": (lambda: ViTForImageClassification(VIT), reads(IMAGES)),
    "BiLM": (lambda: BiLM(V, 6), reads(SOURCE)),
    "ScalarMix": (lambda: ScalarMix(3), reads(vectors(3, B, T, 4))),
    "SkipGram": (lambda: SkipGram(7, 4), reads(*TRIPLES)),
    "FastText": (lambda: FastText(WORDS, 4, buckets=50), reads(*TRIPLES)),
    "GloVe": (
        lambda: GloVe(7, 4),
        reads(torch.stack(TRIPLES[:2], 1), vectors(4).exp()),
    ),
}
# What a model has of its own while nobody fills the slot, and the name of the slot.
OWN = {
    "CausalAttention": "MultiHeadAttention",
    "CausalGroupedQueryAttention": "GroupedQueryAttention",
}
# Asked for by functions, or while writing: each has a test of its own below, or in its module
# (test_lora, test_retrieval, test_tokenizers, test_tokenizers_wordpiece, training/test_fit).
ELSEWHERE = {
    "BertModel", "KVCache", "LoRALinear", "ViT", "apply_temperature", "beam_search",
    "greedy_decode", "retrieve", "top_k_filter", "top_p_filter", "train_bpe", "training_step",
    "wordpiece_tokenize",
}  # fmt: skip


def slots(build):
    """The parts that a model is made of, by the names that ``use`` knows them by."""
    made = provenance(build())
    del made["(model)"]
    found = {origin.rpartition(".")[2] for origin in made.values()}
    return sorted({OWN.get(name, name) for name in found} & asked_for() - ELSEWHERE)


def asked_for():
    """Every name that the library asks for with ``part(...)``."""
    found = set()
    for path in Path(unrolled.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "import part" not in text:
            continue
        name = ".".join(
            path.relative_to(Path(unrolled.__file__).parent.parent).with_suffix("").parts
        )
        names = vars(importlib.import_module(name.removesuffix(".__init__")))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "part":
                for inner in ast.walk(node.args[0]):
                    thing = names.get(getattr(inner, "id", ""))
                    things = thing.values() if isinstance(thing, dict) else [thing]
                    found |= {one.__name__ for one in things if callable(one)}
    return found


SLOTS = [(name, slot) for name, (build, _) in MODELS.items() for slot in slots(build)]


def test_every_slot_of_the_library_is_filled_by_some_learner():
    assert asked_for() - ELSEWHERE == {slot for _, slot in SLOTS}
    assert asked_for() - ELSEWHERE <= set(LEARNERS)
    assert len(asked_for()) > 40


# --- a learner's part alone, and all of them ------------------------------------------------------


def built(name, parts):
    """The reference's model and the same with these parts, equal weights in both."""
    build, _ = MODELS[name]
    torch.manual_seed(0)
    reference = build().double()
    for parameter in reference.parameters():  # biases and scales are otherwise 0 and 1
        nn.init.normal_(parameter, std=0.5)
    with use(parts):
        model = build().double()
    load_weights(model, reference.state_dict())
    return reference, model


def compare(name, parts):
    reference, model = built(name, parts)
    call = MODELS[name][1]
    for mode in (True, False):
        torch.testing.assert_close(
            call(model.train(mode)), call(reference.train(mode)), atol=1e-10, rtol=1e-10
        )
    return model


def origins(model):
    """Where the parts of a model come from, itself apart."""
    return {origin for path, origin in provenance(model).items() if path != "(model)"}


@pytest.mark.parametrize(("name", "slot"), SLOTS)
def test_a_learners_part_stands_in_a_models_slot(name, slot):
    mine = LEARNERS[slot]
    model = compare(name, {slot: mine})
    assert f"{mine.__module__}.{slot}" in origins(model)
    fast = [name for name, of in OWN.items() if of == slot]
    assert not {o for o in origins(model) if o.endswith((f".{slot}", *fast))} - {
        f"{mine.__module__}.{slot}"
    }


@pytest.mark.parametrize("name", MODELS)
def test_all_of_a_learners_parts_together(name):
    parts = {slot: LEARNERS[slot] for _, slot in SLOTS}
    model = compare(name, parts)
    mine = {origin for origin in origins(model) if origin.startswith("tests.parts.learners.")}
    assert mine or name == "none"


class Deeper(bert.BertModel):
    """A learner's model inside the reference's heads, made of the reference's parts."""


class MyViT(ViT):
    pass


@pytest.mark.parametrize(
    ("name", "slot", "mine"),
    [("BertForMaskedLM", "BertModel", Deeper), ("ViTForImageClassification", "ViT", MyViT)],
)
def test_a_whole_model_is_a_part_of_a_head(name, slot, mine):
    model = compare(name, {slot: mine})
    assert f"{__name__}.{mine.__name__}" in origins(model)


# --- a state that does not fit --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name, (build, _) in MODELS.items() if build().state_dict()]
)
@pytest.mark.parametrize("whose", ["reference", "learner"])
def test_a_state_that_does_not_fit_is_refused_with_the_keys(name, whose):
    parts = {} if whose == "reference" else {slot: LEARNERS[slot] for _, slot in SLOTS}
    reference, model = built(name, parts)
    state = reference.state_dict()
    last = list(state)[-1]
    without = {key: value for key, value in state.items() if key != last}
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(ValueError, match=rf"missing {last}.*unexpected none"):
        load_weights(model, without)
    with pytest.raises(ValueError, match=rf"missing none, unexpected {last}\.more"):
        load_weights(model, {**state, f"{last}.more": state[last]})
    with pytest.raises(ValueError, match=rf"missing {last}.*unexpected {last}2"):
        load_weights(model, {**without, f"{last}2": state[last]})
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


# --- writing with a learner's parts ---------------------------------------------------------------


WRITERS = {"GPT": (gpt, "MultiHeadAttention"), "Llama": (llama, "GroupedQueryAttention")}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("options", [{}, {"temperature": 0.8, "top_k": 5, "top_p": 0.9}], ids=str)
def test_a_model_of_a_learners_parts_writes_the_same_tokens(name, options):
    """A learner's attention knows no cache: the text is read anew, and no call fails."""
    prompt, tokens = ids(2, 3), []
    for parts in ({}, {WRITERS[name][1]: LEARNERS[WRITERS[name][1]]}, LEARNERS):
        _, model = built(name, parts)
        assert model.can_cache == (not parts)
        seeded = {"generator": torch.Generator().manual_seed(3)} if options else {}
        tokens.append(model.generate(prompt, 7, **options, **seeded))
    assert torch.equal(tokens[0], tokens[1])
    assert torch.equal(tokens[0], tokens[2])
    with pytest.raises(ValueError, match="cache was given, None is wanted"):
        model(prompt, model.new_cache())


@pytest.mark.parametrize("name", WRITERS)
def test_a_model_with_other_parts_of_a_learner_keeps_its_cache(name):
    parts = {key: value for key, value in LEARNERS.items() if key != WRITERS[name][1]}
    reference, model = built(name, parts)
    assert model.can_cache
    assert type(model.new_cache()) is LEARNERS["KVCache"]
    prompt = ids(2, 3)
    assert torch.equal(model.generate(prompt, 7), reference.generate(prompt, 7, use_cache=False))


def test_a_translation_is_written_with_a_learners_search():
    _, model = built("sinusoidal", {})
    model.eval()
    expected = decode_transformer(model, SOURCE, 1, 2, 7)
    asked = []

    def beam_search(*args):
        asked.append(args)
        return unrolled.decoding.beam_search(*args)

    with use({"greedy_decode": LEARNERS["greedy_decode"], "beam_search": beam_search}):
        assert torch.equal(decode_transformer(model, SOURCE, 1, 2, 7), expected)
        beams = decode_transformer(model, SOURCE, 1, 2, 7, beam_size=2)
    assert torch.equal(beams, decode_transformer(model, SOURCE, 1, 2, 7, beam_size=2))
    assert len(asked) == 1


def test_a_learners_attention_trains_inside_a_model():
    _, model = built("GPT", {"MultiHeadAttention": LEARNERS["MultiHeadAttention"]})
    reference, _ = built("GPT", {})
    text = ids(B, T)
    for each in (model, reference):
        each(text).square().mean().backward()
    for mine, theirs in zip(model.blocks, reference.blocks, strict=True):
        projections = (theirs.attention.q_proj, theirs.attention.k_proj, theirs.attention.v_proj)
        expected = torch.cat([projection.weight.grad for projection in projections])
        torch.testing.assert_close(mine.attention.qkv.grad, expected, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize(
    ("name", "rules", "theirs"),
    [("BertModel", BERT, "bert"), ("GPT", TIED_GPT2, "gpt2"), ("Llama", UNTIED_LLAMA, "llama")],
)
def test_published_weights_load_into_a_learners_parts(name, rules, theirs):
    """What is published goes by the reference's names, whoever's parts are in use."""
    reference, _ = built(name, {})
    reference = reference.float().double()  # what is published has no more digits
    state = to_hf(reference.state_dict(), rules)
    with use(LEARNERS):
        model = FAMILIES[theirs].load({"model_type": theirs} | asdict(reference.config), state)
        assert part(MultiHeadAttention) is LEARNERS["MultiHeadAttention"]  # in use after it, too
    assert any(origin.startswith("tests.parts.learners.") for origin in origins(model))
    call = MODELS[name][1]
    torch.testing.assert_close(
        call(model.double().eval()), call(reference.eval()), atol=1e-10, rtol=1e-10
    )
    with use(LEARNERS), pytest.raises(ValueError, match="missing"):
        FAMILIES[theirs].load({"model_type": theirs} | asdict(reference.config), {})


def test_the_map_of_the_class_around_a_part_comes_first():
    """What passed its checks with a map of its own gets its weights whatever is inside."""

    class Around(nn.Module):
        PARAM_MAP = {  # noqa: RUF012 - as learners write it
            "att.qkv": {"cat": ["k_proj.weight", "q_proj.weight", "v_proj.weight"]},
            "att.qkv_bias": {"cat": ["k_proj.bias", "q_proj.bias", "v_proj.bias"]},
            "att.wo": "out_proj.weight",
            "att.bo": "out_proj.bias",
        }

        def __init__(self):
            super().__init__()
            self.att = LEARNERS["MultiHeadAttention"](6, 3)

    reference = MultiHeadAttention(6, 3)
    model = nn.ModuleDict({"one": Around()})
    load_weights(model, {f"one.{name}": value for name, value in reference.state_dict().items()})
    att = model["one"].att
    assert torch.equal(att.qkv[:6], reference.k_proj.weight)
    assert torch.equal(att.wo, reference.out_proj.weight)
