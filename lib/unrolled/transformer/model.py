"""The Transformer: it reads a sentence in one language and writes it in another.

Shapes: ``B`` batch, ``Ts`` source positions, ``Tt`` target positions, ``D`` = d_model, ``V`` words
of the target language. Every mask is boolean, **True = may attend**.
"""

from __future__ import annotations

from torch import Tensor, nn

from unrolled.arguments import transformer as arguments
from unrolled.attention import causal_mask, padding_mask
from unrolled.parts import part
from unrolled.positions import (
    AlibiAttention,
    LearnedPositions,
    RotaryAttention,
    SinusoidalPositions,
)
from unrolled.transformer.stacks import TransformerDecoder, TransformerEncoder
from unrolled.views import views

__all__ = ["Transformer"]

TABLES = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions}
ATTENTIONS = {"rotary": RotaryAttention, "alibi": AlibiAttention}


class Transformer(nn.Module):
    r"""Encoder and decoder stacks between embeddings and a score for every word.

    .. math:: x_t = \sqrt{d_{model}} \, E_{w_t} + PE_t

    Vaswani et al. 2017, section 3, and 3.4 for the scaled embeddings. The encoder reads the source
    once. The decoder predicts from the target's tokens up to ``t``, and from the memory of the
    source, the token at ``t + 1``. The defaults are the paper's base model.

    Args:
        source_vocab_size: number of source tokens.
        target_vocab_size: number of target tokens.
        d_model: width of the model. Default: 512.
        n_heads: number of heads; divides ``d_model``. Default: 8.
        n_layers: layers of the encoder, and of the decoder. Default: 6.
        d_ff: width inside the feed-forward networks. Default: 2048.
        dropout: probability of dropping while training, in [0, 1). Default: 0.1.
        activation: ``"relu"``, ``"gelu"`` or ``"gelu_tanh"``. Default: ``"relu"``.
        norm_first: pre-norm layers, and a final norm on both stacks. Default: False.
        positions: ``"sinusoidal"``, ``"learned"``, ``"rotary"``, ``"alibi"`` or ``"none"``. Rotary
            and ALiBi act in self-attention alone; for ALiBi end each source with a token of its
            own (see :func:`alibi_bias`). Default: ``"sinusoidal"``.
        tied: which weights are one: ``"none"``; ``"target"``, the target's embedding and the
            generator; ``"all"``, both embeddings and the generator, as in the paper (one vocabulary
            for both languages). Default: ``"none"``.
        max_len: number of learned positions, or of those in the sinusoidal table. Default: 512.
        pad_id: the id, in both vocabularies, that means "nothing here". Default: 0.

    Shape:
        source ``(B, Ts)``, target ``(B, Tt)``, logits ``(B, Tt, V)``.

    Returns:
        Logits: row ``t`` scores what follows the target's token ``t``.

    Raises:
        TypeError: if ids are not integers.
        ValueError: if an argument is out of range, an id is not in its vocabulary, a batch or a
            sentence is empty, or batch sizes differ.

    Parameters: ``source_embedding``, ``target_embedding``, ``generator``, those of ``encoder`` and
    ``decoder``, and of ``source_positions`` and ``target_positions`` if they are learned. Matrices
    start as Xavier's uniform (Glorot and Bengio 2010), embeddings with variance ``1 / d_model``.

    Its stacks match those of ``nn.Transformer`` within 1e-5 (float32) and 1e-10 (float64).

    >>> model = Transformer(11, 13, d_model=8, n_heads=2, n_layers=1, d_ff=32)
    >>> model(torch.tensor([[4, 5, 6]]), torch.tensor([[1, 7]])).shape
    torch.Size([1, 2, 13])
    """

    @views(check=arguments.transformer)
    def __init__(
        self,
        source_vocab_size: int,
        target_vocab_size: int,
        d_model: int = 512,
        n_heads: int = 8,
        n_layers: int = 6,
        d_ff: int = 2048,
        dropout: float = 0.1,
        activation: str = "relu",
        norm_first: bool = False,
        positions: str = "sinusoidal",
        tied: str = "none",
        max_len: int = 512,
        pad_id: int = 0,
    ):
        super().__init__()
        layer = {"dropout": dropout, "activation": activation, "norm_first": norm_first}
        if positions in ATTENTIONS:
            layer["attention"] = ATTENTIONS[positions]
        self.pad_id = pad_id
        self.scale = d_model**0.5
        self.source_embedding = nn.Embedding(source_vocab_size, d_model)
        self.target_embedding = nn.Embedding(target_vocab_size, d_model)
        self.source_positions = _positions(positions, max_len, d_model)
        self.target_positions = _positions(positions, max_len, d_model)
        self.encoder = part(TransformerEncoder)(n_layers, d_model, n_heads, d_ff, **layer)
        self.decoder = part(TransformerDecoder)(n_layers, d_model, n_heads, d_ff, **layer)
        self.generator = nn.Linear(d_model, target_vocab_size)
        self.dropout = nn.Dropout(dropout)
        self._padding, self._causal = part(padding_mask), part(causal_mask)
        _initialise(self, self.source_embedding, self.target_embedding)
        if tied != "none":
            self.generator.weight = self.target_embedding.weight
        if tied == "all":
            self.source_embedding.weight = self.target_embedding.weight

    @views(check=arguments.translate)
    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Score what follows each target token, all positions at once (teacher forcing)."""
        memory, memory_mask = self.encode(source)
        return self.generator(self.decode(target, memory, memory_mask))  # (B, Tt, V)

    @views(check=arguments.encode)
    def encode(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Read the source: what it says, ``(B, Ts, D)``, and where it may be looked at."""
        mask = self._padding(source, self.pad_id)  # (B, 1, 1, Ts)
        x = self.source_embedding(source) * self.scale  # (B, Ts, D)
        x = self.dropout(self.source_positions(x))
        return self.encoder(x, mask), mask

    @views(check=arguments.decode)
    def decode(self, target: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """Read the target up to each position, and the memory: features ``(B, Tt, D)``."""
        causal = self._causal(target.size(1), device=target.device)  # (Tt, Tt)
        mask = self._padding(target, self.pad_id) & causal  # (B, 1, Tt, Tt)
        x = self.target_embedding(target) * self.scale  # (B, Tt, D)
        x = self.dropout(self.target_positions(x))
        return self.decoder(x, memory, mask, memory_mask)


def _positions(kind: str, max_len: int, d_model: int) -> nn.Module:
    return part(TABLES[kind])(max_len, d_model) if kind in TABLES else nn.Identity()


def _initialise(model: nn.Module, *embeddings: nn.Embedding) -> None:
    for weight in model.parameters():
        if weight.dim() > 1:
            nn.init.xavier_uniform_(weight)
    for embedding in embeddings:
        nn.init.normal_(embedding.weight, std=1 / embedding.embedding_dim**0.5)
