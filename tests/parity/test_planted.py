"""What parity must not overlook: faults planted in our models, refused in both precisions.

The bounds of ``agreement`` follow from rounding, so they give way where rounding is large. Each
fault here is small, and each is one that somebody writes.
"""

import functools

import pytest
import torch

from unrolled.blocks import LayerNorm
from unrolled.llama import RMSNorm

from . import test_bert, test_gpt2, test_llama, test_vit


def modules(model, *kinds):
    return [module for module in model.modules() if isinstance(module, kinds)]


def epsilon_off_by_ten(model):
    for norm in modules(model, LayerNorm, RMSNorm):
        norm.eps *= 10


def one_norms_epsilon_off_by_ten(model):
    modules(model, LayerNorm, RMSNorm)[1].eps *= 10


def the_other_gelu(model):
    for part in model.modules():
        if getattr(part, "activation", None) in ("gelu", "gelu_tanh"):
            part.activation = "gelu" if part.activation == "gelu_tanh" else "gelu_tanh"


def one_bias_missing(model):
    with torch.no_grad():
        projections(model, "out_proj")[0].bias.zero_()


def scaled_by_the_width_and_not_its_root(model):
    for projection in projections(model, "q_proj"):
        projection.weight.data /= projection.weight.size(0) ** 0.5


def keys_and_queries_exchanged(model):
    for query, key in zip(projections(model, "q_proj"), projections(model, "k_proj"), strict=True):
        query.weight, key.weight = key.weight, query.weight


def one_row_of_a_matrix_lost(model):
    with torch.no_grad():
        projections(model, "out_proj")[-1].weight[1] = 0


def rounded_to_half_a_float_on_the_way(model):
    """What autocast does unasked: float16 keeps three digits, which float32 alone can miss."""
    for norm in modules(model, LayerNorm, RMSNorm)[:1]:
        norm.register_forward_hook(lambda module, args, out: out.half().to(out.dtype))


def projections(model, name):
    return [module for path, module in model.named_modules() if path.endswith(name)]


EVERYWHERE = (
    epsilon_off_by_ten,
    one_norms_epsilon_off_by_ten,
    one_bias_missing,
    scaled_by_the_width_and_not_its_root,
    one_row_of_a_matrix_lost,
    rounded_to_half_a_float_on_the_way,
)
CASES = {
    "GPT-2": (
        test_gpt2,
        functools.partial(
            test_gpt2.test_logits_and_gradients_equal_hugging_faces, tied=True, backend="eager"
        ),
        (*EVERYWHERE, the_other_gelu, keys_and_queries_exchanged),
    ),
    "Llama": (
        test_llama,
        functools.partial(
            test_llama.test_logits_and_gradients_equal_hugging_faces,
            changes={"attention_bias": True, "mlp_bias": True},
            backend="eager",
        ),
        EVERYWHERE,
    ),
    "BERT": (
        test_bert,
        functools.partial(
            test_bert.test_outputs_and_gradients_equal_hugging_faces,
            name="BertForPreTraining",
            backend="eager",
        ),
        (*EVERYWHERE, the_other_gelu, keys_and_queries_exchanged),
    ),
    "ViT": (
        test_vit,
        functools.partial(
            test_vit.test_outputs_and_gradients_equal_hugging_faces,
            name="ViTForImageClassification",
            backend="eager",
        ),
        (*EVERYWHERE, the_other_gelu, keys_and_queries_exchanged),
    ),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])
@pytest.mark.parametrize(
    ("model", "fault"),
    [(model, fault) for model, (*_, faults) in CASES.items() for fault in faults],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_planted_fault_is_refused(model, fault, dtype, monkeypatch):
    module, parity, _ = CASES[model]
    peers = module.peers

    def with_fault(*args, **kwargs):
        ours, *rest = peers(*args, **kwargs)
        fault(ours)
        return ours, *rest

    monkeypatch.setattr(module, "peers", with_fault)
    with pytest.raises(AssertionError, match=r"not close|units of float32|agree"):
        parity(dtype=dtype)
