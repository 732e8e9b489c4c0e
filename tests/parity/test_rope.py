"""Rotary positions against Hugging Face's Llama, ALiBi against its BLOOM."""

import pytest
import torch
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from agreement import in_both_precisions, same
from unrolled.positions import alibi_bias, apply_rope

B, H, groups, T, d_k = 2, 6, 3, 5, 8


@in_both_precisions
@pytest.mark.parametrize("base", [10000.0, 500000.0])
@pytest.mark.parametrize("start", [0, 1000])
def test_rope_equals_llamas(dtype, close, base, start):
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=H * d_k,
        num_attention_heads=H,
        rope_parameters={"rope_type": "default", "rope_theta": base},
    )
    q, k = (torch.randn(B, h, T, d_k).to(dtype).requires_grad_() for h in (H, groups))
    positions = start + torch.arange(T) + torch.tensor([[0], [3]])  # (B, T)
    theirs = apply_rotary_pos_emb(q, k, *LlamaRotaryEmbedding(config)(q, positions))
    for x, expected in zip((q, k), theirs, strict=True):
        ours = apply_rope(x, positions.float(), base)  # Llama's angles are float32 in any model
        same(ours, expected, [x], close)


@pytest.mark.parametrize("n_heads", [1, 2, 3, 6, 8, 12, 15, 16])
def test_the_last_row_of_alibi_equals_blooms_but_for_a_constant(n_heads):
    """BLOOM adds m * j, we add m * (j - i): the softmax sees no difference."""
    theirs = build_alibi_tensor(torch.ones(1, T), n_heads, torch.float32)  # (H, 1, T)
    ours = alibi_bias(n_heads, 1, T)
    torch.testing.assert_close(ours - ours[..., :1], theirs, atol=1e-6, rtol=0)
