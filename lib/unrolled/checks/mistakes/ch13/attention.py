"""Known mistakes in grouped-query attention."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake
from unrolled.checks.mistakes import by_hand
from unrolled.checks.mistakes.by_hand import FILL, SOFTMAX, ZEROS

_WHERE = "positions = torch.arange(x.size(1), device=x.device)"
_Q = "q = split_heads(self.q_proj(x), self.n_heads)"
_K = "k = split_heads(self.k_proj(x), self.n_kv_heads)"
_V = "v = split_heads(self.v_proj(x), self.n_kv_heads)"
_TURN_Q = "q = self._rope(q, positions, self.base)"
_TURN_K = "k = self._rope(k, positions, self.base)"
_REPEAT_K = "k = k.repeat_interleave(groups, dim=1)"
_REPEAT_V = "v = v.repeat_interleave(groups, dim=1)"
_DROP = "self.dropout if self.training else 0.0"
_ATTEND = """heads, weights = scaled_dot_product_attention(
            q, k, v, mask, dropout, need_weights=True
        )"""
_OUT = "out = self.out_proj(merge_heads(heads))"
_PAIR = "return (out, weights) if need_weights else out"
_MADE = (
    "self.q_proj = nn.Linear(d_model, n_heads * d_k, bias=bias)",
    "self.k_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)",
    "self.v_proj = nn.Linear(d_model, n_kv_heads * d_k, bias=bias)",
    "self.out_proj = nn.Linear(n_heads * d_k, d_model, bias=bias)",
)
_RESHAPED = "{0} = self.{0}_proj(x).reshape(x.size(0), self.{1}, x.size(1), -1)"


def _before(line: str, *more: str) -> tuple[str, str]:
    """A patch that puts lines before one of the reference's."""
    return line, "\n        ".join((*more, line))


def _written(*changes: tuple[str, str]) -> tuple[str, str]:
    """A patch that writes the attention out, with changes inside it."""
    return by_hand.attention(_ATTEND, *changes)


_TILED_K = "k = k.repeat(1, groups, 1, 1)"
_TILED_V = "v = v.repeat(1, groups, 1, 1)"

