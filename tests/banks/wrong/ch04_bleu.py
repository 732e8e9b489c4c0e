"""Wrong answers to bleu: what is counted, and how lengths are compared."""
# ruff: noqa: B905, F811

import math
from collections import Counter, defaultdict
from statistics import fmean, geometric_mean

from unrolled.decoding.bleu import _as_several


# %% bleu: bleu-no-brevity
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    def grams(words, n):
        return Counter(zip(*(words[i:] for i in range(n))))

    precisions, missing = [], 0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, given in zip(hypotheses, references):
            mine = grams(hypothesis, n)
            theirs = [grams(one, n) for one in _as_several(given)]
            hits += sum(min(k, max(t[g] for t in theirs)) for g, k in mine.items())
            total += sum(mine.values())
        if total == 0 or (hits == 0 and (smooth == "none" or n == 1)):
            return 0.0
        if hits == 0:
            missing += 1
            hits = 0.5**missing
        precisions.append(hits / total)
    return 100 * geometric_mean(precisions)


# %% bleu: bleu-length-rewarded
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    correct, total = [0] * max_n, [0] * max_n
    c = r = 0
    for hyp, refs in zip(hypotheses, references):
        refs = _as_several(refs)
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in refs)[1]
        for n in range(1, max_n + 1):
            mine = Counter(tuple(hyp[i : i + n]) for i in range(len(hyp) - n + 1))
            for gram, count in mine.items():
                limit = 0
                for ref in refs:
                    grams = [tuple(ref[i : i + n]) for i in range(len(ref) - n + 1)]
                    limit = max(limit, grams.count(gram))
                correct[n - 1] += min(count, limit)
                total[n - 1] += count
    if sum(correct) == 0 or min(total) == 0 or (smooth == "none" and min(correct) == 0):
        return 0.0
    k, log_sum = 1, 0.0
    for m, t in zip(correct, total):
        if m == 0:
            k *= 2
            m = 1 / k
        log_sum += math.log(m / t)
    return 100 * math.exp(1 - r / c + log_sum / max_n)


# %% bleu: bleu-brevity-ratio
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    references = [_as_several(given) for given in references]
    c, r = 0, 0
    for hypothesis, several in zip(hypotheses, references):
        c += len(hypothesis)
        closest = sorted(several, key=lambda s: (abs(len(s) - len(hypothesis)), len(s)))[0]
        r += len(closest)
    score, credit = 1.0, 1.0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, several in zip(hypotheses, references):
            mine = Counter(tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) + 1 - n))
            most = Counter()
            for one in several:
                most |= Counter(tuple(one[i : i + n]) for i in range(len(one) + 1 - n))
            hits += sum((mine & most).values())
            total += sum(mine.values())
        if not total or (not hits and (n == 1 or smooth == "none")):
            return 0.0
        if not hits:
            credit /= 2
        score *= ((hits or credit) / total) ** (1 / max_n)
    return 100 * score * min(1, c / r)


# %% bleu: bleu-no-clipping
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    hits, totals, c, r = Counter(), Counter(), 0, 0
    for hypothesis, given in zip(hypotheses, references):
        several = _as_several(given)
        c += len(hypothesis)
        r += len(min(several, key=lambda s: (abs(len(s) - len(hypothesis)), len(s))))
        for n in range(1, max_n + 1):
            known = {tuple(s[i : i + n]) for s in several for i in range(len(s) - n + 1)}
            mine = [tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1)]
            hits[n] += sum(gram in known for gram in mine)
            totals[n] += len(mine)
    if not hits[1] or not totals[max_n]:
        return 0.0
    logs, k = [], 0
    for n in range(1, max_n + 1):
        if hits[n]:
            logs.append(math.log(hits[n] / totals[n]))
        elif smooth == "none":
            return 0.0
        else:
            k += 1
            logs.append(-k * math.log(2) - math.log(totals[n]))
    return 100 * math.exp(min(0.0, 1 - r / c) + fmean(logs))


# %% bleu: bleu-references-added
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    correct, total = [0] * max_n, [0] * max_n
    c = r = 0
    for hyp, refs in zip(hypotheses, references):
        refs = _as_several(refs)
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in refs)[1]
        for n in range(1, max_n + 1):
            pool = [tuple(ref[i : i + n]) for ref in refs for i in range(len(ref) - n + 1)]
            for i in range(len(hyp) - n + 1):
                gram = tuple(hyp[i : i + n])
                total[n - 1] += 1
                if gram in pool:
                    pool.remove(gram)
                    correct[n - 1] += 1
    if sum(correct) == 0 or min(total) == 0 or (smooth == "none" and min(correct) == 0):
        return 0.0
    k, product = 1, 1.0
    for m, t in zip(correct, total):
        if m == 0:
            k *= 2
        product *= (m or 1 / k) / t
    return 100 * min(1, math.exp(1 - r / c)) * product ** (1 / max_n)


