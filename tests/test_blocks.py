"""Layer norm, feed-forward network and Transformer layers against torch, by value and gradient.

Sizes are pairwise distinct wherever the layer allows, so that no swap of axes can hide.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from agreement import alike, in_both_precisions, same
from torch_layers import pairs, transplant
from unrolled.attention import MultiHeadAttention, causal_mask
from unrolled.blocks import (
    FeedForward,
    LayerNorm,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from unrolled.parts import use

B, H, Tq, Tk, D, d_ff = 2, 4, 5, 7, 12, 20
BIASES = pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
ORDERS = pytest.mark.parametrize("norm_first", [False, True], ids=["post", "pre"])
ACTIVATIONS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


def some_mask(*shape):
    mask = torch.rand(*shape) < 0.6
    mask[..., 0] = True
    return mask


def stir(layer):
    """Give every parameter a random value: ones and zeros would hide what they are used for."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape))
    return layer


# --- layer norm ---------------------------------------------------------------------------------


@in_both_precisions
@BIASES
@pytest.mark.parametrize("path", [LayerNorm.forward, LayerNorm.forward.__wrapped__])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_layer_norm_equals_torch(dtype, close, bias, path, eps):
    theirs = stir(nn.LayerNorm(D, eps=eps, bias=bias)).to(dtype)
    ours = LayerNorm(D, eps, bias).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    x = tensor(B, Tq, D, dtype=dtype)
    inputs = [x, *ours.parameters()], [x, *theirs.parameters()]
    same(path(ours, x), theirs(x), inputs, close)


