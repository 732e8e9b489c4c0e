"""Masks, attention and its layers against torch, by value and by gradient.

Sizes are pairwise distinct wherever the layer allows, so that no swap of axes can hide.
"""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from agreement import alike, close, in_both_precisions, same
from unrolled.attention import (
    MultiHeadAttention,
    SelfAttention,
    causal_mask,
    merge_heads,
    padding_mask,
    scaled_dot_product_attention,
    split_heads,
)
from unrolled.repairs import RepairedMultiHead

B, H, Tq, Tk, d_k, d_v = 2, 3, 5, 7, 4, 6
D = H * d_k
READABLE = scaled_dot_product_attention.__wrapped__
MASK_SHAPES = [(Tq, Tk), (1, Tk), (Tq, 1), (B, 1, 1, Tk), (1, H, Tq, Tk), (B, H, Tq, Tk)]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


def qkv(dtype=torch.float64):
    return [tensor(B, H, t, d, dtype=dtype) for t, d in [(Tq, d_k), (Tk, d_k), (Tk, d_v)]]


def some_mask(*shape):
    """A random mask in which each query may attend somewhere."""
    mask = torch.rand(*shape) < 0.6
    mask[..., 0] = True
    return mask


def weights_of(layer):
    return list(layer.parameters())


def transplant(ours, theirs):
    """Copy our four projections into torch's fused one."""
    with torch.no_grad():
        projections = (ours.q_proj, ours.k_proj, ours.v_proj)
        theirs.in_proj_weight.copy_(torch.cat([p.weight for p in projections]))
        theirs.out_proj.weight.copy_(ours.out_proj.weight)
        if theirs.in_proj_bias is not None:
            theirs.in_proj_bias.copy_(torch.cat([p.bias for p in projections]))
            theirs.out_proj.bias.copy_(ours.out_proj.bias)


def gradients_as_ours(theirs):
    """Torch's gradients in the order of our parameters."""
    found = {}
    for kind in ("weight", "bias"):
        fused = getattr(theirs, f"in_proj_{kind}")
        if fused is not None:
            for name, part in zip("qkv", fused.grad.chunk(3), strict=True):
                found[f"{name}_proj.{kind}"] = part
            found[f"out_proj.{kind}"] = getattr(theirs.out_proj, kind).grad
    return found


# --- masks --------------------------------------------------------------------------------------


def test_padding_mask_hides_pads_wherever_they_stand():
    ids = torch.tensor([[5, 9, 9], [9, 2, 4]])
    mask = padding_mask(ids, pad_id=9)
    assert mask.dtype == torch.bool
    assert mask.shape == (2, 1, 1, 3)
    assert mask[:, 0, 0].tolist() == [[True, False, False], [False, True, True]]


@given(queries=st.integers(1, 6), older=st.integers(0, 6))
def test_causal_mask_lets_query_i_see_the_old_keys_and_i_plus_1_new_ones(queries, older):
    mask = causal_mask(queries, queries + older)
    assert mask.dtype == torch.bool
    for i in range(queries):
        assert mask[i].tolist() == [True] * (older + i + 1) + [False] * (queries - i - 1)


def test_causal_mask_is_square_by_default_and_agrees_with_torch():
    mask = causal_mask(Tq)
    query, key, value = (tensor(B, H, Tq, d_k) for _ in range(3))
    expected = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    ours = scaled_dot_product_attention(query, key, value, mask)
    same(ours, expected, [query, key, value])


def test_causal_mask_of_the_last_queries_is_the_bottom_of_the_whole():
    assert torch.equal(causal_mask(2, Tk), causal_mask(Tk)[-2:])


def test_causal_mask_goes_to_the_device_that_is_asked_for():
    assert causal_mask(2, device=torch.device("meta")).device.type == "meta"


# --- scaled dot-product attention ---------------------------------------------------------------


