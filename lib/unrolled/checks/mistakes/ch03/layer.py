"""Known mistakes in the LSTM layer."""

from __future__ import annotations

from dataclasses import replace

from unrolled.checks.exercise import Mistake
from unrolled.checks.sections import section

_ZEROS = "zeros = no_state(self, x)"
_START = "h_0, c_0 = (zeros, zeros) if state is None else state"
_PADDING = "padding = padded_positions(x, lengths)"
_X = "x = without_padding(x, padding)\n"
_LAYERS = "for layer in range(self.num_layers):"
_DROP = "            if layer > 0:\n                x = F.dropout(x, self.dropout, self.training)\n"
_OUTPUTS = "            outputs = []\n"
_BEFORE = "before = h_0[len(finals)], c_0[len(finals)]"
_KEPT = "finals.append(after)"
_NEXT = "x = without_padding(torch.cat(outputs, dim=-1), padding)"
_FINALS = "h_n, c_n = (torch.stack(each) for each in zip(*finals, strict=True))"
_RETURN = "return x, (h_n, c_n)"
_UNROLL = "self._unroll(x,"
_WEIGHTS = "weights, backward, padding)"
_LAYER_OF_WEIGHTS = 'weights_of(self, f"_l{layer}'
_DIRECTION_OF_WEIGHTS = '{suffix}")'
_WALK = "for t in reversed(positions) if backward else positions:"
_STEP = "new_h, new_c = self._step(inputs[t], h, c, *weights)"
_HELD = "if padding is not None:"
_HELD_H = "new_h = torch.where(padding[:, t, None], h, new_h)"
_HELD_C = "new_c = torch.where(padding[:, t, None], c, new_c)"
_CARRY = "h, c = new_h, new_c"
_STATES = "states.append(h)"
_ROUND = "        if backward:\n            states.reverse()"
_END = "return torch.stack(states, dim=1), (h, c)"
_ADD = 'add_weights(self, f"_l{layer}{suffix}", width, hidden_size, 4, bias)'


