"""Chapter 8's modules: one reader told its positions in five ways, and what is asked of it."""

import math

import pytest
import torch
import torch.nn.functional as F

from unrolled.data import tinyworld

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/08-positions"
models, texts, echo, probe = (beside(ROOM, name) for name in ("models", "texts", "echo", "probe"))


def reader(kind, **sizes):
    torch.manual_seed(0)
    return models.Reader(kind, 11, 7, d_model=16, n_heads=2, **sizes).double().eval()


@pytest.mark.parametrize("kind", models.KINDS)
def test_no_position_sees_a_later_one(kind):
    model, ids = reader(kind), torch.randint(11, (2, 9), generator=torch.Generator().manual_seed(1))
    changed = ids.clone()
    changed[:, 6:] = (changed[:, 6:] + 1) % 11
    before, after = model(ids), model(changed)
    assert before.shape == (2, 9, 7)
    torch.testing.assert_close(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


@pytest.mark.parametrize("kind", models.KINDS)
def test_all_but_one_kind_know_the_order_without_a_mask(kind):
    model = reader(kind, causal=False, n_layers=1)
    ids = torch.tensor([[1, 2, 3, 4]])
    exchanged = torch.tensor([[2, 1, 3, 4]])
    same = torch.allclose(model(ids)[:, -1], model(exchanged)[:, -1])
    assert same == (kind == "none")


@pytest.mark.parametrize(("n_layers", "leaks"), [(1, False), (2, True)])
def test_order_leaks_through_a_causal_mask_from_the_second_layer_on(n_layers, leaks):
    model = reader("none", n_layers=n_layers)
    one, other = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[2, 1, 3, 4]])
    assert torch.allclose(model(one)[:, -1], model(other)[:, -1]) != leaks


@pytest.mark.parametrize("kind", models.KINDS)
def test_only_what_is_added_depends_on_where_a_window_begins(kind):
    model, ids = reader(kind), torch.arange(5)[None]
    assert torch.allclose(model(ids), model(ids, start=7)) != (kind in models.TABLES)


def test_the_five_differ_in_a_learned_table_at_most():
    sizes = {kind: sum(p.numel() for p in reader(kind).parameters()) for kind in models.KINDS}
    assert sizes.pop("learned") - 64 * 16 == sizes["none"]
    assert len(set(sizes.values())) == 1


def test_the_loss_by_position_is_that_of_windows_side_by_side():
    torch.manual_seed(2)
    model = models.Reader("rotary", 5, 5, d_model=8, n_heads=2).eval()
    ids = torch.randint(5, (3 * texts.BEYOND + 1,))
    losses = texts.loss_by_position(model, ids, 128)
    windows = torch.stack([ids[i : i + 129] for i in range(0, 3 * texts.BEYOND, 128)])
    with torch.no_grad():
        scores = model(windows[:, :-1])
    wanted = F.cross_entropy(scores[:, 70], windows[:, 71])
    assert losses.shape == (128,)
    assert losses[70].item() == pytest.approx(wanted.item(), abs=1e-5)


def test_the_surprise_at_a_sentence_ends_with_its_end_and_skips_padding():
    rows = [s.english for s in tinyworld.generate(6, seed=3)]
    V = len(tinyworld.vocabulary("english"))
    found = texts.surprise(lambda ids: torch.zeros(*ids.shape, V), rows)
    wanted = [(len(row) + 1) * math.log(V) for row in rows]
    assert found.tolist() == pytest.approx(wanted, rel=1e-5)


def test_windows_are_the_same_for_every_kind_and_begin_where_the_plan_says():
    ids = torch.arange(1000)
    plan = texts.Plan(0.01, steps=40, batch=3, furthest=192)
    one, other = (list(texts.windows(ids, plan, seed=5)) for _ in range(2))
    for (a, start), (b, same) in zip(one, other, strict=True):
        assert torch.equal(a, b)
        assert start == same
        assert a.shape == (3, texts.CONTEXT + 1)
        assert (a.diff(dim=1) == 1).all()
    starts = {start for _, start in one}
    assert max(starts) <= 192
    assert max(starts) > 64
    assert len(starts) > 10


def test_questions_are_fresh_and_of_all_lengths():
    asked = echo.questions("echo", seed=0, steps=60, batch=4)
    assert {names.size(1) - 1 for names, _, _ in asked} == set(range(2, echo.LONGEST + 1))
    assert all(torch.equal(answers, numbers[:, -2]) for _, numbers, answers in asked)


def test_a_probe_finds_a_position_that_is_there_and_none_that_is_not():
    torch.manual_seed(4)
    noise = torch.randn(40, texts.CONTEXT, 6)
    assert probe._explained(noise) < 0.05
    noise[:, :, 2] += torch.arange(texts.CONTEXT)
    assert probe._explained(noise) > 0.95
