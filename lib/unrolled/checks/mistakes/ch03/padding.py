"""Known mistakes in turning padded sequences round."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_WHERE = "torch.where(positions < ends, ends - 1 - positions, positions)"
_ROWS = "rows = torch.arange(x.size(0), device=x.device)"
_TAKEN = "return x[rows, sources]"
_REAL = "(positions < ends).view(*sources.shape, *[1] * (x.dim() - 2))"

REVERSE_PADDED = (
    Mistake("padding-first", "all T positions are reversed, so the padding stands in front: turn "
            "each row round within its own length.",
            ((_TAKEN, "return x.flip(1)"),)),
    Mistake("padding-reversed", "the padding behind a row is turned round as well; it stays where "
            "it is.", ((_WHERE, "(ends - 1 - positions) % x.size(1)"),)),
    Mistake("padding-zeroed", "the padding is replaced by zeros; what stands there stays, whatever "
            "it is.",
            ((_ROWS, f"x = x * {_REAL}\n    {_ROWS}"),)),
    Mistake("padding-filled", "the padding is filled with a row's first token; it stays as it is.",
            ((_WHERE, "(ends - 1 - positions).clamp(min=0)"),)),
    Mistake("padding-dropped", "the result is cut to the longest row; it keeps all T positions.",
            ((_TAKEN, "return x[rows, sources][:, : int(lengths.max())]"),)),
    Mistake("not-reversed", "the rows come back as they were.", ((_TAKEN, "return x.clone()"),)),
    Mistake("off-by-one", "the way back begins one position too late, at the first padding: "
            "position t gets length - 1 - t.",
            ((_WHERE, "torch.where(positions < ends, (ends - positions) % x.size(1), positions)"),)),
    Mistake("off-by-one", "the way back begins one position too early: position t gets length - 1 "
            "- t.", ((_WHERE, "torch.where(positions < ends - 1, ends - 2 - positions, positions)"),),
            variant="too early"),
    Mistake("one-length-for-all", "the first row's length is used for all rows.",
            ((_WHERE, _WHERE.replace("ends", "ends[:1]") + ".expand(x.shape[:2])"),)),
    Mistake("one-length-for-all", "the longest row's length is used for all rows.",
            ((_WHERE, _WHERE.replace("ends", "ends.max()") + ".expand(x.shape[:2])"),),
            variant="the longest"),
    Mistake("batch-reversed", "the sentences of the batch are put in reverse order; their positions "
            "are to be.", ((_TAKEN, "return x.flip(0)"),)),
    Mistake("features-reversed", "the features of each position are turned round as well.",
            ((_TAKEN, "return x[rows, sources].flip(-1) if x.dim() > 2 else x[rows, sources]"),)),
    Mistake("features-reversed", "the features of each position are turned round as well.",
            ((_TAKEN, f"real = {_REAL}\n"
                      "    turned = x[rows, sources].flip(list(range(2, x.dim())))\n"
                      "    return torch.where(real, turned, x)"),), variant="of real ones alone"),
    Mistake("features-refused", "it works for (B, T) alone; x may have features behind, (B, T, ...).",
            ((_TAKEN, "return x.gather(1, sources)"),)),
    Mistake("one-feature-axis", "it works for (B, T) and (B, T, D); x may have any number of axes.",
            ((_TAKEN, "return (x.gather(1, sources) if x.dim() == 2 else\n"
                      "            x.gather(1, sources.unsqueeze(-1).expand(-1, -1, x.size(2))))"),)),
    Mistake("length-from-zeros", "zeros are taken for padding: lengths says how many positions are "
            "real.",
            ((_TAKEN, "if x.dim() == 2:\n"
                      "        ends = (x != 0).sum(1, keepdim=True)\n"
                      "        sources = torch.where(positions < ends, ends - 1 - positions, "
                      "positions)\n    " + _TAKEN),)),
    Mistake("length-from-zeros", "zeros are taken for padding: lengths says how many positions are "
            "real.",
            ((_TAKEN, "ends = (x != 0).flatten(2).any(2) if x.dim() > 2 else x != 0\n"
                      "    ends = ends.sum(1, keepdim=True)\n"
                      "    sources = torch.where(positions < ends, ends - 1 - positions, "
                      "positions)\n    " + _TAKEN),), variant="of features too"),
    Mistake("rolled", "each row is rolled by its length; its order is to be turned round.",
            ((_WHERE, "torch.where(positions < ends, (positions - 1) % ends, positions)"),)),
    Mistake("rolled", "each row is rolled by its length, the padding with it; its order is to be "
            "turned round.", ((_WHERE, "(positions + ends) % x.size(1)"),), variant="to the left"),
    Mistake("rolled", "each row is rolled by its length, the padding with it; its order is to be "
            "turned round.", ((_WHERE, "(positions - ends) % x.size(1)"),), variant="to the right"),
    Mistake("half-turned", "only the two ends of a row change places; all its positions do.",
            ((_WHERE, "torch.where((positions == 0) | (positions == ends - 1), "
                      "ends - 1 - positions, positions)"),)),
    Mistake("reverse-detached", "no gradient flows back: the result is detached.",
            ((_TAKEN, _TAKEN + ".detach()"),)),
    Mistake("x-overwritten", "x itself is changed; return a new tensor.",
            ((_TAKEN, "found = x[rows, sources]\n    x.data.copy_(found)\n    return found"),)),
    Mistake("x-overwritten", "x itself is changed; return a new tensor.",
            ((_TAKEN, "return x.copy_(x[rows, sources])"),), variant="and returned"),
)  # fmt: skip