def _by_hand(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The step written out with one change, for mistakes inside the step itself."""
    text = "\n            ".join((
        "w_ih, w_hh, b_ih, b_hh = weights",
        "gates = F.linear(inputs[t], w_ih, b_ih) + F.linear(h, w_hh, b_hh)",
        "i, f, g, o = gates.chunk(4, dim=1)",
        "new_c = f.sigmoid() * c + i.sigmoid() * g.tanh()",
        "new_h = o.sigmoid() * new_c.tanh()",
    ))  # fmt: skip
    assert text.count(old) == 1
    return ((_STEP, text.replace(old, new)),)


_IN_THE_STEP = (
    Mistake("lstm-gate-order", "the gates are cut in another order; the weights hold them as i, f, "
            "g, o.", _by_hand("i, f, g, o", "i, f, o, g")),
    Mistake("lstm-gate-order", "the gates are cut in another order; the weights hold them as i, f, "
            "g, o.", _by_hand("i, f, g, o", "f, i, g, o"), variant="f i g o"),
    Mistake("lstm-gate-order", "the gates are cut in another order; the weights hold them as i, f, "
            "g, o.", _by_hand("i, f, g, o", "f, i, o, g"), variant="f i o g"),
    Mistake("lstm-gate-order", "the gates are cut in another order; the weights hold them as i, f, "
            "g, o.", _by_hand("i, f, g, o", "i, g, f, o"), variant="i g f o"),
    Mistake("lstm-candidate-sigmoid", "the candidate g goes through the sigmoid like a gate; it "
            "needs tanh.", _by_hand("g.tanh()", "g.sigmoid()")),
    Mistake("lstm-one-bias", "one of the two biases is never added: both count.",
            _by_hand("F.linear(h, w_hh, b_hh)", "F.linear(h, w_hh)")),
    Mistake("lstm-one-bias", "one of the two biases is never added: both count.",
            _by_hand("w_ih, b_ih)", "w_ih)"), variant="bias_ih"),
    Mistake("lstm-coupled-gates", "the input gate is taken as 1 - f; it is a gate of its own.",
            _by_hand("i.sigmoid()", "(1 - f.sigmoid())")),
    Mistake("lstm-no-forget-gate", "the old memory is added whole: it is multiplied by f first.",
            _by_hand("f.sigmoid() * c", "c")),
    Mistake("lstm-memory-shown-whole", "the memory is shown without tanh.",
            _by_hand("new_c.tanh()", "new_c")),
)  # fmt: skip

_OVER_POSITIONS = (
    Mistake("memory-output", "the output holds the memory c of each position; it shows h.",
            ((_STATES, "states.append(c)"),)),
    Mistake("h-not-carried", "every position starts from the first h: the new one is to be carried "
            "on to the next.", ((_STEP, _STEP.replace(" h, c,", " state[0], c,")),)),
    Mistake("c-not-carried", "every position starts from the first c: the new one is to be carried "
            "on to the next.", ((_STEP, _STEP.replace(" h, c,", " h, state[1],")),)),
    Mistake("nothing-carried", "every position starts from the first state: the new h and c are to "
            "be carried on to the next.",
            ((_STEP, _STEP.replace(" h, c,", " *state,")),)),
    Mistake("time-reversed", "the positions are read from right to left, where one direction alone "
            "reads from left to right.",
            ((_WALK, _WALK.replace("if backward", "if not backward")),
             (_ROUND, _ROUND.replace("if backward", "if not backward")))),
    Mistake("batch-as-time", "batch and positions are exchanged: the sentences are walked through "
            "as if they were positions. x is (B, T, I).",
            ((_ZEROS, "x = x.transpose(0, 1)\n        " + _ZEROS),
             (_RETURN, "return x.transpose(0, 1), (h_n, c_n)"))),
    Mistake("time-first", "the output is (T, B, H); the batch comes first.",
            ((_RETURN, "return x.transpose(0, 1), (h_n, c_n)"),)),
    Mistake("last-output-alone", "the output holds the last position alone; it holds all of them.",
            ((_RETURN, "return x[:, -1], (h_n, c_n)"),)),
    Mistake("first-state-returned", "h_n and c_n are those after the first position; they are those "
            "after the last.",
            ((_CARRY, _CARRY + "\n            first = first if states else (h, c)"),
             (_END, "return torch.stack(states, dim=1), first"))),
    Mistake("memory-cut-off", "the memory is detached at every position: no gradient flows back "
            "along it.", ((_CARRY, "h, c = new_h, new_c.detach()"),)),
    Mistake("state-cut-off", "h is detached before it is carried on: no gradient flows back along "
            "it.", ((_STEP, _STEP.replace(" h, c,", " h.detach(), c,")),)),
    Mistake("state-cut-off", "h is detached before it is carried on: no gradient flows back along "
            "it.", ((_STEP, _STEP.replace(" h, c,", " h.detach() + 0 * h, c,")),),
            variant="where padding would keep it"),
    Mistake("finals-detached", "h_n and c_n are detached: no gradient flows back from them.",
            ((_RETURN, "return x, (h_n.detach(), c_n.detach())"),)),
)  # fmt: skip

_OF_THE_STATE = (
    Mistake("state-ignored", "the given state is ignored: it starts from zeros.",
            ((_START, "h_0, c_0 = zeros, zeros"),)),
    Mistake("given-c-ignored", "the given c is ignored: it starts from zeros.",
            ((_START, "h_0, c_0 = (zeros, zeros) if state is None else (state[0], zeros)"),)),
    Mistake("given-h-ignored", "the given h is ignored: it starts from zeros.",
            ((_START, "h_0, c_0 = (zeros, zeros) if state is None else (zeros, state[1])"),)),
    Mistake("given-state-swapped", "the given state is read as (c, h); h comes first.",
            ((_START, "c_0, h_0 = (zeros, zeros) if state is None else state"),)),
    Mistake("finals-swapped", "(c_n, h_n) is returned; h_n comes first.",
            ((_RETURN, "return x, (c_n, h_n)"),)),
    Mistake("c_n-is-h_n", "h_n is returned twice; the second is the memory c_n.",
            ((_RETURN, "return x, (h_n, h_n)"),)),
    Mistake("output-alone", "the output alone is returned; (output, (h_n, c_n)) is wanted.",
            ((_RETURN, "return x"),)),
    Mistake("three-returned", "three results are returned; (output, (h_n, c_n)) is a pair.",
            ((_RETURN, "return x, h_n, c_n"),)),
    Mistake("last-layer-finals", "h_n and c_n hold the last layer alone; they hold every layer and "
            "direction.",
            ((_RETURN, "n = len(directions(self))\n        return x, (h_n[-n:], c_n[-n:])"),)),
    Mistake("finals-batch-first", "h_n and c_n are (B, layers, H); layers and directions come first.",
            ((_RETURN, "return x, (h_n.transpose(0, 1), c_n.transpose(0, 1))"),)),
    Mistake("finals-without-layers", "with one layer h_n and c_n are (B, H); they keep a first axis "
            "of 1.",
            ((_RETURN, "return x, (h_n.squeeze(0), c_n.squeeze(0))"),)),
    Mistake("one-state-for-all", "every layer and direction starts from the first of the given "
            "states; each has its own.", ((_BEFORE, "before = h_0[0], c_0[0]"),)),
    Mistake("state-by-layer", "both directions of a layer start from one of the given states; each "
            "direction has its own.", ((_BEFORE, "before = h_0[layer], c_0[layer]"),)),
    Mistake("layer-continues-state", "a layer starts from the final state of the layer below; "
            "without a given state it starts from zeros.",
            ((_BEFORE, _BEFORE + "\n                if layer > 0:\n"
                                 "                    before = finals[-len(directions(self))]"),)),
    Mistake("layer-continues-state", "a layer starts from the final state of the layer below; "
            "without a given state it starts from zeros.",
            ((_BEFORE, _BEFORE + "\n                if layer > 0 and state is None:\n"
                                 "                    before = finals[-len(directions(self))]"),),
            variant="if none is given"),
    Mistake("backward-continues-state", "the way back starts from the forward direction's final "
            "state; it has a state of its own.",
            ((_BEFORE, _BEFORE + "\n                if backward:\n"
                                 "                    before = finals[-1]"),)),
    Mistake("state-overwritten", "the given state is changed in place; return new tensors.",
            ((_RETURN, "if state is not None:\n            h_0.data.copy_(h_n.data)\n"
                       "            c_0.data.copy_(c_n.data)\n        " + _RETURN),)),
    Mistake("padding-overwritten", "x is changed: its padding is set to 0 in place.",
            ((_PADDING, _PADDING + "\n        if padding is not None:\n"
                                   "            x.data.masked_fill_(padding.unsqueeze(-1), 0.0)"),)),
)  # fmt: skip

_OF_THE_LAYERS = (
    Mistake("layer-fed-x", "every layer reads x; from the second on a layer reads the output of the "
            "one below.",
            ((_LAYERS, "given = x\n        " + _LAYERS), (_UNROLL, "self._unroll(given,"))),
    Mistake("one-layer-alone", "num_layers changes nothing: only the first layer is run.",
            ((_LAYERS, "for layer in range(1):"),)),
    Mistake("layers-share-weights", "all layers use the weights of the first; each has its own.",
            ((_LAYER_OF_WEIGHTS, 'weights_of(self, f"_l0'),)),
    Mistake("residual-between-layers", "a layer's input is added to its output; here it is not.",
            ((_NEXT, _NEXT.replace("x = without_padding(torch.cat(outputs, dim=-1)",
                                   "below = x\n            x = torch.cat(outputs, dim=-1)\n"
                                   "            x = without_padding(x + below if x.shape == "
                                   "below.shape else x")),)),
    Mistake("bias-ignored", "the biases are not used.",
            ((_WEIGHTS, "(*weights[:2], None, None), backward, padding)"),)),
    Mistake("bias-always", "the layer has biases although bias=False.",
            ((_ADD, _ADD.replace("bias)", "True)")),)),
    Mistake("dropout-on-input", "dropout falls on x too; it falls between two layers.",
            ((_DROP, _DROP.replace("layer > 0", "True")),)),
    Mistake("dropout-on-output", "dropout falls on the output of the last layer too; nothing is "
            "dropped after the last.",
            ((_RETURN, "x = F.dropout(x, self.dropout, self.training)\n        " + _RETURN),)),
    Mistake("dropout-after-all", "dropout falls on the output of the last layer alone; it falls "
            "between two layers.",
            ((_DROP, ""),
             (_RETURN, "x = F.dropout(x, self.dropout, self.training)\n        " + _RETURN))),
    Mistake("dropout-missing", "dropout is never applied, also not while training.", ((_DROP, ""),)),
    Mistake("dropout-in-eval", "dropout is also applied in evaluation: use it while self.training "
            "alone.", ((_DROP, _DROP.replace("self.training", "True")),)),
    Mistake("dropout-on-state", "dropout falls on the h that is carried on; it falls on what goes "
            "from one layer to the next.",
            ((_STEP, _STEP.replace(" h, c,", " F.dropout(h, self.dropout, self.training), c,")),)),
    Mistake("dropout-shared", "one drawing of dropout serves all positions; each value is dropped "
            "on its own.",
            ((_DROP, _DROP.replace("F.dropout(x, self.dropout, self.training)",
                                   "x * F.dropout(torch.ones_like(x[:, :1]), self.dropout, "
                                   "self.training)")),)),
    Mistake("dropout-unscaled", "what dropout keeps is not divided by 1 - p; F.dropout does it.",
            ((_DROP, _DROP.replace("F.dropout(x, self.dropout, self.training)",
                                   "(F.dropout(x, self.dropout) * (1 - self.dropout) "
                                   "if self.training else x)")),)),
    Mistake("keep-for-drop", "dropout is taken for the probability of keeping a value; it is that "
            "of dropping it.",
            ((_DROP, _DROP.replace("self.dropout,", "1 - self.dropout if self.dropout else 0.0,")),)),
    Mistake("weights-in-a-list", "the weights are not registered: nn.Module finds neither tensors "
            "nor layers in a plain Python list, so they are neither trained nor saved.",
            ((_ADD, "made = nn.Module()\n                " + _ADD.replace("(self,", "(made,")
              + '\n                self.__dict__.setdefault("made", []).append(made)'),)),
)  # fmt: skip

_OF_DIRECTIONS_AND_PADDING = (
    Mistake("finals-by-direction", "h_n and c_n hold the forward states of all layers, then the "
            "backward ones; the order is layer by layer.",
            ((_RETURN, "n = len(directions(self))\n"
                       "        h_n, c_n = (torch.cat([s[d::n] for d in range(n)]) for s in "
                       "(h_n, c_n))\n        " + _RETURN),)),
    Mistake("finals-by-direction", "the given and the final states are taken as all forward ones, "
            "then the backward ones; the order is layer by layer.",
            ((_BEFORE, "before = tuple(s[layer + self.num_layers * backward] for s in (h_0, c_0))"),
             (_RETURN, "n = len(directions(self))\n"
                       "        h_n, c_n = (torch.cat([s[d::n] for d in range(n)]) for s in "
                       "(h_n, c_n))\n        " + _RETURN)), variant="of both states"),
    Mistake("finals-by-direction", "the given states are taken as all forward ones, then the "
            "backward ones; the order is layer by layer.",
            ((_BEFORE, "before = tuple(s[layer + self.num_layers * backward] for s in (h_0, c_0))"),
             ), variant="of the given state"),
    Mistake("one-direction-alone", "bidirectional changes nothing in the output: the way back is "
            "missing.", ((_NEXT, _NEXT.replace("outputs,", "outputs[:1],")),)),
    Mistake("backward-not-turned", "the backward states are not turned round again, so position 0 "
            "holds what was read first, the last position.", ((_ROUND, "        if False:\n            pass"),)),
    Mistake("backward-not-turned", "the backward states are not turned round again, so position 0 "
            "holds what was read first, the last position.",
            ((_ROUND, "        if False:\n            pass"),
             (_STATES, "states.append(h if padding is None else h * ~padding[:, t, None])"),
             (_NEXT, "x = torch.cat(outputs, dim=-1)")), variant="zeros come first"),
    Mistake("backward-not-reversed", "the second direction reads from left to right as well.",
            ((_WALK, "for t in positions:"), (_ROUND, "        if False:\n            pass"))),
    Mistake("backward-shares-weights", "both directions use the forward weights; the way back has "
            "its own, ending in _reverse.",
            ((_DIRECTION_OF_WEIGHTS, '")'),)),
    Mistake("directions-exchanged", "the backward states come first; forward comes first.",
            ((_NEXT, _NEXT.replace("outputs,", "outputs[::-1],")),)),
    Mistake("directions-along-positions", "the backward states are joined along the positions, (B, "
            "2 * T, H); they lie side by side: join along the last axis.",
            ((_NEXT, _NEXT.replace("dim=-1", "dim=1")),)),
    Mistake("directions-added", "the two directions are added up; they are laid side by side.",
            ((_NEXT, _NEXT.replace("torch.cat(outputs, dim=-1)",
                                   "sum(outputs) if len(outputs) == 1 or layer == self.num_layers "
                                   "- 1 else torch.cat(outputs, dim=-1)")),)),
    Mistake("backward-final-at-the-end", "h_n of the way back is taken at the last position, where "
            "it begins; it ends at the first.",
            ((_END, "return torch.stack(states, dim=1), (states[-1] if backward else h, c)"),)),
    Mistake("lengths-ignored", "lengths changes nothing: padding is read like any token.",
            ((_PADDING, "padding = None"),)),
    Mistake("padding-read", "padding still changes the state; it stays as it was after the last "
            "real position.", ((_HELD, "if False:"),)),
    Mistake("padding-read", "padding still changes h; it stays as it was.", ((_HELD_H, "pass"),),
            variant="h alone"),
    Mistake("padding-read", "padding still changes c; it stays as it was.", ((_HELD_C, "pass"),),
            variant="c alone"),
    Mistake("padding-read", "padding still changes the state; it stays as it was after the last "
            "real position.", ((_X, "pass\n"), (_HELD, "if False:")),
            variant="what stands there is read"),
    Mistake("padding-read", "padding still changes h; it stays as it was.",
            ((_X, "pass\n"), (_HELD_H, "pass")), variant="h alone, what stands there is read"),
    Mistake("padding-read", "padding still changes c; it stays as it was.",
            ((_X, "pass\n"), (_HELD_C, "pass")), variant="c alone, what stands there is read"),
    Mistake("padding-clears-state", "the state is set to 0 at padding; it stays as it was after the "
            "last real position.",
            ((_HELD_H, "new_h = torch.where(padding[:, t, None], 0.0, new_h)"),
             (_HELD_C, "new_c = torch.where(padding[:, t, None], 0.0, new_c)"))),
    Mistake("padding-not-zero", "the output is not 0 at padding.",
            ((_NEXT, "x = torch.cat(outputs, dim=-1)"),)),
    Mistake("backward-from-padding", "the way back reads the padding before the last real position; "
            "each row begins at its own last real position.",
            ((_HELD, "if padding is not None and not backward:"),)),
    Mistake("backward-from-padding", "the way back reads the padding before the last real position; "
            "each row begins at its own last real position.",
            ((_X, "pass\n"), (_HELD, "if padding is not None and not backward:")),
            variant="what stands there is read"),
    Mistake("padding-shifted", "padding begins one position too late: a row's padding starts at "
            "position lengths, counted from 0.",
            ((_PADDING, "padding = padded_positions(x, None if lengths is None else lengths + 1)"),)),
    Mistake("padding-shifted", "padding begins one position too early: a row's padding starts at "
            "position lengths, counted from 0.",
            ((_PADDING, "padding = padded_positions(x, None if lengths is None else lengths - 1)"),),
            variant="too early"),
    Mistake("finals-at-T", "h_n is what stands at the last position T - 1, padding or not; it is h "
            "after each row's last real position.",
            ((_RETURN, "n = len(directions(self))\n"
                       "        if lengths is not None:\n"
                       "            h_n = h_n.clone()\n"
                       "            h_n[-n] = x[:, -1, : self.hidden_size]\n        " + _RETURN),)),
    Mistake("finals-at-T", "h_n is what stands at the last position T - 1, padding or not; it is h "
            "after each row's last real position.",
            ((_KEPT, "if padding is not None and not backward:\n"
                     "                    after = without_padding(output, padding)[:, -1], after[1]\n"
                     "                " + _KEPT),), variant="of every layer"),
    Mistake("output-cut", "the output is cut to the longest row; it keeps all T positions.",
            ((_RETURN, "x = x if lengths is None else x[:, : int(lengths.max())]\n        "
                       + _RETURN),)),
)  # fmt: skip

LSTM = (
    *(replace(mistake, section=section("sec-03-lstm")) for mistake in _IN_THE_STEP),
    *_OVER_POSITIONS, *_OF_THE_STATE, *_OF_THE_LAYERS,
    *(replace(mistake, section=section("sec-03-both")) for mistake in _OF_DIRECTIONS_AND_PADDING),
)  # fmt: skip
