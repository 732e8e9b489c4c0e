"""Decoders that look back at the source before or after each step.

Shapes: ``B`` batch, ``T`` target positions, ``Tk`` source positions, ``E`` = embedding_size, ``H``
= hidden_size, ``M`` = memory_size, ``V`` vocabulary. What is carried from step to step has the
batch first, so that beams can reorder it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from unrolled.alignment.scores import AdditiveAttention, LuongAttention
from unrolled.arguments import alignment as arguments
from unrolled.parts import part
from unrolled.recurrent import GRU, GRUCell
from unrolled.views import views

__all__ = ["AttentionDecoder", "LuongDecoder"]

#: Decoder state, vector fed back or None, memory, its mask or None, its projection or None.
Carried = tuple[Tensor, Tensor | None, Tensor, Tensor | None, Tensor | None]


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
        dropout: probability of dropping a feature of an embedding, or before the scores, while
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
        self.attention = self.make_attention(attention)
        self.cell = part(GRUCell)(embedding_size + memory_size, hidden_size)
        self.out = nn.Linear(hidden_size + memory_size + embedding_size, vocab_size)

    def make_attention(self, name: str) -> nn.Module:
        """Make the attention that is asked for by name."""
        if name == "additive":
            return part(AdditiveAttention)(self.hidden_size, self.memory_size, self.hidden_size)
        return part(LuongAttention)(self.hidden_size, self.memory_size, name)

    @views(check=arguments.decode)
    def forward(
        self, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read ``inputs`` one by one from ``state`` on, looking back at ``memory``."""
        embedded = self.dropout(self.embedding(inputs))  # (B, T, E)
        carried = self.start(state, memory, mask)
        features, weights = [], []
        for t in range(inputs.size(1)):
            feature, weight, carried = self.advance(embedded[:, t : t + 1], carried)
            features.append(feature)
            weights.append(weight)
        features = torch.cat(features, dim=1)  # (B, T, H + M + E)
        return self.out(self.dropout(features)), torch.cat(weights, dim=2)  # (B, 1, T, Tk)

    def advance(self, embedded: Tensor, carried: Carried) -> tuple[Tensor, Tensor, Carried]:
        """Take one step: look back from the old state, then move on to the new one."""
        state, fed, memory, mask, projected = carried
        context, weights = self.look(state[:, None], carried)  # (B, 1, M), (B, 1, 1, Tk)
        read = torch.cat([embedded, context], dim=2)  # (B, 1, E + M)
        state = self.cell(read.squeeze(1), state)  # (B, H)
        features = torch.cat([state[:, None], context, embedded], dim=2)  # (B, 1, H + M + E)
        return features, weights, (state, fed, memory, mask, projected)

    def look(self, query: Tensor, carried: Carried) -> tuple[Tensor, Tensor]:
        """Gather from the memory what ``query`` asks for; use its projection, if there is one."""
        _, _, memory, mask, projected = carried
        known = () if projected is None else (projected,)
        return self.attention(query, memory, mask, *known)

    def start(self, state: Tensor, memory: Tensor, mask: Tensor | None = None) -> Carried:
        """Gather what is carried from step to step; the memory is projected once, here."""
        if mask is not None:
            mask = mask.expand(memory.size(0), 1, 1, memory.size(1))  # (B, 1, 1, Tk)
        project = getattr(self.attention, "project", None)  # a part of one's own need not have it
        return state, None, memory, mask, None if project is None else project(memory)

    def step(self, last_ids: Tensor, carried: Carried) -> tuple[Tensor, Carried]:
        """Score the next token of each row: what ``greedy_decode`` and ``beam_search`` ask for."""
        embedded = self.dropout(self.embedding(last_ids[:, None]))  # (N, 1, E)
        features, _, carried = self.advance(embedded, carried)
        return self.out(self.dropout(features)).squeeze(1), carried  # (N, V)


class LuongDecoder(AttentionDecoder):
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
        dropout: probability of dropping a feature of an embedding, or before the scores, while
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

    Parameters: ``embedding.weight`` (V, E); ``attention`` (H, M); ``rnn``, a GRU (E, H), with
    ``input_feeding`` (E + H, H); ``combine.weight`` (H, M + H); ``out``, a Linear (V, H).

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
        nn.Module.__init__(self)  # Bahdanau's decoder would make a cell of other sizes
        self.hidden_size, self.memory_size = hidden_size, memory_size
        self.input_feeding = input_feeding
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.attention = self.make_attention(attention)
        fed_size = hidden_size if input_feeding else 0
        self.rnn = part(GRU)(embedding_size + fed_size, hidden_size)
        self.combine = nn.Linear(memory_size + hidden_size, hidden_size, bias=False)
        self.out = nn.Linear(hidden_size, vocab_size)

    @views(check=arguments.decode)
    def forward(
        self, inputs: Tensor, state: Tensor, memory: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read ``inputs`` from ``state`` on, looking back at ``memory``."""
        if self.input_feeding:
            return super().forward(inputs, state, memory, mask)
        embedded = self.dropout(self.embedding(inputs))  # (B, T, E)
        features, weights, _ = self.advance(embedded, self.start(state, memory, mask))
        return self.out(self.dropout(features)), weights  # (B, T, V)

    def advance(self, embedded: Tensor, carried: Carried) -> tuple[Tensor, Tensor, Carried]:
        """Take one or more steps: move on to the new states, then look back from them."""
        state, fed, memory, mask, projected = carried
        read = embedded if fed is None else torch.cat([embedded, fed], dim=2)  # (B, T, E + H)
        outputs, last = self.rnn(read, state[None])  # (B, T, H), (1, B, H)
        context, weights = self.look(outputs, carried)  # (B, T, M), (B, 1, T, Tk)
        attentional = self.combine(torch.cat([context, outputs], dim=2)).tanh()  # (B, T, H)
        fed = None if fed is None else attentional[:, -1:]  # (B, 1, H)
        return attentional, weights, (last[0], fed, memory, mask, projected)

    def start(self, state: Tensor, memory: Tensor, mask: Tensor | None = None) -> Carried:
        """Gather what is carried from step to step; at first zeros are fed back."""
        carried = super().start(state, memory, mask)
        fed = torch.zeros_like(state)[:, None] if self.input_feeding else None  # (B, 1, H)
        return (carried[0], fed, *carried[2:])
