"""Known mistakes in the steps of an LSTM and of a GRU."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_GATES = "gates = F.linear(x, weight_ih, bias_ih) + F.linear(h, weight_hh, bias_hh)"
_CUT = "gates.chunk(4, dim=1)"
_ORDER = "i, f, g, o = gates"
_C = "c = f.sigmoid() * c + i.sigmoid() * g.tanh()"
_H = "h = o.sigmoid() * c.tanh()"
_PAIR = "return h, c"
_ORDERS = "the gates are cut in another order; the weights hold them as i, f, g, o."

LSTM_STEP = (
    Mistake("gate-order", _ORDERS, ((_ORDER, "i, f, o, g = gates"),), variant="i f o g"),
    Mistake("gate-order", _ORDERS, ((_ORDER, "i, g, f, o = gates"),), variant="i g f o"),
    Mistake("gate-order", _ORDERS, ((_ORDER, "f, i, o, g = gates"),), variant="f i o g"),
    Mistake("gate-order", _ORDERS, ((_ORDER, "o, f, g, i = gates"),), variant="o f g i"),
    Mistake("forget-input-swapped", "the input and the forget gate are exchanged: f multiplies the "
            "old memory, i what is added.", ((_ORDER, "f, i, g, o = gates"),)),
    Mistake("candidate-sigmoid", "the candidate g goes through the sigmoid like a gate; it needs "
            "tanh, so that it can also take away from the memory.",
            (("g.tanh()", "g.sigmoid()"),)),
    Mistake("candidate-bare", "the candidate g is added as it is; it goes through tanh first.",
            (("g.tanh()", "g"),)),
    Mistake("gates-tanh", "the three gates go through tanh; a gate lies between 0 and 1: sigmoid.",
            ((_C, _C.replace("sigmoid", "tanh")), (_H, _H.replace("sigmoid", "tanh")))),
    Mistake("gates-bare", "the gates are used as they are; a gate lies between 0 and 1: sigmoid.",
            ((_C, _C.replace(".sigmoid()", "")), (_H, _H.replace(".sigmoid()", "")))),
    Mistake("one-bias", "bias_hh is never added: both biases count.",
            ((_GATES, _GATES.replace("bias_hh)", "None)")),), variant="bias_hh"),
    Mistake("one-bias", "bias_ih is never added: both biases count.",
            ((_GATES, _GATES.replace("bias_ih)", "None)")),), variant="bias_ih"),
    Mistake("biases-ignored", "neither bias is added.",
            ((_GATES, "gates = F.linear(x, weight_ih) + F.linear(h, weight_hh)"),)),
    Mistake("biases-required", "without biases it fails: bias_ih and bias_hh may be None, and then "
            "nothing is added.", ((_GATES, "gates = x @ weight_ih.T + bias_ih + h @ weight_hh.T + "
                                           "bias_hh"),)),
    Mistake("biases-required", "without biases it fails: bias_ih and bias_hh may be None, and then "
            "nothing is added.",
            ((_GATES, "gates = bias_ih.add(x @ weight_ih.T) + bias_hh.add(h @ weight_hh.T)"),),
            variant="by a method"),
    Mistake("state-unread", "the gates look at x alone; h has a share in all four.",
            ((_GATES, "gates = F.linear(x, weight_ih, bias_ih) + bias_hh if bias_hh is not None "
                      "else F.linear(x, weight_ih)"),)),
    Mistake("input-unread", "the gates look at h alone; x has a share in all four.",
            ((_GATES, "gates = F.linear(h, weight_hh, bias_hh) + bias_ih if bias_ih is not None "
                      "else F.linear(h, weight_hh)"),)),
    Mistake("memory-read-for-state", "the gates are computed from c; they read what the memory "
            "showed, h.", ((_GATES, _GATES.replace("F.linear(h,", "F.linear(c,")),)),
    Mistake("memory-not-kept", "the old memory is gone: f * c is missing from the sum.",
            (("f.sigmoid() * c + ", ""),)),
    Mistake("no-forget-gate", "the old memory is added whole: it is multiplied by f first.",
            (("f.sigmoid() * c", "c"),)),
    Mistake("no-input-gate", "the candidate is added whole: it is multiplied by i first.",
            (("i.sigmoid() * g", "g"),)),
    Mistake("coupled-gates", "the input gate is taken as 1 - f; it is a gate of its own.",
            (("i.sigmoid()", "(1 - f.sigmoid())"),)),
    Mistake("forget-inverted", "1 - f multiplies the old memory; f near 1 means that it is kept.",
            (("f.sigmoid() * c", "(1 - f.sigmoid()) * c"),)),
    Mistake("forget-bias-added", "1 is added to the forget gate's scores. Some programs start its "
            "bias there; here the biases are given.",
            (("f.sigmoid() * c", "(f + 1).sigmoid() * c"),)),
    Mistake("memory-squashed", "the new memory itself goes through tanh; only h shows it squashed.",
            (("h = o", "c = c.tanh()\n    h = o"),)),
    Mistake("memory-shown-whole", "the memory is shown without tanh.",
            ((" * c.tanh()", " * c"),)),
    Mistake("memory-shown-ungated", "the memory is shown without the output gate.",
            (("o.sigmoid() * ", ""),)),
    Mistake("memory-sigmoid", "the memory goes through the sigmoid when it is shown; it is tanh.",
            (("c.tanh()", "c.sigmoid()"),)),
    Mistake("old-memory-shown", "h is made of the old memory; it shows the new one.",
            ((_GATES, "old = c\n    " + _GATES), ("c.tanh()", "old.tanh()"))),
    Mistake("memory-for-h", "c is returned twice; the first result is h.", ((_PAIR, "return c, c"),)),
    Mistake("h-for-memory", "h is returned twice; the second result is the memory c.",
            ((_PAIR, "return h, h"),)),
    Mistake("memory-not-returned", "h alone is returned; the pair (h, c) is wanted.",
            ((_PAIR, "return h"),)),
    Mistake("pair-swapped", "(c, h) is returned; h comes first.", ((_PAIR, "return c, h"),)),
    Mistake("gates-interleaved", "the gates are taken from every fourth row; each gate's H rows lie "
            "together.", ((_CUT, "gates.unflatten(1, (-1, 4)).unbind(dim=-1)"),)),
    Mistake("gates-reshaped", "the gates are reshaped to (4, B, H), which mixes the sentences of "
            "the batch; cut the last axis.", ((_CUT, "gates.reshape(4, *h.shape)"),)),
    Mistake("memory-detached", "the old memory is detached: no gradient flows back through it.",
            (("* c +", "* c.detach() +"),)),
    Mistake("state-detached", "h is detached: no gradient flows back through what the gates read.",
            ((_GATES, _GATES.replace("F.linear(h,", "F.linear(h.detach(),")),)),
    Mistake("h-detached", "the new h is detached: no gradient flows back from it.",
            ((_PAIR, "return h.detach(), c"),)),
    Mistake("memory-overwritten", "the memory that was given is changed in place; make a new one.",
            ((_C, "new = f.sigmoid() * c + i.sigmoid() * g.tanh()"),
             (_H, "h = o.sigmoid() * new.tanh()\n    c.data.copy_(new.data)"),
             (_PAIR, "return h, new"))),
    Mistake("memory-overwritten", "the memory that was given is changed in place; make a new one.",
            ((_C, "c *= f.sigmoid()\n    c += i.sigmoid() * g.tanh()"),), variant="and returned"),
    Mistake("tanh-overflows", "tanh is written with exponentials that overflow: large gates give "
            "nan. torch.tanh is safe.",
            (("g.tanh()", "(g.exp() - (-g).exp()) / (g.exp() + (-g).exp())"),)),
)  # fmt: skip

_X = "x_r, x_z, x_n = F.linear(x, weight_ih, bias_ih).chunk(3, dim=1)"
_S = "h_r, h_z, h_n = F.linear(h, weight_hh, bias_hh).chunk(3, dim=1)"
_RZ = "r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()"
_N = "n = (x_n + r * h_n).tanh()"
_MIX = "return (1 - z) * n + z * h"
_GRU_ORDERS = "the gates are cut in another order; the weights hold them as r, z, n."


def _ordered(order: str) -> tuple[tuple[str, str], ...]:
    """Cut the gates in another order, such as ``"z r n"``."""
    names = order.split()
    shares = ((_X, "x"), (_S, "h"))
    return tuple(
        (line, ", ".join(f"{share}_{name}" for name in names) + line[line.index(" =") :])
        for line, share in shares
    )


def _unbiased(which: str) -> tuple[tuple[str, str], ...]:
    """The lines with ``bias_ih`` or ``bias_hh`` left out."""
    line = _X if which == "bias_ih" else _S
    return ((line, line.replace(f", {which})", ")")),)


GRU_STEP = (
    Mistake("gru-update-swapped", "z and 1 - z are exchanged: z says how much of the old state "
            "stays.", ((_MIX, "return z * n + (1 - z) * h"),)),
    Mistake("gru-gate-order", _GRU_ORDERS, _ordered("z r n"), variant="z r n"),
    Mistake("gru-gate-order", _GRU_ORDERS, _ordered("n r z"), variant="n r z"),
    Mistake("gru-gate-order", _GRU_ORDERS, _ordered("r n z"), variant="r n z"),
    Mistake("gru-gate-order", _GRU_ORDERS, _ordered("n z r"), variant="n z r"),
    Mistake("gru-bias-outside", "the state's bias of the candidate is added after the reset gate; r "
            "multiplies it too.",
            ((_N, "b_n = 0 if bias_hh is None else bias_hh.chunk(3)[2]\n"
                  "    n = (x_n + r * (h_n - b_n) + b_n).tanh()"),)),
    Mistake("gru-no-reset", "the reset gate is not used: r multiplies h's share of the candidate.",
            (("r * h_n", "h_n"),)),
    Mistake("gru-reset-before", "the reset gate multiplies h before the matrix, as in the first "
            "paper; here it multiplies the product and its bias.",
            ((_N, "b_n = None if bias_hh is None else bias_hh.chunk(3)[2]\n"
                  "    n = (x_n + F.linear(r * h, weight_hh.chunk(3)[2], b_n)).tanh()"),)),
    Mistake("gru-reset-all", "the reset gate multiplies the input's share as well; it gates what "
            "comes from the state alone.", (("(x_n + r * h_n)", "(r * (x_n + h_n))"),)),
    Mistake("gru-reset-input", "the reset gate multiplies the input's share; it gates what comes "
            "from the state.", (("(x_n + r * h_n)", "(r * x_n + h_n)"),)),
    Mistake("gru-reset-inverted", "1 - r multiplies the state's share; r near 1 lets it through.",
            (("r * h_n", "(1 - r) * h_n"),)),
    Mistake("gru-reset-by-z", "z takes the place of the reset gate r in the candidate.",
            (("r * h_n", "z * h_n"),)),
    Mistake("gru-candidate-sigmoid", "the candidate goes through the sigmoid; it is tanh, so that "
            "states can be negative.", ((").tanh()", ").sigmoid()"),)),
    Mistake("gru-candidate-bare", "the candidate is used as it is; it goes through tanh.",
            ((").tanh()", ")"),)),
    Mistake("gru-candidate-blind", "the candidate looks at x alone; r * (h's share) belongs to it.",
            ((_N, "n = x_n.tanh()"),)),
    Mistake("gru-gates-tanh", "r and z go through tanh; a gate lies between 0 and 1: sigmoid.",
            ((_RZ, _RZ.replace("sigmoid", "tanh")),)),
    Mistake("gru-gates-bare", "r and z are used as they are; a gate lies between 0 and 1: sigmoid.",
            ((_RZ, "r, z = x_r + h_r, x_z + h_z"),)),
    Mistake("gru-gates-blind", "r and z look at x alone; h has a share in both.",
            ((_RZ, "r, z = x_r.sigmoid(), x_z.sigmoid()"),)),
    Mistake("gru-gates-input-unread", "r and z look at h alone; x has a share in both.",
            ((_RZ, "r, z = h_r.sigmoid(), h_z.sigmoid()"),)),
    Mistake("gru-state-not-kept", "the old state is gone: z * h is missing from the result.",
            ((_MIX, "return (1 - z) * n"),)),
    Mistake("gru-candidate-returned", "the candidate n is returned; it is mixed with the old state "
            "by z.", ((_MIX, "return n"),)),
    Mistake("gru-state-whole", "the old state is added whole: it is multiplied by z first.",
            ((_MIX, "return (1 - z) * n + h"),)),
    Mistake("gru-candidate-whole", "the candidate is added whole: it is multiplied by 1 - z first.",
            ((_MIX, "return n + z * h"),)),
    Mistake("gru-one-gate", "z multiplies both sides; the candidate gets 1 - z.",
            ((_MIX, "return z * n + z * h"),)),
    Mistake("gru-update-by-r", "r mixes candidate and old state; that is the task of z.",
            ((_MIX, "return (1 - r) * n + r * h"),)),
    Mistake("gru-tanh-twice", "the mixture goes through tanh once more.",
            ((_MIX, "return ((1 - z) * n + z * h).tanh()"),)),
    Mistake("gru-one-bias", "bias_hh is never added: both biases count.", _unbiased("bias_hh")),
    Mistake("gru-one-bias", "bias_ih is never added: both biases count.", _unbiased("bias_ih"),
            variant="bias_ih"),
    Mistake("gru-biases-ignored", "neither bias is added.",
            _unbiased("bias_ih") + _unbiased("bias_hh")),
    Mistake("gru-biases-required", "without biases it fails: bias_ih and bias_hh may be None, and "
            "then nothing is added.",
            ((_X, "x_r, x_z, x_n = (x @ weight_ih.T + bias_ih).chunk(3, dim=1)"),)),
    Mistake("gru-biases-required", "without biases it fails: bias_ih and bias_hh may be None, and "
            "then nothing is added.",
            ((_X, "x_r, x_z, x_n = bias_ih.add(x @ weight_ih.T).chunk(3, dim=1)"),),
            variant="by a method"),
    Mistake("gru-interleaved", "the gates are taken from every third row; each gate's H rows lie "
            "together.",
            ((_X, _X.replace(".chunk(3, dim=1)", ".unflatten(1, (-1, 3)).unbind(dim=-1)")),
             (_S, _S.replace(".chunk(3, dim=1)", ".unflatten(1, (-1, 3)).unbind(dim=-1)")))),
    Mistake("gru-reshaped", "the gates are reshaped to (3, B, H), which mixes the sentences of the "
            "batch; cut the last axis.",
            ((_X, _X.replace(".chunk(3, dim=1)", ".reshape(3, *h.shape)")),
             (_S, _S.replace(".chunk(3, dim=1)", ".reshape(3, *h.shape)")))),
    Mistake("gru-detached", "the old state is detached where it is kept: no gradient flows along it.",
            ((_MIX, "return (1 - z) * n + z * h.detach()"),)),
    Mistake("gru-state-overwritten", "the state that was given is changed in place; return a new "
            "one.", ((_MIX, "new = (1 - z) * n + z * h\n    h.data.copy_(new.data)\n"
                            "    return new"),)),
    Mistake("gru-state-overwritten", "the state that was given is changed in place; return a new "
            "one.", ((_MIX, "h *= z\n    h += (1 - z) * n\n    return h"),),
            variant="and returned"),
)  # fmt: skip
