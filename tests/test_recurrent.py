"""Recurrent steps, cells and padding against torch, by value and by gradient."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from agreement import in_both_precisions, same
from unrolled.parts import provenance, use
from unrolled.recurrent import (
    GRU,
    LSTM,
    RNN,
    GRUCell,
    LSTMCell,
    RNNCell,
    gru_step,
    lstm_step,
    reverse_padded,
    rnn_step,
)

B, T, I, H = 2, 5, 3, 4  # noqa: E741 - the axis's name
# step, our cell, torch's cell, gates, tensors of a state
KINDS = pytest.mark.parametrize(
    ("step", "cell", "peer", "gates", "n_states"),
    [
        (rnn_step, RNNCell, nn.RNNCell, 1, 1),
        (lstm_step, LSTMCell, nn.LSTMCell, 4, 2),
        (gru_step, GRUCell, nn.GRUCell, 3, 1),
    ],
    ids=["rnn", "lstm", "gru"],
)
BIAS = pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


def as_tuple(found):
    return found if isinstance(found, tuple) else (found,)


# --- steps --------------------------------------------------------------------------------------


@in_both_precisions
@KINDS
@BIAS
@pytest.mark.parametrize("readable", [False, True], ids=["fast", "readable"])
def test_a_step_equals_torchs_cell(step, cell, peer, gates, n_states, bias, readable, dtype, close):
    theirs = peer(I, H, bias=bias).to(dtype)
    x, states = tensor(B, I, dtype=dtype), [tensor(B, H, dtype=dtype) for _ in range(n_states)]
    weights = list(theirs.parameters())
    ours = (step.__wrapped__ if readable else step)(x, *states, *weights)
    expected = theirs(x, tuple(states) if n_states == 2 else states[0])
    same(ours, expected, [x, *states, *weights], close)


def test_the_lstm_step_by_hand():
    h, c = lstm_step.__wrapped__(
        torch.tensor([[1.0]]),
        torch.tensor([[0.5]]),
        torch.tensor([[2.0]]),
        torch.tensor([[0.1], [0.2], [0.3], [0.4]]),
        torch.tensor([[1.0], [-1.0], [2.0], [-2.0]]),
    )
    sigmoid, tanh = torch.sigmoid, torch.tanh
    i, f, g, o = (torch.tensor(v) for v in (0.6, -0.3, 1.3, -0.6))
    expected = sigmoid(f) * 2.0 + sigmoid(i) * tanh(g)
    torch.testing.assert_close(c.squeeze(), expected)
    torch.testing.assert_close(h.squeeze(), sigmoid(o) * tanh(expected))


@KINDS
def test_a_step_leaves_its_arguments_alone(step, cell, peer, gates, n_states):
    arguments = [torch.randn(B, I), *(torch.randn(B, H) for _ in range(n_states))]
    arguments += [torch.randn(gates * H, I), torch.randn(gates * H, H)]
    before = [a.clone() for a in arguments]
    step.__wrapped__(*arguments)
    assert all(torch.equal(a, b) for a, b in zip(arguments, before, strict=True))


# --- cells --------------------------------------------------------------------------------------


@in_both_precisions
@KINDS
@BIAS
def test_a_cell_loads_torchs_state_dict_and_equals_it(
    step, cell, peer, gates, n_states, bias, dtype, close
):
    ours, theirs = cell(I, H, bias=bias).to(dtype), peer(I, H, bias=bias).to(dtype)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    x, states = tensor(B, I, dtype=dtype), tuple(tensor(B, H, dtype=dtype) for _ in range(n_states))
    state = states if n_states == 2 else states[0]
    same(ours(x, state), theirs(x, state), [x, *states], close)
    same(ours(x), theirs(x), [x], close)
    for found in (ours(x, state), theirs(x, state)):
        sum(each.sin().sum() for each in as_tuple(found)).backward()
    for our, their in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(our.grad, their.grad)


@KINDS
def test_the_same_seed_makes_torchs_cell(step, cell, peer, gates, n_states):
    torch.manual_seed(3)
    ours = cell(I, H).state_dict()
    torch.manual_seed(3)
    theirs = peer(I, H).state_dict()
    assert list(ours) == list(theirs)  # biases too: they are there by default
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@KINDS
def test_a_cell_takes_the_step_in_scope(step, cell, peer, gates, n_states):
    def mine(x, h, *rest):
        return h + 7.0

    with use({step.__name__: mine}):
        layer = cell(I, H)
    assert "mine" in provenance(layer)["_step"]
    state = torch.ones(B, H) if n_states == 1 else (torch.ones(B, H), torch.zeros(B, H))
    assert torch.equal(layer(torch.zeros(B, I), state), torch.full((B, H), 8.0))


@KINDS
def test_a_cell_compiles_whole(step, cell, peer, gates, n_states):
    layer = cell(I, H)
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    x = torch.randn(B, I)
    for ours, expected in zip(as_tuple(compiled(x)), as_tuple(layer(x)), strict=True):
        torch.testing.assert_close(ours, expected)


# --- padding ------------------------------------------------------------------------------------


def test_reverse_padded_turns_each_row_round_and_leaves_its_padding():
    x = torch.arange(1, 16).view(3, 5)
    found = reverse_padded(x, torch.tensor([5, 1, 3]))
    assert found.tolist() == [[5, 4, 3, 2, 1], [6, 7, 8, 9, 10], [13, 12, 11, 14, 15]]


@given(data=st.data(), rows=st.integers(1, 4), longest=st.integers(1, 6))
def test_reverse_padded_is_a_flip_of_each_rows_tokens_and_undoes_itself(data, rows, longest):
    lengths = torch.tensor([data.draw(st.integers(1, longest)) for _ in range(rows)])
    x = torch.randn(rows, longest, 2, 3)
    found = reverse_padded(x, lengths)
    for row, (before, n) in enumerate(zip(x, lengths, strict=True)):
        assert torch.equal(found[row], torch.cat([before[:n].flip(0), before[n:]]))
    assert torch.equal(reverse_padded(found, lengths), x)


def test_reverse_padded_takes_int32_and_passes_gradients_back():
    x = tensor(B, T, I)
    cotangent = torch.randn(B, T, I, dtype=torch.float64)
    lengths = torch.tensor([4, 2], dtype=torch.int32)
    (gradient,) = torch.autograd.grad(reverse_padded(x, lengths), x, cotangent)
    assert torch.equal(gradient, reverse_padded(cotangent, lengths))


# --- refusals -----------------------------------------------------------------------------------

X2, X3, STATE = torch.zeros(B, I), torch.zeros(B, T, I), torch.zeros(1, B, H)
HIDDEN, LENGTHS = torch.zeros(B, H), torch.tensor([5, 1])


def run_step(step, gates, x=X2, h=HIDDEN, wi=None, wh=None, **more):
    wi = torch.zeros(gates * H, I) if wi is None else wi
    wh = torch.zeros(gates * H, H) if wh is None else wh
    return step(x, h, *([more.pop("c", HIDDEN)] if gates == 4 else []), wi, wh, **more)


def biases(ih, hh):
    return {"bias_ih": torch.zeros(ih), "bias_hh": torch.zeros(hh)}


STEP_REFUSALS = [
    (dict(x=X3), ValueError, "x has shape (2, 5, 3), (B, I) is wanted"),
    (
        dict(x=torch.zeros(0, I)),
        ValueError,
        "x has shape (0, 3), (B, I), each at least 1, is wanted",
    ),
    (
        dict(x=torch.zeros(B, 0)),
        ValueError,
        "x has shape (2, 0), (B, I), each at least 1, is wanted",
    ),
    (dict(x=X2.long()), TypeError, "x has dtype torch.int64, a floating-point tensor is wanted"),
    (
        dict(x=X2.double()),
        TypeError,
        "x has dtype torch.float64, that of the weights, torch.float32",
    ),
    (
        dict(h=HIDDEN.long()),
        TypeError,
        "h has dtype torch.int64, a floating-point tensor is wanted",
    ),
    (dict(h=torch.zeros(3, H)), ValueError, "h has shape (3, 4), (2, 4) is wanted"),
    (dict(bias_ih=torch.zeros(H)), ValueError, "bias_ih is given and bias_hh is not: both or"),
    (dict(bias_hh=torch.zeros(H)), ValueError, "bias_hh is given and bias_ih is not: both or"),
]


@pytest.mark.parametrize(("given", "error", "message"), STEP_REFUSALS, ids=lambda v: str(v)[:30])
@pytest.mark.parametrize(("step", "gates"), [(rnn_step, 1), (lstm_step, 4), (gru_step, 3)])
def test_a_step_refuses(step, gates, given, error, message):
    with pytest.raises(error) as caught:
        run_step(step, gates, **given)
    assert message in str(caught.value)


@pytest.mark.parametrize(("step", "gates"), [(rnn_step, 1), (lstm_step, 4), (gru_step, 3)])
def test_a_step_wants_as_many_rows_as_its_gates_have(step, gates):
    n = gates * H
    wrong = {
        "weight_ih": dict(wi=torch.zeros(n + 1, I)),
        "weight_hh": dict(wh=torch.zeros(n, H + 1)),
        "bias_ih": biases(n + 1, n),
        "bias_hh": biases(n, n + 1),
    }
    shapes = {"weight_ih": (n, I), "weight_hh": (n, H), "bias_ih": (n,), "bias_hh": (n,)}
    for name, arguments in wrong.items():
        with pytest.raises(ValueError, match=name) as caught:
            run_step(step, gates, **arguments)
        assert str(caught.value).endswith(f", {shapes[name]} is wanted")
    run_step(step, gates, **biases(n, n))


def rnn(x=X3, *args, **kwargs):
    return RNN(I, H)(x, *args, **kwargs)


def lstm(x=X3, *args, **kwargs):
    return LSTM(I, H)(x, *args, **kwargs)


REFUSALS = [
    (lambda: run_step(lstm_step, 4, c=torch.zeros(B, 5)), ValueError, "c has shape (2, 5), (2, 4)"),
    (
        lambda: run_step(lstm_step, 4, c=HIDDEN.long()),
        TypeError,
        "c has dtype torch.int64, a float",
    ),
    (lambda: RNN(0, H), ValueError, "input_size=0: at least 1 is wanted"),
    (lambda: LSTM(I, 0), ValueError, "hidden_size=0: at least 1 is wanted"),
    (lambda: GRU(I, H, 0), ValueError, "num_layers=0: at least 1 is wanted"),
    (lambda: RNN(I, H, dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
    (lambda: GRU(I, H, dropout=-0.1), ValueError, "dropout=-0.1 is outside [0, 1)"),
    (lambda: rnn(X2), ValueError, "x has shape (2, 3), (B, T, 3) is wanted"),
    (lambda: rnn(torch.zeros(B, T, 4)), ValueError, "x has shape (2, 5, 4), (B, T, 3) is wanted"),
    (
        lambda: rnn(X3[:0]),
        ValueError,
        "x has shape (0, 5, 3), (B, T, 3), each at least 1, is wanted",
    ),
    (
        lambda: lstm(X3[:, :0]),
        ValueError,
        "x has shape (2, 0, 3), (B, T, 3), each at least 1, is wanted",
    ),
    (
        lambda: rnn(X3.int()),
        TypeError,
        "x has dtype torch.int32, a floating-point tensor is wanted",
    ),
    (
        lambda: lstm(X3.half()),
        TypeError,
        "x has dtype torch.float16, that of the weights, torch.fl",
    ),
    (lambda: rnn(X3, STATE[0]), ValueError, "state has shape (2, 4), (1, 2, 4) is wanted"),
    (
        lambda: GRU(I, H, 3, bidirectional=True)(X3, STATE),
        ValueError,
        "state has shape (1, 2, 4), (6, 2, 4) is wanted",
    ),
    (lambda: GRU(I, H, 3)(X3, STATE), ValueError, "state has shape (1, 2, 4), (3, 2, 4) is wanted"),
    (lambda: rnn(X3, STATE.int()), TypeError, "state has dtype torch.int32, a floating-point"),
    (
        lambda: lstm(X3, STATE),
        TypeError,
        "state is a tensor of torch.float32, a pair (h, c) is wanted",
    ),
    (lambda: lstm(X3, (STATE,)), TypeError, "state is a tuple of 1, a pair (h, c) is wanted"),
    (lambda: lstm(X3, (STATE[0], STATE)), ValueError, "h has shape (2, 4), (1, 2, 4) is wanted"),
    (lambda: lstm(X3, [STATE, STATE[0]]), ValueError, "c has shape (2, 4), (1, 2, 4) is wanted"),
    (lambda: rnn(lengths=[5, 1]), TypeError, "lengths is a list, a tensor of integers is wanted"),
    (
        lambda: rnn(lengths=LENGTHS.double()),
        TypeError,
        "lengths has dtype torch.float64, torch.int",
    ),
    (lambda: rnn(lengths=LENGTHS[:1]), ValueError, "lengths has shape (1,), (2,) is wanted"),
    (
        lambda: lstm(lengths=torch.tensor([5, 0])),
        ValueError,
        "lengths holds values from 0 to 5, 1 to 5 are wanted",
    ),
    (lambda: rnn(lengths=LENGTHS + 1), ValueError, "lengths holds values from 2 to 6, 1 to 5 are"),
    (lambda: RNNCell(0, H), ValueError, "input_size=0: at least 1 is wanted"),
    (lambda: LSTMCell(I, 0), ValueError, "hidden_size=0: at least 1 is wanted"),
    (lambda: GRUCell(I, 0), ValueError, "hidden_size=0: at least 1 is wanted"),
    (lambda: RNNCell(I, H)(X3), ValueError, "x has shape (2, 5, 3), (B, 3) is wanted"),
    (lambda: GRUCell(I, H)(HIDDEN), ValueError, "x has shape (2, 4), (B, 3) is wanted"),
    (
        lambda: GRUCell(I, H)(X2[:0]),
        ValueError,
        "x has shape (0, 3), (B, 3), each at least 1, is wanted",
    ),
    (lambda: RNNCell(I, H)(X2, STATE), ValueError, "state has shape (1, 2, 4), (2, 4) is wanted"),
    (lambda: RNNCell(I, H)(X2.long()), TypeError, "x has dtype torch.int64, a floating-point"),
    (
        lambda: RNNCell(I, H)(X2.double()),
        TypeError,
        "that of the weights, torch.float32, is wanted",
    ),
    (
        lambda: LSTMCell(I, H)(X2, HIDDEN),
        TypeError,
        "state is a tensor of torch.float32, a pair (h, c) is wanted",
    ),
    (lambda: LSTMCell(I, H)(X2, (HIDDEN, X2)), ValueError, "c has shape (2, 3), (2, 4) is wanted"),
    (
        lambda: reverse_padded(LENGTHS, LENGTHS),
        ValueError,
        "x has shape (2,), (B, T, ...), B and T at least 1, is wanted",
    ),
    (
        lambda: reverse_padded(X3[:0], LENGTHS),
        ValueError,
        "x has shape (0, 5, 3), (B, T, ...), B and T at least 1, is wanted",
    ),
    (lambda: reverse_padded(X3[:, :0], LENGTHS), ValueError, "x has shape (2, 0, 3), (B, T, ...)"),
    (lambda: reverse_padded(X3, LENGTHS.float()), TypeError, "lengths has dtype torch.float32"),
    (lambda: reverse_padded(X3, LENGTHS[None]), ValueError, "lengths has shape (1, 2), (2,) is"),
    (lambda: reverse_padded(X3, LENGTHS - 1), ValueError, "from 0 to 4, 1 to 5 are wanted"),
    (lambda: reverse_padded(X3, LENGTHS + 1), ValueError, "from 2 to 6, 1 to 5 are wanted"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSALS, ids=[r[2] for r in REFUSALS])
def test_bad_arguments_are_refused_with_what_was_given_and_wanted(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_the_smallest_of_everything_is_accepted():
    for layer in (RNN(1, 1), GRU(1, 1, dropout=0.0), LSTM(1, 1, 1, dropout=0.99)):
        output, _ = layer(torch.zeros(1, 1, 1), lengths=torch.tensor([1], dtype=torch.int32))
        assert output.shape == (1, 1, 1)
    assert rnn(lengths=LENGTHS)[0].shape == (B, T, H)
    assert RNNCell(1, 1)(torch.zeros(1, 1)).shape == (1, 1)
    assert reverse_padded(torch.ones(1, 1), torch.tensor([1])).tolist() == [[1.0]]


def test_mixed_precision_may_read_what_is_not_of_the_weights_dtype():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, _ = rnn(X3.bfloat16())
    assert output.shape == (B, T, H)
