"""Weights by their name on the Hugging Face hub, or in a folder that holds the same files.

Only safetensors are read: the older ``pytorch_model.bin`` is a pickle, which runs what it contains.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from unrolled.pretrained.errors import WeightsDamaged, WeightsUnavailable

__all__ = ["read_json", "read_weights", "snapshot"]

FILES = (
    "config.json", "model*.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
)  # fmt: skip


def snapshot(name: str) -> Path:
    """Return a folder with a model's files.

    Args:
        name: a folder, or a name on the hub, such as ``"gpt2"``; downloaded once and kept in the
            hub's own cache.

    Returns:
        The folder.

    Raises:
        WeightsUnavailable: if it is no folder and cannot be downloaded.
    """
    if Path(name).is_dir():
        return Path(name)
    try:
        import huggingface_hub
    except ImportError:
        raise WeightsUnavailable(
            f"{name!r} is no folder, and names on the hub need the package huggingface_hub"
        ) from None
    try:
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=list(FILES)))
    except Exception as error:  # no network, no such name: errors of several libraries
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise WeightsUnavailable(
            f"{name!r} is no folder and could not be had from the hub ({reason})"
        ) from error


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of every ``model*.safetensors`` in a folder.

    Args:
        folder: as :func:`snapshot` gives it.

    Returns:
        The tensors by their names.

    Raises:
        WeightsUnavailable: if there is no such file.
        WeightsDamaged: if one is truncated or otherwise not in its format.
    """
    paths = sorted(folder.glob("model*.safetensors"))
    if not paths:
        raise WeightsUnavailable(
            f"{folder} has no model.safetensors; pickles such as pytorch_model.bin are not opened"
        )
    state: dict[str, Tensor] = {}
    for path in paths:
        try:
            state |= safetensors.torch.load_file(path)
        except safetensors.SafetensorError as error:
            raise WeightsDamaged(f"{path} is damaged: {error}") from error
    return state


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Args:
        path: the file.

    Returns:
        Its content.

    Raises:
        WeightsUnavailable: if it is not there.
        WeightsDamaged: if it is no JSON object.
    """
    if not path.is_file():
        raise WeightsUnavailable(f"{path} is not there")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise WeightsDamaged(f"{path} is damaged: {error}") from error
    if not isinstance(content, dict):
        raise WeightsDamaged(f"{path} holds a {type(content).__name__}, an object is wanted")
    return content
