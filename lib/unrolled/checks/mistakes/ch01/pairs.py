"""Known mistakes of skip_gram_pairs and negative_sampler."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_PLACES = "for i, centre in enumerate(ids):"
_NEAR = "for j in range(max(0, i - window), min(len(ids), i + window + 1)):"
_OTHER = "if j != i:"
_PAIR = "torch.stack((centre, ids[j]))"
_STACK = "return torch.stack(pairs) if pairs else ids.new_empty(0, 2)"

SKIP_GRAM_PAIRS = (
    Mistake("pairs-exchanged", "the columns are exchanged: the centre comes first, then the context.",
            ((_PAIR, "torch.stack((ids[j], centre))"),)),
    Mistake("pairs-after-alone", "only words after the centre are paired with it; those before it "
            "are context too.", (("range(max(0, i - window), ", "range(i, "),)),
    Mistake("pairs-before-alone", "only words before the centre are paired with it; those after it "
            "are context too.", (("min(len(ids), i + window + 1)", "i"),)),
    Mistake("pairs-right-end", "the last word of the window is missing on the right: a range stops "
            "before its end.", (("i + window + 1)", "i + window)"),)),
    Mistake("pairs-left-end", "the first word of the window is missing on the left.",
            (("i - window)", "i - window + 1)"),)),
    Mistake("pairs-window-over-both", "the window is shared by the two sides; it is the number of "
            "places on each.",
            ((_PLACES, "window = window // 2\n    " + _PLACES),)),
    Mistake("pairs-edge-alone", "only the words exactly window places away are paired; all up to "
            "there are.", ((_OTHER, "if abs(j - i) == window:"),)),
    Mistake("pairs-with-itself", "a word is paired with itself: leave out the place j = i.",
            ((_OTHER, "if True:"),)),
    Mistake("pairs-equal-ids-skipped", "pairs of two equal words are left out; only the centre's own "
            "place is, not every place with its word.", ((_OTHER, "if ids[j] != centre:"),)),
    Mistake("pairs-once", "a pair that occurs several times is listed once; every occurrence counts.",
            ((_STACK, "pairs = [p for n, p in enumerate(pairs) if not any(torch.equal(p, q) "
              "for q in pairs[:n])]\n    " + _STACK),)),
    Mistake("pairs-of-places", "the pairs are made of places in the text; they are made of the ids "
            "that stand there.", ((_PAIR, "torch.tensor((i, j))"),)),
    Mistake("pairs-wrap-around", "the window runs around the left end of the text: ids[-1] is the "
            "last word.", (("max(0, i - window)", "i - window"),)),
    Mistake("pairs-slice-from-the-end", "near the beginning i - window is below 0, a slice that "
            "starts there counts from the end, and contexts are missing: start at max(0, i - window).",
            ((_NEAR, "places = range(len(ids))\n"
              "        for j in [*places[i - window : i], *places[i + 1 : i + 1 + window]]:"),)),
    Mistake("pairs-beyond-the-end", "there is an error at the right end of the text: keep j below "
            "len(ids).", (("min(len(ids), i + window + 1)", "i + window + 1"),)),
    Mistake("pairs-full-windows-alone", "centres near the ends are left out; they are paired with "
            "the neighbours that there are.",
            ((_OTHER, "if j != i and window <= i < len(ids) - window:"),)),
    Mistake("pairs-by-offset", "the pairs are ordered by offset; from left to right by centre is "
            "wanted, then by context.",
            ((_PLACES, "ordered = ((i, c, i + o) for o in range(-window, window + 1)\n"
              "               for i, c in enumerate(ids))\n    for i, centre, at in ordered:"),
             (_NEAR, "for j in (at,) if 0 <= at < len(ids) else ():"))),
    Mistake("pairs-nearest-first", "the contexts of a centre are ordered by distance; from left to "
            "right is wanted.",
            ((_NEAR, "for j in sorted(range(max(0, i - window), min(len(ids), i + window + 1)),\n"
              "                        key=lambda j: abs(j - i)):"),)),
    Mistake("pairs-axes", "the result is (2, N); one row a pair is wanted, (N, 2).",
            ((_STACK, "return torch.stack(pairs, dim=1) if pairs else ids.new_empty(2, 0)"),)),
    Mistake("pairs-none-fails", "a text of one word has no pairs, and an empty list cannot be "
            "stacked: return an empty tensor of shape (0, 2).",
            ((" if pairs else ids.new_empty(0, 2)", ""),)),
    Mistake("pairs-none-flat", "a text of one word has no pairs: the empty result has the shape "
            "(0, 2).", (("new_empty(0, 2)", "new_empty(0)"),)),
    Mistake("pairs-none-float", "an empty result still holds ids: its dtype is that of ids.",
            (("ids.new_empty(0, 2)", "torch.empty(0, 2)"),)),
    Mistake("pairs-list", "a list is returned; a tensor of shape (N, 2) is wanted.",
            ((_STACK, "return [tuple(pair.tolist()) for pair in pairs]"),)),
)  # fmt: skip

_WEIGHTS = "weights = counts.float() ** power * (counts > 0)"
_DRAW = ("drawn = torch.multinomial(weights, n_pairs * n_negatives, replacement=True, "
         "generator=generator)")  # fmt: skip
_VIEW = "return drawn.view(n_pairs, n_negatives)"

NEGATIVE_SAMPLER = (
    Mistake("sampler-unigram", "the counts are not raised to the power: frequent words are drawn too "
            "often.", ((_WEIGHTS, "weights = counts.float()"),)),
    Mistake("sampler-uniform", "all words are drawn equally often, also those that never occur; draw "
            "in proportion to counts to the power.", ((_WEIGHTS, "weights = torch.ones(len(counts))"),)),
    Mistake("sampler-uniform-occurring", "all words that occur are drawn equally often; draw in "
            "proportion to counts to the power.", ((_WEIGHTS, "weights = (counts > 0).float()"),)),
    Mistake("sampler-power-fixed", "the power is always 0.75; it is the argument.",
            (("** power", "** 0.75"),)),
    Mistake("sampler-square-root", "the power is always 0.5; it is the argument, 0.75 unless given.",
            (("** power", "** 0.5"),)),
    Mistake("sampler-inverse-power", "the counts are raised to 1/power; raise them to the power.",
            (("** power", "** (1 / power)"),)),
    Mistake("sampler-rare-first", "rare words are drawn most often: the sign of the power is "
            "reversed.", (("counts.float() ** power", "counts.clamp(min=1).float() ** -power"),)),
    Mistake("sampler-zero-power", "0 to the power 0 is 1: with power 0 a word that never occurs is "
            "drawn.", ((" * (counts > 0)", ""),)),
    Mistake("sampler-add-one", "1 is added to every count, so that words that never occur are drawn.",
            ((_WEIGHTS, "weights = (counts + 1.0) ** power"),)),
    Mistake("sampler-softmax", "a softmax turns the weights into probabilities, and the most frequent "
            "word gets nearly all; divide by their sum, or leave that to multinomial.",
            ((_WEIGHTS, _WEIGHTS + "\n    weights = weights.softmax(dim=0)"),)),
    Mistake("sampler-softmax", "a softmax turns the weights into probabilities, and the most frequent "
            "word gets nearly all; divide by their sum, or leave that to multinomial.",
            ((_WEIGHTS, _WEIGHTS + "\n    weights = weights.softmax(dim=0) * (counts > 0)"),),
            variant="over the words that occur"),
    Mistake("sampler-log", "the weights are logarithms of the counts; they are counts to the power.",
            ((_WEIGHTS, "weights = counts.float().log1p()"),)),
    Mistake("sampler-no-replacement", "a word is drawn at most once a row; draw with replacement.",
            ((_DRAW, "drawn = torch.multinomial(weights.expand(n_pairs, -1), n_negatives, "
              "generator=generator)"),)),
    Mistake("sampler-one-row", "all pairs get the same negatives; each pair has draws of its own.",
            ((_DRAW, _DRAW.replace("n_pairs * n_negatives", "n_negatives")),
             (_VIEW, "return drawn.expand(n_pairs, n_negatives)"))),
    Mistake("sampler-one-column", "the negatives of a pair are one word repeated; draw each.",
            ((_DRAW, _DRAW.replace("n_pairs * n_negatives", "n_pairs")),
             (_VIEW, "return drawn.unsqueeze(1).expand(n_pairs, n_negatives)"))),
    Mistake("sampler-sorted", "a pair's negatives come sorted; leave them in the order drawn.",
            ((_VIEW, _VIEW + ".sort(dim=1).values"),)),
    Mistake("sampler-most-frequent", "the most frequent words are taken; draw by chance.",
            ((_DRAW, "order = weights.argsort(descending=True)[: int((counts > 0).sum())]\n"
              "    drawn = order.repeat(n_pairs * n_negatives)[: n_pairs * n_negatives]"),)),
    Mistake("sampler-axes", "the result is (K, N); one row a pair is wanted, (N, K).",
            ((_VIEW, "return drawn.view(n_negatives, n_pairs)"),)),
    Mistake("sampler-flat", "the result is flat; one row a pair is wanted, (N, K).",
            ((_VIEW, "return drawn"),)),
    Mistake("sampler-generator-ignored", "the generator is not used.",
            ((", generator=generator", ""),)),
    Mistake("sampler-seeded", "every call makes the same draws: a seed is set inside.",
            ((_DRAW, "generator = torch.Generator(counts.device).manual_seed(0)\n    " + _DRAW),)),
    Mistake("sampler-seeded", "every call makes the same draws: a seed is set inside.",
            ((_DRAW, "if generator is None:\n"
              "        generator = torch.Generator(counts.device).manual_seed(0)\n    " + _DRAW),),
            variant="unless a generator is given"),
    Mistake("sampler-counts-changed", "the counts are raised in place, so that the caller's are "
            "changed.", (("counts.float() ** power", "counts.float().pow_(power)"),)),
    Mistake("sampler-counts-dtype", "the ids come out as floating point; ids are int64.",
            ((_VIEW, _VIEW + ".float()"),)),
)  # fmt: skip
