"""Wrong answers to train_bpe."""
# ruff: noqa: F811

from collections import Counter, defaultdict
from itertools import pairwise

from unrolled.tokenizers import pre_tokenize
from unrolled.tokenizers.byte_level import BYTE_TOKENS


# %% train_bpe: bpe-no-words
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    stream = tuple(bytes([b]) for b in text.encode("utf-8"))
    merges = []
    while len(merges) < n_merges and len(stream) > 1:
        stats = Counter(stream[i : i + 2] for i in range(len(stream) - 1))
        most = max(stats.values())
        tied = [pair for pair in stats if stats[pair] == most]
        pair = min(tied, key=lambda p: (ids[p[0]], ids[p[1]]))
        merges.append(pair)
        new = pair[0] + pair[1]
        ids[new] = len(ids)
        out, i = [], 0
        while i < len(stream):
            if stream[i : i + 2] == pair:
                out.append(new)
                i += 2
            else:
                out.append(stream[i])
                i += 1
        stream = tuple(out)
    return merges


# %% train_bpe: bpe-ids-by-value
def train_bpe(text, n_merges):
    # numbers as in the minimal program that everybody copies: byte 0 to 255, then 256 and on
    vocab = {i: bytes([i]) for i in range(256)}
    words = [list(word.encode("utf-8")) for word in pre_tokenize(text)]
    merges = []
    for new in range(256, 256 + n_merges):
        stats = {}
        for word in words:
            for pair in pairwise(word):
                stats[pair] = stats.get(pair, 0) + 1
        if not stats:
            break
        left, right = sorted(stats, key=lambda p: (-stats[p], p))[0]
        merges.append((vocab[left], vocab[right]))
        vocab[new] = vocab[left] + vocab[right]
        words = [merge(word, left, right, new) for word in words]
    return merges


def merge(word, left, right, new):
    out = []
    i = 0
    while i < len(word):
        if i + 1 < len(word) and word[i] == left and word[i + 1] == right:
            out.append(new)
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


# %% train_bpe: bpe-tie-first-seen
def train_bpe(text, n_merges):
    freqs = Counter(pre_tokenize(text))
    splits = {word: [bytes([b]) for b in word.encode()] for word in freqs}
    merges = []
    for _ in range(n_merges):
        pair_freqs = defaultdict(int)
        for word, freq in freqs.items():
            for pair in pairwise(splits[word]):
                pair_freqs[pair] += freq
        best, max_freq = None, 0
        for pair, freq in pair_freqs.items():
            if freq > max_freq:
                best, max_freq = pair, freq
        if best is None:
            break
        merges.append(best)
        for word in freqs:
            split, i = splits[word], 0
            while i < len(split) - 1:
                if split[i] == best[0] and split[i + 1] == best[1]:
                    split = [*split[:i], best[0] + best[1], *split[i + 2 :]]
                i += 1
            splits[word] = split
    return merges


# %% train_bpe: bpe-each-word-once
def train_bpe(text, n_merges):
    rank = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = {word: tuple(bytes([b]) for b in word.encode()) for word in pre_tokenize(text)}
    merges = []
    while len(merges) < n_merges:
        stats = Counter()
        for tokens in words.values():
            stats.update(pairwise(tokens))
        if not stats:
            break
        a, b = min(stats, key=lambda p: (-stats[p], rank[p[0]], rank[p[1]]))
        merges.append((a, b))
        rank[a + b] = len(rank)
        words = {word: joined(tokens, a, b) for word, tokens in words.items()}
    return merges


def joined(tokens, a, b):
    out = []
    rest = iter(tokens)
    held = next(rest)
    for token in rest:
        if (held, token) == (a, b):
            out.append(a + b)
            held = next(rest, None)
            if held is None:
                return tuple(out)
        else:
            out.append(held)
            held = token
    return (*out, held)


# %% train_bpe: bpe-stops-at-two
def train_bpe(text, n_merges):
    letter = {token[0]: chr(i) for i, token in enumerate(BYTE_TOKENS)}
    vocab = list(BYTE_TOKENS)
    words = ["".join(map(letter.get, word.encode())) for word in pre_tokenize(text)]
    merges = []
    while len(merges) < n_merges:
        stats = Counter(w[i : i + 2] for w in words for i in range(len(w) - 1))
        frequent = [pair for pair, n in stats.items() if n >= 2]
        if not frequent:
            break
        best = min(frequent, key=lambda pair: (-stats[pair], pair))
        a, b = best
        merges.append((vocab[ord(a)], vocab[ord(b)]))
        words = [w.replace(best, chr(len(vocab))) for w in words]
        vocab.append(vocab[ord(a)] + vocab[ord(b)])
    return merges


# %% train_bpe: bpe-no-end
def train_bpe(text, n_merges):
    letter = {token[0]: chr(i) for i, token in enumerate(BYTE_TOKENS)}
    vocab = list(BYTE_TOKENS)
    words = ["".join(letter[b] for b in word.encode()) for word in pre_tokenize(text)]
    merges = []
    for k in range(n_merges):
        stats = Counter(a + b for word in words for a, b in pairwise(word))
        often = max(stats.values())
        best = min(pair for pair, n in stats.items() if n == often)
        left, right = (vocab[ord(c)] for c in best)
        merges.append((left, right))
        vocab.append(left + right)
        words = [word.replace(best, chr(256 + k)) for word in words]
    return merges


# %% train_bpe: bpe-lower-case
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    freq = Counter(pre_tokenize(text.lower()))
    words = {word: [bytes([b]) for b in word.encode()] for word in freq}
    merges = []
    while len(merges) < n_merges:
        stats = Counter()
        for word, n in freq.items():
            for pair in pairwise(words[word]):
                stats[pair] += n
        if not stats:
            break
        pair = max(stats, key=lambda p: (stats[p], -ids[p[0]], -ids[p[1]]))
        merges.append(pair)
        ids[pair[0] + pair[1]] = len(ids)
        for word in freq:
            old, new = words[word][::-1], []
            while old:
                token = old.pop()
                if token == pair[0] and old and old[-1] == pair[1]:
                    token += old.pop()
                new.append(token)
            words[word] = new
    return merges


# %% train_bpe: bpe-once-a-word
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    words = [[bytes([b]) for b in word.encode()] for word in pre_tokenize(text)]
    merges = []
    while len(merges) < n_merges:
        stats = Counter()
        for tokens in words:
            stats.update(set(pairwise(tokens)))
        if not stats:
            return merges
        ordered = sorted(stats.items(), key=lambda item: (-item[1], *map(ids.get, item[0])))
        a, b = ordered[0][0]
        merges.append((a, b))
        ids[a + b] = len(ids)
        for tokens in words:
            for i in range(len(tokens)):
                if tokens[i : i + 2] == [a, b]:
                    tokens[i : i + 2] = [a + b]
    return merges