def test_layer_norm_by_hand():
    x = torch.tensor([0.0, 2.0, 4.0, 6.0], dtype=torch.float64)  # mean 3, variance 5
    layer = LayerNorm(4, eps=4.0).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        layer.bias.copy_(torch.tensor([10.0, 20.0, 30.0, 40.0]))
    expected = torch.tensor([9.0, 20.0 - 2 / 3, 31.0, 44.0], dtype=torch.float64)
    torch.testing.assert_close(layer(x), expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(LayerNorm.forward.__wrapped__(layer, x), expected)


def test_layer_norm_starts_as_torch_does():
    ours, theirs = LayerNorm(D), nn.LayerNorm(D)
    assert ours.eps == theirs.eps == 1e-5
    assert {n: p.tolist() for n, p in ours.named_parameters()} == {
        "weight": [1.0] * D,
        "bias": [0.0] * D,
    }
    assert LayerNorm(D, bias=False).bias is None
    assert LayerNorm(D, eps=0).eps == 0
    assert LayerNorm(1).weight.shape == (1,)


# --- feed-forward network -----------------------------------------------------------------------


@in_both_precisions
@BIASES
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_feed_forward_equals_its_formula(dtype, close, bias, activation):
    layer = stir(FeedForward(D, d_ff, activation=activation, bias=bias).to(dtype))
    x = tensor(B, Tq, D, dtype=dtype)
    hidden = F.linear(x, layer.linear1.weight, layer.linear1.bias)
    active = ACTIVATIONS[activation](hidden)
    expected = F.linear(active, layer.linear2.weight, layer.linear2.bias)
    same(layer(x), expected, [x, *layer.parameters()], close)
    with torch.no_grad():  # another path, for ReLU
        close(layer(x), expected.detach())


def test_feed_forward_without_gradients_writes_over_nothing_that_others_hold():
    layer = FeedForward(D, d_ff)
    x = torch.randn(B, Tq, D)
    hidden = layer.linear1(x).detach()
    before, held = x.clone(), []
    hook = layer.linear1.register_forward_hook(lambda module, args, out: held.append(out))
    with torch.no_grad():
        expected = layer(x)
        assert torch.equal(held[0], hidden)
        hook.remove()
        assert torch.equal(layer(x), expected)

        class Kept(nn.Linear):
            def forward(self, x):
                self.kept = super().forward(x)
                return self.kept

        kept = Kept(D, d_ff)
        kept.load_state_dict(layer.linear1.state_dict())
        layer.linear1 = kept
        assert torch.equal(layer(x), expected)
        assert torch.equal(kept.kept, hidden)
    assert torch.equal(x, before)
    assert (hidden < 0).any()


def test_feed_forward_without_gradients_makes_no_second_hidden_tensor():
    """ReLU is written over its input: the fast path, which the values alone do not show."""
    layer, made = FeedForward(D, d_ff), []
    layer.dropout.register_forward_pre_hook(lambda module, args: made.append(args[0]))
    hidden = torch.randn(B, Tq, d_ff)
    layer.linear1.forward = lambda x: hidden
    with torch.no_grad():
        layer(torch.zeros(B, Tq, D))
    assert made[0] is hidden
    layer(torch.zeros(B, Tq, D))
    assert made[1] is not hidden


@pytest.mark.parametrize("gradients", [True, False])
def test_feed_forward_drops_activations_while_training(gradients):
    layer = FeedForward(1, 4000, dropout=0.25)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        layer.linear1.bias.fill_(1.0)
        layer.linear2.weight.fill_(1.0)
    dropped = []
    layer.linear2.register_forward_pre_hook(lambda module, args: dropped.append(args[0]))
    with torch.set_grad_enabled(gradients):
        layer(torch.ones(1))
        layer.eval()(torch.ones(1))
    kept, value = (dropped[0] > 0).float().mean().item(), dropped[0].max().item()
    assert kept == pytest.approx(0.75, abs=0.05)
    assert value == pytest.approx(1 / 0.75)
    assert torch.equal(dropped[1], torch.ones(4000))


def test_feed_forward_has_no_dropout_unless_told_and_the_smallest_sizes_work():
    assert FeedForward(D, d_ff).dropout.p == 0.0
    assert FeedForward(D, d_ff).activation == "relu"
    assert FeedForward(1, 1)(torch.zeros(1)).shape == (1,)
    shapes = {n: tuple(p.shape) for n, p in FeedForward(D, d_ff).named_parameters()}
    assert shapes == {
        "linear1.weight": (d_ff, D),
        "linear1.bias": (d_ff,),
        "linear2.weight": (D, d_ff),
        "linear2.bias": (D,),
    }


# --- the layers ---------------------------------------------------------------------------------


def same_gradients(ours, theirs, inputs, close):
    """The gradients that two backward passes left in parameters and inputs agree."""
    for mine, peer in pairs(ours, theirs):
        gradient = torch.cat([p.grad for p in mine])
        close(gradient, peer.grad)
    for x, y in inputs:
        close(x.grad, y.grad)


def twice(*shape, dtype):
    x = tensor(*shape, dtype=dtype)
    return x, x.detach().clone().requires_grad_()


@in_both_precisions
@ORDERS
@BIASES
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("masked", ["nothing", "padding", "causal", "both"])
def test_encoder_layer_equals_torch(dtype, close, norm_first, bias, activation, masked):
    sizes = {"dropout": 0.0, "activation": activation, "norm_first": norm_first, "bias": bias}
    ours = stir(TransformerEncoderLayer(D, H, d_ff, eps=0.01, **sizes).to(dtype))
    theirs = nn.TransformerEncoderLayer(
        D, H, d_ff, layer_norm_eps=0.01, batch_first=True, **sizes
    ).to(dtype)
    transplant(ours, theirs)
    padding, causal = some_mask(B, 1, 1, Tk), causal_mask(Tk)
    mask = {"nothing": None, "padding": padding, "causal": causal, "both": padding & causal}[masked]
    # Torch's masks say where a query may NOT attend.
    hidden = ~causal if masked in ("causal", "both") else None
    padded = ~padding[:, 0, 0] if masked in ("padding", "both") else None
    x, y = twice(B, Tk, D, dtype=dtype)

    out, expected = ours(x, mask), theirs(y, hidden, padded)
    close(out, expected)
    cotangent = alike(out)
    out.backward(cotangent)
    expected.backward(cotangent)
    same_gradients(ours, theirs, [(x, y)], close)

    explained, weights = ours(x, mask, need_weights=True)
    close(explained, out)
    z = ours.norm1(x) if norm_first else x
    own = ours.attention(z, mask=mask, need_weights=True)[1]
    assert weights.shape == (B, H, Tk, Tk)
    close(weights, own)


@in_both_precisions
@ORDERS
@BIASES
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("masked", [False, True], ids=["open", "masked"])
def test_decoder_layer_equals_torch(dtype, close, norm_first, bias, activation, masked):
    sizes = {"dropout": 0.0, "activation": activation, "norm_first": norm_first, "bias": bias}
    ours = stir(TransformerDecoderLayer(D, H, d_ff, eps=0.01, **sizes).to(dtype))
    theirs = nn.TransformerDecoderLayer(
        D, H, d_ff, layer_norm_eps=0.01, batch_first=True, **sizes
    ).to(dtype)
    transplant(ours, theirs)
    padding, source = some_mask(B, 1, 1, Tq), some_mask(B, 1, 1, Tk)
    mask, memory_mask = (padding & causal_mask(Tq), source) if masked else (None, None)
    theirs_masks = {
        "tgt_mask": ~causal_mask(Tq),
        "tgt_key_padding_mask": ~padding[:, 0, 0],
        "memory_key_padding_mask": ~source[:, 0, 0],
    }
    x, y = twice(B, Tq, D, dtype=dtype)
    memory, their_memory = twice(B, Tk, D, dtype=dtype)

    out = ours(x, memory, mask, memory_mask)
    expected = theirs(y, their_memory, **(theirs_masks if masked else {}))
    close(out, expected)
    cotangent = alike(out)
    out.backward(cotangent)
    expected.backward(cotangent)
    inputs = [(x, y), (memory, their_memory)]
    same_gradients(ours, theirs, inputs, close)

    explained, (weights, cross) = ours(x, memory, mask, memory_mask, need_weights=True)
    close(explained, out)
    assert weights.shape == (B, H, Tq, Tq)
    assert cross.shape == (B, H, Tq, Tk)
    close(weights.sum(-1), torch.ones(B, H, Tq, dtype=dtype))
    if masked:
        assert (weights * ~mask).abs().max() == 0
        assert (cross * ~memory_mask).abs().max() == 0


def drop_by_place(x, p=0.5, training=True, inplace=False):
    """Dropout without chance: what stays depends on the place alone."""
    places = torch.arange(x.numel(), dtype=x.dtype).view(x.shape)
    return x * (1 + p * places.sin()) if training and p else x


@ORDERS
def test_dropout_falls_where_torchs_does(norm_first, monkeypatch):
    fused = F.scaled_dot_product_attention

    def attend(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False):
        return fused(query, key, value, attn_mask) * (1 + dropout_p)

    monkeypatch.setattr(F, "dropout", drop_by_place)
    monkeypatch.setattr(F, "scaled_dot_product_attention", attend)
    x, memory = tensor(B, Tq, D), tensor(B, Tk, D)
    sizes = {"dropout": 0.3, "norm_first": norm_first}
    for ours, theirs, inputs in (
        (TransformerEncoderLayer, nn.TransformerEncoderLayer, (x,)),
        (TransformerDecoderLayer, nn.TransformerDecoderLayer, (x, memory)),
    ):
        layer = stir(ours(D, H, d_ff, **sizes).double())
        peer = theirs(D, H, d_ff, batch_first=True, dtype=torch.float64, **sizes)
        transplant(layer, peer)
        out = layer(*inputs)
        torch.testing.assert_close(out, peer(*inputs), atol=1e-10, rtol=0)
        assert not torch.allclose(out, layer.eval()(*inputs))
        torch.testing.assert_close(layer(*inputs), peer.eval()(*inputs), atol=1e-10, rtol=0)


def test_a_layers_parts_get_its_arguments():
    for layer in (TransformerEncoderLayer(D, H, d_ff), TransformerDecoderLayer(D, H, d_ff)):
        assert layer.norm_first is False
        assert layer.feed_forward.activation == "relu"
        for name, module in layer.named_modules():
            if isinstance(module, nn.Dropout):
                assert module.p == 0.1, name
            if isinstance(module, LayerNorm):
                assert module.eps == 1e-5
                assert module.bias is not None
            if isinstance(module, MultiHeadAttention):
                assert module.dropout == 0.1
                assert module.n_heads == H
                assert module.q_proj.bias is not None
            if isinstance(module, nn.Linear):
                assert module.bias is not None


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_attention_and_activations_can_have_rates_of_their_own(rate):
    for name, expected in {
        "attention_dropout": (0.2, rate, 0.2),
        "activation_dropout": (0.2, 0.2, rate),
    }.items():
        layer = TransformerEncoderLayer(D, H, d_ff, 0.2, **{name: rate})
        found = (layer.dropout.p, layer.attention.dropout, layer.feed_forward.dropout.p)
        assert found == expected, name


@ORDERS
def test_a_layer_leaves_its_inputs_as_they_were(norm_first):
    x, memory, mask = torch.randn(B, Tq, D), torch.randn(B, Tk, D), some_mask(Tq, Tq)
    before = [t.clone() for t in (x, memory, mask)]
    for gradients in (True, False):
        with torch.set_grad_enabled(gradients):
            TransformerEncoderLayer(D, H, d_ff, norm_first=norm_first)(x, mask)
            TransformerDecoderLayer(D, H, d_ff, norm_first=norm_first)(x, memory, mask)
    assert all(map(torch.equal, (x, memory, mask), before))


@ORDERS
def test_a_position_that_may_attend_nowhere_gets_finite_numbers(norm_first):
    x = tensor(B, Tq, D)
    mask = causal_mask(Tq).clone()
    mask[2] = False
    for layer in (
        TransformerEncoderLayer(D, H, d_ff, 0.0, norm_first=norm_first).double(),
        TransformerDecoderLayer(D, H, d_ff, 0.0, norm_first=norm_first).double(),
    ):
        others = (x,) if isinstance(layer, TransformerDecoderLayer) else ()
        layer(x, *others, mask=mask).sum().backward()
        assert all(p.grad.isfinite().all() for p in [x, *layer.parameters()])


class Loud(MultiHeadAttention):
    """Somebody's own attention: twice as much of everything."""

    def forward(self, *args, **kwargs):
        return 2 * super().forward(*args, **kwargs)


def test_parts_stand_where_they_are_asked_for():
    with use({"MultiHeadAttention": Loud, "LayerNorm": nn.LayerNorm}):
        encoder, decoder = (
            TransformerEncoderLayer(D, H, d_ff),
            TransformerDecoderLayer(D, H, d_ff),
        )
    attentions = (encoder.attention, decoder.self_attention, decoder.cross_attention)
    assert {type(part) for part in attentions} == {Loud}
    assert {type(part) for part in (encoder.norm1, encoder.norm2, decoder.norm3)} == {nn.LayerNorm}
    encoder = TransformerEncoderLayer(D, H, d_ff, attention=Loud)
    decoder = TransformerDecoderLayer(D, H, d_ff, attention=Loud)
    assert type(encoder.attention) is type(decoder.self_attention) is Loud
    assert type(decoder.cross_attention) is MultiHeadAttention


@ORDERS
def test_a_sublayer_can_be_replaced_in_a_subclass(norm_first):
    class Silent(TransformerEncoderLayer):
        def attend(self, x, mask=None, need_weights=False):
            return torch.zeros_like(x), None

    layer = Silent(D, H, d_ff, 0.0, norm_first=norm_first).eval()
    x = torch.randn(B, Tq, D)
    y = x if norm_first else layer.norm1(x)
    expected = y + layer.feed_forward(layer.norm2(y)) if norm_first else None
    if not norm_first:
        expected = layer.norm2(y + layer.feed_forward(y))
    with torch.no_grad():
        torch.testing.assert_close(layer(x), expected)


@ORDERS
@pytest.mark.parametrize("need_weights", [False, True])
def test_layers_compile_as_one_graph(norm_first, need_weights):
    x, memory, mask = tensor(B, Tq, D), tensor(B, Tk, D), causal_mask(Tq)
    sizes = {"norm_first": norm_first, "activation": "gelu_tanh"}
    for layer, inputs in (
        (TransformerEncoderLayer(D, H, d_ff, **sizes), (x, mask)),
        (TransformerDecoderLayer(D, H, d_ff, **sizes), (x, memory, mask, None)),
    ):
        layer.double().eval()
        compiled = torch.compile(layer, fullgraph=True, backend="eager")
        torch.testing.assert_close(compiled(*inputs, need_weights), layer(*inputs, need_weights))
