"""Known mistakes in Bahdanau's and Luong's attention."""

from __future__ import annotations

from dataclasses import replace

from unrolled.checks.exercise import Mistake
from unrolled.checks.sections import section

_SCORES_GIVEN = "scores.unsqueeze(1)"
_MASK_GIVEN = ", mask)"
_RETURN = "return weights.squeeze(1) @ keys, weights"
_FILLED = "scores.masked_fill(~mask, torch.finfo(scores.dtype).min)"


def _by_hand(
    softmax: str = "scores.softmax(dim=-1)",
    fill: str = _FILLED,
    zero: str = "weights.masked_fill(~mask, 0.0)",
) -> tuple[tuple[str, str]]:
    """The masked softmax written out, so that a part of it can be another."""
    written = f"""def by_hand(scores, mask):
            if mask is not None:
                scores = {fill}
            weights = {softmax}
            if mask is not None:
                weights = {zero}
            return weights
        weights = by_hand("""
    return (("weights = masked_softmax(", written),)


# What follows the scores is the same in both layers, and so are the mistakes in it.
_WEIGHTS = (
    Mistake("softmax-over-queries", "the softmax runs over the queries; for each query the weights "
            "over the keys must sum to 1.", _by_hand("scores.softmax(dim=-2)")),
    Mistake("softmax-over-batch", "the softmax runs over the sentences of the batch; it belongs on "
            "the keys, the last axis.", _by_hand("scores.softmax(dim=0)")),
    Mistake("weights-sigmoid", "the scores go through a sigmoid; the weights of a query must sum "
            "to 1, which softmax sees to.", _by_hand("scores.sigmoid()")),
    Mistake("hard-argmax", "only the best key counts; softmax lets all keys count, each by its "
            "weight.",
            _by_hand("nn.functional.one_hot(scores.argmax(dim=-1), scores.size(-1)).to(scores)")),
    Mistake("scores-scaled", "the scores are divided by the square root of a width. That belongs to "
            "scaled dot-product attention, which came three years later.",
            ((_SCORES_GIVEN, _SCORES_GIVEN + " / self.query_size**0.5"),)),
)  # fmt: skip

_MASKED = (
    Mistake("mask-ignored", "the mask is ignored: hidden keys get weight.",
            ((_MASK_GIVEN, ", None)"),)),
    Mistake("mask-inverted", "the mask is inverted: True means may attend.",
            ((_MASK_GIVEN, ", None if mask is None else ~mask)"),)),
    Mistake("mask-after-softmax", "the mask is applied after the softmax, so what stays visible no "
            "longer sums to 1.", _by_hand(fill="scores")),
    Mistake("mask-multiplied", "hidden scores are multiplied by 0, which is a score like any other; "
            "fill them with a very negative number.", _by_hand(fill="scores * mask", zero="weights")),
    Mistake("mask-minus-one", "hidden scores are set to -1, which still leaves them weight; fill "
            "them with the most negative number there is.",
            _by_hand(fill="scores.masked_fill(~mask, -1.0)", zero="weights")),
    Mistake("mask-huge", "hidden scores are filled with a large positive number: a sign is missing.",
            _by_hand(fill="scores.masked_fill(~mask, 1e9)", zero="weights")),
    Mistake("nan-rows", "a query that may attend nowhere gives NaN; it must get zeros.",
            _by_hand(fill='scores.masked_fill(~mask, float("-inf"))', zero="weights")),
    Mistake("uniform-rows", "a query that may attend nowhere gets the plain average of all keys; it "
            "must get zeros.", _by_hand(zero="weights")),
)  # fmt: skip

