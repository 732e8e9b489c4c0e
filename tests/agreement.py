"""When two ways to compute the same thing agree, on any processor.

Two right answers differ by rounding: sums are added in another order, and the order depends on the
instructions that a processor has. In float64 that is far below 1e-10, and a mistake is far above:
there every value and every gradient is held to that. In float32 no fixed number can be right. So a
test runs there a second time, on the same values in float64, which says what is exact; ours may
then lie a few times as far from it as torch's own result in float32 does. What is left to find in
float32 is a computation that loses digits which torch's keeps.
"""

import functools
import inspect

import pytest
import torch

TOLERANCE = 1e-10
TIMES = 8
LIMIT = 1e-3  # what is off by more than this is no rounding, or says nothing
UNIT = torch.finfo(torch.float32).eps  # from 1 to the next number in float32


def close(ours, theirs):
    """Two results in float64 are the same."""
    torch.testing.assert_close(ours, theirs, atol=TOLERANCE, rtol=TOLERANCE)


def same(ours, theirs, inputs, close=close):
    """Values agree, and so do the gradients of a random weighting of them.

    Args:
        ours, theirs: tensors, or tuples of tensors, such as outputs and states.
        inputs: what the gradients are for; a pair of lists where the two have inputs of their own.
        close: compares two tensors; in a test ``in_both_precisions`` the one that it is given.
    """
    ours, theirs = ([x] if isinstance(x, torch.Tensor) else list(x) for x in (ours, theirs))
    inputs = inputs if isinstance(inputs, tuple) else (inputs, inputs)
    for mine, other in zip(ours, theirs, strict=True):
        close(mine, other)
    weights = [alike(mine) for mine in ours]
    gradients = [
        torch.autograd.grad(found, leaves, weights, retain_graph=True)
        for found, leaves in zip((ours, theirs), inputs, strict=True)
    ]
    for mine, other in zip(*gradients, strict=True):
        close(mine, other)


def alike(x):
    """Random values of a tensor's shape and dtype: the same values in float64 as in float32."""
    return torch.randn(x.shape).to(x.dtype)


def shaken(module):
    """Move every parameter: norms and biases start at 1 and 0, where an error would not show."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * alike(parameter))
    return module


def in_both_precisions(test):
    """A test of ``dtype`` and ``close``, in float64 and in float32.

    The test compares by ``close(ours, theirs)`` and draws what it needs in float32, to be cast to
    ``dtype``: its two runs have to see the same values.
    """

    @functools.wraps(test)
    def run(dtype, **arguments):
        if dtype == torch.float64:
            return test(dtype=dtype, close=close, **arguments)
        exact, found = [], []
        with torch.random.fork_rng(devices=[]):
            test(dtype=torch.float64, close=lambda *pair: exact.append(kept(pair)), **arguments)
        test(dtype=dtype, close=lambda *pair: found.append(kept(pair)), **arguments)
        within_rounding(found, [theirs for _, theirs in exact])

    given = inspect.signature(test)
    visible = [p for name, p in given.parameters.items() if name != "close"]
    run.__signature__ = given.replace(parameters=visible)
    dtypes = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])
    return dtypes(run)


def kept(pair):
    """What two tensors are now."""
    return [x.detach().clone() for x in pair]


def within_rounding(pairs, exact):
    """Ours is about as far from what is exact as theirs, which is right but for its rounding.

    The errors of all results of a test are taken together: one number alone may happen to be exact,
    and rounding enters a model's first gradient as it enters its last.
    """
    assert pairs, "nothing was compared"
    for (ours, theirs), real in zip(pairs, exact, strict=True):
        assert ours.dtype == theirs.dtype != torch.float64
        assert ours.shape == theirs.shape == real.shape
    rounding = max(distance(theirs, real) for (_, theirs), real in zip(pairs, exact, strict=True))
    assert rounding < LIMIT, f"theirs is off by {rounding:.2g}: the two runs saw different values"
    most = TIMES * max(rounding, UNIT)
    for number, ((ours, _), real) in enumerate(zip(pairs, exact, strict=True)):
        error = distance(ours, real)
        assert error <= most, (
            f"result {number} is off by {error / UNIT:.3g} units of float32, "
            f"{most / UNIT:.3g} are allowed, since theirs is off by {rounding / UNIT:.3g}"
        )


def distance(found, exact):
    """The largest error, beside the largest value where that is above 1."""
    if not found.numel():
        return 0.0
    error = torch.where(found == exact, 0.0, (found.double() - exact).abs())  # infinities alike
    return (error.max() / exact.abs().max().clamp(min=1.0)).item()
