"""Known mistakes of train_bpe."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_CUT = "counts = Counter(pre_tokenize(text))"
_SPELL = "[bytes([byte]) for byte in word.encode()]"
_IDS = "ids = {token: i for i, token in enumerate(BYTE_TOKENS)}"
_COUNT = ("for pair in pairwise(tokens):\n"
          "                pairs[pair] += counts[word]")  # fmt: skip
_EMPTY = "if not pairs:\n            break"
_BEST = "min(pairs, key=lambda pair: (-pairs[pair], ids[pair[0]], ids[pair[1]]))"
_FIRST = "max(pairs, key=pairs.get)"
_APPEND = "merges.append((left, right))"
_NUMBER = "ids[left + right] = len(ids)"
_JOIN = "tokens[i : i + 2] = [left + right]"

WORDS = (
    Mistake("bpe-no-words", "pairs are counted across words: a merge stays inside one word of "
            "pre_tokenize(text).", ((_CUT, "counts = Counter([text])"),)),
    Mistake("bpe-no-words", "pairs are counted across words: a merge stays inside one word of "
            "pre_tokenize(text).", ((_CUT, "counts = Counter([text])"), (_BEST, _FIRST)),
            variant="and ties by what was met first"),
    Mistake("bpe-spaces-lost", "the space before a word is lost; it is the word's first byte, and "
            "merges join it like any other.", ((_CUT, "counts = Counter(text.split())"),)),
    Mistake("bpe-spaces-lost", "the space before a word is lost; it is the word's first byte, and "
            "merges join it like any other.",
            ((_CUT, "counts = Counter(text.split())"), (_BEST, _FIRST)),
            variant="and ties by what was met first"),
    Mistake("bpe-spaces-lost", "the space before a word is lost; it is the word's first byte, and "
            "merges join it like any other.",
            ((_CUT, "counts = Counter(word.strip() for word in pre_tokenize(text))"),),
            variant="after cutting"),
    Mistake("bpe-cut-at-spaces", "words are cut at spaces alone; pre_tokenize also sets digits and "
            "signs apart from letters.",
            ((_CUT, "counts = Counter(__import__('re').findall(r'\\s?\\S+', text))"),)),
    Mistake("bpe-lower-case", "the text is brought to small letters; bytes are taken as they are.",
            ((_CUT, "counts = Counter(pre_tokenize(text.lower()))"),)),
    Mistake("bpe-characters", "tokens begin as characters; they begin as bytes, of which é has two.",
            ((_SPELL, "[character.encode() for character in word]"),
             (_IDS, _IDS + "\n    for character in text:\n"
              "        ids.setdefault(character.encode(), len(ids))"))),
    Mistake("bpe-end-marks", "words get an end mark such as </w>, which merges then join; here the "
            "space before a word does its service, and tokens are made of the text's bytes alone.",
            ((_SPELL, "[*(bytes([byte]) for byte in word.encode()), b'</w>']"),
             (_IDS, _IDS + "\n    ids[b'</w>'] = len(ids)"))),
    Mistake("bpe-end-marks", "words get an end mark such as </w>, which merges then join; here the "
            "space before a word does its service, and tokens are made of the text's bytes alone.",
            ((_CUT, "counts = Counter(text.split())"), (_SPELL, "[*word, '</w>']"), (_BEST, _FIRST)),
            variant="of characters"),
    Mistake("bpe-strings", "tokens are returned as str; they are bytes.",
            ((_APPEND, "merges.append((left.decode('latin-1'), right.decode('latin-1')))"),)),
    Mistake("bpe-strings", "tokens are characters, as str; they are bytes: bytes([byte]) for each "
            "byte of word.encode().",
            ((_SPELL, "list(word)"), (_BEST, "min(pairs, key=lambda pair: (-pairs[pair], pair))")),
            variant="characters"),
    Mistake("bpe-strings", "tokens are characters, as str; they are bytes: bytes([byte]) for each "
            "byte of word.encode().",
            ((_SPELL, "list(word)"), (_BEST, _FIRST)), variant="characters, the first met"),
    Mistake("bpe-joined", "the new tokens are returned; a merge is the pair (left, right), from "
            "which they are made.", ((_APPEND, "merges.append(left + right)"),)),
)  # fmt: skip

COUNTS = (
    Mistake("bpe-each-word-once", "each different word counts once; a pair counts as often as the "
            "word occurs in the text.", (("+= counts[word]", "+= 1"),)),
    Mistake("bpe-once-a-word", "a pair that stands in a word several times counts once there; every "
            "place counts.", ((_COUNT, _COUNT.replace("pairwise(tokens)", "set(pairwise(tokens))")),)),
    Mistake("bpe-overlaps-not-counted", "in aaa the pair (a, a) is counted once; it stands at two "
            "places, though only one of them can be joined.",
            ((_COUNT, "last = None\n"
              "            for pair in pairwise(tokens):\n"
              "                last = None if pair == last else pair\n"
              "                if last:\n"
              "                    pairs[pair] += counts[word]"),)),
    Mistake("bpe-counted-at-first-alone", "the pairs are counted once, before the first merge: "
            "count again after each, or no merged token is ever joined.",
            ((_EMPTY, "for merged in merges:\n            del pairs[merged]\n        " + _EMPTY),
             (_JOIN, "pass"))),
    Mistake("bpe-never-joined", "the chosen pair is not joined in the words, so that it is chosen "
            "again and again.", ((_JOIN, "pass"),)),
    Mistake("bpe-rarest", "the rarest pair is chosen; the most frequent one is wanted.",
            (("(-pairs[pair],", "(pairs[pair],"),)),
)  # fmt: skip

TIES = (
    Mistake("bpe-tie-first-seen", "of pairs that occur equally often the one met first is taken; "
            "the lowest ids decide, left token first.", ((_BEST, _FIRST),)),
    Mistake("bpe-tie-last-seen", "of pairs that occur equally often the one met last is taken; the "
            "lowest ids decide, left token first.",
            ((_BEST, "max(reversed(list(pairs)), key=pairs.get)"),)),
    Mistake("bpe-tie-highest", "of pairs that occur equally often the one with the highest ids is "
            "taken; the lowest ids decide.",
            ((_BEST, "max(pairs, key=lambda pair: (pairs[pair], ids[pair[0]], ids[pair[1]]))"),)),
    Mistake("bpe-tie-by-bytes", "of pairs that occur equally often the first in the order of their "
            "bytes is taken; the ids decide, and a merged token's id is higher than any byte's.",
            ((_BEST, "min(pairs, key=lambda pair: (-pairs[pair], pair))"),)),
    Mistake("bpe-tie-by-bytes", "of pairs that occur equally often the last in the order of their "
            "bytes is taken; the lowest ids decide.",
            ((_BEST, "max(pairs, key=lambda pair: (pairs[pair], pair))"),), variant="last"),
    Mistake("bpe-tie-right-first", "of pairs that occur equally often the right tokens' ids decide "
            "first; it is the left tokens'.",
            (("ids[pair[0]], ids[pair[1]]", "ids[pair[1]], ids[pair[0]]"),)),
    Mistake("bpe-tie-left-alone", "where two pairs occur equally often and begin with one token, the "
            "right tokens' ids must decide.", ((", ids[pair[1]]", ""),)),
    Mistake("bpe-ids-by-value", "the bytes are numbered by their value; BYTE_TOKENS has their order, "
            "in which the space comes after the letters.",
            ((_IDS, _IDS.replace("BYTE_TOKENS", "sorted(BYTE_TOKENS)")),)),
    Mistake("bpe-new-tokens-first", "new tokens are numbered so that they come before the bytes in "
            "a tie; each gets the next higher number.", ((_NUMBER, "ids[left + right] = -len(ids)"),)),
)  # fmt: skip

JOINING = (
    Mistake("bpe-first-place-alone", "a pair is joined at its first place in each word; join every "
            "place.", ((_JOIN, _JOIN + "\n                    break"),)),
    Mistake("bpe-from-the-right", "words are joined from the right, so that aaa becomes a, aa; from "
            "the left it is aa, a.",
            (("i = 0\n", "i = len(tokens) - 2\n"),
             ("while i < len(tokens) - 1:", "while i >= 0:"), ("i += 1", "i -= 1"))),
    Mistake("bpe-joined-as-text", "the tokens are joined by replacing text, which also finds the end "
            "of a longer token: compare whole tokens.",
            (("i = 0\n", "tokens[:] = b'\\0'.join(tokens).replace(left + b'\\0' + right, left + right)"
              ".split(b'\\0')\n            i = len(tokens)\n"),)),
    Mistake("bpe-joined-as-text", "the tokens are joined by replacing text, which also finds the end "
            "of a longer token: compare whole tokens.",
            (("i = 0\n", "tokens[:] = b'\\0'.join(tokens).replace(left + b'\\0' + right, left + right)"
              ".split(b'\\0')\n            i = len(tokens)\n"),
             (_BEST, "min(pairs, key=lambda pair: (-pairs[pair], *(ids.get(token, len(ids)) "
              "for token in pair)))"), (_NUMBER, "ids.setdefault(left + right, len(ids))")),
            variant="where tokens without a number come last"),
    Mistake("bpe-right-token-stays", "the right token stays behind the joined one: both are replaced.",
            ((_JOIN, "tokens[i : i + 1] = [left + right]"),)),
)  # fmt: skip

ENDS = (
    Mistake("bpe-stops-at-two", "learning stops when no pair occurs twice; a pair that occurs once "
            "is merged as well.",
            (("if not pairs:", "if not pairs or max(pairs.values()) < 2:"),)),
    Mistake("bpe-no-end", "there is an error when every word has become one token: return the merges "
            "found until then.", (("if not pairs:", "if False:"),)),
    Mistake("bpe-one-too-many", "one merge too many is learned.",
            (("len(merges) < n_merges", "len(merges) <= n_merges"),)),
    Mistake("bpe-one-too-few", "one merge too few is learned.",
            (("len(merges) < n_merges", "len(merges) < n_merges - 1"),)),
)  # fmt: skip

TRAIN_BPE = (*WORDS, *COUNTS, *TIES, *JOINING, *ENDS)
