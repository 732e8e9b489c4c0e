"""Questions on names with numbers: what is asked, what is right, and what is refused."""

import pytest
import torch

from unrolled.data.recall import N_NAMES, N_NUMBERS, QUESTION, draw


@pytest.mark.parametrize("n_pairs", [1, 5, N_NAMES])
@pytest.mark.parametrize("task", ["recall", "echo"])
def test_the_answer_is_the_number_that_the_task_asks_for(task, n_pairs):
    names, numbers, answers, back = draw(task, 64, n_pairs, torch.Generator().manual_seed(3))
    assert names.shape == numbers.shape == (64, n_pairs + 1)
    assert (numbers[:, -1] == QUESTION).all()
    assert (numbers[:, :-1] < N_NUMBERS).all()
    for name, number, answer, distance in zip(names, numbers, answers, back, strict=True):
        heard = name[:-1].tolist()
        assert len(set(heard)) == n_pairs
        place = heard.index(name[-1].item())
        assert n_pairs - place == distance
        assert answer == number[place if task == "recall" else -2]


def test_the_same_seed_draws_the_same_questions():
    twice = [draw("echo", 3, 4, torch.Generator().manual_seed(7)) for _ in range(2)]
    assert all(torch.equal(a, b) for a, b in zip(*twice, strict=True))


@pytest.mark.parametrize(
    ("task", "n_pairs", "named"), [("count", 3, "task"), ("echo", 0, "n_pairs"), ("echo", 33, "33")]
)
def test_what_is_out_of_range_is_named(task, n_pairs, named):
    with pytest.raises(ValueError, match=named):
        draw(task, 2, n_pairs, torch.Generator())
