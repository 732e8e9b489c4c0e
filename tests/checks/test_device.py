"""On a GPU the marks are those of the CPU. Runs where there is one."""

import pytest
import torch

from banks import answers, load
from unrolled.checks import examine

ANSWERS = [*answers("right"), *answers("wrong")]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
def test_marks_are_the_same(answer):
    on_cpu, on_gpu = (
        examine(answer.exercise, load(answer), seed=3, device=device) for device in ("cpu", "cuda")
    )
    assert on_gpu.points == on_cpu.points
    assert on_gpu.mistakes == on_cpu.mistakes
