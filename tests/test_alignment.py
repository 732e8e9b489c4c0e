"""Attentions and decoders against the papers' equations, written as loops.

Sizes are pairwise distinct, so that no swap of axes can hide.
"""

import pytest
import torch
from torch import nn

from agreement import close, in_both_precisions, same
from unrolled.alignment import (
    AdditiveAttention,
    AttentionDecoder,
    LuongAttention,
    LuongDecoder,
)
from unrolled.capture import capture_attention

B, Tq, Tk, Dq, Dk, A = 2, 4, 5, 3, 6, 7
E, H, M, V = 8, 3, 6, 11
SCORES = ["dot", "general", "concat"]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


def attention_of(score, dtype=torch.float64):
    """An attention, its query size and its score of one query and one key, from the paper."""
    if score == "additive":
        layer = AdditiveAttention(Dq, Dk, A).to(dtype)
        W, U, v = layer.q_proj.weight, layer.k_proj.weight, layer.v.weight[0]
        return layer, Dq, lambda s, h: v @ torch.tanh(W @ s + U @ h)
    if score == "dot":
        return LuongAttention(Dk, Dk, "dot").to(dtype), Dk, lambda s, h: s @ h
    if score == "general":
        layer = LuongAttention(Dq, Dk).to(dtype)
        return layer, Dq, lambda s, h: s @ layer.w.weight @ h
    layer = LuongAttention(Dq, Dk, "concat", A).to(dtype)
    return (
        layer,
        Dq,
        lambda s, h: layer.v.weight[0] @ torch.tanh(layer.w.weight @ torch.cat([s, h])),
    )


def by_hand(score_of, query, keys, mask=None):
    """Equations 5 and 6 of Bahdanau et al., one query and one key at a time."""
    contexts, weights = [], []
    for b in range(query.size(0)):
        for i in range(query.size(1)):
            scores = torch.stack([score_of(query[b, i], key) for key in keys[b]])
            allowed = torch.ones(keys.size(1)) if mask is None else mask[b, 0, i]
            exponentials = scores.exp() * allowed
            total = exponentials.sum()
            row = exponentials / total if total > 0 else exponentials
            weights.append(row)
            contexts.append(sum(w * key for w, key in zip(row, keys[b], strict=True)))
    shape = query.shape[:2]
    return torch.stack(contexts).view(*shape, -1), torch.stack(weights).view(*shape, -1)


# --- attention ----------------------------------------------------------------------------------


@pytest.mark.parametrize("score", ["additive", *SCORES])
@pytest.mark.parametrize("masked", [False, True])
@in_both_precisions
def test_attention_is_the_papers(score, masked, dtype, close):
    layer, size, score_of = attention_of(score, dtype)
    query, keys = tensor(B, Tq, size, dtype=dtype), tensor(B, Tk, Dk, dtype=dtype)
    mask = None
    if masked:
        mask = torch.rand(B, 1, Tq, Tk) < 0.5
        mask[..., 1] = True
    context, weights = layer(query, keys, mask)
    expected_context, expected_weights = by_hand(score_of, query, keys, mask)
    inputs = [query, keys, *layer.parameters()]
    assert weights.shape == (B, 1, Tq, Tk)
    same(context, expected_context, inputs, close)
    same(weights[:, 0], expected_weights, inputs, close)
    close(weights.sum(-1), torch.ones(B, 1, Tq, dtype=dtype))


@pytest.mark.parametrize("score", ["additive", *SCORES])
@pytest.mark.parametrize(
    "shape", [(Tk,), (Tq, 1), (1, 1, Tk), (B, 1, 1, Tk), (1, 1, Tq, Tk), (B, 1, Tq, 1)], ids=str
)
def test_any_mask_that_broadcasts_will_do(score, shape):
    layer, size, score_of = attention_of(score)
    query, keys = tensor(B, Tq, size), tensor(B, Tk, Dk)
    mask = torch.rand(shape) < 0.5
    expected = by_hand(score_of, query, keys, mask.expand(B, 1, Tq, Tk))
    context, weights = layer(query, keys, mask)
    close(context, expected[0])
    close(weights[:, 0], expected[1])


