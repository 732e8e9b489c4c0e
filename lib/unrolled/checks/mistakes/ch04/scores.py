"""Known mistakes of chapter 4: BLEU."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_NGRAMS = "return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))"
_SEVERAL = "several = _as_several(given)"
_CLOSEST = "reference_length += min(off_by)[1]"
_ORDERS = "for n in range(1, max_n + 1):"
_MOST = "most |= ngrams(reference, n)"
_MATCH = "matches[n - 1] += (counts & most).total()"
_TOTAL = "totals[n - 1] += counts.total()"
_ZERO = ('    if not any(matches) or not all(totals) or (smooth == "none" and not all(matches)):\n'
         "        return 0.0\n")  # fmt: skip
_NONE = ' or (smooth == "none" and not all(matches))'
_HALVED = "credit /= 2"
_LOG = "log_precision += math.log((matched or credit) / total) / max_n"
_LOOP = "for matched, total in zip(matches, totals, strict=True):"
_BREVITY = "brevity = min(1.0, math.exp(1 - reference_length / hypothesis_length))"
_RETURN = "return 100 * brevity * math.exp(log_precision)"
_START = "matches, totals = [0] * max_n, [0] * max_n"

BLEU = (
    Mistake("bleu-no-brevity", "the brevity penalty is missing: a translation of its surest words "
            "alone gets full marks.", ((_BREVITY, "brevity = 1.0"),)),
    Mistake("bleu-brevity-inverted", "the brevity penalty is the wrong way round: it is below 1 "
            "where the hypotheses are shorter than the references.",
            (("reference_length / hypothesis_length", "hypothesis_length / reference_length"),)),
    Mistake("bleu-length-rewarded", "a translation that is too long gets a bonus: the brevity "
            "penalty is never above 1.",
            ((_BREVITY, _BREVITY.replace("min(1.0, ", "")[:-1]),)),
    Mistake("bleu-brevity-ratio", "the brevity penalty is the ratio of the lengths; it is "
            "exp(1 - r / c).",
            ((_BREVITY, "brevity = min(1.0, hypothesis_length / reference_length)"),)),
    Mistake("bleu-brevity-each", "the brevity penalty is computed for each sentence and averaged; "
            "one ratio of total lengths is wanted.",
            ((_START, "penalties = []\n    " + _START),
             (_CLOSEST, _CLOSEST + "\n        penalties.append(min(1.0, math.exp(1 - min(off_by)[1]"
              " / max(len(hypothesis), 1))))"),
             (_BREVITY, "brevity = sum(penalties) / len(penalties)"))),
    Mistake("bleu-no-clipping", "an n-gram counts every time the hypothesis has it; it counts at "
            "most as often as a reference has it (clipping).",
            ((_MATCH, "matches[n - 1] += sum(c for gram, c in counts.items() if most[gram])"),)),
    Mistake("bleu-distinct", "each n-gram counts once however often it comes; it counts as often "
            "as it comes, clipped by the reference.",
            ((_NGRAMS, "return Counter({tuple(tokens[i : i + n]) for i in "
              "range(len(tokens) - n + 1)})"),)),
    Mistake("bleu-distinct", "of the matches each n-gram counts once; it counts as often as it "
            "comes, clipped by the reference.",
            ((_MATCH, "matches[n - 1] += len(counts & most)"),), variant="of the matches"),
    Mistake("bleu-references-added", "the references' counts of an n-gram are added up; the largest "
            "single one is the limit.", ((_MOST, "most += ngrams(reference, n)"),)),
    Mistake("bleu-references-common", "an n-gram counts only if all references have it; one is "
            "enough.",
            ((_MOST, "most = ngrams(reference, n) if reference is several[0] else "
              "most & ngrams(reference, n)"),)),
    Mistake("bleu-first-reference", "only the first of several references is looked at.",
            ((_SEVERAL, _SEVERAL + "[:1]"),)),
    Mistake("bleu-recall", "matches are divided by the number of the reference's n-grams; it is a "
            "precision, so divide by the hypothesis's.",
            ((_TOTAL, "totals[n - 1] += most.total()"),)),
    Mistake("bleu-recall", "matches are divided by the number of the reference's n-grams; it is a "
            "precision, so divide by the hypothesis's.",
            ((_TOTAL, "totals[n - 1] += max(0, min(off_by)[1] - n + 1)"),),
            variant="of the closest"),
    Mistake("bleu-mean-of-sentences", "each sentence gets a score and the scores are averaged; "
            "count matches and lengths over the whole corpus first.",
            ((_START, "if len(hypotheses) > 1:\n"
              "        scores = [bleu([h], [r], max_n, smooth) for h, r in zip(hypotheses, "
              "references)]\n        return sum(scores) / len(scores)\n    " + _START),)),
    Mistake("bleu-one-long-text", "the sentences are joined to one text, so that n-grams run from "
            "one sentence into the next.",
            ((_START, "if all(len(_as_several(given)) == 1 for given in references):\n"
              "        hypotheses = [[t for h in hypotheses for t in h]]\n"
              "        references = [[t for given in references for r in _as_several(given) "
              "for t in r]]\n    " + _START),)),
    Mistake("bleu-arithmetic", "the precisions are averaged as they are; their geometric mean is "
            "wanted, the mean of their logarithms.",
            ((_LOG, "log_precision += (matched or credit) / total / max_n"),
             (_RETURN, "return 100 * brevity * log_precision"))),
    Mistake("bleu-product", "the precisions are multiplied without the root: each logarithm has "
            "the weight 1 / max_n.", (("/ total) / max_n", "/ total)"),)),
    Mistake("bleu-weights-of-four", "each logarithm has the weight 1/4 whatever max_n is.",
            (("/ total) / max_n", "/ total) / 4"),)),
    Mistake("bleu-longest-only", "only n-grams of max_n tokens count; all orders from 1 on do.",
            ((_LOOP, "for matched, total in [(matches[-1], totals[-1])] * max_n:"),
             (_HALVED, "credit = 0.5"))),
    Mistake("bleu-always-four", "n-grams up to 4 count whatever max_n says.",
            ((_START, "max_n = 4\n    " + _START),)),
    Mistake("bleu-one-order-short", "n-grams of max_n tokens are left out.",
            ((_START, "max_n = max(max_n - 1, 1)\n    " + _START),)),
    Mistake("bleu-last-ngram-missing", "the last n-gram of each sentence is missing: T tokens have "
            "T - n + 1 of them.", (("range(len(tokens) - n + 1)", "range(len(tokens) - n)"),)),
    Mistake("bleu-ends-too-short", "runs that reach over the end are counted as n-grams although "
            "they have fewer tokens: T tokens have T - n + 1 n-grams.",
            (("range(len(tokens) - n + 1)", "range(len(tokens))"),)),
    Mistake("bleu-order-ignored", "an n-gram's tokens are sorted, so their order does not matter; "
            "it does.", (("tuple(tokens[i : i + n])", "tuple(sorted(tokens[i : i + n], key=str))"),)),
    Mistake("bleu-blocks", "the sentence is cut into blocks of n tokens; n-grams overlap, one "
            "starts at every token.",
            (("range(len(tokens) - n + 1)", "range(0, len(tokens) - n + 1, n)"),)),
    Mistake("bleu-shortest-reference", "of several references the shortest gives the length; the "
            "closest does.", ((_CLOSEST, "reference_length += min(map(len, several))"),)),
    Mistake("bleu-longest-reference", "of several references the longest gives the length; the "
            "closest does.", ((_CLOSEST, "reference_length += max(map(len, several))"),)),
    Mistake("bleu-first-length", "of several references the first gives the length; the closest "
            "does.", ((_CLOSEST, "reference_length += len(several[0])"),)),
    Mistake("bleu-mean-length", "the references' lengths are averaged; the closest counts.",
            ((_CLOSEST, "reference_length += sum(map(len, several)) / len(several)"),)),
    Mistake("bleu-tie-longer", "of two references as close the longer gives the length; the shorter "
            "does.", ((_CLOSEST, "reference_length += max(o for o in off_by if o[0] == "
                       "min(off_by)[0])[1]"),)),
    Mistake("bleu-share", "the score is a share of 1; it is a percentage, 0 to 100.",
            ((_RETURN, _RETURN.replace("100 * ", "")),)),
    Mistake("bleu-smoothing-ignored", "an order without a match makes the score 0 although "
            'smooth="exp" puts 1/2, 1/4, ... of a match there.',
            ((_ZERO, "    if not all(matches):\n        return 0.0\n"),)),
    Mistake("bleu-smoothing-always", 'an order without a match is smoothed although smooth="none": '
            "the score is 0 then.", ((_NONE, ""),)),
    Mistake("bleu-smoothing-not-halved", "every order without a match gets 1/2 of one; the second "
            "gets 1/4, the third 1/8.", ((_HALVED, "credit = 0.5"),)),
    Mistake("bleu-smoothing-starts-at-one", "the first order without a match gets a whole one; it "
            "gets 1/2, the second 1/4.",
            ((_LOG, "log_precision += math.log((matched or 2 * credit) / total) / max_n"),)),
    Mistake("bleu-smoothing-of-precision", "1/2, 1/4, ... takes the place of the precision; it "
            "takes that of the number of matches and is still divided by the total.",
            ((_LOG, "log_precision += math.log(matched / total if matched else credit) / max_n"),)),
    Mistake("bleu-add-one", "one is added to matches and totals of every order; only orders "
            "without a match are smoothed, by 1/2, 1/4, ...",
            ((_LOG, "more = smooth == 'exp'\n        "
              "log_precision += math.log((matched + more) / (total + more)) / max_n"),)),
    *(
        Mistake("bleu-epsilon", "a tiny number takes the place of missing matches; it is to be "
                "1/2, 1/4, ... of a match.",
                ((_LOG, f"log_precision += math.log({tiny}) / max_n"),), variant=tiny)
        for small in ("0.1", "1e-6", "1e-8", "1e-9", "1e-10", "1e-12")
        for tiny in (f"(matched or {small}) / total", f"matched / total or {small}")
    ),
    Mistake("bleu-missing-orders-skipped", "an order without a match is left out of the mean; "
            "smoothed, it counts.",
            ((_LOG, "log_precision += (math.log(matched / total) if matched else 0.0) / max_n"),)),
    Mistake("bleu-zero-not-caught", "the logarithm of 0, or a division by 0, stops the program "
            "where the score is 0.",
            ((_ZERO, '    if smooth == "none" and not all(matches):\n        return 0.0\n'),)),
    *(
        Mistake("bleu-zero-not-caught", "the logarithm of 0, or a division by 0, stops the program "
                "where the score is 0.",
                ((_ZERO, ""), (_LOG, _LOG.replace("or credit", f"or credit * ({smoothed})"))),
                variant=smoothed)
        for smoothed in ('smooth == "exp"', 'smooth == "exp" and any(matches)')
    ),
    Mistake("bleu-nothing-smoothed", "a translation without a single right word is smoothed too; "
            "its score is 0.", ((_ZERO, _ZERO.replace("not any(matches) or ", "")),)),
    Mistake("bleu-log-base", "the logarithms have base 2 and the exponential base e; one base is "
            "wanted.", ((_LOG, _LOG.replace("math.log(", "math.log2(")),)),
    Mistake("bleu-rounded", "the score is rounded; return it as it is.",
            ((_RETURN, "return round(100 * brevity * math.exp(log_precision), 2)"),)),
    Mistake("bleu-swapped", "hypotheses and references are exchanged.",
            ((_START, "if all(len(_as_several(given)) == 1 for given in references):\n"
              "        hypotheses, references = [_as_several(given)[0] for given in references], "
              "hypotheses\n    " + _START),)),
)  # fmt: skip
