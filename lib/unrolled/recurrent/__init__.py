"""Networks that read a sequence one position at a time and carry a state: RNN, LSTM and GRU."""

from unrolled.recurrent.cells import GRUCell, LSTMCell, RNNCell
from unrolled.recurrent.gru import GRU
from unrolled.recurrent.lstm import LSTM
from unrolled.recurrent.padding import reverse_padded
from unrolled.recurrent.rnn import RNN
from unrolled.recurrent.steps import gru_step, lstm_step, rnn_step

__all__ = [
    "GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell", "gru_step", "lstm_step",
    "reverse_padded", "rnn_step",
]  # fmt: skip
