"""240 tokens written by our GPT with its cache, against HF's ``generate`` and our own without.

    python benchmarks/generation.py          # writes benchmarks/results/generation.json

One text, greedy, equal weights; the tokens of all three are asserted identical first. The bars:
the upper 95 % bound of the median ratio to Hugging Face's ``generate`` is at most 0.70, and that to
ours without a cache at most 1/6.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

import measure
from unrolled.gpt import GPT, GPTConfig
from unrolled.pretrained import gpt2 as names
from unrolled.pretrained.convert import to_hf

HF_BAR, UNCACHED_BAR = 0.70, round(1 / 6, 4)
PROMPT, NEW = 16, 240
# (D, H, L, V): what learners train, a wider one, and the size of nanoGPT's for Shakespeare.
SIZES = ((128, 4, 4, 65), (256, 8, 4, 512), (384, 6, 6, 65))


def two_models(size: tuple[int, ...]) -> tuple[GPT, GPT2LMHeadModel]:
    """Make ours, and theirs with our weights."""
    D, H, L, V = size
    torch.manual_seed(0)
    # Weights so wide that no two tokens are nearly as probable: the argmax is the same in both.
    sizes = {"n_positions": PROMPT + NEW, "n_embd": D, "n_head": H, "n_layer": L, "vocab_size": V}
    ours = GPT(GPTConfig(**sizes, initializer_range=0.2)).eval()
    theirs = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=None)).eval()
    theirs.load_state_dict(to_hf(ours.state_dict(), names.TIED, theirs.state_dict()))
    return ours, theirs


def compare(size: tuple[int, ...], pairs: int) -> list[dict[str, object]]:
    """Measure one model against both."""
    ours, theirs = two_models(size)
    ids = torch.randint(size[-1], (1, PROMPT))
    everywhere = torch.ones_like(ids)

    def cached() -> Tensor:
        return ours.generate(ids, NEW)

    def uncached() -> Tensor:
        return ours.generate(ids, NEW, use_cache=False)

    def hugging_face() -> Tensor:
        return theirs.generate(
            ids, do_sample=False, max_new_tokens=NEW, attention_mask=everywhere, pad_token_id=0
        )

    rows = []
    peers = (("HF generate", hugging_face, HF_BAR), ("ours, no cache", uncached, UNCACHED_BAR))
    for name, peer, bar in peers:
        if not torch.equal(cached(), peer()):
            raise SystemExit(f"{name} writes other tokens")
        what = {"against": name, **dict(zip("DHLV", size, strict=True)), "new": NEW}
        rows.append(measure.compared(what, bar, cached, peer, pairs, warm_up=1))
    return rows


def main() -> None:
    """Measure every size, print a table and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10, help="pairs a comparison (default 10)")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    rows = [row for size in SIZES for row in compare(size, pairs)]
    command = f"python benchmarks/generation.py --pairs {pairs}"
    path = measure.record("generation", command, dtype="float32", comparisons=rows)
    print("wrote", path.relative_to(path.parents[2]))


if __name__ == "__main__":
    main()