@in_both_precisions
@pytest.mark.parametrize("path", [scaled_dot_product_attention, READABLE], ids=["fast", "readable"])
@pytest.mark.parametrize("mask_shape", [None, *MASK_SHAPES], ids=str)
def test_attention_equals_torch(dtype, close, path, mask_shape):
    inputs = qkv(dtype)
    mask = some_mask(*mask_shape) if mask_shape else None
    expected = F.scaled_dot_product_attention(*inputs, attn_mask=mask)
    same(path(*inputs, mask), expected, inputs, close)


@in_both_precisions
@pytest.mark.parametrize("mask_shape", [None, *MASK_SHAPES], ids=str)
def test_both_paths_agree_with_weights_and_without(dtype, close, mask_shape):
    inputs = qkv(dtype)
    mask = some_mask(*mask_shape) if mask_shape else None
    fast = scaled_dot_product_attention(*inputs, mask)
    out, weights = scaled_dot_product_attention(*inputs, mask, need_weights=True)
    same(fast, READABLE(*inputs, mask), inputs, close)
    same(fast, out, inputs, close)
    same(weights @ inputs[2], out, inputs, close)
    assert weights.shape == (B, H, Tq, Tk)
    if mask is not None:
        assert not weights[~mask.expand_as(weights)].any()
    close(weights.sum(-1), torch.ones(B, H, Tq, dtype=dtype))


@pytest.mark.parametrize("leading", [(), (B,), (B, H, 2)], ids=str)
def test_any_leading_axes_will_do(leading):
    inputs = [tensor(*leading, t, d) for t, d in [(Tq, d_k), (Tk, d_k), (Tk, d_v)]]
    expected = F.scaled_dot_product_attention(*inputs)
    same(scaled_dot_product_attention(*inputs), expected, inputs)
    same(READABLE(*inputs), expected, inputs)


@pytest.mark.parametrize("path", [scaled_dot_product_attention, READABLE], ids=["fast", "readable"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])
def test_a_query_that_may_attend_nowhere_gets_zeros_and_harms_nobody(path, dtype):
    inputs = qkv(dtype)
    mask = some_mask(B, H, Tq, Tk)
    mask[1, :, 2] = False
    mask[0, 1, 3] = False  # in one head alone
    out = path(*inputs, mask)
    assert not out[1, :, 2].any()
    assert out[0, :, 3].any(dim=-1).tolist() == [True, False, True]
    gradients = torch.autograd.grad(out, inputs, torch.randn_like(out))
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert not gradients[0][1, :, 2].any()
    mask[1, :, 2] = mask[0, 1, 3] = True
    others = torch.ones(B, H, Tq, dtype=torch.bool)
    others[1, :, 2] = others[0, 1, 3] = False
    torch.testing.assert_close(out[others], path(*inputs, mask)[others])


def test_a_query_that_may_attend_nowhere_has_weights_of_zero():
    mask = some_mask(B, H, Tq, Tk)
    mask[0, 1, 3] = False
    _, weights = scaled_dot_product_attention(*qkv(), mask, need_weights=True)
    rows = torch.ones(B, H, Tq).double()
    rows[0, 1, 3] = 0
    close(weights.sum(-1), rows)


@pytest.mark.parametrize("path", [scaled_dot_product_attention, READABLE], ids=["fast", "readable"])
def test_large_scores_stay_finite(path):
    query, key, value = (tensor.detach() for tensor in qkv(torch.float32))
    out = path(1e4 * query, 1e4 * key, value, some_mask(Tq, Tk))
    assert out.isfinite().all()
    assert out.abs().max() <= value.abs().max()  # an average lies among what it averages


@pytest.mark.parametrize("path", [scaled_dot_product_attention, READABLE], ids=["fast", "readable"])
def test_dropout_drops_weights_and_scales_the_rest(path):
    """With V = I the output is the dropped weights themselves: each is 0 or w / (1 - p)."""
    query, key, _ = qkv()
    value = torch.eye(Tk, dtype=torch.float64).expand(B, H, Tk, Tk)
    mask = some_mask(B, H, Tq, Tk)
    plain = path(query, key, value, mask)
    dropped = path(query, key, value, mask, 0.25)
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], plain[kept] / 0.75)
    share = kept[plain > 0].double().mean()
    assert 0.6 < share < 0.9  # 0.75 expected; about 150 weights, standard deviation 0.035
    assert kept.any(dim=-1).any()