_AVERAGE = (
    *_WEIGHTS,
    *(replace(mistake, section=section("sec-05-mask")) for mistake in _MASKED),
    Mistake("weights-no-head-axis", "the weights lack the axis of heads: (B, 1, Tq, Tk) is wanted, "
            "as all attentions of this course return them.",
            ((_RETURN, "return weights.squeeze(1) @ keys, weights.squeeze(1)"),)),
    Mistake("weights-transposed", "the weights are (B, 1, Tk, Tq): queries come before keys.",
            ((_RETURN, "return weights.squeeze(1) @ keys, weights.transpose(2, 3)"),)),
    Mistake("scores-returned", "the second result is the scores; the weights after the softmax are "
            "wanted.",
            ((_RETURN, "scores = scores.unsqueeze(1)\n"
              f"        scores = scores if mask is None else {_FILLED}\n"
              "        return weights.squeeze(1) @ keys, scores"),)),
    Mistake("pair-swapped", "the pair is the wrong way round: (context, weights) is wanted.",
            ((_RETURN, "return weights, weights.squeeze(1) @ keys"),)),
    Mistake("weights-not-returned", "the context alone is returned; (context, weights) is wanted.",
            ((_RETURN, "return weights.squeeze(1) @ keys"),)),
    Mistake("context-not-averaged", "the keys are averaged evenly: the weights are not used.",
            ((_RETURN, "return torch.ones_like(weights.squeeze(1)) @ keys / keys.size(1), weights"),)),
    Mistake("overflow", "the exponential of a large score overflows: use softmax, or subtract each "
            "row's maximum first.",
            _by_hand("scores.exp() / scores.exp().sum(dim=-1, keepdim=True)")),
    Mistake("weights-detached", "no gradient flows through the weights: they are detached, so "
            "nothing learns where to look.",
            ((_RETURN, "return weights.squeeze(1).detach() @ keys, weights"),)),
    Mistake("cast-to-float32", "float64 inputs come back as float32: keep the inputs' dtype.",
            ((_RETURN, "return weights.squeeze(1).float() @ keys.float(), weights"),)),
)  # fmt: skip

_Q = "q = self.q_proj(query)[:, :, None]"
_K = "k = self.project(keys)[:, None]"
_SCORES = "scores = self.v((q + k).tanh()).squeeze(-1)"

ADDITIVE = (
    *_AVERAGE,
    Mistake("query-times-key", "projected query and key are multiplied; this attention adds them.",
            (("q + k", "q * k"),)),
    Mistake("query-minus-key", "the projected key is subtracted from the query; it is added.",
            (("q + k", "q - k"),)),
    Mistake("query-ignored", "the scores do not depend on the query, so every step looks at the "
            "same place.", ((_Q, _Q + " * 0"),)),
    Mistake("keys-ignored", "the scores do not depend on the keys, so all weights of a row are "
            "equal.", ((_K, _K + " * 0"),)),
    Mistake("no-tanh", "the tanh is missing: without it the query adds the same to all scores of "
            "its row, and softmax takes that away again.",
            ((_SCORES, "scores = self.v(q + k).squeeze(-1)"),)),
    Mistake("relu-for-tanh", "relu stands where tanh is wanted.", ((".tanh()", ".relu()"),)),
    Mistake("sigmoid-for-tanh", "a sigmoid stands where tanh is wanted.",
            ((".tanh()", ".sigmoid()"),)),
    Mistake("tanh-outside", "tanh comes after v; it belongs inside, before v.",
            ((_SCORES, "scores = self.v(q + k).squeeze(-1).tanh()"),)),
    Mistake("tanh-of-each", "tanh is taken of query and key apart, then they are added; add first.",
            (("(q + k).tanh()", "q.tanh() + k.tanh()"),)),
    Mistake("v-not-used", "the hidden features are summed up; v weighs them.",
            ((_SCORES, "scores = (q + k).tanh().sum(dim=-1)"),)),
    Mistake("v-not-used", "the hidden features are averaged; v weighs them.",
            ((_SCORES, "scores = (q + k).tanh().mean(dim=-1)"),), variant="mean"),
    Mistake("averages-projected-keys", "the projected keys are averaged; the context is made of the "
            "keys themselves.",
            ((_RETURN, "return weights.squeeze(1) @ k.squeeze(1), weights"),)),
    Mistake("every-1-squeezed", "squeeze() takes away every axis of size 1, also that of a query "
            "asked alone or of one sentence: squeeze(-1).",
            ((_SCORES, "scores = self.v((q + k).tanh()).squeeze()"),)),
    Mistake("pairs-transposed", "the sums are (B, Tk, Tq, A), a row for each key: give the query its "
            "axis of 1 behind Tq, and the key its own before Tk.",
            ((_Q, "q = self.q_proj(query)[:, None]"), (_K, "k = self.project(keys)[:, :, None]"))),
    Mistake("biases", "the projections have biases; in the paper, and here, there are none.",
            (("nn.Linear(query_size, hidden_size, bias=False)", "nn.Linear(query_size, hidden_size)"),
             ("nn.Linear(key_size, hidden_size, bias=False)", "nn.Linear(key_size, hidden_size)"),
             ("nn.Linear(hidden_size, 1, bias=False)", "nn.Linear(hidden_size, 1)"))),
    Mistake("layers-in-forward", "the layers are made in forward, so they are new at every call and "
            "never trained: make them in __init__.",
            (("self.q_proj = nn.Linear(query_size, hidden_size, bias=False)", "pass"),
             ("self.k_proj = nn.Linear(key_size, hidden_size, bias=False)", "pass"),
             ("self.v = nn.Linear(hidden_size, 1, bias=False)", "pass"))),
)  # fmt: skip

