"""The forward pass of our BERT against Hugging Face's (sdpa), with equal weights and padding.

    python benchmarks/bert.py          # writes benchmarks/results/bert.json

Both are in evaluation, without gradients, and make the pooled vector too. The bar: the upper 95 %
bound of the median ratio is at most 1.03.
"""

from __future__ import annotations

import argparse
from itertools import cycle

import torch
import transformers
from transformers.models.bert.configuration_bert import BertConfig as TheirConfig
from transformers.models.bert.modeling_bert import BertModel as TheirModel

import measure
from unrolled.attention import padding_mask
from unrolled.bert import BertConfig, BertModel
from unrolled.parts import load_weights
from unrolled.pretrained.bert import BERT
from unrolled.pretrained.convert import from_hf

BAR = 1.03
# (B, T, D, H, L): a tiny BERT, the size of MiniLM, four layers as wide as BERT-base.
SIZES = ((8, 32, 128, 2, 2), (4, 64, 384, 12, 6), (2, 128, 768, 12, 4))


def pair_of_models(D: int, H: int, L: int, ours_first: bool) -> tuple[BertModel, TheirModel]:
    """Make the two models, ours with their weights, one or the other first in memory."""
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 1000,
        "hidden_size": D,
        "num_attention_heads": H,
        "num_hidden_layers": L,
        "intermediate_size": 4 * D,
    }
    ours = BertModel(BertConfig(**sizes)).eval() if ours_first else None
    theirs = TheirModel._from_config(TheirConfig(**sizes), attn_implementation="sdpa").eval()
    ours = ours or BertModel(BertConfig(**sizes)).eval()
    load_weights(ours, from_hf(theirs.state_dict(), BERT, ours.state_dict()))
    return ours, theirs


def compare(size: tuple[int, int, int, int, int], pairs: int) -> dict[str, object]:
    """Measure one size, once both give the same."""
    B, T, D, H, L = size
    # Whose weights lie first in memory moves the ratio by up to 3 %: each order has its turn.
    first, second = (pair_of_models(D, H, L, ours_first) for ours_first in (True, False))
    ours, theirs = (cycle((a, a, b, b)) for a, b in zip(first, second, strict=True))
    ids = torch.randint(1, 1000, (B, T))
    ids[1, T // 2 :] = 0  # one sentence is half as long
    segments = torch.zeros_like(ids)
    attention_mask = (ids != 0).long()

    def our_step() -> tuple[torch.Tensor, torch.Tensor | None]:
        return next(ours)(ids, segments, padding_mask(ids, pad_id=0))

    def their_step() -> tuple[torch.Tensor, torch.Tensor]:
        found = next(theirs)(ids, attention_mask=attention_mask, token_type_ids=segments)
        return found.last_hidden_state, found.pooler_output

    real = attention_mask.bool()
    (hidden, pooled), (their_hidden, their_pooled) = our_step(), their_step()
    torch.testing.assert_close(hidden[real], their_hidden[real], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(pooled, their_pooled, atol=1e-5, rtol=1e-5)
    label = {"against": "BertModel (sdpa), forward", **dict(zip("BTDHL", size, strict=True))}
    return measure.compared(label, BAR, our_step, their_step, pairs)


@torch.no_grad()
def main() -> None:
    """Measure every size and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200, help="pairs a size (default 200)")
    pairs = parser.parse_args().pairs
    torch.set_num_threads(1)
    rows = [compare(size, pairs) for size in SIZES]
    command = f"python benchmarks/bert.py --pairs {pairs}"
    path = measure.record(
        "bert", command, dtype="float32", transformers=transformers.__version__, comparisons=rows
    )
    print("wrote", path.relative_to(path.parents[2]))


if __name__ == "__main__":
    main()
