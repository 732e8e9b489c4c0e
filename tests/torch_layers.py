"""Our Transformer layers beside torch's: which parameter is which."""

import torch

from unrolled.attention import MultiHeadAttention
from unrolled.blocks import FeedForward


def attention_pairs(ours, theirs):
    """Our parameters beside views of torch's fused ones."""
    projections = (ours.q_proj, ours.k_proj, ours.v_proj)
    for kind in ("weight", "bias"):
        fused = getattr(theirs, f"in_proj_{kind}")
        if fused is not None:
            mine = [getattr(p, kind) for p in projections]
            yield mine, fused
            yield [getattr(ours.out_proj, kind)], getattr(theirs.out_proj, kind)


def pairs(ours, theirs):
    """Every parameter of our layer beside torch's."""
    names = {"attention": "self_attn", "self_attention": "self_attn"}
    names["cross_attention"] = "multihead_attn"
    for name, part in ours.named_children():
        if isinstance(part, MultiHeadAttention):
            yield from attention_pairs(part, getattr(theirs, names[name]))
        elif isinstance(part, FeedForward):
            for linear in ("linear1", "linear2"):
                peer = dict(getattr(theirs, linear).named_parameters())
                yield from (([p], peer[n]) for n, p in getattr(part, linear).named_parameters())
        else:
            peer = dict(getattr(theirs, name).named_parameters()) if name != "dropout" else {}
            yield from (([p], peer[n]) for n, p in part.named_parameters())


def transplant(ours, theirs):
    """Give torch's layer our weights; all of them, and nothing is left over."""
    found = list(pairs(ours, theirs))
    assert sum(len(mine) for mine, _ in found) == len(list(ours.parameters()))
    assert len(found) == len(list(theirs.parameters()))
    with torch.no_grad():
        for mine, peer in found:
            peer.copy_(torch.cat(mine))
