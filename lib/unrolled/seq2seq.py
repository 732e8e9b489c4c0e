"""One sequence to another through a single vector (Sutskever et al. 2014, Cho et al. 2014).

Shapes: ``B`` batch, ``T`` positions (``Ts`` of the source, ``Tt`` of the target), ``E`` =
embedding_size, ``H`` = hidden_size, ``L`` = num_layers, ``V`` vocabulary, ``C`` = context_size.
Between the parts states have the batch first, ``(B, L, H)``, so that beams can reorder them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.arguments import seq2seq as arguments
from unrolled.parts import part
from unrolled.recurrent import GRU, LSTM
from unrolled.views import views

__all__ = ["Decoder", "Encoder", "Seq2Seq", "last_state", "shift_right"]

CELLS = {"gru": GRU, "lstm": LSTM}
#: A GRU's state ``(B, L, H)``, or the two of an LSTM.
State = Tensor | tuple[Tensor, Tensor]


@views(check=arguments.last_state)
def last_state(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Take each sentence's output at its last real token, not at the padding behind it.

    Args:
        outputs: what a recurrent layer gave at every position.
        lengths: real tokens of each sentence, from 1 to T.

    Shape:
        outputs ``(B, T, H)``, lengths ``(B,)``, result ``(B, H)``.

    Returns:
        ``outputs[b, lengths[b] - 1]`` for every sentence ``b``.

    Raises:
        TypeError: if ``lengths`` does not hold integers.
        ValueError: if a shape does not fit or a length is not in [1, T].

    Matches, for one layer and one direction, ``h_n`` of ``nn.GRU`` on a packed sequence exactly.

    >>> outputs = torch.tensor([[[1.0], [2.0], [0.0]], [[4.0], [5.0], [6.0]]])
    >>> last_state(outputs, torch.tensor([2, 3]))
    tensor([[2.],
            [6.]])
    """
    rows = torch.arange(outputs.size(0), device=outputs.device)
    return outputs[rows, lengths - 1]  # (B, H)


@views(check=arguments.shift_right)
def shift_right(ids: Tensor, bos_id: int) -> Tensor:
    """Make the decoder's input in training: at each position the token before it.

    The input at ``t`` is the target at ``t - 1``, so the decoder never sees the token that it is
    asked for. The last target is an input nowhere.

    Args:
        ids: target sentences, without a start token.
        bos_id: what stands before the first token.

    Shape:
        ids ``(B, T)``, result ``(B, T)``.

    Returns:
        ``bos_id`` and then all ids but the last.

    Raises:
        TypeError: if ``ids`` or ``bos_id`` is not an integer.
        ValueError: if ``ids`` is not ``(B, T)`` with at least one token, or an id is negative.

    >>> shift_right(torch.tensor([[7, 8, 2]]), bos_id=1)
    tensor([[1, 7, 8]])
    """
    start = ids.new_full((ids.size(0), 1), bos_id)  # (B, 1)
    return torch.cat([start, ids[:, :-1]], dim=1)  # (B, T)