def test_weights_are_returned_as_they_are_before_dropout():
    inputs = qkv()
    _, weights = scaled_dot_product_attention(*inputs, need_weights=True)
    _, under_dropout = scaled_dot_product_attention(*inputs, dropout=0.5, need_weights=True)
    assert torch.equal(weights, under_dropout)


@given(seed=st.integers(0, 2**31))
def test_attention_follows_queries_and_ignores_the_order_of_keys(seed):
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(B, Tq, d_k, dtype=torch.float64, generator=generator)
    key = torch.randn(B, Tk, d_k, dtype=torch.float64, generator=generator)
    value = torch.randn(B, Tk, d_v, dtype=torch.float64, generator=generator)
    queries, keys = (torch.randperm(t, generator=generator) for t in (Tq, Tk))
    for path in (scaled_dot_product_attention, READABLE):
        out = path(query, key, value)
        moved = path(query[:, queries], key[:, keys], value[:, keys])
        torch.testing.assert_close(moved, out[:, queries], atol=1e-12, rtol=0)


@given(seed=st.integers(0, 2**31))
def test_a_causal_output_does_not_depend_on_the_future(seed):
    generator = torch.Generator().manual_seed(seed)
    layer = SelfAttention(D, d_k, d_v).double()
    x = torch.randn(B, Tk, D, dtype=torch.float64, generator=generator)
    now = int(torch.randint(Tk - 1, (), generator=generator))
    future = x.clone()
    future[:, now + 1 :] = torch.randn(B, Tk - now - 1, D, dtype=torch.float64, generator=generator)
    before, after = (layer(y, causal_mask(Tk)) for y in (x, future))
    torch.testing.assert_close(before[:, : now + 1], after[:, : now + 1], atol=1e-12, rtol=0)
    assert not torch.allclose(before[:, -1], after[:, -1])


# --- one head -----------------------------------------------------------------------------------


@in_both_precisions
@pytest.mark.parametrize("need_weights", [False, True])
def test_self_attention_equals_its_formula(dtype, close, need_weights):
    layer = SelfAttention(D, d_k, d_v).to(dtype)
    x, mask = tensor(B, Tk, D, dtype=dtype), some_mask(B, 1, Tk, Tk)
    parts = [F.linear(x, p.weight) for p in (layer.q_proj, layer.k_proj, layer.v_proj)]
    expected = F.scaled_dot_product_attention(*parts, attn_mask=mask[:, 0])
    out = layer(x, mask, need_weights)
    if need_weights:
        out, weights = out
        assert weights.shape == (B, 1, Tk, Tk)
        same(weights[:, 0] @ parts[2], expected, [x], close)
    assert out.shape == (B, Tk, d_v)
    same(out, expected, [x, *weights_of(layer)], close)


def test_self_attention_widths_default_to_d_model_and_d_k():
    shapes = {n: tuple(p.shape) for n, p in SelfAttention(D).named_parameters()}
    assert shapes == dict.fromkeys(("q_proj.weight", "k_proj.weight", "v_proj.weight"), (D, D))
    shapes = {n: tuple(p.shape) for n, p in SelfAttention(D, d_k, d_v).named_parameters()}
    assert shapes == {
        "q_proj.weight": (d_k, D),
        "k_proj.weight": (d_k, D),
        "v_proj.weight": (d_v, D),
    }
    assert SelfAttention(D, d_k).v_proj.out_features == d_k


def test_layers_drop_while_training_and_never_in_evaluation():
    x = tensor(B, Tk, D)
    for layer in (SelfAttention(D, dropout=0.5), MultiHeadAttention(D, H, dropout=0.5)):
        layer.double()
        assert not torch.equal(layer(x), layer(x))
        assert torch.equal(layer.eval()(x), layer(x))


