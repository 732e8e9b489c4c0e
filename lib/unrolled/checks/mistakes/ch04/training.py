"""Known mistakes of chapter 4: the last state, the decoder's input, the loss."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_LAST = "return outputs[rows, lengths - 1]"

LAST_STATE = (
    Mistake("last-position", "the last position of the batch is taken, which is padding for every "
            "shorter sentence; take each sentence's last real token.",
            ((_LAST, "return outputs[:, -1]"),)),
    Mistake("last-one-after", "the position after the last real token is taken: a sentence of 3 "
            "tokens ends at index 2.",
            ((_LAST, "return outputs[rows, lengths % outputs.size(1)]"),)),
    Mistake("last-one-after", "the position after the last real token is taken: a sentence of 3 "
            "tokens ends at index 2.", ((_LAST, "return outputs[rows, lengths]"),),
            variant="running over the end"),
    Mistake("last-one-after", "the position after the last real token is taken: a sentence of 3 "
            "tokens ends at index 2.",
            ((_LAST, "return outputs[rows, lengths.clamp(max=outputs.size(1) - 1)]"),),
            variant="clamped"),
    Mistake("last-one-before", "the position before the last real token is taken.",
            ((_LAST, "return outputs[rows, lengths - 2]"),)),
    Mistake("last-one-before", "the position before the last real token is taken.",
            ((_LAST, "return outputs[rows, (lengths - 2).clamp(min=0)]"),), variant="clamped"),
    Mistake("last-first", "the first position is taken: its state has read one token.",
            ((_LAST, "return outputs[:, 0]"),)),
    Mistake("last-from-the-end", "the positions are counted from the end of the batch; count them "
            "from the front.", ((_LAST, "return outputs[rows, -lengths]"),)),
    Mistake("last-mean", "the outputs are averaged; the one at the last real token is wanted.",
            ((_LAST, "real = torch.arange(outputs.size(1), device=outputs.device) < "
              "lengths[:, None]\n    return (outputs * real[..., None]).sum(1) / "
              "lengths[:, None].to(outputs.dtype)"),)),
    Mistake("last-mean-with-padding", "the outputs are averaged, padding among them; the one at "
            "the last real token is wanted.", ((_LAST, "return outputs.mean(dim=1)"),)),
    Mistake("last-max", "the largest number of each feature is taken; the output at the last real "
            "token is wanted.", ((_LAST, "return outputs.amax(dim=1)"),)),
    Mistake("last-longest", "every sentence gets the position where the longest one ends; each has "
            "its own.", ((_LAST, "return outputs[:, lengths.max() - 1]"),)),
    Mistake("last-first-length", "every sentence gets the position where the first one ends; each "
            "has its own.", ((_LAST, "return outputs[:, lengths[0] - 1]"),)),
    Mistake("last-every-pair", "every length is applied to every sentence, (B, B, H): pair row and "
            "length by indexing both axes.", ((_LAST, "return outputs[:, lengths - 1]"),)),
    Mistake("last-keeps-axis", "an axis of size 1 is left for the position: (B, H) is wanted.",
            ((_LAST, _LAST + "[:, None]"),)),
    Mistake("last-squeezed", "a batch of one sentence loses its batch axis: (1, H) is wanted.",
            ((_LAST, _LAST + ".squeeze()"),)),
    Mistake("last-axes-exchanged", "positions and sentences are exchanged: the batch is the first "
            "axis of outputs.",
            ((_LAST, "return outputs.reshape(-1, outputs.size(0), outputs.size(2))"
              "[lengths - 1, rows]"),)),
    Mistake("last-detached", "no gradient flows back: the state is detached.",
            (("rows = ", "outputs = outputs.detach()\n    rows = "),)),
)  # fmt: skip

_START = "start = ids.new_full((ids.size(0), 1), bos_id)"
_JOIN = "return torch.cat([start, ids[:, :-1]], dim=1)"

SHIFT_RIGHT = (
    Mistake("shift-not", "the targets come back as they are: the decoder is shown the very token "
            "that it is asked for.", ((_JOIN, "return ids"),)),
    Mistake("shift-left", "the targets move to the left: the decoder is shown the token after the "
            "one that it is asked for.",
            ((_JOIN, "return torch.cat([ids[:, 1:], start], dim=1)"),)),
    Mistake("shift-too-long", "nothing is dropped, so there is one input too many: (B, T) is "
            "wanted.", (("ids[:, :-1]", "ids"),)),
    Mistake("shift-too-short", "bos_id is missing: the result lacks its first column.",
            ((_JOIN, "return ids[:, :-1]"),)),
    Mistake("shift-replaced", "bos_id takes the place of the first token, and the others stay where "
            "they are: shift them by one.", (("ids[:, :-1]", "ids[:, 1:]"),)),
    Mistake("shift-round", "the last token comes round to the front; bos_id stands there.",
            ((_JOIN, "return ids.roll(1, dims=1)"),)),
    Mistake("shift-flat", "the tokens are shifted through the whole batch, so a sentence begins "
            "with the end of the one before it.",
            ((_JOIN, "moved = ids.flatten().roll(1).view_as(ids)\n    moved[0, 0] = bos_id\n"
              "    return moved"),)),
    Mistake("shift-sentences", "the sentences are shifted down the batch; shift the tokens inside "
            "each.", ((_JOIN, "moved = ids.roll(1, dims=0)\n    moved[0] = bos_id\n"
                       "    return moved"),)),
    Mistake("shift-zero", "0 stands in front, whatever bos_id says.", (("1), bos_id)", "1), 0)"),)),
    Mistake("shift-one", "1 stands in front, whatever bos_id says.", (("1), bos_id)", "1), 1)"),)),
    Mistake("shift-by-two", "the tokens move by two places; they move by one.",
            ((_JOIN, "return torch.cat([start, start, ids], dim=1)[:, : ids.size(1)]"),)),
    Mistake("shift-in-place", "the targets are changed in place, and the loss still needs them.",
            ((_JOIN, "ids[:, 1:] = ids[:, :-1].clone()\n    ids[:, 0] = bos_id\n    return ids"),)),
    Mistake("shift-overlapping", "each column is copied from the one that was just overwritten, so "
            "bos_id fills the whole row.",
            ((_JOIN, "return start.expand_as(ids).clone()"),)),
    Mistake("shift-overlapping", "each column is copied from the one that was just overwritten, so "
            "bos_id fills the whole row; and the targets themselves are changed.",
            ((_JOIN, "ids[:, 0] = bos_id\n    for t in range(1, ids.size(1)):\n"
              "        ids[:, t] = ids[:, t - 1]\n    return ids"),), variant="in place"),
    Mistake("shift-overlapping", "each column is copied from the one that was just overwritten, so "
            "the first token fills the row behind bos_id; and the targets themselves are changed.",
            ((_JOIN, "for t in range(1, ids.size(1)):\n        ids[:, t] = ids[:, t - 1]\n"
              "    ids[:, 0] = bos_id\n    return ids"),), variant="in place, bos_id last"),
)  # fmt: skip

_REAL = "real = (targets != NOTHING) & (targets != (NOTHING if pad_id is None else pad_id))"
_SOME = "anything = targets.masked_fill(~real, 0)"
_LOSSES = "losses = logits.logsumexp(dim=-1) - true_logits"
_MEAN = "return losses.masked_fill(~real, 0.0).sum() / real.sum()"

SEQUENCE_LOSS = (
    Mistake("seq-padding-counted", "padding is scored like a real token: leave targets equal to "
            "pad_id out.", ((_REAL, "real = targets != NOTHING"),)),
    Mistake("seq-padding-in-number", "padding costs nothing but still counts in the number that the "
            "sum is divided by: divide by the number of real tokens.",
            ((_MEAN, _MEAN.replace("real.sum()", "real.numel()")),)),
    Mistake("seq-mean-of-means", "each sentence is averaged first and then the sentences; every "
            "real token of the batch has the same weight.",
            ((_MEAN, "return (losses.masked_fill(~real, 0.0).sum(-1) / real.sum(-1)).mean()"),)),
    Mistake("seq-sum", "the losses are added up; divide by the number of real tokens.",
            ((" / real.sum()", ""),)),
    Mistake("seq-over-batch", "the sum is divided by the number of sentences; divide by the number "
            "of real tokens.", (("/ real.sum()", "/ targets.size(0)"),)),
    Mistake("seq-pad-zero", "0 is left out whatever pad_id says.",
            ((_REAL, "real = (targets != NOTHING) & (targets != 0)"),)),
    Mistake("seq-minus-100-missed", "with a pad_id given, targets of -100 are scored; they never "
            "are.",
            ((_REAL, "real = targets != (NOTHING if pad_id is None else pad_id)"),
             (_SOME, "anything = targets.masked_fill(~real, 0).clamp(min=0)"))),
    Mistake("seq-minus-100-missed", "targets of -100 are looked up like ids; they are never scored.",
            ((_REAL, "real = targets != (NOTHING if pad_id is None else pad_id)"),),
            variant="out of range"),
    Mistake("seq-minus-100-scored", "without a pad_id everything is scored; -100 is left out "
            "even then.",
            ((_REAL, "real = targets == targets if pad_id is None else "
              "(targets != NOTHING) & (targets != pad_id)"),)),
    Mistake("seq-minus-100-scored", "without a pad_id everything is scored; -100 is left out "
            "even then.",
            ((_REAL, "real = targets == targets if pad_id is None else "
              "(targets != NOTHING) & (targets != pad_id)"),
             (_SOME, "anything = targets.clamp(min=0)")), variant="as id 0"),
    Mistake("seq-softmax-twice", "the softmax is taken twice: the logits go in as they are.",
            ((_REAL, "logits = logits.softmax(dim=-1)\n    " + _REAL),)),
    Mistake("seq-log-of-softmax", "a probability that underflows to 0 gives an infinite loss: take "
            "log and softmax in one step, z - logsumexp(z).",
            ((_LOSSES, "losses = -logits.softmax(dim=-1).gather(-1, anything.unsqueeze(-1))"
              ".squeeze(-1).log()"),)),
    *(
        Mistake("seq-epsilon", "a small number is added before the logarithm, which caps the loss: "
                "take log and softmax in one step, z - logsumexp(z).",
                ((_LOSSES, "losses = -(logits.softmax(dim=-1).gather(-1, anything.unsqueeze(-1))"
                  f".squeeze(-1) + {small}).log()"),), variant=small)
        for small in ("1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12")
    ),
    Mistake("seq-sign", "the sign is reversed: a surprise costs, so the loss is positive.",
            ((_LOSSES, "losses = true_logits - logits.logsumexp(dim=-1)"),)),
    Mistake("seq-no-normalising", "minus the logit of the true token is averaged: the logsumexp is "
            "missing.", ((_LOSSES, "losses = -true_logits"),)),
    Mistake("seq-per-token", "one loss a token is returned; their mean is wanted, a scalar.",
            ((_MEAN, "return losses.masked_fill(~real, 0.0)"),)),
    Mistake("seq-per-sentence", "one loss a sentence is returned; the mean over all real tokens is "
            "wanted, a scalar.",
            ((_MEAN, "return losses.masked_fill(~real, 0.0).sum(-1) / real.sum(-1)"),)),
    Mistake("seq-shifted", "the scores at t are compared with the target at t + 1. Here they "
            "already belong together: the decoder's input was shifted.",
            ((_REAL, "logits, targets = logits[..., :-1, :], targets[..., 1:]\n    " + _REAL),)),
    Mistake("seq-logits-masked", "the logits at padding are set to 0, and the even guess that "
            "remains is still counted: leave those positions out of the sum.",
            ((_REAL, _REAL + "\n    logits = logits * real[..., None]"),
             (_MEAN, "return losses.mean()"))),
    Mistake("seq-log2", "the loss is in bits (log 2); nats are wanted (natural logarithm).",
            ((_MEAN, _MEAN + " / 0.6931471805599453"),)),
    Mistake("seq-perplexity", "the exponential of the loss, the perplexity, is returned; the loss "
            "itself is wanted.", ((_MEAN, _MEAN.replace("return ", "return (") + ").exp()"),)),
    Mistake("seq-detached", "no gradient flows: the losses are detached.",
            (("losses.masked_fill", "losses.detach().masked_fill"),)),
)  # fmt: skip
