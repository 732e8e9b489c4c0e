"""Our ViT against Hugging Face's: hidden states, logits and gradients."""

import pytest
import torch
from safetensors.torch import load_file
from transformers.models.vit import configuration_vit, modeling_vit

from agreement import alike, in_both_precisions, shaken
from unrolled.parts import load_weights
from unrolled.pretrained import vit as names
from unrolled.pretrained.convert import from_hf, to_hf
from unrolled.vit import ViT, ViTConfig, ViTForImageClassification

from . import causal

B, C, P, D, H, L, F, SIDE, LABELS = 2, 3, 4, 10, 5, 2, 14, 12, 7
SIZES = {
    "hidden_size": D,
    "num_hidden_layers": L,
    "num_attention_heads": H,
    "intermediate_size": F,
    "image_size": SIDE,
    "patch_size": P,
    "num_channels": C,
    "layer_norm_eps": 3e-5,
    "initializer_range": 0.4,
}
BACKENDS = pytest.mark.parametrize("backend", ["eager", "sdpa"])
MODELS = {
    "ViTModel": (lambda config: ViT(config, pooler=True), names.VIT),
    "ViTForImageClassification": (ViTForImageClassification, names.IMAGE_CLASSIFICATION),
}


def peers(name, dtype, backend="eager", **changes):
    torch.manual_seed(0)
    theirs = getattr(modeling_vit, name)._from_config(
        configuration_vit.ViTConfig(**SIZES | changes, num_labels=LABELS),
        attn_implementation=backend,
    )
    theirs = shaken(theirs).to(dtype).eval()
    build, rules = MODELS[name]
    ours = build(ViTConfig(**SIZES | changes, num_labels=LABELS)).to(dtype).eval()
    load_weights(ours, from_hf(theirs.state_dict(), rules, ours.state_dict()))
    return ours, theirs, rules


@in_both_precisions
@BACKENDS
@pytest.mark.parametrize("name", MODELS)
def test_outputs_and_gradients_equal_hugging_faces(name, dtype, close, backend):
    ours, theirs, rules = peers(name, dtype, backend)
    images = torch.randn(B, C, SIDE, SIDE).to(dtype)
    our_output, their_output = ours(images), theirs(pixel_values=images)
    our_outputs = our_output if isinstance(our_output, tuple) else (our_output,)
    their_outputs = tuple(their_output.values())
    for mine, other in zip(our_outputs, their_outputs, strict=True):
        close(mine, other)
    cotangents = [alike(output) for output in our_outputs]
    torch.autograd.backward(our_outputs, cotangents)
    torch.autograd.backward(their_outputs, cotangents)
    causal.gradients_agree(ours, theirs, rules, close)


def test_every_hidden_state_equals_hugging_faces():
    ours, theirs, _ = peers("ViTModel", torch.float64)
    images = torch.randn(B, C, SIDE, SIDE, dtype=torch.float64)
    seen = []
    for layer in ours.layers:
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        layer.register_forward_hook(lambda _, inputs, output: seen.append(output))
    ours(images)
    states = theirs(pixel_values=images, output_hidden_states=True).hidden_states
    for mine, other in zip([seen[0], *seen[1::2]], states, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("name", MODELS)
def test_names_go_there_and_back(name):
    ours, theirs, rules = peers(name, torch.float64)
    back = to_hf(ours.state_dict(), rules, theirs.state_dict())
    theirs.load_state_dict(back, strict=True)
    for key, tensor in theirs.state_dict().items():
        assert torch.equal(back[key], tensor), key


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("ViTModel", names.VIT_4),
        ("ViTForImageClassification", names.IMAGE_CLASSIFICATION_4),
    ],
)
def test_files_of_transformers_4_have_other_names(tmp_path, name, rules):
    """Transformers itself still writes these, so its own file is the witness."""
    ours, theirs, _ = peers(name, torch.float64)
    theirs.save_pretrained(tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    again, _, _ = peers(name, torch.float64)
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.zero_()
    load_weights(again, from_hf(state, rules, again.state_dict()))
    for key, tensor in ours.state_dict().items():
        assert torch.equal(again.state_dict()[key], tensor), key
