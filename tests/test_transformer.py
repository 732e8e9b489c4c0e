"""The encoder-decoder model: its stacks against torch's, its masks, and what it is made of.

Sizes are pairwise distinct wherever the model allows, so that no swap of axes can hide.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from agreement import alike, in_both_precisions, same
from torch_layers import pairs, transplant
from unrolled.attention import causal_mask
from unrolled.blocks import LayerNorm, TransformerEncoderLayer
from unrolled.parts import load_weights, provenance, use
from unrolled.positions import (
    AlibiAttention,
    LearnedPositions,
    RotaryAttention,
    SinusoidalPositions,
    sinusoidal_positions,
)
from unrolled.transformer import Transformer, TransformerDecoder, TransformerEncoder

B, H, Tt, Ts, D, d_ff, N = 2, 4, 5, 7, 8, 20, 3
SOURCE, TARGET = 11, 13
SIZES = {"d_model": D, "n_heads": H, "n_layers": N, "d_ff": d_ff}
ORDERS = pytest.mark.parametrize("norm_first", [False, True], ids=["post", "pre"])
SCHEMES = pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary", "alibi", "none"])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def some_mask(*shape):
    mask = torch.rand(*shape) < 0.6
    mask[..., 0] = True
    return mask


def some_ids(vocab_size, *shape):
    """Ids without the padding id 0."""
    return torch.randint(1, vocab_size, shape)


def make(**options):
    return Transformer(SOURCE, TARGET, **SIZES | {"dropout": 0.0} | options).double()


def same_parameters_and_gradients(ours, theirs, close):
    for mine, peer in zip(ours.layers, theirs.layers, strict=True):
        for parameters, expected in pairs(mine, peer):
            gradient = torch.cat([p.grad for p in parameters])
            close(gradient, expected.grad)


# --- the stacks ---------------------------------------------------------------------------------


@in_both_precisions
@ORDERS
@pytest.mark.parametrize("masked", [False, True], ids=["open", "masked"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")  # torch speaking to itself
def test_stacks_equal_those_of_nn_transformer(dtype, close, norm_first, masked, activation):
    options = {"dropout": 0.0, "activation": activation, "norm_first": norm_first}
    peer = nn.Transformer(D, H, N, N, d_ff, layer_norm_eps=0.01, batch_first=True, **options).to(
        dtype
    )
    encoder, decoder = (
        stack(N, D, H, d_ff, final_norm=True, eps=0.01, **options).to(dtype)
        for stack in (TransformerEncoder, TransformerDecoder)
    )
    for ours, theirs in ((encoder, peer.encoder), (decoder, peer.decoder)):
        for mine, layer in zip(ours.layers, theirs.layers, strict=True):
            transplant(mine, layer)
        ours.norm.weight.data = alike(ours.norm.weight)
        theirs.norm.load_state_dict(ours.norm.state_dict())
    x = torch.randn(B, Ts, D).to(dtype).requires_grad_()
    y = torch.randn(B, Tt, D).to(dtype).requires_grad_()
    source, target = some_mask(B, 1, 1, Ts), some_mask(B, 1, 1, Tt)
    # Torch's masks say where a query may NOT attend.
    theirs_masks = {
        "src_key_padding_mask": ~source[:, 0, 0],
        "tgt_key_padding_mask": ~target[:, 0, 0],
        "memory_key_padding_mask": ~source[:, 0, 0],
        "tgt_mask": ~causal_mask(Tt),
    }
    expected = peer(x, y, **(theirs_masks if masked else {}))
    if masked:
        out = decoder(y, encoder(x, source), target & causal_mask(Tt), source)
    else:
        out = decoder(y, encoder(x))
    same(out, expected, [x, y], close)
    cotangent = alike(out)
    out.backward(cotangent)
    expected.backward(cotangent)
    same_parameters_and_gradients(encoder, peer.encoder, close)
    same_parameters_and_gradients(decoder, peer.decoder, close)


@pytest.mark.parametrize("stack", [TransformerEncoder, TransformerDecoder])
def test_a_final_norm_stands_where_nothing_else_normalises(stack):
    made = {
        (order, final): stack(1, D, H, d_ff, norm_first=order, final_norm=final).norm
        for order in (False, True)
        for final in (None, False, True)
    }
    assert {key: isinstance(norm, LayerNorm) for key, norm in made.items()} == {
        (False, None): False,
        (False, False): False,
        (False, True): True,
        (True, None): True,
        (True, False): False,
        (True, True): True,
    }
    norm = stack(1, D, H, d_ff, norm_first=True, eps=0.5, bias=False).norm
    assert norm.eps == 0.5
    assert norm.bias is None
    default = stack(2, D, H, d_ff)
    assert isinstance(default.norm, nn.Identity)
    assert len(default.layers) == 2
    assert default.layers[0] is not default.layers[1]
    assert default.layers[1].norm_first is False


# --- the model ----------------------------------------------------------------------------------


def with_formula(model, source, target):
    """The model written down once more, from its embeddings and stacks."""
    memory_mask = (source != model.pad_id)[:, None, None]
    mask = (target != model.pad_id)[:, None, None] & torch.ones(Tt, Tt).tril().bool()
    x = model.source_embedding.weight[source] * D**0.5 + sinusoidal_positions(Ts, D)
    y = model.target_embedding.weight[target] * D**0.5 + sinusoidal_positions(Tt, D)
    features = model.decoder(y, model.encoder(x, memory_mask), mask, memory_mask)
    return features @ model.generator.weight.T + model.generator.bias


@ORDERS
@pytest.mark.parametrize("pad_id", [0, 3])
def test_the_model_is_its_embeddings_scaled_its_stacks_and_a_generator(norm_first, pad_id):
    model = make(norm_first=norm_first, pad_id=pad_id)
    source, target = some_ids(SOURCE, B, Ts), some_ids(TARGET, B, Tt)
    source[0, -2:], target[1, -1] = pad_id, pad_id
    logits, expected = model(source, target), with_formula(model, source, target)
    assert logits.shape == (B, Tt, TARGET)
    torch.testing.assert_close(logits, expected, atol=1e-10, rtol=0)
    loss = F.cross_entropy(logits.flatten(0, 1), target.flatten())
    ours = torch.autograd.grad(loss, list(model.parameters()))
    loss = F.cross_entropy(expected.flatten(0, 1), target.flatten())
    theirs = torch.autograd.grad(loss, list(model.parameters()))
    for gradient, wanted in zip(ours, theirs, strict=True):
        torch.testing.assert_close(gradient, wanted, atol=1e-10, rtol=0)
    assert all(gradient.abs().sum() > 0 for gradient in ours)  # every parameter is used


@SCHEMES
def test_no_position_sees_its_future_and_none_sees_padding(positions):
    model = make(positions=positions).eval()
    source, target = some_ids(SOURCE, B, Ts), some_ids(TARGET, B, Tt)
    logits = model(source, target)
    changed = target.clone()
    changed[:, 3:] = some_ids(TARGET, B, Tt - 3)
    changed[:, 3] = target[:, 3] % (TARGET - 1) + 1  # another id than before
    torch.testing.assert_close(model(source, changed)[:, :3], logits[:, :3], atol=1e-12, rtol=0)
    assert not torch.allclose(model(source, changed)[:, 3], logits[:, 3])
    longer = F.pad(source, (0, 4))
    torch.testing.assert_close(model(longer, target), logits, atol=1e-12, rtol=0)
    longer = F.pad(target, (0, 2))
    torch.testing.assert_close(model(source, longer)[:, :Tt], logits, atol=1e-12, rtol=0)
    other = source.clone()
    other[:, 0] = source[:, 0] % (SOURCE - 1) + 1
    assert not torch.allclose(model(other, target), logits)


@SCHEMES
def test_only_without_positions_is_the_order_of_the_source_lost(positions):
    model = make(positions=positions).eval()
    source, target = some_ids(SOURCE, B, Ts), some_ids(TARGET, B, Tt)
    source[:, 0], source[:, 1] = 1, 2
    swapped = source[:, [1, 0, *range(2, Ts)]]
    blind = torch.allclose(model(swapped, target), model(source, target), atol=1e-9)
    assert blind == (positions == "none")


def test_alibi_tells_a_source_from_its_mirror_image_once_the_ends_differ():
    model = make(positions="alibi").eval()
    source, target = some_ids(SOURCE - 1, B, Ts), some_ids(TARGET, B, Tt)
    source[:, 0], source[:, 1] = 1, 2
    mirrored = model(source.flip(1), target)
    torch.testing.assert_close(mirrored, model(source, target), atol=1e-10, rtol=0)
    ended, mirrored = (F.pad(x, (0, 1), value=SOURCE - 1) for x in (source, source.flip(1)))
    assert not torch.allclose(model(mirrored, target), model(ended, target), atol=1e-9)


@SCHEMES
def test_positions_are_made_of_the_right_parts(positions):
    model = make(positions=positions, max_len=9)
    tables = {"sinusoidal": SinusoidalPositions, "learned": LearnedPositions}
    attentions = {"rotary": RotaryAttention, "alibi": AlibiAttention}
    for table in (model.source_positions, model.target_positions):
        assert type(table) is tables.get(positions, nn.Identity)
    assert model.source_positions is not model.target_positions or positions == "none"
    kinds = {type(layer.attention) for layer in model.encoder.layers}
    kinds |= {type(layer.self_attention) for layer in model.decoder.layers}
    (kind,) = kinds
    assert kind.__name__ == attentions.get(positions, model_attention(model)).__name__
    assert model_attention(model).__name__ == "MultiHeadAttention"
    trained = {name for name, _ in model.named_parameters() if "positions" in name}
    learned = {"source_positions.weight", "target_positions.weight"}
    assert trained == (learned if positions == "learned" else set())
    if positions == "learned":
        assert model.source_positions.weight.shape == (9, D)
    if positions == "sinusoidal":
        assert model.source_positions.table.shape == (9, D)


def model_attention(model):
    return type(model.decoder.layers[0].cross_attention)


def test_the_defaults_are_the_papers_base_model():
    with torch.device("meta"):  # shapes without numbers
        model = Transformer(SOURCE, TARGET, positions="none")
    assert (len(model.encoder.layers), len(model.decoder.layers)) == (6, 6)
    layer = model.encoder.layers[0]
    assert (layer.d_model, layer.attention.n_heads, layer.norm_first) == (512, 8, False)
    assert layer.feed_forward.linear1.out_features == 2048
    assert layer.feed_forward.activation == "relu"
    assert (model.pad_id, model.dropout.p, layer.dropout.p) == (0, 0.1, 0.1)
    assert isinstance(model.encoder.norm, nn.Identity)
    small = Transformer(SOURCE, TARGET, **SIZES)
    assert small.source_positions.table.shape == (512, D)
    assert small.generator.weight is not small.target_embedding.weight
    gelu = make(activation="gelu_tanh", norm_first=True)
    assert gelu.decoder.layers[0].feed_forward.activation == "gelu_tanh"
    assert gelu.encoder.layers[1].norm_first


def test_weights_start_as_the_docstring_says():
    model = Transformer(500, 400, d_model=100, n_heads=4, n_layers=1, d_ff=300)
    for embedding in (model.source_embedding, model.target_embedding):
        assert embedding.weight.std().item() == pytest.approx(0.1, rel=0.05)
    wide = model.encoder.layers[0].feed_forward.linear1.weight
    bound = (6 / (100 + 300)) ** 0.5
    assert 0.95 * bound < wide.abs().max().item() <= bound
    assert wide.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert model.encoder.layers[0].norm1.weight.tolist() == [1.0] * 100


@pytest.mark.parametrize("tied", ["none", "target", "all"])
def test_tied_weights_are_one(tied):
    model = Transformer(SOURCE, TARGET if tied != "all" else SOURCE, tied=tied, **SIZES)
    target = model.target_embedding.weight
    assert (model.generator.weight is target) == (tied != "none")
    assert (model.source_embedding.weight is target) == (tied == "all")
    assert target.std().item() == pytest.approx(D**-0.5, rel=0.3)
    other = Transformer(SOURCE, target.size(0), tied=tied, **SIZES)
    load_weights(other, model.state_dict())
    source, ids = some_ids(SOURCE, B, Ts), some_ids(SOURCE, B, Tt)
    assert torch.equal(model.eval()(source, ids), other.eval()(source, ids))


def test_dropout_falls_on_embeddings_with_their_positions_too():
    model = make(dropout=0.4)
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    model.decoder.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    source, target = some_ids(SOURCE, 40, Ts), some_ids(TARGET, 40, Tt)
    model(source, target)
    model.eval()(source, target)
    for dropped, whole in ((seen[0], seen[2]), (seen[1], seen[3])):
        kept = dropped != 0
        assert kept.double().mean().item() == pytest.approx(0.6, abs=0.05)
        torch.testing.assert_close(dropped, whole * kept / 0.6)


def test_encode_and_decode_are_the_two_halves():
    model = make().eval()
    source, target = some_ids(SOURCE, B, Ts), some_ids(TARGET, B, Tt)
    source[1, 4:] = 0
    memory, mask = model.encode(source)
    assert memory.shape == (B, Ts, D)
    assert torch.equal(mask, (source != 0)[:, None, None])
    features = model.decode(target, memory, mask)
    assert features.shape == (B, Tt, D)
    torch.testing.assert_close(model.generator(features), model(source, target))
    unmasked = model.decode(target, memory, torch.ones_like(mask))
    assert not torch.allclose(unmasked[1], features[1])


class Doubled(TransformerEncoderLayer):
    """Somebody's own layer, with the settled arguments alone."""

    def __init__(
        self, d_model, n_heads, d_ff, dropout=0.1, activation="relu", norm_first=False, eps=1e-5,
        bias=True,
    ):  # fmt: skip
        super().__init__(d_model, n_heads, d_ff, dropout, activation, norm_first, eps, bias)

    def attend(self, x, mask=None, need_weights=False):
        attended, found = super().attend(x, mask, need_weights)
        return 2 * attended, found


