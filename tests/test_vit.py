"""Patches against a convolution, the model against the same sums written out, and refusals."""

import dataclasses
import re

import pytest
import torch
import torch.nn.functional as F

from agreement import close, in_both_precisions, same, shaken
from unrolled.parts import use
from unrolled.vit import ViT, ViTConfig, ViTForImageClassification, patch_embed

B, C, P, D, H, L, SIDE = 2, 3, 4, 10, 5, 2, 12
N = (SIDE // P) ** 2
CONFIG = ViTConfig(
    hidden_size=D,
    num_hidden_layers=L,
    num_attention_heads=H,
    intermediate_size=14,
    image_size=SIDE,
    patch_size=P,
    num_channels=C,
    num_labels=7,
    initializer_range=0.4,
)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def model(kind=ViT, config=CONFIG, **options):
    return shaken(kind(config, **options)).double().eval()


def images(dtype=torch.float64):
    return torch.randn(B, C, SIDE, SIDE).to(dtype)


@in_both_precisions
@pytest.mark.parametrize("readable", [True, False])
def test_patches_equal_a_convolution_with_a_stride(dtype, close, readable):
    """A rectangle, so that rows and columns cannot be confused."""
    embed = patch_embed.__wrapped__ if readable else patch_embed
    inputs = [
        torch.randn(*shape).to(dtype).requires_grad_()
        for shape in ((B, C, 8, 20), (D, C, P, P), (D,))
    ]
    ours = embed(*inputs, P)
    theirs = F.conv2d(*inputs, stride=P).flatten(2).transpose(1, 2)
    assert ours.shape == (B, 10, D)
    same(ours, theirs, inputs, close)


@pytest.mark.parametrize("readable", [True, False])
def test_patches_come_row_by_row(readable):
    embed = patch_embed.__wrapped__ if readable else patch_embed
    image = torch.arange(24.0).view(1, 1, 4, 6)
    patches = embed(image, torch.eye(4).view(4, 1, 2, 2), torch.tensor([0.0, 0, 0, 100.0]), 2)
    assert patches[0].tolist() == [
        [0, 1, 6, 107], [2, 3, 8, 109], [4, 5, 10, 111],
        [12, 13, 18, 119], [14, 15, 20, 121], [16, 17, 22, 123],
    ]  # fmt: skip


def test_the_sizes_are_those_of_vit_base():
    assert dataclasses.asdict(ViTConfig()) == {
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "image_size": 224,
        "patch_size": 16,
        "num_channels": 3,
        "num_labels": 2,
    }
    assert CONFIG.n_patches == N == 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        ViTConfig().patch_size = 3


def test_a_config_is_read_from_hugging_faces():
    given = {"model_type": "vit", "hidden_size": 24, "qkv_bias": True, "encoder_stride": 16}
    assert ViTConfig.from_hf(given | {"id2label": {0: "a", 1: "b", 2: "c"}}) == ViTConfig(
        hidden_size=24, num_labels=3
    )


def test_the_class_token_comes_first_and_the_norm_last():
    made = model(pooler=True)
    pixels = images()
    patches = F.conv2d(pixels, made.patch_weight, made.patch_bias, stride=P).flatten(2)
    tokens = made.class_token.expand(B, 1, D)
    x = torch.cat([tokens, patches.transpose(1, 2)], dim=1) + made.position_embedding
    for layer in made.layers:
        normed = F.layer_norm(x, (D,), layer.norm1.weight, layer.norm1.bias, 1e-12)
        x = x + layer.attention(normed)
        normed = F.layer_norm(x, (D,), layer.norm2.weight, layer.norm2.bias, 1e-12)
        wide = F.gelu(layer.feed_forward.linear1(normed))
        x = x + layer.feed_forward.linear2(wide)
    x = F.layer_norm(x, (D,), made.norm.weight, made.norm.bias, 1e-12)
    hidden, pooled = made(pixels)
    assert hidden.shape == (B, 1 + N, D)
    close(hidden, x)
    close(pooled, torch.tanh(x[:, 0] @ made.pooler.weight.T + made.pooler.bias))


def test_no_pooler_by_default():
    made = model()
    assert made.pooler is None
    assert made(images())[1] is None


def test_a_classifier_looks_at_the_class_token():
    made = model(ViTForImageClassification)
    pixels = images()
    hidden, _ = made.vit(pixels)
    logits = made(pixels)
    assert logits.shape == (B, 7)
    close(logits, hidden[:, 0] @ made.classifier.weight.T + made.classifier.bias)


def test_new_weights_and_dropout():
    config = dataclasses.replace(
        CONFIG, hidden_size=100, initializer_range=0.3,
        hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.1,
    )  # fmt: skip
    made = ViTForImageClassification(config)
    for name, parameter in made.named_parameters():
        if name.endswith("bias"):
            assert parameter.abs().max() == 0.0, name
        elif parameter.dim() == 1:
            assert (parameter == 1.0).all(), name
        else:
            assert abs(parameter.std().item() - 0.3) < 0.07, name
    assert made.vit.dropout.p == 0.2
    for layer in made.vit.layers:
        assert (layer.dropout.p, layer.attention.dropout, layer.feed_forward.dropout.p) == (
            0.2, 0.1, 0.0,
        )  # fmt: skip


def test_embeddings_drop_while_training_only():
    made = model(config=dataclasses.replace(CONFIG, hidden_dropout_prob=0.5))
    seen = []
    made.layers[0].register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    made(images())
    made.train()(images())
    assert [bool((x == 0).any()) for x in seen] == [False, True]


def test_a_learners_patches_stand_in_the_model():
    def mine(images, weight, bias, patch_size):
        return 3 * patch_embed(images, weight, bias, patch_size)

    with use({"patch_embed": mine}):
        theirs = ViT(CONFIG).double()
    ours = ViT(CONFIG).double()
    ours.load_state_dict(theirs.state_dict())
    pixels = images()
    assert not torch.allclose(ours(pixels)[0], theirs(pixels)[0])
    with torch.no_grad():
        ours.patch_weight.mul_(3)
        ours.patch_bias.mul_(3)
    close(ours(pixels)[0], theirs(pixels)[0])


@pytest.mark.parametrize("kind", [ViT, ViTForImageClassification])
def test_every_parameter_is_used_and_the_graph_is_whole(kind):
    made = model(kind)
    output = made(images())
    output = output[0] if isinstance(output, tuple) else output
    output.backward(torch.randn_like(output))
    for name, parameter in made.named_parameters():
        assert parameter.grad.abs().max() > 0, name
    pixels = images()
    compiled = torch.compile(made, fullgraph=True, backend="eager")(pixels)
    ours = made(pixels)
    close(*(x[0] if isinstance(x, tuple) else x for x in (compiled, ours)))


def config(**changes):
    return lambda: dataclasses.replace(CONFIG, **changes)


def embed(pixels=(B, C, 8, 12), weight=(D, C, P, P), bias=(D,), patch_size=P):
    return lambda: patch_embed(
        torch.zeros(pixels), torch.zeros(weight), torch.zeros(bias), patch_size
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (config(image_size=0), ValueError, "image_size=0: at least 1 is wanted"),
        (config(patch_size=0), ValueError, "patch_size=0: at least 1 is wanted"),
        (config(num_channels=0), ValueError, "num_channels=0: at least 1 is wanted"),
        (config(num_labels=0), ValueError, "num_labels=0: at least 1 is wanted"),
        (config(image_size=[12, 12]), TypeError, "image_size=[12, 12] is a list, an integer is"),
        (config(patch_size=5), ValueError, "image_size=12 is not divisible by patch_size=5"),
        (config(hidden_size=11), ValueError, "hidden_size=11 is not divisible by num_attention_he"),
        (config(hidden_act="swish"), ValueError, "hidden_act='swish': one of "),
        (
            lambda: ViTConfig.from_hf({"qkv_bias": False}),
            ValueError,
            "the config has qkv_bias=False",
        ),
        (lambda: ViTConfig.from_hf({"model_type": "swin"}), ValueError, "model_type='swin'"),
        (lambda: ViTConfig.from_hf({"pooler_act": "relu"}), ValueError, "pooler_act='relu'"),
        (
            lambda: patch_embed(torch.zeros(1, 1, 2, 2).long(), torch.zeros(1), torch.zeros(1), 2),
            TypeError,
            "images has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (
            embed(pixels=(C, 8, 12)),
            ValueError,
            "images has shape (3, 8, 12), (B, C, height, width)",
        ),
        (embed(pixels=(0, C, 8, 12)), ValueError, "images has shape (0, 3, 8, 12), (B, C, height"),
        (
            embed(pixels=(B, C, 8, 13)),
            ValueError,
            "images has height 8 and width 13, multiples of patch_size=4 are wanted",
        ),
        (embed(pixels=(B, C, 9, 12)), ValueError, "images has height 9 and width 12, multiples of"),
        (embed(patch_size=0), ValueError, "patch_size=0: at least 1 is wanted"),
        (embed(weight=(D, C, P, 2)), ValueError, "weight has shape (10, 3, 4, 2), (D, 3, 4, 4) is"),
        (embed(weight=(D, 2, P, P)), ValueError, "weight has shape (10, 2, 4, 4), (D, 3, 4, 4) is"),
        (embed(bias=(9,)), ValueError, "bias has shape (9,), (10,) is wanted"),
        (
            lambda: model()(torch.zeros(B, C, SIDE, 8).double()),
            ValueError,
            "images has shape (2, 3, 12, 8), (B, 3, 12, 12) is wanted",
        ),
        (
            lambda: model()(torch.zeros(0, C, SIDE, SIDE).double()),
            ValueError,
            "images has shape (0, 3, 12, 12), (B, 3, 12, 12)",
        ),
        (
            lambda: model()(torch.zeros(B, C, SIDE, SIDE).long()),
            TypeError,
            "images has dtype torch.int64, a floating-point tensor is wanted",
        ),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
