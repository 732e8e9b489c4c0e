"""RNN, LSTM and GRU layers against torch's: every option, with lengths and without, every path.

Sizes are pairwise distinct. Three paths are held to the same numbers: torch's kernel, the loop
that serves where there is no kernel, and the readable loop of readable steps.
"""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from agreement import in_both_precisions, same
from unrolled.parts import provenance, use
from unrolled.recurrent import GRU, LSTM, RNN, gru_step, lstm_step, rnn_step

B, T, I, H = 5, 7, 3, 4  # noqa: E741 - the axis's name
LENGTHS = torch.tensor([4, 7, 1, 7, 2])  # neither sorted nor all different
PEERS = {RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU}
STEPS = {RNN: rnn_step, LSTM: lstm_step, GRU: gru_step}
KIND = pytest.mark.parametrize("kind", PEERS, ids=lambda kind: kind.__name__)
PATH = pytest.mark.parametrize("path", ["kernel", "loop", "steps"])
OPTIONS = pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 3},
        {"bidirectional": True},
        {"num_layers": 2, "bidirectional": True},
        {"num_layers": 2, "bidirectional": True, "bias": False},
    ],
    ids=["one", "three", "both ways", "two both ways", "no bias"],
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def pair(kind, dtype=torch.float64, **options):
    ours, theirs = kind(I, H, **options), PEERS[kind](I, H, batch_first=True, **options)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return ours.to(dtype), theirs.to(dtype)


def reader(layer, path):
    if path == "kernel":
        return layer
    if path == "steps":
        layer = copy.copy(layer)  # of the same parameters
        layer._step = layer._step.__wrapped__
        return layer
    return lambda *args, **kwargs: type(layer).forward.__wrapped__(layer, *args, **kwargs)


def some_state(layer, dtype=torch.float64):
    rows = layer.num_layers * (2 if layer.bidirectional else 1)
    state = [torch.randn(rows, B, H).to(dtype).requires_grad_() for _ in "hc"]
    return tuple(state) if isinstance(layer, LSTM) else state[0]


def tensors(found):
    """Every tensor of ``(output, h_n)`` or ``(output, (h_n, c_n))``."""
    output, state = found
    assert isinstance(found, tuple)
    return [output, *(state if isinstance(state, tuple) else [state])]


def theirs_with_lengths(layer, x, state=None, lengths=LENGTHS):
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    output, state = layer(packed, state)
    return pad_packed_sequence(output, batch_first=True, total_length=T)[0], state


# --- parity -------------------------------------------------------------------------------------


@KIND
@PATH
@in_both_precisions
@OPTIONS
@pytest.mark.parametrize("with_state", [False, True], ids=["zeros", "state"])
@pytest.mark.parametrize("with_lengths", [False, True], ids=["whole", "lengths"])
def test_a_layer_equals_torchs(kind, path, dtype, close, options, with_state, with_lengths):
    ours, theirs = pair(kind, dtype, **options)
    x = torch.randn(B, T, I).to(dtype).requires_grad_()
    state = some_state(ours, dtype) if with_state else None
    lengths = LENGTHS if with_lengths else None
    expected = theirs_with_lengths(theirs, x, state) if with_lengths else theirs(x, state)
    inputs = [x] if state is None else [x, *(state if isinstance(state, tuple) else [state])]
    inputs = [*inputs, *ours.parameters()], [*inputs, *theirs.parameters()]
    found = reader(ours, path)(x, state, lengths)
    same(tensors(found), tensors(expected), inputs, close)


@KIND
@OPTIONS
def test_state_dicts_go_both_ways_and_the_same_seed_makes_the_same_layer(kind, options):
    torch.manual_seed(4)
    ours = kind(I, H, **options)
    torch.manual_seed(4)
    theirs = PEERS[kind](I, H, batch_first=True, **options)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name
    theirs.load_state_dict(kind(I, H, **options).state_dict(), strict=True)


