"""Checkpoints: all that a run needs to go on as if it had never stopped.

A checkpoint is a folder with ``state.json`` (step, losses, random states, the optimiser's numbers)
and one ``tensors-....safetensors`` that it names with its SHA-256. The tensors are written first,
under a new name; then ``state.json`` is replaced in one move. Whenever the power goes, the folder
holds one whole checkpoint. Nothing in it is code: no pickle.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from unrolled.training.device import restore_rng, rng_state

__all__ = ["has_checkpoint", "load_checkpoint", "save_checkpoint", "weights"]

STATE = "state.json"
FORMAT = 1


def weights(model: nn.Module) -> dict[str, Tensor]:
    """Return copies of a model's weights by name, each tied weight once under its first name.

    Args:
        model: any module.

    Returns:
        Name to a tensor on the CPU that nothing else changes.

    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2, bias=False))
    >>> model[1].weight = model[0].weight
    >>> list(weights(model))
    ['0.weight', '0.bias']
    """
    state = model.state_dict(keep_vars=True)
    firsts = {first: state[first] for first in _first_names(state).values()}
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in firsts.items()}


def _first_names(state: dict[str, Tensor]) -> dict[str, str]:
    """Name of each weight to the first name of the same tensor."""
    first: dict[int, str] = {}
    return {name: first.setdefault(id(tensor), name) for name, tensor in state.items()}


def load(model: nn.Module, saved: dict[str, Tensor]) -> None:
    """Put back what :func:`weights` returned, strictly; nothing changes unless all of it fits."""
    state = model.state_dict(keep_vars=True)
    firsts = _first_names(state)
    wanted = dict.fromkeys(firsts.values())
    missing = [name for name in wanted if name not in saved]
    unexpected = [name for name in saved if name not in wanted]
    if missing or unexpected:
        raise ValueError(
            f"the checkpoint does not fit {type(model).__name__}: "
            f"missing keys {missing or 'none'}, unexpected keys {unexpected or 'none'}"
        )
    for name in wanted:
        given, own = saved[name], state[name]
        if (given.shape, given.dtype) != (own.shape, own.dtype):
            raise ValueError(
                f"the checkpoint's {name!r} is {given.dtype} {tuple(given.shape)}, "
                f"{own.dtype} {tuple(own.shape)} is wanted"
            )
    model.load_state_dict({name: saved[first] for name, first in firsts.items()})


def has_checkpoint(folder: str | Path) -> bool:
    """Say whether a folder holds a checkpoint.

    Args:
        folder: where one may have been saved.

    Returns:
        True if there is one, whole or damaged.

    >>> has_checkpoint("nowhere")
    False
    """
    return (Path(folder) / STATE).exists()


def save_checkpoint(
    folder: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: dict[str, Any]
) -> None:
    """Write weights, optimiser, random states and a run's own numbers, replacing what was there.

    Args:
        folder: made if it does not exist.
        model: whose weights are saved; tied weights are saved once.
        optimizer: its state and its hyperparameters.
        progress: what else is to be kept; must have ``"step"``. Numbers, strings, None, tensors,
            and lists, tuples and dicts of these.

    Raises:
        TypeError: if ``progress`` holds anything else.

    >>> import tempfile
    >>> model = torch.nn.Linear(2, 1)
    >>> sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(folder, model, sgd, {"step": 7})
    ...     load_checkpoint(folder, model, sgd)
    {'step': 7}
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model/{name}": tensor for name, tensor in weights(model).items()}
    tree = {"progress": progress, "optimizer": optimizer.state_dict(), "random": rng_state()}
    plain = _pack(tree, "", tensors)
    data = safetensors.torch.save({name: t.contiguous() for name, t in tensors.items()})
    digest = hashlib.sha256(data).hexdigest()
    name = f"tensors-{progress['step']:08d}-{digest[:8]}.safetensors"
    content = {"format": FORMAT, "tensors": name, "sha256": digest, "state": plain}
    text = json.dumps(content, allow_nan=False)
    whole = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": content}
    _write(folder / name, data)
    _write(folder / STATE, json.dumps(whole, allow_nan=False).encode())
    for old in folder.glob("tensors-*.safetensors"):
        if old.name != name:
            old.unlink()


