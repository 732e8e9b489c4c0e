"""Trained weights that a page needs: small, half precision, beside the chapter, and on record.

A chapter's benchmark writes them; ``tests/book/test_page_weights.py`` evaluates every such file
against its record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 2_000_000  # bytes
SAMPLE = 1025  # characters, kept in the record so that a test needs no data set


def write(path: Path, model: nn.Module, metadata: dict[str, str]) -> None:
    """Write a model's weights in float16.

    Raises:
        ValueError: if the file would be larger than ``LARGEST`` bytes.
    """
    state = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    size = sum(tensor.nbytes for tensor in state.values())
    if size > LARGEST:
        raise ValueError(f"{path.name} would have {size} bytes; wanted at most {LARGEST}")
    save_file(state, path, metadata)


def about(
    path: Path, evaluate: Callable[[Path, str], float], text: str, sample: str = ""
) -> list[dict]:
    """What a record says of the weights: hash, and the loss as it is after rounding to float16.

    The sample stands in the record and is therefore public: where the text's licence asks for its
    authors' names, it is a text of our own. Default: the beginning of the text.
    """
    sample = sample or text[:SAMPLE]
    with torch.no_grad():
        losses = {
            name: evaluate(path, part) for name, part in (("sample", sample), ("whole", text))
        }
    return [
        {
            "file": str(path.relative_to(ROOT)),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "evaluate": f"{evaluate.__module__}.{evaluate.__name__}",
            "sample": sample,
            "loss_of_sample": losses["sample"],
            "loss": losses["whole"],
        }
    ]
