"""Where a model runs and what its random numbers are: decided here and nowhere else."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import torch
from torch import Tensor

from unrolled.arguments import training as arguments
from unrolled.views import views

__all__ = [
    "Randomness", "deterministic", "device", "flush_denormals", "restore_rng", "rng_state",
    "seed_everything", "to_device",
]  # fmt: skip


def device() -> torch.device:
    """Say where models are to run, by the environment variable ``UNROLLED_DEVICE``.

    It is ``auto``, ``cpu``, ``cuda`` or ``mps``. Default: ``auto``, the first of cuda, mps and cpu
    that is there. Which of several GPUs it is, ``CUDA_VISIBLE_DEVICES`` says.

    Returns:
        A torch device.

    Raises:
        ValueError: if the variable has another value, or names a device that is not there.

    >>> import os
    >>> os.environ["UNROLLED_DEVICE"] = "cpu"
    >>> device()
    device(type='cpu')
    >>> del os.environ["UNROLLED_DEVICE"]
    """
    wanted = os.environ.get("UNROLLED_DEVICE", "auto")
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return torch.device(next(name for name, found in there.items() if found))
    if wanted not in there:
        raise ValueError(f"UNROLLED_DEVICE={wanted!r}: auto, cpu, cuda or mps is wanted")
    if not there[wanted]:
        found = ", ".join(sorted(name for name, found in there.items() if found))
        raise ValueError(f"UNROLLED_DEVICE={wanted!r}: no such device here, only {found}")
    return torch.device(wanted)


def to_device(batch: Any, where: torch.device) -> Any:
    """Bring every tensor of a batch to a device; what is not a tensor stays as it is.

    Args:
        batch: a tensor, or tuples, lists and dicts that hold some.
        where: the device.

    Returns:
        The same tree; a tensor that is already there is itself.

    >>> to_device({"ids": torch.ones(2), "name": "a"}, torch.device("cpu"))
    {'ids': tensor([1., 1.]), 'name': 'a'}
    """
    if isinstance(batch, Tensor):
        return batch.to(where)
    if isinstance(batch, dict):
        return {key: to_device(value, where) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(to_device(value, where) for value in batch))
    if isinstance(batch, tuple | list):
        return type(batch)(to_device(value, where) for value in batch)
    return batch


@views(check=arguments.seed_everything)
def seed_everything(seed: int) -> None:
    """Seed every global source of randomness: Python's, NumPy's, and torch's on all devices.

    Args:
        seed: from 0 to 2**32 - 1.

    Raises:
        ValueError: if ``seed`` is outside that range.

    >>> seed_everything(0)
    >>> first = torch.rand(1)
    >>> seed_everything(0)
    >>> torch.equal(first, torch.rand(1))
    True
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def rng_state() -> dict[str, Any]:
    """Return the states of all global sources of randomness, for :func:`restore_rng`.

    Returns:
        Name of the source to its state, made of plain values and tensors.

    >>> sorted(rng_state())[-2:]
    ['python', 'torch']
    """
    kind, keys, *rest = np.random.get_state(legacy=True)
    state = {
        "python": random.getstate(),
        "numpy": (str(kind), keys.tolist(), *rest),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """Put the global sources of randomness back to where they were.

    Args:
        state: from :func:`rng_state`; what came after it comes again. GPUs that it knows and this
            machine lacks are passed over.

    >>> state = rng_state()
    >>> first = torch.rand(1)
    >>> restore_rng(state)
    >>> torch.equal(first, torch.rand(1))
    True
    """
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"][: torch.cuda.device_count()])
    if "mps" in state and torch.backends.mps.is_available():
        torch.mps.set_rng_state(state["mps"])


class Randomness:
    """Random numbers of their own for what runs inside ``with``; outside nothing is used up.

    Each ``with`` block goes on where the last one ended.

    Args:
        seed: from 0 to 2**32 - 1.

    >>> own = Randomness(0)
    >>> with own:
    ...     first = torch.rand(1)
    >>> seed_everything(0)
    >>> torch.equal(first, torch.rand(1))
    True
    """

    def __init__(self, seed: int):
        outside = rng_state()
        seed_everything(seed)
        self._own = rng_state()
        restore_rng(outside)

    def __enter__(self) -> Randomness:
        self._outside = rng_state()
        restore_rng(self._own)
        return self

    def __exit__(self, *exception: object) -> None:
        self._own = rng_state()
        restore_rng(self._outside)


def deterministic(enable: bool = True) -> None:
    """Use only operations that give the same bits each time, or let torch choose the fast ones.

    Costs speed on a GPU and nothing on a CPU, where a run with the same number of threads repeats
    anyway. Call it before the first operation on a GPU: cuBLAS reads its setting once.

    Args:
        enable: True for the same bits; torch then raises a RuntimeError where an operation has no
            such form. Default: True.

    >>> deterministic()
    >>> torch.are_deterministic_algorithms_enabled()
    True
    >>> deterministic(False)
    """
    if enable:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(enable)
    torch.backends.cudnn.benchmark = False


def flush_denormals(enable: bool = True) -> bool:
    """Take numbers too small for full precision as 0 on the CPU.

    In a long recurrent training gates close and states shrink to such numbers (below 1e-38), with
    which processors compute many times slower. Nothing is lost that a result could show.

    Args:
        enable: True to take them as 0. Default: True.

    Returns:
        Whether this processor can.

    >>> if flush_denormals():
    ...     assert torch.tensor(1e-30) * 1e-10 == 0
    >>> _ = flush_denormals(False)
    """
    return torch.set_flush_denormal(enable)
