"""Translators with attention learn to read backwards, and their alignments show how."""

import pytest
import torch
from torch import nn

from unrolled.alignment import AttentionSeq2Seq
from unrolled.decoding import beam_search, greedy_decode

LETTERS, LONGEST = 7, 5
PAD, BOS, EOS = 0, 1, 2


def backwards(n, generator):
    """Sentences of 2 to 5 letters (ids 3 to 9), and the same backwards with an end."""
    source = torch.randint(3, 3 + LETTERS, (n, LONGEST), generator=generator)
    lengths = torch.randint(2, LONGEST + 1, (n, 1), generator=generator)
    place = torch.arange(LONGEST + 1)
    mirrored = (lengths - 1 - place).clamp(min=0)  # (n, LONGEST + 1): where each token comes from
    target = source.gather(1, mirrored).masked_fill(place >= lengths, EOS)
    return source.masked_fill(place[:-1] >= lengths, PAD), target, mirrored, place < lengths


@pytest.mark.parametrize("decoder", ["bahdanau", "luong"])
def test_a_model_learns_to_read_backwards_and_looks_where_it_should(decoder):
    """New sentences come out right, and each letter is made looking at the one it copies."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    model = AttentionSeq2Seq(3 + LETTERS, 3 + LETTERS, 16, 24, decoder)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(250):
        source, target, *_ = backwards(48, generator)
        loss = nn.functional.cross_entropy(model(source, target).flatten(0, 1), target.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    source, target, mirrored, real = backwards(200, generator)
    written = greedy_decode(model.step, model.start(source), BOS, EOS, LONGEST + 1)
    searched, _ = beam_search(model.step, model.start(source), BOS, EOS, LONGEST + 1, beam_size=3)
    for ids in (written, searched):
        assert (ids == target).all(dim=1).double().mean() >= 0.9
    _, weights = model(source, target, need_weights=True)
    looked = weights[:, 0].argmax(dim=-1)  # (200, LONGEST + 1)
    assert (looked == mirrored)[real].double().mean() >= 0.9