# --- heads --------------------------------------------------------------------------------------


@given(
    batch=st.integers(1, 3),
    time=st.integers(1, 5),
    heads=st.integers(1, 4),
    width=st.integers(1, 5),
)
def test_split_gives_head_h_its_run_of_features_and_merge_undoes_it(batch, time, heads, width):
    x = torch.arange(float(batch * time * heads * width)).view(batch, time, heads * width)
    split = split_heads(x, heads)
    assert split.shape == (batch, heads, time, width)
    for h in range(heads):
        assert torch.equal(split[:, h], x[:, :, h * width : (h + 1) * width])
    assert torch.equal(merge_heads(split), x)
    assert torch.equal(split_heads(merge_heads(split), heads), split)


@in_both_precisions
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("masked", ["nothing", "padding", "causal", "both", "per head"])
def test_multi_head_equals_torch_with_weights_transplanted(dtype, close, bias, masked):
    ours = MultiHeadAttention(D, H, bias=bias).to(dtype)
    theirs = nn.MultiheadAttention(D, H, bias=bias, batch_first=True).to(dtype)
    transplant(ours, theirs)
    padding, causal = some_mask(B, 1, 1, Tk), causal_mask(Tq, Tk)
    per_head = some_mask(B, H, Tq, Tk)
    mask = {"nothing": None, "padding": padding, "causal": causal, "both": padding & causal}
    mask = per_head if masked == "per head" else mask[masked]
    # Torch's masks say where a query may NOT attend.
    attn_mask = {"causal": ~causal, "both": ~causal, "per head": ~per_head.flatten(0, 1)}
    key_padding = ~padding[:, 0, 0] if masked in ("padding", "both") else None
    query, key, value = inputs = [tensor(B, t, D, dtype=dtype) for t in (Tq, Tk, Tk)]

    out, weights = ours(query, key, value, mask, need_weights=True)
    expected, expected_weights = theirs(
        query,
        key,
        value,
        key_padding_mask=key_padding,
        attn_mask=attn_mask.get(masked),
        average_attn_weights=False,
    )
    assert weights.shape == (B, H, Tq, Tk)
    same(weights, expected_weights, inputs[:2], close)
    same(out, expected, inputs, close)
    same(ours(query, key, value, mask), expected, inputs, close)

    cotangent = alike(out)
    ours(query, key, value, mask).backward(cotangent)
    expected.backward(cotangent)
    wanted = gradients_as_ours(theirs)
    assert wanted.keys() == dict(ours.named_parameters()).keys()
    for name, parameter in ours.named_parameters():
        close(parameter.grad, wanted[name])


def test_key_defaults_to_query_and_value_to_key():
    layer = MultiHeadAttention(D, H).double()
    query, key = tensor(B, Tq, D), tensor(B, Tk, D)
    assert torch.equal(layer(query), layer(query, query, query))
    assert torch.equal(layer(query, key), layer(query, key, key))


def test_multi_head_survives_a_query_that_may_attend_nowhere():
    layer = MultiHeadAttention(D, H).double()
    x = tensor(B, Tk, D)
    mask = causal_mask(Tk).clone()
    mask[3] = False
    out = layer(x, mask=mask)
    torch.testing.assert_close(out[:, 3], layer.out_proj.bias.expand(B, D))
    out.sum().backward()
    assert all(p.grad.isfinite().all() for p in [x, *layer.parameters()])


