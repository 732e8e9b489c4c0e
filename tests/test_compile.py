"""Every model becomes one graph: at two lengths, while training and in evaluation, with gradients.

Layers alone, padding, caches and other options of one model are compiled in that module's tests.
"""

import pytest
import torch

from unrolled import bert
from unrolled.alignment import AttentionSeq2Seq
from unrolled.attention import padding_mask
from unrolled.elmo import BiLM
from unrolled.embeddings import FastText, GloVe, SkipGram
from unrolled.gpt import GPT, GPTConfig
from unrolled.llama import Llama, LlamaConfig
from unrolled.lora import add_lora
from unrolled.recurrent import GRU, LSTM, RNN
from unrolled.seq2seq import Seq2Seq
from unrolled.transformer import Transformer, TransformerDecoder, TransformerEncoder
from unrolled.vit import ViT, ViTConfig, ViTForImageClassification

pytestmark = pytest.mark.sweep

B, V = 2, 17


def ids(T, rows=B):
    """Sentences of T tokens, the last one token shorter and filled up."""
    text = torch.randint(1, V, (rows, T))
    text[-1, -1] = 0
    return text


def vectors(*sizes):
    return torch.randn(*sizes, dtype=torch.float64)


def one_text(T):
    return (ids(T),)


def two_texts(T):
    return ids(T + 2), ids(T)


def padded(T):
    return vectors(B, T, 4), None, torch.tensor([T, T - 1])


def pairs(T):
    return torch.randint(7, (T,)), torch.randint(7, (T,)), torch.randint(7, (T, 3))


def counted_pairs(T):
    return torch.randint(7, (T, 2)), vectors(T).exp()


def bert_model(name):
    sizes = {"max_position_embeddings": 11, "num_labels": 4, "hidden_act": "gelu"}
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = bert.BertConfig(V, 12, 1, 3, 20, **sizes, **rates)

    def inputs(T):
        text = ids(T)
        return text, text % 2, padding_mask(text, 0)

    return lambda: getattr(bert, name)(config), inputs


def transformer(positions):
    def build():
        return Transformer(V, V, 12, 3, 1, 20, dropout=0.0, positions=positions, max_len=11)

    return build, two_texts


def gpt():
    rates = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    return GPT(GPTConfig(V, n_positions=11, n_embd=12, n_layer=2, n_head=3, **rates))


def adapted_gpt():
    model = gpt()
    add_lora(model, rank=2, alpha=4.0)
    return model


def llama():
    return Llama(LlamaConfig(V, 16, 20, 2, 4, num_key_value_heads=2))


VIT = ViTConfig(12, 1, 3, 20, image_size=8, patch_size=4, num_labels=5)
MODELS = {
    "RNN": (lambda: RNN(4, 6, bidirectional=True), padded),
    "LSTM": (lambda: LSTM(4, 6, bidirectional=True), padded),
    "GRU": (lambda: GRU(4, 6, bidirectional=True), padded),
    "SkipGram": (lambda: SkipGram(7, 4), pairs),
    "FastText": (lambda: FastText(list("abcdefg"), 4, buckets=50), pairs),
    "GloVe": (lambda: GloVe(7, 4), counted_pairs),
    "BiLM": (lambda: BiLM(V, 6), one_text),
    "Seq2Seq-gru": (lambda: Seq2Seq(V, V, 4, 6, read_context=True), two_texts),
    "Seq2Seq-lstm": (lambda: Seq2Seq(V, V, 4, 6, cell="lstm"), two_texts),
    **{
        decoder: (lambda decoder=decoder: AttentionSeq2Seq(V, V, 4, 6, decoder), two_texts)
        for decoder in ("bahdanau", "luong", "luong-fed")
    },
    "TransformerEncoder": (
        lambda: TransformerEncoder(1, 12, 3, 20, dropout=0.0, norm_first=True),
        lambda T: (vectors(B, T, 12), padding_mask(ids(T), 0)),
    ),
    "TransformerDecoder": (
        lambda: TransformerDecoder(1, 12, 3, 20, dropout=0.0),
        lambda T: (vectors(B, T, 12), vectors(B, T + 2, 12)),
    ),
    **{
        name: transformer(name) for name in ("sinusoidal", "learned", "rotary", "alibi", "none")
    },
    "BertModel": bert_model("BertModel"),
    **{name: bert_model(name) for name in bert.__all__ if name.startswith("BertFor")},
    "GPT": (gpt, one_text),
    "LoRA": (adapted_gpt, one_text),
    "Llama": (llama, one_text),
    # An image has one size: here it is the batch that grows.
    "ViT": (lambda: ViT(VIT, pooler=True), lambda T: (vectors(T, 3, 8, 8),)),
    "ViTForImageClassification": (
        lambda: ViTForImageClassification(VIT),
        lambda T: (vectors(T, 3, 8, 8),),
    ),
}  # fmt: skip


def tensors(found):
    """The tensors of an output, in order."""
    if isinstance(found, torch.Tensor):
        return [found]
    return [x for part in found if part is not None for x in tensors(part)]


def gradients(model, outputs):
    wanted = [p for p in model.parameters() if p.requires_grad]
    total = sum(output.square().sum() for output in outputs)
    return torch.autograd.grad(total, wanted, allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_one_graph_at_two_lengths(name, training):
    torch.compiler.reset()
    torch.manual_seed(0)
    build, inputs = MODELS[name]
    model = build().double().train(training)
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    for length in (4, 7):
        given = inputs(length)
        with torch.set_grad_enabled(training):
            found, expected = tensors(compiled(*given)), tensors(model(*given))
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)
        if training:
            torch.testing.assert_close(
                gradients(model, found), gradients(model, expected), atol=1e-9, rtol=1e-9
            )


@pytest.mark.parametrize("name", ["GPT", "Llama"])
def test_one_graph_reads_texts_of_every_length(name):
    """The second length makes the graph's sizes symbols: no other length is compiled again."""
    torch.compiler.reset()
    build, inputs = MODELS[name]
    model = build().double().eval()
    graphs = []

    def count(graph, _):
        graphs.append(graph)
        return graph.forward

    compiled = torch.compile(model, fullgraph=True, backend=count)
    with torch.no_grad():
        for length in (4, 7, 5, 9):
            given = inputs(length)
            torch.testing.assert_close(compiled(*given), model(*given), atol=1e-10, rtol=1e-10)
    assert len(graphs) == 2
