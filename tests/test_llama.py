"""Llama: its formula, causality, cache, and other people's parts in its places."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from agreement import alike, in_both_precisions, shaken
from unrolled.attention import causal_mask, padding_mask
from unrolled.gpt import KVCache
from unrolled.llama import Llama, LlamaBlock, LlamaConfig, SwiGLU
from unrolled.parts import load_weights, provenance, use
from unrolled.positions import apply_rope

B, T, V, D, H, G, L, F_, MAX_T = 2, 7, 13, 24, 6, 3, 5, 20, 19
SIZES = {
    "vocab_size": V,
    "hidden_size": D,
    "intermediate_size": F_,
    "num_hidden_layers": L,
    "num_attention_heads": H,
    "num_key_value_heads": G,
    "max_position_embeddings": MAX_T,
    "rms_norm_eps": 0.02,
    "rope_theta": 50.0,
    "initializer_range": 0.4,
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def exact(module):
    """The module in float64 and evaluation, with no parameter at 0 or 1."""
    return shaken(module).double().eval()


def llama(**changes):
    torch.manual_seed(0)
    return exact(Llama(LlamaConfig(**SIZES | changes)))


def some_ids(length=T, batch=B, seed=1):
    return torch.randint(V, (batch, length), generator=torch.Generator().manual_seed(seed))


# --- the model ----------------------------------------------------------------------------------


def written_out(state, ids, config):
    """Llama's forward pass from a state dict, in torch's own functions."""

    def norm(name, x):
        return F.rms_norm(x, (D,), state[f"{name}.weight"], eps=config.rms_norm_eps)

    def linear(name, x):
        return F.linear(x, state[f"{name}.weight"], state.get(f"{name}.bias"))

    def heads(name, x):
        return linear(name, x).unflatten(-1, (-1, config.d_k)).transpose(1, 2)

    x = F.embedding(ids, state["token_embedding.weight"])
    positions = torch.arange(ids.size(1))
    for number in range(L):
        attention, mlp = f"blocks.{number}.attention", f"blocks.{number}.feed_forward"
        y = norm(f"blocks.{number}.norm1", x)
        q = apply_rope(heads(f"{attention}.q_proj", y), positions, config.rope_theta)
        k = apply_rope(heads(f"{attention}.k_proj", y), positions, config.rope_theta)
        v = heads(f"{attention}.v_proj", y)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + linear(f"{attention}.out_proj", y.transpose(1, 2).flatten(2))
        y = norm(f"blocks.{number}.norm2", x)
        y = F.silu(linear(f"{mlp}.gate_proj", y)) * linear(f"{mlp}.up_proj", y)
        x = x + linear(f"{mlp}.down_proj", y)
    return F.linear(norm("norm", x), state["lm_head.weight"])


@in_both_precisions
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_key_value_heads": None},
        {"tie_word_embeddings": True},
        {"attention_bias": True},
        {"mlp_bias": True},
        {"head_dim": 10},
    ],
    ids=str,
)
def test_logits_and_gradients_are_those_of_the_formula(dtype, close, changes):
    model, ids = llama(**changes).to(dtype), some_ids()
    state = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
    state.setdefault("lm_head.weight", state["token_embedding.weight"])
    logits, expected = model(ids), written_out(state, ids, model.config)
    assert logits.shape == (B, T, V)
    close(logits, expected)
    cotangent = alike(logits)
    logits.backward(cotangent)
    expected.backward(cotangent)
    for path, parameter in model.named_parameters():
        assert parameter.grad.abs().max() > 0, f"{path} is not used"
        scale = state[path].grad.abs().max().clamp(min=1.0)
        close(parameter.grad / scale, state[path].grad / scale)


def test_the_output_layer_is_its_own_unless_told_otherwise():
    model = llama()
    assert model.lm_head.weight is not model.token_embedding.weight
    tied = llama(tie_word_embeddings=True)
    assert tied.lm_head.weight is tied.token_embedding.weight


def test_fresh_weights_have_the_configs_deviation():
    config = LlamaConfig(67, 64, 65, 2, 4, attention_bias=True, mlp_bias=True)
    for name, parameter in Llama(config).named_parameters():
        if "norm" in name:
            assert (parameter == 1).all()
        elif name.endswith("bias"):
            assert not parameter.any()
        else:  # at least 4096 draws: their deviation is within 1.1 % of the true one, times 5.5
            assert parameter.std().item() == pytest.approx(0.02, rel=0.06), name
    still = Llama(LlamaConfig(**SIZES | {"initializer_range": 0.0}))
    assert not any(p.any() for n, p in still.named_parameters() if "norm" not in n)


@given(now=st.integers(0, T - 2), other=st.integers(1, V - 1))
@settings(max_examples=12)
def test_logits_do_not_depend_on_later_tokens(now, other):
    model, ids = llama(), some_ids()
    changed = ids.clone()
    changed[:, now + 1] = (ids[:, now + 1] + other) % V
    before, after = model(ids), model(changed)
    torch.testing.assert_close(before[:, : now + 1], after[:, : now + 1], atol=1e-12, rtol=0)
    assert not torch.allclose(before[:, now + 1], after[:, now + 1])


@given(cuts=st.lists(st.integers(1, T - 1), max_size=4, unique=True))
@settings(max_examples=15)
def test_prefill_and_any_chunks_equal_the_whole(cuts):
    model, ids = llama(), some_ids()
    cache = model.new_cache()
    pieces = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), T], strict=True):
        assert cache.length == start
        pieces.append(model(ids[:, start:end], cache))
    assert cache.keys[0].shape == (B, G, T, D // H)  # as many heads as there are of keys
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids), atol=1e-12, rtol=0)


def test_a_mask_narrows_what_is_causal_over_the_cache_too():
    model = llama()
    ids = some_ids() % (V - 1)
    ids[0, 1] = ids[1, 4] = V - 1
    mask, cache = padding_mask(ids, V - 1), model.new_cache()
    pieces = [model(ids[:, a:b], cache, mask[..., :b]) for a, b in ((0, 3), (3, 6), (6, T))]
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids, mask=mask), atol=1e-12, rtol=0)
    x, both = model.token_embedding(ids), mask & causal_mask(T)
    for block in model.blocks:
        x = block(x, both)
    torch.testing.assert_close(model(ids, mask=mask), model.lm_head(model.norm(x)))
    assert not torch.allclose(model(ids, mask=mask), model(ids))


def test_reordered_beams_equal_reading_them_anew():
    model, ids, rows = llama(), some_ids(batch=3), torch.tensor([2, 0, 0, 1])
    cache = model.new_cache()
    model(ids[:, :5], cache)
    cache.reorder(rows)
    beams = torch.cat([ids[rows, :5], some_ids(2, batch=4, seed=3)], dim=1)
    torch.testing.assert_close(model(beams[:, 5:], cache), model(beams)[:, 5:], atol=1e-12, rtol=0)


def test_last_only_is_the_last_position_and_the_longest_text_can_be_read():
    model, ids = llama(), some_ids(MAX_T)
    last = model(ids, last_only=True)
    assert last.shape == (B, 1, V)
    torch.testing.assert_close(last, model(ids)[:, -1:])


@pytest.mark.parametrize("use_cache", [True, False], ids=["cached", "uncached"])
def test_greedy_takes_the_most_probable_token_each_time(use_cache):
    model, ids = llama(), some_ids(4)
    expected = ids
    for _ in range(MAX_T - 4):
        expected = torch.cat([expected, model(expected)[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(model.generate(ids, MAX_T - 4, use_cache=use_cache), expected)
    assert len(expected[:, 4:].unique()) > 2


def test_a_block_is_causal_by_itself():
    config = LlamaConfig(**SIZES)
    block, x = exact(LlamaBlock(config)), torch.randn(B, T, D, dtype=torch.float64)
    torch.testing.assert_close(block(x), block(x, causal_mask(T)))


# --- other people's parts -----------------------------------------------------------------------


class MyAttention(nn.Module):
    def __init__(self, d_model, n_heads, n_kv_heads, d_k, dropout, bias, base):
        super().__init__()
        self.n_heads, self.n_kv_heads, self.base = n_heads, n_kv_heads, base
        self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)
        self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)
        self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)

    def forward(self, x, mask=None):
        positions = torch.arange(x.size(1))
        q, k, v = (
            projection(x).unflatten(-1, (heads, -1)).transpose(1, 2)
            for projection, heads in (
                (self.q_proj, self.n_heads),
                (self.k_proj, self.n_kv_heads),
                (self.v_proj, self.n_kv_heads),
            )
        )
        q, k = apply_rope(q, positions, self.base), apply_rope(k, positions, self.base)
        gathered = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
        return self.out_proj(gathered.transpose(1, 2).flatten(2))


class MyNorm(nn.Module):
    def __init__(self, d_model, eps):
        super().__init__()
        self.eps, self.weight = eps, nn.Parameter(torch.ones(d_model))

    def forward(self, x):
        return x * self.weight / (x.pow(2).mean(-1, keepdim=True) + self.eps) ** 0.5


class MySwiGLU(SwiGLU):
    def forward(self, x):
        return self.down_proj(self.up_proj(x) * F.silu(self.gate_proj(x)))


def my_rope(x, positions, base=10000.0):
    return apply_rope(x, positions, base)


PARTS = {
    "GroupedQueryAttention": MyAttention,
    "RMSNorm": MyNorm,
    "SwiGLU": MySwiGLU,
    "apply_rope": my_rope,
}


@pytest.mark.parametrize("names", [[name] for name in PARTS] + [list(PARTS)], ids=str)
def test_a_learners_part_in_its_place_gives_the_same_logits_and_tokens(names):
    reference = llama()
    with use({name: PARTS[name] for name in names}):
        model = Llama(LlamaConfig(**SIZES)).double().eval()
    load_weights(model, reference.state_dict())
    ids = some_ids()
    torch.testing.assert_close(model(ids), reference(ids))
    mask = padding_mask(ids, pad_id=int(ids[1, 3]))
    mask[..., 0] = True
    torch.testing.assert_close(model(ids, mask=mask), reference(ids, mask=mask))
    assert torch.equal(model.generate(ids[:, :3], 9), reference.generate(ids[:, :3], 9))
    whose = provenance(model)
    places = {
        "GroupedQueryAttention": "blocks.0.attention",
        "RMSNorm": "blocks.2.norm2",
        "SwiGLU": "blocks.1.feed_forward",
        "apply_rope": "blocks.4.attention._rope",
    }
    for name, path in places.items():
        if path in whose:  # MyAttention has no _rope of its own
            assert whose[path].startswith("unrolled.") is not (name in names)
    if "GroupedQueryAttention" in names:
        assert not model.can_cache
        with pytest.raises(ValueError, match="the attention in this model keeps no cache"):
            model(ids, KVCache(L))
    else:
        assert model.can_cache
