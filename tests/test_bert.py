"""The encoder and its heads, against the same sums written out; parts, compilation, refusals.

Values and gradients against Hugging Face's are in ``tests/parity/test_bert.py``.
"""

import dataclasses
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from agreement import shaken
from unrolled import bert
from unrolled.attention import MultiHeadAttention, padding_mask
from unrolled.bert import BertConfig, BertModel
from unrolled.blocks import TransformerEncoderLayer
from unrolled.parts import provenance, use
from unrolled.vit import ViT, ViTConfig

B, T, V, D, H, L, C, MAX_T, S, PAD = 2, 5, 13, 12, 3, 2, 4, 9, 3, 1
CONFIG = BertConfig(
    vocab_size=V,
    hidden_size=D,
    num_hidden_layers=L,
    num_attention_heads=H,
    intermediate_size=20,
    max_position_embeddings=MAX_T,
    type_vocab_size=S,
    pad_token_id=PAD,
    num_labels=C,
    initializer_range=0.4,
)
HEADS = {
    "BertForMaskedLM": [(B, T, V)],
    "BertForNextSentencePrediction": [(B, 2)],
    "BertForPreTraining": [(B, T, V), (B, 2)],
    "BertForSequenceClassification": [(B, C)],
    "BertForTokenClassification": [(B, T, C)],
    "BertForQuestionAnswering": [(B, T), (B, T)],
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def model(kind=BertModel, config=CONFIG, **options):
    return shaken(kind(config, **options)).double().eval()


def batch():
    ids = torch.tensor([[2, 3, 4, 12, 6], [7, 0, 9, PAD, PAD]])
    return ids, torch.tensor([[0, 0, 1, 2, 2], [1, 1, 0, 0, 2]])


def same(ours, theirs):
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=1e-10)


