"""Right answers to the exercises that cut text, in other ways: BPE, WordPiece, n-grams."""
# ruff: noqa: F811

import re
from collections import Counter, defaultdict
from collections.abc import Container
from itertools import pairwise

from unrolled.tokenizers import pre_tokenize
from unrolled.tokenizers.byte_level import BYTE_TOKENS


# %% train_bpe: one character for each token, and str.replace
def train_bpe(text, n_merges):
    vocab = list(BYTE_TOKENS)
    letter = {token[0]: chr(i) for i, token in enumerate(vocab)}
    words = Counter("".join(letter[b] for b in w.encode("utf-8")) for w in pre_tokenize(text))
    merges = []
    for _ in range(n_merges):
        tally = defaultdict(int)
        for word, often in words.items():
            for i in range(len(word) - 1):
                tally[word[i : i + 2]] += often
        if not tally:
            return merges
        most = max(tally.values())
        best = min(pair for pair in tally if tally[pair] == most)
        a, b = (vocab[ord(c)] for c in best)
        merges.append((a, b))
        # Words stay different: each can be spelt out in one way only.
        words = Counter({w.replace(best, chr(len(vocab))): n for w, n in words.items()})
        vocab.append(a + b)
    return merges


# %% train_bpe: the whole text as one list, with None between the words
def train_bpe(text, n_merges):
    rank = {token: i for i, token in enumerate(BYTE_TOKENS)}
    stream = []
    for word in pre_tokenize(text):
        stream += [bytes([b]) for b in word.encode()] + [None]
    merges = []
    while len(merges) < n_merges:
        found = Counter((a, b) for a, b in pairwise(stream) if a is not None and b is not None)
        if len(found) == 0:
            break
        order = sorted(found, key=lambda p: (rank[p[0]], rank[p[1]]))
        order.sort(key=found.__getitem__, reverse=True)  # stable
        best = order[0]
        merges.append(best)
        joined = best[0] + best[1]
        rank[joined] = len(rank)
        rest, stream = stream, []
        skip = False
        for a, b in zip(rest, [*rest[1:], None], strict=True):
            if skip:
                skip = False
            elif (a, b) == best:
                stream.append(joined)
                skip = True
            else:
                stream.append(a)
    return merges


# %% train_bpe: numbers for tokens, and only the words that change are counted again
def train_bpe(text, n_merges):
    number = {token[0]: i for i, token in enumerate(BYTE_TOKENS)}
    spelt = list(BYTE_TOKENS)
    counted = Counter(pre_tokenize(text))
    words = [tuple(number[b] for b in w.encode()) for w in counted]
    freq = list(counted.values())
    stats, where = Counter(), defaultdict(set)

    def enter(n, sign):
        for pair in zip(words[n][:-1], words[n][1:], strict=True):
            stats[pair] += sign * freq[n]
            where[pair].add(n)

    for n in range(len(words)):
        enter(n, +1)
    merges = []
    for new in range(256, 256 + n_merges):
        alive = [pair for pair, often in stats.items() if often > 0]
        if not alive:
            break
        best = max(alive, key=lambda pair: (stats[pair], -pair[0], -pair[1]))
        merges.append((spelt[best[0]], spelt[best[1]]))
        spelt.append(spelt[best[0]] + spelt[best[1]])
        for n in where.pop(best):
            enter(n, -1)
            old, fresh = list(words[n]), []
            while old:
                if tuple(old[:2]) == best:
                    fresh.append(new)
                    del old[:2]
                else:
                    fresh.append(old.pop(0))
            words[n] = tuple(fresh)
            enter(n, +1)
    return merges


# %% train_bpe: a function for each step, and a list of all words that is not counted first
def train_bpe(text, n_merges):
    ids = {token: i for i, token in enumerate(BYTE_TOKENS)}
    corpus = [[bytes([b]) for b in word.encode("utf-8")] for word in pre_tokenize(text)]
    result = []
    while len(result) != n_merges:
        stats = pair_counts(corpus)
        if all(len(word) == 1 for word in corpus):
            break
        chosen = None
        for pair, n in stats.items():
            rank = (-n, ids[pair[0]], ids[pair[1]])
            if chosen is None or rank < chosen[0]:
                chosen = (rank, pair)
        result.append(chosen[1])
        ids[b"".join(chosen[1])] = len(ids)
        corpus = [merge(word, *chosen[1]) for word in corpus]
    return result