def test_a_learners_parts_stand_in_the_model():
    with use({"TransformerEncoderLayer": Doubled}):
        model = make()
    found = provenance(model)
    assert found["encoder.layers.0"].endswith("Doubled")
    assert found["decoder.layers.0"] == "unrolled.blocks.layers.TransformerDecoderLayer"
    plain = make()
    load_weights(model, plain.state_dict())
    source, target = some_ids(SOURCE, B, Ts), some_ids(TARGET, B, Tt)
    assert not torch.allclose(model(source, target), plain(source, target))

    def everywhere(Tq, Tk=None, device=None):
        return torch.ones(Tq, Tq, dtype=torch.bool)

    with use(
        {"causal_mask": everywhere, "padding_mask": lambda ids, pad_id: (ids > -1)[:, None, None]}
    ):
        open_model = make()
    load_weights(open_model, plain.state_dict())
    changed = target.clone()
    changed[:, -1] = target[:, -1] % (TARGET - 1) + 1
    early = open_model(source, changed)[:, 0], open_model(source, target)[:, 0]
    assert not torch.allclose(*early)


@SCHEMES
def test_the_model_compiles_as_one_graph(positions):
    model = make(positions=positions, n_layers=1).eval()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    source, target = some_ids(SOURCE, B, Ts), some_ids(TARGET, B, Tt)
    torch.testing.assert_close(compiled(source, target), model(source, target))
