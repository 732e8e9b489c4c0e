"""Known mistakes of chapter 0."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_SHIFT = "shifted = logits - logits.amax(dim=dim, keepdim=True)"
_EXP = "exponentials = shifted.exp()"
_SHARE = "return exponentials / exponentials.sum(dim=dim, keepdim=True)"

SOFTMAX = (
    Mistake("softmax-no-shift", "the exponential of a large logit overflows and the result is NaN: "
            "subtract each row's maximum first.", ((_SHIFT, "shifted = logits"),)),
    Mistake("softmax-over-everything", "one sum runs over the whole tensor; each row along dim has "
            "its own.", ((_SHIFT, "shifted = logits - logits.max()"),
             (_SHARE, "return exponentials / exponentials.sum()"))),
    Mistake("softmax-over-everything", "one sum runs over the whole tensor; each row along dim has "
            "its own.", ((_SHARE, "return exponentials / exponentials.sum()"),),
            variant="each row shifted by its own maximum"),
    Mistake("softmax-wrong-axis", "the sum runs along the first axis, whatever dim says.",
            ((_SHIFT, "dim = 0\n    " + _SHIFT),)),
    Mistake("softmax-last-axis-only", "the sum runs along the last axis, whatever dim says.",
            ((_SHIFT, "dim = -1\n    " + _SHIFT),)),
    Mistake("softmax-no-exp", "the logits are divided by their sum as they are; take the "
            "exponential first, or negative ones give negative shares.",
            ((_SHIFT, "shifted = logits"), (_EXP, "exponentials = shifted"))),
    Mistake("softmax-log", "what is returned are logarithms of probabilities.",
            ((_SHARE, _SHARE.replace("return ", "return (") + ").log()"),)),
    Mistake("softmax-sigmoid", "each logit is squashed on its own (a sigmoid), so the shares do "
            "not sum to 1.", ((_SHARE, "return logits.sigmoid()"),)),
    Mistake("softmax-hard", "the largest logit gets everything; the others get their share too.",
            ((_SHARE, "return (shifted == 0).to(logits.dtype)"),)),
    Mistake("softmax-unnormalised", "the exponentials are not divided by their sum.",
            ((_SHARE, "return exponentials"),)),
    Mistake("softmax-base-2", "the base is 2; the softmax takes powers of e.",
            ((_EXP, "exponentials = shifted.exp2()"),)),
    Mistake("softmax-minus", "the smallest logit gets the largest share: a sign is reversed.",
            ((_SHIFT, "logits = -logits\n    " + _SHIFT),)),
)  # fmt: skip

_LOG = "log_probs = logits - logits.logsumexp(dim=-1, keepdim=True)"
_PICK = "true_log_probs = log_probs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)"
_MEAN = "return -true_log_probs.mean()"

CROSS_ENTROPY = (
    Mistake("ce-log-of-softmax", "a probability that underflows to 0 gives an infinite loss: take "
            "log and softmax in one step, z - logsumexp(z).",
            ((_LOG, "log_probs = logits.softmax(dim=-1).log()"),)),
    *(
        Mistake("ce-epsilon", "a small number is added before the logarithm, which caps the loss: "
                "take log and softmax in one step, z - logsumexp(z).",
                ((_LOG, f"log_probs = (logits.softmax(dim=-1) + {small}).log()"),), variant=small)
        for small in ("1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12")
    ),
    Mistake("ce-sum", "the losses are added up; their mean is wanted.",
            ((".mean()", ".sum()"),)),
    Mistake("ce-sign", "the sign is missing: a log-probability is negative, the loss is positive.",
            (("return -", "return "),)),
    Mistake("ce-log2", "the loss is in bits (log 2); nats are wanted (natural logarithm).",
            (("-true_log_probs", "-true_log_probs.div(0.6931471805599453)"),)),
    Mistake("ce-softmax-twice", "the softmax is taken twice: the logits go in as they are.",
            ((_LOG, "logits = logits.softmax(dim=-1)\n    " + _LOG),)),
    Mistake("ce-no-log", "the loss is minus the probability; the logarithm is missing.",
            (("-true_log_probs", "-true_log_probs.exp()"),)),
    Mistake("ce-one-minus", "the loss is 1 minus the probability; it is minus its logarithm.",
            ((_MEAN, "return (1 - true_log_probs.exp()).mean()"),)),
    Mistake("ce-all-classes", "the mean also runs over the classes: divide by the number of "
            "targets, not of logits.", ((_MEAN, "return -true_log_probs.sum() / logits.numel()"),)),
    Mistake("ce-first-axis", "the softmax runs over the first axis; the classes are the last.",
            ((_LOG, "log_probs = logits - logits.logsumexp(dim=0, keepdim=True)"),)),
    Mistake("ce-no-normalising", "the raw logits of the true classes are averaged: the logsumexp "
            "is missing.", ((_LOG, "log_probs = logits"),)),
    Mistake("ce-per-row", "one loss a row is returned; their mean is wanted.",
            ((_MEAN, "return -true_log_probs"),)),
    Mistake("ce-batch-mean-only", "the losses are averaged over the batch and added up over the "
            "positions; average over both.",
            ((_MEAN, "return -true_log_probs.sum() / targets.size(0)"),)),
    Mistake("ce-detached", "no gradient flows: the log-probabilities are detached.",
            (("log_probs.gather", "log_probs.detach().gather"),)),
)  # fmt: skip

EMBEDDING_LOOKUP = (
    Mistake("embed-transposed", "columns of the table are taken; a token's vector is a row.",
            (("return weight", "return weight.T"),)),
    Mistake("embed-one-off", "each id gets the row before its own: ids start at 0.",
            (("[ids]", "[ids - 1]"),)),
    Mistake("embed-one-off", "each id gets the row after its own: ids start at 0.",
            (("[ids]", "[(ids + 1) % weight.size(0)]"),), variant="after"),
    Mistake("embed-detached", "no gradient reaches the table.",
            (("return weight", "return weight.detach()"),)),
    Mistake("embed-flattened", "the rows come in one long list; the shape of ids is to be kept.",
            (("[ids]", "[ids.flatten()]"),)),
    Mistake("embed-summed", "the rows are added up; each position keeps its own.",
            (("weight[ids]", "weight[ids].sum(dim=-2)"),)),
    Mistake("embed-scaled", "the rows are multiplied by the square root of D. The Transformer does "
            "that elsewhere (chapter 10).",
            (("return ", "return weight.size(1) ** 0.5 * "),)),
    Mistake("embed-features-first", "features stand in front of the positions: D is the last axis.",
            (("weight[ids]", "weight[ids].movedim(-1, 0)"),)),
)  # fmt: skip