GROUPED = (
    Mistake("groups-tiled", "the heads of keys and values are tiled (0 1 0 1); neighbouring heads "
            "of queries share one (0 0 1 1).", ((_REPEAT_K, _TILED_K), (_REPEAT_V, _TILED_V))),
    Mistake("keys-tiled", "the heads of keys are tiled (0 1 0 1) and those of values are not: "
            "neighbouring heads of queries share one (0 0 1 1).", ((_REPEAT_K, _TILED_K),)),
    Mistake("values-tiled", "the heads of values are tiled (0 1 0 1) and those of keys are not: "
            "neighbouring heads of queries share one (0 0 1 1).", ((_REPEAT_V, _TILED_V),)),
    Mistake("groups-not-repeated", "the heads of keys and values are not repeated, so their number "
            "does not fit that of the queries.", ((_REPEAT_K, "pass"), (_REPEAT_V, "pass"))),
    Mistake("first-head-only", "all heads of queries use the first head of keys and values.",
            ((_REPEAT_K, "k = k[:, :1]"), (_REPEAT_V, "v = v[:, :1]"))),
    Mistake("heads-averaged", "the heads of keys and values are averaged; each group of queries "
            "has its own.",
            ((_REPEAT_K, "k = k.mean(dim=1, keepdim=True)"),
             (_REPEAT_V, "v = v.mean(dim=1, keepdim=True)"))),
    Mistake("all-heads-projected", "keys and values are projected to all n_heads heads; there are "
            "n_kv_heads of them.",
            ((_MADE[1], _MADE[1].replace("n_kv_heads", "n_heads")),
             (_MADE[2], _MADE[2].replace("n_kv_heads", "n_heads")),
             (_K, _K.replace("n_kv_heads", "n_heads")), (_V, _V.replace("n_kv_heads", "n_heads")),
             (_REPEAT_K, "pass"), (_REPEAT_V, "pass"))),
    Mistake("repeated-along-positions", "keys and values are repeated along the positions; repeat "
            "along the heads.",
            ((_REPEAT_K, "k = k.repeat_interleave(groups, dim=2)[:, :1]"),
             (_REPEAT_V, "v = v.repeat_interleave(groups, dim=2)[:, :1]"))),
    Mistake("no-rotation", "queries and keys are not rotated: the layer does not know the order.",
            ((_TURN_Q, "pass"), (_TURN_K, "pass"))),
    Mistake("keys-not-rotated", "the queries alone are rotated; the keys are too.",
            ((_TURN_K, "pass"),)),
    Mistake("queries-not-rotated", "the keys alone are rotated; the queries are too.",
            ((_TURN_Q, "pass"),)),
    Mistake("values-rotated", "the values are rotated as well; queries and keys alone are.",
            ((_TURN_K, _TURN_K + "\n        v = self._rope(v, positions, self.base)"),)),
    Mistake("rotated-backwards", "queries are rotated one way and keys the other.",
            ((_TURN_K, _TURN_K.replace("positions", "-positions")),)),
    Mistake("rotated-before-split", "the rotation runs over all heads at once, before they are "
            "split; it runs over the features of one head.",
            ((_TURN_Q, "q = split_heads(self._rope(self.q_proj(x)[:, None], positions, self.base)"
              "[:, 0], self.n_heads)"),
             (_TURN_K, "k = split_heads(self._rope(self.k_proj(x)[:, None], positions, self.base)"
              "[:, 0], self.n_kv_heads)"))),
    Mistake("positions-ignored", "the argument positions is ignored: tokens are taken to stand at "
            "0, 1, 2 and so on.", (("if positions is None:", "if True:"),)),
    Mistake("positions-from-first-sentence", "all sentences get the positions of the first.",
            (_before(_Q, "positions = positions[0] if positions.dim() == 2 else positions"),)),
    Mistake("base-ignored", "the argument base is ignored.",
            (("self.base = base", "self.base = 10000.0"),)),
    Mistake("queries-without-base", "base is given for the keys alone.",
            ((_TURN_Q, "q = self._rope(q, positions)"),)),
    Mistake("d_k-ignored", "the argument d_k is ignored: a head is d_model / n_heads wide.",
            (("d_k = d_model // n_heads if d_k is None else d_k",
              "d_k = max(d_model // n_heads, 1)"),)),
    Mistake("d_k-from-kv-heads", "without d_k, a head is d_model / n_heads wide, not d_model / "
            "n_kv_heads.",
            (("d_k = d_model // n_heads if d_k is None else d_k",
              "d_k = d_model // n_kv_heads if d_k is None else d_k"),)),
    Mistake("grouped-keys-values-swapped", "keys and values are exchanged when attention is called.",
            (("q, k, v, mask", "q, v, k, mask"),)),
    Mistake("query-heads-not-split", "queries are viewed as (B, H, T, d_k) without a transpose, "
            "which mixes positions up.", ((_Q, _RESHAPED.format("q", "n_heads")),)),
    Mistake("key-heads-not-split", "keys and values are viewed as (B, G, T, d_k) without a "
            "transpose, which mixes positions up.",
            ((_K, _RESHAPED.format("k", "n_kv_heads")), (_V, _RESHAPED.format("v", "n_kv_heads")))),
    Mistake("merged-without-transpose", "the heads are merged without bringing positions back in "
            "front, which mixes positions up.",
            ((_OUT, "out = self.out_proj(heads.reshape(x.size(0), x.size(1), -1))"),)),
    Mistake("no-output-projection", "the output projection is missing: what the heads found is "
            "never mixed.", ((_OUT, "out = merge_heads(heads)"),)),
    Mistake("residual-inside", "x is added to the output. The residual belongs to the block.",
            ((_OUT, _OUT + " + x"),)),
    Mistake("mask-not-passed", "the mask is not passed on to the attention.",
            ((", mask, dropout", ", None, dropout"),)),
    Mistake("mask-inverted", "the mask is inverted: True means may attend.",
            (_before(_ATTEND, "mask = None if mask is None else ~mask"),)),
    Mistake("first-head's-mask", "all heads get the mask of the first.",
            (_before(_ATTEND, "mask = mask[:, :1] if mask is not None and mask.dim() == 4 else mask"),)),
    Mistake("mask-after-softmax", "the mask is applied after the softmax, so what stays visible no "
            "longer sums to 1.",
            (_written((FILL, "pass"), (ZEROS, "weights = weights.masked_fill(~mask, 0.0)")),)),
    Mistake("nan-rows", "a row that may attend nowhere gives NaN; its heads must give zeros.",
            (_written((FILL, "scores = scores.masked_fill(~mask, float('-inf'))"), (ZEROS, "pass")),)),
    Mistake("uniform-rows", "a row that may attend nowhere gets the average of all values; its "
            "heads must give zeros.", (_written((ZEROS, "pass")),)),
    Mistake("always-causal", "each position sees earlier ones alone, also without a mask: here the "
            "mask decides.",
            (_before(_ATTEND, "past = torch.ones(x.size(1), x.size(1), dtype=torch.bool).tril()",
                     "mask = past if mask is None else mask & past"),)),
    Mistake("softmax-over-queries", "the softmax runs over the queries; for each query the weights "
            "over the keys must sum to 1.",
            (_written((SOFTMAX, "weights = scores.softmax(dim=-2)")),)),
    Mistake("no-scale", "the scores are not divided by the square root of d_k.",
            (_before(_ATTEND, "q = q * q.size(-1) ** 0.5"),)),
    Mistake("scale-twice", "the scores are divided by the square root of d_k twice: "
            "scaled_dot_product_attention already does it.",
            (_before(_ATTEND, "q = q / q.size(-1) ** 0.5"),)),
    Mistake("scale-by-d_model", "the scores are divided by the square root of d_model; it is that "
            "of d_k, the width of one head.",
            (_before(_ATTEND, "q = q * (q.size(-1) / x.size(-1)) ** 0.5"),)),
    Mistake("weights-averaged", "the weights are averaged over heads; each head's own are wanted, "
            "(B, H, T, T).",
            ((_PAIR, "return (out, weights.mean(dim=1)) if need_weights else out"),)),
    Mistake("weights-of-groups", "one head of weights a group is returned; each head of queries has "
            "its own, (B, H, T, T).",
            ((_PAIR, "return (out, weights[:, ::groups]) if need_weights else out"),)),
    Mistake("weights-of-groups", "one head of weights a group is returned; each head of queries has "
            "its own, (B, H, T, T).",
            ((_PAIR, "return (out, weights.unflatten(1, (-1, groups)).mean(dim=2)) if need_weights "
              "else out"),), variant="averaged"),
    Mistake("weights-not-returned", "need_weights=True must return the pair (out, weights).",
            ((_PAIR, "return out"),)),
    Mistake("dropout-in-eval", "dropout is also applied in evaluation: use it while self.training "
            "alone.", ((_DROP, "self.dropout"),)),
    Mistake("dropout-missing", "dropout is never applied, also not while training.",
            ((_DROP, "0.0"),)),
    Mistake("dropout-on-output", "dropout falls on the output; it belongs on the weights.",
            ((_ATTEND, _ATTEND.replace("dropout,", "0.0,")),
             (_OUT, _OUT + "\n        out = torch.dropout(out, dropout, True)"))),
    Mistake("biases-ignored", "the projections have no biases although bias=True.",
            tuple((made, made.replace("bias=bias", "bias=False")) for made in _MADE)),
    Mistake("biases-always", "the projections have biases although bias is False by default.",
            tuple((made, made.replace("bias=bias", "bias=True")) for made in _MADE)),
    Mistake("keys-detached", "the keys are detached: k_proj gets no gradient.",
            ((_TURN_K, _TURN_K + ".detach()"),)),
)  # fmt: skip
