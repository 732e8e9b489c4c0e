"""Learning rates by their formulas, the clip against torch's, the step against the same by hand."""

import math

import pytest
import torch
from torch import nn

from agreement import alike, in_both_precisions
from unrolled.training import clip_gradients, cosine_schedule, noam_schedule, training_step


def test_noam_schedule_is_equation_3():
    for step in (1, 2, 15, 16, 17, 1000):
        expected = 512**-0.5 * min(step**-0.5, step * 16**-1.5)
        assert noam_schedule(step, 512, 16) == pytest.approx(expected, rel=1e-14)


def test_noam_schedule_at_the_paper_s_numbers():
    assert noam_schedule(4000, d_model=512) == pytest.approx(1 / math.sqrt(512 * 4000))
    assert noam_schedule(1, 512) == pytest.approx(noam_schedule(4000, 512) / 4000)
    assert noam_schedule(16000, 512) == pytest.approx(noam_schedule(4000, 512) / 2)


def test_noam_schedule_never_wastes_an_update():
    assert noam_schedule(1, 1, 1) == 1.0
    rates = [noam_schedule(step, 8, 5) for step in range(1, 20)]
    assert min(rates) > 0
    assert rates.index(max(rates)) + 1 == 5


def test_cosine_schedule_equals_torch_without_warm_up():
    parameter = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.3)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=11, eta_min=0.02)
    for step in range(1, 12):
        optimizer.step()
        theirs.step()
        ours = cosine_schedule(step, total=11, peak=0.3, floor=0.02)
        assert ours == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)


def test_cosine_schedule_rises_falls_and_stays():
    rates = [cosine_schedule(step, 12, 4, peak=2.0, floor=0.5) for step in range(1, 15)]
    assert rates[:4] == [0.5, 1.0, 1.5, 2.0]
    assert rates[7] == pytest.approx(1.25)  # half way down
    assert rates[5] == pytest.approx(0.5 + 0.75 * (1 + math.cos(math.pi / 4)))
    assert rates[11:] == pytest.approx([0.5, 0.5, 0.5])


def test_cosine_schedule_s_defaults():
    assert cosine_schedule(1, 2) == pytest.approx(0.5e-3)
    assert cosine_schedule(2, 2) == pytest.approx(0.0)
    assert cosine_schedule(1, 2, warmup=1) == 1e-3


@pytest.mark.parametrize(
    "clip", [clip_gradients, clip_gradients.__wrapped__], ids=["fast", "readable"]
)
@in_both_precisions
@pytest.mark.parametrize("max_norm", [0.5, 1e-3, 1e3])
def test_clipping_equals_torch(clip, dtype, close, max_norm):
    torch.manual_seed(0)
    ours = [nn.Parameter(torch.zeros(shape, dtype=dtype)) for shape in ((3, 5), (7,), (), (2,))]
    for parameter in ours[:3]:  # the last has no gradient
        parameter.grad = alike(parameter)
    theirs = [nn.Parameter(parameter.detach()) for parameter in ours]
    for our, their in zip(ours[:3], theirs, strict=False):
        their.grad = our.grad.clone()
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    norm = clip(iter(ours), max_norm)
    close(norm, expected)
    assert ours[3].grad is None
    for our, their in zip(ours[:3], theirs, strict=False):
        close(our.grad, their.grad)


@pytest.mark.parametrize(
    "clip", [clip_gradients, clip_gradients.__wrapped__], ids=["fast", "readable"]
)
def test_clipping_shortens_and_never_stretches(clip):
    weight = nn.Parameter(torch.zeros(2, dtype=torch.float64))
    weight.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    gradient = weight.grad
    assert clip([weight], 10.0).item() == 5.0
    assert weight.grad.tolist() == [3.0, 4.0]
    assert clip([weight], 1.0).item() == 5.0
    assert weight.grad.norm().item() == pytest.approx(5 / (5 + 1e-6), abs=1e-12)
    assert weight.grad is gradient
    assert clip([nn.Parameter(torch.zeros(2))], 1.0).item() == 0.0


