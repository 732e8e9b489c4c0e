"""Losses over sequences: the mean surprise per real token, padding left out.

One rule for all: a target equal to ``pad_id`` is not scored, nor is one of -100, torch's mark for
"nothing to predict here". The sum runs over all real tokens of the batch and is divided by their
number, so a long sentence counts for more than a short one and padding for nothing.

Shapes: ``B`` batch, ``T`` positions, ``V`` vocabulary; ``...`` any leading axes.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from unrolled.arguments import training as arguments
from unrolled.views import views

__all__ = ["label_smoothing_loss", "language_model_loss", "sequence_loss"]

NOTHING = -100  # the target where nothing is predicted, as in torch and Hugging Face


def _marked(targets: Tensor, pad_id: int | None) -> Tensor:
    """Give padding the mark that ``F.cross_entropy`` leaves out."""
    return targets if pad_id is None else targets.masked_fill(targets == pad_id, NOTHING)


def _fused_sequence_loss(logits: Tensor, targets: Tensor, pad_id: int | None) -> Tensor:
    """The same mean in one kernel."""
    return F.cross_entropy(logits.flatten(0, -2), _marked(targets, pad_id).flatten())


@views(check=arguments.sequence_loss, fast=_fused_sequence_loss)
def sequence_loss(logits: Tensor, targets: Tensor, pad_id: int | None) -> Tensor:
    r"""Mean surprise, in nats, at the tokens that are there.

    .. math:: L = -\frac{1}{N} \sum_{b,t \,:\, y_{bt} \text{ real}}
        \log \mathrm{softmax}(z_{bt})_{y_{bt}}

    The negative log-likelihood of Sutskever, Vinyals and Le 2014, equation 1, per real token: ``N``
    is their number in the whole batch, not the mean of the sentences' means.

    Args:
        logits: unnormalised scores of every token at every position.
        targets: ids of the true tokens, from 0 to V - 1, padded with ``pad_id`` or -100.
        pad_id: the id that means "nothing here", or None if only -100 does.

    Shape:
        logits ``(..., V)``, targets ``(...)`` with at least one axis, result ``()``.

    Returns:
        The mean over all real tokens, a scalar tensor.

    Raises:
        TypeError: if ``logits`` is not floating point or ``targets`` not int64.
        ValueError: if the shapes do not fit, an id is out of range, or no target is a real token.

    Matches ``F.cross_entropy(ignore_index=pad_id)`` within 1e-5 (float32) and 1e-10 (float64).

    >>> logits = torch.zeros(1, 3, 4)
    >>> sequence_loss(logits, torch.tensor([[2, 3, 0]]), pad_id=0)   # log 4, from two tokens
    tensor(1.3863)
    """
    real = (targets != NOTHING) & (targets != (NOTHING if pad_id is None else pad_id))  # (...)
    anything = targets.masked_fill(~real, 0)  # some id, so that padding can be looked up too
    true_logits = logits.gather(-1, anything.unsqueeze(-1)).squeeze(-1)  # (...)
    losses = logits.logsumexp(dim=-1) - true_logits  # (...)
    return losses.masked_fill(~real, 0.0).sum() / real.sum()  # ()


def _fused_language_model_loss(logits: Tensor, ids: Tensor, pad_id: int | None = None) -> Tensor:
    """The same mean in one kernel; the last logits get no target, so they need no copy."""
    targets = F.pad(_marked(ids[:, 1:], pad_id), (0, 1), value=NOTHING)  # (B, T)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


@views(check=arguments.language_model_loss, fast=_fused_language_model_loss)
def language_model_loss(logits: Tensor, ids: Tensor, pad_id: int | None = None) -> Tensor:
    r"""Mean surprise, in nats, of each token given those before it.

    .. math:: L = -\frac{1}{N} \sum_{b,\, t < T \,:\, x_{b,t+1} \text{ real}}
        \log \mathrm{softmax}(z_{bt})_{x_{b,t+1}}

    Bengio et al. 2003, section 2, without the regulariser. The model has read ``ids[:, :t + 1]``
    when it gives ``logits[:, t]``, so these are scored against ``ids[:, t + 1]``. The first token
    is never a target and the last logits have none.

    Args:
        logits: the model's scores after each token of ``ids``.
        ids: the tokens the model read, padded with ``pad_id``; -100 is not scored either.
        pad_id: the id that means "nothing here". Default: None, there is no padding.

    Shape:
        logits ``(B, T, V)``, ids ``(B, T)`` with T at least 2, result ``()``.

    Returns:
        The mean over all real tokens but the first of each row, a scalar tensor.

    Raises:
        TypeError: if ``logits`` is not floating point or ``ids`` not int64.
        ValueError: if the shapes do not fit, T is below 2, an id is out of range, or no target is
            a real token.

    Matches ``F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())`` within 1e-5
    (float32) and 1e-10 (float64), and the loss of HF's ``GPT2LMHeadModel``.

    >>> logits = torch.zeros(1, 3, 4)
    >>> logits[0, 0, 2] = 100.0                                  # after the first token: surely 2
    >>> language_model_loss(logits, torch.tensor([[1, 2, 3]]))   # (0 + log 4) / 2
    tensor(0.6931)
    """
    logits, targets = logits[:, :-1], ids[:, 1:]  # (B, T - 1, V), (B, T - 1)
    padding = NOTHING if pad_id is None else pad_id
    targets = targets.masked_fill(targets == padding, NOTHING)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NOTHING)  # ()


def _fused_label_smoothing_loss(
    logits: Tensor, targets: Tensor, smoothing: float = 0.1, pad_id: int | None = None
) -> Tensor:
    """The same mean in one kernel."""
    marked = _marked(targets, pad_id)
    return F.cross_entropy(logits.flatten(0, -2), marked.flatten(), label_smoothing=smoothing)


@views(check=arguments.label_smoothing_loss, fast=_fused_label_smoothing_loss)
def label_smoothing_loss(
    logits: Tensor, targets: Tensor, smoothing: float = 0.1, pad_id: int | None = None
) -> Tensor:
    r"""Cross-entropy against targets that leave a little probability to every token.

    .. math:: L = \frac{1}{N} \sum_{b,t \,:\, y_{bt} \text{ real}} -\sum_{k=1}^{V} q'(k)
        \log \mathrm{softmax}(z_{bt})_k, \quad
        q'(k) = (1 - \epsilon)\, \delta_{k, y_{bt}} + \frac{\epsilon}{V}

    Szegedy et al. 2016, section 7, with the uniform distribution for ``u(k)``; Vaswani et al. 2017,
    section 5.4, use 0.1. The true token keeps ``1 - smoothing + smoothing / V``: the share that is
    spread reaches it too.

    Args:
        logits: unnormalised scores of every token at every position.
        targets: ids of the true tokens, from 0 to V - 1, padded with ``pad_id`` or -100.
        smoothing: the share spread over the vocabulary, in [0, 1). Default: 0.1.
        pad_id: the id that means "nothing here". Default: None, only -100 does.

    Shape:
        logits ``(..., V)``, targets ``(...)`` with at least one axis, result ``()``.

    Returns:
        The mean over all real tokens, a scalar tensor; never below the entropy of ``q'``.

    Raises:
        TypeError: if ``logits`` is not floating point or ``targets`` not int64.
        ValueError: if ``smoothing`` is not in [0, 1), the shapes do not fit, an id is out of range,
            or no target is a real token.

    Matches ``F.cross_entropy(label_smoothing=smoothing, ignore_index=pad_id)`` within 1e-5
    (float32) and 1e-10 (float64).

    >>> logits = torch.tensor([[2.0, 0.0]])
    >>> target = torch.tensor([0])
    >>> label_smoothing_loss(logits, target, smoothing=0.0)
    tensor(0.1269)
    >>> label_smoothing_loss(logits, target, smoothing=0.5)   # 0.75 of 0.1269, 0.25 of 2.1269
    tensor(0.6269)
    """
    log_probs = logits - logits.logsumexp(dim=-1, keepdim=True)  # (..., V)
    sure = sequence_loss(log_probs, targets, pad_id)  # ()
    real = (targets != NOTHING) & (targets != (NOTHING if pad_id is None else pad_id))  # (...)
    spread = -log_probs.mean(dim=-1).masked_fill(~real, 0.0).sum() / real.sum()  # ()
    return (1 - smoothing) * sure + smoothing * spread
