"""Words in context: two language models, one in each direction, and a mix of their layers.

Peters et al. 2018, "Deep contextualized word representations" (ELMo).

Shapes: ``B`` batch, ``T`` positions, ``V`` vocabulary, ``H`` = hidden_size, ``L`` layers to mix,
``D`` their width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import elmo as arguments
from unrolled.parts import part
from unrolled.recurrent import LSTM, reverse_padded
from unrolled.training import sequence_loss
from unrolled.views import views

__all__ = ["BiLM", "ScalarMix", "bilm_loss", "elmo_mix", "elmo_targets"]


@views(check=arguments.elmo_targets)
def elmo_targets(ids: Tensor, pad_id: int, ignore_id: int = -100) -> tuple[Tensor, Tensor]:
    r"""Say what each position has to predict: the next token, and the one before.

    .. math:: \sum_{k=1}^{N} \log p(t_k \mid t_1, \dots, t_{k-1})
        + \log p(t_k \mid t_{k+1}, \dots, t_N)

    Peters et al. 2018, section 3.1: the sum that is maximised. A forward state has seen its
    position and all before it, so it predicts the next token; a backward state predicts the
    previous one.

    Args:
        ids: sentences, filled up with ``pad_id``.
        pad_id: the id that means "nothing here".
        ignore_id: stands where there is nothing to predict. Default: -100, which torch's
            cross-entropy leaves out.

    Shape:
        ids ``(B, T)``, both results ``(B, T)``.

    Returns:
        ``(forward, backward)``: the token after each position and the token before it;
        ``ignore_id`` at padding, at the last real position (forward) and the first (backward).

    Raises:
        ValueError: if ``ids`` is not ``(B, T)``, is empty, or has a row of padding alone.
        TypeError: if ``ids`` holds no integers.

    >>> forward, backward = elmo_targets(torch.tensor([[5, 6, 7, 0]]), pad_id=0)
    >>> forward, backward
    (tensor([[   6,    7, -100, -100]]), tensor([[-100,    5,    6, -100]]))
    """
    nothing = torch.full_like(ids[:, :1], pad_id)  # (B, 1)
    following = torch.cat([ids[:, 1:], nothing], dim=1)  # (B, T)
    previous = torch.cat([nothing, ids[:, :-1]], dim=1)  # (B, T)
    padding = ids == pad_id
    forward = following.masked_fill(padding | (following == pad_id), ignore_id)
    backward = previous.masked_fill(padding | (previous == pad_id), ignore_id)
    return forward, backward


@views(check=arguments.elmo_mix)
def elmo_mix(layers: Tensor, scores: Tensor, gamma: Tensor) -> Tensor:
    r"""Average the layers of a language model with weights that a task learns.

    .. math:: \mathrm{ELMo}_k = \gamma \sum_{j} \mathrm{softmax}(s)_j \, h_{k, j}

    Peters et al. 2018, equation 1.

    Args:
        layers: what each layer says about each position, the token layer first.
        scores: one score a layer, before the softmax.
        gamma: scales the whole.

    Shape:
        layers ``(L, B, T, D)``, scores ``(L,)``, gamma ``()``; result ``(B, T, D)``.

    Returns:
        The mixed representation of every position.

    Raises:
        ValueError: if shapes do not fit or ``layers`` is empty.
        TypeError: if an argument is not floating point.

    >>> layers = torch.tensor([1.0, 3.0]).view(2, 1, 1, 1)
    >>> elmo_mix(layers, torch.zeros(2), torch.tensor(10.0))
    tensor([[[20.]]])
    """
    weights = scores.softmax(dim=0)  # (L,)
    return gamma * torch.einsum("l,lbtd->btd", weights, layers)  # (B, T, D)


class ScalarMix(nn.Module):
    """The weights of :func:`elmo_mix`, for a task to learn: at first the plain average.

    Args:
        n_layers: how many layers are mixed, at least 1.

    Shape:
        layers ``(L, B, T, D)``, result ``(B, T, D)``.

    Returns:
        The mixed representation of every position.

    Raises:
        ValueError: if ``n_layers`` is below 1 or ``layers`` does not fit.
        TypeError: if ``layers`` is not floating point.

    Parameters: ``scores`` (L,), ``gamma`` ().

    It leaves out the layer normalisation that the paper's section 3.2 mentions as a help in some
    cases.

    >>> ScalarMix(3)(torch.ones(3, 1, 2, 4)).shape
    torch.Size([1, 2, 4])
    """

    @views(check=arguments.scalar_mix)
    def __init__(self, n_layers: int):
        super().__init__()
        self._mix = part(elmo_mix)
        self.scores = nn.Parameter(torch.zeros(n_layers))
        self.gamma = nn.Parameter(torch.ones(()))

    @views(check=arguments.mix)
    def forward(self, layers: Tensor) -> Tensor:
        """Mix the layers of every position."""
        return self._mix(layers, self.scores, self.gamma)


class BiLM(nn.Module):
    """A language model in each direction, which share their token vectors and their last layer.

    Peters et al. 2018, section 3.1. The two stacks of LSTMs stay apart to the top. One stack whose
    layers read both directions below them (what ``LSTM(bidirectional=True, num_layers=2)`` is)
    would let each position look at the token it has to predict. From the second layer on, a layer's
    input is added to its output, as in section 3.4.

    The paper builds its token vectors from characters and projects each layer's 4096 features to
    512; here a token has a row of a table, as wide as the layers.

    Args:
        vocab_size: number of different tokens, at least 1.
        hidden_size: width of a token's vector and of each direction's states, at least 1.
        num_layers: LSTM layers in each direction, at least 1. Default: 2, as in the paper.
        dropout: probability of dropping a value of what an LSTM or the last layer reads, while
            training, in [0, 1). Default: 0.
        pad_id: the id of padding, which stands behind a sentence. Default: 0.

    Shape:
        ids ``(B, T)``, both results ``(B, T, V)``; ``representations(ids)`` ``(L, B, T, 2 * H)``
        with L = num_layers + 1.

    Returns:
        ``(forward, backward)``: scores for the next token, and for the one before.

    Raises:
        ValueError: if an argument is out of range, ``ids`` is not ``(B, T)`` or is empty, an id is
            out of range, a row is padding alone, or padding stands before a token.
        TypeError: if ``ids`` holds no integers.

    Parameters: ``embedding`` (V, H); ``forward_layers.{k}`` and ``backward_layers.{k}``, each an
    LSTM (H, H); ``output``, a Linear (V, H).

    >>> model = BiLM(vocab_size=9, hidden_size=4)
    >>> forward, backward = model(torch.tensor([[5, 6, 7, 0]]))
    >>> forward.shape, model.representations(torch.tensor([[5, 6, 7, 0]])).shape
    (torch.Size([1, 4, 9]), torch.Size([3, 1, 4, 8]))
    """

    @views(check=arguments.bilm)
    def __init__(
        self,
        vocab_size: int,
        hidden_size: int,
        num_layers: int = 2,
        dropout: float = 0.0,
        pad_id: int = 0,
    ):
        super().__init__()
        self.vocab_size, self.pad_id, self.dropout = vocab_size, pad_id, dropout
        self._reverse = part(reverse_padded)
        self.embedding = nn.Embedding(vocab_size, hidden_size)
        self.forward_layers = nn.ModuleList(
            part(LSTM)(hidden_size, hidden_size) for _ in range(num_layers)
        )
        self.backward_layers = nn.ModuleList(
            part(LSTM)(hidden_size, hidden_size) for _ in range(num_layers)
        )
        self.output = nn.Linear(hidden_size, vocab_size)

    @views(check=arguments.read)
    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Score every token as the next of each position, and as the one before it."""
        forward, backward = (self._drop(stack[-1]) for stack in self._read(ids))  # (B, T, H) each
        return self.output(forward), self.output(backward)  # (B, T, V) each

    @views(check=arguments.read)
    def representations(self, ids: Tensor) -> Tensor:
        """Return what every layer says about every position, the token's own vector first.

        Args:
            ids: sentences, ``(B, T)``.

        Returns:
            ``(L, B, T, 2 * H)``, forward states beside backward ones, for :func:`elmo_mix`. The
            token layer, which knows no direction, stands there twice; padding is zero.

        Raises:
            ValueError, TypeError: as the model itself.
        """
        forward, backward = (torch.stack(stack) for stack in self._read(ids))  # (L, B, T, H) each
        return torch.cat([forward, backward], dim=-1)  # (L, B, T, 2 * H)

    def _read(self, ids: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The token vectors and the states of every layer, (B, T, H) each, for each direction."""
        real = ids != self.pad_id
        lengths = real.sum(dim=1)  # (B,)
        tokens = self.embedding(ids).masked_fill(~real.unsqueeze(-1), 0.0)  # (B, T, H)
        forward = self._stack(self.forward_layers, tokens, lengths)
        backward = self._stack(self.backward_layers, self._reverse(tokens, lengths), lengths)
        return forward, [self._reverse(states, lengths) for states in backward]

    def _stack(self, layers: nn.ModuleList, x: Tensor, lengths: Tensor) -> list[Tensor]:
        """Read ``x`` (B, T, H) with layer upon layer; return it and what each layer says."""
        found = [x]
        for layer in layers:
            states, _ = layer(self._drop(x), lengths=lengths)  # (B, T, H)
            x = states if len(found) == 1 else x + states
            found.append(x)
        return found

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


@views(check=arguments.bilm_loss)
def bilm_loss(logits: tuple[Tensor, Tensor], ids: Tensor, pad_id: int) -> Tensor:
    r"""Mean surprise, in nats, of both directions of a :class:`BiLM`.

    .. math:: L = -\frac{1}{2M} \sum_{k} \log p(t_k \mid t_1, \dots, t_{k-1})
        + \log p(t_k \mid t_{k+1}, \dots, t_N)

    Peters et al. 2018, section 3.1, as a mean over the M tokens that each direction predicts. The
    first token of a sentence has nothing before it to be predicted from, nor the last behind it.

    Args:
        logits: the model's scores, forward and backward.
        ids: the sentences that the model read.
        pad_id: the id of padding.

    Shape:
        logits two of ``(B, T, V)``, ids ``(B, T)``, result ``()``.

    Returns:
        The loss.

    Raises:
        ValueError: if shapes do not fit, an id is out of range, a row is padding alone, or no
            sentence has two tokens.
        TypeError: if ``logits`` is not a pair of floating-point tensors or ``ids`` is not int64.

    >>> scores = torch.zeros(1, 3, 4)
    >>> bilm_loss((scores, scores), torch.tensor([[2, 1, 3]]), pad_id=0)   # log 4
    tensor(1.3863)
    """
    forward, backward = elmo_targets(ids, pad_id)  # (B, T) each
    return (sequence_loss(logits[0], forward, None) + sequence_loss(logits[1], backward, None)) / 2