class Doubled(nn.Module):
    """One weight whose loss and gradient are known, and dropout that shows the mode."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(3.0, dtype=torch.float64))
        self.modes = []

    def forward(self, x):
        self.modes.append(self.training)
        return self.weight * x


def squared(model, batch):
    return model(batch).square()


def step(model, optimizer, max_norm=None, x=2.0):
    return training_step(model, torch.tensor(x, dtype=torch.float64), squared, optimizer, max_norm)


def test_a_training_step_is_descent_along_a_fresh_gradient():
    model = Doubled()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    value = step(model, optimizer)
    assert type(value) is float
    assert value == 36.0
    assert model.weight.item() == pytest.approx(3 - 0.01 * 24)  # d(2w)^2/dw = 8w
    before = model.weight.item()
    step(model, optimizer)
    assert model.weight.item() == pytest.approx(before - 0.01 * 8 * before)  # nothing added up
    assert model.weight.grad.item() == pytest.approx(8 * before)


def test_a_training_step_clips_between_backward_and_update():
    model = Doubled()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    assert step(model, optimizer, max_norm=2.0) == 36.0
    assert model.weight.item() == pytest.approx(3 - 0.01 * 2, abs=1e-8)
    assert model.weight.grad.item() == pytest.approx(2, abs=1e-6)


def test_a_training_step_trains():
    model = Doubled().eval()
    step(model, torch.optim.SGD(model.parameters(), lr=0.01))
    assert model.modes == [True]
    assert model.training


MODEL = nn.Linear(1, 1)
SGD = torch.optim.SGD(MODEL.parameters(), lr=0.1)
REFUSALS = [
    (lambda: noam_schedule(0, 8), ValueError, "step=0: at least 1 is wanted"),
    (lambda: noam_schedule(1, 0), ValueError, "d_model=0: at least 1 is wanted"),
    (lambda: noam_schedule(1, 8, 0), ValueError, "warmup=0: at least 1 is wanted"),
    (lambda: cosine_schedule(0, 9), ValueError, "step=0: at least 1 is wanted"),
    (lambda: cosine_schedule(1, 9, -1), ValueError, "warmup=-1, total=9: 0 <= warmup < total"),
    (lambda: cosine_schedule(1, 9, 9), ValueError, "warmup=9, total=9: 0 <= warmup < total"),
    (lambda: cosine_schedule(1, 9, peak=0.0), ValueError, "peak=0.0, floor=0.0: 0 <= floor"),
    (lambda: cosine_schedule(1, 9, floor=-1.0), ValueError, "floor=-1.0: 0 <= floor <= peak"),
    (lambda: cosine_schedule(1, 9, peak=1.0, floor=1.1), ValueError, "peak=1.0, floor=1.1"),
    (lambda: clip_gradients([], 0.0), ValueError, "max_norm=0.0: a number above 0 is wanted"),
    (lambda: clip_gradients([], math.nan), ValueError, "max_norm=nan: a number above 0 is wanted"),
    (lambda: training_step(squared, 0, squared, SGD), TypeError,
     "model is a function, an nn.Module is wanted"),
    (lambda: training_step(MODEL, 0, 1.0, SGD), TypeError,
     "loss is a float, a function(model, batch) is wanted"),
    (lambda: training_step(MODEL, 0, squared, 0.1), TypeError,
     "optimizer is a float, a torch optimizer is wanted"),
    (lambda: training_step(MODEL, 0, squared, SGD, 0.0), ValueError,
     "max_norm=0.0: a number above 0 is wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "exception", "message"), REFUSALS, ids=lambda value: "")
def test_what_is_refused_and_how(call, exception, message):
    with pytest.raises(exception) as refused:
        call()
    assert message in str(refused.value)


def test_a_floor_at_the_peak_is_a_constant():
    assert [cosine_schedule(step, 3, 0, 1.0, 1.0) for step in (1, 2, 3)] == [1.0, 1.0, 1.0]
