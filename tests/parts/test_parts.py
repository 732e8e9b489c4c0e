"""Parts: whose layer stands where, and the reference's weights in it."""

import pytest
import torch
from torch import nn

from unrolled.attention import MultiHeadAttention, scaled_dot_product_attention
from unrolled.blocks import LayerNorm
from unrolled.parts import load_weights, part, provenance, use


class FusedAttention(nn.Module):
    """A learner's multi-head attention with one fused projection and names of its own."""

    PARAM_MAP = {  # noqa: RUF012 - as learners write it
        "qkv.weight": {"cat": ["q_proj.weight", "k_proj.weight", "v_proj.weight"], "dim": 0},
        "qkv.bias": {"cat": ["q_proj.bias", "k_proj.bias", "v_proj.bias"]},
        "wo": {"transpose": "out_proj.weight"},
        "bo": "out_proj.bias",
    }

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.wo = nn.Parameter(torch.zeros(d_model, d_model))
        self.bo = nn.Parameter(torch.zeros(d_model))

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        heads = nn.functional.scaled_dot_product_attention(q, k, v)
        return heads.transpose(1, 2).reshape(B, T, D) @ self.wo + self.bo


class Model(nn.Module):
    """Two parts: a layer and a function."""

    def __init__(self):
        super().__init__()
        self.attention = part(MultiHeadAttention)(6, 3)
        self.attend = part(scaled_dot_product_attention)

    def forward(self, x):
        return self.attention(x)


def attend_slowly(query, key, value):
    return query


def test_a_part_is_the_reference_unless_another_is_in_use():
    assert part(MultiHeadAttention) is MultiHeadAttention
    with use({"MultiHeadAttention": FusedAttention}):
        assert part(MultiHeadAttention) is FusedAttention
        with use({"scaled_dot_product_attention": attend_slowly}):  # the outer block still holds
            assert part(MultiHeadAttention) is FusedAttention
            assert part(scaled_dot_product_attention) is attend_slowly
        assert part(scaled_dot_product_attention) is scaled_dot_product_attention
    assert part(MultiHeadAttention) is MultiHeadAttention


def test_the_scope_ends_with_an_error_too():
    with pytest.raises(KeyError), use({"MultiHeadAttention": FusedAttention}):
        raise KeyError
    assert part(MultiHeadAttention) is MultiHeadAttention


def test_a_part_that_cannot_be_called_is_refused():
    wanted = r"parts\['softmax'\] is a int, a class or function is wanted"
    with pytest.raises(TypeError, match=wanted), use({"softmax": 3}):
        pass


def test_provenance_names_layers_and_functions_and_leaves_out_torch():
    with use({"MultiHeadAttention": FusedAttention}):
        found = provenance(Model())
    assert found == {
        "(model)": f"{__name__}.Model",
        "attention": f"{__name__}.FusedAttention",
        "attend": "unrolled.attention.scaled_dot_product_attention",
    }


def test_weights_are_transplanted_through_the_map():
    torch.manual_seed(0)
    reference = Model()
    with use({"MultiHeadAttention": FusedAttention}):
        model = Model()
    load_weights(model, reference.state_dict())
    x = torch.randn(2, 5, 6)
    torch.testing.assert_close(model(x), reference(x))
    assert torch.equal(model.attention.wo, reference.attention.out_proj.weight.T)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attention.q_proj.bias": None}, "missing attention.q_proj.bias, unexpected none"),
        ({"extra": torch.zeros(1)}, "missing none, unexpected extra"),
        (
            {"attention.out_proj.bias": torch.zeros(7)},
            r"state gives attention.bo the shape \(7,\), \(6,\) is wanted",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused_and_nothing_is_loaded(change, message):
    state = Model().state_dict() | change
    state = {name: value for name, value in state.items() if value is not None}
    with use({"MultiHeadAttention": FusedAttention}):
        model = Model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(ValueError, match=message):
        load_weights(model, state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_sum_of_biases_is_one_parameter():
    class OneBias(nn.Module):
        PARAM_MAP = {"bias": {"sum": ["bias_ih", "bias_hh"]}, "w": "weight_ih", "u": "weight_hh"}  # noqa: RUF012

        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(3))
            self.w, self.u = nn.Parameter(torch.zeros(3, 2)), nn.Parameter(torch.zeros(3, 3))

    cell = nn.RNNCell(2, 3)
    layer = nn.ModuleDict({"cell": OneBias()})
    load_weights(layer, {f"cell.{name}": value for name, value in cell.state_dict().items()})
    assert torch.equal(layer["cell"].bias, cell.bias_ih + cell.bias_hh)


def test_what_a_model_has_in_a_slot_gives_way_to_others_and_not_to_the_reference():
    class Own(LayerNorm):
        pass

    class Other(LayerNorm):
        pass

    assert part(LayerNorm, own=Own) is Own
    with use({"LayerNorm": Other}):
        assert part(LayerNorm, own=Own) is Other
    with use({"LayerNorm": LayerNorm}):
        assert part(LayerNorm, own=Own) is Own
