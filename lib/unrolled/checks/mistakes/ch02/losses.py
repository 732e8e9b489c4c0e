"""Known mistakes of the language model's loss."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_SHIFTED = "logits[:, :-1], ids[:, 1:]"
_LOSS = "F.cross_entropy("
_END = "  # ()"
_PADDING = "NOTHING if pad_id is None else pad_id"
_RETURN = (
    "logits, targets = logits[:, :-1], ids[:, 1:]  # (B, T - 1, V), (B, T - 1)\n"
    "    padding = NOTHING if pad_id is None else pad_id\n"
    "    targets = targets.masked_fill(targets == padding, NOTHING)\n"
    "    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=NOTHING)"
)
_REAL = ("logits, targets = logits[:, :-1], ids[:, 1:]\n"
         "    real = (targets != NOTHING) & (targets != (NOTHING if pad_id is None else pad_id))\n"
         "    each = F.cross_entropy(logits.transpose(1, 2), targets.masked_fill(~real, 0), "
         "reduction='none')\n"
         "    ")  # fmt: skip
_MARK = ("targets of -100 are to be left out too when pad_id is given; ignore_index takes one id, so give "
         "padding the mark -100.")  # fmt: skip

LANGUAGE_MODEL_LOSS = (
    Mistake("unshifted", "the logits at each position are scored against the token at the same "
            "position, which the model has just read; they must predict the next one.",
            ((_SHIFTED, "logits, ids"),)),
    Mistake("shifted-backward", "the logits at each position are scored against the token before "
            "it; they must predict the one after it.",
            ((_SHIFTED, "logits[:, 1:], ids[:, :-1]"),)),
    Mistake("shifted-twice", "the logits are scored against the token two positions later; it is "
            "the next one.",
            ((_SHIFTED, "logits[:, :-2], ids[:, 2:]"),)),
    Mistake("wrapped-round", "the last logits are scored against the first token of their row "
            "(torch.roll brings it to the end); they have no target.",
            ((_SHIFTED, "logits, ids.roll(-1, 1)"),)),
    Mistake("first-token-left-out", "the second token of each row is not scored: it is the target "
            "of the logits at position 0.",
            ((_SHIFTED, "logits[:, 1:-1], ids[:, 2:]"),)),
    Mistake("last-token-left-out", "the last token of each row is not scored.",
            ((_SHIFTED, "logits[:, :-2], ids[:, 1:-1]"),)),
    Mistake("ignores-id-0", "the token 0 is left out whatever pad_id is.",
            ((_PADDING, "0"),)),
    Mistake("padding-scored", "padding is scored like a real token: pad_id changes nothing.",
            ((_PADDING, "NOTHING"),)),
    Mistake("minus-100-scored", _MARK,
            ((_RETURN, _REAL.replace("(targets != NOTHING) & ", "") + "return each[real].mean()"),)),
    Mistake("minus-100-scored", _MARK,
            ((_RETURN, "return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), "
              "ignore_index=NOTHING if pad_id is None else pad_id)"),), variant="ignore_index"),
    Mistake("minus-100-scored", _MARK,
            ((_RETURN, _REAL.replace("(targets != NOTHING) & ", "")
              .replace("targets.masked_fill(~real, 0)", "targets.clamp_min(0)")
              + "return each[real].mean()"),), variant="as token 0"),
    Mistake("padding-divides", "padding adds nothing to the sum but is counted in what the sum is "
            "divided by; divide by the number of real targets.",
            ((_RETURN, _REAL + "return each.masked_fill(~real, 0.0).mean()"),)),
    Mistake("mean-of-means", "each sentence is averaged first and then the sentences, so a token in "
            "a short one counts for more; take one mean over all real targets.",
            ((_RETURN, _REAL + "return (each.masked_fill(~real, 0.0).sum(1) / real.sum(1)).mean()"),
             )),
    Mistake("mask-of-inputs", "the mask is taken from the tokens that are read; what counts is "
            "whether the target is real.",
            ((_RETURN, _REAL + "real = (ids[:, :-1] != NOTHING) & "
              "(ids[:, :-1] != (NOTHING if pad_id is None else pad_id))\n"
              "    each = F.cross_entropy(logits.transpose(1, 2), targets.clamp_min(0), "
              "reduction='none')\n    return each[real].mean()"),)),
    Mistake("mask-times-mean", "the mean is taken over everything and then multiplied by the mask; "
            "leave padding out before the mean.",
            ((_RETURN, _REAL + "each = F.cross_entropy(logits.transpose(1, 2), "
              "targets.clamp_min(0), reduction='none')\n    return (each.mean() * real).mean()"),)),
    Mistake("summed", "the losses are added up; their mean is wanted.",
            ((_RETURN, _REAL + "return each[real].sum()"),)),
    Mistake("sum-over-sentences", "the sum is divided by the number of sentences; divide by the "
            "number of real targets.",
            ((_RETURN, _REAL + "return each[real].sum() / ids.size(0)"),)),
    Mistake("sign-missing", "the mean log-probability is returned; the loss is minus that.",
            ((_LOSS, "-F.cross_entropy("),)),
    Mistake("bits", "the loss is in bits; natural logarithms are wanted.",
            ((_END, " / 0.6931471805599453" + _END),)),
    Mistake("perplexity", "the exponential of the loss (the perplexity) is returned; return the "
            "loss itself.", ((_END, ".exp()" + _END),)),
    Mistake("not-averaged", "a loss for each target is returned; their mean is wanted, a scalar.",
            ((_RETURN, _REAL + "return each[real]"),)),
    Mistake("softmax-first", "softmax is applied before the cross-entropy, which applies it itself.",
            ((_LOSS + "logits", _LOSS + "logits.softmax(dim=-1)"),)),
    Mistake("probability-not-logarithm", "one minus the probability of the true token is averaged; "
            "it is minus its logarithm.",
            ((_RETURN, _REAL + "return 1 - (-each[real]).exp().mean()"),)),
    Mistake("log-underflow", "the probability is computed first and its logarithm then: for a token "
            "of very small probability that is -inf. Use log_softmax, logsumexp or cross_entropy.",
            ((_RETURN, _REAL + "chosen = logits.softmax(-1).gather(-1, targets.masked_fill(~real, 0)"
              "[..., None])[..., 0]\n    return -chosen.log()[real].mean()"),)),
    Mistake("exp-overflow", "the exponential of the raw logits overflows; use log_softmax, "
            "logsumexp or cross_entropy.",
            ((_RETURN, _REAL + "each = logits.exp().sum(-1).log() - logits.gather(-1, "
              "targets.masked_fill(~real, 0)[..., None])[..., 0]\n    return each[real].mean()"),)),
    Mistake("flattened-apart", "logits and targets are flattened in different orders, so they no "
            "longer belong together.",
            (("logits.flatten(0, 1)", "logits.transpose(0, 1).reshape(-1, logits.size(-1))"),)),
    Mistake("vocabulary-in-the-middle", "the logits are reshaped to (B, V, T - 1), which mixes "
            "scores of different positions up; they must be transposed.",
            ((_RETURN, _REAL + "moved = logits.reshape(logits.size(0), logits.size(2), -1)\n"
              "    each = F.cross_entropy(moved, targets.masked_fill(~real, 0), reduction='none')\n"
              "    return each[real].mean()"),)),
    Mistake("detached", "no gradient flows back: the loss is detached, or made into a number.",
            ((_END, ".detach()" + _END),)),
)  # fmt: skip
