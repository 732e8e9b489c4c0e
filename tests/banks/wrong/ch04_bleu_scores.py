"""Wrong answers to bleu: what is made of the counts. Several mistakes at once."""
# ruff: noqa: B905, F811

import math
from collections import Counter
from statistics import fmean, geometric_mean

import torch

from unrolled.decoding.bleu import _as_several


# %% bleu: bleu-arithmetic
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    precisions, missing = [], 0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, given in zip(hypotheses, references):
            mine = Counter(zip(*(hypothesis[i:] for i in range(n))))
            theirs = [Counter(zip(*(one[i:] for i in range(n)))) for one in _as_several(given)]
            hits += sum(min(k, max(t[g] for t in theirs)) for g, k in mine.items())
            total += sum(mine.values())
        if total == 0 or (hits == 0 and (smooth == "none" or n == 1)):
            return 0.0
        if hits == 0:
            missing += 1
            hits = 0.5**missing
        precisions.append(hits / total)
    c = sum(map(len, hypotheses))
    r = 0
    for hypothesis, given in zip(hypotheses, references):
        r += min((abs(len(s) - len(hypothesis)), len(s)) for s in _as_several(given))[1]
    return 100 * min(1, math.exp(1 - r / c)) * fmean(precisions)


# %% bleu: bleu-weights-of-four
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    stats = torch.zeros(2, max_n, dtype=torch.float64)
    c = r = 0
    for hyp, given in zip(hypotheses, references):
        refs = sorted(_as_several(given), key=len)
        gap = [abs(len(ref) - len(hyp)) for ref in refs]
        c, r = c + len(hyp), r + len(refs[gap.index(min(gap))])
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
    logs = (torch.where(empty, 0.5 ** empty.cumsum(0), hits) / totals).log()
    return 100 * math.exp(min(0.0, 1 - r / c) + 0.25 * logs.sum().item())


# %% bleu: bleu-share
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    precisions, credit = [], 1.0
    c = r = 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(tuple(hyp[i : i + n]) for i in range(len(hyp) - n + 1))
            most = Counter()
            for ref in _as_several(given):
                most |= Counter(tuple(ref[i : i + n]) for i in range(len(ref) - n + 1))
            hits, total = hits + (mine & most).total(), total + mine.total()
        if total == 0 or (hits == 0 and (smooth == "none" or n == 1)):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        precisions.append(hits / total)
    return min(1.0, math.exp(1 - r / c)) * geometric_mean(precisions)


# %% bleu: bleu-smoothing-ignored
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    logs, c, r = [], 0, 0
    for n in range(1, max_n + 1):
        hits = total = c = r = 0
        for hyp, given in zip(hypotheses, references):
            several = _as_several(given)
            pools = [Counter(zip(*[s[i:] for i in range(n)])) for s in several]
            mine = Counter(zip(*[hyp[i:] for i in range(n)]))
            hits += sum(min(k, max(pool[gram] for pool in pools)) for gram, k in mine.items())
            total += mine.total()
            c += len(hyp)
            r += min((abs(len(s) - len(hyp)), len(s)) for s in several)[1]
        if hits == 0:
            return 0.0
        logs.append(math.log(hits / total))
    return 100 * math.exp(min(0, 1 - r / c) + sum(logs) / max_n)


# %% bleu: bleu-smoothing-not-halved
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    logs, c, r = [], 0, 0
    for n in range(1, max_n + 1):
        hits = total = c = r = 0
        for hyp, given in zip(hypotheses, references):
            several = _as_several(given)
            pools = [Counter(zip(*[s[i:] for i in range(n)])) for s in several]
            mine = Counter(zip(*[hyp[i:] for i in range(n)]))
            hits += sum(min(k, max(pool[gram] for pool in pools)) for gram, k in mine.items())
            total += mine.total()
            c += len(hyp)
            r += min((abs(len(s) - len(hyp)), len(s)) for s in several)[1]
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        logs.append(math.log(max(hits, 0.5)) - math.log(total))
    return 100 * math.exp(min(0, 1 - r / c) + fmean(logs))