# %% bleu: bleu-first-reference
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    references = [_as_several(given)[0] for given in references]
    c, r = sum(map(len, hypotheses)), sum(map(len, references))
    logs, credit = 0.0, 1.0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, reference in zip(hypotheses, references):
            mine = Counter(zip(*[hypothesis[i:] for i in range(n)]))
            theirs = Counter(zip(*[reference[i:] for i in range(n)]))
            hits += (mine & theirs).total()
            total += mine.total()
        if total == 0 or (hits == 0 and (n == 1 or smooth != "exp")):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        logs += math.log(hits / total)
    return 100 * math.exp(logs / max_n) * (math.exp(1 - r / c) if c < r else 1.0)


# %% bleu: bleu-shortest-reference
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    hits, totals = defaultdict(int), defaultdict(int)
    r = 0
    for hypothesis, given in zip(hypotheses, references):
        several = _as_several(given)
        r += min(map(len, several))
        for n in range(1, max_n + 1):
            mine = [tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1)]
            theirs = [[tuple(s[i : i + n]) for i in range(len(s) - n + 1)] for s in several]
            totals[n] += len(mine)
            for gram in set(mine):
                hits[n] += min(mine.count(gram), max(t.count(gram) for t in theirs))
    if not hits[1] or not totals[max_n] or (smooth == "none" and not hits[max_n]):
        return 0.0
    precisions, k = [], 0
    for n in range(1, max_n + 1):
        k += not hits[n]
        precisions.append((hits[n] or 0.5**k) / totals[n])
    c = totals[1]
    return 100 * geometric_mean(precisions) * math.exp(min(0, 1 - r / c))


# %% bleu: bleu-tie-longer
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    several = [_as_several(given) for given in references]
    c = sum(len(hypothesis) for hypothesis in hypotheses)
    r = 0
    for hypothesis, refs in zip(hypotheses, several):
        lengths = sorted((len(ref) for ref in refs), reverse=True)
        r += min(lengths, key=lambda length: abs(length - len(hypothesis)))
    log_sum, credit = 0.0, 1.0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, refs in zip(hypotheses, several):
            mine = Counter(zip(*[hypothesis[i:] for i in range(n)]))
            most = Counter()
            for ref in refs:
                most |= Counter(zip(*[ref[i:] for i in range(n)]))
            hits += (mine & most).total()
            total += mine.total()
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        log_sum += math.log(hits / total)
    return 100 * math.exp(min(0, 1 - r / c) + log_sum / max_n)


# %% bleu: bleu-mean-of-sentences
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    def sentence(hypothesis, several):
        logs, credit = [], 1.0
        for n in range(1, max_n + 1):
            mine = Counter(tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1))
            most = Counter()
            for one in several:
                most |= Counter(tuple(one[i : i + n]) for i in range(len(one) - n + 1))
            hits, total = (mine & most).total(), mine.total()
            if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
                return 0.0
            if hits == 0:
                hits = credit = credit / 2
            logs.append(math.log(hits / total))
        r = len(min(several, key=lambda one: (abs(len(one) - len(hypothesis)), len(one))))
        return 100 * math.exp(min(0, 1 - r / len(hypothesis)) + fmean(logs))

    return fmean(sentence(h, _as_several(given)) for h, given in zip(hypotheses, references))


# %% bleu: bleu-recall
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    matched, wanted, possible = [0] * max_n, [0] * max_n, [0] * max_n
    c = r = 0
    for hyp, given in zip(hypotheses, references):
        refs = _as_several(given)
        closest = min(refs, key=lambda ref: (abs(len(ref) - len(hyp)), len(ref)))
        c, r = c + len(hyp), r + len(closest)
        for n in range(max_n):
            mine = Counter(zip(*[hyp[i:] for i in range(n + 1)]))
            most = Counter()
            for ref in refs:
                most |= Counter(zip(*[ref[i:] for i in range(n + 1)]))
            matched[n] += (mine & most).total()
            wanted[n] += max(0, len(closest) - n)
            possible[n] += mine.total()
    if not matched[0] or not all(possible) or (smooth == "none" and not all(matched)):
        return 0.0
    log_recall, credit = 0.0, 1.0
    for hits, total in zip(matched, wanted):
        if hits == 0:
            hits = credit = credit / 2
        log_recall += math.log(hits / total) / max_n
    return 100 * min(1, math.exp(1 - r / c)) * math.exp(log_recall)