def test_the_sizes_are_those_of_bert_base():
    assert dataclasses.asdict(BertConfig()) == {
        "vocab_size": 30522,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        "classifier_dropout": None,
        "num_labels": 2,
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        BertConfig().hidden_size = 3


def test_a_config_is_read_from_hugging_faces():
    given = {"model_type": "bert", "hidden_size": 24, "use_cache": True, "is_decoder": False}
    assert BertConfig.from_hf(given) == BertConfig(hidden_size=24)
    assert BertConfig.from_hf({"id2label": {0: "a", 1: "b", 2: "c"}}).num_labels == 3
    assert BertConfig.from_hf({"id2label": {0: "a"}, "num_labels": 5}).num_labels == 5
    acts = {"gelu": "gelu", "gelu_new": "gelu_tanh", "relu": "relu"}
    for hidden_act, ours in acts.items():
        assert BertConfig.from_hf({"hidden_act": hidden_act}).activation == ours
        assert ViTConfig(hidden_act=hidden_act).activation == ours


def test_embeddings_are_summed_and_normalised_before_the_layers():
    encoder = model()
    ids, segments = batch()
    mask = padding_mask(ids, PAD)
    x = encoder.token_embedding.weight[ids] + encoder.segment_embedding.weight[segments]
    x = x + encoder.positions.weight[:T]
    x = F.layer_norm(x, (D,), encoder.norm.weight, encoder.norm.bias, 1e-12)
    for layer in encoder.layers:
        attended = layer.attention(x, mask=mask)
        x = F.layer_norm(x + attended, (D,), layer.norm1.weight, layer.norm1.bias, 1e-12)
        wide = F.gelu(layer.feed_forward.linear1(x))
        x = x + layer.feed_forward.linear2(wide)
        x = F.layer_norm(x, (D,), layer.norm2.weight, layer.norm2.bias, 1e-12)
    hidden, pooled = encoder(ids, segments, mask)
    same(hidden, x)
    same(pooled, torch.tanh(x[:, 0] @ encoder.pooler.weight.T + encoder.pooler.bias))


def test_segments_are_all_0_and_the_mask_everywhere_by_default():
    encoder = model()
    ids, _ = batch()
    everywhere = torch.ones(B, 1, 1, T, dtype=torch.bool)
    explicit = encoder(ids, torch.zeros_like(ids), everywhere)
    for ours, other in zip(encoder(ids), explicit, strict=True):
        same(ours, other)


def test_padding_changes_nothing_for_the_real_tokens():
    encoder = model()
    ids, _ = batch()
    short, pooled = encoder(ids[1:, :3])
    padded, same_pooled = encoder(ids[1:], mask=padding_mask(ids[1:], PAD))
    same(padded[:, :3], short)
    same(same_pooled, pooled)


def test_a_model_without_pooler():
    encoder = model(pooler=False)
    assert encoder.pooler is None
    assert not any(name.startswith("pooler") for name in encoder.state_dict())
    hidden, pooled = encoder(batch()[0])
    assert pooled is None
    assert encoder.pool(hidden) is None
    assert BertModel(CONFIG).pooler is not None


def test_new_weights():
    torch.manual_seed(1)
    config = dataclasses.replace(CONFIG, hidden_size=96, initializer_range=0.3, vocab_size=301)
    encoder = bert.BertForPreTraining(config)
    assert encoder.bert.token_embedding.weight[PAD].tolist() == [0.0] * 96
    for name, parameter in encoder.named_parameters():
        if name.endswith("bias"):
            assert parameter.abs().max() == 0.0, name
        elif parameter.dim() == 1:
            assert (parameter == 1.0).all(), name
        else:
            assert abs(parameter.std().item() - 0.3) < 0.04, name
            assert abs(parameter.mean().item()) < 0.06, name
    table = BertModel(dataclasses.replace(config, pad_token_id=None)).token_embedding
    assert table.padding_idx is None
    assert table.weight.abs().amin(dim=1).max() > 0
    assert table.weight[PAD].abs().max() > 0


def test_dropout_stands_where_the_paper_and_hugging_face_have_it():
    config = dataclasses.replace(
        CONFIG, hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.3, classifier_dropout=0.4
    )
    classifier = bert.BertForSequenceClassification(config)
    encoder = classifier.bert
    assert encoder.dropout.p == 0.2
    for layer in encoder.layers:
        assert (layer.dropout.p, layer.attention.dropout, layer.feed_forward.dropout.p) == (
            0.2, 0.3, 0.0,
        )  # fmt: skip
    assert classifier.dropout.p == 0.4
    config = dataclasses.replace(config, classifier_dropout=None)
    assert bert.BertForTokenClassification(config).dropout.p == 0.2
    config = dataclasses.replace(config, classifier_dropout=0.0)
    assert bert.BertForTokenClassification(config).dropout.p == 0.0


def test_dropout_of_a_learners_attention_is_set_too():
    class Mine(MultiHeadAttention):
        def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
            super().__init__(d_model, n_heads, dropout, bias)
            del self.dropout
            self.drop = nn.Dropout(dropout)

    config = dataclasses.replace(CONFIG, attention_probs_dropout_prob=0.3)
    with use({"MultiHeadAttention": Mine}):
        encoder = BertModel(config)
    assert [layer.attention.drop.p for layer in encoder.layers] == [0.3, 0.3]
    assert provenance(encoder)["layers.1.attention"].endswith("Mine")


class OneRate(TransformerEncoderLayer):
    """A learner's layer, with one probability for every dropout."""

    def __init__(self, d_model, n_heads, d_ff, dropout=0.1, activation="relu", norm_first=False,
                 eps=1e-5, bias=True):  # fmt: skip
        super().__init__(d_model, n_heads, d_ff, dropout, activation, norm_first, eps, bias)


class AnyRates(TransformerEncoderLayer):
    """One that hands on whatever it is given."""

    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)


@pytest.mark.parametrize(("mine", "expected"), [(OneRate, (0.2,) * 3), (AnyRates, (0.2, 0.3, 0.0))])
def test_a_learners_layer_gets_the_rates_that_it_takes(mine, expected):
    rates = {"hidden_dropout_prob": 0.2, "attention_probs_dropout_prob": 0.3}
    with use({"TransformerEncoderLayer": mine}):
        layers = [*BertModel(dataclasses.replace(CONFIG, **rates)).layers]
        sizes = ViTConfig(12, 2, 3, 20, image_size=8, patch_size=4, **rates)
        layers += [*ViT(sizes).layers]
    for layer in layers:
        assert type(layer) is mine
        found = (layer.dropout.p, layer.attention.dropout, layer.feed_forward.dropout.p)
        assert found == expected


def test_embeddings_and_classifiers_drop_while_training_only():
    config = dataclasses.replace(CONFIG, hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.0)
    ids, _ = batch()
    seen = []
    for name in ("BertForSequenceClassification", "BertForTokenClassification"):
        classifier = model(getattr(bert, name), config)
        classifier.bert.layers[0].register_forward_pre_hook(lambda _, x: seen.append(x[0]))
        classifier.classifier.register_forward_pre_hook(lambda _, x: seen.append(x[0]))
        classifier(ids)
        classifier.train()(ids)
    assert [bool((x == 0).any()) for x in seen] == [False, False, True, True] * 2


