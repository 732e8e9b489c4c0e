"""A training step of our GPT against nanoGPT's model and Hugging Face's GPT-2, with equal weights.

    python benchmarks/gpt.py          # writes benchmarks/results/gpt.json

A step is forward, cross-entropy, backward and an AdamW update, without dropout. All start with the
same weights and must give the same loss before the first step and after the last. The bar, for
nanoGPT and for Hugging Face's model with its default attention, sdpa: the upper 95 % bound of the
median ratio is at most 1.03.

nanoGPT's ``model.py`` (github.com/karpathy/nanoGPT, MIT licence) is read from the folder that the
environment variable NANOGPT names, or else fetched; either way by its SHA-256.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pooch
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

import measure
from unrolled.gpt import GPT, GPTConfig, decay_groups
from unrolled.pretrained import gpt2 as names
from unrolled.pretrained.convert import to_hf
from unrolled.training import sequence_loss

BAR = 1.03
COMMIT = "3adf61e154c3fe3fca428ad6bc3818b27a3b8291"
SHA256 = "7c01703240dbec5d554527dc666e35b3df8391d0b117fddc07afcf325a21d11c"
URL = f"https://raw.githubusercontent.com/karpathy/nanoGPT/{COMMIT}/model.py"
NO_ENDS = {"bos_token_id": None, "eos_token_id": None}
# (B, T, D, H, L, V): nanoGPT's recipe for a CPU; a wider one; its Shakespeare model, shorter.
SIZES = ((12, 64, 128, 4, 4, 65), (8, 128, 256, 8, 4, 512), (2, 128, 384, 6, 6, 65))


def nanogpt() -> ModuleType:
    """Import nanoGPT's model.py, and no other file of that name."""
    folder = os.environ.get("NANOGPT")
    path = Path(folder) / "model.py" if folder else Path(pooch.retrieve(URL, f"sha256:{SHA256}"))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"{path} has SHA-256 {found}, {SHA256} is wanted")
    spec = importlib.util.spec_from_file_location("nanogpt", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["nanogpt"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def three_models(size: tuple[int, ...], peer: ModuleType) -> tuple[GPT, nn.Module, nn.Module]:
    """Make ours, and both peers with our weights. nanoGPT's activation is the exact GELU."""
    _, T, D, H, L, V = size
    torch.manual_seed(0)
    sizes = {"vocab_size": V, "n_positions": T, "n_embd": D, "n_head": H, "n_layer": L}
    rates = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    ours = GPT(GPTConfig(**sizes, **rates, activation_function="gelu"))
    theirs = GPT2LMHeadModel(GPT2Config(**sizes, **rates, activation_function="gelu", **NO_ENDS))
    state = to_hf(ours.state_dict(), names.TIED, theirs.state_dict())
    theirs.load_state_dict(state)
    with contextlib.redirect_stdout(io.StringIO()):  # it reports its size
        nano = peer.GPT(peer.GPTConfig(T, V, L, H, D, dropout=0.0, bias=True))
    for name, tensor in state.items():  # its Linear layers are not the other way round
        conv1d = tensor.dim() == 2 and ".c_" in name
        state[name] = tensor.T.contiguous() if conv1d else tensor
    nano.load_state_dict(state)
    return ours, nano, theirs


def training_step(model: nn.Module, loss: Callable[[], Tensor]) -> Callable[[], None]:
    """Return a function that runs one whole step."""
    optimiser = torch.optim.AdamW(decay_groups(model, 0.1), lr=1e-4)

    def step() -> None:
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()

    return step


def compare(size: tuple[int, ...], peer: ModuleType, pairs: int) -> list[dict[str, object]]:
    """Measure one size against both peers."""
    B, T, *_, V = size
    ids = torch.randint(V, (B, T + 1))
    x, y = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    rows = []
    for name in ("nanoGPT", "HF GPT2LMHeadModel"):
        ours, nano, theirs = three_models(size, peer)
        losses = {
            "ours": lambda model=ours: sequence_loss(model(x), y, None),
            "nanoGPT": lambda model=nano: model(x, y)[1],
            "HF GPT2LMHeadModel": lambda model=theirs: F.cross_entropy(
                model(x, use_cache=False).logits.flatten(0, 1), y.flatten()
            ),
        }
        model = {"nanoGPT": nano, "HF GPT2LMHeadModel": theirs}[name]
        torch.testing.assert_close(losses["ours"](), losses[name](), atol=1e-5, rtol=1e-5)
        our_step = training_step(ours, losses["ours"])
        their_step = training_step(model, losses[name])
        what = {"against": name, **dict(zip("BTDHLV", size, strict=True))}
        rows.append(measure.compared(what, BAR, our_step, their_step, pairs))
        torch.testing.assert_close(losses["ours"](), losses[name](), atol=1e-3, rtol=1e-3)
    return rows


def main() -> None:
    """Measure every size, print a table and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40, help="pairs a comparison (default 40)")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    peer = nanogpt()
    rows = [row for size in SIZES for row in compare(size, peer, pairs)]
    command = f"python benchmarks/gpt.py --pairs {pairs}"
    path = measure.record("gpt", command, bar=BAR, dtype="float32", comparisons=rows)
    print("wrote", path.relative_to(path.parents[2]))


if __name__ == "__main__":
    main()
