"""How well each source position fits what the decoder looks for, and the average that follows.

Shapes: ``B`` batch, ``Tq`` queries (decoder states), ``Tk`` keys (source positions), ``Dq`` =
query_size, ``Dk`` = key_size, ``A`` = hidden_size. A mask is boolean, **True = may attend**.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from unrolled.arguments import alignment as arguments
from unrolled.basics import masked_softmax
from unrolled.views import views

__all__ = ["AdditiveAttention", "LuongAttention"]


def _additive(
    layer: AdditiveAttention,
    query: Tensor,
    keys: Tensor,
    mask: Tensor | None = None,
    projected: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The same for a caller who has ``project(keys)`` at hand."""
    keyed = layer.project(keys) if projected is None else projected  # (B, Tk, A)
    return _by_network(layer, layer.q_proj(query), keyed, keys, mask)


def _luong(
    layer: LuongAttention,
    query: Tensor,
    keys: Tensor,
    mask: Tensor | None = None,
    projected: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The same for a caller who has ``project(keys)`` at hand."""
    keyed = layer.project(keys) if projected is None else projected  # (B, Tk, Dq or A)
    if layer.score == "concat":
        asked = F.linear(query, layer.w.weight[:, : layer.query_size])  # (B, Tq, A)
        return _by_network(layer, asked, keyed, keys, mask)
    return _averaged(query @ keyed.transpose(1, 2), keys, mask)


def _by_network(
    layer: nn.Module, asked: Tensor, keyed: Tensor, keys: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    pairs = asked[:, :, None] + keyed[:, None]  # (B, Tq, Tk, A)
    return _averaged(layer.v(pairs.tanh()).squeeze(-1), keys, mask)


def _averaged(scores: Tensor, keys: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    shares = masked_softmax(scores.unsqueeze(1), mask)  # (B, 1, Tq, Tk)
    return shares.squeeze(1) @ keys, shares  # (B, Tq, Dk), (B, 1, Tq, Tk)


class AdditiveAttention(nn.Module):
    r"""Score a key by a small network that reads query and key together.

    .. math::
        e_{ij} = v_a^\top \tanh(W_a s_{i-1} + U_a h_j), \quad
        \alpha_{ij} = \frac{e^{e_{ij}}}{\sum_k e^{e_{ik}}}, \quad
        c_i = \sum_j \alpha_{ij} h_j

    Bahdanau et al. 2015, equations 5 and 6 and section A.1.2. The query is the state *before* the
    step. There are no biases, as the paper is written.

    The keys' share of the scores can be computed once, by ``project(keys)``, and handed over with
    every query: ``layer(query, keys, mask, projected)``.

    Args:
        query_size: width of a query, at least 1.
        key_size: width of a key, at least 1.
        hidden_size: width inside the network, at least 1.

    Shape:
        query ``(B, Tq, Dq)``, keys ``(B, Tk, Dk)``, mask broadcasts to ``(B, 1, Tq, Tk)``;
        context ``(B, Tq, Dk)``, weights ``(B, 1, Tq, Tk)``.

    Returns:
        ``(context, weights)``: for every query the average of the keys, and how much each counts. A
        query that may attend nowhere gets zeros for both.

    Raises:
        TypeError: if query or keys are not floating point, or ``mask`` is not boolean.
        ValueError: if a size is below 1 or a shape does not fit.

    Parameters: ``q_proj.weight`` (A, Dq), the paper's W_a; ``k_proj.weight`` (A, Dk), its U_a;
    ``v.weight`` (1, A), its v_a.

    >>> context, weights = AdditiveAttention(4, 6, 5)(torch.zeros(1, 2, 4), torch.ones(1, 3, 6))
    >>> context.shape, weights.shape
    (torch.Size([1, 2, 6]), torch.Size([1, 1, 2, 3]))
    """

    @views(check=arguments.additive)
    def __init__(self, query_size: int, key_size: int, hidden_size: int):
        super().__init__()
        self.query_size, self.key_size = query_size, key_size
        self.q_proj = nn.Linear(query_size, hidden_size, bias=False)
        self.k_proj = nn.Linear(key_size, hidden_size, bias=False)
        self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys: Tensor) -> Tensor:
        """Return the keys' share of the scores, which no query changes."""
        return self.k_proj(keys)  # (B, Tk, A)

    @views(check=arguments.attend, fast=_additive)
    def forward(
        self, query: Tensor, keys: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend from ``query`` to ``keys``."""
        q = self.q_proj(query)[:, :, None]  # (B, Tq, 1, A)
        k = self.project(keys)[:, None]  # (B, 1, Tk, A)
        scores = self.v((q + k).tanh()).squeeze(-1)  # (B, Tq, Tk)
        weights = masked_softmax(scores.unsqueeze(1), mask)  # (B, 1, Tq, Tk)
        return weights.squeeze(1) @ keys, weights  # (B, Tq, Dk), (B, 1, Tq, Tk)


class LuongAttention(nn.Module):
    r"""Score a key by a product with the query, or by a network that reads both.

    .. math::
        \mathrm{score}(h_t, \bar h_s) = \begin{cases}
            h_t^\top \bar h_s & \text{dot} \\
            h_t^\top W_a \bar h_s & \text{general} \\
            v_a^\top \tanh(W_a [h_t; \bar h_s]) & \text{concat}
        \end{cases}

    Luong et al. 2015, section 3.1 (global attention); softmax and average as in
    :class:`AdditiveAttention`. The query is the state *after* the step. The keys' share of the
    scores can be computed once, by ``project(keys)``, and handed over with every query.

    Args:
        query_size: width of a query, at least 1.
        key_size: width of a key, at least 1; equal to ``query_size`` for ``"dot"``.
        score: ``"general"``, ``"dot"`` or ``"concat"``. Default: ``"general"``.
        hidden_size: width inside the network of ``"concat"``, at least 1. Default: ``query_size``.

    Shape:
        query ``(B, Tq, Dq)``, keys ``(B, Tk, Dk)``, mask broadcasts to ``(B, 1, Tq, Tk)``;
        context ``(B, Tq, Dk)``, weights ``(B, 1, Tq, Tk)``.

    Returns:
        ``(context, weights)``: for every query the average of the keys, and how much each counts. A
        query that may attend nowhere gets zeros for both.

    Raises:
        TypeError: if query or keys are not floating point, or ``mask`` is not boolean.
        ValueError: if a size is below 1, ``score`` is unknown, or a shape does not fit.

    Parameters: for ``"general"`` ``w.weight`` (Dq, Dk); for ``"concat"`` ``w.weight`` (A, Dq + Dk)
    and ``v.weight`` (1, A); for ``"dot"`` none.

    >>> keys = torch.tensor([[[2.0, 0.0], [0.0, 2.0]]])
    >>> context, weights = LuongAttention(2, 2, "dot")(torch.tensor([[[1.0, 0.0]]]), keys)
    >>> weights
    tensor([[[[0.8808, 0.1192]]]])
    """

    @views(check=arguments.luong)
    def __init__(
        self,
        query_size: int,
        key_size: int,
        score: str = "general",
        hidden_size: int | None = None,
    ):
        super().__init__()
        self.query_size, self.key_size, self.score = query_size, key_size, score
        if score == "general":
            self.w = nn.Linear(key_size, query_size, bias=False)
        if score == "concat":
            hidden_size = query_size if hidden_size is None else hidden_size
            self.w = nn.Linear(query_size + key_size, hidden_size, bias=False)
            self.v = nn.Linear(hidden_size, 1, bias=False)

    def project(self, keys: Tensor) -> Tensor:
        """Return the keys' share of the scores, which no query changes."""
        if self.score == "dot":
            return keys  # (B, Tk, Dk)
        if self.score == "general":
            return self.w(keys)  # (B, Tk, Dq)
        return F.linear(keys, self.w.weight[:, self.query_size :])  # (B, Tk, A)

    @views(check=arguments.attend, fast=_luong)
    def forward(
        self, query: Tensor, keys: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend from ``query`` to ``keys``."""
        keyed = self.project(keys)  # (B, Tk, Dq or A)
        if self.score == "concat":
            asked = F.linear(query, self.w.weight[:, : self.query_size])  # (B, Tq, A)
            both = asked[:, :, None] + keyed[:, None]  # (B, Tq, Tk, A)
            scores = self.v(both.tanh()).squeeze(-1)  # (B, Tq, Tk)
        else:
            scores = query @ keyed.transpose(1, 2)  # (B, Tq, Tk)
        weights = masked_softmax(scores.unsqueeze(1), mask)  # (B, 1, Tq, Tk)
        return weights.squeeze(1) @ keys, weights  # (B, Tq, Dk), (B, 1, Tq, Tk)