def test_the_head_of_the_masked_language_model_is_tied_to_the_table():
    both = model(bert.BertForPreTraining)
    ids, segments = batch()
    hidden, pooled = both.bert(ids, segments)
    x = F.gelu(hidden @ both.mlm.transform.weight.T + both.mlm.transform.bias)
    x = F.layer_norm(x, (D,), both.mlm.norm.weight, both.mlm.norm.bias, 1e-12)
    token_logits, pair_logits = both(ids, segments)
    same(token_logits, x @ both.bert.token_embedding.weight.T + both.mlm.bias)
    same(pair_logits, pooled @ both.nsp.weight.T + both.nsp.bias)
    assert not any(parameter.shape == (V, D) for parameter in both.mlm.parameters())


@pytest.mark.parametrize(
    ("hidden_act", "activation"),
    [
        ("relu", F.relu),
        ("gelu", F.gelu),
        ("gelu_new", lambda x: F.gelu(x, approximate="tanh")),
        ("gelu_pytorch_tanh", lambda x: F.gelu(x, approximate="tanh")),
    ],
)
def test_activations(hidden_act, activation):
    config = dataclasses.replace(CONFIG, hidden_act=hidden_act)
    head = bert.MaskedLanguageModelHead(config)
    with torch.no_grad():
        head.transform.weight.mul_(5)  # where tanh and erf differ
    hidden, table = torch.randn(B, T, D), torch.randn(V, D)
    expected = F.layer_norm(activation(head.transform(hidden)), (D,), eps=1e-12) @ table.T
    torch.testing.assert_close(head(hidden, table), expected)
    feed_forward = BertModel(config).layers[0].feed_forward
    wide = activation(feed_forward.linear1(hidden))
    torch.testing.assert_close(feed_forward(hidden), feed_forward.linear2(wide))


def test_the_other_heads_are_linear_maps():
    ids, segments = batch()
    mask = padding_mask(ids, PAD)
    for name, layer, of_pooled in [
        ("BertForNextSentencePrediction", "nsp", True),
        ("BertForSequenceClassification", "classifier", True),
        ("BertForTokenClassification", "classifier", False),
        ("BertForQuestionAnswering", "span", False),
    ]:
        head = model(getattr(bert, name))
        hidden, pooled = head.bert(ids, segments, mask)
        logits = getattr(head, layer)(pooled if of_pooled else hidden)
        ours = head(ids, segments, mask)
        same(torch.stack(ours, dim=-1) if isinstance(ours, tuple) else ours, logits)
        assert (head.bert.pooler is not None) == of_pooled


@pytest.mark.parametrize("name", ["BertModel", *HEADS])
def test_every_parameter_is_used_and_the_graph_is_whole(name):
    made = model(getattr(bert, name))
    ids, segments = batch()
    mask = padding_mask(ids, PAD)
    outputs = made(ids, segments, mask)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    if name in HEADS:
        assert [tuple(output.shape) for output in outputs] == HEADS[name]
    cotangents = [torch.randn_like(output) for output in outputs]
    torch.autograd.backward(outputs, cotangents)
    for path, parameter in made.named_parameters():
        assert parameter.grad is not None, path
    compiled = torch.compile(made, fullgraph=True, backend="eager")(ids, segments, mask)
    compiled = compiled if isinstance(compiled, tuple) else (compiled,)
    for ours, other in zip(outputs, compiled, strict=True):
        same(ours, other)


def test_ids_of_32_bits_and_one_row_of_the_longest_length():
    encoder = model()
    ids = torch.randint(2, V, (1, MAX_T))
    same(encoder(ids.int())[0], encoder(ids)[0])
    assert encoder(ids)[0].shape == (1, MAX_T, D)


def config(**changes):
    return lambda: dataclasses.replace(CONFIG, **changes)


