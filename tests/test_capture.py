"""Captured weights are those of need_weights=True, and the model never notices."""

import pytest
import torch
from torch import nn

from unrolled.alignment import LuongAttention
from unrolled.attention import MultiHeadAttention, SelfAttention, causal_mask
from unrolled.blocks import TransformerDecoderLayer, TransformerEncoderLayer
from unrolled.capture import capture_attention
from unrolled.parts import use

B, T, S, D, H = 2, 5, 7, 12, 3


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def state_of(model):
    """Everything that capturing could leave behind."""
    return [
        (path, module.training, dict(vars(module)).keys(), module.forward.__func__)
        for path, module in model.named_modules()
    ]


class Stack(nn.Module):
    """Encoder layers, as in a model."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.layers = nn.ModuleList(
            TransformerEncoderLayer(D, H, d_ff=20, dropout=dropout) for _ in range(2)
        )

    def forward(self, x, mask=None):
        for layer in self.layers:
            x = layer(x, mask)
        return x


def test_weights_are_those_of_need_weights_by_path():
    model = Stack().double().eval()
    x = torch.randn(B, T, D, dtype=torch.float64)
    mask = causal_mask(T)
    before = state_of(model)
    with capture_attention(model) as weights:
        out = model(x, mask)
    assert list(weights) == ["layers.0.attention", "layers.1.attention"]
    middle, first = model.layers[0](x, mask, need_weights=True)
    last, second = model.layers[1](middle, mask, need_weights=True)
    assert torch.equal(weights["layers.0.attention"], first)
    assert torch.equal(weights["layers.1.attention"], second)
    assert first.shape == (B, H, T, T)
    assert torch.equal(out, last)
    torch.testing.assert_close(out, model(x, mask), atol=1e-10, rtol=1e-10)
    assert state_of(model) == before


def test_outside_nothing_is_collected():
    model = Stack().eval()
    with capture_attention(model) as weights:
        pass
    model(torch.randn(B, T, D))
    assert weights == {}
    assert weights.calls == {}


def test_every_call_is_kept_and_the_last_one_shown():
    model = Stack().eval()
    with torch.no_grad(), capture_attention(model) as weights:
        for length in (T, T + 1):
            model(torch.randn(B, length, D))
    calls = weights.calls["layers.1.attention"]
    assert [w.shape[-1] for w in calls] == [T, T + 1]
    assert weights["layers.1.attention"] is calls[-1]


def test_gradients_flow_and_the_weights_are_detached():
    model = Stack().train()
    x = torch.randn(B, T, D, requires_grad=True)
    with capture_attention(model) as weights:
        model(x).sum().backward()
    assert not weights["layers.0.attention"].requires_grad
    assert x.grad.abs().sum() > 0


def test_dropout_is_not_in_the_weights():
    model = Stack(dropout=0.5).train()
    with capture_attention(model) as weights:
        model(torch.randn(B, T, D))
    rows = weights["layers.0.attention"].sum(-1)
    torch.testing.assert_close(rows, torch.ones(B, H, T))
    assert model.training


def test_who_asks_for_weights_still_gets_them():
    layer = TransformerEncoderLayer(D, H, d_ff=20, dropout=0.0)
    with capture_attention(layer) as weights:
        _, asked = layer(torch.randn(B, T, D), need_weights=True)
        plain = layer(torch.randn(B, T, D))
    assert torch.equal(weights.calls["attention"][0], asked)
    assert isinstance(plain, torch.Tensor)
    attention = MultiHeadAttention(D, H)
    x = torch.randn(B, T, D)
    with capture_attention(attention) as weights:
        out, by_position = attention(x, x, x, None, True)
    assert list(weights) == [""]
    assert torch.equal(weights[""], by_position)
    assert out.shape == x.shape


def test_both_attentions_of_a_decoder_layer():
    layer = TransformerDecoderLayer(D, H, d_ff=20, dropout=0.0)
    x, memory = torch.randn(B, T, D), torch.randn(B, S, D)
    with capture_attention(layer) as weights:
        layer(x, memory, mask=causal_mask(T))
    _, (own, cross) = layer(x, memory, mask=causal_mask(T), need_weights=True)
    assert torch.equal(weights["self_attention"], own)
    assert torch.equal(weights["cross_attention"], cross)
    assert cross.shape == (B, H, T, S)


def test_one_head_and_a_learner_s_own():
    class Mine(nn.Module):
        def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
            super().__init__()

        def forward(self, query, key=None, value=None, mask=None, need_weights=False):
            weights = torch.full((B, H, T, T), 1 / T)
            return (query, weights) if need_weights else query

    with use({"MultiHeadAttention": Mine}):
        model = Stack()
    with capture_attention(model) as weights:
        model(torch.randn(B, T, D))
    assert weights["layers.0.attention"].unique().tolist() == pytest.approx([1 / T])
    with capture_attention(SelfAttention(D, d_k=4)) as weights:
        assert weights == {}


class Aligned(nn.Module):
    """Always returns weights, as the alignments of chapter 5 do."""

    def forward(self, query, keys, mask=None):
        weights = (query @ keys.transpose(1, 2)).softmax(-1).unsqueeze(1)
        return weights.squeeze(1) @ keys, weights


def test_an_alignment_gives_its_weights_step_by_step():
    model = nn.ModuleDict({"score": Aligned()})
    keys = torch.randn(B, S, D)
    with capture_attention(model) as weights:
        returned = [model["score"](torch.randn(B, 1, D), keys) for _ in range(4)]
    assert len(weights.calls["score"]) == 4
    for kept, (_, given) in zip(weights.calls["score"], returned, strict=True):
        assert torch.equal(kept, given)
        assert kept.shape == (B, 1, 1, S)


def test_an_alignment_may_be_handed_projected_keys_while_it_is_captured():
    attention = LuongAttention(D, D)
    query, keys = torch.randn(B, 1, D), torch.randn(B, S, D)
    plain = attention(query, keys)
    with capture_attention(nn.ModuleDict({"score": attention})) as weights:
        for handed in ((None, attention.project(keys)), ()):
            out, returned = attention(query, keys, *handed)
            torch.testing.assert_close((out, returned), plain)
    assert len(weights.calls["score"]) == 2


def test_the_model_is_restored_after_an_exception():
    model = Stack()
    before = state_of(model)
    with pytest.raises(RuntimeError, match="stop"), capture_attention(model):
        raise RuntimeError("stop")
    assert state_of(model) == before
    with pytest.raises(ValueError, match=r"D=9|d_model|width|shape"), capture_attention(model):
        model(torch.randn(B, T, 9))
    assert state_of(model) == before


def test_captures_nest_and_a_forward_of_its_own_comes_back():
    model = Stack()
    attention = model.layers[0].attention
    own = attention.forward
    attention.forward = own
    x = torch.randn(B, T, D)
    with capture_attention(model) as outer:
        with capture_attention(model.layers[0]) as inner:
            model(x)
        model(x)
    assert len(inner.calls["attention"]) == 1
    assert len(outer.calls["layers.0.attention"]) == 2
    assert torch.equal(inner["attention"], outer.calls["layers.0.attention"][0])
    assert vars(attention)["forward"] is own


def test_a_shared_layer_is_asked_as_often_as_it_is_used():
    layer = TransformerEncoderLayer(D, H, d_ff=20)
    model = nn.Sequential(layer, layer)
    with capture_attention(model) as weights:
        model(torch.randn(B, T, D))
    assert {path: len(calls) for path, calls in weights.calls.items()} == {"0.attention": 2}


@pytest.mark.parametrize(
    ("model", "exception", "message"),
    [
        (3, TypeError, "model is a int, an nn.Module is wanted"),
        (nn.Linear(1, 1), ValueError, "model is a Linear in which no part gives attention weights"),
    ],
)
def test_what_is_refused_and_how(model, exception, message):
    with pytest.raises(exception) as refused, capture_attention(model):
        pass
    assert message in str(refused.value)
