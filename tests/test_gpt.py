"""GPT: its formula, causality, cache, and other people's parts in its places."""

import math
from functools import partial
from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from agreement import alike, in_both_precisions, same, shaken
from unrolled.attention import MultiHeadAttention, causal_mask, padding_mask
from unrolled.blocks import FeedForward, LayerNorm
from unrolled.gpt import GPT, GPTConfig, KVCache
from unrolled.gpt.attention import CausalAttention, attend_to_the_past
from unrolled.parts import load_weights, provenance, use
from unrolled.positions import LearnedPositions

B, T, V, D, H, L, F_, MAX_T = 2, 7, 13, 12, 3, 4, 20, 11
SIZES = {
    "vocab_size": V,
    "n_positions": MAX_T,
    "n_embd": D,
    "n_head": H,
    "n_layer": L,
    "n_inner": F_,
    "initializer_range": 0.4,
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def gpt(**changes):
    """A small GPT in float64 and evaluation, with no parameter at 0 or 1."""
    torch.manual_seed(0)
    return shaken(GPT(GPTConfig(**SIZES | changes))).double().eval()


def some_ids(length=T, batch=B, seed=1):
    return torch.randint(V, (batch, length), generator=torch.Generator().manual_seed(seed))


def written_out(state, ids, activation):
    """GPT-2's forward pass from a state dict, in torch's own functions."""

    def linear(name, x):
        return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, (D,), state[f"{name}.weight"], state[f"{name}.bias"], eps=1e-5)

    length = ids.size(1)
    x = F.embedding(ids, state["token_embedding.weight"]) + state["positions.weight"][:length]
    for number in range(L):
        block = f"blocks.{number}"
        y = norm(f"{block}.norm1", x)
        q, k, v = (
            linear(f"{block}.attention.{n}_proj", y).view(len(ids), length, H, -1).transpose(1, 2)
            for n in "qkv"
        )
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(f"{block}.attention.out_proj", heads.transpose(1, 2).flatten(2))
        y = activation(linear(f"{block}.feed_forward.linear1", norm(f"{block}.norm2", x)))
        x = x + linear(f"{block}.feed_forward.linear2", y)
    return F.linear(norm("norm", x), state["lm_head.weight"])


# --- the formula --------------------------------------------------------------------------------


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("gelu_new", lambda x: F.gelu(x, approximate="tanh")),
        ("gelu_pytorch_tanh", lambda x: F.gelu(x, approximate="tanh")),
        ("gelu", F.gelu),
        ("relu", F.relu),
    ],
)
@in_both_precisions
def test_logits_and_gradients_are_those_of_the_formula(tied, name, activation, dtype, close):
    model = gpt(tie_word_embeddings=tied, activation_function=name).to(dtype)
    ids = some_ids()
    state = {n: p.detach().clone().requires_grad_() for n, p in model.named_parameters()}
    if tied:
        state["lm_head.weight"] = state["token_embedding.weight"]
    logits, expected = model(ids), written_out(state, ids, activation)
    assert logits.shape == (B, T, V)
    close(logits, expected)
    cotangent = alike(logits)
    logits.backward(cotangent)
    expected.backward(cotangent)
    for path, parameter in model.named_parameters():
        assert parameter.grad.abs().max() > 0, f"{path} is not used"
        scale = state[path].grad.abs().max().clamp(min=1.0)
        close(parameter.grad / scale, state[path].grad / scale)


def test_the_parameters_are_these():
    shapes = {n: tuple(p.shape) for n, p in gpt(n_layer=1).named_parameters()}
    square, wide = [((D, D), (D,))] * 4, [((F_, D), (F_,)), ((D, F_), (D,))]
    names = [f"attention.{n}_proj" for n in ("q", "k", "v", "out")]
    names += ["feed_forward.linear1", "feed_forward.linear2", "norm1", "norm2"]
    expected = {"token_embedding.weight": (V, D), "positions.weight": (MAX_T, D)}
    for name, (weight, bias) in zip(names, [*square, *wide, *[((D,), (D,))] * 2], strict=True):
        expected |= {f"blocks.0.{name}.weight": weight, f"blocks.0.{name}.bias": bias}
    assert shapes == expected | {"norm.weight": (D,), "norm.bias": (D,)}