@KIND
def test_the_defaults_are_torchs(kind):
    layer = kind(I, H)
    assert (layer.num_layers, layer.bias, layer.dropout) == (1, True, 0.0)
    assert layer.bidirectional is False
    assert (layer.input_size, layer.hidden_size) == (I, H)


@KIND
def test_a_state_dict_that_does_not_fit_is_refused(kind):
    state = kind(I, H).state_dict()
    del state["weight_hh_l0"]
    with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: \"weight_hh_l0\""):
        kind(I, H).load_state_dict(state)
    with pytest.raises(RuntimeError, match="weight_ih_l1"):
        kind(I, H).load_state_dict(kind(I, H, 2).state_dict())


# --- time and padding ---------------------------------------------------------------------------


@KIND
@PATH
def test_what_stands_in_the_padding_changes_nothing_not_even_nan(kind, path):
    layer = kind(I, H, 2, bidirectional=True).double()
    read = reader(layer, path)
    x = torch.randn(B, T, I, dtype=torch.float64)
    padding = torch.arange(T) >= LENGTHS[:, None]
    weights = list(layer.parameters())
    found = []
    for filler in (0.0, 1e6, float("nan")):
        filled = x.masked_fill(padding.unsqueeze(-1), filler).requires_grad_()
        outputs = tensors(read(filled, None, LENGTHS))
        total = sum(each.sin().sum() for each in outputs)
        found.append([*outputs, *torch.autograd.grad(total, [filled, *weights])])
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))
    assert (found[0][0][padding] == 0).all()
    assert (found[0][0][~padding] != 0).all()
    gradient = found[0][3 if kind is LSTM else 2]
    assert gradient.shape == x.shape
    assert (gradient[padding] == 0).all()


@KIND
@PATH
def test_a_padded_row_is_read_as_it_is_alone(kind, path):
    layer = kind(I, H, 2, bidirectional=True).double()
    read = reader(layer, path)
    x = torch.randn(B, T, I, dtype=torch.float64)
    together = tensors(read(x, None, LENGTHS))
    for row, n in enumerate(LENGTHS.tolist()):
        alone = tensors(read(x[row : row + 1, :n]))
        torch.testing.assert_close(together[0][row, :n], alone[0][0])
        for all_rows, one in zip(together[1:], alone[1:], strict=True):
            torch.testing.assert_close(all_rows[:, row], one[:, 0])


@KIND
@PATH
def test_one_direction_sees_no_future_and_the_other_no_past(kind, path):
    layer = kind(I, H, bidirectional=True)
    read = reader(layer, path)
    x = torch.randn(1, T, I)
    changed = x.clone()
    changed[:, 3] += 1.0
    differs = (read(x)[0] != read(changed)[0]).squeeze(0)  # (T, 2 * H)
    assert differs[:, :H].any(dim=1).tolist() == [False] * 3 + [True] * 4
    assert differs[:, H:].any(dim=1).tolist() == [True] * 4 + [False] * 3


