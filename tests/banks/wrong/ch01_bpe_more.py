"""More wrong answers to train_bpe: what is joined, and what is returned."""
# ruff: noqa: F811

from collections import Counter
from itertools import pairwise

from unrolled.tokenizers import pre_tokenize
from unrolled.tokenizers.byte_level import BYTE_TOKENS


# %% train_bpe: bpe-first-place-alone
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = [[bytes([b]) for b in word.encode()] for word in pre_tokenize(text)]
    merges = []
    while len(merges) < n_merges:
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        a, b = min(stats, key=lambda p: (-stats[p], ids[p[0]], ids[p[1]]))
        merges.append((a, b))
        ids[a + b] = len(ids)
        for word in words:
            here = next((i for i, pair in enumerate(pairwise(word)) if pair == (a, b)), None)
            if here is not None:
                word[here] += word.pop(here + 1)
    return merges


# %% train_bpe: bpe-joined-as-text
def train_bpe(text, n_merges):
    # each word as one string, its tokens set apart by a byte that no text has
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    vocab = Counter(b"\xff".join(bytes([b]) for b in w.encode()) for w in pre_tokenize(text))
    merges = []
    while len(merges) < n_merges:
        stats = Counter()
        for word, freq in vocab.items():
            for pair in pairwise(word.split(b"\xff")):
                stats[pair] += freq
        if not stats:
            break
        pair = min(stats, key=lambda p: (-stats[p], ids.get(p[0], 999), ids.get(p[1], 999)))
        merges.append(pair)
        ids.setdefault(b"".join(pair), len(ids))
        replaced = Counter()
        for word, freq in vocab.items():
            replaced[word.replace(b"\xff".join(pair), b"".join(pair))] += freq
        vocab = replaced
    return merges


# %% train_bpe: bpe-joined
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = [[bytes([b]) for b in word.encode()] for word in pre_tokenize(text)]
    learned = []
    while len(learned) < n_merges:
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        pair = min(stats, key=lambda p: (-stats[p], ids[p[0]], ids[p[1]]))
        token = b"".join(pair)
        ids[token] = 256 + len(learned)
        learned.append(token)
        words = [list(glue(word, pair)) for word in words]
    return learned


def glue(word, pair):
    i = 0
    while i < len(word):
        step = 2 if tuple(word[i : i + 2]) == pair else 1
        yield b"".join(word[i : i + step])
        i += step


# %% train_bpe: bpe-strings
def train_bpe(text, n_merges):
    # bytes as characters of one byte each: easier to read in print
    ids = {token.decode("latin-1"): i for i, token in enumerate(BYTE_TOKENS)}
    words = [list(word.encode("utf-8").decode("latin-1")) for word in pre_tokenize(text)]
    merges = []
    for _ in range(n_merges):
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        a, b = min(stats, key=lambda p: (-stats[p], ids[p[0]], ids[p[1]]))
        merges.append((a, b))
        ids[a + b] = len(ids)
        for word in words:
            for i in range(len(word)):
                if word[i : i + 2] == [a, b]:
                    word[i : i + 2] = [a + b]
    return merges


# %% train_bpe: bpe-tie-by-bytes
def train_bpe(text, n_merges):
    counts = Counter(pre_tokenize(text))
    splits = {word: [bytes([b]) for b in word.encode("utf-8")] for word in counts}
    merges = []
    while len(merges) < n_merges:
        stats = Counter()
        for word, split in splits.items():
            for i in range(len(split) - 1):
                stats[split[i], split[i + 1]] += counts[word]
        if not stats:
            break
        top = max(stats.values())
        a, b = min(pair for pair, n in stats.items() if n == top)
        merges.append((a, b))
        for word, split in splits.items():
            new, fresh = [], False  # fresh: the last token was joined just now
            for token in split:
                if new and not fresh and (new[-1], token) == (a, b):
                    new[-1], fresh = a + b, True
                else:
                    new.append(token)
                    fresh = False
            splits[word] = new
    return merges


# %% train_bpe: bpe-tie-highest
def train_bpe(text, n_merges):
    number = {token[0]: i for i, token in enumerate(BYTE_TOKENS)}
    tokens = list(BYTE_TOKENS)
    words = [tuple(number[b] for b in word.encode()) for word in pre_tokenize(text)]
    merges = []
    while len(merges) < n_merges:
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        (a, b), _ = max(stats.items(), key=lambda item: item[::-1])
        merges.append((tokens[a], tokens[b]))
        changed = []
        for word in words:
            row, i = [], 0
            while i < len(word):
                both = word[i : i + 2] == (a, b)
                row.append(len(tokens) if both else word[i])
                i += 1 + both
            changed.append(tuple(row))
        words = changed
        tokens.append(tokens[a] + tokens[b])
    return merges


# %% train_bpe: bpe-characters
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = [[letter.encode("utf-8") for letter in word] for word in pre_tokenize(text)]
    for letter in sorted({letter for word in words for letter in word}):
        ids.setdefault(letter, len(ids))
    merges = []
    while len(merges) < n_merges:
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        a, b = min(stats, key=lambda p: (-stats[p], ids[p[0]], ids[p[1]]))
        merges.append((a, b))
        ids.setdefault(a + b, len(ids))
        for word in words:
            i = 0
            while i + 1 < len(word):
                if word[i] == a and word[i + 1] == b:
                    word[i] = a + b
                    del word[i + 1]
                i += 1
    return merges


# %% train_bpe: bpe-counted-at-first-alone
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    stats = Counter()
    for word in pre_tokenize(text):
        stats.update(pairwise(bytes([b]) for b in word.encode()))
    ranking = sorted(stats, key=lambda p: (-stats[p], ids[p[0]], ids[p[1]]))
    return ranking[:n_merges]


# %% train_bpe: bpe-strings
def train_bpe(text, n_merges):
    words = [list(word) for word in pre_tokenize(text)]
    merges = []
    for _ in range(n_merges):
        stats = Counter(pair for word in words for pair in pairwise(word))
        if not stats:
            break
        best = sorted(stats, key=lambda p: (-stats[p], p))[0]
        merges.append(best)
        for word in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = ["".join(best)]
                i += 1
    return merges