def test_the_output_layer_is_the_token_embedding_unless_told_otherwise():
    tied, untied = gpt(), gpt(tie_word_embeddings=False)
    assert tied.lm_head.weight is tied.token_embedding.weight
    assert untied.lm_head.weight is not untied.token_embedding.weight


def test_the_longest_text_and_a_single_token_can_be_read():
    model = gpt()
    ids = some_ids(MAX_T)
    assert model(ids).shape == (B, MAX_T, V)
    torch.testing.assert_close(model(ids[:1, :1]), model(ids)[:1, :1])
    torch.testing.assert_close(model(ids.int()), model(ids))


def test_last_only_is_the_last_position():
    model = gpt()
    ids = some_ids()
    last = model(ids, last_only=True)
    assert last.shape == (B, 1, V)
    torch.testing.assert_close(last, model(ids)[:, -1:])


# --- what a position sees -----------------------------------------------------------------------


@given(now=st.integers(0, T - 2), seed=st.integers(0, 99))
@settings(max_examples=12)
def test_logits_do_not_depend_on_later_tokens(now, seed):
    model = gpt()
    ids = some_ids()
    changed = ids.clone()
    changed[:, now + 1] = (ids[:, now + 1] + 1 + seed % (V - 1)) % V
    before, after = model(ids), model(changed)
    torch.testing.assert_close(before[:, : now + 1], after[:, : now + 1], atol=1e-12, rtol=0)
    assert not torch.allclose(before[:, now + 1], after[:, now + 1])


def test_padding_at_the_end_changes_nothing_before_it():
    model = gpt()
    ids = some_ids() % (V - 1)
    padded = torch.cat([ids, torch.full((B, 3), V - 1)], dim=1)
    logits = model(padded, mask=padding_mask(padded, V - 1))
    torch.testing.assert_close(logits[:, :T], model(ids), atol=1e-12, rtol=0)


@pytest.mark.parametrize("shape", [(B, 1, 1, T), (B, 1, T, T), (T, T), (1, 1, T, 1)], ids=str)
def test_a_mask_narrows_what_is_causal(shape):
    model = gpt()
    ids, mask = some_ids(), torch.ones(*shape, dtype=torch.bool)
    mask[..., 3 % shape[-1]] = False  # nobody sees position 3, or nobody sees at all
    both = mask & torch.ones(T, T, dtype=torch.bool).tril()
    x = model.positions(model.token_embedding(ids))
    for block in model.blocks:
        x = block(x, both)
    torch.testing.assert_close(model(ids, mask=mask), model.lm_head(model.norm(x)))
    assert not torch.allclose(model(ids, mask=mask), model(ids))


def test_attention_with_weights_is_causal_too():
    layer = CausalAttention(D, H).double()
    plain = MultiHeadAttention(D, H).double()
    plain.load_state_dict(layer.state_dict())
    x, past = torch.randn(B, T, D, dtype=torch.float64), causal_mask(T)
    out, weights = layer(x, need_weights=True)
    expected, expected_weights = plain(x, mask=past, need_weights=True)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(weights, expected_weights)
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(layer(x, past[3]), plain(x, mask=past[3]))


@in_both_precisions
@pytest.mark.parametrize("older", [0, 1, 3])
@pytest.mark.parametrize("new", [1, 2, 4])
@pytest.mark.parametrize("training", [True, False])
def test_the_kernel_and_the_readable_attention_agree(dtype, close, older, new, training):
    layer = CausalAttention(D, H).to(dtype).train(training)
    x = torch.randn(B, older + new, D).to(dtype).requires_grad_()
    outs = []
    for forward in (layer.forward, partial(CausalAttention.forward.__wrapped__, layer)):
        cache = KVCache(1)
        append = partial(cache.append, 0)
        if older:
            forward(x[:, :older], append=append)
        outs.append(forward(x[:, older:], append=append))
    same(*outs, [x, *(p for n, p in layer.named_parameters() if n != "k_proj.bias")], close)