_GENERAL_W = "self.w = nn.Linear(key_size, query_size, bias=False)"
_KEYS_SHARE = "return F.linear(keys, self.w.weight[:, self.query_size :])"
_QUERY_SHARE = "asked = F.linear(query, self.w.weight[:, : self.query_size])"
_CONCAT = "self.v(both.tanh()).squeeze(-1)"
_PRODUCT = "scores = query @ keyed.transpose(1, 2)"

LUONG = (
    *_AVERAGE,
    Mistake("default-score", "without a score, general is wanted.",
            (('score: str = "general"', 'score: str = "dot"'),)),
    Mistake("default-score", "without a score, general is wanted.",
            (('score: str = "general"', 'score: str = "concat"'),), variant="concat"),
    Mistake("general-w-transposed", "the matrix of general is the wrong way round: it takes a key "
            "to the width of a query, w.weight (Dq, Dk).",
            ((_GENERAL_W, "self.w = nn.Linear(query_size, key_size, bias=False)"),)),
    Mistake("general-bias", "the matrix of general has a bias; here there are none.",
            ((_GENERAL_W, "self.w = nn.Linear(key_size, query_size)"),)),
    Mistake("general-tanh", "general has no tanh: it is a product, a matrix and a product.",
            (("return self.w(keys)", "return self.w(keys).tanh()"),)),
    Mistake("concat-no-tanh", "the tanh of concat is missing.",
            ((_CONCAT, "self.v(both).squeeze(-1)"),)),
    Mistake("concat-tanh-outside", "the tanh of concat comes after v; it belongs before it.",
            ((_CONCAT, "self.v(both).squeeze(-1).tanh()"),)),
    Mistake("concat-v-not-used", "the hidden features of concat are summed up; v weighs them.",
            ((_CONCAT, "both.tanh().sum(dim=-1)"),)),
    Mistake("every-1-squeezed", "in concat, squeeze() takes away every axis of size 1, also that of "
            "a query asked alone or of one sentence: squeeze(-1).",
            ((_CONCAT, "self.v(both.tanh()).squeeze()"),)),
    Mistake("concat-key-first", "the key comes first in the concatenation; the query does, so the "
            "first columns of w belong to the query.",
            ((_KEYS_SHARE, "return F.linear(keys, self.w.weight[:, : -self.query_size])"),
             (_QUERY_SHARE, "asked = F.linear(query, self.w.weight[:, -self.query_size :])"))),
    Mistake("concat-without-query", "concat leaves the query out.",
            ((_QUERY_SHARE, _QUERY_SHARE + " * 0"),)),
    Mistake("concat-hidden-size", "hidden_size is ignored: the network of concat is query_size "
            "wide whatever is asked for.",
            (("hidden_size = query_size if hidden_size is None else hidden_size",
              "hidden_size = query_size"),)),
    Mistake("concat-hidden-from-keys", "without a hidden_size, concat is query_size wide, not "
            "key_size.",
            (("hidden_size = query_size if hidden_size is None else hidden_size",
              "hidden_size = key_size if hidden_size is None else hidden_size"),)),
    Mistake("dot-normalised", "dot is a plain product: the lengths of query and key count, it is "
            "no cosine.",
            ((_PRODUCT, "if self.score == 'dot':\n"
              "                query, keyed = F.normalize(query, dim=-1), "
              "F.normalize(keyed, dim=-1)\n            " + _PRODUCT),)),
    Mistake("dot-with-matrix", "dot has no parameters: query and key meet as they are.",
            (('if score == "general":', 'if score in ("general", "dot"):'),)),
    Mistake("averages-projected-keys", "the projected keys are averaged; the context is made of the "
            "keys themselves.",
            ((_RETURN, "return weights.squeeze(1) @ keyed, weights"),)),
    Mistake("products-tanh", "the products of dot and general go through a tanh; only concat has "
            "one.", ((_PRODUCT, _PRODUCT + ".tanh()"),)),
)  # fmt: skip
