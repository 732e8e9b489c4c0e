"""On a GPU the marks are those of the CPU. Runs where there is one."""

import pytest
import torch

from banks import answers, load
from unrolled.checks import examine


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_marks_are_the_same():
    for answer in [*answers("right"), *answers("wrong")]:
        on_cpu, on_gpu = (
            examine(answer.exercise, load(answer), seed=3, device=device)
            for device in ("cpu", "cuda")
        )
        assert (on_gpu.points, on_gpu.mistakes) == (on_cpu.points, on_cpu.mistakes), answer.id
