"""Wrong answers to wordpiece_tokenize."""
# ruff: noqa: F811

from collections.abc import Container


# %% wordpiece_tokenize: wp-shortest-first
def wordpiece_tokenize(
    word: str, vocab: Container[str], unk_token: str = "[UNK]", max_chars: int = 100
) -> list[str]:
    if len(word) > max_chars:
        return [unk_token]
    tokens = []
    current = ""
    for letter in word:
        current += letter
        candidate = "##" + current if tokens else current
        if candidate in vocab:
            tokens.append(candidate)
            current = ""
    return [unk_token] if current else tokens


# %% wordpiece_tokenize: wp-no-hashes
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    pieces, rest = [], word
    while rest:
        piece = rest
        while piece and piece not in vocab:
            piece = piece[:-1]
        if not piece:
            return [unk_token]
        pieces.append(piece)
        rest = rest[len(piece) :]
    return pieces


# %% wordpiece_tokenize: wp-hashes-not-returned
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    start, pieces = 0, []
    while start < len(word):
        end = len(word)
        while start < end:
            text = word[start:end]
            if (text if start == 0 else "##" + text) in vocab:
                break
            end -= 1
        if start == end:
            return [unk_token]
        pieces.append(text)
        start = end
    return pieces


# %% wordpiece_tokenize: wp-hashes-not-looked-up
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    parts = []
    while word:
        sizes = [n for n in range(1, len(word) + 1) if word[:n] in vocab]
        if not sizes:
            return [unk_token]
        parts.append(word[: sizes[-1]])
        word = word[sizes[-1] :]
    return parts[:1] + ["##" + part for part in parts[1:]]


# %% wordpiece_tokenize: wp-part-unknown
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]

    def cut(rest, mark):
        for n in range(len(rest), 0, -1):
            if mark + rest[:n] in vocab:
                return [mark + rest[:n], *cut(rest[n:], "##")]
        return [unk_token] if rest else []

    return cut(word, "")


# %% wordpiece_tokenize: wp-rest-dropped
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    pieces, start = [], 0
    while start < len(word):
        ends = range(len(word), start, -1)
        fits = ("##" * (start > 0) + word[start:end] for end in ends)
        piece = next((text for text in fits if text in vocab), None)
        if piece is None:
            break
        pieces.append(piece)
        start += len(piece) - 2 * (start > 0)
    return pieces or [unk_token]


# %% wordpiece_tokenize: wp-goes-back
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    def cuts(start):
        if start == len(word):
            yield []
        for end in reversed(range(start + 1, len(word) + 1)):
            piece = ("##" if start else "") + word[start:end]
            if piece in vocab:
                for rest in cuts(end):
                    yield [piece, *rest]

    if len(word) > max_chars:
        return [unk_token]
    return next(cuts(0), [unk_token])


# %% wordpiece_tokenize: wp-fewest-pieces
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    best = {0: []}  # place in the word: the shortest list of pieces that leads there
    for end in range(1, len(word) + 1):
        for start in range(end):
            piece = word[start:end] if start == 0 else "##" + word[start:end]
            if start in best and piece in vocab:
                found = [*best[start], piece]
                if end not in best or len(found) < len(best[end]):
                    best[end] = found
    return best.get(len(word), [unk_token])


# %% wordpiece_tokenize: wp-unknown-fixed
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    tokens, position = [], 0
    if len(word) > max_chars:
        return ["[UNK]"]
    while position < len(word):
        for end in reversed(range(position, len(word))):
            candidate = word[position : end + 1]
            if position:
                candidate = f"##{candidate}"
            if candidate in vocab:
                tokens += [candidate]
                position = end + 1
                break
        else:
            return ["[UNK]"]
    return tokens


# %% wordpiece_tokenize: wp-unknown-bare
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return unk_token
    out, left = [], word
    while left:
        right = ""
        while left and ("##" if out else "") + left not in vocab:
            left, right = left[:-1], left[-1] + right
        if left == "":
            return unk_token
        out.append(("##" if out else "") + left)
        left = right
    return out


# %% wordpiece_tokenize: wp-max-chars-ignored
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    out, rest = [], word
    while rest:
        mark = "##" if out else ""
        n = max((k for k in range(1, len(rest) + 1) if mark + rest[:k] in vocab), default=None)
        if n is None:
            return [unk_token]
        out.append(mark + rest[:n])
        rest = rest[n:]
    return out


# %% wordpiece_tokenize: wp-max-chars-unknown
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    pieces = []
    if len(word) < max_chars:
        start = 0
        while start < len(word):
            for stop in range(len(word), start, -1):
                piece = "##" * bool(start) + word[start:stop]
                if piece in vocab:
                    pieces.append(piece)
                    break
            else:
                return [unk_token]
            start = stop
    return pieces or [unk_token]


# %% wordpiece_tokenize: wp-word-cut-off
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    pieces = []
    rest = word[:max_chars]
    while rest:
        mark = "##" if pieces else ""
        n = len(rest)
        while n and mark + rest[:n] not in vocab:
            n -= 1
        if not n:
            return [unk_token]
        pieces.append(mark + rest[:n])
        rest = rest[n:]
    return pieces


# %% wordpiece_tokenize: wp-letter-unknown
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    out, start = [], 0
    while start < len(word):
        end = len(word)
        mark = "" if start == 0 else "##"
        while end > start and mark + word[start:end] not in vocab:
            end -= 1
        if end > start:
            out.append(mark + word[start:end])
            start = end
        else:
            out.append(unk_token)
            start += 1
    return out


# %% wordpiece_tokenize: wp-lower-case
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    chars = list(word.lower())
    if len(chars) > max_chars:
        return [unk_token]
    output = []
    start = 0
    while start < len(chars):
        end = len(chars)
        while end > start:
            sub = "".join(["##"] * (start > 0) + chars[start:end])
            if sub in vocab:
                break
            end -= 1
        else:
            return [unk_token]
        output.append(sub)
        start = end
    return output


# %% wordpiece_tokenize: wp-one-letter
def wordpiece_tokenize(word, vocab, unk_token="[UNK]", max_chars=100):
    if len(word) > max_chars:
        return [unk_token]
    pieces, start = [], 0
    while start < len(word):
        end = len(word)
        mark = "##" if pieces else ""
        while end > start + 1 and mark + word[start:end] not in vocab:
            end -= 1
        if end <= start + 1:
            return [unk_token]
        pieces.append(mark + word[start:end])
        start = end
    return pieces
