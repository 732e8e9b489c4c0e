"""Encoder, decoder and the whole translator against torch's recurrent layers put together by hand.

Sizes are pairwise distinct, so that no swap of axes can hide.
"""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from agreement import close, in_both_precisions, same
from unrolled.decoding import beam_search, greedy_decode, reorder
from unrolled.parts import use
from unrolled.seq2seq import Decoder, Encoder, Seq2Seq, last_state, shift_right

B, Ts, Tt, E, H, L = 3, 5, 4, 6, 7, 2
V_SOURCE, V_TARGET = 13, 11
PAD, BOS, EOS = 0, 1, 2
CELLS = pytest.mark.parametrize("cell", ["gru", "lstm"])
LAYERS = {"gru": nn.GRU, "lstm": nn.LSTM}
LENGTHS = torch.tensor([5, 2, 4])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def a_source():
    ids = torch.randint(3, V_SOURCE, (B, Ts))
    return ids.masked_fill(torch.arange(Ts) >= LENGTHS[:, None], PAD)


def a_target():
    return torch.randint(2, V_TARGET, (B, Tt))


def a_model(**options):
    options = {"num_layers": L} | options
    return Seq2Seq(V_SOURCE, V_TARGET, E, H, **options).double()


def pair(state):
    return state if isinstance(state, tuple) else (state,)


def torchs(layer, cell, **options):
    """Torch's layer with our weights: the state dict loads strictly."""
    peer = LAYERS[cell](layer.input_size, H, batch_first=True, **options)
    peer = peer.to(layer.weight_ih_l0.dtype)
    peer.load_state_dict(layer.state_dict())
    return peer


# --- functions ----------------------------------------------------------------------------------


def test_last_state_is_that_of_a_packed_sequence():
    gru = nn.GRU(E, H, batch_first=True).double()
    x = torch.randn(B, Ts, E).double()
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    _, h_n = gru(packed)
    outputs = gru(x)[0]
    close(last_state(outputs, LENGTHS), h_n[0])  # another kernel: its sums may round otherwise
    for row, length in enumerate(LENGTHS):
        for lengths in (LENGTHS, LENGTHS.int()):
            assert torch.equal(last_state(outputs, lengths)[row], outputs[row, length - 1])


def test_last_state_sends_its_gradient_to_the_last_real_position():
    outputs = torch.zeros(2, 3, 1, requires_grad=True)
    last_state(outputs, torch.tensor([1, 3])).sum().backward()
    assert outputs.grad[:, :, 0].tolist() == [[1, 0, 0], [0, 0, 1]]


def test_shift_right_puts_each_token_one_later():
    ids = torch.tensor([[5, 6, 7], [8, 9, 2]])
    assert shift_right(ids, 1).tolist() == [[1, 5, 6], [1, 8, 9]]
    assert shift_right(ids[:, :1], 0).tolist() == [[0], [0]]
    assert shift_right(ids.int(), 1).dtype == torch.int32
    assert ids.tolist() == [[5, 6, 7], [8, 9, 2]]


# --- encoder and decoder ------------------------------------------------------------------------


@CELLS
@pytest.mark.parametrize("bidirectional", [False, True])
@in_both_precisions
def test_the_encoder_is_torchs_layer_on_packed_sequences(cell, bidirectional, dtype, close):
    encoder = Encoder(V_SOURCE, E, H, L, cell=cell, bidirectional=bidirectional).to(dtype)
    peer = torchs(encoder.rnn, cell, num_layers=L, bidirectional=bidirectional)
    source = a_source()
    packed = pack_padded_sequence(
        encoder.embedding.weight[source], LENGTHS, batch_first=True, enforce_sorted=False
    )
    packed, expected_state = peer(packed)
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    outputs, state = encoder(source, LENGTHS)
    for ours, theirs in zip(pair(state), pair(expected_state), strict=True):
        close(ours, theirs.transpose(0, 1))
        assert ours.is_contiguous()
    same(outputs, expected, [encoder.embedding.weight], close)


@CELLS
def test_the_decoder_is_torchs_layer_between_two_tables(cell):
    decoder = Decoder(V_TARGET, E, H, L, cell=cell, context_size=4).double()
    peer = torchs(decoder.rnn, cell, num_layers=L)
    inputs, context = a_target(), torch.randn(B, 4, dtype=torch.float64)
    states = [torch.randn(B, L, H, dtype=torch.float64) for _ in range(1 + (cell == "lstm"))]
    read = torch.stack(
        [torch.cat([decoder.embedding(inputs[:, t]), context], 1) for t in range(Tt)], dim=1
    )
    given = [one.transpose(0, 1).contiguous() for one in states]
    outputs, expected_state = peer(read, tuple(given) if cell == "lstm" else given[0])
    logits, state = decoder(inputs, tuple(states) if cell == "lstm" else states[0], context)
    close(logits, outputs @ decoder.out.weight.T + decoder.out.bias)
    for ours, theirs in zip(pair(state), pair(expected_state), strict=True):
        close(ours, theirs.transpose(0, 1))