@pytest.mark.parametrize("need_weights", [False, True])
def test_every_projection_is_asked_as_it_stands(need_weights):
    layer, heard = CausalAttention(D, H, bias=False), []
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        projection, forward = getattr(layer, name), getattr(layer, name).forward
        projection.register_forward_hook(lambda *_, name=name: heard.append(name))
        projection.forward = lambda x, forward=forward: 0 * forward(x)
    out = layer(torch.randn(B, T, D), need_weights=need_weights)
    out = out[0] if need_weights else out
    assert heard == ["q_proj", "k_proj", "v_proj", "out_proj"]
    assert not out.any()


def test_a_causal_attention_refuses_what_it_cannot_read():
    layer, x = CausalAttention(D, H), torch.randn(B, T, D)
    with pytest.raises(TypeError, match="query has dtype"):
        layer(torch.ones(B, T, D).long())
    with pytest.raises(ValueError, match=r"query has shape \(4, 10\), \(B, T, D\)"):
        layer(torch.ones(4, 10))
    with pytest.raises(TypeError, match="mask has dtype"):
        layer(x, torch.ones(T, T))


@pytest.mark.parametrize("heads_of_keys", [1, 2, 3, 6])
@pytest.mark.parametrize("queries", [1, 4, T])
def test_the_last_queries_attend_to_the_past_in_groups(heads_of_keys, queries):
    key, value = (torch.randn(B, heads_of_keys, T, 5, dtype=torch.float64) for _ in range(2))
    query, past = torch.randn(B, 6, queries, 5, dtype=torch.float64), causal_mask(queries, T)
    out = attend_to_the_past(query, key, value, None, 0.0)
    each = 6 // heads_of_keys
    expected = [
        F.scaled_dot_product_attention(
            query[:, h], key[:, h // each], value[:, h // each], attn_mask=past
        )
        for h in range(6)
    ]
    torch.testing.assert_close(out, torch.stack(expected, dim=1))


# --- the cache ----------------------------------------------------------------------------------


@given(cuts=st.lists(st.integers(1, T - 1), max_size=4, unique=True))
@settings(max_examples=15)
def test_prefill_and_any_chunks_equal_the_whole(cuts):
    model = gpt()
    ids, cache = some_ids(), model.new_cache()
    assert len(cache.keys) == L
    pieces = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), T], strict=True):
        assert cache.length == start
        pieces.append(model(ids[:, start:end], cache))
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids), atol=1e-12, rtol=0)


def test_a_mask_reaches_over_the_cache():
    model = gpt()
    ids = some_ids() % (V - 1)
    ids[0, 1] = ids[1, 4] = V - 1
    mask, cache = padding_mask(ids, V - 1), model.new_cache()
    pieces = [model(ids[:, a:b], cache, mask[..., :b]) for a, b in ((0, 3), (3, 6), (6, T))]
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids, mask=mask), atol=1e-12, rtol=0)


def test_reordered_beams_equal_reading_them_anew():
    model = gpt()
    ids, rows = some_ids(batch=3), torch.tensor([2, 0, 0, 1])
    cache = model.new_cache()
    model(ids[:, :5], cache)
    cache.reorder(rows)
    beams = torch.cat([ids[rows, :5], some_ids(2, batch=4, seed=3)], dim=1)
    torch.testing.assert_close(model(beams[:, 5:], cache), model(beams)[:, 5:], atol=1e-12, rtol=0)


def test_gradients_pass_through_a_cache():
    model, ids = gpt(), some_ids()
    cache = model.new_cache()
    cotangent = torch.randn(B, T, V, dtype=torch.float64)
    torch.cat([model(ids[:, :4], cache), model(ids[:, 4:], cache)], 1).backward(cotangent)
    found = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    model(ids).backward(cotangent)
    torch.testing.assert_close(found, [parameter.grad for parameter in model.parameters()])


# --- other people's parts -----------------------------------------------------------------------


