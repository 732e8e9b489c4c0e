"""More wrong answers to bleu: other ways to count, and to fill what is missing."""
# ruff: noqa: B905, F811

import math
from collections import Counter
from statistics import fmean, geometric_mean

from unrolled.decoding.bleu import _as_several


# %% bleu: bleu-references-common
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    matches, totals, c, r = [0] * max_n, [0] * max_n, 0, 0
    for hyp, given in zip(hypotheses, references):
        refs = _as_several(given)
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in refs)[1]
        for n in range(max_n):
            mine = [tuple(hyp[i : i + n + 1]) for i in range(len(hyp) - n)]
            pools = [[tuple(ref[i : i + n + 1]) for i in range(len(ref) - n)] for ref in refs]
            for gram in set(mine):
                matches[n] += min([mine.count(gram)] + [pool.count(gram) for pool in pools])
            totals[n] += len(mine)
    if not matches[0] or not totals[-1] or (smooth == "none" and not matches[-1]):
        return 0.0
    logs, k = [], 0
    for m, t in zip(matches, totals):
        k += m == 0
        logs.append(math.log((m or 2**-k) / t))
    return 100 * math.exp(min(0, 1 - r / c) + fmean(logs))


# %% bleu: bleu-distinct
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    logs, credit, c, r = 0.0, 1.0, 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = set(zip(*[hyp[i:] for i in range(n)]))
            known = set()
            for ref in _as_several(given):
                known.update(zip(*[ref[i:] for i in range(n)]))
            hits += len(mine & known)
            total += len(mine)
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        logs += math.log(hits / total)
    return 100 * min(1, math.exp(1 - r / c)) * math.exp(logs / max_n)


# %% bleu: bleu-last-ngram-missing
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    def grams(words, n):
        found, start = Counter(), 0
        while start + n < len(words):
            found[tuple(words[start : start + n])] += 1
            start += 1
        return found

    precisions, missing, c, r = [], 0, 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = grams(hyp, n)
            pools = [grams(ref, n) for ref in _as_several(given)]
            hits += sum(min(k, max(pool[gram] for pool in pools)) for gram, k in mine.items())
            total += sum(mine.values())
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        missing += hits == 0
        precisions.append((hits or 0.5**missing) / total)
    return 100 * min(1, math.exp(1 - r / c)) * geometric_mean(precisions)


# %% bleu: bleu-smoothing-of-precision
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    precisions, missing, c, r = [], 0, 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(zip(*[hyp[i:] for i in range(n)]))
            most = Counter()
            for ref in _as_several(given):
                most |= Counter(zip(*[ref[i:] for i in range(n)]))
            hits, total = hits + (mine & most).total(), total + mine.total()
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        precisions.append(hits / total)
    for n, p in enumerate(precisions):
        if p == 0:
            missing += 1
            precisions[n] = 1 / 2**missing
    return 100 * min(1, math.exp(1 - r / c)) * geometric_mean(precisions)


# %% bleu: bleu-longest-reference
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    c = sum(len(hyp) for hyp in hypotheses)
    r = sum(len(max(_as_several(given), key=len)) for given in references)
    log_sum, credit = 0.0, 1.0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(tuple(hyp[i : i + n]) for i in range(len(hyp) - n + 1))
            for gram, count in mine.items():
                limits = []
                for ref in _as_several(given):
                    limits.append(sum(gram == other for other in zip(*[ref[i:] for i in range(n)])))
                hits += min(count, max(limits))
                total += count
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        log_sum += math.log(hits) - math.log(total)
    return 100 * math.exp(min(0.0, 1 - r / c) + log_sum / max_n)


# %% bleu: bleu-shortest-reference + bleu-smoothing-ignored
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    c = sum(len(hyp) for hyp in hypotheses)
    r = sum(min(len(ref) for ref in _as_several(given)) for given in references)
    score = 1.0
    for n in range(1, max_n + 1):
        hits, total = 0, 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(zip(*[hyp[i:] for i in range(n)]))
            pools = [Counter(zip(*[ref[i:] for i in range(n)])) for ref in _as_several(given)]
            hits += sum(min(k, max(pool[gram] for pool in pools)) for gram, k in mine.items())
            total += mine.total()
        if hits == 0:
            return 0.0
        score *= (hits / total) ** (1 / max_n)
    return 100 * score * (1 if c >= r else math.exp(1 - r / c))
