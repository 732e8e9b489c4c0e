"""Attention that knows where its queries and keys stand: rotary and ALiBi.

Sizes are pairwise distinct wherever the layer allows, so that no swap of axes can hide.
"""

import pytest
import torch

from agreement import in_both_precisions, same
from unrolled.attention import MultiHeadAttention, causal_mask
from unrolled.parts import use
from unrolled.positions import AlibiAttention, RotaryAttention, alibi_bias
from unrolled.positions.alibi import _biased_attention

B, H, Tq, Tk, d_k = 2, 3, 5, 7, 4
D = H * d_k
KINDS = pytest.mark.parametrize("kind", [RotaryAttention, AlibiAttention])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


def some_mask(*shape):
    mask = torch.rand(*shape) < 0.6
    mask[..., 0] = True
    return mask


def rotated_by_hand(x, positions, base):
    """Each pair as one complex number, multiplied by e^(i m theta)."""
    half = x.size(-1) // 2
    pairs = torch.complex(x[..., :half], x[..., half:])
    theta = torch.tensor([base ** (-i / half) for i in range(half)], dtype=torch.float64)
    angles = positions.double()[..., None] * theta
    if positions.dim() == 2:
        angles = angles[:, None]
    turned = pairs * torch.polar(torch.ones_like(angles), angles).to(pairs.dtype)
    return torch.cat([turned.real, turned.imag], dim=-1)


@in_both_precisions
@pytest.mark.parametrize("mask_shape", [None, (Tq, Tk), (B, 1, 1, Tk), (B, H, Tq, Tk)], ids=str)
def test_attention_with_a_bias_equals_torch_on_both_paths(dtype, close, mask_shape):
    q, k, v = inputs = [tensor(B, H, t, d_k, dtype=dtype) for t in (Tq, Tk, Tk)]
    bias = torch.randn(H, Tq, Tk).to(dtype)
    mask = some_mask(*mask_shape) if mask_shape else None
    scores = q @ k.transpose(-2, -1) / d_k**0.5 + bias
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    expected = scores.softmax(-1)
    same(_biased_attention(*inputs, bias, mask), expected @ v, inputs, close)
    out, weights = _biased_attention(*inputs, bias, mask, need_weights=True)
    same(out, expected @ v, inputs, close)
    same(weights, expected, inputs[:2], close)


@pytest.mark.parametrize("need_weights", [False, True])
def test_a_query_that_may_attend_nowhere_gets_zeros(need_weights):
    inputs = [tensor(B, H, t, d_k) for t in (Tq, Tk, Tk)]
    mask = torch.ones(Tq, Tk, dtype=torch.bool)
    mask[2] = False
    bias = alibi_bias(H, Tq, Tk).double()
    out = _biased_attention(*inputs, bias, mask, need_weights=need_weights)
    if need_weights:
        out, weights = out
        assert weights[:, :, 2].abs().max() == 0
    assert out[:, :, 2].abs().max() == 0
    out.sum().backward()
    assert all(x.grad.isfinite().all() for x in inputs)


def test_dropout_is_exact_when_the_values_are_the_identity():
    q, k = tensor(1, 1, 40, d_k), tensor(1, 1, 50, d_k)
    value, bias = torch.eye(50, dtype=torch.float64), alibi_bias(1, 40, 50).double()
    value = value.expand(1, 1, 50, 50)
    _, weights = _biased_attention(q, k, value, bias, need_weights=True)
    for need_weights in (False, True):
        out = _biased_attention(q, k, value, bias, None, 0.25, need_weights)
        dropped = out[0] if need_weights else out
        kept = dropped != 0
        torch.testing.assert_close(dropped, weights * kept / 0.75)
        assert kept.double().mean().item() == pytest.approx(0.75, abs=0.05)
    assert torch.equal(out[1], weights)


# --- the layers ---------------------------------------------------------------------------------


def with_formula(layer, query, key, value, mask):
    """Both layers, written down once more from torch's own functions."""
    q, k, v = (
        linear(x).unflatten(-1, (H, -1)).transpose(1, 2)
        for linear, x in ((layer.q_proj, query), (layer.k_proj, key), (layer.v_proj, value))
    )
    bias = torch.zeros(1, dtype=query.dtype)
    if isinstance(layer, RotaryAttention):
        q = rotated_by_hand(q, torch.arange(Tk - query.size(1), Tk), layer.base)
        k = rotated_by_hand(k, torch.arange(Tk), layer.base)
    else:
        distances = torch.arange(Tk - query.size(1), Tk)[:, None] - torch.arange(Tk)
        slopes = torch.tensor([2**-4, 2**-8, 2**-2], dtype=query.dtype)
        bias = -slopes[:, None, None] * distances.abs()
    scores = q @ k.transpose(-2, -1) / d_k**0.5 + bias
    scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
    return layer.out_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


