"""What every test and doctest shares: the names of the examples, and repeatable properties."""

import gc
import os
import tempfile

import hypothesis
import pytest
import torch

# Property tests draw the same examples on every run, and a slow machine is not a failure.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


# What passes a check in a test is not to land in the mylib of who runs it.
os.environ["UNROLLED_MYLIB"] = os.path.join(tempfile.mkdtemp(prefix="unrolled-"), "mylib")

# Tensors in tests are small: a second thread costs more to wake than it computes.
torch.set_num_threads(int(os.environ.get("UNROLLED_TEST_THREADS", "1")))

# What is imported by now stays, so that nobody need walk through it again and again for garbage: a
# sixth of the time of tests that ask many small questions.
gc.collect()
gc.freeze()
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def doctest_names(doctest_namespace) -> None:
    """Examples in docstrings speak of ``torch`` without importing it each time."""
    doctest_namespace["torch"] = torch
