"""Known mistakes of negative_sampling_loss and glove_loss."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_TRUE = "true_scores = (centre * context).sum(dim=-1)"
_DRAWN = "drawn_scores = (negatives * centre.unsqueeze(1)).sum(dim=-1)"
_GOOD = "F.logsigmoid(true_scores)"
_BAD = "F.logsigmoid(-drawn_scores).sum(dim=-1)"
_BOTH = f"log_likelihood = {_GOOD} + {_BAD}"
_MEAN = "return -log_likelihood.mean()"

NEGATIVE_SAMPLING_LOSS = (
    Mistake("negatives-not-negated", "the drawn words' scores are pushed up like the true one's: "
            "their sign is to be reversed.", ((_BAD, "F.logsigmoid(drawn_scores).sum(dim=-1)"),)),
    Mistake("negatives-true-negated", "the true word's score is pushed down and the drawn words' up: "
            "the signs are exchanged.",
            ((_BOTH, "log_likelihood = F.logsigmoid(-true_scores) + "
              "F.logsigmoid(drawn_scores).sum(dim=-1)"),)),
    Mistake("negatives-all-down", "the true word's score is pushed down as well: its sign stays.",
            ((_GOOD, "F.logsigmoid(-true_scores)"),)),
    Mistake("negatives-sign", "the sign of the loss is missing: a log-probability is negative, the "
            "loss is positive.", (("return -", "return "),)),
    Mistake("negatives-true-missing", "the term of the true context is missing.",
            ((_GOOD, "0"),)),
    Mistake("negatives-missing", "the terms of the drawn words are missing.",
            ((_BOTH, "log_likelihood = F.logsigmoid(true_scores) + 0 * drawn_scores.sum(dim=-1)"),)),
    Mistake("negatives-underflow", "the sigmoid of -400 is stored as 0 and its logarithm is not "
            "finite: take both in one step, F.logsigmoid.",
            ((_BOTH, "log_likelihood = true_scores.sigmoid().log() + "
              "(-drawn_scores).sigmoid().log().sum(dim=-1)"),)),
    Mistake("negatives-underflow", "the sigmoid of 400 is stored as 1, and the logarithm of 1 minus "
            "it is not finite: that is F.logsigmoid(-400).",
            ((_BOTH, "log_likelihood = true_scores.sigmoid().log() + "
              "(1 - drawn_scores.sigmoid()).log().sum(dim=-1)"),), variant="one minus"),
    *(
        Mistake("negatives-epsilon", "a small number is added before the logarithm, which caps the "
                "loss: take logarithm and sigmoid in one step, F.logsigmoid.",
                ((_BOTH, f"log_likelihood = (true_scores.sigmoid() + {small}).log() + "
                  f"((-drawn_scores).sigmoid() + {small}).log().sum(dim=-1)"),), variant=small)
        for small in ("1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12")
    ),
    Mistake("negatives-bce-of-sigmoid", "binary_cross_entropy of a sigmoid caps the loss at 100 a "
            "score; give the scores to binary_cross_entropy_with_logits, or use F.logsigmoid.",
            ((_BOTH, "cost = [F.binary_cross_entropy(scores.sigmoid(), torch.full_like(scores, label), "
              "reduction='none')\n            for scores, label in ((true_scores, 1.0), "
              "(drawn_scores, 0.0))]\n    log_likelihood = -cost[0] - cost[1].sum(dim=-1)"),)),
    Mistake("negatives-no-log", "the logarithm is missing: the probabilities themselves are added.",
            ((_BOTH, "log_likelihood = true_scores.sigmoid() + "
              "(-drawn_scores).sigmoid().sum(dim=-1)"),)),
    Mistake("negatives-no-sigmoid", "the scores themselves are added; take the logarithm of their "
            "sigmoid.", ((_BOTH, "log_likelihood = true_scores - drawn_scores.sum(dim=-1)"),)),
    Mistake("negatives-averaged", "the drawn words of a pair are averaged; they are summed.",
            ((_BAD, "F.logsigmoid(-drawn_scores).mean(dim=-1)"),)),
    Mistake("negatives-pairs-summed", "the pairs are summed; their mean is wanted.",
            ((".mean()", ".sum()"),)),
    Mistake("negatives-mean-of-all", "the mean runs over all 1 + K scores; sum those of a pair, and "
            "average over the pairs.", (("return -log_likelihood.mean()",
             "return -log_likelihood.mean() / (1 + drawn_scores.size(-1))"),)),
    Mistake("negatives-each-mean", "true and drawn scores are averaged apart, over all pairs and "
            "words, and divided by two.",
            ((_MEAN, "return -(F.logsigmoid(true_scores).mean() + "
              "F.logsigmoid(-drawn_scores).mean()) / 2"),)),
    Mistake("negatives-a-pair", "one loss a pair is returned; their mean is wanted.",
            ((_MEAN, "return -log_likelihood"),)),
    Mistake("negatives-summed-first", "the drawn words' scores are summed before the sigmoid; each "
            "has a sigmoid of its own.", ((_BAD, "F.logsigmoid(-drawn_scores.sum(dim=-1))"),)),
    Mistake("negatives-of-context", "the drawn words are scored against the context; they are scored "
            "against the centre.", (("centre.unsqueeze(1)", "context.unsqueeze(1)"),)),
    Mistake("negatives-of-first-centre", "all drawn words are scored against the first centre; each "
            "pair has its own.", (("centre.unsqueeze(1)", "centre[0]"),)),
    Mistake("negatives-features-averaged", "the products are averaged over the features; a dot "
            "product sums them.",
            ((_TRUE, _TRUE.replace(".sum", ".mean")), (_DRAWN, _DRAWN.replace(".sum", ".mean")))),
    Mistake("negatives-cosine", "the vectors are brought to length 1; the score is the bare dot "
            "product.",
            ((_TRUE, "true_scores = F.cosine_similarity(centre, context, dim=-1)"),
             (_DRAWN, "drawn_scores = F.cosine_similarity(negatives, centre.unsqueeze(1), dim=-1)"))),
    Mistake("negatives-softmax", "a softmax runs over the true and the drawn words; each has a "
            "sigmoid of its own.",
            ((_BOTH, "log_likelihood = true_scores - torch.cat((true_scores.unsqueeze(1), "
              "drawn_scores), dim=1).logsumexp(dim=1)"),)),
    Mistake("negatives-detached", "no gradient reaches the drawn words: they are detached.",
            (("(negatives *", "(negatives.detach() *"),)),
)  # fmt: skip

_WEIGHTS = "weights = (counts / x_max).pow(alpha).clamp(max=1.0)"
_SCORES = "scores = (centre * context).sum(dim=-1) + centre_bias + context_bias"
_ERROR = "(weights * (scores - counts.log()) ** 2)"
_GLOVE = f"return {_ERROR}.mean()"

GLOVE_LOSS = (
    Mistake("glove-uncapped", "the weight grows beyond 1 for counts above x_max: cap it.",
            ((".clamp(max=1.0)", ""),)),
    Mistake("glove-unweighted", "all pairs weigh alike: f(X) is missing.",
            ((_WEIGHTS, "weights = torch.ones_like(counts)"),)),
    Mistake("glove-alpha-ignored", "the weight is X/x_max; it is raised to alpha.",
            ((".pow(alpha)", ""),)),
    Mistake("glove-alpha-fixed", "alpha is always 0.75; it is the argument.",
            ((".pow(alpha)", ".pow(0.75)"),)),
    Mistake("glove-x-max-ignored", "x_max is always 100; it is the argument.",
            (("counts / x_max", "counts / 100.0"),)),
    Mistake("glove-alpha-multiplied", "the ratio is multiplied by alpha; it is raised to it.",
            ((".pow(alpha)", ".mul(alpha)"),)),
    Mistake("glove-power-of-count-alone", "alpha acts on the count alone; raise X/x_max to it.",
            (("(counts / x_max).pow(alpha)", "(counts.pow(alpha) / x_max)"),)),
    Mistake("glove-weight-inverted", "frequent pairs weigh less than rare ones: the ratio is "
            "X/x_max.", ((_WEIGHTS, "weights = (x_max / counts).pow(alpha).clamp(max=1.0)"),)),
    Mistake("glove-weight-squared", "the weight is squared with the error; it stands outside the "
            "square.", ((_ERROR, "((weights * (scores - counts.log())) ** 2)"),)),
    Mistake("glove-log-plus-one", "the target is log(X + 1); it is log X, and counts are above 0.",
            (("counts.log()", "counts.log1p()"),)),
    Mistake("glove-no-log", "the target is the count itself; it is its logarithm.",
            (("counts.log()", "counts"),)),
    Mistake("glove-log-10", "the logarithm has base 10; the natural one is wanted.",
            (("counts.log()", "counts.log10()"),)),
    Mistake("glove-log-2", "the logarithm has base 2; the natural one is wanted.",
            (("counts.log()", "counts.log2()"),)),
    Mistake("glove-no-biases", "both biases are missing.",
            ((" + centre_bias + context_bias", ""),)),
    Mistake("glove-no-context-bias", "the context words' bias is missing.", ((" + context_bias", ""),)),
    Mistake("glove-no-centre-bias", "the centre words' bias is missing.", ((" + centre_bias", ""),)),
    Mistake("glove-biases-subtracted", "the biases are subtracted; they are part of the prediction, "
            "and added.", (("+ centre_bias + context_bias", "- centre_bias - context_bias"),)),
    Mistake("glove-log-added", "the logarithm is added to the prediction; the error is their "
            "difference.", (("scores - counts.log()", "scores + counts.log()"),)),
    Mistake("glove-no-square", "the error is not squared.", ((" ** 2)", ")"),)),
    Mistake("glove-absolute", "the error's absolute value is taken; its square is wanted.",
            (("(scores - counts.log()) ** 2", "(scores - counts.log()).abs()"),)),
    Mistake("glove-summed", "the pairs are summed; their mean is wanted.", ((".mean()", ".sum()"),)),
    Mistake("glove-weighted-mean", "the sum is divided by the sum of the weights; divide by the "
            "number of pairs.", ((_GLOVE, f"return {_ERROR}.sum() / weights.sum()"),)),
    Mistake("glove-a-pair", "one loss a pair is returned; their mean is wanted.",
            ((_GLOVE, f"return {_ERROR}"),)),
    Mistake("glove-half", "the loss is halved; equation 8 has no factor of a half.",
            ((_GLOVE, f"return 0.5 * {_ERROR}.mean()"),)),
    Mistake("glove-every-pair", "every centre word is multiplied with every context word; row n "
            "belongs to row n.",
            ((_SCORES, "scores = centre @ context.T + centre_bias.unsqueeze(1) + context_bias"),)),
    Mistake("glove-every-pair", "every centre word is multiplied with every context word; row n "
            "belongs to row n.",
            ((_SCORES, "scores = centre @ context.T + centre_bias + context_bias"),),
            variant="with both biases along the rows"),
    Mistake("glove-features-averaged", "the products are averaged over the features; a dot product "
            "sums them.", ((".sum(dim=-1)", ".mean(dim=-1)"),)),
    Mistake("glove-cosine", "the vectors are brought to length 1; the prediction is the bare dot "
            "product.", (("(centre * context).sum(dim=-1)",
                          "torch.cosine_similarity(centre, context, dim=-1)"),)),
    Mistake("glove-context-detached", "no gradient reaches the context words: they are detached.",
            (("(centre * context)", "(centre * context.detach())"),)),
    Mistake("glove-bias-detached", "no gradient reaches the biases: they are detached.",
            (("+ centre_bias + context_bias", "+ centre_bias.detach() + context_bias.detach()"),)),
)  # fmt: skip