def read(ids=None, segments=None, mask=None):
    default, _ = batch()
    return lambda: model()(default if ids is None else ids, segments, mask)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (config(vocab_size=0), ValueError, "vocab_size=0: at least 1 is wanted"),
        (config(max_position_embeddings=0), ValueError, "max_position_embeddings=0: at least 1"),
        (config(type_vocab_size=0), ValueError, "type_vocab_size=0: at least 1 is wanted"),
        (config(num_labels=0), ValueError, "num_labels=0: at least 1 is wanted"),
        (config(hidden_size=0), ValueError, "hidden_size=0: at least 1 is wanted"),
        (config(num_hidden_layers=0), ValueError, "num_hidden_layers=0: at least 1 is wanted"),
        (config(num_attention_heads=0), ValueError, "num_attention_heads=0: at least 1 is wanted"),
        (config(intermediate_size=0), ValueError, "intermediate_size=0: at least 1 is wanted"),
        (config(hidden_size=2.5), TypeError, "hidden_size=2.5 is a float, an integer is wanted"),
        (
            config(hidden_size=10),
            ValueError,
            "hidden_size=10 is not divisible by num_attention_heads=3",
        ),
        (config(hidden_dropout_prob=1.0), ValueError, "hidden_dropout_prob=1.0 is outside [0, 1)"),
        (
            config(attention_probs_dropout_prob=-0.1),
            ValueError,
            "attention_probs_dropout_prob=-0.1 is outside [0, 1)",
        ),
        (config(classifier_dropout=1.0), ValueError, "classifier_dropout=1.0 is outside [0, 1)"),
        (config(hidden_act="swish"), ValueError, "hidden_act='swish': one of "),
        (
            config(layer_norm_eps=-1e-9),
            ValueError,
            "layer_norm_eps=-1e-09: a finite number of at least 0 is wanted",
        ),
        (
            config(initializer_range=-1.0),
            ValueError,
            "initializer_range=-1.0: a finite number of at least 0 is wanted",
        ),
        (config(pad_token_id=13), ValueError, "pad_token_id=13: an id from 0 to 12 is wanted"),
        (config(pad_token_id=-1), ValueError, "pad_token_id=-1: an id from 0 to 12 is wanted"),
        (
            lambda: BertConfig.from_hf({"position_embedding_type": "relative_key"}),
            ValueError,
            "position_embedding_type='relative_key', which this model does not compute; 'absolute'",
        ),
        (
            lambda: BertConfig.from_hf({"model_type": "roberta"}),
            ValueError,
            "the config has model_type='roberta'",
        ),
        (lambda: BertConfig.from_hf({"is_decoder": True}), ValueError, "is_decoder=True"),
        (lambda: BertConfig.from_hf({"add_cross_attention": True}), ValueError, "has add_cross_a"),
        (lambda: BertConfig.from_hf({"tie_word_embeddings": False}), ValueError, "tie_word_embedd"),
        (read(torch.zeros(B, T)), TypeError, "ids has dtype torch.float32, torch.int64 or"),
        (read(torch.zeros(T).long()), ValueError, "ids has shape (5,), (B, T) is wanted"),
        (
            read(torch.zeros(0, T).long()),
            ValueError,
            "ids has shape (0, 5), (B, T), each at least 1, is wanted",
        ),
        (
            read(torch.zeros(B, 0).long()),
            ValueError,
            "ids has shape (2, 0), (B, T), each at least 1, is wanted",
        ),
        (read(torch.full((1, 1), V)), ValueError, "ids holds values from 13 to 13, 0 to 12 are"),
        (read(torch.full((1, 1), -1)), ValueError, "ids holds values from -1 to -1, 0 to 12 are"),
        (
            read(torch.zeros(1, MAX_T + 1).long()),
            ValueError,
            "ids has T=10 positions, at most 9 are wanted",
        ),
        (
            read(segments=torch.zeros(1, T).long()),
            ValueError,
            "segments has shape (1, 5), (2, 5) is wanted, as ids",
        ),
        (read(segments=torch.zeros(B, T)), TypeError, "segments has dtype torch.float32"),
        (
            read(segments=torch.full((B, T), S)),
            ValueError,
            "segments holds values from 3 to 3, 0 to 2 are wanted",
        ),
        (read(mask=torch.ones(B, 1, 1, T)), TypeError, "mask has dtype torch.float32, torch.bool"),
        (read(mask=torch.ones(B, T, dtype=torch.bool)), ValueError, "mask has shape (2, 5), "),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_what_is_just_allowed():
    BertConfig(**dataclasses.asdict(CONFIG) | {"pad_token_id": V - 1, "layer_norm_eps": 0.0})
    BertConfig(**dataclasses.asdict(CONFIG) | {"pad_token_id": 0, "initializer_range": 0.0})
    BertConfig(1, 1, 1, 1, 1, max_position_embeddings=1, type_vocab_size=1, num_labels=1)
