"""What the comparisons with Hugging Face's models share."""

import pytest
import torch


@pytest.fixture(autouse=True)
def softmax_in_float64(monkeypatch):
    """Their explicit attention takes its softmax in float32 in any model: that cast is lifted."""
    softmax = torch.nn.functional.softmax

    def kept(x, dim, dtype=None):
        return softmax(x, dim, dtype=None if x.dtype == torch.float64 else dtype)

    monkeypatch.setattr(torch.nn.functional, "softmax", kept)
