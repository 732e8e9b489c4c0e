"""A learner's parameters made of the reference's, and their gradients back again."""

import pytest
import torch
from torch import nn

from unrolled.candidate.handles import Candidate, Parameter, State
from unrolled.candidate.values import NO_GRADIENT
from unrolled.checks.draw import Draw
from unrolled.checks.transplant import Unfit, gradients_back, transplanted


class Reference(nn.Module):
    """Two projections whose results are added, and two biases that only count as a sum."""

    def __init__(self):
        super().__init__()
        self.left = nn.Linear(3, 4)
        self.right = nn.Linear(3, 4)

    def forward(self, x):
        return self.left(x) + 2 * self.right(x)


class Fused(nn.Module):
    PARAM_MAP = {  # noqa: RUF012 - as a learner writes it
        "both": {"cat": ["left.weight", "right.weight"], "dim": 0},
        "bias": {"sum": ["left.bias", "right.bias", "right.bias"]},
    }

    def __init__(self):
        super().__init__()
        self.both = nn.Parameter(torch.zeros(8, 3))
        self.bias = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        left, right = (x @ self.both.T).chunk(2, dim=-1)
        return left + 2 * right + self.bias


class Transposed(nn.Module):
    PARAM_MAP = {  # noqa: RUF012
        "columns": {"transpose": "left.weight"},
        "r": "right.weight",
        "bl": "left.bias",
        "br": "right.bias",
    }

    def __init__(self):
        super().__init__()
        self.columns = nn.Parameter(torch.zeros(3, 4))
        self.r = nn.Parameter(torch.zeros(4, 3))
        self.bl = nn.Parameter(torch.zeros(4))
        self.br = nn.Parameter(torch.zeros(4))

    def forward(self, x):
        return x @ self.columns + self.bl + 2 * (x @ self.r.T + self.br)


def asked(answer):
    """The output, and the gradients under the reference's names."""
    draw = Draw(5, Reference, torch.float64)
    candidate = Candidate.local(answer, "Layer")
    layer = draw.layer(candidate.answer)
    x = candidate.put(draw.normal("x", 2, 3), requires_grad=True)
    (of_x,), of_parameters = draw.gradients(layer, layer(x), x)
    return layer(x).value(), of_x, of_parameters


def test_a_transposed_layer_is_the_reference_in_value_and_gradient():
    wanted, got = asked(Reference), asked(Transposed)
    torch.testing.assert_close(got, wanted)


def test_a_fused_layer_is_the_reference_and_its_gradient_is_cut_apart():
    wanted, got = asked(Reference), asked(Fused)
    torch.testing.assert_close(got[:2], wanted[:2])
    for name in ("left.weight", "right.weight", "left.bias"):
        torch.testing.assert_close(got[2][name], wanted[2][name])


def state(shapes, param_map=None):
    parameters = {n: Parameter(s, None, None, True, n) for n, s in shapes.items()}
    return State(parameters, {}, {"": param_map or {}})


WANTED = {"w": torch.zeros(2, 3), "b": torch.zeros(2)}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (state({"w": (2, 3)}), "parameter b is missing"),
        (state({}), "none at all"),
        (state({"w": (2, 3), "b": (2,), "c": (1,)}), "parameter c is unexpected"),
        (state({"w": (3, 2), "b": (2,)}), r"parameter w has shape \(3, 2\), \(2, 3\) is wanted"),
        (state({"w": (2, 3), "b": (2,)}, {"b": {"cat": 3}}), "PARAM_MAP"),
        (state({"w": (2, 3), "b": (2,)}, {"b": {"sum": ["b", "w"]}}), "PARAM_MAP"),
        (state({"w": (2, 3), "b": (2,)}, {"b": 7}), "PARAM_MAP"),
        (state({"w": (2, 3), "b": (2,)}, {"b": {"cat": ["b"], "sum": ["b"]}}), "PARAM_MAP"),
    ],
)
def test_what_does_not_fit_is_told(found, says):
    with pytest.raises(Unfit, match=says):
        transplanted(WANTED, found)


def test_a_parameter_without_a_gradient_leaves_none_for_all_it_is_made_of():
    found = state({"both": (4, 3)}, {"both": {"cat": ["one", "two"], "dim": 0}})
    back = gradients_back({"both": NO_GRADIENT}, found, {"one": (2, 3), "two": (2, 3)})
    assert back == {"one": NO_GRADIENT, "two": NO_GRADIENT}
