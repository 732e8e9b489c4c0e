"""Known mistakes of clipping and of the training step."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_GRADIENTS = "gradients = [p.grad for p in parameters if p.grad is not None]"
_EMPTY = "if not gradients:\n        return torch.tensor(0.0)\n"
_NORM = "norm = torch.stack([gradient.norm() for gradient in gradients]).norm()"
_FACTOR = "factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)"
_SCALE = "for gradient in gradients:\n        gradient.mul_(factor)"
_UNCHANGED = ("the gradients stay as they were: each must be scaled in place, for example by mul_, not "
              "a copy of it.")  # fmt: skip

CLIP_GRADIENTS = (
    Mistake("each-on-its-own", "each parameter's gradient is clipped on its own, which turns the "
            "direction; all shrink by one common factor.",
            ((_SCALE, "for gradient in gradients:\n"
              "        gradient.mul_((max_norm / (gradient.norm() + 1e-6)).clamp(max=1.0))"),)),
    Mistake("clipped-by-value", "each number is cut off at max_norm; the whole gradient must be "
            "scaled.", ((_SCALE, "for gradient in gradients:\n"
                         "        gradient.clamp_(-max_norm, max_norm)"),)),
    Mistake("always-scaled", "a gradient that is short enough is made longer; it must stay as it "
            "is.", ((".clamp(max=1.0)", ""),)),
    Mistake("always-scaled", "a gradient that is short enough is made longer; it must stay as it "
            "is.", ((_FACTOR, "factor = max_norm / norm"),), variant="to max_norm exactly"),
    Mistake("never-scaled", _UNCHANGED, ((_SCALE, "pass"),)),
    Mistake("never-scaled", _UNCHANGED,
            ((_SCALE, "gradients = [gradient * factor for gradient in gradients]"),),
            variant="copies are scaled"),
    Mistake("factor-inverted", "the gradients are multiplied by norm / max_norm; it is max_norm / "
            "norm.", ((_FACTOR, "factor = (norm / max_norm).clamp(max=1.0)"),)),
    Mistake("factor-inverted", "the gradients are multiplied by norm / max_norm; it is max_norm / "
            "norm.", ((_FACTOR, "factor = norm / max_norm if norm > max_norm else 1.0"),),
            variant="where it is too long"),
    Mistake("factor-is-max-norm", "the gradients are multiplied by max_norm; they must also be "
            "divided by their norm.",
            ((_FACTOR, "factor = max_norm if norm > max_norm else 1.0"),)),
    Mistake("norms-added", "the norms of the parameters are added up; their squares are, and the "
            "root is taken of that sum.",
            ((_NORM, "norm = torch.stack([gradient.norm() for gradient in gradients]).sum()"),)),
    Mistake("largest-norm", "the largest of the parameters' norms is taken for the norm of the whole "
            "gradient.",
            ((_NORM, "norm = torch.stack([gradient.norm() for gradient in gradients]).max()"),)),
    Mistake("root-missing", "the sum of squares is taken for the norm; take its square root.",
            ((_NORM, _NORM + ".square()"),)),
    Mistake("mean-of-squares", "the squares are averaged; they are added.",
            ((_NORM, _NORM + " / sum(gradient.numel() for gradient in gradients) ** 0.5"),)),
    Mistake("largest-number", "the largest single number is taken for the norm; it is the root of "
            "the sum of all squares.",
            ((_NORM, "norm = torch.stack([gradient.abs().max() for gradient in gradients]).max()"),
             )),
    Mistake("absolute-values", "absolute values are added up for the norm; it is the root of the "
            "sum of squares.",
            ((_NORM, "norm = torch.stack([gradient.abs().sum() for gradient in gradients]).sum()"),
             )),
    Mistake("norm-of-weights", "the norm is that of the parameters; it is that of their gradients.",
            ((_GRADIENTS, "parameters = [p for p in parameters if p.grad is not None]\n"
              "    gradients = [p.grad for p in parameters]"),
             (_NORM, "norm = torch.stack([p.detach().norm() for p in parameters]).norm()"))),
    Mistake("weights-scaled", "the parameters themselves are scaled; only their gradients are.",
            ((_GRADIENTS, "parameters = [p for p in parameters if p.grad is not None]\n"
              "    gradients = [p.grad for p in parameters]"),
             (_SCALE, "for p in parameters:\n        p.data.mul_(factor)"))),
    Mistake("norm-after", "the norm after clipping is returned; the one before is wanted.",
            (("return norm\n", "return torch.stack([g.norm() for g in gradients]).norm()\n"),)),
    Mistake("factor-returned", "the factor is returned; the norm before clipping is wanted.",
            (("return norm\n", "return factor\n"),)),
    Mistake("norm-not-returned", "nothing is returned; the norm before clipping is wanted.",
            (("return norm\n", "return None\n"),)),
    Mistake("norm-a-number", "the norm is returned as a Python number; a tensor is wanted.",
            (("return norm\n", "return norm.item()\n"), ("torch.tensor(0.0)", "0.0"))),
    Mistake("none-not-passed-over", "a parameter without a gradient stops it: its grad is None, and "
            "it must be passed over.", ((" if p.grad is not None", ""),)),
    Mistake("stops-at-first-none", "what comes after a parameter without a gradient is left out; "
            "pass over that parameter alone.",
            ((_GRADIENTS, "from itertools import takewhile\n    gradients = "
              "[p.grad for p in takewhile(lambda p: p.grad is not None, parameters)]"),)),
    Mistake("no-gradient-at-all", "with no gradient at all it stops; the norm is then 0.",
            ((_EMPTY, "pass\n"),)),
    Mistake("walked-twice", "parameters is walked through twice; model.parameters() can be walked "
            "once, and the second walk finds nothing. Keep the gradients in a list.",
            ((_SCALE, "for p in parameters:\n"
              "        if p.grad is not None:\n            p.grad.mul_(factor)"),)),
    Mistake("gradients-replaced", "new gradients take the old ones' place; change them in place, so "
            "that whoever holds one sees it.",
            ((_GRADIENTS, "parameters = [p for p in parameters if p.grad is not None]\n"
              "    gradients = [p.grad for p in parameters]"),
             (_SCALE, "for p in parameters:\n        p.grad = p.grad * factor"))),
)  # fmt: skip

_TRAIN = "model.train()\n"
_ZERO = "optimizer.zero_grad()\n"
_LOSS = "value = loss(model, batch)  # ()\n"
_BACKWARD = "value.backward()\n"
_CLIP = "if max_norm is not None:\n        clip_gradients(model.parameters(), max_norm)\n"
_STEP = "optimizer.step()\n"
_RETURN = "return value.item()"
_NO_GRADIENT = ("there is no gradient when the update comes: backward must compute one, and zero_grad must "
                "come before backward, not after it.")  # fmt: skip
_NO_UPDATE = ("the weights stay as they are: optimizer.step() must come, and after backward, else it sees "
              "no gradient.")  # fmt: skip
_NOT_CLIPPED = ("max_norm changes nothing: clip the gradient after backward has computed it and before the "
                "update.")  # fmt: skip

TRAINING_STEP = (
    Mistake("gradients-not-cleared", "old gradients are still there and are added to the new ones: "
            "zero_grad must come before backward.", ((_ZERO, "pass\n"),)),
    Mistake("no-gradient-left", _NO_GRADIENT,
            ((_ZERO, "pass\n"), (_BACKWARD, _BACKWARD + "    " + _ZERO))),
    Mistake("no-gradient-left", _NO_GRADIENT, ((_BACKWARD, "pass\n"),), variant="no backward"),
    Mistake("cleared-at-the-end", "zero_grad comes after the update: gradients from before this "
            "step count, and none are left to be looked at.",
            ((_ZERO, "pass\n"), (_STEP, _STEP + "    " + _ZERO))),
    Mistake("cleared-twice", "zero_grad comes once more after the update; the gradients are to stay "
            "on the parameters, to be looked at.", ((_STEP, _STEP + "    " + _ZERO),)),
    Mistake("no-update", _NO_UPDATE, ((_STEP, "pass\n"),)),
    Mistake("no-update", _NO_UPDATE,
            ((_STEP, "pass\n"), (_BACKWARD, _STEP + "    " + _BACKWARD)), variant="too early"),
    Mistake("updated-twice", "optimizer.step() is called twice.",
            ((_STEP, _STEP + "    " + _STEP),)),
    Mistake("not-set-to-training", "a model in evaluation mode stays there: dropout and batch "
            "statistics are off while it learns. model.train() comes first.",
            ((_TRAIN, "pass\n"),)),
    Mistake("training-mode-too-late", "the model is set to training mode after the loss was "
            "computed; model.train() comes first.",
            ((_TRAIN, "pass\n"), (_BACKWARD, _TRAIN + "    " + _BACKWARD))),
    Mistake("left-in-evaluation", "the model is in evaluation mode afterwards; it is to stay in "
            "training mode.", ((_STEP, _STEP + "    model.eval()\n"),)),
    Mistake("never-clipped", _NOT_CLIPPED, ((_CLIP, "pass\n"),)),
    Mistake("never-clipped", _NOT_CLIPPED,
            ((_CLIP, "pass\n"), (_BACKWARD, _CLIP + "    " + _BACKWARD)), variant="too early"),
    Mistake("always-clipped", "the gradient is clipped to 1 when max_norm is None; then it stays as "
            "long as it is.",
            ((_CLIP, "clip_gradients(model.parameters(), 1.0 if max_norm is None else max_norm)\n"),
             )),
    Mistake("clipped-after-update", "the gradients are clipped after the update, when they have "
            "already been used.", ((_CLIP, "pass\n"), (_STEP, _STEP + "    " + _CLIP))),
    Mistake("clipped-by-value", "each number of the gradient is cut off at max_norm; its length is "
            "to be clipped, by clip_gradients.",
            ((_CLIP, "if max_norm is not None:\n        for p in model.parameters():\n"
              "            p.grad.clamp_(-max_norm, max_norm)\n"),)),
    Mistake("always-scaled", "a gradient shorter than max_norm is made longer; it must stay as it "
            "is.", ((_CLIP, _CLIP + "        norm = sum(p.grad.square().sum() for p in "
                     "model.parameters()) ** 0.5\n        for p in model.parameters():\n"
                     "            p.grad.mul_(max_norm / norm)\n"),)),
    Mistake("loss-clipped", "max_norm limits the loss; it limits the gradient.",
            ((_CLIP, "pass\n"),
             (_BACKWARD, "(value if max_norm is None else value.clamp(max=max_norm)).backward()\n"))),
    Mistake("tensor-returned", "the loss is returned as a tensor, and with it the graph behind it; "
            "return a float, value.item().", ((_RETURN, "return value.detach()"),)),
    Mistake("nothing-returned", "nothing is returned; the loss before the update is wanted.",
            ((_RETURN, "return None"),)),
    Mistake("loss-after-update", "the loss after the update is returned; the one before is wanted.",
            ((_RETURN, "return loss(model, batch).item()"),)),
    Mistake("loss-computed-twice", "the loss is computed twice; batch statistics and the cost count "
            "it. Keep the first value.",
            ((_RETURN, "before = value.item()\n    loss(model, batch)\n    return before"),)),
    Mistake("own-update", "the weights are moved by the learning rate times the gradient; "
            "optimizer.step() must do it, which may know momentum.",
            ((_STEP, "with torch.no_grad():\n        for group in optimizer.param_groups:\n"
              "            for p in group['params']:\n"
              "                p -= group['lr'] * p.grad\n"),)),
    Mistake("uphill", "the loss is made larger: its sign is wrong.",
            ((_BACKWARD, "(-value).backward()\n"),)),
    Mistake("batch-taken-apart", "the batch is taken apart; hand it to loss as it is, which alone "
            "knows what is in it.",
            ((_LOSS, "inputs, targets = batch\n    value = loss(model, (inputs, targets))\n"),)),
)  # fmt: skip
