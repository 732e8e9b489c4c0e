"""Known mistakes of wordpiece_tokenize and character_ngrams."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_LONG = "if len(word) > max_chars:"
_PIECES = "pieces: list[str] = []"
_PREFIX = 'prefix = "##" if start > 0 else ""'
_ENDS = "range(len(word), start, -1)"
_FOUND = "if prefix + word[start:end] in vocab:"
_ELSE = "else:\n            return [unk_token]"
_TAKE = "pieces.append(prefix + word[start:end])"


def _search(result: str) -> str:
    """A search through all ways to cut the rest of a word, and what it makes of them."""
    lines = (
        "def ways(start):",
        "    if start == len(word):",
        "        yield []",
        "    for end in range(len(word), start, -1):",
        "        piece = ('##' if start else '') + word[start:end]",
        "        if piece in vocab:",
        "            yield from ([piece, *rest] for rest in ways(end))",
        f"return {result}",
        _PIECES,
    )
    return "\n    ".join(lines)


_FROM_THE_END = "\n    ".join((
    "found, stop = [], len(word)",
    "while stop:",
    "    begin = next((b for b in range(stop) if ('##' if b else '') + word[b:stop] in vocab), None)",
    "    if begin is None:",
    "        return [unk_token]",
    "    found.insert(0, ('##' if begin else '') + word[begin:stop])",
    "    stop = begin",
    "return found",
    _PIECES,
))  # fmt: skip

WORDPIECE_TOKENIZE = (
    Mistake("wp-shortest-first", "the shortest piece that fits is taken; try the ends from the far "
            "one to the near one.", ((_ENDS, "range(start + 1, len(word) + 1)"),)),
    Mistake("wp-no-hashes", "pieces inside the word lack their ##, where they are looked up and "
            "where they are returned.", ((_PREFIX, 'prefix = ""'),)),
    Mistake("wp-hashes-not-returned", "the pieces are returned without their ##.",
            ((_TAKE, "pieces.append(word[start:end])"),)),
    Mistake("wp-hashes-not-looked-up", "the ## is added to the result alone; a piece inside the word "
            "is looked up with it.", ((_FOUND, "if word[start:end] in vocab:"),)),
    Mistake("wp-hashes-at-the-beginning", "the first piece is looked up with ## as well; it has "
            "none.", ((_PREFIX, 'prefix = "##"'),)),
    Mistake("wp-hashes-behind", "the ## stands behind the letters; it stands in front of them.",
            ((_FOUND, "if word[start:end] + prefix in vocab:"),
             (_TAKE, "pieces.append(word[start:end] + prefix)"))),
    Mistake("wp-part-unknown", "the pieces found so far are returned with an unknown one; the whole "
            "word is [unk_token].", ((_ELSE, "else:\n            return [*pieces, unk_token]"),)),
    Mistake("wp-rest-dropped", "the pieces found so far are returned as if they were the word; it is "
            "[unk_token].", ((_ELSE, "else:\n            return pieces"),)),
    Mistake("wp-rest-dropped", "the pieces found so far are returned as if they were the word; it is "
            "[unk_token].", ((_ELSE, "else:\n            return pieces or [unk_token]"),),
            variant="if there are any"),
    Mistake("wp-letter-unknown", "an unknown letter becomes unk_token and the cutting goes on; the "
            "whole word is [unk_token].",
            ((_ELSE, "else:\n            pieces.append(unk_token)\n            start += 1\n"
              "            continue"),)),
    Mistake("wp-letter-skipped", "an unknown letter is left out and the cutting goes on; the whole "
            "word is [unk_token].", ((_ELSE, "else:\n            start += 1\n            continue"),)),
    Mistake("wp-unknown-fixed", 'an unknown word is always "[UNK]"; it is unk_token.',
            ((_ELSE, _ELSE.replace("unk_token", '"[UNK]"')),
             (_LONG + "\n        return [unk_token]", _LONG + '\n        return ["[UNK]"]'))),
    Mistake("wp-unknown-bare", "an unknown word gives a string; it is a list of one string.",
            ((_ELSE, "else:\n            return unk_token"),
             (_LONG + "\n        return [unk_token]", _LONG + "\n        return unk_token"))),
    Mistake("wp-goes-back", "where the longest piece leaves a rest that cannot be cut, a shorter one "
            "is tried; WordPiece never goes back, and the word is unknown.",
            ((_PIECES, _search("next(ways(0), [unk_token])")),)),
    Mistake("wp-fewest-pieces", "the cut with the fewest pieces is taken; WordPiece takes the longest "
            "piece at each place, from left to right.",
            ((_PIECES, _search("min(ways(0), key=len, default=[unk_token])")),)),
    Mistake("wp-from-the-end", "the word is cut from its end; cut from left to right.",
            ((_PIECES, _FROM_THE_END),)),
    Mistake("wp-max-chars-ignored", "max_chars is ignored: a longer word is unknown without looking.",
            ((_LONG, "if False:"),)),
    Mistake("wp-max-chars-unknown", "a word of exactly max_chars is unknown; only a longer one is.",
            ((_LONG, "if len(word) >= max_chars:"),)),
    Mistake("wp-word-cut-off", "a long word is cut off at max_chars; it is unknown as a whole.",
            ((_LONG + "\n        return [unk_token]", "word = word[:max_chars]"),)),
    Mistake("wp-last-letter", "the last letter of the word is never part of a piece: the range of "
            "ends begins at len(word).", ((_ENDS, "range(len(word) - 1, start, -1)"),)),
    Mistake("wp-never-whole", "a word that is itself in vocab is still cut.",
            ((_ENDS, "range(len(word) - (start == 0 and len(word) > 1), start, -1)"),)),
    Mistake("wp-one-letter", "pieces of one letter are never tried.",
            ((_ENDS, "range(len(word), start + 1, -1)"),)),
    Mistake("wp-lower-case", "the word is brought to small letters; take it as it is.",
            ((_LONG, "word = word.lower()\n    " + _LONG),)),
    Mistake("wp-no-list", "the pieces are returned as one string; a list of strings is wanted.",
            (("return pieces", 'return " ".join(pieces)'),)),
)  # fmt: skip

_MARKED = 'marked = f"<{word}>"'
_LENGTHS = "for n in range(n_min, n_max + 1)"
_STARTS = "for start in range(len(marked) - n + 1)"
_LAST = "return runs if marked in runs else [*runs, marked]"

CHARACTER_NGRAMS = (
    Mistake("ngrams-no-marks", "the word is not marked: put < before and > behind it first.",
            ((_MARKED, "marked = word"),)),
    Mistake("ngrams-no-beginning", "the mark < of the word's beginning is missing.",
            ((_MARKED, 'marked = f"{word}>"'),)),
    Mistake("ngrams-no-end", "the mark > of the word's end is missing.",
            ((_MARKED, 'marked = f"<{word}"'),)),
    Mistake("ngrams-word-missing", "the whole marked word is missing at the end of the list.",
            ((_LAST, "return runs"),)),
    Mistake("ngrams-word-unmarked", "the whole word stands at the end without its marks.",
            ((_LAST, "return runs if marked in runs else [*runs, word]"),)),
    Mistake("ngrams-word-twice", "a word that is short enough to be a run stands in the list twice; "
            "it stands there once.", ((_LAST, "return [*runs, marked]"),)),
    Mistake("ngrams-word-first", "the whole word stands in front; it comes last.",
            ((_LAST, "return [marked, *(run for run in runs if run != marked)]"),)),
    Mistake("ngrams-word-never-a-run", "a word short enough to be a run is missing.",
            ((_LAST, "return [run for run in runs if run != marked] if marked in runs "
              "else [*runs, marked]"),)),
    Mistake("ngrams-longest-missing", "runs of n_max characters are missing: a range stops before "
            "its end.", ((_LENGTHS, "for n in range(n_min, n_max)"),)),
    Mistake("ngrams-shortest-missing", "runs of n_min characters are missing.",
            ((_LENGTHS, "for n in range(n_min + 1, n_max + 1)"),)),
    Mistake("ngrams-last-run-missing", "the last run of each length is missing: a string of length L "
            "has L - n + 1 runs of n.", ((_STARTS, "for start in range(len(marked) - n)"),)),
    Mistake("ngrams-cut-runs", "runs at the word's end come out too short: no run starts later than "
            "L - n.", ((_STARTS, "for start in range(len(marked))"),)),
    Mistake("ngrams-by-place", "the runs are ordered by where they start; short runs come first.",
            ((_LENGTHS, "for start in range(len(marked))"),
             (_STARTS, "for n in range(n_min, n_max + 1) if start + n <= len(marked)"))),
    Mistake("ngrams-longest-first", "long runs stand in front; short runs come first.",
            ((_LENGTHS, "for n in range(n_max, n_min - 1, -1)"),)),
    Mistake("ngrams-once", "a run that occurs several times is listed once; every occurrence counts.",
            ((_LAST, "runs = list(dict.fromkeys(runs))\n    " + _LAST),)),
    Mistake("ngrams-side-by-side", "the runs do not overlap: one starts at every character.",
            ((_STARTS, "for start in range(0, len(marked) - n + 1, n)"),)),
    Mistake("ngrams-marks-not-counted", "the marks are not counted in a run's length; they are "
            "characters like any other.",
            ((_LENGTHS, "for n in range(n_min + 1, n_max + 2)"),)),
    Mistake("ngrams-bytes", "the runs are made of bytes; they are made of characters.",
            ((_MARKED, 'marked = f"<{word}>".encode()'),)),
)  # fmt: skip
