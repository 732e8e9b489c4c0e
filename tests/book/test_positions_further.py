"""Chapter 8's second page: readers that are read in another way, and what is inside them."""

import pytest
import torch
import torch.nn.functional as F

from unrolled.positions import RotaryAttention

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/08-positions"
models, reach, looks = (beside(ROOM, name) for name in ("models", "reach", "looks"))


def reader(kind):
    torch.manual_seed(0)
    sizes = {"d_model": 16, "n_heads": 2, "max_len": reach.BEYOND}
    return models.Reader(kind, 11, 11, **sizes).eval()


@pytest.fixture
def ids():
    return torch.randint(11, (2, 100), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", models.KINDS)
def test_read_as_it_was_trained_a_reader_says_what_it_says(kind, ids):
    model = reader(kind)
    torch.testing.assert_close(reach.scores(model, ids), model(ids))


@pytest.mark.parametrize(("kind", "same"), [("rotary", True), ("alibi", True), ("learned", False)])
def test_what_is_relative_does_not_know_where_a_window_begins(kind, same, ids):
    model = reader(kind)
    one, other = reach.scores(model, ids), reach.scores(model, ids, start=50)
    assert torch.allclose(one, other, atol=1e-5) == same


def test_a_shorter_sight_hides_what_is_further_back(ids):
    model, changed = reader("rotary"), ids.clone()
    changed[:, 0] = (ids[:, 0] + 1) % 11
    gap = (reach.scores(model, ids, sight=8) - reach.scores(model, changed, sight=8)).abs()
    gap = gap.amax(dim=(0, 2))  # (T,): two layers reach 7 back each
    assert (gap[:15] > 0).all()
    assert gap[15:].max() == 0
    assert reach.near(5, 2).sum(dim=1).tolist() == [1, 2, 2, 2, 2]


def test_squeezed_four_positions_are_one():
    torch.manual_seed(0)
    layer, other = reach.SqueezedAttention(8, 1).eval(), RotaryAttention(8, 1).eval()
    other.load_state_dict(layer.state_dict())
    x = torch.randn(1, 1, 8)
    with torch.no_grad():
        far = layer(x.expand(1, 5, 8), need_weights=True)[1][0, 0, 4]  # (5,)
        near = other(x.expand(1, 2, 8), need_weights=True)[1][0, 0, 1]  # (2,)
    assert (far[0] / far[4]).item() == pytest.approx((near[0] / near[1]).item(), rel=1e-5)


def test_the_same_characters_are_scored_however_much_is_read():
    ids = torch.arange(2 * reach.BEYOND + 1) % 11

    def knows(x):  # what comes next is one more
        return 50.0 * F.one_hot((x + 1) % 11, 11).float()

    def late(x):  # right at the last character alone
        return torch.cat([0 * knows(x)[:, :-1], knows(x)[:, -1:]], dim=1)

    for seen in (reach.CONTEXT, reach.BEYOND):
        assert reach.last_loss(knows, ids, seen) == pytest.approx(0, abs=1e-5)
        wanted = (1 - 1 / reach.CONTEXT) * torch.tensor(11.0).log().item()
        assert reach.last_loss(late, ids, seen) == pytest.approx(wanted, rel=1e-5)


def test_hands_that_came_round_may_go_on_and_others_not():
    assert reach.beyond_shown() == 8  # of 12: the first four make a turn within 64 characters
    assert reach.beyond_shown(squeezed=True) == 0
    assert reach.beyond_shown(base=4.6e4) == 7  # all of them but the slowest
    assert reach.beyond_shown(base=1e6) == 0


def test_directions_hold_the_share_that_is_asked():
    torch.manual_seed(0)
    rows = torch.randn(50, 2) @ torch.randn(2, 9) + 1e-3 * torch.randn(50, 9)
    found = looks.directions(rows)
    assert len(found) <= 2
    torch.testing.assert_close(found @ found.T, torch.eye(len(found)))
    assert len(looks.directions(torch.eye(9).repeat(3, 1), share=0.95)) == 8
