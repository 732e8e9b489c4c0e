"""Llama's layers: RMSNorm, SwiGLU and grouped-query attention, by value and by gradient."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from agreement import alike, in_both_precisions, same, shaken
from unrolled.attention import causal_mask
from unrolled.llama import GroupedQueryAttention, RMSNorm, SwiGLU
from unrolled.llama.attention import CausalGroupedQueryAttention
from unrolled.positions import apply_rope

B, T, D, H, G, F_ = 2, 7, 24, 6, 3, 20


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


def exact(module):
    """The module in float64 and evaluation, with no parameter at 0 or 1."""
    return shaken(module).double().eval()


# --- the norm and the feed-forward network ------------------------------------------------------


@in_both_precisions
@pytest.mark.parametrize("path", [RMSNorm.forward, RMSNorm.forward.__wrapped__])
@pytest.mark.parametrize("eps", [0.0, 1e-6, 0.3])
def test_rms_norm_equals_torchs(dtype, close, path, eps):
    ours, theirs = RMSNorm(D, eps).to(dtype), nn.RMSNorm(D, eps=eps, dtype=dtype)
    ours.weight.data = alike(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    x = tensor(B, T, D, dtype=dtype)
    same(path(ours, x), theirs(x), [x], close)
    gradient, expected = (
        torch.autograd.grad(y.sin().sum(), layer.weight)[0]
        for y, layer in ((path(ours, x), ours), (theirs(x), theirs))
    )
    close(gradient, expected)


def test_rms_norm_starts_at_ones_with_a_small_epsilon():
    norm = RMSNorm(D)
    assert norm.eps == 1e-6
    assert torch.equal(norm.weight, torch.ones(D))
    zeros = norm(torch.zeros(1, D))
    assert not zeros.any()


def test_rms_norm_sums_half_precision_in_float32():
    x = torch.full((1, 1024), 300.0, dtype=torch.float16)  # the square does not fit in float16
    torch.testing.assert_close(RMSNorm(1024).half()(x), torch.ones_like(x))


@in_both_precisions
@pytest.mark.parametrize("bias", [True, False])
def test_swiglu_is_its_formula(dtype, close, bias):
    layer = SwiGLU(D, F_, bias).to(dtype)
    x = tensor(B, T, D, dtype=dtype)
    gate, up, down = layer.gate_proj, layer.up_proj, layer.down_proj
    z = F.linear(x, gate.weight, gate.bias)
    expected = F.linear(
        z * torch.sigmoid(z) * F.linear(x, up.weight, up.bias), down.weight, down.bias
    )
    same(layer(x), expected, [x, *layer.parameters()], close)


def test_swiglu_has_three_matrices_and_no_bias_unless_asked():
    shapes = {n: tuple(p.shape) for n, p in SwiGLU(D, F_).named_parameters()}
    matrices = {"gate_proj": (F_, D), "up_proj": (F_, D), "down_proj": (D, F_)}
    assert shapes == {f"{name}.weight": shape for name, shape in matrices.items()}
    biased = {n for n, _ in SwiGLU(D, F_, bias=True).named_parameters() if n.endswith("bias")}
    assert biased == {f"{name}.bias" for name in matrices}


# --- attention ----------------------------------------------------------------------------------


def head_by_head(layer, x, mask, positions):
    """Grouped-query attention as a loop over heads, each with its group's key and value."""
    d_k = layer.q_proj.out_features // layer.n_heads
    q, k, v = layer.q_proj(x), layer.k_proj(x), layer.v_proj(x)
    mask = mask.expand(len(x), layer.n_heads, x.size(1), x.size(1))
    heads, weights = [], []
    for head in range(layer.n_heads):
        group = head * layer.n_kv_heads // layer.n_heads
        own = slice(head * d_k, (head + 1) * d_k)
        shared = slice(group * d_k, (group + 1) * d_k)
        query = apply_rope(q[:, None, :, own], positions, layer.base)[:, 0]
        key = apply_rope(k[:, None, :, shared], positions, layer.base)[:, 0]
        scores = (query @ key.mT / math.sqrt(d_k)).masked_fill(~mask[:, head], -math.inf)
        weights.append(scores.softmax(-1))
        heads.append(weights[-1] @ v[..., shared])
    return layer.out_proj(torch.cat(heads, -1)), torch.stack(weights, dim=1)


@in_both_precisions
@pytest.mark.parametrize("kind", [GroupedQueryAttention, CausalGroupedQueryAttention])
@pytest.mark.parametrize("n_kv_heads", [1, 2, 3, 6])
@pytest.mark.parametrize("options", [{}, {"d_k": 10}, {"bias": True}, {"base": 30.0}], ids=str)
def test_grouped_query_attention_is_its_formula(dtype, close, kind, n_kv_heads, options):
    layer = exact(kind(D, H, n_kv_heads, **options)).to(dtype)
    x, past = tensor(B, T, D, dtype=dtype), causal_mask(T)
    expected, expected_weights = head_by_head(layer, x, past, torch.arange(T))
    out, weights = layer(x, past, need_weights=True)
    same(layer(x, past), expected, [x, *layer.parameters()], close)
    same(out, expected, [x], close)
    close(weights, expected_weights)


@pytest.mark.parametrize("need_weights", [True, False])
def test_no_mask_is_everywhere_and_in_a_llama_the_past(need_weights):
    everywhere = exact(GroupedQueryAttention(D, H, G))
    causal = CausalGroupedQueryAttention(D, H, G).double()
    causal.load_state_dict(everywhere.state_dict())
    x = tensor(B, T, D)
    masks = {everywhere: torch.ones(T, T, dtype=torch.bool), causal: causal_mask(T)}
    for layer, mask in masks.items():
        out = layer(x, need_weights=need_weights)
        out = out[0] if need_weights else out
        torch.testing.assert_close(out, head_by_head(layer, x, mask, torch.arange(T))[0])


def test_only_distances_count():
    layer = exact(GroupedQueryAttention(D, H, G))
    x = tensor(B, T, D)
    torch.testing.assert_close(layer(x), layer(x, positions=torch.arange(T) + 5))
    assert not torch.allclose(layer(x), layer(x, positions=2 * torch.arange(T)))
    moved = layer(x, positions=torch.stack([torch.arange(T), 2 * torch.arange(T)]))
    torch.testing.assert_close(moved[:1], layer(x[:1]))
    torch.testing.assert_close(moved[1:], layer(x[1:], positions=2 * torch.arange(T)))


def test_grouped_query_attention_has_these_parameters_and_defaults():
    layer = GroupedQueryAttention(D, H, G)
    shapes = {n: tuple(p.shape) for n, p in layer.named_parameters()}
    d_k = D // H
    assert shapes == {
        "q_proj.weight": (D, D),
        "k_proj.weight": (G * d_k, D),
        "v_proj.weight": (G * d_k, D),
        "out_proj.weight": (D, D),
    }
    assert (layer.dropout, layer.base) == (0.0, 10000.0)


@pytest.mark.parametrize("kind", [GroupedQueryAttention, CausalGroupedQueryAttention])
def test_attention_drops_while_training_alone(kind):
    layer, x = exact(kind(D, H, G, dropout=0.5)), tensor(B, T, D)
    assert torch.equal(layer(x), layer(x))
    layer.train()
    assert not torch.equal(layer(x), layer(x))
