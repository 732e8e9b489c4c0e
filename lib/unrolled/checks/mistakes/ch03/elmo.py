"""Known mistakes in ELMo's targets and in the mix of its layers."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_FOLLOWING = "following = torch.cat([ids[:, 1:], nothing], dim=1)"
_PREVIOUS = "previous = torch.cat([nothing, ids[:, :-1]], dim=1)"
_FORWARD = "forward = following.masked_fill(padding | (following == pad_id), ignore_id)"
_BACKWARD = "backward = previous.masked_fill(padding | (previous == pad_id), ignore_id)"
_BOTH = "return forward, backward"

ELMO_TARGETS = (
    Mistake("backward-sees-target", "the backward model is asked for the token it stands on, which "
            "it has already read; it predicts the one before.",
            ((_BACKWARD, "backward = ids.masked_fill(padding, ignore_id)"),)),
    Mistake("forward-sees-target", "the forward model is asked for the token it stands on, which it "
            "has already read; it predicts the next.",
            ((_FORWARD, "forward = ids.masked_fill(padding, ignore_id)"),)),
    Mistake("both-see-target", "both models are asked for the token they stand on, which they have "
            "already read: next (forward) and previous (backward) are wanted.",
            ((_FORWARD, "forward = ids.masked_fill(padding, ignore_id)"),
             (_BACKWARD, "backward = ids.masked_fill(padding, ignore_id)"))),
    Mistake("directions-swapped", "forward and backward are exchanged: the forward model predicts "
            "the next token.", ((_BOTH, "return backward, forward"),)),
    Mistake("both-forward", "both results hold the next token; the backward model predicts the one "
            "before.", ((_BOTH, "return forward, forward.clone()"),)),
    Mistake("padding-predicted", "padding is predicted: a position whose next token is padding, and "
            "padding itself, get ignore_id.",
            ((_FORWARD, "forward = torch.cat([ids[:, 1:], torch.full_like(nothing, ignore_id)], 1)"),
             (_BACKWARD, "backward = torch.cat([torch.full_like(nothing, ignore_id), "
                         "ids[:, :-1]], 1)"))),
    Mistake("last-token-predicts-padding", "the last real position predicts padding; it has nothing "
            "to predict and gets ignore_id.",
            ((_FORWARD, "last = torch.arange(ids.size(1), device=ids.device) == ids.size(1) - 1\n"
                        "    forward = following.masked_fill(padding | last, ignore_id)"),)),
    Mistake("padding-predicts-last-token", "the first padding position predicts the last token: "
            "padding has read nothing and gets ignore_id.",
            ((_BACKWARD, "backward = previous.masked_fill(previous == pad_id, ignore_id)"),)),
    Mistake("wrapped-round", "the ends wrap round (torch.roll): the last position predicts the "
            "first token, and the first the last.",
            ((_FOLLOWING, "following = ids.roll(-1, dims=1)"),
             (_PREVIOUS, "previous = ids.roll(1, dims=1)"))),
    Mistake("two-apart", "the tokens are shifted by two places; one is wanted.",
            ((_FOLLOWING, "following = torch.cat([ids[:, 2:], nothing, nothing], dim=1)"
                          "[:, : ids.size(1)]"),
             (_PREVIOUS, "previous = torch.cat([nothing, nothing, ids[:, :-2]], dim=1)"
                         "[:, : ids.size(1)]"))),
    Mistake("one-shorter", "the results are (B, T - 1); every position has a target, so (B, T).",
            ((_BOTH, "return forward[:, :-1], backward[:, 1:]"),)),
    Mistake("backward-turned-round", "the backward targets are in the order in which that model "
            "reads; they stand at the positions of the sentence.",
            ((_BOTH, "return forward, backward.flip(1)"),)),
    Mistake("backward-turned-round", "the backward targets are in the order in which that model "
            "reads; they stand at the positions of the sentence.",
            ((_BOTH, "for row, n in zip(backward, (~padding).sum(dim=1).tolist(), strict=True):\n"
                     "        row[:n] = row[:n].flip(0)\n    " + _BOTH),),
            variant="within its length"),
    Mistake("ends-cut-twice", "both directions ignore both ends; forward predicts at the first "
            "position, backward at the last.",
            ((_FORWARD, "inside = padding | (following == pad_id) | (previous == pad_id)\n"
                        "    forward = following.masked_fill(inside, ignore_id)"),
             (_BACKWARD, "backward = previous.masked_fill(inside, ignore_id)"))),
    Mistake("pad-id-fixed", "0 is taken for padding; it is pad_id that says what padding is.",
            (("    nothing = ", "    pad_id = 0\n    nothing = "),)),
    Mistake("pad-id-fixed", "0 is taken for padding; it is pad_id that says what padding is.",
            ((_FORWARD, "n = ids.count_nonzero(dim=1).unsqueeze(1)\n"
                        "    t = torch.arange(ids.size(1), device=ids.device)\n"
                        "    forward = following.masked_fill(t >= n - 1, ignore_id)"),
             (_BACKWARD, "backward = previous.masked_fill((t == 0) | (t >= n), ignore_id)")),
            variant="counting"),
    Mistake("ignore-id-fixed", "-100 is written whatever ignore_id says.",
            (("    nothing = ", "    ignore_id = -100\n    nothing = "),)),
    Mistake("pad-id-for-ignore", "pad_id stands where there is nothing to predict; it is ignore_id.",
            (("    nothing = ", "    ignore_id = pad_id\n    nothing = "),)),
    Mistake("padding-compared-by-size", "ids below pad_id count as padding too: compare for being "
            "equal.", (("ids == pad_id", "ids <= pad_id"),)),
    Mistake("targets-stacked", "one tensor (B, 2, T) is returned; a pair (forward, backward) is "
            "wanted.", ((_BOTH, "return torch.stack([forward, backward], dim=1)"),)),
    Mistake("targets-float", "the targets are floating-point numbers; ids are integers.",
            ((_BOTH, "return forward.float(), backward.float()"),)),
    Mistake("ids-overwritten", "ids itself is changed; make new tensors.",
            ((_BOTH, "ids.masked_fill_(padding, ignore_id)\n    " + _BOTH),)),
)  # fmt: skip

_WEIGHTS = "weights = scores.softmax(dim=0)"
_MIXED = 'return gamma * torch.einsum("l,lbtd->btd", weights, layers)'
_SUM = 'torch.einsum("l,lbtd->btd", weights, layers)'

ELMO_MIX = (
    Mistake("mix-not-normalised", "the scores themselves are the weights; softmax first, so that "
            "the weights are positive and sum to 1.", ((_WEIGHTS, "weights = scores"),)),
    Mistake("mix-exponentials", "the exponentials are not divided by their sum.",
            ((_WEIGHTS, "weights = scores.exp()"),)),
    Mistake("mix-divided-by-sum", "the scores are divided by their sum; softmax takes their "
            "exponentials first.", ((_WEIGHTS, "weights = scores / scores.sum()"),)),
    Mistake("mix-sigmoid", "each score goes through the sigmoid on its own; softmax makes the "
            "weights sum to 1.", ((_WEIGHTS, "weights = scores.sigmoid()"),)),
    Mistake("mix-log-softmax", "the weights are logarithms: softmax and not log_softmax.",
            ((_WEIGHTS, "weights = scores.log_softmax(dim=0)"),)),
    Mistake("mix-overflows", "large scores give nan: subtract the maximum before exp, or use "
            "softmax.", ((_WEIGHTS, "weights = scores.exp() / scores.exp().sum()"),)),
    Mistake("mix-softmax-of-one", "softmax runs over an axis of size 1, so every weight is 1; it "
            "runs over the layers.",
            ((_WEIGHTS, "weights = scores.view(-1, 1).softmax(dim=1).squeeze(1)"),)),
    Mistake("mix-no-gamma", "gamma is not used; it multiplies the sum.",
            ((_MIXED, "return " + _SUM),)),
    Mistake("mix-gamma-added", "gamma is added; it multiplies the sum.",
            ((_MIXED, "return gamma + " + _SUM),)),
    Mistake("mix-gamma-divides", "the sum is divided by gamma; it is multiplied by it.",
            ((_MIXED, "return " + _SUM + " / gamma"),)),
    Mistake("mix-gamma-inside", "gamma multiplies the scores before the softmax; it scales the "
            "whole.", ((_WEIGHTS, "weights = (gamma * scores).softmax(dim=0)"),
                       (_MIXED, "return " + _SUM))),
    Mistake("mix-gamma-positive", "gamma loses its sign; it is used as it is.",
            ((_MIXED, _MIXED.replace("gamma *", "gamma.abs() *")),)),
    Mistake("mix-plain-average", "the scores are not used: all layers get the same weight.",
            ((_WEIGHTS, "weights = torch.ones_like(scores) / len(scores)"),)),
    Mistake("mix-top-layer", "the last layer alone is returned; all layers are mixed.",
            ((_MIXED, "return gamma * layers[-1]"),)),
    Mistake("mix-best-layer", "the layer with the highest score alone is returned; all are mixed.",
            ((_MIXED, "return gamma * layers[int(scores.argmax())]"),)),
    Mistake("mix-averaged-again", "the weighted sum is divided by the number of layers; the weights "
            "already sum to 1.", ((_MIXED, _MIXED + " / len(scores)"),)),
    Mistake("mix-not-summed", "the weighted layers are not added up: (B, T, D) is wanted.",
            ((_MIXED, "return gamma * weights.view(-1, 1, 1, 1) * layers"),)),
    Mistake("mix-concatenated", "the layers are laid side by side; they are added up.",
            ((_MIXED, "return gamma * torch.cat(list(weights.view(-1, 1, 1, 1) * layers), dim=-1)"),)),
    Mistake("mix-layer-normalised", "the layers are normalised before they are mixed: that is an "
            "extra of the paper and is not asked here.",
            ((_MIXED, _MIXED.replace("layers)", "F.layer_norm(layers, layers.shape[-1:]))")),)),
    Mistake("mix-weights-detached", "no gradient reaches the scores: the weights are detached.",
            ((_MIXED, _MIXED.replace("weights,", "weights.detach(),")),)),
    Mistake("mix-layers-detached", "no gradient reaches the layers: they are detached.",
            ((_MIXED, _MIXED.replace("layers)", "layers.detach())")),)),
    Mistake("mix-gamma-number", "no gradient reaches gamma: it is taken out of its tensor.",
            ((_MIXED, _MIXED.replace("gamma *", "gamma.item() *")),)),
)  # fmt: skip
