"""Known mistakes of chapter 6."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake
from unrolled.checks.mistakes import by_hand
from unrolled.checks.mistakes.by_hand import FILL, SOFTMAX, ZEROS
from unrolled.checks.sections import section

SCALED = section("sec-06-scaled")
MASKS = section("sec-06-masks")
NOWHERE = section("sec-06-fully-masked")
DROPOUT = section("sec-06-dropout")

_PAD = "return (ids != pad_id)[:, None, None, :]"

PADDING_MASK = (
    Mistake("pad-inverted", "the mask is True at the padding. True means: may attend.",
            (("ids != pad_id", "ids == pad_id"),)),
    Mistake("pad-on-queries", "the mask hides padded queries (rows); it must hide padded keys, "
            "which are the last axis: (B, 1, 1, T).",
            (("[:, None, None, :]", "[:, None, :, None]"),)),
    Mistake("pad-no-axes", "the mask is (B, T); without two axes of size 1 in between it does not "
            "line up with scores of (B, H, Tq, Tk).", (("[:, None, None, :]", ""),)),
    Mistake("pad-one-axis", "the mask is (B, 1, T); scores have a head axis too, so (B, 1, 1, T) is "
            "wanted.", (("[:, None, None, :]", "[:, None, :]"),)),
    Mistake("pad-float", "the mask holds numbers. A mask here is boolean, torch.bool.",
            (("[:, None, None, :]", "[:, None, None, :].float()"),)),
    Mistake("pad-zero-only", "the ids are compared with 0 and not with pad_id.",
            (("ids != pad_id", "ids != 0"),)),
    Mistake("pad-truth", "ids above pad_id count as real and those below as padding: compare for "
            "being different, not for being larger.", (("ids != pad_id", "ids > pad_id"),)),
    Mistake("pad-after-first", "everything from the first padding id on is hidden, also a real "
            "token that comes later.",
            ((_PAD, "return (ids != pad_id).cumprod(-1).bool()[:, None, None, :]"),)),
    Mistake("pad-float-additive", "the mask is additive (0 and -inf). A mask here is boolean, True "
            "= may attend.",
            ((_PAD, "return torch.zeros(ids.shape).masked_fill(ids == pad_id, float('-inf'))"
                    "[:, None, None, :]"),)),
)  # fmt: skip

_TRIL = "every_pair.tril(diagonal=Tk - Tq)"

CAUSAL_MASK = (
    Mistake("causal-triu", "the upper triangle is True: each query sees the future and not the "
            "past.", ((".tril(", ".triu("),)),
    Mistake("causal-strict", "the diagonal is False: a query may not see its own position, and the "
            "first one sees nothing.", (("Tk - Tq)", "Tk - Tq - 1)"),)),
    Mistake("causal-top-left", "with fewer queries than keys the queries are the last Tq positions; "
            "this mask treats them as the first.", (("diagonal=Tk - Tq", ""),)),
    Mistake("causal-float", "the mask holds numbers. A mask here is boolean, torch.bool.",
            (("return every_pair", "return every_pair.float()"),)),
    Mistake("causal-one-ahead", "each query also sees the key right after it.",
            (("Tk - Tq)", "Tk - Tq + 1)"),)),
    Mistake("causal-inverted", "True and False are exchanged: True means may attend.",
            (("return every", "return ~every"),)),
    Mistake("causal-square", "Tk is ignored: the mask is (Tq, Tq).",
            (("torch.ones(Tq, Tk,", "torch.ones(Tq, Tq,"), (_TRIL, "every_pair.tril()"))),
    Mistake("causal-everything", "the mask is True everywhere: nothing hides the future.",
            ((_TRIL, "every_pair"),)),
    Mistake("causal-additive", "the mask is additive (0 and -inf). A mask here is boolean, True = "
            "may attend.",
            ((_TRIL, "torch.zeros(Tq, Tk).masked_fill(~every_pair.tril(Tk - Tq), float('-inf'))"),)),
    Mistake("causal-axes", "the mask is (Tk, Tq): queries are rows, keys are columns.",
            ((_TRIL, "every_pair.tril(diagonal=Tk - Tq).T"),)),
)  # fmt: skip

_DROP = "F.dropout(weights, dropout) if dropout else weights"
_RETURN = "return (out, weights) if need_weights else out"


def _weights(*changes: tuple[str, str]) -> tuple[str, str]:
    """A patch that writes the masked softmax out, with changes inside it."""
    return by_hand.masked_softmax(*changes, indent=4)


SCALED_DOT_PRODUCT_ATTENTION = (
    Mistake("no-scale", "the scores are not divided by the square root of d_k.",
            ((" / d_k**0.5", ""),), SCALED),
    Mistake("scale-by-d_k", "the scores are divided by d_k; it is its square root.",
            (("/ d_k**0.5", "/ d_k"),), SCALED),
    Mistake("scale-by-sqrt-Tk", "the scores are divided by the square root of the number of keys; "
            "it is that of their width d_k.", (("/ d_k**0.5", "/ key.size(-2) ** 0.5"),), SCALED),
    Mistake("scale-by-sqrt-d_v", "the scores are divided by the square root of the values' width; "
            "it is that of the keys' width d_k.", (("/ d_k**0.5", "/ value.size(-1) ** 0.5"),),
            SCALED),
    Mistake("scale-up", "the scores are multiplied by the square root of d_k; divide.",
            (("/ d_k**0.5", "* d_k**0.5"),), SCALED),
    Mistake("scale-after-softmax", "the division by the square root of d_k comes after the softmax, "
            "so the weights no longer sum to 1.",
            ((" / d_k**0.5", ""), _weights((SOFTMAX, SOFTMAX + " / d_k**0.5"))), SCALED),
    Mistake("softmax-over-queries", "the softmax runs over the queries; for each query the weights "
            "over the keys (the last axis) must sum to 1.",
            (_weights((SOFTMAX, "weights = scores.softmax(dim=-2)")),), SCALED),
    Mistake("softmax-over-batch", "the softmax runs over the batch (axis 0); it belongs on the "
            "keys, the last axis.", (_weights((SOFTMAX, "weights = scores.softmax(dim=0)")),), SCALED),
    Mistake("key-reshaped", "the keys are reshaped to (d_k, Tk), which mixes positions up; they "
            "must be transposed.",
            (("key.transpose(-2, -1)",
              "key.reshape(*key.shape[:-2], key.size(-1), key.size(-2))"),), SCALED),
    Mistake("attends-over-keys", "the weights average the keys; they must average the values.",
            (("dropped @ value", "dropped @ key"),), SCALED),
    Mistake("hard-argmax", "each query takes the one best value; the softmax must blend all.",
            (_weights((SOFTMAX, "weights = F.one_hot(scores.argmax(-1), scores.size(-1))"
                       ".to(scores.dtype)")),), SCALED),
    Mistake("mask-ignored", "the mask changes nothing.", (("d_k = query", "mask = None\n    d_k = query"),),
            MASKS),
    Mistake("mask-inverted", "the mask hides what may be seen and shows what may not: True means "
            "may attend.", (("d_k = query.size(-1)",
                             "d_k = query.size(-1)\n    mask = None if mask is None else ~mask"),),
            MASKS),
    Mistake("mask-multiplied", "the mask is multiplied into the scores, and a score of 0 still gets "
            "weight; hidden scores must be the most negative number.",
            (_weights((FILL, "scores = scores * mask")),), MASKS),
    Mistake("mask-tiny-fill", "hidden scores are filled with 1e-9, which is nearly 0 and still gets "
            "weight: the sign belongs before the number (-1e9).",
            (_weights((FILL, "scores = scores.masked_fill(~mask, 1e-9)")),), MASKS),
    Mistake("mask-tiny-fill", "hidden scores are filled with -1e-9, which is nearly 0 and still gets "
            "weight: -1e9 has no sign in its exponent.",
            (_weights((FILL, "scores = scores.masked_fill(~mask, -1e-9)")),), MASKS, variant="negative"),
    Mistake("mask-minus-one", "hidden scores are filled with -1, which still gets weight; they must "
            "be the most negative number.", (_weights((FILL, "scores = scores.masked_fill(~mask, -1.0)")),),
            MASKS),
    Mistake("mask-added", "the mask is added to the scores, True as 1; hidden scores must be the "
            "most negative number.", (_weights((FILL, "scores = scores + mask")),), MASKS),
    Mistake("mask-after-softmax", "the mask is applied after the softmax, so what stays visible no "
            "longer sums to 1.",
            (_weights((FILL, "pass"), (ZEROS, "weights = weights.masked_fill(~mask, 0.0)")),), MASKS),
    Mistake("mask-transposed", "the mask's rows and columns are exchanged: queries are rows, keys "
            "are columns.", (_weights((FILL, FILL.replace("~mask", "~mask.transpose(-2, -1)")),
                                      (ZEROS, ZEROS.replace("mask.any(dim=-1", "mask.any(dim=-2")
                                       .replace("True)", "True).transpose(-2, -1)"))),), MASKS),
    Mistake("nan-rows", "a row that may attend nowhere gives NaN: a softmax over nothing but -inf "
            "is 0/0. Such a row must be zeros.",
            (_weights((FILL, "scores = scores.masked_fill(~mask, float('-inf'))"), (ZEROS, "pass")),),
            NOWHERE),
    Mistake("uniform-rows", "a row that may attend nowhere gets the average of all values; it must "
            "be zeros.", (_weights((ZEROS, "pass")),), NOWHERE),
    Mistake("logits-returned", "what is returned as weights are the scores before the softmax.",
            ((_RETURN, "return (out, scores) if need_weights else out"),), SCALED),
    Mistake("weights-after-dropout", "the returned weights have dropout in them; they must be those "
            "before it.", ((_RETURN, "return (out, dropped) if need_weights else out"),), DROPOUT),
    Mistake("weights-not-returned", "need_weights=True must return the pair (out, weights).",
            ((_RETURN, "return out"),), SCALED),
    Mistake("dropout-missing", "dropout is never applied.", ((_DROP, "weights"),), DROPOUT),
    Mistake("dropout-on-scores", "dropout falls on the scores, and a dropped score of 0 still gets "
            "weight; it belongs on the weights, after the softmax.",
            (_weights((SOFTMAX, "scores = F.dropout(scores, dropout)\n    " + SOFTMAX)),
             (_DROP, "weights")),
            DROPOUT),
    Mistake("dropout-on-output", "dropout falls on the output; it belongs on the weights, before "
            "they meet the values.",
            ((_DROP, "weights"), ("out = dropped @ value", "out = F.dropout(dropped @ value, dropout)")),
            DROPOUT),
    Mistake("softmax-overflow", "the exponential overflows for scores around 150: subtract each "
            "row's maximum first, or use softmax.",
            (_weights((SOFTMAX, "weights = scores.exp()\n"
                       "    weights = weights / weights.sum(dim=-1, keepdim=True)")),), SCALED),
    Mistake("weights-detached", "no gradient flows through the weights: they are detached from the "
            "queries and keys.", (("dropped @ value", "dropped.detach() @ value"),), SCALED),
    Mistake("cast-to-float32", "float64 inputs come back as float32: keep the inputs' dtype.",
            (("out = dropped @ value", "out = (dropped.float() @ value.float())"),), SCALED),
)  # fmt: skip

_Q = "query = self.q_proj(x).unsqueeze(1)"
_K = "key = self.k_proj(x).unsqueeze(1)"
_V = "value = self.v_proj(x).unsqueeze(1)"
_ATTEND = """out, weights = scaled_dot_product_attention(
            query, key, value, mask, dropout, need_weights=True
        )"""
_SQUEEZE = "out = out.squeeze(1)"
_PAIR = "return (out, weights) if need_weights else out"
_DROPOUT = "self.dropout if self.training else 0.0"


def _written(*changes: tuple[str, str]) -> tuple[str, str]:
    """A patch that writes the attention out, with changes inside it."""
    return by_hand.attention(_ATTEND, *changes)


SELF_ATTENTION = (
    Mistake("self-shared-projection", "keys come from the queries' projection: each of the three "
            "views needs a weight of its own.",
            ((_K, "key = self.q_proj(x).unsqueeze(1)"),)),
    Mistake("self-swapped-key-value", "keys and values are exchanged when attention is called.",
            (("query, key, value, mask", "query, value, key, mask"),)),
    Mistake("self-query-key-swapped", "queries and keys are exchanged: position t is found by what "
            "it should look for.", (("query, key, value, mask", "key, query, value, mask"),)),
    Mistake("self-value-unprojected", "the values are x itself; they must go through v_proj.",
            ((_V, "value = x.unsqueeze(1)"),)),
    Mistake("self-mask-not-passed", "the mask is not passed on to the attention.",
            ((", mask, dropout", ", None, dropout"),), MASKS),
    Mistake("self-mask-inverted", "the mask is inverted: True means may attend.",
            ((_Q, _Q + "\n        mask = None if mask is None else ~mask"),), MASKS),
    Mistake("self-dropout-in-eval", "dropout is also applied in evaluation: use it while "
            "self.training alone.", ((_DROPOUT, "self.dropout"),), DROPOUT),
    Mistake("self-dropout-missing", "dropout is never applied, also not while training.",
            ((_DROPOUT, "0.0"),), DROPOUT),
    Mistake("self-residual", "x is added to the output. The residual comes later, in the block of "
            "chapter 9.", ((_SQUEEZE, "out = out.squeeze(1) + x"),)),
    Mistake("self-scale-by-d_model", "the scores are divided by the square root of d_model; it is "
            "that of d_k, the width of a key.",
            ((_Q, "query = self.q_proj(x).unsqueeze(1) * (self.q_proj.out_features / x.size(-1)) "
                  "** 0.5"),), SCALED),
    Mistake("self-no-scale", "the scores are not divided by the square root of d_k.",
            ((_Q, "query = self.q_proj(x).unsqueeze(1) * self.q_proj.out_features**0.5"),), SCALED),
    Mistake("self-scale-twice", "the scores are divided by the square root of d_k twice: "
            "scaled_dot_product_attention already does it.",
            ((_Q, "query = self.q_proj(x).unsqueeze(1) / self.q_proj.out_features**0.5"),), SCALED),
    Mistake("self-over-batch", "axes are exchanged: sentences of the batch attend to each other, "
            "position by position, instead of positions of one sentence.",
            ((_Q, "x = x.transpose(0, 1)\n        " + _Q),
             (_SQUEEZE, "out = out.squeeze(1).transpose(0, 1)"))),
    Mistake("self-softmax-over-queries", "the softmax runs over the queries; for each query the "
            "weights over the keys must sum to 1.",
            (_written((SOFTMAX, "weights = scores.softmax(dim=-2)")),), SCALED),
    Mistake("self-mask-after-softmax", "the mask is applied after the softmax, so what stays "
            "visible no longer sums to 1.",
            (_written((FILL, "pass"), (ZEROS, "weights = weights.masked_fill(~mask, 0.0)")),), MASKS),
    Mistake("self-nan-rows", "a row that may attend nowhere gives NaN; it must be zeros.",
            (_written((FILL, "scores = scores.masked_fill(~mask, float('-inf'))"), (ZEROS, "pass")),),
            NOWHERE),
    Mistake("self-uniform-rows", "a row that may attend nowhere gets the average of all values; it "
            "must be zeros.",
            (_written((ZEROS, "pass")),), NOWHERE),
    Mistake("self-always-causal", "each position sees earlier ones alone, also without a mask.",
            ((_Q, _Q + "\n        now = torch.ones(x.size(1), x.size(1), dtype=torch.bool).tril()"
              "\n        mask = now if mask is None else mask & now"),), MASKS),
    Mistake("self-projections-in-forward", "the projections are made in forward, so they are new at "
            "every call and never trained: make them in __init__.",
            (("self.q_proj = nn.Linear(d_model, d_k, bias=False)",
              "self.sizes = (d_model, d_k, d_v)"),
             ("self.k_proj = nn.Linear(d_model, d_k, bias=False)", "pass"),
             ("self.v_proj = nn.Linear(d_model, d_v, bias=False)", "pass"))),
    Mistake("self-bias", "the projections have a bias; here they have none, as in the paper.",
            (("self.q_proj = nn.Linear(d_model, d_k, bias=False)",
              "self.q_proj = nn.Linear(d_model, d_k)"),
             ("self.k_proj = nn.Linear(d_model, d_k, bias=False)",
              "self.k_proj = nn.Linear(d_model, d_k)"),
             ("self.v_proj = nn.Linear(d_model, d_v, bias=False)",
              "self.v_proj = nn.Linear(d_model, d_v)"))),
    Mistake("self-keeps-head-axis", "the output still has the head axis: squeeze (B, 1, T, d_v) to "
            "(B, T, d_v).", ((_SQUEEZE, "pass"),)),
    Mistake("self-weights-squeezed", "the weights have lost their head axis: (B, 1, T, T) is "
            "wanted.", ((_PAIR, "return (out, weights.squeeze(1)) if need_weights else out"),)),
    Mistake("self-weights-not-returned", "need_weights=True must return the pair (out, weights).",
            ((_PAIR, "return out"),)),
    Mistake("self-input-detached", "no gradient reaches x: it is detached.",
            ((_Q, "x = x.detach()\n        " + _Q),)),
    Mistake("self-d_v-ignored", "d_v is ignored: values come out d_k wide.",
            (("d_v = d_k if d_v is None else d_v", "d_v = d_k"),)),
    Mistake("self-d_v-from-d_model", "without d_v, values are d_model wide; they follow d_k.",
            (("d_v = d_k if d_v is None else d_v", "d_v = d_model if d_v is None else d_v"),)),
)  # fmt: skip
