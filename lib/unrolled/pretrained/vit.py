"""ViT: which of Hugging Face's parameters is which of ours."""

from __future__ import annotations

from unrolled.pretrained.convert import Rule, linear, prefixed

__all__ = ["IMAGE_CLASSIFICATION", "IMAGE_CLASSIFICATION_4", "VIT", "VIT_4"]

_EMBEDDINGS = [
    Rule("class_token", "embeddings.cls_token"),
    Rule("position_embedding", "embeddings.position_embeddings"),
    Rule("patch_weight", "embeddings.patch_embeddings.projection.weight"),
    Rule("patch_bias", "embeddings.patch_embeddings.projection.bias"),
    *linear("norm", "layernorm"),
    *linear("pooler", "pooler.dense"),
]
_LAYER = [
    *linear("norm1", "layernorm_before"),
    *linear("attention.q_proj", "attention.q_proj"),
    *linear("attention.k_proj", "attention.k_proj"),
    *linear("attention.v_proj", "attention.v_proj"),
    *linear("attention.out_proj", "attention.o_proj"),
    *linear("norm2", "layernorm_after"),
    *linear("feed_forward.linear1", "mlp.fc1"),
    *linear("feed_forward.linear2", "mlp.fc2"),
]
_LAYER_4 = [
    *linear("norm1", "layernorm_before"),
    *linear("attention.q_proj", "attention.attention.query"),
    *linear("attention.k_proj", "attention.attention.key"),
    *linear("attention.v_proj", "attention.attention.value"),
    *linear("attention.out_proj", "attention.output.dense"),
    *linear("norm2", "layernorm_after"),
    *linear("feed_forward.linear1", "intermediate.dense"),
    *linear("feed_forward.linear2", "output.dense"),
]

#: ``ViTModel`` as Transformers 5 names it in memory.
VIT = [*_EMBEDDINGS, *prefixed(_LAYER, ours="layers.{}.", theirs="layers.{}.")]
#: ``ViTModel`` as Transformers 4 named it, and as files on the hub still do.
VIT_4 = [*_EMBEDDINGS, *prefixed(_LAYER_4, ours="layers.{}.", theirs="encoder.layer.{}.")]
_HEAD = linear("classifier", "classifier")
#: ``ViTForImageClassification``, likewise.
IMAGE_CLASSIFICATION = [*prefixed(VIT, ours="vit.", theirs="vit."), *_HEAD]
IMAGE_CLASSIFICATION_4 = [*prefixed(VIT_4, ours="vit.", theirs="vit."), *_HEAD]
