"""Known mistakes with the decoder layer."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_IF = "if self.norm_first:"
_PRE_ATTEND = "attended, weights = self.attend(self.norm1(x), mask, need_weights)"
_PRE_ADD = "x = x + attended"
_PRE_CROSS = "crossed, cross_weights = self.cross(self.norm2(x), memory, memory_mask, need_weights)"
_PRE_ADD_CROSS = "x = x + crossed"
_PRE_FF = "x = x + self.transform(self.norm3(x))"
_ATTEND = "attended, weights = self.attend(x, mask, need_weights)"
_ADD = "x = self.norm1(x + attended)"
_CROSS = "crossed, cross_weights = self.cross(x, memory, memory_mask, need_weights)"
_ADD_CROSS = "x = self.norm2(x + crossed)"
_FF = "x = self.norm3(x + self.transform(x))"
_RETURN = "return (x, (weights, cross_weights)) if need_weights else x"
_SELF = "out, weights = _attend(self.self_attention, x, mask=mask, need_weights=need_weights)"
_MEMORY = """out, weights = _attend(
            self.cross_attention, x, memory, memory, mask=mask, need_weights=need_weights
        )"""
_DROPPED = "\n        return self.dropout(out), weights"
_UNDROPPED = _DROPPED.replace("self.dropout(out)", "out")
_IN_EVAL = _DROPPED.replace("self.dropout(out)", "nn.functional.dropout(out, self.dropout.p)")
_DROP_FF = "return self.dropout(self.feed_forward(x))"
_MADE_SELF = "self.self_attention = attention(d_model, n_heads, dropout=dropout, bias=bias)"
_MADE_CROSS = """self.cross_attention = MultiHeadAttention(
            d_model, n_heads, dropout=dropout, bias=bias
        )"""
_MADE_FF = "self.feed_forward = FeedForward(d_model, d_ff, dropout, activation, bias)"
_MADE_NORMS = tuple(f"self.norm{n} = LayerNorm(d_model, eps, bias)" for n in (1, 2, 3))
_START = "start = x\n            "


def _each(old: str, new: str, *lines: str) -> tuple[tuple[str, str], ...]:
    """One change in several lines."""
    return tuple((line, line.replace(old, new)) for line in lines)


def _lines(*lines: str) -> str:
    """Lines of one branch of forward."""
    return "\n            ".join(lines)


TRANSFORMER_DECODER_LAYER = (
    Mistake("decoder-norm-swapped", "post-norm and pre-norm are exchanged: norm_first=True "
            "normalises what a sublayer reads, False the sum.", ((_IF, "if not self.norm_first:"),)),
    Mistake("decoder-always-post", "norm_first changes nothing: the layer is always post-norm.",
            ((_IF, "if False:"),)),
    Mistake("decoder-always-pre", "norm_first changes nothing: the layer is always pre-norm.",
            ((_IF, "if True:"),)),
    Mistake("decoder-no-residual-self", "the residual connection around self-attention is missing.",
            ((_PRE_ADD, "x = attended"), (_ADD, "x = self.norm1(attended)"))),
    Mistake("decoder-no-residual-cross", "the residual connection around cross-attention is missing: "
            "the layer forgets x and keeps what it read in the memory.",
            ((_PRE_ADD_CROSS, "x = crossed"), (_ADD_CROSS, "x = self.norm2(crossed)"))),
    Mistake("decoder-no-residual-ff", "the residual connection around the feed-forward network is "
            "missing.",
            ((_PRE_FF, "x = self.transform(self.norm3(x))"), (_FF, "x = self.norm3(self.transform(x))"))
            ),
    Mistake("decoder-one-norm", "norm1 serves all three sublayers; each has its own.",
            _each("norm2", "norm1", _PRE_CROSS, _ADD_CROSS) + _each("norm3", "norm1", _PRE_FF, _FF)),
    Mistake("decoder-two-norms", "norm2 serves cross-attention and the feed-forward network; each "
            "sublayer has its own.", _each("norm3", "norm2", _PRE_FF, _FF)),
    Mistake("decoder-norms-exchanged", "norm2 and norm3 are exchanged: norm2 belongs to "
            "cross-attention, norm3 to the feed-forward network.",
            _each("norm2", "norm3", _PRE_CROSS, _ADD_CROSS) + _each("norm3", "norm2", _PRE_FF, _FF)),
    Mistake("decoder-residual-normed", "in pre-norm the normalised x is carried on; the residual "
            "connection adds to x as it came.",
            ((_PRE_ATTEND, "x = self.norm1(x)\n            " + _ATTEND),
             (_PRE_CROSS, "x = self.norm2(x)\n            " + _CROSS),
             (_PRE_FF, "x = self.norm3(x)\n            x = x + self.transform(x)"))),
    Mistake("decoder-norm-before-add", "in post-norm the norm is applied to what the sublayer gives, "
            "before it is added; it normalises the sum.",
            ((_ADD, "x = x + self.norm1(attended)"), (_ADD_CROSS, "x = x + self.norm2(crossed)"),
             (_FF, "x = x + self.norm3(self.transform(x))"))),
    Mistake("decoder-norm-after-too", "pre-norm ends with one more norm. A stack of such layers has "
            "one at its end; the layer itself has not.",
            ((_PRE_FF, _PRE_FF + "\n            x = self.norm3(x)"),)),
    Mistake("decoder-memory-normed", "in pre-norm the memory is normalised too; only x is. The "
            "encoder's stack ends with a norm of its own.",
            ((_PRE_CROSS, _PRE_CROSS.replace("memory, m", "self.norm2(memory), m")),)),
    Mistake("decoder-cross-first", "attention to the memory comes first; self-attention does.",
            ((_lines(_PRE_ATTEND, _PRE_ADD, _PRE_CROSS, _PRE_ADD_CROSS),
              _lines(_PRE_CROSS.replace("norm2", "norm1"), _PRE_ADD_CROSS,
                     _PRE_ATTEND.replace("norm1", "norm2"), _PRE_ADD)),
             (_lines(_ATTEND, _ADD, _CROSS, _ADD_CROSS),
              _lines(_CROSS, "x = self.norm1(x + crossed)", _ATTEND,
                     "x = self.norm2(x + attended)")))),
    Mistake("decoder-cross-first", "attention to the memory comes first; self-attention does.",
            ((_lines(_PRE_ATTEND, _PRE_ADD, _PRE_CROSS, _PRE_ADD_CROSS),
              _lines(_PRE_CROSS, _PRE_ADD_CROSS, _PRE_ATTEND, _PRE_ADD)),
             (_lines(_ATTEND, _ADD, _CROSS, _ADD_CROSS),
              _lines(_CROSS, _ADD_CROSS, _ATTEND, _ADD))), variant="with its norm"),
    Mistake("decoder-ff-before-cross", "the feed-forward network comes before attention to the "
            "memory; it is the last of the three.",
            ((_PRE_CROSS, "x = x + self.transform(self.norm2(x))\n            "
              + _PRE_CROSS.replace("norm2", "norm3")), (_PRE_FF, "pass"),
             (_CROSS, "x = self.norm2(x + self.transform(x))\n            " + _CROSS),
             (_ADD_CROSS, "x = self.norm3(x + crossed)"), (_FF, "pass"))),
    Mistake("decoder-ff-before-cross", "the feed-forward network comes before attention to the "
            "memory; it is the last of the three.",
            ((_lines(_PRE_CROSS, _PRE_ADD_CROSS, _PRE_FF),
              _lines(_PRE_FF, _PRE_CROSS, _PRE_ADD_CROSS)),
             (_lines(_CROSS, _ADD_CROSS, _FF), _lines(_FF, _CROSS, _ADD_CROSS))),
            variant="with its norm"),
    Mistake("decoder-parallel", "cross-attention is asked with the layer's input; it is asked with "
            "what self-attention has made of it.",
            ((_PRE_ATTEND, _START + _PRE_ATTEND), (_ATTEND, _START + _ATTEND),
             (_PRE_CROSS, _PRE_CROSS.replace("norm2(x)", "norm2(start)")),
             (_CROSS, _CROSS.replace("(x,", "(start,")))),
    Mistake("decoder-no-memory", "the memory is never read: keys and values of cross-attention are "
            "made of x.", ((_MEMORY, _MEMORY.replace("memory, memory,", "x, x,")),)),
    Mistake("decoder-queries-from-memory", "the memory asks and x answers; x gives the queries, the "
            "memory keys and values.", ((_MEMORY, _MEMORY.replace("x, memory, memory", "memory, x, x")
                                         ),)),
    Mistake("decoder-one-attention", "one attention serves x and memory; each has its own weights.",
            ((_MEMORY, _MEMORY.replace("cross_attention", "self_attention")),)),
    Mistake("decoder-not-causal", "mask is not passed on, so that every position sees all of x.",
            ((_SELF, _SELF.replace("mask=mask", "mask=None")),)),
    Mistake("decoder-memory-mask-ignored", "memory_mask is not passed on, so that padding of the "
            "memory is read.", ((_MEMORY, _MEMORY.replace("mask=mask", "mask=None")),)),
    Mistake("decoder-masks-exchanged", "mask and memory_mask are exchanged: mask is for "
            "self-attention, memory_mask for attention to the memory.",
            _each("mask, n", "memory_mask, n", _PRE_ATTEND, _ATTEND)
            + _each("memory_mask", "mask", _PRE_CROSS, _CROSS)),
    Mistake("decoder-mask-for-both", "mask is also used for the memory; memory_mask says what may be "
            "seen there.", _each("memory_mask", "mask", _PRE_CROSS, _CROSS)),
    Mistake("decoder-memory-mask-for-both", "memory_mask is also used for self-attention; mask says "
            "what may be seen of x.", _each("mask, n", "memory_mask, n", _PRE_ATTEND, _ATTEND)),
    Mistake("decoder-own-causal-mask", "the layer hides the future by itself; mask says what may be "
            "seen, and without one that is everything.",
            ((_SELF, "if mask is None:\n            mask = x.new_ones(x.size(1), x.size(1)).tril()"
                     ".bool()\n        " + _SELF),)),
    Mistake("decoder-own-causal-mask", "the layer hides the future by itself, whatever mask says; mask "
            "alone says what may be seen.",
            ((_SELF, "past = x.new_ones(x.size(1), x.size(1)).tril().bool()\n        "
                     "mask = past if mask is None else past & mask\n        " + _SELF),),
            variant="always"),
    Mistake("decoder-masks-inverted", "the masks are inverted: True means may attend.",
            _each("mask=mask", "mask=None if mask is None else ~mask", _SELF, _MEMORY)),
    Mistake("decoder-one-head", "the attentions have one head; they have n_heads.",
            _each("n_heads", "1", _MADE_SELF, _MADE_CROSS)),
    Mistake("decoder-activation-ignored", "the activation is not passed on to the feed-forward "
            "network.", _each("activation, bias", "bias=bias", _MADE_FF)),
    Mistake("decoder-eps-ignored", "eps is not passed on to the norms.",
            _each("eps, bias", "bias=bias", *_MADE_NORMS)),
    Mistake("decoder-bias-ignored", "bias is not passed on to the norms.",
            _each(", bias", "", *_MADE_NORMS), variant="norms"),
    Mistake("decoder-bias-ignored", "bias is not passed on to the attentions.",
            _each(", bias=bias", "", _MADE_SELF, _MADE_CROSS), variant="attentions"),
    Mistake("decoder-bias-ignored", "bias is not passed on to the feed-forward network.",
            _each(", bias", "", _MADE_FF), variant="feed-forward network"),
    Mistake("decoder-self-undropped", "what self-attention gives is not dropped before it is added.",
            ((_SELF + _DROPPED, _SELF + _UNDROPPED),)),
    Mistake("decoder-cross-undropped", "what cross-attention gives is not dropped before it is "
            "added.", ((_MEMORY + _DROPPED, _MEMORY + _UNDROPPED),)),
    Mistake("decoder-ff-undropped", "what the feed-forward network gives is not dropped before it is "
            "added.", ((_DROP_FF, "return self.feed_forward(x)"),)),
    Mistake("decoder-weights-undropped", "dropout is not passed on to the attentions, which drop "
            "weights.", _each("dropout=dropout, ", "", _MADE_SELF, _MADE_CROSS)),
    Mistake("decoder-activations-undropped", "dropout is not passed on to the feed-forward network, "
            "which drops activations.", _each("dropout,", "0.0,", _MADE_FF)),
    Mistake("decoder-dropout-in-eval", "dropout is also applied in evaluation: an nn.Dropout made in "
            "__init__ knows when; F.dropout must be told.",
            ((_SELF + _DROPPED, _SELF + _IN_EVAL), (_MEMORY + _DROPPED, _MEMORY + _IN_EVAL),
             (_DROP_FF, "return nn.functional.dropout(self.feed_forward(x), self.dropout.p)"))),
    Mistake("decoder-weights-not-returned", "need_weights=True must return the pair (out, "
            "(self_weights, cross_weights)).", ((_RETURN, "return x"),)),
    Mistake("decoder-weights-flat", "need_weights=True must return out and a pair of weights, (out, "
            "(self_weights, cross_weights)); here the three stand side by side.",
            ((_RETURN, "return (x, weights, cross_weights) if need_weights else x"),)),
    Mistake("decoder-weights-one", "only the weights of cross-attention are returned; a pair is "
            "wanted, (self_weights, cross_weights).",
            ((_RETURN, "return (x, cross_weights) if need_weights else x"),)),
    Mistake("decoder-weights-exchanged", "the weights are returned in the wrong order: "
            "self-attention's first.",
            ((_RETURN, _RETURN.replace("weights, cross_weights", "cross_weights, weights")),)),
    Mistake("decoder-weights-averaged", "the weights are averaged over heads; each head's own are "
            "wanted.",
            ((_RETURN, _RETURN.replace("(weights, cross_weights)",
                                       "(weights.mean(dim=1), cross_weights.mean(dim=1))")),)),
    Mistake("decoder-attention-ignored", "the argument attention is ignored: self-attention is "
            "always a MultiHeadAttention.", _each("= attention(", "= MultiHeadAttention(", _MADE_SELF)),
    Mistake("decoder-attention-for-both", "the argument attention is also used for the memory; it is "
            "the class of self-attention alone.",
            _each("= MultiHeadAttention(", "= attention(", _MADE_CROSS)),
    Mistake("decoder-memory-detached", "no gradient reaches the memory: it is detached, and the "
            "encoder would learn nothing.",
            ((_MEMORY, _MEMORY.replace("memory, memory", "memory.detach(), memory.detach()")),)),
    Mistake("decoder-detached", "no gradient flows along the residual connection: x is detached.",
            ((_PRE_ADD, "x = x.detach() + attended"), (_ADD, "x = self.norm1(x.detach() + attended)"))),
    Mistake("decoder-in-place", "x itself is changed: x = x + ... makes a new tensor, x += ... does "
            "not.", ((_PRE_ADD, "x += attended"),)),
    Mistake("decoder-in-place", "x itself is changed: x = x + ... makes a new tensor, x += ... does "
            "not.", ((_PRE_ADD, "x += attended"), (_PRE_ADD_CROSS, "x += crossed"),
                     (_PRE_FF, "x += self.transform(self.norm3(x))"),
                     (_ADD, "x += attended\n            x = self.norm1(x)")),
            variant="every sum"),
)  # fmt: skip
