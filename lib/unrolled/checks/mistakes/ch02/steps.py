"""Known mistakes of one recurrent step."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_INPUT = "F.linear(x, weight_ih, bias_ih)"
_STATE = "F.linear(h, weight_hh, bias_hh)"
_TANH = "torch.tanh("
_SUM = f"torch.tanh({_INPUT} + {_STATE})"

RNN_STEP = (
    Mistake("no-tanh", "the sum is not squashed: tanh keeps each value of the state within "
            "[-1, 1].", ((_TANH, "("),)),
    Mistake("sigmoid", "the sum goes through a sigmoid; tanh is wanted, whose values may be "
            "negative.", ((_TANH, "torch.sigmoid("),)),
    Mistake("relu", "the sum goes through a ReLU; tanh is wanted.",
            ((_TANH, "torch.relu("),)),
    Mistake("tanh-of-each", "each share goes through its own tanh; add them first, then squash the "
            "sum.", ((_SUM, f"(torch.tanh({_INPUT}) + torch.tanh({_STATE}))"),)),
    Mistake("state-ignored", "the state before is not used, so nothing is remembered.",
            ((_SUM, f"torch.tanh({_INPUT})"),)),
    Mistake("state-ignored", "the state before is not used, so nothing is remembered.",
            ((f" + {_STATE})", " + (0 if bias_hh is None else bias_hh))"),), variant="with its bias"),
    Mistake("input-ignored", "x is not used: the new state comes from the old one alone.",
            ((_SUM, f"torch.tanh({_STATE})"),)),
    Mistake("state-unweighted", "the old state is added as it is; weight_hh must be applied to it.",
            ((_SUM, f"torch.tanh({_INPUT} + h + (0 if bias_hh is None else bias_hh))"),)),
    Mistake("state-outside", "the old state is added again after the tanh; the new state is the "
            "tanh alone.", ((_SUM, f"(h + {_SUM})"),)),
    Mistake("shares-multiplied", "the two shares are multiplied; they are added.",
            ((_SUM, f"torch.tanh({_INPUT} * {_STATE})"),)),
    Mistake("shares-averaged", "the mean of the two shares is squashed; it is their sum.",
            ((_SUM, f"torch.tanh(({_INPUT} + {_STATE}) / 2)"),)),
    Mistake("bias-hh-missing", "bias_hh is not added.",
            ((", bias_hh)", ")"),)),
    Mistake("bias-ih-missing", "bias_ih is not added.",
            ((", bias_ih)", ")"),)),
    Mistake("bias-ih-twice", "bias_ih is added twice and bias_hh not at all.",
            ((_STATE, "F.linear(h, weight_hh, bias_ih)"),)),
    Mistake("bias-outside", "the biases are added after the tanh; they belong inside.",
            ((_TANH, "(0 if bias_ih is None else bias_ih + bias_hh) + torch.tanh("),
             (", bias_ih)", ")"), (", bias_hh)", ")"))),
    Mistake("weight-hh-transposed", "h is multiplied by weight_hh as it stands; weight_hh is (to, "
            "from), so it is h @ weight_hh.T.", (("(h, weight_hh", "(h, weight_hh.T"),)),
    Mistake("weight-ih-reshaped", "weight_ih is reshaped to (I, H), which mixes its numbers up; it "
            "must be transposed.",
            (("(x, weight_ih", "(x, weight_ih.reshape(x.size(1), -1).T"),)),
    Mistake("tanh-overflow", "the exponentials of a tanh made by hand overflow for large sums; use "
            "torch.tanh.",
            (("return torch.tanh(", "total = ("),
             ("# (B, H)", "\n    up, down = total.exp(), (-total).exp()"
              "\n    return (up - down) / (up + down)"))),
    Mistake("state-detached", "no gradient reaches the old state: it is detached.",
            (("(h, weight_hh", "(h.detach(), weight_hh"),)),
    Mistake("state-overwritten", "the new state is written into h, which the caller still needs; "
            "return a new tensor.",
            ((_SUM, f"h.copy_({_SUM})"),)),
)  # fmt: skip