@KIND
@PATH
def test_a_sequence_in_two_pieces_is_the_whole_if_the_state_is_carried(kind, path):
    layer = kind(I, H, 2).double()
    read = reader(layer, path)
    x = torch.randn(B, T, I, dtype=torch.float64)
    whole, final = read(x)
    first, state = read(x[:, :3])
    second, carried = read(x[:, 3:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    for a, b in zip(tensors((whole, final)), tensors((whole, carried)), strict=True):
        torch.testing.assert_close(a, b)


@KIND
def test_lengths_may_be_int32(kind):
    layer = kind(I, H)
    x = torch.randn(B, T, I)
    expected = layer(x, None, LENGTHS)
    for path in ("kernel", "loop", "steps"):
        found = reader(layer, path)(x, lengths=LENGTHS.int())
        for a, b in zip(tensors(found), tensors(expected), strict=True):
            torch.testing.assert_close(a, b)


# --- dropout ------------------------------------------------------------------------------------


@KIND
@PATH
def test_nothing_is_dropped_with_one_layer_nor_in_evaluation(kind, path):
    x = torch.randn(B, T, I)
    for n in (1, 3):
        layer = kind(I, H, n, dropout=0.5, bidirectional=True)
        plain = copy.deepcopy(layer)
        plain.dropout = 0.0
        layer.train(n == 1)
        for a, b in zip(tensors(reader(layer, path)(x)), tensors(plain(x)), strict=True):
            torch.testing.assert_close(a, b)


@KIND
@PATH
@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_dropout_acts_between_layers_and_scales_what_it_keeps(kind, path, rate):
    """What the second layer read is dL/dW[r] / dL/db[r], row by row."""
    layer = kind(I, 50, 2, dropout=rate).double()
    below = kind(I, 50).double()
    below.load_state_dict({k: v for k, v in layer.state_dict().items() if k.endswith("l0")})
    x = torch.randn(1, 1, I, dtype=torch.float64)
    shown = below(x)[0].flatten()
    output = reader(layer, path)(x)[0]
    weight, bias = torch.autograd.grad(output.sum(), [layer.weight_ih_l1, layer.bias_ih_l1])
    was_read = weight[0] / bias[0]
    kept = was_read != 0
    torch.testing.assert_close(was_read, torch.where(kept, shown / (1 - rate), 0.0))
    assert abs((~kept).double().mean().item() - rate) < 0.2
    assert (output != 0).all()  # nothing is dropped after the last layer


# --- other people's steps, and compilers ---------------------------------------------------------


@KIND
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
def test_a_learners_step_in_scope_does_the_work(kind, lengths):
    calls = []
    step = STEPS[kind]

    def mine(x, *rest):
        calls.append(tuple(x.shape))
        return step.__wrapped__(x, *rest)

    reference = kind(I, H, 2, bidirectional=True).double()
    with use({step.__name__: mine}):
        layer = kind(I, H, 2, bidirectional=True).double()
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(B, T, I, dtype=torch.float64)
    found, expected = layer(x, None, lengths), reference(x, None, lengths)
    assert calls == [(B, I)] * (2 * T) + [(B, 2 * H)] * (2 * T)
    for a, b in zip(tensors(found), tensors(expected), strict=True):
        torch.testing.assert_close(a, b)
    assert "mine" in provenance(layer)["_step"]
    assert provenance(reference)["_step"].startswith("unrolled.recurrent.steps.")


@KIND
def test_the_kernel_runs_unless_the_step_is_a_learners(kind, monkeypatch):
    """The fast path is taken: the loop's own method is never called."""
    layer = kind(I, H)
    monkeypatch.setattr(type(layer), "_unroll", None)
    assert layer(torch.randn(B, T, I), None, LENGTHS)[0].shape == (B, T, H)
    with pytest.raises(TypeError):
        reader(layer, "loop")(torch.randn(B, T, I))


@KIND
@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
def test_a_layer_compiles_whole(kind, lengths):
    layer = kind(I, H, 2, bidirectional=True)
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    x = torch.randn(B, T, I)
    for a, b in zip(
        tensors(compiled(x, None, lengths)), tensors(layer(x, None, lengths)), strict=True
    ):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


@KIND
@PATH
def test_mixed_precision_runs(kind, path):
    layer = kind(I, H, 2)
    x = torch.randn(B, T, I)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = tensors(reader(layer, path)(x, None, LENGTHS))
    for a, b in zip(found, tensors(layer(x, None, LENGTHS)), strict=True):
        torch.testing.assert_close(a.float(), b, atol=0.05, rtol=0.05)


@KIND
def test_the_loop_may_take_the_readable_step_itself(kind):
    """What a learner who writes the reference's very step gets, position by position."""
    step = STEPS[kind]
    reference = kind(I, H, 2, bias=False).double()
    with use({step.__name__: step.__wrapped__}):
        layer = kind(I, H, 2, bias=False).double()
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(B, T, I, dtype=torch.float64)
    for a, b in zip(tensors(layer(x)), tensors(reference(x)), strict=True):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=1e-10)
