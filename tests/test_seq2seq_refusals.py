"""What the functions and models of ``unrolled.seq2seq`` refuse, and the edge of what they take."""

import pytest
import torch

from unrolled.seq2seq import Decoder, Encoder, Seq2Seq, last_state, shift_right

IDS = torch.tensor([[3, 4, 0], [5, 0, 0]])
OUTPUTS = torch.zeros(2, 3, 4)
STATE = torch.zeros(2, 1, 4)


def encoder(*options, **named):
    return Encoder(6, 3, 4, *options, **named)


def decoder(**named):
    return Decoder(6, 3, 4, **named)


def model(**named):
    return Seq2Seq(6, 7, 3, 4, **named)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: last_state(OUTPUTS[0], IDS[0]), ValueError, "outputs has shape (3, 4), (B, T, H)"),
        (lambda: last_state(OUTPUTS, torch.ones(2)), TypeError, "lengths has dtype torch.float32"),
        (
            lambda: last_state(OUTPUTS, torch.tensor([3])),
            ValueError,
            "lengths has shape (1,), (2,) is wanted",
        ),
        (
            lambda: last_state(OUTPUTS, torch.tensor([0, 3])),
            ValueError,
            "lengths holds values from 0 to 3, 1 to 3 are wanted",
        ),
        (
            lambda: last_state(OUTPUTS, torch.tensor([1, 4])),
            ValueError,
            "lengths holds values from 1 to 4, 1 to 3 are wanted",
        ),
        (lambda: shift_right(IDS[0], 1), ValueError, "ids has shape (3,), (B, T) is wanted"),
        (lambda: shift_right(IDS[:, :0], 1), ValueError, "ids has shape (2, 0), (B, T), each at"),
        (
            lambda: shift_right(IDS.double(), 1),
            TypeError,
            "ids has dtype torch.float64, torch.int64",
        ),
        (lambda: shift_right(IDS, 1.0), TypeError, "bos_id=1.0 is a float, an integer is wanted"),
        (lambda: shift_right(IDS, True), TypeError, "bos_id=True is a bool, an integer is wanted"),
        (lambda: shift_right(IDS, -1), ValueError, "bos_id=-1: at least 0 is wanted"),
        (lambda: Encoder(0, 3, 4), ValueError, "vocab_size=0: at least 1 is wanted"),
        (lambda: Encoder(6, 0, 4), ValueError, "embedding_size=0: at least 1 is wanted"),
        (lambda: Encoder(6, 3, 0), ValueError, "hidden_size=0: at least 1 is wanted"),
        (lambda: encoder(0), ValueError, "num_layers=0: at least 1 is wanted"),
        (lambda: encoder(dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (lambda: encoder(cell="rnn"), ValueError, "cell='rnn': one of gru, lstm is wanted"),
        (lambda: encoder()(IDS[0]), ValueError, "ids has shape (3,), (B, T) is wanted"),
        (lambda: encoder()(IDS + 1), ValueError, "ids holds values from 1 to 6, 0 to 5 are wanted"),
        (
            lambda: encoder()(IDS[:0]),
            ValueError,
            "ids has shape (0, 3), (B, T), each at least 1, is wanted",
        ),
        (lambda: encoder()(IDS.double()), TypeError, "ids has dtype torch.float64, torch.int64 or"),
        (
            lambda: encoder()(IDS, torch.tensor([0, 1])),
            ValueError,
            "lengths holds values from 0 to 1, 1 to 3 are wanted",
        ),
        (lambda: decoder(context_size=-1), ValueError, "context_size=-1: at least 0 is wanted"),
        (lambda: decoder(cell="x"), ValueError, "cell='x': one of gru, lstm is wanted"),
        (lambda: decoder(num_layers=0), ValueError, "num_layers=0: at least 1 is wanted"),
        (lambda: decoder(dropout=-0.1), ValueError, "dropout=-0.1 is outside [0, 1)"),
        (
            lambda: decoder()(IDS - 1, STATE),
            ValueError,
            "inputs holds values from -1 to 4, 0 to 5 are wanted",
        ),
        (
            lambda: decoder()(IDS, STATE[0]),
            ValueError,
            "state has shape (1, 4), (2, 1, 4) is wanted",
        ),
        (
            lambda: decoder()(IDS, STATE.transpose(0, 1)),
            ValueError,
            "state has shape (1, 2, 4), (2, 1, 4) is wanted",
        ),
        (
            lambda: decoder()(IDS, STATE.long()),
            TypeError,
            "state has dtype torch.int64, a floating",
        ),
        (
            lambda: decoder(cell="lstm")(IDS, (STATE, STATE[:1])),
            ValueError,
            "state has shape (1, 1, 4), (2, 1, 4) is wanted",
        ),
        (
            lambda: decoder()(IDS, STATE, torch.zeros(2, 5)),
            ValueError,
            "context is given, and the decoder has context_size=0",
        ),
        (
            lambda: decoder(context_size=5)(IDS, STATE),
            ValueError,
            "context is not given, and the decoder has context_size=5",
        ),
        (
            lambda: decoder(context_size=5)(IDS, STATE, torch.zeros(2, 4)),
            ValueError,
            "context has shape (2, 4), (2, 5) is wanted",
        ),
        (
            lambda: decoder(context_size=5)(IDS, STATE, torch.zeros(2, 5).long()),
            TypeError,
            "context has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: Seq2Seq(0, 7, 3, 4), ValueError, "source_vocab_size=0: at least 1 is wanted"),
        (lambda: Seq2Seq(6, 0, 3, 4), ValueError, "target_vocab_size=0: at least 1 is wanted"),
        (lambda: model(pad_id=6), ValueError, "pad_id=6: an id from 0 to 5 is wanted"),
        (lambda: model(pad_id=-1), ValueError, "pad_id=-1: an id from 0 to 5 is wanted"),
        (lambda: model(bos_id=7), ValueError, "bos_id=7: an id from 0 to 6 is wanted"),
        (lambda: model(cell="x"), ValueError, "cell='x': one of gru, lstm is wanted"),
        (
            lambda: model()(IDS, IDS[:1]),
            ValueError,
            "target has B=1, source has B=2: equal batches are wanted",
        ),
        (lambda: model()(IDS + 1, IDS), ValueError, "source holds values from 1 to 6, 0 to 5 are"),
        (lambda: model()(IDS, IDS + 2), ValueError, "target holds values from 2 to 7, 0 to 6 are"),
        (lambda: model()(IDS[0], IDS), ValueError, "source has shape (3,), (B, T) is wanted"),
        (lambda: model()(IDS, IDS[0]), ValueError, "target has shape (3,), (B, T) is wanted"),
        (
            lambda: model()(IDS * 0, IDS),
            ValueError,
            "source[0] holds pad_id=0 alone, at least one token is wanted",
        ),
        (
            lambda: model().start(torch.tensor([[3, 4, 0], [0, 0, 0]])),
            ValueError,
            "source[1] holds pad_id=0 alone, at least one token is wanted",
        ),
        (
            lambda: model().start(torch.tensor([[3, 4, 0], [3, 0, 4]])),
            ValueError,
            "source[1] holds pad_id=0 before a token, padding after the last token alone is wanted",
        ),
        (lambda: model()(IDS, IDS, 1.1), ValueError, "teacher_forcing=1.1 is outside [0, 1]"),
        (lambda: model()(IDS, IDS, -0.1), ValueError, "teacher_forcing=-0.1 is outside [0, 1]"),
    ],
)
def test_what_cannot_be_used_is_refused(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)


def test_what_is_just_allowed_is_not_refused():
    assert last_state(OUTPUTS, torch.tensor([1, 3])).shape == (2, 4)
    assert model(pad_id=5, bos_id=6)(IDS[:1], IDS[:1]).shape == (1, 3, 7)
    assert model(pad_id=0, bos_id=0)(IDS, IDS).shape == (2, 3, 7)
    assert shift_right(IDS, 0).shape == IDS.shape
