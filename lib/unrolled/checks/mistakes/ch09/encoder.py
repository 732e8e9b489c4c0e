"""Known mistakes with the encoder layer."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_IF = "if self.norm_first:"
_PRE_ATTEND = "attended, weights = self.attend(self.norm1(x), mask, need_weights)"
_PRE_ADD = "x = x + attended"
_PRE_FF = "x = x + self.transform(self.norm2(x))"
_ATTEND = "attended, weights = self.attend(x, mask, need_weights)"
_ADD = "x = self.norm1(x + attended)"
_FF = "x = self.norm2(x + self.transform(x))"
_RETURN = "return (x, weights) if need_weights else x"
_ATTENTION = "out, weights = _attend(self.attention, x, mask=mask, need_weights=need_weights)"
_DROP_ATTENDED = "return self.dropout(out), weights"
_DROP_FF = "return self.dropout(self.feed_forward(x))"
_MADE_ATTENTION = (
    "self.attention = attention(d_model, n_heads, dropout=attention_dropout, bias=bias)"
)
_MADE_FF = "self.feed_forward = FeedForward(d_model, d_ff, activation_dropout, activation, bias)"
_MADE_NORMS = tuple(f"self.norm{n} = LayerNorm(d_model, eps, bias)" for n in (1, 2))
_START = "start = x\n            "

TRANSFORMER_ENCODER_LAYER = (
    Mistake("encoder-norm-swapped", "post-norm and pre-norm are exchanged: norm_first=True "
            "normalises what a sublayer reads, False the sum.", ((_IF, "if not self.norm_first:"),)),
    Mistake("encoder-always-post", "norm_first changes nothing: the layer is always post-norm.",
            ((_IF, "if False:"),)),
    Mistake("encoder-always-pre", "norm_first changes nothing: the layer is always pre-norm.",
            ((_IF, "if True:"),)),
    Mistake("encoder-no-residual-attention", "the residual connection around attention is missing: "
            "x is to be added to what attention gives.",
            ((_PRE_ADD, "x = attended"), (_ADD, "x = self.norm1(attended)"))),
    Mistake("encoder-no-residual-attention", "in post-norm the residual connection around attention "
            "is missing.", ((_ADD, "x = self.norm1(attended)"),), variant="post-norm"),
    Mistake("encoder-no-residual-attention", "in pre-norm the residual connection around attention "
            "is missing.", ((_PRE_ADD, "x = attended"),), variant="pre-norm"),
    Mistake("encoder-no-residual-ff", "the residual connection around the feed-forward network is "
            "missing: x is to be added to what it gives.",
            ((_PRE_FF, "x = self.transform(self.norm2(x))"), (_FF, "x = self.norm2(self.transform(x))"))
            ),
    Mistake("encoder-no-residual-ff", "in post-norm the residual connection around the feed-forward "
            "network is missing.", ((_FF, "x = self.norm2(self.transform(x))"),),
            variant="post-norm"),
    Mistake("encoder-no-residual-ff", "in pre-norm the residual connection around the feed-forward "
            "network is missing.", ((_PRE_FF, "x = self.transform(self.norm2(x))"),),
            variant="pre-norm"),
    Mistake("encoder-one-norm", "norm1 serves both sublayers; each has its own.",
            ((_PRE_FF, _PRE_FF.replace("norm2", "norm1")), (_FF, _FF.replace("norm2", "norm1")))),
    Mistake("encoder-one-norm", "norm1 and norm2 are one and the same layer; each sublayer has its "
            "own.", ((_MADE_NORMS[1], "self.norm2 = self.norm1"),), variant="tied"),
    Mistake("encoder-norms-exchanged", "norm1 and norm2 are exchanged: norm1 belongs to attention.",
            ((_PRE_ATTEND, _PRE_ATTEND.replace("norm1", "norm2")), (_ADD, _ADD.replace("norm1", "norm2")),
             (_PRE_FF, _PRE_FF.replace("norm2", "norm1")), (_FF, _FF.replace("norm2", "norm1")))),
    Mistake("encoder-residual-normed", "in pre-norm the normalised x is carried on; the residual "
            "connection adds to x as it came.",
            ((_PRE_ATTEND, "x = self.norm1(x)\n            " + _ATTEND),
             (_PRE_FF, "x = self.norm2(x)\n            x = x + self.transform(x)"))),
    Mistake("encoder-norm-before-add", "in post-norm the norm is applied to what the sublayer gives, "
            "before it is added; it normalises the sum.",
            ((_ADD, "x = x + self.norm1(attended)"), (_FF, "x = x + self.norm2(self.transform(x))"))),
    Mistake("encoder-norm-after-too", "pre-norm ends with one more norm. A stack of such layers has "
            "one at its end; the layer itself has not.", ((_PRE_FF, _PRE_FF + "\n            x = "
                                                           "self.norm2(x)"),)),
    Mistake("encoder-parallel", "the feed-forward network reads the layer's input; it reads what "
            "attention has made of it.",
            ((_PRE_ATTEND, _START + _PRE_ATTEND), (_ATTEND, _START + _ATTEND),
             (_PRE_FF, "x = x + self.transform(self.norm2(start))"),
             (_FF, "x = self.norm2(x + self.transform(start))"))),
    Mistake("encoder-residual-from-input", "the second residual connection adds the layer's input; "
            "it adds what stands there after attention.",
            ((_PRE_ATTEND, _START + _PRE_ATTEND), (_ATTEND, _START + _ATTEND),
             (_PRE_FF, "x = start + self.transform(self.norm2(x))"),
             (_FF, "x = self.norm2(start + self.transform(x))"))),
    Mistake("encoder-ff-first", "the feed-forward network comes first; attention does.",
            ((_PRE_ATTEND, "x = x + self.transform(self.norm1(x))\n            "
              + _PRE_ATTEND.replace("norm1", "norm2")), (_PRE_FF, "pass"),
             (_ATTEND, "x = self.norm1(x + self.transform(x))\n            " + _ATTEND),
             (_ADD, "x = self.norm2(x + attended)"), (_FF, "pass"))),
    Mistake("encoder-ff-first", "the feed-forward network comes first; attention does.",
            ((_PRE_ATTEND, _PRE_FF + "\n            " + _PRE_ATTEND),
             (f"{_PRE_ADD}\n            {_PRE_FF}", _PRE_ADD),
             (_ATTEND, _FF + "\n            " + _ATTEND),
             (f"{_ADD}\n            {_FF}", _ADD)), variant="with its norm"),
    Mistake("encoder-mask-not-passed", "the mask is not passed on to the attention.",
            ((_ATTENTION, _ATTENTION.replace("mask=mask", "mask=None")),)),
    Mistake("encoder-mask-inverted", "the mask is inverted: True means may attend.",
            ((_ATTENTION, _ATTENTION.replace("mask=mask", "mask=None if mask is None else ~mask")),)),
    Mistake("encoder-over-batch", "axes are exchanged: sentences of the batch attend to each other, "
            "position by position.",
            ((_ATTENTION, _ATTENTION.replace(" x,", " x.transpose(0, 1),")),
             (_DROP_ATTENDED, _DROP_ATTENDED.replace("(out)", "(out.transpose(0, 1))")))),
    Mistake("encoder-one-head", "attention has one head; it has n_heads.",
            ((_MADE_ATTENTION, _MADE_ATTENTION.replace("n_heads", "1")),)),
    Mistake("encoder-activation-ignored", "the activation is not passed on to the feed-forward "
            "network.", ((_MADE_FF, _MADE_FF.replace("activation, bias", "bias=bias")),)),
    Mistake("encoder-eps-ignored", "eps is not passed on to the norms.",
            tuple((made, made.replace("eps, bias", "bias=bias")) for made in _MADE_NORMS)),
    Mistake("encoder-bias-ignored", "bias is not passed on to the norms.",
            tuple((made, made.replace(", bias", "")) for made in _MADE_NORMS), variant="norms"),
    Mistake("encoder-bias-ignored", "bias is not passed on to the attention.",
            ((_MADE_ATTENTION, _MADE_ATTENTION.replace(", bias=bias", "")),), variant="attention"),
    Mistake("encoder-bias-ignored", "bias is not passed on to the feed-forward network.",
            ((_MADE_FF, _MADE_FF.replace(", bias", "")),), variant="feed-forward network"),
    Mistake("encoder-attention-undropped", "what attention gives is not dropped before it is added.",
            ((_DROP_ATTENDED, "return out, weights"),)),
    Mistake("encoder-ff-undropped", "what the feed-forward network gives is not dropped before it is "
            "added.", ((_DROP_FF, "return self.feed_forward(x)"),)),
    Mistake("encoder-weights-undropped", "dropout is not passed on to the attention, which drops "
            "weights.", ((_MADE_ATTENTION, _MADE_ATTENTION.replace("dropout=attention_dropout, ", "")),)),
    Mistake("encoder-activations-undropped", "dropout is not passed on to the feed-forward network, "
            "which drops activations.", ((_MADE_FF, _MADE_FF.replace("activation_dropout,", "0.0,")),)),
    Mistake("encoder-dropout-in-eval", "dropout is also applied in evaluation: an nn.Dropout made in "
            "__init__ knows when; F.dropout must be told.",
            ((_DROP_ATTENDED, "return nn.functional.dropout(out, self.dropout.p), weights"),
             (_DROP_FF, "return nn.functional.dropout(self.feed_forward(x), self.dropout.p)"))),
    Mistake("encoder-dropout-on-sum", "dropout falls on the sum; it falls on what the sublayer "
            "gives, before that is added to x.",
            ((_DROP_ATTENDED, "return out, weights"), (_DROP_FF, "return self.feed_forward(x)"),
             (_PRE_ADD, "x = self.dropout(x + attended)"),
             (_PRE_FF, "x = self.dropout(x + self.feed_forward(self.norm2(x)))"),
             (_ADD, "x = self.norm1(self.dropout(x + attended))"),
             (_FF, "x = self.norm2(self.dropout(x + self.feed_forward(x)))"))),
    Mistake("encoder-weights-not-returned", "need_weights=True must return the pair (out, weights).",
            ((_RETURN, "return x"),)),
    Mistake("encoder-weights-averaged", "the weights are averaged over heads; each head's own are "
            "wanted, (B, H, T, T).", ((_RETURN, _RETURN.replace("(x, weights)",
                                                               "(x, weights.mean(dim=1))")),)),
    Mistake("encoder-attention-ignored", "the argument attention is ignored: the layer always makes "
            "a MultiHeadAttention.",
            ((_MADE_ATTENTION, _MADE_ATTENTION.replace("= attention(", "= MultiHeadAttention(")),)),
    Mistake("encoder-detached", "no gradient flows along the residual connection: x is detached.",
            ((_PRE_ADD, "x = x.detach() + attended"), (_ADD, "x = self.norm1(x.detach() + attended)"))),
    Mistake("encoder-in-place", "x itself is changed: x = x + ... makes a new tensor, x += ... does "
            "not.", ((_PRE_ADD, "x += attended"),)),
    Mistake("encoder-in-place", "x itself is changed: x = x + ... makes a new tensor, x += ... does "
            "not.", ((_PRE_ADD, "x += attended"), (_PRE_FF, "x += self.transform(self.norm2(x))"),
                     (_ADD, "x += attended\n            x = self.norm1(x)")),
            variant="every sum"),
)  # fmt: skip