# %% bleu: bleu-epsilon
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    log_sum, c, r = 0.0, 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        lengths = sorted(len(ref) for ref in _as_several(given))
        r += min(lengths, key=lambda length: abs(length - len(hyp)))
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(tuple(hyp[i : i + n]) for i in range(len(hyp) - n + 1))
            most = Counter()
            for ref in _as_several(given):
                most |= Counter(tuple(ref[i : i + n]) for i in range(len(ref) - n + 1))
            hits, total = hits + (mine & most).total(), total + mine.total()
        if total == 0 or (hits == 0 and (smooth == "none" or n == 1)):
            return 0.0
        log_sum += math.log(hits / total if hits else 1e-9)
    return 100 * min(1.0, math.exp(1 - r / c)) * math.exp(log_sum / max_n)


# %% bleu: bleu-zero-not-caught
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    matches, totals, c, r = [0] * max_n, [0] * max_n, 0, 0
    for hyp, given in zip(hypotheses, references):
        refs = _as_several(given)
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in refs)[1]
        for n in range(max_n):
            mine = Counter(zip(*[hyp[i:] for i in range(n + 1)]))
            most = Counter()
            for ref in refs:
                most |= Counter(zip(*[ref[i:] for i in range(n + 1)]))
            matches[n] += sum((mine & most).values())
            totals[n] += len(hyp[n:])
    if smooth == "exp" and matches[0]:
        matches = [m or 2.0 ** -matches[: n + 1].count(0) for n, m in enumerate(matches)]
    logs = [math.log(m) - math.log(t) for m, t in zip(matches, totals)]
    return 100 * min(1, math.exp(1 - r / c)) * math.exp(fmean(logs))


# %% bleu: bleu-rounded
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    logs, credit, c, r = 0.0, 1.0, 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(zip(*[hyp[i:] for i in range(n)]))
            pools = [Counter(zip(*[s[i:] for i in range(n)])) for s in _as_several(given)]
            hits += sum(min(k, max(pool[gram] for pool in pools)) for gram, k in mine.items())
            total += mine.total()
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        logs += math.log(hits / total)
    brevity = 1 if c > r else math.exp(1 - r / c)
    return float(f"{100 * brevity * math.exp(logs / max_n):.2f}")


# %% bleu: bleu-share + bleu-no-brevity
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    precisions, missing = [], 0
    for n in range(1, max_n + 1):
        hits = total = 0
        for hypothesis, given in zip(hypotheses, references):
            mine = Counter(zip(*(hypothesis[i:] for i in range(n))))
            theirs = [Counter(zip(*(one[i:] for i in range(n)))) for one in _as_several(given)]
            hits += sum(min(k, max(t[g] for t in theirs)) for g, k in mine.items())
            total += sum(mine.values())
        if total == 0 or (hits == 0 and (smooth == "none" or n == 1)):
            return 0.0
        if hits == 0:
            missing += 1
            hits = 0.5**missing
        precisions.append(hits / total)
    return math.prod(precisions) ** (1 / max_n)


# %% bleu: bleu-no-clipping + bleu-smoothing-ignored
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    logs, c, r = [], 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            known = {
                gram for one in _as_several(given) for gram in zip(*[one[i:] for i in range(n)])
            }
            mine = list(zip(*[hyp[i:] for i in range(n)]))
            hits += sum(gram in known for gram in mine)
            total += len(mine)
        if hits == 0:
            return 0.0
        logs.append(math.log(hits / total))
    return 100 * math.exp(min(0, 1 - r / c) + fmean(logs))


# %% bleu: outside the catalogue: the harmonic mean
def bleu(hypotheses, references, max_n=4, smooth="exp"):
    inverse, credit, c, r = 0.0, 1.0, 0, 0
    for hyp, given in zip(hypotheses, references):
        c += len(hyp)
        r += min((abs(len(ref) - len(hyp)), len(ref)) for ref in _as_several(given))[1]
    for n in range(1, max_n + 1):
        hits = total = 0
        for hyp, given in zip(hypotheses, references):
            mine = Counter(zip(*[hyp[i:] for i in range(n)]))
            most = Counter()
            for one in _as_several(given):
                most |= Counter(zip(*[one[i:] for i in range(n)]))
            hits, total = hits + (mine & most).total(), total + mine.total()
        if total == 0 or (hits == 0 and (n == 1 or smooth == "none")):
            return 0.0
        if hits == 0:
            hits = credit = credit / 2
        inverse += total / hits
    return 100 * min(1, math.exp(1 - r / c)) * max_n / inverse
