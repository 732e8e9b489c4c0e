"""Known mistakes with positions that are added."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_POS = "torch.arange(T, dtype=torch.float64)"
_ANGLES = "angles = pos / base ** (two_i / d_model)"
_TABLE = "table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)"
_CAST = ".to(torch.get_default_dtype())"
_RETURN = "return table[:, :d_model]" + _CAST

SINUSOIDAL_POSITIONS = (
    Mistake("sinusoidal-base-1000", "the base is 1000; the equation has 10000, and base says it.",
            ((_ANGLES, _ANGLES.replace("base", "1000.0")),)),
    Mistake("sinusoidal-base-ignored", "the base is always 10000: the argument base changes "
            "nothing.", ((_ANGLES, _ANGLES.replace("base", "10000.0")),)),
    Mistake("sinusoidal-swapped", "sine and cosine are exchanged: features 0, 2, 4, ... are sines.",
            (("[angles.sin(), angles.cos()]", "[angles.cos(), angles.sin()]"),)),
    Mistake("sinusoidal-halves", "all sines come first and then all cosines; they take turns, "
            "feature by feature.",
            ((_TABLE, "table = torch.cat([angles.sin(), angles.cos()], dim=-1)"),)),
    Mistake("sinusoidal-from-1", "positions are counted from 1; the first one is 0, where all sines "
            "are 0.", ((_POS, "torch.arange(1, T + 1, dtype=torch.float64)"),)),
    Mistake("sinusoidal-exponent-i", "the exponent is i / d_model; it is 2i / d_model.",
            (("two_i / d_model", "two_i / 2 / d_model"),)),
    Mistake("sinusoidal-exponent-4i", "the exponent is 4i / d_model: numbers that already count in "
            "twos, 0, 2, 4, ..., are doubled again.", (("two_i / d_model", "2 * two_i / d_model"),)),
    Mistake("sinusoidal-cosine-exponent", "each cosine has an exponent of its own, (2i + 1) / "
            "d_model; it has the wavelength of the sine beside it, 2i / d_model.",
            ((_TABLE, _TABLE.replace("angles.cos()",
                                     "(pos / base ** ((two_i + 1) / d_model)).cos()")),)),
    Mistake("sinusoidal-inverted", "positions are multiplied by the power of the base; divide, so "
            "that the waves become longer.", ((_ANGLES, _ANGLES.replace("/ base", "* base")),)),
    Mistake("sinusoidal-one-wavelength", "all features have the same wavelength; it grows from pair "
            "to pair.", ((_ANGLES, "angles = pos.expand(T, len(two_i))"),)),
    Mistake("sinusoidal-sine-only", "every feature is a sine; features 1, 3, 5, ... are cosines.",
            (("angles.cos()", "angles.sin()"),)),
    Mistake("sinusoidal-odd-crashes", "an odd d_model raises an error: there is one cosine fewer "
            "than sines.",
            ((_TABLE, "table = torch.zeros(T, d_model, dtype=torch.float64)\n"
              "    table[:, 0::2] = angles.sin()\n    table[:, 1::2] = angles.cos()"),)),
    Mistake("sinusoidal-odd-rounded", "an odd d_model is rounded down before the exponents are "
            "divided by it; divide by d_model itself.",
            (("two_i / d_model", "two_i / max(1, d_model - d_model % 2)"),)),
    Mistake("sinusoidal-odd-rounded", "an odd d_model is rounded up before the exponents are "
            "divided by it; divide by d_model itself.",
            (("two_i / d_model", "two_i / (d_model + d_model % 2)"),), variant="up"),
    Mistake("sinusoidal-odd-cosine", "with an odd d_model the last feature is a cosine; it is the "
            "sine of the last wave.",
            ((_RETURN, "if d_model % 2:\n        table[:, d_model - 1] = angles[:, -1].cos()\n    "
              + _RETURN),)),
    Mistake("sinusoidal-odd-zero", "with an odd d_model the last feature is left at 0; it is the "
            "sine of the last wave.",
            ((_RETURN, "if d_model % 2:\n        table[:, d_model - 1] = 0.0\n    " + _RETURN),)),
    Mistake("sinusoidal-transposed", "the table is (D, T); positions are rows, (T, D).",
            ((_RETURN, "return table[:, :d_model].T" + _CAST),)),
    Mistake("sinusoidal-batch-axis", "the table has an axis for the batch; (T, D) is wanted and "
            "lines up with (B, T, D) by itself.",
            ((_RETURN, "return table[None, :, :d_model]" + _CAST),)),
    Mistake("sinusoidal-share-of-T", "positions are divided by the length of the text, so that a "
            "place has other waves in a longer text.", (("angles = pos /", "angles = pos / T /"),)),
    Mistake("sinusoidal-fixed-dtype", "the table is always float32; the default dtype is wanted.",
            ((_CAST, ".float()"),)),
    Mistake("sinusoidal-float64", "the table is float64; the default dtype is wanted.",
            ((_CAST, ""),)),
    Mistake("sinusoidal-trained", "the table requires a gradient; nothing of it is learned.",
            ((_CAST, _CAST + ".requires_grad_()"),)),
)  # fmt: skip

_MADE = "self.weight = nn.Parameter(torch.empty(max_len, d_model).normal_(std=0.02))"
_ROWS = "self.weight[start : start + T]"
_ADD = "return x + " + _ROWS
_REFUSED = "if start < 0 or last > highest:"

LEARNED_POSITIONS = (
    Mistake("learned-by-batch", "sentence b gets the vector of position b: the batch is counted "
            "where positions, axis 1 of x, should be.",
            ((_ADD, "return x + self.weight[start : start + x.size(0)].unsqueeze(1)"),)),
    Mistake("learned-start-ignored", "start changes nothing: the first position of x is start.",
            ((_ADD, "return x + self.weight[:T]"),)),
    Mistake("learned-from-1", "positions are counted from 1, so row 0 of the table is never used.",
            ((_ADD, "return x + self.weight[start + 1 : start + 1 + T]"),)),
    Mistake("learned-last-rows", "x gets the last T rows of the table; it gets T rows from start "
            "on.", ((_ADD, "return x + self.weight[-T:]"),)),
    Mistake("learned-replaced", "the vectors of the positions are returned without x: add them.",
            ((_ADD, f"return {_ROWS}.expand_as(x)"),)),
    Mistake("learned-multiplied", "x is multiplied by the vectors; add them.",
            ((_ADD, "return x * " + _ROWS),)),
    Mistake("learned-scaled", "x is multiplied by the square root of d_model here. A Transformer "
            "does that with its embeddings, before positions are added.",
            ((_ADD, "return x * x.size(-1) ** 0.5 + " + _ROWS),)),
    Mistake("learned-subtracted", "the vectors are subtracted; add them.",
            ((_ADD, "return x - " + _ROWS),)),
    Mistake("learned-whole-table", "the whole table is added; x gets as many rows as it has "
            "positions.", ((_ADD, "return x + self.weight"),)),
    Mistake("learned-to-the-end", "all rows from start on are added; x gets as many as it has "
            "positions.", ((_ADD, "return x + self.weight[start:]"),)),
    Mistake("learned-one-vector", "every position gets the vector of the first one.",
            ((_ADD, "return x + self.weight[start]"),)),
    Mistake("learned-end-for-length", "the slice ends at T; from start on, T rows end at start + T.",
            ((_ADD, "return x + self.weight[start:T]"),)),
    Mistake("learned-not-trained", "the table is no parameter, so it is never trained: "
            "nn.Parameter, made in __init__, is.",
            ((_MADE, "self.register_buffer('weight', torch.empty(max_len, d_model)"
              ".normal_(std=0.02))"),)),
    Mistake("learned-not-trained", "the table is made in forward, new at every call and never "
            "trained: make it in __init__.",
            ((_MADE, "self.sizes = max_len, d_model"),
             ("T = x.size(1)",
              "self.__dict__['weight'] = torch.randn(self.sizes)\n        T = x.size(1)")), variant="in forward"),
    Mistake("learned-transposed", "the table is (D, max_len); positions are rows, (max_len, D).",
            ((_MADE, _MADE.replace("max_len, d_model", "d_model, max_len")),
             ("self.weight.size(0)", "self.weight.size(1)"),
             (_ADD, "return x + self.weight[:, start : start + T].T"))),
    Mistake("learned-detached", "no gradient reaches the table: it is detached.",
            ((_ADD, "return x + self.weight.detach()[start : start + T]"),)),
    Mistake("learned-x-detached", "no gradient reaches x: it is detached.",
            ((_ADD, "return x.detach() + " + _ROWS),)),
    Mistake("learned-in-place", "x itself is changed; x + ... makes a new tensor, x += ... does "
            "not.", ((_ADD, f"x += {_ROWS}\n        return x"),)),
    Mistake("learned-init-1", "the table starts with a standard deviation of 1; 0.02 is wanted, so "
            "that positions do not drown the tokens at first.", (("normal_(std=0.02)", "normal_()"),)),
    Mistake("learned-init-zeros", "the table starts at 0; a normal with standard deviation 0.02 is "
            "wanted.", (("normal_(std=0.02)", "zero_()"),)),
    Mistake("learned-init-uniform", "the table starts uniform; a normal with standard deviation "
            "0.02 is wanted.", (("normal_(std=0.02)", "uniform_(-0.02, 0.02)"),)),
    Mistake("learned-not-refused", "a position past the table is not refused with a ValueError: a "
            "slice past the end is shorter, and one row left over is added to all.",
            ((_REFUSED, "if start < 0:"),)),
    Mistake("learned-not-refused", "a position without a vector is not refused with a ValueError: a "
            "slice takes what there is, and counts a negative start from the end.",
            ((_REFUSED, "if False:"),), variant="none"),
    Mistake("learned-not-refused", "a position without a vector raises an IndexError, as "
            "nn.Embedding does by itself; a ValueError is wanted.",
            (("raise ValueError(", "raise IndexError("),), variant="another error"),
    Mistake("learned-negative-start", "a negative start is not refused: a slice counts it from the "
            "end of the table.", ((_REFUSED, "if last > highest:"),)),
    Mistake("learned-last-refused", "the last position is refused, although it has a vector.",
            ((_REFUSED, "if start < 0 or last >= highest:"),)),
    Mistake("learned-rows-reused", "what lies past the table gets its last vector; it must be "
            "refused with a ValueError.",
            ((_REFUSED, "if start < 0:"),
             (_ADD, "places = torch.arange(start, start + T, device=x.device)\n"
                    "        return x + self.weight[places.clamp(max=highest)]"))),
    Mistake("learned-rows-reused", "what lies past the table begins again at its first vector; it must "
            "be refused with a ValueError.",
            ((_REFUSED, "if start < 0:"),
             (_ADD, "places = torch.arange(start, start + T, device=x.device)\n"
                    "        return x + self.weight[places % (highest + 1)]")),
            variant="from the first on"),
    Mistake("learned-float32", "float64 comes back as float32: keep the dtype of x.",
            ((_ADD, f"return (x + {_ROWS}).float()"),)),
)  # fmt: skip
