"""Known mistakes with layer normalisation."""

from __future__ import annotations

from unrolled.checks.exercise import Mistake

_MEAN = "mean = x.mean(dim=-1, keepdim=True)"
_VARIANCE = "variance = (x - mean).square().mean(dim=-1, keepdim=True)"
_NORMALISED = "normalised = (x - mean) / (variance + self.eps).sqrt()"
_SCALED = "scaled = normalised * self.weight"
_RETURN = "return scaled if self.bias is None else scaled + self.bias"
_BIAS = 'self.register_parameter("bias", nn.Parameter(torch.zeros(d_model)) if bias else None)'
_WEIGHT = "self.weight = nn.Parameter(torch.ones(d_model))"


def _over(axes: str) -> tuple[tuple[str, str], ...]:
    """Mean and variance over other axes."""
    return tuple((line, line.replace("dim=-1", f"dim={axes}")) for line in (_MEAN, _VARIANCE))


LAYER_NORM = (
    Mistake("norm-unbiased", "the variance is divided by D - 1 (that is what var and std do unless "
            "told otherwise); divide by D.",
            ((_VARIANCE, "variance = x.var(dim=-1, keepdim=True)"),)),
    Mistake("norm-eps-outside", "eps is added to the standard deviation; it belongs inside the root, "
            "added to the variance.", (("(variance + self.eps).sqrt()",
                                        "(variance.sqrt() + self.eps)"),)),
    Mistake("norm-eps-outside", "eps is added to the standard deviation; it belongs inside the root, "
            "added to the variance.",  # std passes no gradient where there is no deviation
            (("(variance + self.eps).sqrt()", "(variance.masked_fill(variance == 0, 1).sqrt()"
              ".masked_fill(variance == 0, 0) + self.eps)"),), variant="std"),
    Mistake("norm-no-eps", "eps is missing: a row without variance is divided by 0.",
            (("(variance + self.eps).sqrt()", "variance.sqrt()"),)),
    Mistake("norm-eps-fixed", "eps is always 1e-5: the argument changes nothing.",
            (("variance + self.eps", "variance + 1e-5"),)),
    Mistake("norm-eps-other", "eps is far too small: 1e-5 is wanted unless the argument says "
            "otherwise.", (("variance + self.eps", "variance + 1e-12"),)),
    Mistake("norm-over-batch", "mean and variance are taken over the batch, axis 0; they are those "
            "of the features, the last axis.", _over("0")),
    Mistake("norm-over-positions", "mean and variance are taken over positions and features "
            "together; each position is normalised alone.", _over("(-2, -1)")),
    Mistake("norm-over-positions", "mean and variance are taken over the positions; they are those "
            "of the features, the last axis.", _over("-2"), variant="alone"),
    Mistake("norm-batch-norm", "each feature is normalised over all positions of the batch, as "
            "batch normalisation does; here each position is normalised over its features.",
            _over("tuple(range(x.dim() - 1))")),
    Mistake("norm-over-all", "mean and variance are taken over the whole tensor; each position is "
            "normalised alone.", ((_MEAN, "mean = x.mean()"),
                                  (_VARIANCE, "variance = (x - mean).square().mean()"))),
    Mistake("norm-shift-first", "the bias is added before the weight multiplies; scale first, then "
            "shift.",
            ((_SCALED, "if self.bias is not None:\n            normalised = normalised + self.bias\n"
              "        scaled = normalised * self.weight"), (_RETURN, "return scaled"))),
    Mistake("norm-rms", "the mean is never subtracted: that is RMSNorm, chapter 13.",
            ((_VARIANCE, "variance = x.square().mean(dim=-1, keepdim=True)"),
             (_NORMALISED, "normalised = x / (variance + self.eps).sqrt()"))),
    Mistake("norm-mean-kept", "the mean is subtracted in the variance and not from x itself.",
            ((_NORMALISED, "normalised = x / (variance + self.eps).sqrt()"),)),
    Mistake("norm-mean-square", "the squares are averaged without subtracting the mean first: that "
            "is not the variance.",
            ((_VARIANCE, "variance = x.square().mean(dim=-1, keepdim=True)"),)),
    Mistake("norm-centred-only", "x is centred and never divided by its standard deviation.",
            ((_NORMALISED, "normalised = x - mean"),)),
    Mistake("norm-no-root", "x is divided by the variance; it is its root.",
            (("(variance + self.eps).sqrt()", "(variance + self.eps)"),)),
    Mistake("norm-sum", "the squares are added up and not averaged.",
            ((_VARIANCE, _VARIANCE.replace(".square().mean(", ".square().sum(")),)),
    Mistake("norm-absolute", "the mean absolute deviation stands where the standard deviation "
            "should.",
            ((_VARIANCE, "variance = (x - mean).abs().mean(dim=-1, keepdim=True).square()"),)),
    Mistake("norm-cancellation", "the variance is the mean of squares minus the square of the mean, "
            "which loses all digits where the mean is large: subtract the mean, then square.",
            ((_VARIANCE, "variance = x.square().mean(dim=-1, keepdim=True) - mean.square()"),)),
    Mistake("norm-detached", "mean and variance are detached (or made under no_grad): gradients "
            "must flow through them.",
            (("(x - mean) / (variance + self.eps)",
              "(x - mean.detach()) / (variance.detach() + self.eps)"),)),
    Mistake("norm-detached", "the variance is detached (or made under no_grad): gradients must flow "
            "through it.", (("(variance + self.eps)", "(variance.detach() + self.eps)"),),
            variant="variance"),
    Mistake("norm-detached", "the mean is detached (or made under no_grad): gradients must flow "
            "through it.", (("normalised = (x - mean)", "normalised = (x - mean.detach())"),),
            variant="mean"),
    Mistake("norm-in-place", "x itself is changed: x - mean makes a new tensor, x -= mean does not.",
            ((_NORMALISED, "normalised = x.sub_(mean).div_((variance + self.eps).sqrt())"),)),
    Mistake("norm-no-scale", "the weight is never used.", ((_SCALED, "scaled = normalised"),)),
    Mistake("norm-no-shift", "the bias is never added.", ((_RETURN, "return scaled"),)),
    Mistake("norm-one-plus-weight", "the scale is 1 + weight; it is weight, which starts at 1.",
            ((_SCALED, "scaled = normalised * (1 + self.weight)"),)),
    Mistake("norm-bias-always", "there is a bias although bias=False.",
            (("nn.Parameter(torch.zeros(d_model)) if bias else None",
              "nn.Parameter(torch.zeros(d_model))"),)),
    Mistake("norm-no-bias-crashes", "bias=False raises an error: without a bias nothing is added.",
            ((_RETURN, "return scaled + self.bias"),)),
    Mistake("norm-no-bias-crashes", "bias=False raises an error: the layer has no attribute bias "
            "then, and asks for it.",
            ((_BIAS, "if bias:\n            self.bias = nn.Parameter(torch.zeros(d_model))"),
             (_RETURN, "return scaled + self.bias")), variant="no attribute"),
    Mistake("norm-starts-wrong", "weight starts at 0; it starts at 1, so that at first the features "
            "are only normalised.", ((_WEIGHT, _WEIGHT.replace("ones", "zeros")),)),
    Mistake("norm-starts-wrong", "weight starts with random numbers; it starts at 1.",
            ((_WEIGHT, _WEIGHT.replace("ones", "randn")),), variant="random weight"),
    Mistake("norm-starts-wrong", "bias starts at 1; it starts at 0.",
            (("torch.zeros(d_model)", "torch.ones(d_model)"),), variant="bias"),
    Mistake("norm-no-parameters", "weight is a plain tensor, so it is never trained: nn.Parameter is "
            "what a module trains.", ((_WEIGHT, "self.weight = torch.ones(d_model)"),)),
    Mistake("norm-float32", "float64 comes back as float32: keep the dtype of x.",
            ((_RETURN, "return (scaled if self.bias is None else scaled + self.bias).float()"),)),
)  # fmt: skip
