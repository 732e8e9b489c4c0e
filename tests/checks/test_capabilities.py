"""Every name that torch has for a thing is read as it is meant, and so will a new one be."""

import re

import pytest
import torch
from torch.nn.attention import flex_attention

from unrolled.checks import all_exercises, capabilities
from unrolled.checks.capabilities import (
    ALL,
    ATTENTION,
    CLIPPING,
    CROSS_ENTROPY,
    EMBEDDING,
    HEADS,
    NORMALISATION,
    PACKAGES,
    RECURRENCE,
    SOFTMAX,
    TRANSFORMER,
)

SPACES = (
    torch, torch.nn, torch.nn.functional, torch.Tensor, torch.special, torch.sparse, torch.masked,
    torch._C._nn, torch._C._VariableFunctions, torch.nn.utils, torch.nn.attention, flex_attention,
    torch.nn.init, torch.linalg,
)  # fmt: skip
# What sounds like it: wider than the words by which it is known.
SOUNDS = {
    SOFTMAX: "softm",
    CROSS_ENTROPY: "entropy",
    EMBEDDING: "embed",
    CLIPPING: "clip|total.?norm",
    RECURRENCE: "rnn|lstm|gru|recurrent",
    ATTENTION: "attention|attend|dot.?product|flash",
    HEADS: "multi.?head|mha",
    TRANSFORMER: "transformer",
    NORMALISATION: "norm",
}
# And is not: a norm is a number, noise is normal, and what asks may ask.
NOT = {
    SOFTMAX: "(MultiLabel)?SoftMarginLoss",
    CLIPPING: r"clip_?",
    EMBEDDING: "diag_embed|_validate_embed_dim",
    ATTENTION: "_get_flash_version",
    HEADS: "_mha_shape_check",
    NORMALISATION: (
        r"(linalg_|native_)?(\w+_)?norm|norm_except_dim|normalize|\w*renorm_?|_weight_norm_\w+|"
        r"\w*normal_?|normal_functional|\w*denormal|clip_grads?\w+"
    ),
}


def torchs_names():
    """The names of all that is there, of modules excepted."""
    names = {name.partition("::")[2].partition(".")[0] for name in OPERATORS}
    for space in SPACES:
        names |= {n for n in dir(space) if not isinstance(getattr(space, n, 0), type(torch))}
    return names


OPERATORS = torch._C._dispatch_get_all_op_names()


@pytest.mark.parametrize("ban", SOUNDS, ids=lambda ban: ban.name)
def test_whatever_sounds_like_it_is_it_or_is_known_not_to_be(ban):
    sounds = {n for n in torchs_names() if re.search(SOUNDS[ban], n, re.IGNORECASE)}
    unread = {n for n in sounds if not ban.computed_by(f"torch.{n}")}
    assert {n for n in unread if not re.fullmatch(NOT.get(ban, ""), n)} == set()


def test_all_that_an_exercise_names_is_there():
    """A new capability joins the list from which the sandbox learns what to hide."""
    here = {c for c in vars(capabilities).values() if isinstance(c, capabilities.Capability)}
    assert here == set(ALL)
    used = {ban for found in all_exercises() for ban in found.bans if not ban.course}
    assert used == set(ALL)
    assert {"transformers", "tokenizers", "sacrebleu"} <= PACKAGES
