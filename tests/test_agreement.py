"""The judge of every comparison in both precisions is judged itself."""

import pytest
import torch
import torch.nn.functional as F

from agreement import alike, in_both_precisions, same, within_rounding

N = 9


def softmax_by_hand(x):
    shifted = (x - x.amax(-1, keepdim=True)).exp()
    return shifted / shifted.sum(-1, keepdim=True)


def shorter(x):
    """What a cast to float16 leaves."""
    return x.half().to(x.dtype)


def compared(ours, dtype):
    """Run a test that holds a softmax to torch's, in values and gradients."""
    torch.manual_seed(0)

    @in_both_precisions
    def test(dtype, close):
        x = torch.randn(4, N).to(dtype).requires_grad_()
        same(ours(x), F.softmax(x, -1), [x], close)

    test(dtype=dtype)


DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])


@DTYPES
def test_what_differs_by_rounding_alone_agrees(dtype):
    compared(softmax_by_hand, dtype)


@DTYPES
@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: F.softmax(x, 0),
        lambda x: F.softmax(x, -1) + 1e-5,
        lambda x: F.softmax(x, -1) * (1 + 1e-5),
        lambda x: F.softmax(shorter(x), -1),
        lambda x: shorter(F.softmax(x, -1)),
        lambda x: F.softmax(x, -1).detach() + 0 * x,
        lambda x: F.softmax(x, -1) * torch.nan,
    ],
    ids=["axis", "sum", "factor", "float16 before", "float16 after", "detached", "nan"],
)
def test_a_mistake_or_lost_digits_are_refused(dtype, wrong):
    with pytest.raises(AssertionError, match=r"not close|units of float32"):
        compared(wrong, dtype)


def test_digits_lost_in_float32_alone_are_refused_there():
    compared(lambda x: F.softmax(x + 1000, -1), torch.float64)
    with pytest.raises(AssertionError, match="units of float32"):
        compared(lambda x: F.softmax(x + 1000, -1), torch.float32)


def test_another_dtype_or_shape_or_nothing_at_all_is_no_agreement():
    one = torch.ones(3)
    for ours in (one.double(), torch.ones(1)):
        with pytest.raises(AssertionError):
            within_rounding([(ours, one)], [one.double()])
    with pytest.raises(AssertionError, match="nothing was compared"):
        within_rounding([], [])


def test_infinities_agree_with_their_like():
    one = torch.tensor([torch.inf, 1.0, -torch.inf])
    within_rounding([(one, one)], [one.double()])
    with pytest.raises(AssertionError):
        within_rounding([(-one, one)], [one.double()])


def test_values_that_depend_on_the_dtype_are_noticed():
    """A draw in float64 is another draw: the two runs of a test would see different values."""

    @in_both_precisions
    def test(dtype, close):
        x = torch.randn(4, N, dtype=dtype)
        close(x.exp(), torch.exp(x))

    with pytest.raises(AssertionError, match="different values"):
        test(dtype=torch.float32)


def test_random_weights_are_the_same_in_both_precisions():
    torch.manual_seed(0)
    single = alike(torch.ones(3, N))
    torch.manual_seed(0)
    assert torch.equal(alike(torch.ones(3, N).double()), single.double())
