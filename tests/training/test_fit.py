"""The loop: what it does in which order, and that a run which was cut ends as one that was not."""

import math
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from unrolled.parts import use
from unrolled.training import fit, noam_schedule, seed_everything, training_step

WIDTH = 3


class Model(nn.Module):
    """Dropout, which needs the random state, and tied weights, which safetensors refuses."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(WIDTH, WIDTH)
        self.second = nn.Linear(WIDTH, WIDTH)
        self.second.weight = self.first.weight
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.second(self.dropout(self.first(x).tanh()))


def loss(model, x):
    return (model(x) - 1).square().mean()


def shuffled(epoch):
    """Seven batches whose order and content are drawn from all three global generators."""
    for number in torch.randperm(7).tolist():
        scale = random.random() + np.random.rand()
        yield scale * torch.randn(2, WIDTH) + number + epoch


def build(seed=0):
    seed_everything(seed)
    model = Model()
    return model, torch.optim.AdamW(model.parameters(), lr=1e-2)


def train(seed=0, batches=shuffled, **settings):
    model, optimizer = build(seed)
    return fit(model, batches, loss, optimizer, progress=False, **settings)


def assert_same(run, other):
    assert run.losses == other.losses
    assert run.rates == other.rates
    assert run.validations == other.validations
    assert run.best_step == other.best_step
    for ours, theirs in zip(run.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(
        run.optimizer.state.values(), other.optimizer.state.values(), strict=True
    ):
        for name in ours:
            assert torch.equal(ours[name], theirs[name])


class Cut(Exception):
    """The power went."""


def cut_after(step):
    def callback(run):
        if run.step == step:
            raise Cut

    return callback


SETTINGS = dict(
    epochs=3,
    schedule=lambda step: noam_schedule(step, WIDTH, 10) / 10,
    max_norm=0.5,
    validate=lambda model: loss(model, torch.randn(5, WIDTH)).item(),
)


@pytest.fixture(scope="module")
def uncut():
    run = train(**SETTINGS)
    assert run.step == 21
    assert len(set(run.losses)) == 21
    return run


@pytest.mark.parametrize("step", range(1, 22))
def test_a_run_cut_at_any_step_ends_as_the_uncut_one(tmp_path, uncut, step):
    saving = dict(checkpoint=tmp_path, save_every=1, **SETTINGS)
    with pytest.raises(Cut):
        train(**saving, callbacks=[cut_after(step)])  # before this step is saved
    # Other weights and another random state, unless the run was cut before its first save.
    resumed = train(seed=step + 100 if step > 1 else 0, **saving)
    assert_same(resumed, uncut)


def test_a_run_cut_long_after_its_last_save_repeats_the_same_steps(tmp_path, uncut):
    saving = dict(checkpoint=tmp_path, save_every=5, **SETTINGS)
    for seed, step in ((0, 4), (0, 9), (1, 12)):  # nothing is saved at the first cut
        with pytest.raises(Cut):
            train(seed, **saving, callbacks=[cut_after(step)])
    assert_same(train(seed=9, **saving), uncut)


@pytest.mark.parametrize("steps", [1, 6, 7, 8, 14, 20])
def test_a_run_that_ended_goes_on_when_it_is_given_more(tmp_path, uncut, steps):
    first = train(checkpoint=tmp_path, steps=steps, **SETTINGS)
    assert first.step == steps
    assert_same(train(seed=7, checkpoint=tmp_path, **SETTINGS), uncut)


def test_a_finished_run_has_nothing_left_to_do(tmp_path, uncut):
    train(checkpoint=tmp_path, **SETTINGS)
    called = []
    again = train(seed=3, checkpoint=tmp_path, callbacks=[called.append], **SETTINGS)
    assert_same(again, uncut)
    assert called == []


def test_a_data_loader_that_shuffles_is_resumed_in_its_order(tmp_path):
    data = [torch.full((WIDTH,), float(number)) for number in range(10)]

    def loader():
        return DataLoader(data, batch_size=2, shuffle=True)

    whole = train(batches=loader(), epochs=2)
    train(batches=loader(), checkpoint=tmp_path, epochs=2, steps=8)
    assert_same(train(seed=5, batches=loader(), checkpoint=tmp_path, epochs=2), whole)


def test_data_in_another_order_than_before_are_refused(tmp_path):
    def private(seed):
        generator = torch.Generator().manual_seed(seed)
        return lambda epoch: (torch.randn(2, WIDTH, generator=generator) for _ in range(4))

    train(batches=private(0), checkpoint=tmp_path, epochs=2, steps=6)
    with pytest.raises(ValueError, match="batches gives other data in epoch 1 than the saved run"):
        train(batches=private(0), checkpoint=tmp_path, epochs=2)
    with pytest.raises(ValueError, match="batches gives other data in epoch 1 than the saved run"):
        train(batches=[torch.ones(2, WIDTH)], checkpoint=tmp_path, epochs=2)


def test_batches_of_any_make_are_recognised(tmp_path):
    def batches(mark):
        batch = {"x": torch.ones(2, WIDTH), "names": ["a", mark], "n": torch.tensor(3)}
        return [batch, batch, batch]

    def named_loss(model, batch):
        return loss(model, batch["x"])

    def go(mark, steps):
        model, optimizer = build()
        return fit(
            model, batches(mark), named_loss, optimizer, steps=steps, checkpoint=tmp_path,
            progress=False,
        )  # fmt: skip

    go("b", 2)
    with pytest.raises(ValueError, match="batches gives other data"):
        go("c", 3)
    assert go("b", 3).step == 3


def test_fit_is_the_loop_written_by_hand():
    data = [torch.randn(2, WIDTH) + number for number in range(4)]
    run = train(batches=data, epochs=2, max_norm=0.3)
    model, optimizer = build()
    by_hand = [
        training_step(model, batch, loss, optimizer, 0.3) for _ in range(2) for batch in data
    ]
    assert run.losses == by_hand
    assert torch.equal(run.model.first.weight, model.first.weight)


def test_validation_changes_nothing_and_is_of_the_model_in_use():
    seen = []

    def validate(model):
        seen.append((model.training, torch.is_grad_enabled(), torch.rand(1).item()))
        return 1.0

    run = train(epochs=2, validate=validate)
    assert run.losses == train(epochs=2).losses
    assert [mode[:2] for mode in seen] == [(False, False)] * 2
    assert seen[0][2] == seen[1][2]
    assert run.validations == [(7, 1.0), (14, 1.0)]
    assert (run.best_step, run.best, run.stale) == (7, 1.0, 1)
    assert run.best_weights is None
    assert run.model.training


def validations(*values):
    left = iter(values)
    return lambda model: next(left)


def test_the_best_weights_are_kept_and_patience_ends():
    kept = {}

    def remember(run):
        kept[run.step] = run.model.first.weight.detach().clone()

    run = train(
        epochs=9, validate=validations(3, 2, 2.5, 2, 1), validate_every=2, patience=2,
        keep_best=True, callbacks=[remember],
    )  # fmt: skip
    assert run.validations == [(2, 3), (4, 2), (6, 2.5), (8, 2)]
    assert (run.step, run.best_step, run.best) == (8, 4, 2)
    assert torch.equal(run.model.first.weight, kept[4])
    assert not torch.equal(run.model.first.weight, kept[8])


def test_a_run_out_of_patience_stays_stopped_and_keeps_its_best_through_a_checkpoint(tmp_path):
    settings = dict(epochs=9, validate_every=2, patience=2, keep_best=True, checkpoint=tmp_path)
    first = train(validate=validations(1, 2, 2), **settings)
    again = train(seed=1, validate=validations(), **settings)
    assert again.step == first.step == 6
    assert torch.equal(again.model.first.weight, first.model.first.weight)
    longer = train(seed=1, validate=validations(3, 3), **settings | {"patience": 4})
    assert longer.validations[3:] == [(8, 3), (10, 3)]
    whole = train(validate=validations(1, 2, 2, 3, 3), epochs=9, validate_every=2, patience=4)
    assert longer.losses == whole.losses  # it went on from its last weights, not from its best


def test_without_keep_best_the_last_weights_stay():
    run = train(epochs=2, validate=validations(1, 2))
    assert torch.equal(run.model.first.weight, train(epochs=2).model.first.weight)


def test_callbacks_see_every_step_and_may_stop():
    seen = []

    def look(run):
        seen.append((run.step, run.epoch, run.batch, run.losses[-1], run.rates[-1]))
        assert run.model.first.weight.grad.norm() > 0
        run.stop = run.step == 9

    run = train(epochs=5, callbacks=[look, lambda run: None])
    assert [entry[0] for entry in seen] == list(range(1, 10))
    assert seen[7][1:3] == (1, 1)
    assert [entry[3] for entry in seen] == run.losses
    assert run.rates == [1e-2] * 9


def test_the_schedule_sets_the_rate_of_every_group():
    model, _ = build()
    optimizer = torch.optim.SGD(
        [{"params": [model.first.weight]}, {"params": [model.first.bias], "lr": 7.0}], lr=5.0
    )
    rates = []
    run = fit(
        model, shuffled, loss, optimizer, steps=3, schedule=lambda step: 0.1 / step, progress=False,
        callbacks=[lambda run: rates.append([group["lr"] for group in run.optimizer.param_groups])],
    )  # fmt: skip
    assert rates == [[0.1, 0.1], [0.05, 0.05], [0.1 / 3, 0.1 / 3]]
    assert run.rates == [0.1, 0.05, 0.1 / 3]


def test_whichever_comes_first_ends_the_run():
    assert train(epochs=1, steps=99).step == 7
    assert train(epochs=99, steps=5).step == 5
    assert train(steps=17).epoch == 2


def test_mixed_precision_computes_in_bfloat16_and_keeps_float32():
    types = []

    def typed_loss(model, x):
        types.append(model.first(x).dtype)
        return loss(model, x)

    model, optimizer = build()
    run = fit(model, shuffled, typed_loss, optimizer, steps=2, precision="bfloat16", progress=False)
    assert types == [torch.bfloat16] * 2
    assert model.first.weight.dtype == model.first.weight.grad.dtype == torch.float32
    plain = train(steps=2)
    assert run.losses != plain.losses
    assert run.losses == pytest.approx(plain.losses, rel=0.05)


def test_a_learner_s_own_step_can_stand_in_the_loop():
    calls = []

    def mine(*arguments):
        calls.append(len(arguments))
        return training_step(*arguments)

    with use({"training_step": mine}):
        run = train(steps=3)
    assert calls == [5, 5, 5]
    assert run.losses == train(steps=3).losses


def test_the_bar_shows_steps_and_loss(capsys):
    model, optimizer = build()
    run = fit(model, shuffled, loss, optimizer, steps=3)
    out, err = capsys.readouterr()
    assert "3/3" in out
    assert f"loss={run.losses[-1]:.4f}" in out
    assert err == ""  # where a notebook would count it as a failure


def test_no_bar_where_none_is_wanted(capsys):
    train(steps=2)
    assert capsys.readouterr() == ("", "")


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_saved(tmp_path):
    def batches(epoch):
        yield torch.ones(2, WIDTH)
        yield torch.full((2, WIDTH), math.nan)

    with pytest.raises(FloatingPointError, match="the loss of step 2 is nan"):
        train(batches=batches, steps=4, checkpoint=tmp_path, save_every=1)
    resumed = train(batches=lambda epoch: [torch.ones(2, WIDTH)] * 2, steps=2, checkpoint=tmp_path)
    assert len(resumed.losses) == 2
    with pytest.raises(FloatingPointError, match="the validation after step 7 is inf"):
        train(epochs=1, validate=lambda model: math.inf)


def test_the_default_is_to_save_every_thousand_steps(tmp_path):
    saved = []

    def look(run):
        saved.append((tmp_path / "state.json").exists())

    model = nn.Linear(1, 1)
    data = [torch.ones(1, 1)]
    fit(
        model, data, loss, torch.optim.SGD(model.parameters(), 0.0), steps=1002, progress=False,
        checkpoint=tmp_path, callbacks=[look],
    )  # fmt: skip
    assert saved.index(True) == 1000


LAYER = nn.Linear(1, 1)
SGD = torch.optim.SGD(LAYER.parameters(), lr=0.1)
REFUSALS = [
    (dict(batches=3), TypeError,
     "batches is a int, an iterable or a function of the epoch is wanted"),
    (dict(batches=[]), ValueError, "batches gave nothing in epoch 0, at least one is wanted"),
    (dict(batches=iter([torch.ones(1, 1)])), ValueError, "batches gave nothing in epoch 1"),
    (dict(loss=None), TypeError, "loss is a NoneType, a function(model, batch) is wanted"),
    (dict(model=nn.ReLU()), ValueError, "model is a ReLU without parameters to train"),
    (dict(epochs=None), ValueError, "epochs and steps are both None, at least one is wanted"),
    (dict(epochs=0), ValueError, "epochs=0: at least 1 is wanted"),
    (dict(steps=0), ValueError, "steps=0: at least 1 is wanted"),
    (dict(save_every=0), ValueError, "save_every=0: at least 1 is wanted"),
    (dict(validate=len, validate_every=0), ValueError, "validate_every=0: at least 1 is wanted"),
    (dict(validate=len, patience=0), ValueError, "patience=0: at least 1 is wanted"),
    (dict(patience=1), ValueError, "validate is None, but validate_every, patience or keep_best"),
    (dict(validate_every=1), ValueError, "validate is None, but validate_every"),
    (dict(keep_best=True), ValueError, "validate is None, but validate_every"),
    (dict(max_norm=0), ValueError, "max_norm=0: a number above 0 is wanted"),
    (dict(schedule=0.1), TypeError, "schedule is a float, a function is wanted"),
    (dict(validate=0.1), TypeError, "validate is a float, a function is wanted"),
    (dict(callbacks=[print, 1]), TypeError, "callbacks[1] is a int, a function is wanted"),
    (dict(precision="float16"), ValueError,
     "precision='float16': one of float32, bfloat16 is wanted"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "exception", "message"), REFUSALS, ids=lambda value: "")
def test_what_is_refused_and_how(changed, exception, message):
    settings = dict(
        model=LAYER, batches=[torch.ones(1, 1)], loss=loss, optimizer=SGD, epochs=2, progress=False
    )
    with pytest.raises(exception) as refused:
        fit(**settings | changed)
    assert message in str(refused.value)