@pytest.mark.parametrize("score", ["additive", *SCORES])
def test_a_query_that_may_attend_nowhere_gets_zeros_and_harms_nobody(score):
    layer, size, _ = attention_of(score)
    query, keys = tensor(B, Tq, size), tensor(B, Tk, Dk)
    mask = torch.ones(B, 1, Tq, Tk, dtype=torch.bool)
    mask[1, 0, 2] = False
    context, weights = layer(query, keys, mask)
    assert not context[1, 2].any()
    assert not weights[1, 0, 2].any()
    inputs = [query, keys, *layer.parameters()]
    gradients = torch.autograd.grad(context, inputs, torch.randn_like(context))
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert not gradients[0][1, 2].any()
    others = torch.ones(B, Tq, dtype=torch.bool)
    others[1, 2] = False
    close(context[others], layer(query, keys)[0][others])


@pytest.mark.parametrize("score", ["additive", *SCORES])
def test_keys_may_be_projected_beforehand(score):
    layer, size, _ = attention_of(score)
    query, keys = tensor(B, Tq, size), tensor(B, Tk, Dk)
    context, weights = layer(query, keys, None, layer.project(keys))
    close(context, layer(query, keys)[0])
    close(weights, layer(query, keys)[1])
    close(layer(query, keys, None, 0 * layer.project(keys))[1].detach(), uniform(Tk))


@pytest.mark.parametrize("score", ["additive", *SCORES])
@pytest.mark.parametrize("known", [False, True])
def test_the_fast_path_gives_what_the_formula_gives(score, known):
    layer, size, _ = attention_of(score)
    query, keys = tensor(B, Tq, size), tensor(B, Tk, Dk)
    mask = torch.rand(B, 1, Tq, Tk) < 0.5
    formula = type(layer).forward.__wrapped__(layer, query, keys, mask)
    projected = [layer.project(keys)] if known else []
    inputs = [query, keys, *layer.parameters()]
    same(layer(query, keys, mask, *projected), formula, inputs)


def uniform(n):
    return torch.full((B, 1, Tq, n), 1 / n, dtype=torch.float64)


def test_what_the_attentions_are_made_of():
    shapes = {name: tuple(p.shape) for name, p in AdditiveAttention(3, 4, 5).named_parameters()}
    assert shapes == {"q_proj.weight": (5, 3), "k_proj.weight": (5, 4), "v.weight": (1, 5)}
    shapes = {name: tuple(p.shape) for name, p in LuongAttention(3, 4).named_parameters()}
    assert shapes == {"w.weight": (3, 4)}
    concat = LuongAttention(3, 4, "concat")
    shapes = {name: tuple(p.shape) for name, p in concat.named_parameters()}
    assert shapes == {"w.weight": (3, 7), "v.weight": (1, 3)}
    assert LuongAttention(3, 4, "concat", 5).w.out_features == 5
    assert not list(LuongAttention(4, 4, "dot").parameters())


# --- decoders -----------------------------------------------------------------------------------


def decoder_inputs(memory_size):
    ids = torch.randint(0, V, (B, Tq))
    state, memory = tensor(B, H), tensor(B, Tk, memory_size)
    mask = torch.tensor([[True] * Tk, [True] * 3 + [False] * 2])[:, None, None]
    return ids, state, memory, mask


