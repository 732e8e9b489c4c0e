"""Known mistakes with positions that enter the scores."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_THETA = "theta = 1.0 / base ** (two_i / x.size(-1))"
_ANGLES = "angles = positions.to(theta).unsqueeze(-1) * theta"
_PER_SENTENCE = "    if positions.dim() == 2:\n"
_HALVES = "first, second = x.chunk(2, dim=-1)"
_TURNED = "turned = (first * cos - second * sin, second * cos + first * sin)"
_RETURN = "return torch.cat(turned, dim=-1)"

APPLY_ROPE = (
    Mistake("rope-interleaved", "neighbours are turned together, feature 2i with 2i + 1; here it is "
            "feature i with i + d_k/2.",
            ((_HALVES, "first, second = x[..., 0::2], x[..., 1::2]"),
             (_RETURN, "return torch.stack(turned, dim=-1).flatten(-2)"))),
    Mistake("rope-backwards", "the features are turned the wrong way round: the minus belongs "
            "before second * sin, and cosines multiply what stays in place.",
            ((_TURNED, "turned = (first * cos + second * sin, second * cos - first * sin)"),)),
    # Turning by 90 degrees minus the angle: scores of such queries and keys are the same.
    Mistake("rope-backwards", "sine and cosine are exchanged, which turns the features the wrong "
            "way round.",
            (("angles.cos().to(x.dtype), angles.sin().to(x.dtype)",
              "angles.sin().to(x.dtype), angles.cos().to(x.dtype)"),), variant="exchanged"),
    Mistake("rope-no-minus", "both sums have a plus: a rotation has one minus, first * cos - second "
            "* sin.", ((_TURNED, "turned = (first * cos + second * sin, second * cos + first * sin)"
                        ),)),
    Mistake("rope-no-minus", "both sums have a minus: a rotation has one, first * cos - second * "
            "sin.", ((_TURNED, "turned = (first * cos - second * sin, second * cos - first * sin)"),
                     ), variant="two of them"),
    Mistake("rope-first-half-only", "only the first half is turned; the second one turns with it, "
            "second * cos + first * sin.",
            ((_TURNED, "turned = (first * cos - second * sin, second)"),)),
    Mistake("rope-second-from-turned", "the second half is made of the first half as it is after "
            "its turn; both are made of what came in.",
            ((_TURNED, "first = first * cos - second * sin\n"
              "    turned = (first, second * cos + first * sin)"),)),
    Mistake("rope-added", "waves are added to the features; a rotation multiplies.",
            ((_TURNED, "turned = (first + sin, second + cos)"),)),
    Mistake("rope-no-second-term", "the features are multiplied by cosines alone; each half also "
            "gets a part of the other.", ((_TURNED, "turned = (first * cos, second * cos)"),)),
    Mistake("rope-built-on-d_model", "the exponent is divided by the width of all heads; it is the "
            "width of one, d_k.",
            (("two_i / x.size(-1)", "two_i / (x.size(1) * x.size(-1))"),)),
    Mistake("rope-exponent-i", "the exponent is -i / d_k; it is -2i / d_k.",
            (("two_i / x.size(-1)", "two_i / 2 / x.size(-1)"),)),
    Mistake("rope-exponent-4i", "the exponent is -4i / d_k: numbers that already count in twos, 0, "
            "2, 4, ..., are doubled again.", (("two_i / x.size(-1)", "2 * two_i / x.size(-1)"),)),
    Mistake("rope-inverted", "the angles grow with i: the exponent -2i / d_k is negative.",
            ((_THETA, _THETA.replace("1.0 / ", "")),)),
    Mistake("rope-one-angle", "all pairs turn at the same speed; each has its own theta.",
            ((_THETA, "theta = torch.ones_like(two_i)"),)),
    Mistake("rope-base-ignored", "the base is always 10000: the argument base changes nothing.",
            ((_THETA, _THETA.replace("base", "10000.0")),)),
    Mistake("rope-base-1000", "the base is 1000; it is the argument base, 10000 by default.",
            ((_THETA, _THETA.replace("base", "1000.0")),)),
    Mistake("rope-positions-ignored", "the rows are counted from 0 whatever positions says: after a "
            "cache of n tokens the first one stands at n.",
            ((_ANGLES, "positions = torch.arange(x.size(2), device=x.device)\n    " + _ANGLES),)),
    Mistake("rope-first-position-only", "every row is turned by the angle of the first one.",
            ((_ANGLES, _ANGLES.replace("positions.to(theta)",
                                       "positions[..., :1].expand(positions.shape).to(theta)")),)),
    Mistake("rope-first-sentence", "all sentences get the positions of the first one.",
            ((_ANGLES, "positions = positions[0] if positions.dim() == 2 else positions\n    "
              + _ANGLES),)),
    Mistake("rope-no-head-axis", "angles of (B, T, d_k / 2) do not line up with (B, H, T, d_k / 2): "
            "they need an axis of 1 for the heads.", ((_PER_SENTENCE, "    if False:\n"),)),
    Mistake("rope-over-heads", "the angles line up with the heads, axis 1 of x; positions are axis "
            "2.", ((_PER_SENTENCE, "    angles = angles.unsqueeze(-2)\n" + _PER_SENTENCE),
                   ("angles = angles.unsqueeze(1)", "pass"))),
    Mistake("rope-whole-positions", "positions are rounded down to whole numbers; 1.5 is a place "
            "too.", ((_ANGLES, _ANGLES.replace("positions.to", "positions.long().to")),)),
    Mistake("rope-half-precision", "the angles are computed in the dtype of x, and half precision "
            "cannot count to 3000: use float32 at least, and cast cosine and sine.",
            (("torch.promote_types(wanted, torch.float32)", "wanted"),)),
    Mistake("rope-float32-angles", "the angles are always computed in float32, which is too coarse "
            "for an x of float64.", (("torch.promote_types(wanted, torch.float32)", "torch.float32"),
                                     )),
    Mistake("rope-float32", "the result is float32 whatever x is: keep the dtype of x.",
            ((_RETURN, _RETURN + ".float()"),)),
    Mistake("rope-half-not-kept", "half precision comes back as float32: cast cosine and sine to "
            "the dtype of x before they meet it.",
            (("angles.cos().to(x.dtype), angles.sin().to(x.dtype)", "angles.cos(), angles.sin()"),)),
    Mistake("rope-detached", "no gradient flows back: the result is detached.",
            ((_RETURN, _RETURN + ".detach()"),)),
    Mistake("rope-in-place", "x itself is changed; make a new tensor of the two halves.",
            ((_RETURN, "return x.copy_(torch.cat(turned, dim=-1))"),)),
    Mistake("rope-scaled", "the result is divided by the square root of d_k. Attention does that "
            "with the scores; a rotation keeps the length.",
            ((_RETURN, _RETURN + " / x.size(-1) ** 0.5"),)),
)  # fmt: skip

_LOWER = "exponents = [8 * (h + 1) / power for h in range(power)]"
_BETWEEN = "exponents += [4 * (h + 1) / power for h in range(0, 2 * (n_heads - power), 2)]"
_SLOPES = "torch.tensor([2.0**-exponent for exponent in exponents], device=device)"
_DISTANCE = "-(i - j).abs()"
_BIAS = f"return slopes[:, None, None] * {_DISTANCE}"

ALIBI_BIAS = (
    Mistake("alibi-slopes-from-1", "the first slope is 2 to the power of 0; they start at "
            "2 ** (-8 / H).",
            ((_LOWER, _LOWER.replace("(h + 1)", "h")), (_BETWEEN, _BETWEEN.replace("(h + 1)", "h")))
            ),
    Mistake("alibi-halved-slopes", "each slope is half of the one before, 2 ** -1, 2 ** -2, ..., "
            "whatever the number of heads; that is so for 8 heads alone.",
            ((_LOWER, "exponents = [h + 1 for h in range(n_heads)]"), (_BETWEEN, "pass"))),
    Mistake("alibi-any-heads", "the formula for powers of two is used for every number of heads; "
            "the others take the slopes of the next lower power, and then every second one of the "
            "next higher power.",
            ((_LOWER, "exponents = [8 * (h + 1) / n_heads for h in range(n_heads)]"),
             (_BETWEEN, "pass"))),
    Mistake("alibi-next-power", "for a number of heads that is no power of two all slopes are taken "
            "from the next higher power; the first ones are those of the next lower power.",
            ((_LOWER, _LOWER + " if n_heads == power else ["
              "4 * (h + 1) / power for h in range(n_heads)]"), (_BETWEEN, "pass"))),
    Mistake("alibi-not-every-second", "the first slopes of the next higher power are taken; it is "
            "every second one of them, the others are there already.",
            ((_BETWEEN, _BETWEEN.replace("range(0, 2 * (n_heads - power), 2)",
                                         "range(n_heads - power)")),)),
    Mistake("alibi-slopes-twice", "the heads beyond a power of two repeat slopes that others have; "
            "they take those in between, every second one of the next higher power from the first "
            "on.", ((_BETWEEN, "exponents += exponents[: n_heads - power]"),)),
    Mistake("alibi-sorted", "the slopes are sorted; those of the next lower power come first, then "
            "the ones in between.", ((_BETWEEN, _BETWEEN + "\n    exponents.sort()"),)),
    Mistake("alibi-slopes-reversed", "the slopes are in the reverse order: head 0 has the steepest.",
            ((_BETWEEN, _BETWEEN + "\n    exponents.reverse()"),)),
    Mistake("alibi-one-slope", "every head has the same slope; each has its own.",
            ((_SLOPES, "torch.full((n_heads,), 2.0 ** -exponents[0], device=device)"),)),
    Mistake("alibi-one-slope", "the slopes are missing: each head multiplies the distance by its "
            "own.", ((_SLOPES, "torch.ones(n_heads, device=device)"),), variant="all 1"),
    Mistake("alibi-base-e", "the slopes are powers of e; they are powers of 2.",
            ((_SLOPES, _SLOPES.replace("2.0**", "2.718281828459045**")),)),
    Mistake("alibi-positive", "what is far away gets a higher score: the sign is missing.",
            ((_DISTANCE, "(i - j).abs()"),)),
    Mistake("alibi-signed", "keys after the query are scored higher the further away they are: the "
            "distance counts in both directions, take its absolute value.",
            ((_DISTANCE, "-(i - j)"),)),
    Mistake("alibi-signed", "keys before the query are scored higher the further away they are: the "
            "distance counts in both directions, take minus its absolute value.",
            ((_DISTANCE, "(i - j)"),), variant="the other way"),
    Mistake("alibi-future-flat", "keys after the query all get 0; the distance counts in both "
            "directions.", ((_DISTANCE, "-(i - j).clamp(min=0)"),)),
    Mistake("alibi-causal", "keys after the query are hidden with -inf. Hiding is the mask's work; "
            "here the distance counts in both directions.",
            ((_BIAS, f"return (slopes[:, None, None] * {_DISTANCE})"
                     ".masked_fill(j > i, float('-inf'))"),)),
    Mistake("alibi-top-left", "with fewer queries than keys the queries are the last Tq positions; "
            "here they are the first.", (("j[Tk - Tq :]", "j[:Tq]"),)),
    Mistake("alibi-rows-alike", "all queries get the row of the last one. Behind a causal mask "
            "attention is the same, since each row is only shifted; without one it is not, and "
            "-m |i - j| is wanted.",
            ((_BIAS, "return slopes[:, None, None] * (j - (Tk - 1)).expand(Tq, Tk)"),)),
    Mistake("alibi-not-linear", "the distance is squared; the score falls in proportion to it.",
            ((_DISTANCE, "-(i - j).square()"),)),
    Mistake("alibi-not-linear", "the logarithm of the distance is taken; the score falls in "
            "proportion to it.", ((_DISTANCE, "-(i - j).abs().add(1).log()"),), variant="log"),
    Mistake("alibi-one-further", "a token is at distance 1 from itself; it is 0.",
            ((_DISTANCE, "-((i - j).abs() + 1)"),)),
    Mistake("alibi-heads-last", "the result is (Tq, Tk, H); heads come first, (H, Tq, Tk).",
            ((_BIAS, f"return slopes * {_DISTANCE}[..., None]"),)),
    Mistake("alibi-batch-axis", "the result has an axis for the batch; (H, Tq, Tk) lines up with "
            "scores of (B, H, Tq, Tk) by itself.",
            ((_BIAS, f"return slopes[None, :, None, None] * {_DISTANCE}"),)),
    Mistake("alibi-axes", "the result is (H, Tk, Tq): queries are rows, keys are columns.",
            ((_DISTANCE, "-(i - j).abs().T"),)),
    Mistake("alibi-Tk-ignored", "Tk is ignored: the result is (H, Tq, Tq).",
            (("Tk = Tq if Tk is None else Tk", "Tk = Tq"),)),
    Mistake("alibi-divided-by-length", "the distance is divided by the number of keys, so that the "
            "same distance weighs less in a longer text.", ((_DISTANCE, "-(i - j).abs() / Tk"),)),
    Mistake("alibi-fixed-dtype", "the result is always float32; the default dtype is wanted.",
            ((_SLOPES, _SLOPES.replace("device=device", "dtype=torch.float32, device=device")),)),
    Mistake("alibi-device-ignored", "the argument device is ignored.",
            (("j = torch.arange(Tk, device=device)", "j = torch.arange(Tk)"),
             (_SLOPES, _SLOPES.replace(", device=device", "")))),
)  # fmt: skip
