"""Wrong answers to skip_gram_pairs and character_ngrams."""
# ruff: noqa: F811

import itertools

import torch
from torch import Tensor


# %% skip_gram_pairs: pairs-exchanged
def skip_gram_pairs(ids: Tensor, window: int) -> Tensor:
    place = torch.arange(len(ids), device=ids.device)
    gap = (place[:, None] - place[None]).abs()
    i, j = torch.nonzero((gap > 0) & (gap <= window), as_tuple=True)
    return torch.stack([ids[j], ids[i]], dim=-1)


# %% skip_gram_pairs: pairs-after-alone
def skip_gram_pairs(ids, window):
    near = torch.ones(len(ids), len(ids), dtype=torch.bool).triu(1).tril(window)
    return ids[near.nonzero()]


# %% skip_gram_pairs: pairs-right-end
def skip_gram_pairs(ids, window):
    words = ids.tolist()
    rows = []
    for i in range(len(words)):
        for j in range(i - window, i + window):
            if 0 <= j < len(words) and j != i:
                rows.append([words[i], words[j]])
    return torch.tensor(rows, dtype=ids.dtype).reshape(-1, 2)


# %% skip_gram_pairs: pairs-with-itself
def skip_gram_pairs(ids, window):
    both = torch.cartesian_prod(torch.arange(len(ids)), torch.arange(len(ids)))
    distance = (both[:, 1] - both[:, 0]).abs()
    return ids[both[distance <= window]]


# %% skip_gram_pairs: pairs-equal-ids-skipped
def skip_gram_pairs(ids, window):
    tokens = ids.tolist()
    pairs = []
    for place, centre in enumerate(tokens):
        neighbours = tokens[max(place - window, 0) : place + window + 1]
        pairs.extend([centre, other] for other in neighbours if other != centre)
    return torch.tensor(pairs, dtype=ids.dtype).view(-1, 2)


# %% skip_gram_pairs: pairs-once
def skip_gram_pairs(ids, window):
    tokens = ids.tolist()
    seen = {}
    for i, j in itertools.product(range(len(tokens)), repeat=2):
        if 0 < abs(i - j) <= window:
            seen[tokens[i], tokens[j]] = True
    return torch.tensor(list(seen), dtype=ids.dtype).reshape(len(seen), 2)


# %% skip_gram_pairs: pairs-of-places
def skip_gram_pairs(ids, window):
    place = torch.arange(len(ids))
    gap = (place - place.unsqueeze(-1)).abs()
    return torch.logical_and(gap >= 1, gap <= window).nonzero().to(ids.dtype)


# %% skip_gram_pairs: pairs-slice-from-the-end
def skip_gram_pairs(ids, window):
    centres, contexts = [], []
    for i in range(len(ids)):
        around = torch.cat((ids[i - window : i], ids[i + 1 : i + window + 1]))
        contexts.append(around)
        centres.append(ids[i].expand(len(around)))
    return torch.stack((torch.cat(centres), torch.cat(contexts)), dim=1)


# %% skip_gram_pairs: pairs-by-offset
def skip_gram_pairs(ids, window):
    rows = [ids.new_empty(0, 2)]
    n = len(ids)
    for offset in [*range(-window, 0), *range(1, window + 1)]:
        if abs(offset) >= n:
            continue
        centre = ids[-offset:] if offset < 0 else ids[: n - offset]
        context = ids[:offset] if offset < 0 else ids[offset:]
        rows.append(torch.column_stack((centre, context)))
    return torch.cat(rows)


# %% skip_gram_pairs: pairs-full-windows-alone
def skip_gram_pairs(ids, window):
    if len(ids) <= 2 * window:
        return ids.new_empty(0, 2)
    windows = ids.unfold(0, 2 * window + 1, 1)
    contexts = torch.cat((windows[:, :window], windows[:, window + 1 :]), dim=1)
    centres = windows[:, window : window + 1].expand_as(contexts)
    return torch.stack((centres, contexts), dim=-1).flatten(0, 1)


# %% skip_gram_pairs: pairs-none-flat
def skip_gram_pairs(ids, window):
    words = ids.tolist()
    return torch.tensor(
        [
            (words[i], words[j])
            for i in range(len(words))
            for j in range(len(words))
            if i != j and -window <= i - j <= window
        ],
        dtype=ids.dtype,
    )