@pytest.mark.parametrize("attention", ["additive", *SCORES])
def test_bahdanaus_decoder_looks_back_before_each_step(attention):
    memory_size = H if attention == "dot" else M
    decoder = AttentionDecoder(V, E, H, memory_size, attention).double()
    cell = nn.GRUCell(E + memory_size, H).double()
    cell.load_state_dict(decoder.cell.state_dict())
    ids, state, memory, mask = decoder_inputs(memory_size)
    s, rows, expected_weights = state, [], []
    for t in range(Tq):
        c, weights = decoder.attention(s[:, None], memory, mask)
        c, y = c[:, 0], decoder.embedding.weight[ids[:, t]]
        s = cell(torch.cat([y, c], 1), s)
        rows.append(decoder.out(torch.cat([s, c, y], 1)))
        expected_weights.append(weights)
    logits, weights = decoder(ids, state, memory, mask)
    same(logits, torch.stack(rows, 1), [state, memory])
    close(weights, torch.cat(expected_weights, 2))
    assert not weights[1, :, :, 3:].any()
    assert not torch.allclose(decoder(ids, state, memory)[0][1], logits[1])


@pytest.mark.parametrize("attention", ["additive", *SCORES])
@pytest.mark.parametrize("input_feeding", [False, True])
def test_luongs_decoder_looks_back_after_each_step(attention, input_feeding):
    memory_size = H if attention == "dot" else M
    decoder = LuongDecoder(V, E, H, memory_size, attention, 0.0, input_feeding).double()
    gru = nn.GRU(E + H * input_feeding, H, batch_first=True).double()
    gru.load_state_dict(decoder.rnn.state_dict())
    ids, state, memory, mask = decoder_inputs(memory_size)
    h, fed = state, torch.zeros(B, H, dtype=torch.float64)
    rows, expected_weights = [], []
    for t in range(Tq):
        y = decoder.embedding.weight[ids[:, t]]
        h = gru(torch.cat([y, fed] if input_feeding else [y], 1)[:, None], h[None])[0][:, 0]
        c, weights = decoder.attention(h[:, None], memory, mask)
        fed = torch.tanh(torch.cat([c[:, 0], h], 1) @ decoder.combine.weight.T)
        rows.append(decoder.out(fed))
        expected_weights.append(weights)
    logits, weights = decoder(ids, state, memory, mask)
    same(logits, torch.stack(rows, 1), [state, memory])
    close(weights, torch.cat(expected_weights, 2))
    assert not weights[1, :, :, 3:].any()


BOTH = [
    (AttentionDecoder, {}),
    (LuongDecoder, {"input_feeding": False}),
    (LuongDecoder, {"input_feeding": True}),
]


@pytest.mark.parametrize("attention", ["additive", *SCORES])
@pytest.mark.parametrize(("make", "options"), BOTH)
@pytest.mark.parametrize("masked", [False, True])
def test_a_decoder_that_projects_once_gives_what_its_steps_give(attention, make, options, masked):
    memory_size = H if attention == "dot" else M
    decoder = make(V, E, H, memory_size, attention, **options).double()
    ids, state, memory, mask = decoder_inputs(memory_size)
    mask = mask if masked else None
    by_step = make.forward.__wrapped__(decoder, ids, state, memory, mask)
    same(decoder(ids, state, memory, mask), by_step, [state, memory, *decoder.parameters()])
    carried = decoder.start(state, memory, mask)
    for column, expected in zip(ids.unbind(1), by_step[0].unbind(1), strict=True):
        logits, carried = decoder.step(column, carried)
        close(logits, expected)
        assert all(isinstance(x, torch.Tensor) and x.size(0) == B for x in carried)


@pytest.mark.parametrize(("make", "options"), [BOTH[0], BOTH[2]])
def test_the_memory_is_projected_once_unless_somebody_listens_or_has_a_part_of_their_own(
    make, options
):
    decoder = make(V, E, H, M, "general", **options).double()
    ids, state, memory, _ = decoder_inputs(M)
    projections = []
    decoder.attention.w.register_forward_hook(lambda *_: projections.append(1))

    def projected():
        projections.clear()
        decoder(ids, state, memory)
        return len(projections)

    assert projected() == 1
    seen = []
    handle = decoder.attention.register_forward_hook(lambda part, given, out: seen.append(given))
    assert projected() == Tq
    assert {len(given) for given in seen} == {3}
    handle.remove()
    with capture_attention(decoder) as weights:
        assert projected() == Tq
    assert len(weights.calls["attention"]) == Tq

    class MyAttention(LuongAttention):
        def forward(self, query, keys, mask=None):
            return super().forward(query, keys, mask)

    decoder.attention.__class__ = MyAttention
    assert projected() == Tq


