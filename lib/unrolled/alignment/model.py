"""The whole translator with attention: encoder, decoder and what joins them.

Shapes: ``B`` batch, ``Ts`` source and ``Tt`` target positions, ``H`` = hidden_size, ``V``
vocabulary.
"""

from __future__ import annotations

from torch import Tensor, nn

from unrolled.alignment.decoders import AttentionDecoder, LuongDecoder
from unrolled.arguments import alignment as arguments
from unrolled.parts import part
from unrolled.seq2seq import Encoder, last_state, shift_right
from unrolled.views import views

__all__ = ["AttentionSeq2Seq"]


class AttentionSeq2Seq(nn.Module):
    r"""Translate with a memory of every source position instead of one vector.

    .. math:: s_0 = \tanh(W_s \overleftarrow{h}_1 + b_s)

    Bahdanau et al. 2015, sections 3 and A.2.2: a bidirectional GRU reads the source, and the
    decoder starts from the backward state at the first word, which has read the whole sentence.
    With ``bidirectional=False`` it starts from the last forward state in the same way. Padding is
    masked.

    Args:
        source_vocab_size: size of the source's vocabulary.
        target_vocab_size: size of the target's vocabulary.
        embedding_size: width of a token's vector.
        hidden_size: width of the states, of each direction in the encoder.
        decoder: ``"bahdanau"`` (:class:`AttentionDecoder`), ``"luong"`` or ``"luong-fed"``
            (:class:`LuongDecoder`, the second with input feeding). Default: ``"bahdanau"``.
        attention: ``"additive"``, ``"general"``, ``"dot"`` (needs ``bidirectional=False``) or
            ``"concat"``. Default: the decoder's own.
        dropout: see :class:`AttentionDecoder`. Default: 0.
        bidirectional: the encoder also reads from right to left. Default: True.
        pad_id: what fills up short source sentences. Default: 0.
        bos_id: what the target begins with. Default: 1.

    Shape:
        source ``(B, Ts)``, target ``(B, Tt)``; logits ``(B, Tt, V)``, weights ``(B, 1, Tt, Ts)``.

    Returns:
        Scores for each token of ``target``, given the source and the target tokens before it, or
        ``(logits, weights)`` if ``need_weights``: the alignment, one row a target token.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an argument is out of range, a shape does not fit, an id is not in its
            vocabulary, or a source sentence holds padding before a token or alone.

    Parameters: ``encoder``, an :class:`Encoder`; ``bridge``, a Linear (H, H); ``decoder``.

    >>> model = AttentionSeq2Seq(11, 13, embedding_size=4, hidden_size=6)
    >>> source, target = torch.tensor([[5, 6, 0]]), torch.tensor([[7, 8, 9, 2]])
    >>> logits, weights = model(source, target, need_weights=True)
    >>> logits.shape, weights.shape
    (torch.Size([1, 4, 13]), torch.Size([1, 1, 4, 3]))
    >>> weights[0, 0, :, 2]   # nothing at padding
    tensor([0., 0., 0., 0.], grad_fn=<SelectBackward0>)
    """

    @views(check=arguments.model)
    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        embedding_size: int,
        hidden_size: int,
        decoder: str = "bahdanau",
        attention: str | None = None,
        dropout: float = 0.0,
        bidirectional: bool = True,
        pad_id: int = 0,
        bos_id: int = 1,
    ):
        super().__init__()
        self.source_vocab_size, self.target_vocab_size = source_vocab_size, target_vocab_size
        self.hidden_size, self.bidirectional = hidden_size, bidirectional
        self.pad_id, self.bos_id = pad_id, bos_id
        self.encoder = part(Encoder)(
            source_vocab_size,
            embedding_size,
            hidden_size,
            dropout=dropout,
            bidirectional=bidirectional,
        )
        self.bridge = nn.Linear(hidden_size, hidden_size)
        memory_size = 2 * hidden_size if bidirectional else hidden_size
        options = {"dropout": dropout} | ({} if attention is None else {"attention": attention})
        if decoder != "bahdanau":
            options["input_feeding"] = decoder == "luong-fed"
        self.decoder = part(AttentionDecoder if decoder == "bahdanau" else LuongDecoder)(
            target_vocab_size, embedding_size, hidden_size, memory_size, **options
        )
        self._last_state, self._shift_right = part(last_state), part(shift_right)

    @views(check=arguments.translate)
    def forward(
        self, source: Tensor, target: Tensor, need_weights: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Score ``target``, reading the true token before each (teacher forcing)."""
        inputs = self._shift_right(target, self.bos_id)  # (B, Tt)
        logits, weights = self.decoder(inputs, *self.read(source))  # (B, Tt, V)
        return (logits, weights) if need_weights else logits

    @views(check=arguments.read)
    def read(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read the source; return the decoder's first state, the memory and its mask."""
        real = source != self.pad_id  # (B, Ts)
        lengths = real.sum(dim=1)  # (B,)
        memory, _ = self.encoder(source, lengths)  # (B, Ts, M)
        if self.bidirectional:
            whole = memory[:, 0, self.hidden_size :]  # (B, H): the backward state at the first word
        else:
            whole = self._last_state(memory, lengths)  # (B, H)
        return self.bridge(whole).tanh(), memory, real[:, None, None]  # (B, 1, 1, Ts)

    def start(self, source: Tensor) -> tuple[Tensor, ...]:
        """Read the source; return the state that :meth:`step` starts from, batch first."""
        return self.decoder.start(*self.read(source))

    def step(
        self, last_ids: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Score the next token of each row: what ``greedy_decode`` and ``beam_search`` ask for."""
        return self.decoder.step(last_ids, state)  # (N, V)
