"""Known mistakes in fitting a scaling law."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_SIZES = "log_sizes = torch.as_tensor(sizes).double().log()"
_LOSSES = "log_losses = torch.as_tensor(losses).double().log()"
_FALLING = "falling = log_height - log_alpha.exp() * (log_sizes - middle)"
_PREDICTED = "predicted = torch.logaddexp(log_floor, falling)"
_HUBER = 'return F.huber_loss(predicted / WIDTH, log_losses / WIDTH, reduction="sum")'
_ALPHA = "alpha = log_alpha.exp()"
_RETURN = "return log_floor.exp().item(), (log_height + alpha * middle).exp().item(), alpha.item()"

SCALING = (
    Mistake("no-logarithm", "the losses themselves are compared; the equation compares their "
            "logarithms, so that a percent counts as much at a high loss as at a low one.",
            ((_HUBER, 'return F.huber_loss(predicted.exp() / WIDTH, log_losses.exp() / WIDTH, '
              'reduction="sum")'),)),
    Mistake("squares", "squared errors are summed up, so that one bad run bends the curve; the "
            "Huber loss is a straight line beyond 0.001.",
            ((_HUBER, 'return F.mse_loss(predicted / WIDTH, log_losses / WIDTH, reduction="sum")'),)),
    Mistake("squares", "the Huber loss bends at 1, and no error here is as large: it is all "
            "squares. It bends at 0.001.",
            ((_HUBER, 'return F.huber_loss(predicted, log_losses, reduction="sum") / WIDTH**2'),),
            variant="delta of 1"),
    Mistake("squares-of-losses", "squared errors of the losses themselves are summed up; the "
            "equation has the Huber loss of their logarithms.",
            ((_HUBER, 'return F.mse_loss(predicted.exp() / WIDTH, log_losses.exp() / WIDTH, '
              'reduction="sum")'),)),
    Mistake("no-floor", "the law has no floor E: it is a straight line in logarithms.",
            ((_PREDICTED, "predicted = falling + 0 * log_floor"),)),
    Mistake("no-floor", "the law has no floor E: it is a straight line in logarithms.",
            ((_PREDICTED, "predicted = falling + 0 * log_floor"),
             (_RETURN, _RETURN.replace("log_floor.exp().item()", "0.0"))), variant="E is 0"),
    Mistake("floor-is-lowest-loss", "the floor is set to the lowest loss that was measured; it lies "
            "below and has to be fitted.",
            ((_PREDICTED, "predicted = torch.logaddexp(log_losses.min() + 0 * log_floor, falling)"),
             (_RETURN, _RETURN.replace("log_floor.exp()", "log_losses.min().exp()")))),
    Mistake("floor-is-half-the-lowest", "the floor is fixed beforehand; it has to be fitted.",
            ((_PREDICTED, "log_floor = log_losses.min() - 0.7 + 0 * log_floor\n        " + _PREDICTED),
             (_RETURN, _RETURN.replace("log_floor.exp()", "(log_losses.min() - 0.7).exp()")))),
    Mistake("floor-multiplied", "floor and falling part are multiplied; they are added.",
            ((_PREDICTED, "predicted = log_floor + falling"),)),
    Mistake("logarithms-returned", "the logarithms of E, A and alpha are returned: take exp.",
            ((_RETURN, "return log_floor.item(), (log_height + alpha * middle).item(), "
              "log_alpha.item()"),)),
    Mistake("height-of-the-middle", "A is the height at the middle size; at size 1, where A is "
            "meant, the curve is higher by exp(alpha * middle).",
            ((_RETURN, _RETURN.replace("(log_height + alpha * middle)", "log_height")),)),
    Mistake("middle-subtracted", "alpha * middle is subtracted from the height; it is added.",
            ((_RETURN, _RETURN.replace("log_height + alpha", "log_height - alpha")),)),
    Mistake("slope-returned", "alpha is returned with a minus, as the slope in logarithms; alpha is "
            "above 0.", ((_RETURN, _RETURN.replace("alpha.item()", "-alpha.item()")),)),
    Mistake("order-of-results", "the order is another one: (E, A, alpha) is wanted.",
            ((_RETURN, "return (log_height + alpha * middle).exp().item(), log_floor.exp().item(), "
              "alpha.item()"),)),
    Mistake("order-of-results", "the order is another one: (E, A, alpha) is wanted.",
            ((_RETURN, "return log_floor.exp().item(), alpha.item(), "
              "(log_height + alpha * middle).exp().item()"),), variant="alpha before A"),
    Mistake("sizes-not-logarithmic", "the sizes fall off as exp(-alpha N); a power of N is wanted, "
            "which is alpha times its logarithm.",
            ((_SIZES, "log_sizes = torch.as_tensor(sizes).double() / 1e6"),)),
    Mistake("sizes-log10", "the sizes' logarithms are to base 10 and those of the losses natural: "
            "alpha comes out 2.3 times too large.", ((_SIZES, _SIZES.replace("log()", "log10()")),)),
    Mistake("rising", "the curve rises with the size: alpha log N is subtracted from the height.",
            ((_FALLING, _FALLING.replace("log_height -", "log_height +")),)),
    Mistake("alpha-held-at-a-half", "alpha is held at 1/2; it has to be fitted.",
            ((_FALLING, "log_alpha = 0 * log_alpha - 0.6931471805599453\n        " + _FALLING),
             (_ALPHA, "alpha = log_alpha.exp() * 0 + 0.5"))),
    Mistake("sorted-apart", "sizes and losses are sorted each for itself, which breaks the pairs "
            "apart.", ((_LOSSES, _LOSSES + "\n    log_sizes = log_sizes.sort().values"),)),
    Mistake("worst-kept", "of all starting points the worst end is kept; keep the one with the "
            "smallest sum.",
            (("_lowest(misfit, _starts(log_losses))",
              "max((_descend(misfit, start, 5) for start in _starts(log_losses)), key=misfit)"),)),
)  # fmt: skip