@given(seed=st.integers(0, 2**31))
def test_self_attention_is_permutation_equivariant(seed):
    """Reorder the sequence and the output is reordered alike: attention does not know order."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(B, Tk, D, dtype=torch.float64, generator=generator)
    order = torch.randperm(Tk, generator=generator)
    for layer in (SelfAttention(D, d_k, d_v), MultiHeadAttention(D, H)):
        layer.double()
        torch.testing.assert_close(layer(x[:, order]), layer(x)[:, order], atol=1e-12, rtol=0)


@pytest.mark.parametrize("need_weights", [False, True])
def test_multi_head_compiles_as_one_graph(need_weights):
    layer = MultiHeadAttention(D, H, dropout=0.1).double().eval()
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    query, key, mask = tensor(B, Tq, D), tensor(B, Tk, D), some_mask(B, 1, Tq, Tk)
    ours = compiled(query, key, mask=mask, need_weights=need_weights)
    torch.testing.assert_close(ours, layer(query, key, mask=mask, need_weights=need_weights))


def test_inputs_are_left_as_they_were():
    layer = MultiHeadAttention(D, H).double()
    x, mask = tensor(B, Tk, D), some_mask(B, 1, Tk, Tk)
    before, mask_before = x.detach().clone(), mask.clone()
    layer(x, mask=mask, need_weights=True)
    layer(x, mask=mask).sum().backward()
    assert torch.equal(x, before)
    assert torch.equal(mask, mask_before)


def test_the_repaired_layer_is_multi_head_attention_under_its_old_names():
    layer = RepairedMultiHead(D, H).double()
    ours = MultiHeadAttention(D, H).double()
    names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "out": "out_proj"}
    state = {
        f"{names[name]}.{kind}": value
        for (name, kind), value in ((k.split("."), v) for k, v in layer.state_dict().items())
    }
    ours.load_state_dict(state)
    x, mask = tensor(B, Tk, D), some_mask(B, 1, Tk, Tk)
    same(layer(x, mask), ours(x, mask=mask), [x])
    same(layer(x), ours(x), [x])


# --- refusals -----------------------------------------------------------------------------------


def attend(mask=None, dropout=0.0, **changed):
    shapes = {"query": (B, H, Tq, d_k), "key": (B, H, Tk, d_k), "value": (B, H, Tk, d_v)} | changed
    return scaled_dot_product_attention(*map(torch.zeros, shapes.values()), mask, dropout)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: padding_mask(torch.zeros(3, dtype=torch.long), 0),
            ValueError,
            "ids has shape (3,), (B, T) is wanted",
        ),
        (
            lambda: padding_mask(torch.zeros(2, 3), 0),
            TypeError,
            "ids has dtype torch.float32, integer token ids are wanted",
        ),
        (lambda: causal_mask(0), ValueError, "Tq=0, Tk=None: 1 <= Tq <= Tk is wanted"),
        (lambda: causal_mask(3, 2), ValueError, "Tq=3, Tk=2: 1 <= Tq <= Tk is wanted"),
        (
            lambda: attend(key=(B, H, Tk, 9)),
            ValueError,
            "query has d_k=4, key has d_k=9: equal widths are wanted",
        ),
        (
            lambda: attend(value=(B, H, 9, d_v)),
            ValueError,
            "key has Tk=7, value has Tk=9: equal lengths are wanted",
        ),
        (lambda: attend(dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (lambda: attend(dropout=-0.1), ValueError, "dropout=-0.1 is outside [0, 1)"),
        (
            lambda: attend(torch.zeros(Tq, Tk)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted (True = may attend)",
        ),
        (
            lambda: attend(torch.ones(Tk, Tq, dtype=torch.bool)),
            ValueError,
            "mask has shape (7, 5), one that broadcasts to (2, 3, 5, 7) is wanted",
        ),
        (
            lambda: attend(torch.ones(4, B, H, Tq, Tk, dtype=torch.bool)),
            ValueError,
            "mask has shape (4, 2, 3, 5, 7), one that broadcasts to (2, 3, 5, 7) is wanted",
        ),
        (
            lambda: split_heads(torch.zeros(B, Tq, D), 5),
            ValueError,
            "d_model=12 is not divisible by n_heads=5",
        ),
        (
            lambda: split_heads(torch.zeros(B, Tq, D), 0),
            ValueError,
            "d_model=12 is not divisible by n_heads=0",
        ),
        (
            lambda: split_heads(torch.zeros(Tq, D), H),
            ValueError,
            "x has shape (5, 12), (B, T, D) is wanted",
        ),
        (
            lambda: merge_heads(torch.zeros(B, Tq, D)),
            ValueError,
            "x has shape (2, 5, 12), (B, H, T, d_k) is wanted",
        ),
        (
            lambda: MultiHeadAttention(10, 3),
            ValueError,
            "d_model=10 is not divisible by n_heads=3",
        ),
        (
            lambda: MultiHeadAttention(10, 0),
            ValueError,
            "d_model=10 is not divisible by n_heads=0",
        ),
        (
            lambda: MultiHeadAttention(D, H)(torch.zeros(B, Tq, D), mask=torch.zeros(Tq, Tq)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted",
        ),
        (
            lambda: padding_mask(torch.zeros(0, 3, dtype=torch.long), 0),
            ValueError,
            "ids has shape (0, 3), (B, T), each at least 1, is wanted",
        ),
        (
            lambda: scaled_dot_product_attention(*[torch.zeros(1, 2, 3).long()] * 3),
            TypeError,
            "query has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            lambda: scaled_dot_product_attention(torch.zeros(4), *[torch.zeros(2, 4)] * 2),
            ValueError,
            "query has shape (4,), (..., T, d) is wanted",
        ),
        (
            lambda: scaled_dot_product_attention(torch.zeros(2, 4), *[torch.zeros(0, 4)] * 2),
            ValueError,
            "key has shape (0, 4), (..., T, d), each at least 1, is wanted",
        ),
        (lambda: SelfAttention(0), ValueError, "d_model=0: at least 1 is wanted"),
        (lambda: SelfAttention(2.0), TypeError, "d_model=2.0 is a float, an integer is wanted"),
        (lambda: SelfAttention(D, d_k=0), ValueError, "d_k=0: at least 1 is wanted"),
        (lambda: SelfAttention(D, d_v=True), TypeError, "d_v=True is a bool"),
        (lambda: SelfAttention(D, dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (
            lambda: SelfAttention(D)(torch.zeros(B, Tq, D + 1)),
            ValueError,
            f"x has shape ({B}, {Tq}, {D + 1}), (B, T, {D}) is wanted",
        ),
        (
            lambda: SelfAttention(D)(torch.zeros(B, 0, D)),
            ValueError,
            f"x has shape ({B}, 0, {D}), (B, T, {D}), each at least 1, is wanted",
        ),
        (
            lambda: SelfAttention(D)(torch.zeros(B, 1, D).int()),
            TypeError,
            "x has dtype torch.int32",
        ),
        (lambda: MultiHeadAttention(8, 3), ValueError, "d_model=8 is not divisible by n_heads=3"),
        (lambda: MultiHeadAttention(0, 1), ValueError, "d_model=0: at least 1 is wanted"),
        (lambda: MultiHeadAttention(D, H, dropout=-0.1), ValueError, "dropout=-0.1 is outside"),
        (
            lambda: MultiHeadAttention(D, H)(torch.zeros(B, Tq, D), torch.zeros(B, Tk, D - 1)),
            ValueError,
            f"key has shape ({B}, {Tk}, {D - 1}), (B, T, {D}) is wanted",
        ),
        (
            lambda: MultiHeadAttention(D, H)(torch.zeros(B, Tq, D), torch.zeros(B + 1, Tk, D)),
            ValueError,
            f"key has B={B + 1}, query has B={B}: equal batches are wanted",
        ),
        (lambda: RepairedMultiHead(0, 1), ValueError, "embed_dim=0: at least 1 is wanted"),
        (
            lambda: RepairedMultiHead(6, 4),
            ValueError,
            "embed_dim=6 is not divisible by num_heads=4",
        ),
        (lambda: RepairedMultiHead(6, 0), ValueError, "not divisible by num_heads=0"),
        (
            lambda: RepairedMultiHead(6, 2)(torch.zeros(2, 6)),
            ValueError,
            "x has shape (2, 6), (B, T, 6) is wanted",
        ),
        (
            lambda: RepairedMultiHead(6, 2)(torch.zeros(2, 3, 6), torch.zeros(3, 3)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)
