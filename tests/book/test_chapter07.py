"""What chapter 7's modules say of a model is so: whom heads attend to, and what a removal does."""

import json

import pytest
import torch

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/07-multi-head"
RECORD = json.loads((ROOT / "benchmarks/results/chapter07.json").read_text())
characters, round_table, translation = (
    beside(ROOM, name) for name in ("characters", "round_table", "translation")
)


@pytest.fixture(scope="module")
def reader():
    """The kept model, and the ids of our own sentences."""
    model, alphabet = characters.read_weights()
    return model, characters.encode(characters.SENTENCES, alphabet)


def test_reports_are_the_cards_of_both_neighbours():
    seats, everything, reports = round_table.seat_guests(3, torch.Generator().manual_seed(0))
    cards = everything[..., round_table.GUESTS :]
    assert torch.equal(everything[..., : round_table.GUESTS], seats[..., : round_table.GUESTS])
    for guest in range(round_table.GUESTS):
        left, right = (guest - 1) % 8, (guest + 1) % 8
        wanted = torch.cat([cards[:, left], cards[:, right]], dim=-1)
        assert torch.equal(reports[:, guest], wanted)


def test_a_layer_that_says_nothing_leaves_all_unknown():
    model, _ = round_table.train(2, steps=0)
    torch.nn.init.zeros_(model.out_proj.weight)
    torch.nn.init.zeros_(model.out_proj.bias)
    assert round_table.unknown(model) == pytest.approx(1, abs=0.01)


def test_heads_that_attend_to_one_neighbour_alone_are_pure():
    model, _ = round_table.train(2, steps=0)
    seats = torch.eye(8)
    with torch.no_grad():
        for projection in (model.q_proj, model.k_proj):
            projection.bias.zero_()
            projection.weight.zero_()
        # Head 0 of 8 features asks for the guest to the left, head 1 for the one to the right.
        model.q_proj.weight[:8, :8] = 100 * seats.roll(-1, dims=0)
        model.q_proj.weight[8:, :8] = 100 * seats.roll(1, dims=0)
        model.k_proj.weight[:8, :8] = model.k_proj.weight[8:, :8] = seats
    assert torch.allclose(round_table.neighbours(model), torch.eye(2), atol=1e-5)


def test_a_removed_head_leaves_no_trace_and_comes_back(reader):
    model, ids = reader
    with torch.no_grad():
        whole = characters.loss(model, ids).item()
        hook = model.attention.out_proj.register_forward_pre_hook(
            lambda _, inputs: (inputs[0].index_fill(-1, torch.arange(16, 32), 0.0),)
        )
        by_hand = characters.loss(model, ids).item()
        hook.remove()
    assert characters.without(model, (1,), ids) == pytest.approx(by_hand, abs=1e-6)
    assert characters.without(model, (), ids) == whole


def test_a_profile_shares_out_all_of_a_head_s_weight(reader):
    shares = characters.profile(*reader)
    assert shares.shape == (4, len(characters.PLACES))
    assert torch.allclose(shares.sum(dim=1), torch.ones(4), atol=1e-5)
    assert (shares >= 0).all()


def test_equal_parts_of_the_layer_are_compared_over_all_seeds():
    rises = characters.removal(RECORD)
    assert {name: sorted(runs) for name, runs in rises.items()} == {
        "one head": [1, 2, 4, 8, 16],
        "a quarter": [4, 8, 16],
        "a half": [2, 4, 8, 16],
    }
    assert all(len(runs) == 5 for by_heads in rises.values() for runs in by_heads.values())
    assert torch.equal(rises["one head"][4], rises["a quarter"][4])


def test_pairs_that_are_found_were_not_counted():
    text = translation.read(2_000)
    counted, held_out = text.counted(), text.held_out()
    assert held_out
    seen = {tuple(text.english[i]) for i in counted}
    assert not seen & {tuple(text.english[i]) for i in held_out}