def test_a_derived_decoder_takes_its_own_steps():
    class Mine(AttentionDecoder):
        def advance(self, word, state, memory, mask):
            return super().advance(0 * word, state, memory, mask)

    ids, state, memory, mask = decoder_inputs(M)
    mine = Mine(V, E, H, M).double()
    close(mine(ids, state, memory, mask)[0], mine(ids.flip(1), state, memory, mask)[0])


def test_what_is_carried_without_a_mask_and_without_input_feeding():
    _, state, memory, _ = decoder_inputs(M)
    for make in (AttentionDecoder, LuongDecoder):
        carried = make(V, E, H, M).double().start(state, memory)
        assert carried[-1].shape == (B, 1, 1, Tk)
        assert carried[-1].all()
    assert carried[1].shape == (B, H)
    assert all(isinstance(each, torch.Tensor) for each in carried)


@pytest.mark.parametrize("make", [AttentionDecoder, LuongDecoder])
def test_defaults_of_the_decoders(make):
    decoder = make(V, E, H, M)
    assert decoder.dropout.p == 0.0
    assert make(V, E, H, M, dropout=0.3).dropout.p == 0.3
    if make is AttentionDecoder:
        assert isinstance(decoder.attention, AdditiveAttention)
        assert decoder.attention.v.in_features == H
    else:
        assert decoder.attention.score == "general"
        assert decoder.input_feeding is False
    assert (decoder.attention.query_size, decoder.attention.key_size) == (H, M)


@pytest.mark.parametrize("make", [AttentionDecoder, LuongDecoder])
def test_dropout_falls_on_embeddings_and_before_the_scores(make):
    decoder = make(V, 50, 40, M, dropout=0.5)
    seen = []
    rnn = decoder.cell if make is AttentionDecoder else decoder.rnn
    rnn.register_forward_pre_hook(lambda layer, given: seen.append(given[0][..., :50]))
    decoder.out.register_forward_pre_hook(lambda layer, given: seen.append(given[0][..., :40]))
    ids = torch.randint(0, V, (B, 30))
    decoder(ids, torch.randn(B, 40), torch.randn(B, Tk, M))
    assert all(0.3 < (given == 0).float().mean() < 0.7 for given in seen)
    seen.clear()
    decoder.eval()(ids, torch.randn(B, 40), torch.randn(B, Tk, M))
    assert all((given != 0).all() for given in seen)


@pytest.mark.parametrize("score", ["additive", "dot", "general", "concat"])
def test_no_projection_said_in_words_is_none(score):
    layer = AdditiveAttention(M, M, H) if score == "additive" else LuongAttention(M, M, score)
    query, keys = torch.randn(B, 3, M), torch.randn(B, Tk, M)
    expected = layer(query, keys)
    for got in (layer(query, keys, None, None), layer(query, keys, projected=None)):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("make", [AttentionDecoder, LuongDecoder])
def test_a_decoder_refuses_what_it_cannot_start_from(make):
    decoder, state, memory = make(V, E, H, M), torch.randn(B, H), torch.randn(B, Tk, M)
    with pytest.raises(TypeError, match="mask has dtype"):
        decoder.start(state, memory, torch.ones(B, 1, 1, Tk))
    with pytest.raises(ValueError, match="mask has shape"):
        decoder.start(state, memory, torch.ones(B, 1, Tk) > 0)
    with pytest.raises(ValueError, match="memory has shape"):
        decoder.start(state, torch.randn(B, Tk, M + 1))
    with pytest.raises(ValueError, match="state has shape"):
        decoder.start(state[:1], memory)