@pytest.mark.parametrize("make", [Encoder, Decoder])
def test_defaults_of_the_parts(make):
    part = make(V_SOURCE, E, H)
    assert type(part.rnn).__name__ == "GRU"
    assert (part.rnn.num_layers, part.rnn.dropout, part.dropout.p) == (1, 0.0, 0.0)
    assert part.rnn.bidirectional is False
    assert part.rnn.input_size == E
    assert part.rnn.bias


@pytest.mark.parametrize("make", [Encoder, Decoder])
def test_dropout_reaches_embeddings_and_layers(make):
    part = make(V_SOURCE, E, H, 2, 0.25)
    assert (part.rnn.num_layers, part.rnn.dropout, part.dropout.p) == (2, 0.25, 0.25)


def test_dropout_falls_on_embeddings_and_before_the_scores():
    """With every weight of the recurrence 0 the outputs are 0, and so are dropped scores."""
    encoder = Encoder(V_SOURCE, E, H, dropout=0.5)
    seen = []
    encoder.rnn.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    encoder(torch.ones(B, 100, dtype=torch.long))
    share = (seen[0] == 0).float().mean()
    assert 0.4 < share < 0.6
    encoder.eval()(torch.ones(B, 100, dtype=torch.long))
    assert (seen[1] != 0).all()
    decoder = Decoder(V_TARGET, E, H, dropout=0.5)
    decoder.rnn.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    decoder.out.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    decoder(torch.ones(B, 100, dtype=torch.long), torch.zeros(B, 1, H))
    assert all(0.4 < (given == 0).float().mean() < 0.6 for given in seen[2:])
    assert len(seen) == 4


# --- the whole ----------------------------------------------------------------------------------


@CELLS
@pytest.mark.parametrize("read_context", [False, True])
def test_the_model_hands_the_last_state_over(cell, read_context):
    model = a_model(cell=cell, read_context=read_context)
    source, target = a_source(), a_target()
    for row in range(B):  # one sentence at a time: no padding anywhere
        sentence = source[row : row + 1, : LENGTHS[row]]
        outputs, state = model.encoder(sentence)
        context = outputs[:, -1] if read_context else None
        inputs = torch.cat([torch.tensor([[BOS]]), target[row : row + 1, :-1]], dim=1)
        expected, _ = model.decoder(inputs, state, context)
        close(model(source, target)[row : row + 1], expected)
    assert model.decoder.rnn.input_size == E + (H if read_context else 0)


@CELLS
def test_every_parameter_is_used(cell):
    model = a_model(cell=cell, read_context=True)
    model(a_source(), a_target()).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.any(), name


def test_a_token_is_scored_without_being_seen():
    model = a_model(read_context=True)
    source, target = a_source(), a_target()
    before = model(source, target)
    for t in range(Tt):
        changed = target.clone()
        changed[:, t] = (target[:, t] + 1) % V_TARGET
        after = model(source, changed)
        assert torch.equal(after[:, : t + 1], before[:, : t + 1])
        if t + 1 < Tt:
            assert (after[:, t + 1] != before[:, t + 1]).any(dim=-1).all()


@CELLS
@pytest.mark.parametrize("read_context", [False, True])
def test_padding_changes_nothing(cell, read_context):
    model = a_model(cell=cell, read_context=read_context)
    source, target = a_source(), a_target()
    wider = torch.cat([source, torch.full((B, 3), PAD)], dim=1)
    close(model(wider, target), model(source, target))


def test_the_ids_of_padding_and_start_are_the_ones_asked_for():
    model = a_model(pad_id=12, bos_id=9)
    assert (a_model().pad_id, a_model().bos_id, a_model().read_context) == (PAD, BOS, False)
    source, target = torch.full((B, 2), 0), a_target()
    padded = torch.cat([source, torch.full((B, 1), 12)], dim=1)
    close(model(padded, target), model(source, target))
    state = model.encoder(source)[1]
    close(model.decoder(torch.full((B, 1), 9), state)[0][:, 0], model(source, target)[:, 0])


def test_defaults_of_the_model():
    model = Seq2Seq(V_SOURCE, V_TARGET, E, H)
    for half in (model.encoder, model.decoder):
        assert type(half.rnn).__name__ == "GRU"
        assert (half.rnn.num_layers, half.dropout.p) == (1, 0.0)
    assert model.encoder.embedding.num_embeddings == V_SOURCE
    assert model.decoder.embedding.num_embeddings == V_TARGET