class Encoder(nn.Module):
    """Read a sentence and give its state at every position, and at the end.

    Args:
        vocab_size: size of the vocabulary.
        embedding_size: width of a token's vector.
        hidden_size: width of the state of one direction.
        num_layers: layers on top of one another. Default: 1.
        dropout: probability of dropping a feature of an embedding, or between layers, while
            training, in [0, 1). Default: 0.
        cell: ``"gru"`` (Cho et al. 2014) or ``"lstm"`` (Sutskever et al. 2014). Default: ``"gru"``.
        bidirectional: also read from right to left. Default: False.

    Shape:
        ids ``(B, T)``, lengths ``(B,)``; outputs ``(B, T, directions * H)``, state ``(B, L *
        directions, H)``, two of them for an LSTM.

    Returns:
        ``(outputs, state)``: outputs are zero at padding, and the state is that after the last
        real token.

    Raises:
        TypeError: if ids or lengths are not integers.
        ValueError: if an argument is out of range or a shape does not fit.

    Parameters: ``embedding.weight`` (V, E); ``rnn``, a GRU or LSTM with torch's names.

    >>> outputs, state = Encoder(11, 4, hidden_size=6)(torch.tensor([[3, 5, 2]]))
    >>> outputs.shape, state.shape
    (torch.Size([1, 3, 6]), torch.Size([1, 1, 6]))
    """

    @views(check=arguments.encoder)
    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        cell: str = "gru",
        bidirectional: bool = False,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.rnn = part(CELLS[cell])(
            embedding_size, hidden_size, num_layers, dropout=dropout, bidirectional=bidirectional
        )

    @views(check=arguments.encode)
    def forward(self, ids: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        """Read ``ids``; ``lengths`` says where padding begins (default: nowhere)."""
        embedded = self.dropout(self.embedding(ids))  # (B, T, E)
        outputs, state = self.rnn(embedded, None, lengths)  # (B, T, H)
        return outputs, swap_batch(state)


class Decoder(nn.Module):
    """Write a sentence: from a state and the tokens so far to scores for the next one.

    Args:
        vocab_size: size of the vocabulary.
        embedding_size: width of a token's vector.
        hidden_size: width of the state.
        num_layers: layers on top of one another. Default: 1.
        dropout: probability of dropping a feature of an embedding, between layers, or before the
            scores, while training, in [0, 1). Default: 0.
        cell: ``"gru"`` or ``"lstm"``. Default: ``"gru"``.
        context_size: width of a vector that is read at every step beside the token (Cho et al.
            2014, section 2.2). Default: 0, no such vector.

    Shape:
        inputs ``(B, T)``, state ``(B, L, H)`` (two of them for an LSTM), context ``(B, C)``; logits
        ``(B, T, V)``.

    Returns:
        ``(logits, state)``: scores for the token after each input, and the state after the last.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an argument is out of range or a shape does not fit.

    Parameters: ``embedding.weight`` (V, E); ``rnn``, a GRU or LSTM with torch's names; ``out``, a
    Linear (V, H).

    >>> logits, state = Decoder(11, 4, hidden_size=6)(torch.tensor([[1, 5]]), torch.zeros(1, 1, 6))
    >>> logits.shape, state.shape
    (torch.Size([1, 2, 11]), torch.Size([1, 1, 6]))
    """

    @views(check=arguments.decoder)
    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        cell: str = "gru",
        context_size: int = 0,
    ):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.context_size = context_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.rnn = part(CELLS[cell])(
            embedding_size + context_size, hidden_size, num_layers, dropout=dropout
        )
        self.out = nn.Linear(hidden_size, vocab_size)

    @views(check=arguments.decode)
    def forward(
        self, inputs: Tensor, state: State, context: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Read ``inputs`` from ``state`` on, with ``context`` at every step."""
        read = self.dropout(self.embedding(inputs))  # (B, T, E)
        if context is not None:
            every_step = context[:, None].expand(-1, inputs.size(1), -1)  # (B, T, C)
            read = torch.cat([read, every_step], dim=2)  # (B, T, E + C)
        outputs, state = self.rnn(read, swap_batch(state))  # (B, T, H)
        return self.out(self.dropout(outputs)), swap_batch(state)  # (B, T, V)


class Seq2Seq(nn.Module):
    r"""Read the whole source into one vector, then write the target from it.

    .. math:: p(y \mid x) = \prod_{t=1}^{T'} p(y_t \mid v, y_1, \dots, y_{t-1})

    Sutskever et al. 2014, equation 1: ``v`` is the encoder's last state, the decoder's first. With
    ``read_context`` the decoder also reads ``v`` at every step (Cho et al. 2014, equation 2).
    Sutskever et al. turn the source round and use four layers of LSTM; Cho et al. pass ``v``
    through a tanh layer and let the scores read ``v`` and the last token too. Here neither is done.

    Args:
        source_vocab_size: size of the source's vocabulary.
        target_vocab_size: size of the target's vocabulary.
        embedding_size: width of a token's vector.
        hidden_size: width of the states.
        num_layers: layers of encoder and decoder each. Default: 1.
        dropout: see :class:`Encoder` and :class:`Decoder`. Default: 0.
        cell: ``"gru"`` or ``"lstm"``. Default: ``"gru"``.
        read_context: the decoder reads ``v`` at every step. Default: False.
        pad_id: what fills up short source sentences. Default: 0.
        bos_id: what the target begins with. Default: 1.

    Shape:
        source ``(B, Ts)``, target ``(B, Tt)``; logits ``(B, Tt, V)``.

    Returns:
        Scores for each token of ``target``, given the source and the target tokens before it.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an argument is out of range, a shape does not fit, an id is not in its
            vocabulary, or a source sentence holds padding alone.

    Parameters: ``encoder``, an :class:`Encoder`; ``decoder``, a :class:`Decoder`.

    >>> model = Seq2Seq(11, 13, embedding_size=4, hidden_size=6)
    >>> model(torch.tensor([[5, 6, 0]]), torch.tensor([[7, 8, 9, 2]])).shape
    torch.Size([1, 4, 13])
    """

    @views(check=arguments.seq2seq)
    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        num_layers: int = 1,
        dropout: float = 0.0,
        cell: str = "gru",
        read_context: bool = False,
        pad_id: int = 0,
        bos_id: int = 1,
    ):
        super().__init__()
        self.source_vocab_size, self.target_vocab_size = source_vocab_size, target_vocab_size
        self.read_context, self.pad_id, self.bos_id = read_context, pad_id, bos_id
        sizes = (embedding_size, hidden_size, num_layers, dropout, cell)
        context_size = hidden_size if read_context else 0
        self.encoder = part(Encoder)(source_vocab_size, *sizes)
        self.decoder = part(Decoder)(target_vocab_size, *sizes, context_size=context_size)
        self._last_state, self._shift_right = part(last_state), part(shift_right)

    @views(check=arguments.translate)
    def forward(self, source: Tensor, target: Tensor, teacher_forcing: float = 1.0) -> Tensor:
        """Score ``target``, reading the true token before each with this probability.

        With 1 the decoder always reads the truth (teacher forcing). Below 1 it reads, sentence by
        sentence and step by step, its own likeliest token in place of the truth with probability
        ``1 - teacher_forcing`` (scheduled sampling, Bengio et al. 2015), as it must when it writes.
        """
        inputs = self._shift_right(target, self.bos_id)  # (B, Tt)
        state, context = self.start(source)
        if teacher_forcing == 1.0:
            return self.decoder(inputs, state, context)[0]  # (B, Tt, V)
        last, scores = inputs[:, 0], []  # (B,)
        for t in range(inputs.size(1)):
            logits, (state, context) = self.step(last, (state, context))  # (B, V)
            scores.append(logits)
            forced = torch.rand(last.shape, device=last.device) < teacher_forcing  # (B,)
            last = torch.where(forced, target[:, t], logits.argmax(dim=-1))  # (B,)
        return torch.stack(scores, dim=1)  # (B, Tt, V)

    @views(check=arguments.start)
    def start(self, source: Tensor) -> tuple[State, Tensor | None]:
        """Read the source; return the state that :meth:`step` starts from, batch first."""
        lengths = (source != self.pad_id).sum(dim=1)  # (B,)
        outputs, state = self.encoder(source, lengths)  # (B, Ts, H)
        return state, self._last_state(outputs, lengths) if self.read_context else None

    def step(
        self, last_ids: Tensor, state: tuple[State, Tensor | None]
    ) -> tuple[Tensor, tuple[State, Tensor | None]]:
        """Score the next token of each row: what ``greedy_decode`` and ``beam_search`` ask for."""
        remembered, context = state
        logits, remembered = self.decoder(last_ids[:, None], remembered, context)  # (N, 1, V)
        return logits[:, 0], (remembered, context)  # (N, V)


def swap_batch(state: State) -> State:
    """Turn a state from torch's axes (L, B, H) to ours (B, L, H), or back."""
    if isinstance(state, tuple):
        return tuple(one.transpose(0, 1).contiguous() for one in state)  # (B, L, H) each
    return state.transpose(0, 1).contiguous()  # (B, L, H)