def load_checkpoint(
    folder: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    """Put a run back to where it was saved: weights, optimiser, random states.

    Args:
        folder: where :func:`save_checkpoint` wrote.
        model: built as the saved one was.
        optimizer: made over the same parameters in the same order.

    Returns:
        ``progress``, as it was saved.

    Raises:
        FileNotFoundError: if there is no checkpoint.
        ValueError: if a file is damaged or the checkpoint does not fit. Nothing is changed then.

    >>> model = torch.nn.Linear(2, 1)
    >>> load_checkpoint("nowhere", model, torch.optim.SGD(model.parameters(), lr=0.1))
    Traceback (most recent call last):
    FileNotFoundError: nowhere holds no checkpoint (state.json is missing)
    """
    tree, saved = _read(Path(folder))
    sizes = [len(group["params"]) for group in optimizer.param_groups]
    given = [len(group["params"]) for group in tree["optimizer"]["param_groups"]]
    if sizes != given:
        raise ValueError(
            f"the checkpoint's optimizer has parameter groups of {given} tensors, {sizes} is wanted"
        )
    load(model, {n.removeprefix("model/"): t for n, t in saved.items() if n.startswith("model/")})
    optimizer.load_state_dict(tree["optimizer"])
    restore_rng(tree["random"])
    return tree["progress"]


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the saved tree and all tensors, after both files have been verified."""
    path = folder / STATE
    if not path.exists():
        raise FileNotFoundError(f"{folder} holds no checkpoint ({STATE} is missing)")
    try:
        whole = json.loads(path.read_bytes())
        content, wanted = whole["content"], whole["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged: it cannot be read as a checkpoint") from error
    _verify(path, json.dumps(content, allow_nan=False).encode(), wanted)
    if content["format"] != FORMAT:
        raise ValueError(f"{path} has format {content['format']}, {FORMAT} is wanted")
    tensors = folder / content["tensors"]
    if not tensors.exists():
        raise ValueError(f"{path} is damaged: {tensors.name}, which it names, is missing")
    data = tensors.read_bytes()
    _verify(tensors, data, content["sha256"])
    loaded = safetensors.torch.load(data)
    return _unpack(content["state"], loaded), loaded


def _verify(path: Path, data: bytes, wanted: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise ValueError(f"{path} is damaged: its SHA-256 is {found}, {wanted} is wanted")


def _write(path: Path, data: bytes) -> None:
    """Write a whole file or none: beside it first, on the disk, then into place."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def _pack(tree: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """Turn a tree into JSON that says what is a tuple, and put its tensors aside by path."""
    if isinstance(tree, Tensor):
        tensors[path] = tree.detach().to("cpu", copy=True)
        return {"tensor": path}
    if isinstance(tree, dict):
        return {"dict": [[k, _pack(v, f"{path}/{k}", tensors)] for k, v in tree.items()]}
    if isinstance(tree, tuple | list):
        kind = "tuple" if isinstance(tree, tuple) else "list"
        if all(type(item) in (int, float) for item in tree):
            return {kind: list(tree)}  # a run has many losses: no call for each
        return {kind: [_pack(item, f"{path}/{i}", tensors) for i, item in enumerate(tree)]}
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    raise TypeError(
        f"{path.lstrip('/')} is a {type(tree).__name__}, which a checkpoint cannot hold"
    )


def _unpack(plain: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(plain, dict):
        return plain
    if "tensor" in plain:
        return tensors[plain["tensor"]]
    if "dict" in plain:
        return {key: _unpack(value, tensors) for key, value in plain["dict"]}
    kind, items = next(iter(plain.items()))
    values = [_unpack(item, tensors) for item in items]
    return tuple(values) if kind == "tuple" else values
