"""Decoders that look back at the source before or after each step.

The attentions are in ``scores.py``, the whole translator, ``AttentionSeq2Seq``, in ``model.py``;
GRU and GRUCell are those of :mod:`unrolled.recurrent`, batch first. ``@views`` puts argument checks
before a body and a faster twin beside it: those of ``projecting.py`` project the keys once and not
once a step. ``part(X)`` is ``X``, or what a learner put in its place. What ``start`` returns and
``step`` go to the searches of :mod:`unrolled.decoding`.

Shapes: ``B`` batch, ``T`` target positions (``t`` of a step), ``Tk`` source positions, ``E`` =
embedding_size, ``H`` = hidden_size, ``M`` = memory_size, ``V`` vocabulary, ``N`` rows that are
written at once. What is carried from step to step has the batch first, so that beams can reorder
it. A mask is boolean, **True = may attend**; the axis of 1 in it and in weights is the one head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.alignment import projecting
from unrolled.alignment.scores import AdditiveAttention, LuongAttention
from unrolled.arguments import alignment as arguments
from unrolled.parts import part
from unrolled.recurrent import GRU, GRUCell
from unrolled.views import views

__all__ = ["AttentionDecoder", "LuongDecoder"]


class AttentionDecoder(nn.Module):
    r"""Before each step, gather from the source what the state asks for (Bahdanau et al. 2015).

    .. math::
        c_i = \mathrm{attention}(s_{i-1}, h), \quad
        s_i = \mathrm{GRU}([E y_{i-1}; c_i], s_{i-1}), \quad
        z_i = W_o [s_i; c_i; E y_{i-1}] + b_o

    Equations 4 and 5; the query is the state *before* the step. The paper scores with a maxout
    layer of :math:`s_{i-1}`, :math:`c_i` and :math:`y_{i-1}` (section A.2.2); here a linear one
    reads the new state.

    Args:
        vocab_size: size of the vocabulary.
        embedding_size: width of a token's vector.
        hidden_size: width of the state.
        memory_size: width of the memory, the encoder's output at one position.
        attention: ``"additive"`` as in the paper, or Luong's ``"dot"``, ``"general"`` or
            ``"concat"``. Default: ``"additive"``.
        dropout: probability of dropping a feature of an embedding, or before the logits, while
            training, in [0, 1). Default: 0.

    Shape:
        inputs ``(B, T)``, state ``(B, H)``, memory ``(B, Tk, M)``, mask broadcasts to ``(B, 1, 1,
        Tk)``; logits ``(B, T, V)``, weights ``(B, 1, T, Tk)``.

    Returns:
        ``(logits, weights)``: scores for the token after each input, and where each step looked.

    Raises:
        TypeError: if ids are not integers or ``mask`` is not boolean.
        ValueError: if an argument is out of range or a shape does not fit.

    Parameters: ``embedding.weight`` (V, E); ``attention``, an :class:`AdditiveAttention` (H, M, H)
    or :class:`LuongAttention` (H, M); ``cell``, a GRUCell (E + M, H); ``out``, a Linear (V, H + M +
    E).

    >>> decoder = AttentionDecoder(11, 4, hidden_size=6, memory_size=5)
    >>> logits, weights = decoder(torch.tensor([[1, 7]]), torch.zeros(1, 6), torch.ones(1, 3, 5))
    >>> logits.shape, weights.shape
    (torch.Size([1, 2, 11]), torch.Size([1, 1, 2, 3]))
    """

    @views(check=arguments.decoder)
    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        memory_size: int,
        attention: str = "additive",
        dropout: float = 0.0,
    ):
        super().__init__()
        self.hidden_size, self.memory_size = hidden_size, memory_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        if attention == "additive":
            self.attention = part(AdditiveAttention)(hidden_size, memory_size, hidden_size)
        else:
            self.attention = part(LuongAttention)(hidden_size, memory_size, attention)
        self.cell = part(GRUCell)(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)

    @views(check=arguments.decode, fast=projecting.bahdanau_decoder)
    def forward(
        self, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read ``inputs`` one by one from ``state`` on, looking back at ``memory``."""
        words = self.dropout(self.embedding(inputs))  # (B, T, E)
        state, memory, mask = self.start(state, memory, mask)
        features, weights = [], []
        for word in words.unbind(dim=1):  # (B, E)
            feature, looked, state = self.advance(word, state, memory, mask)
            features.append(feature)  # (B, H + M + E)
            weights.append(looked)  # (B, 1, 1, Tk)
        features = torch.stack(features, dim=1)  # (B, T, H + M + E)
        logits = self.out(self.dropout(features))  # (B, T, V)
        return logits, torch.cat(weights, dim=2)  # (B, 1, T, Tk)

    def advance(
        self, word: Tensor, state: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Take one step: look back from the old state, then move on to the new one."""
        context, weights = self.attention(state[:, None], memory, mask)  # (B, 1, M), (B, 1, 1, Tk)
        context = context.squeeze(1)  # (B, M)
        read = torch.cat([word, context], dim=1)  # (B, E + M)
        state = self.cell(read, state)  # (B, H)
        features = torch.cat([state, context, word], dim=1)  # (B, H + M + E)
        return features, weights, state

    @views(check=arguments.start)
    def start(
        self, state: Tensor, memory: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Gather what is carried from step to step: state, memory and mask, batch first."""
        B, Tk, _ = memory.shape
        everywhere = memory.new_ones(B, 1, 1, Tk, dtype=torch.bool)  # (B, 1, 1, Tk)
        mask = everywhere if mask is None else everywhere & mask  # (B, 1, 1, Tk)
        return state, memory, mask

    def step(
        self, last_ids: Tensor, carried: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Score the next token of each row: what ``greedy_decode`` and ``beam_search`` ask for."""
        state, memory, mask = carried
        word = self.dropout(self.embedding(last_ids))  # (N, E)
        features, _, state = self.advance(word, state, memory, mask)  # (N, H + M + E)
        logits = self.out(self.dropout(features))  # (N, V)
        return logits, (state, memory, mask)


class LuongDecoder(nn.Module):
    r"""After each step, gather from the source what the new state asks for (Luong et al. 2015).

    .. math::
        h_t = \mathrm{GRU}(E y_{t-1}, h_{t-1}), \quad
        c_t = \mathrm{attention}(h_t, \bar h), \quad
        \tilde h_t = \tanh(W_c [c_t; h_t]), \quad z_t = W_s \tilde h_t + b_s

    Equations 5 and 6, with one layer of GRU where the paper has four of LSTM. With
    ``input_feeding`` the step also reads :math:`\tilde h_{t-1}` (section 3.3, zeros at first), and
    has to wait for it; without, the network reads a whole target in one call.

    Args:
        vocab_size: size of the vocabulary.
        embedding_size: width of a token's vector.
        hidden_size: width of the state.
        memory_size: width of the memory, the encoder's output at one position.
        attention: ``"general"``, ``"dot"``, ``"concat"``, or Bahdanau's ``"additive"``. Default:
            ``"general"``.
        dropout: probability of dropping a feature of an embedding, or before the logits, while
            training, in [0, 1). Default: 0.
        input_feeding: read the last step's :math:`\tilde h` beside the token. Default: False.

    Shape:
        inputs ``(B, T)``, state ``(B, H)``, memory ``(B, Tk, M)``, mask broadcasts to ``(B, 1, 1,
        Tk)``; logits ``(B, T, V)``, weights ``(B, 1, T, Tk)``.

    Returns:
        ``(logits, weights)``: scores for the token after each input, and where each step looked.

    Raises:
        TypeError: if ids are not integers or ``mask`` is not boolean.
        ValueError: if an argument is out of range or a shape does not fit.

    Parameters: ``embedding.weight`` (V, E); ``attention``, as in :class:`AttentionDecoder`;
    ``rnn``, a GRU (E, H), with ``input_feeding`` (E + H, H); ``combine.weight`` (H, M + H);
    ``out``, a Linear (V, H).

    >>> decoder = LuongDecoder(11, 4, hidden_size=6, memory_size=5)
    >>> logits, weights = decoder(torch.tensor([[1, 7]]), torch.zeros(1, 6), torch.ones(1, 3, 5))
    >>> logits.shape, weights.shape
    (torch.Size([1, 2, 11]), torch.Size([1, 1, 2, 3]))
    """

    @views(check=arguments.luong_decoder)
    def __init__(
        self,
        vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        memory_size: int,
        attention: str = "general",
        dropout: float = 0.0,
        input_feeding: bool = False,
    ):
        super().__init__()
        self.hidden_size, self.memory_size = hidden_size, memory_size
        self.input_feeding = input_feeding
        fed_size = hidden_size if input_feeding else 0
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        if attention == "additive":
            self.attention = part(AdditiveAttention)(hidden_size, memory_size, hidden_size)
        else:
            self.attention = part(LuongAttention)(hidden_size, memory_size, attention)
        self.rnn = part(GRU)(embedding_size + fed_size, hidden_size)
        self.combine = nn.Linear(memory_size + hidden_size, hidden_size, bias=False)
        self.out = nn.Linear(hidden_size, vocab_size)

    @views(check=arguments.decode, fast=projecting.luong_decoder)
    def forward(
        self, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read ``inputs`` from ``state`` on, looking back at ``memory``."""
        words = self.dropout(self.embedding(inputs))  # (B, T, E)
        state, fed, memory, mask = self.start(state, memory, mask)
        features, weights = [], []
        # A step that reads what is fed back waits for the one before; else all are one call.
        size = 1 if self.input_feeding else inputs.size(1)
        for chunk in words.split(size, dim=1):  # (B, t, E)
            feature, looked, state, fed = self.advance(chunk, state, fed, memory, mask)
            features.append(feature)  # (B, t, H)
            weights.append(looked)  # (B, 1, t, Tk)
        features = torch.cat(features, dim=1)  # (B, T, H)
        logits = self.out(self.dropout(features))  # (B, T, V)
        return logits, torch.cat(weights, dim=2)  # (B, 1, T, Tk)

    def advance(
        self, words: Tensor, state: Tensor, fed: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Take one or more steps: move on to the new states, then look back from them."""
        if self.input_feeding:
            words = torch.cat([words, fed[:, None]], dim=2)  # (B, 1, E + H)
        outputs, last = self.rnn(words, state[None])  # (B, t, H), (1, B, H)
        context, weights = self.attention(outputs, memory, mask)  # (B, t, M), (B, 1, t, Tk)
        both = torch.cat([context, outputs], dim=2)  # (B, t, M + H)
        attentional = self.combine(both).tanh()  # (B, t, H)
        # The last one is for input feeding, and carried without it, too.
        return attentional, weights, last[0], attentional[:, -1]

    @views(check=arguments.start)
    def start(
        self, state: Tensor, memory: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Gather what is carried from step to step: state, what is fed back, memory and mask."""
        B, Tk, _ = memory.shape
        fed = torch.zeros_like(state)  # (B, H)
        everywhere = memory.new_ones(B, 1, 1, Tk, dtype=torch.bool)  # (B, 1, 1, Tk)
        mask = everywhere if mask is None else everywhere & mask  # (B, 1, 1, Tk)
        return state, fed, memory, mask

    def step(
        self, last_ids: Tensor, carried: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Score the next token of each row: what ``greedy_decode`` and ``beam_search`` ask for."""
        state, fed, memory, mask = carried
        word = self.dropout(self.embedding(last_ids[:, None]))  # (N, 1, E)
        features, _, state, fed = self.advance(word, state, fed, memory, mask)  # (N, 1, H)
        logits = self.out(self.dropout(features))  # (N, 1, V)
        return logits.squeeze(1), (state, fed, memory, mask)  # (N, V)