# %% skip_gram_pairs: pairs-none-fails
def skip_gram_pairs(ids, window):
    rows = []
    for i in range(len(ids)):
        before, after = ids[max(i - window, 0) : i], ids[i + 1 : i + 1 + window]
        rows.extend(torch.hstack((ids[i], word)) for word in (*before, *after))
    return torch.vstack(rows)


# %% skip_gram_pairs: pairs-axes
def skip_gram_pairs(ids, window):
    place = torch.arange(len(ids))
    gap = (place[:, None] - place).abs()
    return ids[torch.stack(torch.where((gap > 0) & (gap <= window)))]


# %% skip_gram_pairs: pairs-nearest-first
def skip_gram_pairs(ids, window):
    rows = []
    T = len(ids)
    for i in range(T):
        for step in range(1, window + 1):
            if i - step >= 0:
                rows.append((ids[i], ids[i - step]))
            if i + step < T:
                rows.append((ids[i], ids[i + step]))
    return torch.tensor(rows, dtype=ids.dtype).reshape(-1, 2)


# %% character_ngrams: ngrams-no-marks
def character_ngrams(word, n_min=3, n_max=6):
    runs = []
    for n in range(n_min, n_max + 1):
        runs += map("".join, zip(*(word[k:] for k in range(n)), strict=False))
    return runs if n_min <= len(word) <= n_max else [*runs, word]


# %% character_ngrams: ngrams-no-end
def character_ngrams(word, n_min=3, n_max=6):
    w = "<" + word
    runs = [w[i : i + n] for n in range(n_min, n_max + 1) for i in range(len(w) + 1 - n)]
    if w not in runs:
        runs.append(w)
    return runs


# %% character_ngrams: ngrams-word-missing
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    every = itertools.combinations(range(len(w) + 1), 2)
    runs = [w[i:j] for i, j in every if n_min <= j - i <= n_max]
    return sorted(runs, key=len)


# %% character_ngrams: ngrams-word-twice
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    out = []
    for n in range(n_min, n_max + 1):
        i = 0
        while i + n <= len(w):
            out.append(w[i : i + n])
            i += 1
    out.append(w)
    return out


# %% character_ngrams: ngrams-longest-missing
def character_ngrams(word, n_min=3, n_max=6):
    w = "<" + word + ">"
    lengths = [n for n in range(n_min, n_max) if n < len(w)]
    return [w[i : i + n] for n in lengths for i in range(len(w) - n + 1)] + [w]


# %% character_ngrams: ngrams-last-run-missing
def character_ngrams(word, n_min=3, n_max=6):
    w = "<" + word + ">"
    runs = []
    for n in range(n_min, n_max + 1):
        for i in range(len(w) - n):
            runs.append(w[i : i + n])
    runs.append(w)
    return runs


# %% character_ngrams: ngrams-by-place
def character_ngrams(word, n_min=3, n_max=6):
    w = "<" + word + ">"
    runs = []
    for i in range(len(w)):
        for j in range(i + n_min, i + n_max + 1):
            if j <= len(w) and j - i < len(w):
                runs.append(w[i:j])
    return [*runs, w]


# %% character_ngrams: ngrams-once
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    runs = {}
    for n in range(n_min, n_max + 1):
        for end in range(n, len(w) + 1):
            runs[w[end - n : end]] = None
    runs.pop(w, None)
    return [*runs, w]


# %% character_ngrams: ngrams-cut-runs
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    runs = []
    for n in range(n_min, n_max + 1):
        runs.extend(w[i : i + n] for i in range(len(w)))
    return runs if w in runs else [*runs, w]


# %% character_ngrams: ngrams-word-unmarked
def character_ngrams(word, n_min=3, n_max=6):
    w = ["<", *word, ">"]
    runs = []
    for n in range(n_min, n_max + 1):
        runs += ["".join(w[i : i + n]) for i in range(len(w) - n + 1) if n < len(w)]
    return [*runs, word]


# %% character_ngrams: ngrams-side-by-side
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    runs = []
    for n in range(n_min, n_max + 1):
        starts = range(0, len(w), n)
        runs += [w[i : i + n] for i in starts if i + n <= len(w) and n < len(w)]
    return [*runs, w]


# %% character_ngrams: ngrams-longest-first
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    runs, n = [], min(n_max, len(w) - 1)
    while n >= n_min:
        runs += [w[i : i + n] for i in range(len(w) - n + 1)]
        n -= 1
    return [*runs, w]
