"""Chapter 3: LSTM and GRU, sequences turned round, ELMo's targets and mix."""

from unrolled.checks.ch03_gates.elmo import ELMO_MIX, ELMO_TARGETS
from unrolled.checks.ch03_gates.layer import LSTM
from unrolled.checks.ch03_gates.padding import REVERSE_PADDED
from unrolled.checks.ch03_gates.steps import GRU_STEP, LSTM_STEP

CHAPTER = "03-gates"
EXERCISES = (LSTM_STEP, LSTM, GRU_STEP, REVERSE_PADDED, ELMO_TARGETS, ELMO_MIX)
