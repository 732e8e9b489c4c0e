"""Llama: which of Hugging Face's parameters is which of ours."""

from __future__ import annotations

from unrolled.pretrained.convert import Rule, linear, prefixed

__all__ = ["IGNORED", "TIED", "UNTIED"]

#: Stored in old files, and no weights: frequencies that follow from the config.
IGNORED = ("model.layers.{}.self_attn.rotary_emb.inv_freq",)

_BLOCK = [
    Rule("norm1.weight", "input_layernorm.weight"),
    *linear("attention.q_proj", "self_attn.q_proj"),
    *linear("attention.k_proj", "self_attn.k_proj"),
    *linear("attention.v_proj", "self_attn.v_proj"),
    *linear("attention.out_proj", "self_attn.o_proj"),
    Rule("norm2.weight", "post_attention_layernorm.weight"),
    *linear("feed_forward.gate_proj", "mlp.gate_proj"),
    *linear("feed_forward.up_proj", "mlp.up_proj"),
    *linear("feed_forward.down_proj", "mlp.down_proj"),
]

#: ``LlamaForCausalLM``; rules for biases serve a model that has them.
UNTIED = [
    Rule("token_embedding.weight", "model.embed_tokens.weight"),
    *prefixed(_BLOCK, ours="blocks.{}.", theirs="model.layers.{}."),
    Rule("norm.weight", "model.norm.weight"),
    Rule("lm_head.weight", "lm_head.weight"),
]
#: The same with ``tie_word_embeddings=True``: a file may leave the output layer out.
TIED = [
    *UNTIED,
    Rule("lm_head.weight", "model.embed_tokens.weight"),
    Rule("token_embedding.weight", "lm_head.weight"),
]