@in_both_precisions
@KINDS
@pytest.mark.parametrize("masked", [False, True], ids=["open", "masked"])
def test_relative_attention_equals_its_formula(dtype, close, kind, masked):
    layer = kind(D, H).to(dtype)
    query, key, _ = inputs = [tensor(B, t, D, dtype=dtype) for t in (Tq, Tk, Tk)]
    mask = some_mask(B, 1, 1, Tk) & causal_mask(Tq, Tk) if masked else None
    expected = with_formula(layer, *inputs, mask)
    same(layer(*inputs, mask), expected, [*inputs, *layer.parameters()], close)
    out, weights = layer(*inputs, mask, need_weights=True)
    same(out, expected, [*inputs, *layer.parameters()], close)
    assert weights.shape == (B, H, Tq, Tk)
    assert torch.equal(layer(query, key), layer(query, key, key))
    assert torch.equal(layer(key), layer(key, key, key))
    torch.testing.assert_close(layer(key)[:, -Tq:], layer(key[:, -Tq:], key))


@KINDS
def test_a_shift_of_the_whole_text_changes_nothing(kind):
    """What stands before is masked away, so only the distances are left."""
    layer = kind(D, H).double().eval()
    x, before = tensor(B, Tq, D), tensor(B, 30, D)
    shifted = torch.cat([before, x], dim=1)
    mask = torch.cat([torch.zeros(30), torch.ones(Tq)]).bool() & causal_mask(30 + Tq)
    out = layer(shifted, mask=mask)[:, 30:]
    torch.testing.assert_close(out, layer(x, mask=causal_mask(Tq)), atol=1e-10, rtol=0)


@KINDS
def test_order_matters_where_plain_attention_does_not_see_it(kind):
    layer, plain = kind(D, H).double(), MultiHeadAttention(D, H).double()
    plain.load_state_dict(layer.state_dict())
    x, order = tensor(B, Tk, D), torch.randperm(Tk)
    torch.testing.assert_close(plain(x[:, order]), plain(x)[:, order])
    assert not torch.allclose(layer(x[:, order]), layer(x)[:, order])
    torch.testing.assert_close(layer(x[:, :1]), plain(x[:, :1]))


@KINDS
def test_relative_attention_drops_weights_while_training_alone(kind):
    layer, x = kind(D, H, dropout=0.5).double(), tensor(B, Tk, D)
    for need_weights in (False, True):
        layer.train()
        once, again = (layer(x, need_weights=need_weights) for _ in range(2))
        assert not torch.equal(once[0], again[0])
        layer.eval()
        once, again = (layer(x, need_weights=need_weights) for _ in range(2))
        assert torch.equal(once[0], again[0])
    assert kind(D, H).dropout == 0.0


@KINDS
def test_relative_attention_has_multi_head_attentions_parameters(kind):
    expected = {n: p.shape for n, p in MultiHeadAttention(D, H).named_parameters()}
    assert {n: p.shape for n, p in kind(D, H).named_parameters()} == expected
    assert kind(D, H, bias=False).out_proj.bias is None
    assert issubclass(kind, MultiHeadAttention)


def test_rotary_attention_takes_a_base_and_a_learners_rotation():
    x = torch.randn(B, Tk, D)
    layer, other = RotaryAttention(D, H), RotaryAttention(D, H, base=3.0)
    other.load_state_dict(layer.state_dict())
    assert layer.base == 10000.0
    assert not torch.allclose(layer(x), other(x))
    plain = MultiHeadAttention(D, H)
    plain.load_state_dict(layer.state_dict())

    def nothing(*sizes, device):
        return torch.zeros(1, 1)

    with use({"apply_rope": lambda x, positions, base: x, "alibi_bias": nothing}):
        parts = RotaryAttention(D, H), AlibiAttention(D, H)
    for attention in parts:
        attention.load_state_dict(layer.state_dict())
        torch.testing.assert_close(attention(x), plain(x))


@KINDS
@pytest.mark.parametrize("need_weights", [False, True])
def test_relative_attention_compiles_as_one_graph(kind, need_weights):
    layer = kind(D, H, dropout=0.1).double().eval()
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    x, mask = tensor(B, Tk, D), causal_mask(Tk)
    ours = compiled(x, mask=mask, need_weights=need_weights)
    torch.testing.assert_close(ours, layer(x, mask=mask, need_weights=need_weights))


@pytest.mark.parametrize("Tq", [1, 2, 3, 4])  # of 5: no two of them differ from 5 in the same bits
def test_rotary_queries_are_the_last_positions(Tq):
    torch.manual_seed(0)
    layer = RotaryAttention(12, 2).double()
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    whole = layer(x, mask=causal_mask(5))
    last = layer(x[:, -Tq:], x, mask=causal_mask(Tq, 5))
    torch.testing.assert_close(last, whole[:, -Tq:])
