"""Known mistakes of the recurrent layer."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_ADD = 'add_weights(self, f"_l{layer}{suffix}", width, hidden_size, 1, bias)'
_H_0 = "h_0 = no_state(self, x) if state is None else state"
_PADDING = "padding = padded_positions(x, lengths)"
_ZEROS = "x = without_padding(x, padding)"
_START = "before = h_0[len(finals)]"
_DROPOUT = "x = F.dropout(x, self.dropout, self.training)"
_JOIN = "torch.cat(outputs, dim=-1)"
_RETURN = "return x, torch.stack(finals)"
_UNROLL = "self._unroll(x,"
_DIRECTION = "weights, backward, padding)"
_LAYER_OF_WEIGHTS = 'weights_of(self, f"_l{layer}'
_DIRECTION_OF_WEIGHTS = '{suffix}")'
_WALK = "reversed(positions) if backward else positions"
_STEP = "new_h = self._step(inputs[t], h, *weights)"
_HELD = "if padding is not None:"
_KEEP = "new_h = torch.where(padding[:, t, None], h, new_h)"
_CARRY = "h = new_h"
_STATES = "states.append(h)"
_STACK = "return torch.stack(states, dim=1), h"

RNN = (
    # What is made.
    Mistake("bias-always", "the layer makes biases although bias is False.",
            ((_ADD, _ADD.replace("bias)", "True)")),)),
    Mistake("weights-not-registered", "the weights are kept where the module does not see them (a "
            "plain list), so they are never trained; use add_weights on self.",
            ((_ADD, "holder = nn.Module()\n                "
              + _ADD.replace("self", "holder")
              + '\n                self.__dict__.setdefault("plain", []).append(holder)'),)),
    Mistake("width-of-one-direction", "layer 1 is made for inputs of width H; with two directions "
            "it reads 2 * H features.", (("hidden_size * len(directions(self))", "hidden_size"),)),
    Mistake("width-of-input", "every layer is made for inputs of width input_size; from layer 1 on "
            "it reads the states of the layer below.",
            (("input_size if layer == 0 else hidden_size * len(directions(self))",
              "input_size"),)),
    # The walk.
    Mistake("state-not-carried", "every position starts from the initial state; it must start from "
            "the state that the position before left.",
            ((_STEP, "previous, " + _STEP.replace(" =", " = h,")), (_STATES, "states.append(h)\n"
              "            h = previous"),
             (_STACK, "return torch.stack(states, dim=1), states[0 if backward else -1]"))),
    Mistake("time-reversed", "the sequence is read from the wrong end: the forward direction begins "
            "at position 0.", ((_WALK, _WALK.replace("if", "if not")),
                               ("if backward:", "if not backward:"))),
    Mistake("batch-and-time-swapped", "x is read as (T, B, I); here the batch comes first, (B, T, "
            "I).", ((_H_0, _H_0.replace("(self, x)", "(self, x.transpose(0, 1))")),
                    ("x.unbind(dim=1)", "x.unbind(dim=0)"),
                    ("torch.stack(states, dim=1)", "torch.stack(states, dim=0)"))),
    Mistake("states-time-first", "the output is (T, B, ...); stack the states along axis 1, so that "
            "it is (B, T, ...).",
            ((_RETURN, _RETURN.replace("x,", "x.transpose(0, 1),")),)),
    Mistake("output-before-step", "the output at each position is the state before it; it must be "
            "the state after it.",
            ((_STEP, "states.append(h)\n            " + _STEP), (_CARRY + "\n            " + _STATES,
             _CARRY))),
    Mistake("last-position-left-out", "the last position is never read.",
            ((_WALK, _WALK.replace("else positions", "else positions[:-1]")),
             ("if backward:", "if not backward:\n            states.append(h)\n        else:"))),
    Mistake("state-detached", "the state is detached from one position to the next, so no gradient "
            "flows back through time.", ((_STATES, "states.append(h)\n            h = h.detach()"),
                                         (_STACK, "return torch.stack(states, dim=1), "
                                                  "states[0 if backward else -1]"))),
    # The initial state.
    Mistake("initial-state-ignored", "the state that is handed over is ignored: the layer always "
            "starts from zeros.", ((_H_0, "h_0 = no_state(self, x)"),)),
    Mistake("initial-state-shared", "every layer and direction starts from state[0]; each has its "
            "own.", ((_START, "before = h_0[0]"),)),
    Mistake("initial-state-by-layer", "both directions of a layer start from state[layer]; each "
            "direction has its own.", ((_START, "before = h_0[layer]"),)),
    Mistake("initial-state-of-layer-0-only", "only layer 0 starts from the state that is handed "
            "over; each layer has its own.",
            ((_START, "before = h_0[len(finals)] if layer == 0 else torch.zeros_like(h_0[0])"),)),
    Mistake("state-from-layer-below", "a layer starts from the final state of the one before it; "
            "each starts from its own part of the initial state.",
            ((_START, "before = h_0[0] if not finals else finals[-1]"),)),
    # Layers and directions.
    Mistake("layer-fed-with-x", "every layer reads x; from layer 1 on it must read the states of "
            "the layer below.",
            (("finals: list[Tensor] = []", "finals, given = [], x"),
             (_UNROLL, "self._unroll(given,"))),
    Mistake("layers-share-weights", "every layer uses the weights of layer 0.",
            ((_LAYER_OF_WEIGHTS, 'weights_of(self, f"_l0'),)),
    Mistake("layers-added", "a layer's output is added to its input; it takes its input's place.",
            (("x = without_padding(torch.cat(outputs, dim=-1), padding)",
              "below, x = x, without_padding(torch.cat(outputs, dim=-1), padding)\n"
              "            x = x + below if layer > 0 else x"),)),
    Mistake("backward-not-turned-back", "the backward states are in the order in which they were "
            "computed; turn them round, so that they stand at their own positions again.",
            (("states.reverse()", "pass"),)),
    Mistake("backward-not-turned-back", "the backward states are in the order in which they were "
            "computed; turn them round, so that they stand at their own positions again.",
            (("states.reverse()", "pass"),
             (_STATES, "states.append(h if padding is None else h * ~padding[:, t, None])"),
             ("x = without_padding(torch.cat(outputs, dim=-1), padding)",
              "x = torch.cat(outputs, dim=-1)")), variant="zeros come first"),
    Mistake("backward-reads-forward", "the second direction reads from left to right like the "
            "first; it must begin at the other end.", ((_DIRECTION, "weights, False, padding)"),)),
    Mistake("directions-share-weights", "both directions use the same weights; the one that ends in "
            "_reverse has its own.",
            ((_DIRECTION_OF_WEIGHTS, '")'),)),
    Mistake("directions-exchanged", "the backward states stand in front of the forward ones; the "
            "forward direction comes first.",
            ((_JOIN, "torch.cat(outputs[::-1], dim=-1)"),)),
    Mistake("directions-added", "the two directions are added; they stand side by side.",
            ((_JOIN, "sum(outputs)"),)),
    Mistake("directions-along-positions", "the backward states are joined along the positions, (B, "
            "2 * T, H); they stand side by side: join along the last axis.",
            ((_JOIN, "torch.cat(outputs, dim=1)"),)),
    Mistake("backward-from-forward-state", "the backward direction starts from the state with which "
            "the forward one ended; it has its own initial state.",
            ((_START, "before = finals[-1] if backward else h_0[len(finals)]"),)),
    # What is returned.
    Mistake("state-of-position-0", "h_n holds the state after position 0; wanted is the one after "
            "the last step of the walk.",
            ((_STACK, "return torch.stack(states, dim=1), states[-1 if backward else 0]"),)),
    Mistake("backward-h-n-at-end", "h_n of the backward direction is its state at the last "
            "position, its first step; wanted is the one after its last step, at position 0.",
            ((_STACK, "return torch.stack(states, dim=1), states[-1] if backward else h"),)),
    Mistake("h-n-of-last-layer", "h_n holds the last layer's state alone; one for each layer and "
            "direction is wanted.",
            ((_RETURN, "return x, torch.stack(finals[-len(outputs):])"),)),
    Mistake("h-n-directions-first", "h_n lists all forward states and then all backward ones; it "
            "goes layer by layer: 0 forward, 0 backward, 1 forward and so on.",
            ((_RETURN, "n = len(outputs)\n        return x, torch.stack([h for d in range(n) "
              "for h in finals[d::n]])"),)),
    Mistake("h-n-directions-first", "state and h_n list all forward states and then all backward "
            "ones; they go layer by layer: 0 forward, 0 backward, 1 forward and so on.",
            ((_START, "before = h_0[layer + self.num_layers * backward]"),
             (_RETURN, "n = len(outputs)\n        return x, torch.stack([h for d in range(n) "
              "for h in finals[d::n]])")), variant="of both states"),
    Mistake("h-n-directions-first", "the given state is read as all forward states and then all "
            "backward ones; it goes layer by layer: 0 forward, 0 backward, 1 forward and so on.",
            ((_START, "before = h_0[layer + self.num_layers * backward]"),),
            variant="of the given state"),
    Mistake("h-n-batch-first", "h_n is (B, layers * directions, H); layers and directions are its "
            "first axis.", ((_RETURN, "return x, torch.stack(finals, dim=1)"),)),
    Mistake("h-n-a-list", "h_n is a list; stack it into one tensor.",
            ((_RETURN, "return x, finals"),)),
    Mistake("results-exchanged", "(h_n, output) is returned; it is (output, h_n).",
            ((_RETURN, "return torch.stack(finals), x"),)),
    # Padding.
    Mistake("lengths-ignored", "lengths changes nothing: padding is read like everything else.",
            ((_PADDING, "padding = None"),)),
    Mistake("padding-updates-state", "padding updates the state: where a position is padding, the "
            "state must stay what it was.", ((_HELD, "if False:"),)),
    Mistake("padding-updates-state", "padding updates the state: where a position is padding, the "
            "state must stay what it was.", ((_ZEROS, "pass"), (_HELD, "if False:")),
            variant="what stands there is read"),
    Mistake("way-back-starts-at-padding", "the backward direction begins in the padding, and its "
            "state is changed before it meets a real token; it must begin at the last real "
            "position.",
            ((_HELD, "if padding is not None and not backward:"),)),
    Mistake("way-back-starts-at-padding", "the backward direction begins in the padding, and its "
            "state is changed before it meets a real token; it must begin at the last real "
            "position.",
            ((_ZEROS, "pass"), (_HELD, "if padding is not None and not backward:")),
            variant="what stands there is read"),
    Mistake("padding-resets-state", "padding sets the state to zero; it must stay what it was.",
            ((_KEEP, _KEEP.replace(", h,", ", torch.zeros_like(h),")),)),
    Mistake("output-at-padding", "the output at padding is not zero.",
            (("x = without_padding(torch.cat(outputs, dim=-1), padding)",
              "x = torch.cat(outputs, dim=-1)"),)),
    Mistake("length-one-short", "the last real position counts as padding: position t is padding "
            "where t >= length.",
            ((_PADDING, "padding = padded_positions(x, None if lengths is None else lengths - 1)"),
             )),
    Mistake("length-one-long", "the first padding counts as real: position t is padding where "
            "t >= length.",
            ((_PADDING, "padding = padded_positions(x, None if lengths is None else lengths + 1)"),
             )),
    # Dropout.
    Mistake("dropout-missing", "dropout is never applied.", ((_DROPOUT, "pass"),)),
    Mistake("dropout-in-evaluation", "dropout acts in evaluation too; pass self.training.",
            ((_DROPOUT, "x = F.dropout(x, self.dropout)"),)),
    Mistake("dropout-after-last-layer", "dropout falls also on the output of the last layer; it "
            "belongs between layers alone.",
            ((_RETURN, "return F.dropout(x, self.dropout, self.training), torch.stack(finals)"),)),
    Mistake("dropout-on-x", "dropout falls also on x; it belongs between layers alone.",
            (("if layer > 0:", "if layer >= 0:"),)),
    Mistake("dropout-keeps-p", "dropout is the share that is dropped, not the share that is kept.",
            ((_DROPOUT, "x = F.dropout(x, 1 - self.dropout, self.training)"),)),
    Mistake("dropout-unscaled", "what dropout keeps is not divided by 1 - dropout.",
            ((_DROPOUT, "x = F.dropout(x, self.dropout, self.training) * "
              "(1 - self.dropout if self.training else 1)"),)),
    Mistake("dropout-on-states", "dropout falls on the state inside the walk; it belongs on what "
            "one layer hands to the next.",
            ((_DROPOUT, "pass"),
             (_STATES, "h = F.dropout(h, self.dropout, self.training)\n            states.append(h)"
              ))),
    Mistake("dropout-on-states", "dropout falls on the state inside the walk; it belongs on what "
            "one layer hands to the next.",
            ((_DROPOUT, "pass"),
             ("outputs = []", "outputs, self.last = [], layer == self.num_layers - 1"),
             (_STATES, "h = h if self.last else F.dropout(h, self.dropout, self.training)\n"
              "            states.append(h)")), variant="below the last layer"),
)  # fmt: skip