class MyAttention(nn.Module):
    PARAM_MAP: ClassVar = {
        "qkv.weight": {"cat": ["q_proj.weight", "k_proj.weight", "v_proj.weight"], "dim": 0},
        "qkv.bias": {"cat": ["q_proj.bias", "k_proj.bias", "v_proj.bias"], "dim": 0},
        "out.weight": "out_proj.weight",
        "out.bias": "out_proj.bias",
    }

    def __init__(self, d_model, n_heads, dropout=0.0, bias=True):
        super().__init__()
        self.n_heads, self.rate = n_heads, dropout
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.out = nn.Linear(d_model, d_model, bias=bias)

    def forward(self, query, key=None, value=None, mask=None, need_weights=False):
        q, k, v = self.qkv(query).unflatten(-1, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)
        scores = (q @ k.mT / q.size(-1) ** 0.5).masked_fill(~mask, -math.inf)
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class MyNorm(nn.Module):
    PARAM_MAP: ClassVar = {"scale": "weight", "shift": "bias"}

    def __init__(self, d_model, eps=1e-5, bias=True):
        super().__init__()
        self.eps = eps
        self.scale, self.shift = (
            nn.Parameter(torch.ones(d_model)),
            nn.Parameter(torch.ones(d_model)),
        )

    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return (
            centred / (centred.var(-1, correction=0, keepdim=True) + self.eps).sqrt() * (self.scale)
            + self.shift
        )


class MyFeedForward(nn.Module):
    def __init__(self, d_model, d_ff, dropout=0.0, activation="relu", bias=True):
        super().__init__()
        assert (dropout, activation, bias) == (0.0, "gelu_tanh", True)
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x):
        return self.linear2(F.gelu(self.linear1(x), approximate="tanh"))


class MyPositions(nn.Module):
    PARAM_MAP: ClassVar = {"table.weight": "weight"}

    def __init__(self, max_len, d_model):
        super().__init__()
        self.table = nn.Embedding(max_len, d_model)

    def forward(self, x, start=0):
        return x + self.table(torch.arange(start, start + x.size(1)))


class MyCache(KVCache):
    pass


PARTS = {
    "MultiHeadAttention": MyAttention,
    "LayerNorm": MyNorm,
    "FeedForward": MyFeedForward,
    "LearnedPositions": MyPositions,
}


@pytest.mark.parametrize("names", [[name] for name in PARTS] + [list(PARTS)], ids=str)
def test_a_learners_part_in_its_place_gives_the_same_logits_and_tokens(names):
    reference = gpt()
    with use({name: PARTS[name] for name in names}):
        model = GPT(GPTConfig(**SIZES, attn_pdrop=0.3)).double().eval()
    load_weights(model, reference.state_dict())
    ids = some_ids()
    torch.testing.assert_close(model(ids), reference(ids))
    mask = padding_mask(ids, pad_id=int(ids[1, 3]))
    mask[..., 0] = True
    torch.testing.assert_close(model(ids, mask=mask), reference(ids, mask=mask))
    torch.testing.assert_close(model(ids, last_only=True), reference(ids, last_only=True))
    assert torch.equal(model.generate(ids[:, :3], 8), reference.generate(ids[:, :3], 8))
    whose = provenance(model)
    places = {
        "MultiHeadAttention": ["blocks.0.attention", f"blocks.{L - 1}.attention"],
        "LayerNorm": ["blocks.0.norm1", "blocks.0.norm2", "norm"],
        "FeedForward": ["blocks.1.feed_forward"],
        "LearnedPositions": ["positions"],
    }
    for name, paths in places.items():
        mine = name in names
        for path in paths:
            assert (PARTS[name].__qualname__ in whose[path]) is mine
            assert whose[path].startswith("unrolled.") is not mine
    if "MultiHeadAttention" in names:
        assert model.blocks[0].attention.rate == 0.3
        assert not model.can_cache
        with pytest.raises(ValueError, match="the attention in this model keeps no cache"):
            model(ids, KVCache(L))
    else:
        assert model.can_cache


def test_a_learners_cache_is_used():
    with use({"KVCache": MyCache}):
        model = GPT(GPTConfig(**SIZES))
    assert type(model.new_cache()) is MyCache
    assert provenance(model)["_cache"].endswith("MyCache")


def test_reference_parts_are_what_they_are_called():
    model = gpt()
    assert isinstance(model.blocks[0].attention, MultiHeadAttention)
    assert isinstance(model.blocks[0].norm1, LayerNorm)
    assert isinstance(model.blocks[0].feed_forward, FeedForward)
    assert isinstance(model.positions, LearnedPositions)
