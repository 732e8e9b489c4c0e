"""Known mistakes of chapter 7."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake
from unrolled.checks.mistakes import by_hand
from unrolled.checks.mistakes.by_hand import FILL, SOFTMAX, ZEROS
from unrolled.checks.sections import section

CROSS = section("sec-07-cross")
MASKS = section("sec-07-masks")
OUTPUT = section("sec-07-output")
SPLIT = section("sec-07-split")
MERGE = section("sec-07-merge")

_SPLIT = "return x.unflatten(-1, (n_heads, -1)).transpose(1, 2)"

SPLIT_HEADS = (
    Mistake("split-no-transpose", "x is viewed as (B, H, T, d_k) at once, which mixes positions up: "
            "cut the features first, then exchange the axes.",
            ((_SPLIT, "return x.reshape(x.size(0), n_heads, x.size(1), -1)"),)),
    Mistake("split-interleaved", "head h gets every H-th feature; it is to get a run of neighbours.",
            ((_SPLIT, "return x.unflatten(-1, (-1, n_heads)).permute(0, 3, 1, 2)"),)),
    Mistake("split-wrong-order", "the result is (B, T, H, d_k): bring the heads in front of the "
            "positions.", ((_SPLIT, "return x.unflatten(-1, (n_heads, -1))"),)),
    Mistake("split-heads-first", "the result is (H, B, T, d_k): the batch stays in front.",
            ((_SPLIT, "return x.unflatten(-1, (n_heads, -1)).permute(2, 0, 1, 3)"),)),
    Mistake("split-d-for-h", "n_heads is taken as the width of a head.",
            ((_SPLIT, "return x.unflatten(-1, (-1, n_heads)).transpose(1, 2)"),)),
    Mistake("split-features-before-positions", "the last two axes are exchanged: (B, H, d_k, T).",
            ((_SPLIT, "return x.unflatten(-1, (n_heads, -1)).permute(0, 2, 3, 1)"),)),
    Mistake("split-copies", "every head gets all features; each is to get its own part.",
            ((_SPLIT, "return x.unsqueeze(1).expand(-1, n_heads, -1, -1)"),)),
    Mistake("split-detached", "no gradient flows back: the result is detached.",
            ((_SPLIT, _SPLIT + ".detach()"),)),
)  # fmt: skip

_MERGE = "return x.transpose(1, 2).flatten(start_dim=2)"

MERGE_HEADS = (
    Mistake("merge-no-transpose", "the heads are reshaped without bringing positions back in front, "
            "which mixes positions up.",
            ((_MERGE, "return x.reshape(x.size(0), x.size(2), -1)"),)),
    Mistake("merge-interleaved", "the heads' features are interleaved; head 0's come first, then "
            "head 1's.", ((_MERGE, "return x.permute(0, 2, 3, 1).flatten(start_dim=2)"),)),
    Mistake("merge-summed", "the heads are added up; they are laid side by side.",
            ((_MERGE, "return x.sum(dim=1)"),)),
    Mistake("merge-averaged", "the heads are averaged; they are laid side by side.",
            ((_MERGE, "return x.mean(dim=1)"),)),
    Mistake("merge-first-head", "only the first head is returned.", ((_MERGE, "return x[:, 0]"),)),
    Mistake("merge-flat", "positions are merged away as well: (B, T, D) is wanted.",
            ((_MERGE, "return x.transpose(1, 2).flatten(start_dim=1)"),)),
    Mistake("merge-flat", "the heads are stacked along the positions; they are laid side "
            "by side as features.", ((_MERGE, "return x.flatten(start_dim=1, end_dim=2)"),),
            variant="along the positions"),
    Mistake("merge-detached", "no gradient flows back: the result is detached.",
            ((_MERGE, _MERGE + ".detach()"),)),
)  # fmt: skip

_Q = "q = split_heads(self.q_proj(query), self.n_heads)"
_K = "k = split_heads(self.k_proj(key), self.n_heads)"
_V = "v = split_heads(self.v_proj(value), self.n_heads)"
_DROP = "self.dropout if self.training else 0.0"
_ATTEND = """heads, weights = scaled_dot_product_attention(
            q, k, v, mask, dropout, need_weights=True
        )"""
_OUT = "out = self.out_proj(merge_heads(heads))"
_PAIR = "return (out, weights) if need_weights else out"
_MADE = tuple(
    f"self.{name}_proj = nn.Linear(d_model, d_model, bias=bias)" for name in ("q", "k", "v", "out")
)
_WITHOUT_TRANSPOSE = "{0}.reshape({0}.size(0), self.n_heads, {0}.size(1), -1)"


def _written(*changes: tuple[str, str]) -> tuple[str, str]:
    """A patch that writes the attention out, with changes inside it."""
    return by_hand.attention(_ATTEND, *changes)


MULTI_HEAD_ATTENTION = (
    Mistake("heads-not-split", "the heads are never split: it is one head as wide as the model.",
            ((_Q, "q = self.q_proj(query).unsqueeze(1)"), (_K, "k = self.k_proj(key).unsqueeze(1)"),
             (_V, "v = self.v_proj(value).unsqueeze(1)")), SPLIT),
    Mistake("split-without-transpose", "queries, keys and values are viewed as (B, H, T, d_k) "
            "without a transpose, which mixes positions up.",
            ((_Q, "q = " + _WITHOUT_TRANSPOSE.format("self.q_proj(query)")),
             (_K, "k = " + _WITHOUT_TRANSPOSE.format("self.k_proj(key)")),
             (_V, "v = " + _WITHOUT_TRANSPOSE.format("self.v_proj(value)"))), SPLIT),
    Mistake("merge-without-transpose", "the heads are merged without bringing positions back in "
            "front, which mixes positions up.",
            ((_OUT, "out = self.out_proj(heads.reshape(query.shape))"),), MERGE),
    Mistake("heads-interleaved", "the heads' features are interleaved when they are merged; head "
            "0's come first, then head 1's.",
            ((_OUT, "out = self.out_proj(heads.permute(0, 2, 3, 1).flatten(start_dim=2))"),), MERGE),
    Mistake("no-output-projection", "the output projection is missing: what the heads found is "
            "never mixed.", ((_OUT, "out = merge_heads(heads)"),), OUTPUT),
    Mistake("biases-dropped", "the projections have no bias although bias=True.",
            tuple((made, made.replace("bias=bias", "bias=False")) for made in _MADE)),
    Mistake("biases-dropped", "the projections' biases are never added.",
            tuple((f"self.{p}_proj({x})", f"F.linear({x}, self.{p}_proj.weight)")
                  for p, x in (("q", "query"), ("k", "key"), ("v", "value"),
                               ("out", "merge_heads(heads)"))), variant="present and unused"),
    Mistake("mha-bias-ignored", "the projections have a bias although bias=False.",
            tuple((made, made.replace("bias=bias", "bias=True")) for made in _MADE)),
    Mistake("keys-values-swapped", "keys and values are exchanged when attention is called.",
            (("q, k, v, mask", "q, v, k, mask"),)),
    Mistake("query-weight-for-keys", "the keys go through the queries' projection.",
            ((_K, "k = split_heads(self.q_proj(key), self.n_heads)"),)),
    Mistake("keys-from-query", "keys and values are made of the query's sequence; they come from "
            "the memory.",
            (("key = query if key is None else key", "key = query"),
             ("value = key if value is None else value", "value = query")), CROSS),
    Mistake("keys-from-query", "the keys are made of the query's sequence; they come from the "
            "memory.", ((_K, _K.replace("(key)", "(query)")),), CROSS, variant="keys alone"),
    Mistake("queries-from-memory", "the queries are made of the memory; they come from the query's "
            "sequence.", ((_Q, _Q.replace("(query)", "(key)")),), CROSS),
    Mistake("value-from-query", "without a value, the values come from the query; they follow the "
            "key.", (("value = key if value is None else value",
                      "value = query if value is None else value"),), CROSS),
    Mistake("value-from-query", "the values are made of the query's sequence; they come from the "
            "memory.", ((_V, _V.replace("(value)", "(query)")),), CROSS, variant="always"),
    Mistake("value-from-key", "the values are made of the key even where a value is given.",
            (("value = key if value is None else value", "value = key"),), CROSS),
    Mistake("residual-inside", "the query is added to the output. The residual comes later, in the "
            "block of chapter 9.", ((_OUT, _OUT + " + query"),)),
    Mistake("padding-on-query-rows", "the padding mask hides queries (rows); it hides keys, the "
            "last axis.",
            ((_ATTEND, "if mask is not None and mask.size(-2) == 1:\n"
              "            mask = mask.transpose(-2, -1)\n        " + _ATTEND),), MASKS),
    Mistake("mask-not-passed", "the mask is not passed on to the attention.",
            ((", mask, dropout", ", None, dropout"),), MASKS),
    Mistake("mha-mask-inverted", "the mask is inverted: True means may attend.",
            ((_ATTEND, "mask = None if mask is None else ~mask\n        " + _ATTEND),), MASKS),
    Mistake("mha-mask-after-softmax", "the mask is applied after the softmax, so what stays visible "
            "no longer sums to 1.",
            (_written((FILL, "pass"), (ZEROS, "weights = weights.masked_fill(~mask, 0.0)")),), MASKS),
    Mistake("mha-nan-rows", "a row that may attend nowhere gives NaN; its heads must give zeros.",
            (_written((FILL, "scores = scores.masked_fill(~mask, float('-inf'))"), (ZEROS, "pass")),),
            MASKS),
    Mistake("mha-uniform-rows", "a row that may attend nowhere gets the average of all values; its "
            "heads must give zeros.",
            (_written((ZEROS, "pass")),), MASKS),
    Mistake("weights-averaged", "the weights are averaged over heads; each head's own are wanted, "
            "(B, H, Tq, Tk).",
            ((_PAIR, "return (out, weights.mean(dim=1)) if need_weights else out"),)),
    Mistake("mha-weights-not-returned", "need_weights=True must return the pair (out, weights).",
            ((_PAIR, "return out"),)),
    Mistake("mha-scale-by-d_model", "the scores are divided by the square root of d_model; it is "
            "that of d_k, the width of one head.",
            ((_ATTEND, "q = q * (k.size(-1) / query.size(-1)) ** 0.5\n        " + _ATTEND),)),
    Mistake("mha-no-scale", "the scores are not divided by the square root of d_k.",
            ((_ATTEND, "q = q * k.size(-1) ** 0.5\n        " + _ATTEND),)),
    Mistake("mha-scale-twice", "the scores are divided by the square root of d_k twice: "
            "scaled_dot_product_attention already does it.",
            ((_ATTEND, "q = q / k.size(-1) ** 0.5\n        " + _ATTEND),)),
    Mistake("mha-softmax-over-queries", "the softmax runs over the queries; for each query the "
            "weights over the keys must sum to 1.",
            (_written((SOFTMAX, "weights = scores.softmax(dim=-2)")),)),
    Mistake("mha-softmax-over-heads", "the softmax runs over the heads; for each query the weights "
            "over the keys must sum to 1.",
            (_written((SOFTMAX, "weights = scores.softmax(dim=1)")),)),
    Mistake("heads-in-a-list", "the projections are kept in a plain Python list, where nn.Module "
            "does not find them: they are neither trained nor saved.",
            ((_MADE[0], "made = [nn.Linear(d_model, d_model, bias=bias) for _ in range(3)]"),
             (_MADE[1], "self.projections = made"), (_MADE[2], "pass"))),
    Mistake("projections-in-forward", "the projections are made in forward, so they are new at "
            "every call and never trained: make them in __init__.",
            tuple((made, "pass") for made in _MADE)),
    Mistake("mha-dropout-in-eval", "dropout is also applied in evaluation: use it while "
            "self.training alone.", ((_DROP, "self.dropout"),)),
    Mistake("mha-dropout-missing", "dropout is never applied, also not while training.",
            ((_DROP, "0.0"),)),
    Mistake("mha-dropout-on-output", "dropout falls on the output; it belongs on the weights.",
            ((_ATTEND, _ATTEND.replace("dropout,", "0.0,")),
             (_OUT, _OUT + "\n        out = F.dropout(out, dropout)"))),
    Mistake("mha-not-refused", "an n_heads that does not divide d_model is not refused with a "
            "ValueError.", (("d_model % n_heads:", "False:"),)),
    Mistake("mha-over-batch", "axes are exchanged: sentences of the batch attend to each other, "
            "position by position.",
            ((_Q, "query, key, value = (x.transpose(0, 1) for x in (query, key, value))\n        "
              + _Q), (_OUT, _OUT + ".transpose(0, 1)"))),
)  # fmt: skip

_SCALE = "/ math.sqrt(self.head_dim)"
_MASK = 'scores = scores.masked_fill(~mask, float("-inf"))'
_NOWHERE = (
    "        # A row that may attend nowhere is a softmax over -inf alone: NaN, which becomes zeros.\n"
    "        weights = torch.softmax(scores, dim=-1).nan_to_num()",
    "        weights = torch.softmax(scores, dim=-1)",
)
_VIEWS = tuple(
    f"{short} = self.{name}(x).view(split).transpose(1, 2)"
    for short, name in (("q", "query"), ("k", "key"), ("v", "value"))
)
_CUT = "        split = (B, T, self.num_heads, self.head_dim)\n"
_HEADS = "heads = (weights @ v).transpose(1, 2).reshape(B, T, D)"

REPAIR_MULTI_HEAD = (
    Mistake("repair-import", "the name math is not defined: the module is never imported.",
            without=("math",)),
    Mistake("repair-scale", "the scores are still divided by the square root of embed_dim; one "
            "head is head_dim wide.", ((_SCALE, "/ math.sqrt(D)"),)),
    Mistake("repair-heads", "the heads are still never split: num_heads changes nothing.",
            ((_CUT, ""),
             *((view, view.replace(".view(split).transpose(1, 2)", ".unsqueeze(1)"))
               for view in _VIEWS))),
    Mistake("repair-mask", "the mask is still ignored.",
            ((f"        if mask is not None:\n            {_MASK}\n", ""), _NOWHERE)),
    Mistake("repair-mask-inverted", "the mask is used the wrong way round: True means may attend.",
            ((_MASK, _MASK.replace("~mask", "mask")),)),
    Mistake("repair-mask-zero", "hidden scores are set to 0, which still gets weight; they must be "
            "-inf.", ((_MASK, _MASK.replace('float("-inf")', "0.0")),)),
    Mistake("repair-split", "the split lacks a transpose, which mixes positions up.",
            tuple((view, view.replace(".view(split).transpose(1, 2)",
                                      ".view(B, self.num_heads, T, self.head_dim)"))
                  for view in _VIEWS)),
    Mistake("repair-merge", "the heads are merged without a transpose, which mixes positions up.",
            ((_HEADS, "heads = (weights @ v).reshape(B, T, D)"),)),
    Mistake("repair-no-scale", "the scores are not divided at all; divide by the square root of "
            "head_dim.", ((_SCALE, ""),)),
    Mistake("repair-softmax", "the softmax runs over the queries; it belongs on the keys, the last "
            "axis.", (("torch.softmax(scores, dim=-1)", "torch.softmax(scores, dim=-2)"),)),
    Mistake("repair-no-output", "the output projection is not used.",
            (("return self.out(heads)", "return heads"),)),
)  # fmt: skip
