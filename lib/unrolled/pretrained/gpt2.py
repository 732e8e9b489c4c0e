"""GPT-2: which of Hugging Face's parameters is which of ours."""

from __future__ import annotations

from unrolled.pretrained.convert import Rule, linear, prefixed

__all__ = ["HUB", "IGNORED", "TIED", "UNTIED"]

#: Stored in old files, and no weights: causal masks.
IGNORED = (
    "h.{}.attn.bias", "h.{}.attn.masked_bias",
    "transformer.h.{}.attn.bias", "transformer.h.{}.attn.masked_bias",
)  # fmt: skip

_BLOCK = [
    *linear("norm1", "ln_1"),
    *linear(
        ["attention.q_proj", "attention.k_proj", "attention.v_proj"], "attn.c_attn", transpose=True
    ),
    *linear("attention.out_proj", "attn.c_proj", transpose=True),
    *linear("norm2", "ln_2"),
    *linear("feed_forward.linear1", "mlp.c_fc", transpose=True),
    *linear("feed_forward.linear2", "mlp.c_proj", transpose=True),
]
_BODY = [
    Rule("token_embedding.weight", "wte.weight"),
    Rule("positions.weight", "wpe.weight"),
    *prefixed(_BLOCK, ours="blocks.{}.", theirs="h.{}."),
    *linear("norm", "ln_f"),
]

#: ``GPT2LMHeadModel`` with ``tie_word_embeddings=False``.
UNTIED = [*prefixed(_BODY, theirs="transformer."), Rule("lm_head.weight", "lm_head.weight")]
#: ``GPT2LMHeadModel``: the output layer is the token embedding, and a file may leave it out.
TIED = [
    *UNTIED,
    Rule("lm_head.weight", "transformer.wte.weight"),
    Rule("token_embedding.weight", "lm_head.weight"),
]
#: The files of ``gpt2`` on the hub: names without ``transformer.``, no output layer.
HUB = [*_BODY, Rule("lm_head.weight", "wte.weight")]