def pair_counts(corpus):
    stats = {}
    for word in corpus:
        for i in range(1, len(word)):
            pair = (word[i - 1], word[i])
            stats[pair] = stats.get(pair, 0) + 1
    return stats


def merge(word, a, b):
    out = word[:1]
    free = True  # the last token of out may still be joined
    for token in word[1:]:
        if free and out[-1] == a and token == b:
            out[-1] = a + b
            free = False
        else:
            out.append(token)
            free = True
    return out


# %% wordpiece_tokenize: the loops of BERT's own program
def wordpiece_tokenize(
    word: str, vocab: Container[str], unk_token: str = "[UNK]", max_chars: int = 100
) -> list[str]:
    chars = list(word)
    if len(chars) > max_chars:
        return [unk_token]
    is_bad = False
    start = 0
    sub_tokens = []
    while start < len(chars):
        end = len(chars)
        cur_substr = None
        while start < end:
            substr = "".join(chars[start:end])
            if start > 0:
                substr = "##" + substr
            if substr in vocab:
                cur_substr = substr
                break
            end -= 1
        if cur_substr is None:
            is_bad = True
            break
        sub_tokens.append(cur_substr)
        start = end
    return [unk_token] if is_bad else sub_tokens


# %% wordpiece_tokenize: recursive
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    def cut(rest, mark):
        if rest == "":
            return []
        n = len(rest)
        while n > 0 and mark + rest[:n] not in vocab:
            n -= 1
        if n == 0:
            return None
        tail = cut(rest[n:], "##")
        return None if tail is None else [mark + rest[:n], *tail]

    pieces = cut(word, "") if len(word) <= max_chars else None
    return [unk_token] if pieces is None else pieces


# %% wordpiece_tokenize: the marks stay in front of what is left of the word
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    found, rest = [], word
    while len(rest) > 2 * bool(found):
        shortest = 3 if found else 1
        fits = (rest[:n] for n in range(len(rest), shortest - 1, -1))
        piece = next((p for p in fits if p in vocab), None)
        if piece is None:
            return [unk_token]
        found.append(piece)
        rest = "##" + rest[len(piece) :]
    return found


# %% wordpiece_tokenize: all pieces that fit, and the longest of them
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    length, out, at = len(word), [], 0
    while at < length <= max_chars:
        hashes = "##" * (at != 0)
        ends = [end for end in range(at + 1, length + 1) if hashes + word[at:end] in vocab]
        if not ends:
            break
        out += [hashes + word[at : max(ends)]]
        at = max(ends)
    return out if at == length else [unk_token]


# %% character_ngrams: zip of shifted copies
def character_ngrams(word, n_min=3, n_max=6):
    w = "<" + word + ">"
    grams = []
    for n in range(n_min, n_max + 1):
        shifted = [w[k:] for k in range(n)]
        grams.extend("".join(letters) for letters in zip(*shifted, strict=False))
    if not n_min <= len(w) <= n_max:
        grams.append(w)
    return grams


# %% character_ngrams: regular expressions that look ahead
def character_ngrams(word, n_min=3, n_max=6):
    w = f"<{word}>"
    grams = []
    for n in range(n_min, n_max + 1):
        grams += re.findall(rf"(?=({'.' * n}))", w, flags=re.DOTALL)
    if w in grams:
        grams.remove(w)
    return [*grams, w]


# %% character_ngrams: every beginning and end, then sorted by length
def character_ngrams(word, n_min=3, n_max=6):
    w = word.join("<>")
    L = len(w)
    every = [w[i:j] for i in range(L) for j in range(i + 1, L + 1)]
    every = [run for run in every if n_min <= len(run) <= n_max and len(run) < L]
    every.sort(key=len)  # stable: runs of one length stay in their order
    every.append(w)
    return every


# %% character_ngrams: windows that move on by one character
def character_ngrams(word, n_min=3, n_max=6):
    characters = ["<", *word, ">"]
    out, n = [], n_min
    while n <= min(n_max, len(characters) - 1):
        window, rest = characters[:n], characters[n:]
        out.append("".join(window))
        for c in rest:
            window = [*window[1:], c]
            out.append("".join(window))
        n += 1
    out.append("".join(characters))
    return out
