"""Scaling laws: known curves are found again, exactly, through noise, and past an outlier."""

import math

import pytest
import torch

from unrolled.scaling import fit_scaling_law, scaling_law

SIZES = torch.logspace(4, 9, 12, dtype=torch.float64)


def test_the_law_is_a_floor_and_a_power():
    sizes = torch.tensor([1.0, 16.0, 10000.0], dtype=torch.float64)
    assert scaling_law(sizes, 2.0, 8.0, 0.25).tolist() == pytest.approx([10.0, 6.0, 2.8])
    assert scaling_law(sizes, 0.0, 8.0, 0.5).tolist() == pytest.approx([8.0, 2.0, 0.08])


@pytest.mark.parametrize(
    ("E", "A", "alpha", "sizes"),
    [
        (1.69, 406.4, 0.34, SIZES),  # Hoffmann et al. 2022, equation 10
        (0.5, 380.0, 0.12, SIZES[::3]),  # four sizes are enough
        (2.5, 119.0, 0.44, SIZES),
        (0.05, 211.0, 0.62, SIZES),
        (1.7, 5.0, 1.5, torch.tensor([1.0, 2.0, 3.0, 5.0, 8.0], dtype=torch.float64)),
    ],
)
def test_a_known_curve_is_found_again(E, A, alpha, sizes):
    found = fit_scaling_law(sizes, scaling_law(sizes, E, A, alpha))
    assert all(type(number) is float for number in found)
    assert found == pytest.approx((E, A, alpha), rel=1e-6)


def test_a_curve_without_a_floor_has_none():
    """Kaplan et al. 2020, equation 1.1: N_c = 8.8e13, alpha = 0.076."""
    floor, _, alpha = fit_scaling_law(SIZES, scaling_law(SIZES, 0.0, 8.8e13**0.076, 0.076))
    assert floor < 2e-3
    assert alpha == pytest.approx(0.076, rel=1e-3)


def noisy(seed, spread=0.01):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(12, dtype=torch.float64, generator=generator)
    return scaling_law(SIZES, 1.69, 406.4, 0.34) * (spread * noise).exp()


@pytest.mark.parametrize("seed", range(3))
def test_noise_of_a_percent_is_borne(seed):
    E, A, alpha = fit_scaling_law(SIZES, noisy(seed))
    assert pytest.approx(1.69, rel=0.05) == E
    assert alpha == pytest.approx(0.34, rel=0.05)
    assert math.log(A) == pytest.approx(math.log(406.4), rel=0.05)


def test_the_fit_is_the_lowest_of_its_objective():
    """No small change of the three numbers fits the logarithms better (Huber, 0.001)."""
    losses = noisy(3)

    def misfit(E, A, alpha):
        residuals = scaling_law(SIZES, E, A, alpha).log() - losses.log()
        return torch.nn.functional.huber_loss(
            residuals, torch.zeros_like(residuals), delta=1e-3, reduction="sum"
        ).item()

    best = fit_scaling_law(SIZES, losses)
    for index in range(3):
        for factor in (0.9999, 1.0001):
            moved = [number * (factor if i == index else 1) for i, number in enumerate(best)]
            assert misfit(*moved) > misfit(*best)


def test_a_run_gone_wrong_does_not_bend_the_curve():
    losses = scaling_law(SIZES, 1.69, 406.4, 0.34)
    losses[5] *= 1.5
    assert fit_scaling_law(SIZES, losses) == pytest.approx((1.69, 406.4, 0.34), rel=0.02)


def test_lists_and_repeated_sizes_will_do():
    sizes = [1000, 10000, 100000, 1000000, 1000000]
    losses = [1.5 + 100 / n**0.5 for n in sizes]
    assert fit_scaling_law(sizes, losses) == pytest.approx((1.5, 100, 0.5), rel=1e-4)


GOOD = [3.0, 2.5, 2.2, 2.1]
REFUSALS = [
    ([1, 2, 3, 4], GOOD[:3], "sizes has 4 numbers, losses 3: as many are wanted"),
    ([1, 2, 3], GOOD[:3], "sizes has 3 different numbers, at least 4 are wanted"),
    ([1, 2, 3, 3], GOOD, "sizes has 3 different numbers, at least 4 are wanted"),
    ([], [], "sizes has 0 different numbers, at least 4 are wanted"),
    ([0, 1, 2, 3], GOOD, "sizes holds 0, finite numbers above 0 are wanted"),
    ([1, 2, 3, math.inf], GOOD, "sizes holds inf, finite numbers above 0 are wanted"),
    ([1, 2, 3, 4], [3.0, 2.0, -0.1, 1.0], "losses holds -0.1, finite numbers above 0 are wanted"),
    ([1, 2, 3, 4], [3.0, math.nan, 2.0, 1.0], "losses holds nan, finite numbers above 0"),
    ([[1, 2, 3, 4]], GOOD, "sizes has shape (1, 4), (n,) is wanted"),
    ([1, 2, 3, 4], [GOOD], "losses has shape (1, 4), (n,) is wanted"),
    ([1, 2, 3, 4], [2, 3, 4, 2], "losses goes from 2 at the smallest size to 2 at the largest, "
     "a lower loss at the largest is wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("sizes", "losses", "message"), REFUSALS)
def test_what_is_refused_and_how(sizes, losses, message):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared
        fit_scaling_law(sizes, losses)
    assert message in str(refused.value)


def test_the_law_refuses_a_size_of_nothing():
    with pytest.raises(ValueError, match="sizes holds 0, finite numbers above 0 are wanted"):
        scaling_law(torch.tensor([1.0, 0.0]), 1.0, 1.0, 0.5)
