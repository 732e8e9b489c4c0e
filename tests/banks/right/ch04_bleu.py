"""Right answers to bleu, in other ways."""
# ruff: noqa: B905, F811

import math
from collections import Counter, defaultdict
from statistics import geometric_mean

import torch

from unrolled.decoding.bleu import _as_several


# %% bleu: plain dictionaries and loops
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    correct = [0] * max_n
    total = [0] * max_n
    c = r = 0
    for hyp, refs in zip(hypotheses, references):
        refs = _as_several(refs)
        c += len(hyp)
        best = None
        for ref in refs:
            distance = abs(len(ref) - len(hyp))
            if best is None or (distance, len(ref)) < best:
                best = (distance, len(ref))
        r += best[1]
        for n in range(1, max_n + 1):
            counts = defaultdict(int)
            for i in range(len(hyp) - n + 1):
                counts[tuple(hyp[i : i + n])] += 1
            for gram, count in counts.items():
                limit = 0
                for ref in refs:
                    here = sum(tuple(ref[i : i + n]) == gram for i in range(len(ref) - n + 1))
                    limit = max(limit, here)
                correct[n - 1] += min(count, limit)
                total[n - 1] += count
    if sum(correct) == 0 or min(total) == 0:
        return 0.0
    if smooth == "none" and min(correct) == 0:
        return 0.0
    k = 1
    log_sum = 0.0
    for m, t in zip(correct, total):
        if m == 0:
            k *= 2
            m = 1 / k
        log_sum += math.log(m) - math.log(t)
    penalty = 1.0 if c >= r else math.exp(1 - r / c)
    return 100.0 * penalty * math.exp(log_sum / max_n)


# %% bleu: n-grams zipped from shifted copies, geometric_mean
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    def grams(words, n):
        return Counter(zip(*(words[i:] for i in range(n))))

    references = [_as_several(given) for given in references]
    precisions, missing = [], 0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, several in zip(hypotheses, references):
            mine = grams(hypothesis, n)
            theirs = [grams(one, n) for one in several]
            hits += sum(min(k, max(t[g] for t in theirs)) for g, k in mine.items())
            total += sum(mine.values())
        if total == 0 or (hits == 0 and (smooth == "none" or n == 1)):
            return 0.0
        if hits == 0:
            missing += 1
            hits = 0.5**missing
        precisions.append(hits / total)
    c = sum(map(len, hypotheses))
    r = sum(
        len(min(several, key=lambda one: (abs(len(one) - len(hypothesis)), len(one))))
        for hypothesis, several in zip(hypotheses, references)
    )
    brevity = math.exp(1 - r / c) if c < r else 1
    return 100 * brevity * geometric_mean(precisions)


# %% bleu: a product and its root, with tensors for the counts
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    stats = torch.zeros(2, max_n, dtype=torch.float64)
    lengths = torch.zeros(2, dtype=torch.float64)
    for hyp, given in zip(hypotheses, references):
        refs = sorted(_as_several(given), key=len)
        gap = [abs(len(ref) - len(hyp)) for ref in refs]
        lengths += torch.tensor([len(hyp), len(refs[gap.index(min(gap))])])
        for n in range(max_n):
            pools = [[tuple(ref[i : i + n + 1]) for i in range(len(ref) - n)] for ref in refs]
            mine = [tuple(hyp[i : i + n + 1]) for i in range(len(hyp) - n)]
            for gram in set(mine):
                stats[0, n] += min(mine.count(gram), max(pool.count(gram) for pool in pools))
            stats[1, n] += len(mine)
    hits, totals = stats
    empty = hits == 0
    if empty.all() or (totals == 0).any() or (smooth == "none" and empty.any()):
        return 0.0
    hits = torch.where(empty, 0.5 ** empty.cumsum(0), hits)
    c, r = lengths.tolist()
    return 100 * min(1.0, math.exp(1 - r / c)) * ((hits / totals).prod() ** (1 / max_n)).item()


# %% bleu: sentence by sentence into a table, matches struck off a list
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    def struck(mine, theirs):
        left = list(theirs)
        found = Counter()
        for gram in mine:
            if gram in left:
                left.remove(gram)
                found[gram] += 1
        return found

    matches, totals, c, r = Counter(), Counter(), 0, 0
    for hypothesis, given in zip(hypotheses, references, strict=True):
        several = _as_several(given)
        size = len(hypothesis)
        c += size
        r += min((abs(size - length), length) for length in map(len, several))[1]
        for n in range(1, max_n + 1):
            texts = (hypothesis, *several)
            cut = [[tuple(s[i:][:n]) for i in range(len(s) - n + 1)] for s in texts]
            found = Counter()
            for theirs in cut[1:]:
                found = found | struck(cut[0], theirs)
            matches[n] += sum(found.values())
            totals[n] += len(cut[0])
    if not c or not sum(matches.values()) or not all(totals[n] for n in range(1, max_n + 1)):
        return 0.0
    logs, credit = [], 1
    for n in range(1, max_n + 1):
        if matches[n]:
            logs.append(math.log(matches[n] / totals[n]))
        elif smooth == "none":
            return 0.0
        else:
            credit *= 2
            logs.append(-math.log(credit * totals[n]))
    return math.exp(math.log(100) + min(0, 1 - r / c) + sum(logs) / max_n)
