"""The whole translator: what it is made of, and that its steps are its teacher-forced scores.

Sizes are pairwise distinct, so that no swap of axes can hide.
"""

import pytest
import torch
from torch import nn

from unrolled.alignment import (
    AdditiveAttention,
    AttentionDecoder,
    AttentionSeq2Seq,
    LuongDecoder,
)
from unrolled.decoding import beam_search
from unrolled.parts import use
from unrolled.seq2seq import Encoder, shift_right

E, H = 8, 3
V_SOURCE, V_TARGET = 13, 12
PAD, BOS, EOS = 0, 1, 2
DECODERS = ["bahdanau", "luong", "luong-fed"]
LENGTHS = torch.tensor([5, 2, 4])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, atol=1e-10, rtol=1e-10)


def a_source():
    ids = torch.randint(3, V_SOURCE, (3, 5))
    return ids.masked_fill(torch.arange(5) >= LENGTHS[:, None], PAD)


def a_target():
    return torch.randint(2, V_TARGET, (3, 4))


def a_model(decoder="bahdanau", **options):
    return AttentionSeq2Seq(V_SOURCE, V_TARGET, E, H, decoder, **options).double()


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_model_puts_its_parts_together(decoder, bidirectional):
    model = a_model(decoder, bidirectional=bidirectional)
    source, target = a_source(), a_target()
    logits, weights = model(source, target, need_weights=True)
    close(model(source, target), logits)
    for row in range(3):  # one sentence at a time: no padding anywhere
        sentence = source[row : row + 1, : LENGTHS[row]]
        memory, state = model.encoder(sentence)
        state = torch.tanh(model.bridge(state[:, -1]))  # backward, if there is one: it comes last
        inputs = shift_right(target[row : row + 1], BOS)
        expected, expected_weights = model.decoder(inputs, state, memory)
        close(logits[row : row + 1], expected)
        close(weights[row : row + 1, ..., : LENGTHS[row]], expected_weights)
        assert not weights[row, ..., LENGTHS[row] :].any()


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_parameter_is_used(decoder):
    model = a_model(decoder)
    model(a_source(), a_target()).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.any(), name


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_token_is_scored_without_being_seen(decoder):
    model = a_model(decoder)
    source, target = a_source(), a_target()
    before = model(source, target)
    for t in range(4):
        changed = target.clone()
        changed[:, t] = (target[:, t] + 1) % V_TARGET
        after = model(source, changed)
        assert torch.equal(after[:, : t + 1], before[:, : t + 1])
        if t < 3:
            assert (after[:, t + 1] != before[:, t + 1]).any(dim=-1).all()


@pytest.mark.parametrize("decoder", DECODERS)
def test_padding_changes_nothing(decoder):
    model = a_model(decoder)
    source, target = a_source(), a_target()
    wider = torch.cat([source, torch.full((3, 3), PAD)], dim=1)
    close(model(wider, target), model(source, target))


def test_defaults_and_choices_of_the_model():
    model = AttentionSeq2Seq(V_SOURCE, V_TARGET, E, H)
    assert type(model.decoder) is AttentionDecoder
    assert isinstance(model.decoder.attention, AdditiveAttention)
    assert (model.pad_id, model.bos_id, model.bidirectional) == (0, 1, True)
    assert (model.encoder.dropout.p, model.decoder.dropout.p) == (0.0, 0.0)
    assert model.encoder.rnn.bidirectional
    assert model.encoder.embedding.num_embeddings == V_SOURCE
    assert model.decoder.embedding.num_embeddings == V_TARGET
    assert model.decoder.memory_size == 2 * H
    dropped = a_model(dropout=0.2)
    assert (dropped.encoder.dropout.p, dropped.decoder.dropout.p) == (0.2, 0.2)
    for decoder, fed in (("luong", False), ("luong-fed", True)):
        model = a_model(decoder)
        assert type(model.decoder) is LuongDecoder
        assert model.decoder.input_feeding is fed
        assert model.decoder.attention.score == "general"
    dot = a_model("luong", attention="dot", bidirectional=False)
    assert dot.decoder.attention.score == "dot"
    assert not dot.encoder.rnn.bidirectional
    assert a_model(attention="concat").decoder.attention.score == "concat"


def test_the_ids_of_padding_and_start_are_the_ones_asked_for():
    model = a_model(pad_id=12, bos_id=9)
    source, target = torch.full((3, 2), 0), a_target()
    padded = torch.cat([source, torch.full((3, 1), 12)], dim=1)
    close(model(padded, target), model(source, target))
    first, _ = model.decoder(torch.full((3, 1), 9), *model.read(source))
    close(first[:, 0], model(source, target)[:, 0])


@pytest.mark.parametrize("decoder", DECODERS)
def test_steps_score_what_the_whole_does(decoder):
    model = a_model(decoder)
    source, target = a_source(), a_target()
    state, scores = model.start(source), []
    for t in range(4):
        last = target[:, t - 1] if t else torch.full((3,), BOS)
        logits, state = model.step(last, state)
        scores.append(logits)
    close(torch.stack(scores, dim=1), model(source, target))


@pytest.mark.parametrize("decoder", DECODERS)
def test_beams_carry_their_states(decoder):
    """The score that the search returns is the model's own for that sentence, teacher-forced."""
    model = a_model(decoder)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # sharper, or all sentences look alike
    source = a_source()
    ids, scores = beam_search(model.step, model.start(source), BOS, EOS, 6, 4)
    log_probs = model(source, ids).log_softmax(-1).gather(2, ids[:, :, None]).squeeze(2)
    counted = (ids == EOS).cumsum(1) - (ids == EOS).long() == 0  # up to the first end
    close((log_probs * counted).sum(1), scores)


@pytest.mark.parametrize("decoder", DECODERS)
def test_it_compiles_as_one_graph(decoder):
    model = a_model(decoder)
    source, target = a_source(), a_target()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    close(compiled(source, target), model(source, target))
    torch.compiler.reset()


def test_parts_of_ones_own_stand_in_the_model():
    class MyEncoder(Encoder):
        pass

    class MyDecoder(AttentionDecoder):
        pass

    class MyLuong(LuongDecoder):
        pass

    with use({"Encoder": MyEncoder, "AttentionDecoder": MyDecoder, "LuongDecoder": MyLuong}):
        model, luong = a_model(), a_model("luong")
    assert (type(model.encoder), type(model.decoder)) == (MyEncoder, MyDecoder)
    assert type(luong.decoder) is MyLuong


def test_an_attention_of_ones_own_needs_no_projection():
    """The slot takes a class that knows query, keys and mask, and nothing else."""

    class Average(nn.Module):
        def __init__(self, query_size, key_size, hidden_size):
            super().__init__()

        def forward(self, query, keys, mask=None):
            weights = torch.full((len(keys), 1, query.size(1), keys.size(1)), 0.0) + mask
            weights = weights / weights.sum(-1, keepdim=True)
            return weights[:, 0].to(keys) @ keys, weights

    with use({"AdditiveAttention": Average}):
        model = AttentionSeq2Seq(V_SOURCE, V_TARGET, E, H).double()
    source, target = a_source(), a_target()
    logits, weights = model(source, target, need_weights=True)
    for row, length in enumerate(LENGTHS):
        assert (weights[row, 0, :, :length] == 1 / length).all()
    state = model.start(source)
    close(model.step(torch.full((3,), BOS), state)[0], logits[:, 0])