@CELLS
@pytest.mark.parametrize("read_context", [False, True])
def test_steps_score_what_the_whole_does(cell, read_context):
    model = a_model(cell=cell, read_context=read_context)
    source, target = a_source(), a_target()
    state, scores = model.start(source), []
    for t in range(Tt):
        last = target[:, t - 1] if t else torch.full((B,), BOS)
        logits, state = model.step(last, state)
        scores.append(logits)
    close(torch.stack(scores, dim=1), model(source, target))


def test_without_forcing_the_model_reads_its_own_likeliest_tokens():
    model = a_model(read_context=True)
    source, target = a_source(), a_target()
    free = model(source, target, teacher_forcing=0.0)
    own = greedy_decode(model.step, model.start(source), BOS, V_TARGET - 1, Tt)
    same = free.argmax(-1)[:, : own.size(1)]
    ended = (own == V_TARGET - 1).cumsum(1) - (own == V_TARGET - 1).long() > 0
    assert torch.equal(same[~ended], own[~ended])
    close(free, model(source, same if same.size(1) == Tt else free.argmax(-1)))
    close(free[:, 0], model(source, target)[:, 0])


def test_forcing_is_drawn_for_every_sentence_and_step():
    """A model whose scores are its inputs, copied: what it read is what it scores next."""

    class Copy(nn.Module):
        def __init__(self, *sizes, **options):
            super().__init__()

        def forward(self, inputs, state, context=None):
            return nn.functional.one_hot((inputs + 1) % 5, 5).double(), state

    with use({"Decoder": Copy}):
        model = Seq2Seq(V_SOURCE, 5, E, H)
    source = torch.full((2000, 2), 3)
    target = torch.zeros(2000, 3, dtype=torch.long)  # the truth is 0, the model's own is 2, 3, ...
    scores = model(source, target, teacher_forcing=0.8).argmax(-1)
    assert (scores[:, 0] == 2).all()
    assert set(scores[:, 1].tolist()) == {1, 3}
    forced = (scores[:, 1:] == 1).double().mean(dim=0)
    assert ((forced - 0.8).abs() < 0.05).all()  # the standard error is below 0.01
    first, second = scores[:, 1] == 1, scores[:, 2] == 1
    assert abs((first & second).double().mean() - 0.64) < 0.05
    assert (model(source, target).argmax(-1)[:, 1:] == 1).all()


@CELLS
@pytest.mark.parametrize("read_context", [False, True])
def test_beams_carry_their_states(cell, read_context):
    """The score that the search returns is the model's own for that sentence, teacher-forced."""
    model = a_model(cell=cell, read_context=read_context)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4)  # sharper, or all sentences look alike
    source = a_source()
    ids, scores = beam_search(model.step, model.start(source), BOS, EOS, 6, 4)
    log_probs = model(source, ids).log_softmax(-1).gather(2, ids[:, :, None]).squeeze(2)
    counted = (ids == EOS).cumsum(1) - (ids == EOS).long() == 0  # up to the first end
    close((log_probs * counted).sum(1), scores)
    greedy = greedy_decode(model.step, model.start(source), BOS, EOS, 6)
    one, _ = beam_search(model.step, model.start(source), BOS, EOS, 6, 1)
    assert torch.equal(one, greedy)


def test_a_reordered_state_goes_on_as_the_row_it_came_from():
    model = a_model(cell="lstm", read_context=True)
    state, index = model.start(a_source()), torch.tensor([2, 0, 0, 1])
    last = torch.tensor([4, 5, 6])
    close(
        model.step(last[index], reorder(state, index))[0],
        model.step(last, state)[0][index],
    )


@CELLS
@pytest.mark.parametrize("options", [{}, {"read_context": True}, {"dropout": 0.1}], ids=str)
def test_it_compiles_as_one_graph(cell, options):
    model = a_model(cell=cell, **options).eval()
    source, target = a_source(), a_target()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    close(compiled(source, target), model(source, target))
    torch.compiler.reset()


def test_parts_of_ones_own_stand_in_the_model():
    called = []

    def my_shift_right(ids, bos_id):
        called.append("shift_right")
        return shift_right(ids, bos_id)

    def my_last_state(outputs, lengths):
        called.append("last_state")
        return last_state(outputs, lengths)

    class MyEncoder(Encoder):
        pass

    with use({"shift_right": my_shift_right, "last_state": my_last_state, "Encoder": MyEncoder}):
        model = a_model(read_context=True)
    model(a_source(), a_target())
    assert sorted(called) == ["last_state", "shift_right"]
    assert isinstance(model.encoder, MyEncoder)
