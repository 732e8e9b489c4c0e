"""One place says where models run and what their random numbers are."""

import contextlib
import os
import random
from collections import namedtuple

import numpy as np
import pytest
import torch

from unrolled import training
from unrolled.training import (
    Randomness,
    deterministic,
    flush_denormals,
    restore_rng,
    rng_state,
    seed_everything,
    to_device,
)


def draws():
    return (
        random.random(),
        np.random.rand(),
        np.random.randn(),
        random.gauss(),
        torch.rand(1).item(),
    )


@pytest.fixture
def machine(monkeypatch):
    """Say which devices this machine is to have, and which one is asked for."""

    def build(cuda, mps, wanted=None):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        if wanted is None:
            monkeypatch.delenv("UNROLLED_DEVICE", raising=False)
        else:
            monkeypatch.setenv("UNROLLED_DEVICE", wanted)
        return training.device

    return build


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted", "given"),
    [
        (False, False, None, "cpu"),
        (False, False, "auto", "cpu"),
        (False, True, None, "mps"),
        (True, True, "auto", "cuda"),
        (True, False, "cpu", "cpu"),
        (True, True, "mps", "mps"),
        (True, True, "cuda", "cuda"),
    ],
)
def test_the_device_is_the_one_asked_for(machine, cuda, mps, wanted, given):
    assert machine(cuda, mps, wanted)() == torch.device(given)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("gpu", "UNROLLED_DEVICE='gpu': auto, cpu, cuda or mps is wanted"),
        ("", "UNROLLED_DEVICE='': auto, cpu, cuda or mps is wanted"),
        ("cuda", "UNROLLED_DEVICE='cuda': no such device here, only cpu, mps"),
    ],
)
def test_a_device_that_is_not_there_is_refused(machine, wanted, message):
    find = machine(False, True, wanted)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared
        find()
    assert str(refused.value) == message


def test_a_batch_moves_as_a_tree():
    pair = namedtuple("pair", ["ids", "name"])
    batch = [torch.ones(2), (torch.ones(3), "a"), {"x": torch.ones(4)}, pair(torch.ones(5), None)]
    moved = to_device(batch, torch.device("meta"))
    assert [t.device.type for t in (moved[0], moved[1][0], moved[2]["x"], moved[3].ids)] == (
        ["meta"] * 4
    )
    assert moved[1][1] == "a"
    assert type(moved[3]) is pair
    assert type(moved) is list
    assert type(moved[1]) is tuple
    assert to_device(batch[0], torch.device("cpu")) is batch[0]


def test_a_seed_reaches_every_source():
    seed_everything(5)
    first = draws()
    assert first == pytest.approx((0.6229016948897019, 0.22199317108973948, *first[2:]))
    seed_everything(5)
    assert draws() == first
    seed_everything(6)
    assert not set(draws()) & set(first)


def test_random_states_come_back():
    seed_everything(0)
    draws()
    state = rng_state()
    first = draws()
    restore_rng(state)
    assert draws() == first


def test_randomness_inside_uses_up_nothing_outside_and_goes_on():
    seed_everything(1)
    expected_inside = [draws(), draws()]
    seed_everything(2)
    expected_outside = [draws(), draws()]
    seed_everything(2)
    own = Randomness(1)
    with own:
        inside = [draws()]
    outside = [draws()]
    with contextlib.suppress(KeyError), own:
        inside.append(draws())
        raise KeyError
    outside.append(draws())
    assert inside == expected_inside
    assert outside == expected_outside


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed={seed}: 0 to 4294967295 is wanted"):
        seed_everything(seed)


def test_the_largest_seed_is_welcome():
    seed_everything(2**32 - 1)
    seed_everything(0)


def test_deterministic_and_back(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    try:
        deterministic()
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
        assert torch.backends.cudnn.benchmark is False
    finally:
        deterministic(False)
    assert not torch.are_deterministic_algorithms_enabled()


def test_tiny_numbers_are_taken_as_zero():
    tiny = torch.tensor([1e-30, 1e-30])
    try:
        if not flush_denormals():
            pytest.skip("this processor cannot")
        assert (tiny * 1e-10).tolist() == [0, 0]
    finally:
        flush_denormals(False)
    assert (tiny * 1e-10).min() > 0


def test_the_states_of_gpus_are_kept_too(monkeypatch):
    """Two pretended GPUs when the state is taken, one when it comes back."""
    given = {}
    states = [torch.tensor([1], dtype=torch.uint8), torch.tensor([2], dtype=torch.uint8)]
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: states)
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", lambda value: given.update(cuda=value))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: states[1])
    monkeypatch.setattr(torch.mps, "set_rng_state", lambda value: given.update(mps=value))
    state = rng_state()
    assert (state["cuda"], state["mps"]) == (states, states[1])
    restore_rng(state)
    assert (given["cuda"], given["mps"]) == (states[:1], states[1])
    given.clear()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    restore_rng(state)
    assert given == {}
