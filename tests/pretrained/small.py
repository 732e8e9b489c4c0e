"""Small models laid out as a hub's snapshot, a GGUF file or a wheel: what the tests read."""

import hashlib
import json
import zipfile
from dataclasses import asdict

from safetensors.torch import save_file

from unrolled.pretrained.convert import to_hf
from unrolled.pretrained.wheels import Wheel
from unrolled.tokenizers.byte_level import BYTE_TOKENS, to_characters

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s", "."]
MERGES = ["t h", "th e", "Ġ c"]
CHAT_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def byte_tokens():
    """The vocabulary of a byte-level BPE with ``MERGES``, special tokens first."""
    merged = [merge.replace(" ", "") for merge in MERGES]
    return [*CHAT_TOKENS, *map(to_characters, BYTE_TOKENS), *merged]


def save_model(folder, model, rules, model_type, drop=(), rename=lambda name: name):
    """Write ``config.json`` and ``model.safetensors`` as Hugging Face does."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": model_type} | asdict(model.config)
    (folder / "config.json").write_text(json.dumps(config))
    state = {
        rename(name): tensor.detach().clone().contiguous()
        for name, tensor in to_hf(model.state_dict(), rules).items()
        if name not in drop
    }
    save_file(state, folder / "model.safetensors")
    return folder


def save_wordpiece(folder, **options):
    """Write ``vocab.txt`` and, if there are options, ``tokenizer_config.json``."""
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    if options:
        (folder / "tokenizer_config.json").write_text(json.dumps(options))


def save_byte_bpe(folder, digits=False, pairs=False):
    """Write ``tokenizer.json`` as the ``tokenizers`` library does, in its old form or its new."""
    steps = [{"type": "ByteLevel", "add_prefix_space": False}]
    if digits:
        steps.insert(0, {"type": "Digits", "individual_digits": True})
    content = {
        "added_tokens": [{"id": i, "content": token} for i, token in enumerate(CHAT_TOKENS)],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps} if digits else steps[0],
        "model": {
            "vocab": {token: i for i, token in enumerate(byte_tokens())},
            "merges": [merge.split() if pairs else merge for merge in MERGES],
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))


def make_wheel(folder, files, project="small-model", model="somebody/small"):
    """Write a wheel with these files and return how it would be registered."""
    path = folder / f"{project.replace('-', '_')}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small_model/__init__.py", "raise SystemExit('this was run')\n")
        for name, content in files.items():
            archive.writestr(name, content)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Wheel(project, "1.0", digest, tuple(files), model, "MIT")
