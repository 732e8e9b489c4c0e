"""Known mistakes with the feed-forward network."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_FIRST = "self.linear1 = nn.Linear(d_model, d_ff, bias=bias)"
_SECOND = "self.linear2 = nn.Linear(d_ff, d_model, bias=bias)"
_DROPOUT = "self.dropout = nn.Dropout(dropout)"
_HIDDEN = "hidden = self.linear1(x)"
_RELU = "active = hidden.relu()"
_IF = 'if self.activation == "relu":'
_FORM = '"tanh" if self.activation == "gelu_tanh" else "none"'
_RETURN = "return self.linear2(self.dropout(active))"


def _instead_of_gelu(activation: str) -> tuple[tuple[str, str], ...]:
    """Another activation wherever it is not ReLU."""
    return (("active = F.gelu(", "active = (lambda h, approximate: " + activation + ")("),)


FEED_FORWARD = (
    Mistake("ff-no-activation", "there is no activation: two linear layers in a row are one.",
            ((_RETURN, "return self.linear2(self.dropout(hidden))"),)),
    Mistake("ff-gelu-for-relu", "the activation is GELU where ReLU is asked for.",
            ((_RELU, "active = F.gelu(hidden)"),)),
    Mistake("ff-activation-ignored", "the activation is always ReLU: the argument changes nothing.",
            ((_IF, "if True:"),)),
    Mistake("ff-tanh-for-gelu", "'gelu' gives the approximation with tanh; it is the exact form, "
            "and 'gelu_tanh' the approximation.", ((_FORM, '"tanh"'),)),
    Mistake("ff-gelu-for-tanh", "'gelu_tanh' gives the exact form; it is the approximation with "
            "tanh.", ((_FORM, '"none"'),)),
    Mistake("ff-gelus-exchanged", "'gelu' and 'gelu_tanh' are exchanged.",
            ((_FORM, '"none" if self.activation == "gelu_tanh" else "tanh"'),)),
    Mistake("ff-quick-gelu", "GELU is approximated with a sigmoid of 1.702 x; 'gelu' is x Phi(x), "
            "and 'gelu_tanh' the approximation with tanh.",
            _instead_of_gelu("h * (1.702 * h).sigmoid()")),
    Mistake("ff-silu", "the activation is SiLU, x times its sigmoid, where GELU is asked for.",
            _instead_of_gelu("F.silu(h)")),
    Mistake("ff-phi-alone", "GELU multiplies x by Phi(x); Phi(x) alone is returned.",
            _instead_of_gelu("0.5 * (1 + (h / 2**0.5).erf())")),
    Mistake("ff-leaky-relu", "what is negative is made small; ReLU makes it 0.",
            ((_RELU, "active = F.leaky_relu(hidden)"),)),
    Mistake("ff-sigmoid", "the activation is a sigmoid where ReLU is asked for.",
            ((_RELU, "active = hidden.sigmoid()"),)),
    Mistake("ff-activation-last", "the activation comes after the second linear layer; it belongs "
            "between the two.",
            ((_HIDDEN, "hidden = self.linear2(self.dropout(self.linear1(x)))"),
             (_RETURN, "return active"))),
    Mistake("ff-activation-twice", "the activation is applied again at the end; what comes out may "
            "be negative.",
            ((_RETURN, "out = self.linear2(self.dropout(active))\n"
              '        return out.relu() if self.activation == "relu" else F.gelu(out)'),)),
    Mistake("ff-biases-dropped", "the linear layers have no bias although bias=True.",
            ((_FIRST, _FIRST.replace("bias=bias", "bias=False")),
             (_SECOND, _SECOND.replace("bias=bias", "bias=False")))),
    Mistake("ff-bias-ignored", "the linear layers have a bias although bias=False.",
            ((_FIRST, _FIRST.replace(", bias=bias", "")),
             (_SECOND, _SECOND.replace(", bias=bias", "")))),
    Mistake("ff-dropout-missing", "dropout is never applied, also not while training.",
            ((_RETURN, "return self.linear2(active)"),)),
    Mistake("ff-dropout-in-eval", "dropout is also applied in evaluation: an nn.Dropout made in "
            "__init__ knows when; F.dropout must be told.",
            ((_RETURN, "return self.linear2(F.dropout(active, self.dropout.p))"),)),
    Mistake("ff-dropout-on-output", "dropout falls on the output; it belongs on the activations, "
            "before the second linear layer.", ((_RETURN, "return self.dropout(self.linear2(active))"),
                                                )),
    Mistake("ff-dropout-early", "dropout comes before the activation; it comes after it.",
            ((_HIDDEN, "hidden = self.dropout(self.linear1(x))"),
             (_RETURN, "return self.linear2(active)"))),
    Mistake("ff-dropout-on-input", "dropout falls on the input; it belongs on the activations.",
            ((_HIDDEN, "hidden = self.linear1(self.dropout(x))"),
             (_RETURN, "return self.linear2(active)"))),
    Mistake("ff-residual", "x is added to the output. The residual belongs to the layer around it.",
            ((_RETURN, _RETURN + " + x"),)),
    Mistake("ff-norm-inside", "the features are normalised in here. That belongs to the layer "
            "around it.", ((_HIDDEN, "hidden = self.linear1(F.layer_norm(x, x.shape[-1:]))"),)),
    Mistake("ff-mixes-positions", "positions are mixed: each is to be transformed by itself.",
            ((_RETURN, "return self.linear2(self.dropout(active.cumsum(dim=-2)))"),)),
    Mistake("ff-tied", "the second linear layer uses the weight of the first; each has its own.",
            ((_RETURN, "return F.linear(self.dropout(active), self.linear1.weight.T, "
                       "self.linear2.bias)"),)),
    Mistake("ff-not-registered", "the linear layers are kept in a plain Python list, where nn.Module "
            "does not find them: they are neither trained nor saved.",
            ((_FIRST, "self.layers = [nn.Linear(d_model, d_ff, bias=bias)]"),
             (_SECOND, "self.layers.append(nn.Linear(d_ff, d_model, bias=bias))"),
             (_HIDDEN, "hidden = self.layers[0](x)"),
             (_RETURN, "return self.layers[1](self.dropout(active))"))),
    Mistake("ff-not-registered", "the linear layers are made in forward, so they are new at every "
            "call and never trained: make them in __init__.",
            ((_FIRST, "self.sizes = d_model, d_ff"), (_SECOND, "pass"),
             (_HIDDEN, "hidden = nn.Linear(*self.sizes)(x)"),
             (_RETURN, "return nn.Linear(*self.sizes[::-1])(self.dropout(active))")),
            variant="in forward"),
    Mistake("ff-width", "the width in between is 4 times d_model; it is d_ff.",
            ((_FIRST, _FIRST.replace("d_ff", "4 * d_model")),
             (_SECOND, _SECOND.replace("d_ff", "4 * d_model")))),
    Mistake("ff-detached", "no gradient reaches the first linear layer: the activations are "
            "detached.", ((_RETURN, _RETURN.replace("active", "active.detach()")),)),
    Mistake("ff-float32", "float64 comes back as float32: keep the dtype of x.",
            ((_RETURN, _RETURN + ".float()"),)),
)  # fmt: skip
