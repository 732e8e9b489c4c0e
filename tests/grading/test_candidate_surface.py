"""Every dummy exercise through the real sandbox: what a probe can ask, it can ask there."""

import pytest

from candidate.dummies import DUMMIES
from candidate.equal import equal
from unrolled.candidate.handles import Candidate


@pytest.mark.sandbox
@pytest.mark.parametrize("name", DUMMIES)
def test_in_the_sandbox(worker, name):
    dummy = DUMMIES[name]
    with worker.question() as question:
        question.run_cell(dummy.source)
        assert equal(dummy.ask(Candidate(question, "answer")), dummy.wanted)
