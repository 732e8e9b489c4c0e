"""Four ways to say where a token stands: exact values, and what each promises about distance.

Sizes are pairwise distinct wherever the layer allows, so that no swap of axes can hide.
"""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import in_both_precisions, same
from unrolled.parts import use
from unrolled.positions import (
    LearnedPositions,
    SinusoidalPositions,
    alibi_bias,
    apply_rope,
    sinusoidal_positions,
)

B, H, Tq, Tk, d_k = 2, 3, 5, 7, 4
D = H * d_k


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def tensor(*shape, dtype=torch.float64):
    return torch.randn(*shape).to(dtype).requires_grad_()


# --- sinusoidal ---------------------------------------------------------------------------------


@pytest.mark.parametrize("d_model", [1, 2, 5, 6])
@pytest.mark.parametrize("base", [10000.0, 7.0])
def test_sinusoidal_positions_are_the_papers_equation(d_model, base):
    table = sinusoidal_positions(Tk, d_model, base)
    assert table.shape == (Tk, d_model)
    for pos in range(Tk):
        for feature in range(d_model):
            wave = math.cos if feature % 2 else math.sin
            expected = wave(pos / base ** ((feature - feature % 2) / d_model))
            assert table[pos, feature].item() == pytest.approx(expected, abs=1e-7)


def test_sinusoidal_positions_stay_exact_far_out_and_have_base_10000():
    table = sinusoidal_positions(50001, 4)
    assert torch.equal(table, sinusoidal_positions(50001, 4, 10000.0))
    expected = [f(50000 / 100**i) for i in (0, 1) for f in (math.sin, math.cos)]
    assert table[50000].tolist() == pytest.approx(expected, abs=1e-7)
    assert sinusoidal_positions(1, 3).tolist() == [[0.0, 1.0, 0.0]]


def test_sinusoidal_positions_have_the_default_dtype():
    assert sinusoidal_positions(2, 2).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert sinusoidal_positions(2, 2)[1, 0].item() == math.sin(1)
    finally:
        torch.set_default_dtype(torch.float32)


@given(pos=st.integers(0, 900), distance=st.integers(0, 90))
def test_sinusoidal_positions_a_fixed_distance_apart_differ_by_one_rotation(pos, distance):
    """Vaswani et al. 2017, section 3.5: PE of pos + k is a linear function of PE of pos."""
    torch.set_default_dtype(torch.float64)
    try:
        table = sinusoidal_positions(pos + distance + 1, 6)
    finally:
        torch.set_default_dtype(torch.float32)
    for pair in range(3):
        angle = distance / 10000.0 ** (2 * pair / 6)
        sin, cos = table[pos, 2 * pair : 2 * pair + 2].tolist()
        turned = [
            sin * math.cos(angle) + cos * math.sin(angle),
            cos * math.cos(angle) - sin * math.sin(angle),
        ]
        assert table[pos + distance, 2 * pair : 2 * pair + 2].tolist() == pytest.approx(turned)


@pytest.mark.parametrize("start", [0, 3])
def test_the_sinusoidal_layer_adds_the_rows_from_start_on(start):
    layer, x = SinusoidalPositions(Tk + 3, D), torch.randn(B, Tk, D)
    expected = x + sinusoidal_positions(20, D)[start : start + Tk]
    assert torch.equal(layer(x, start), expected)
    assert layer.table.shape == (Tk + 3, D)
    short = SinusoidalPositions(4, D)  # needs more rows than it has
    assert torch.equal(short(x, start), expected)
    assert short.double()(x.double(), start).dtype == torch.float64


def test_the_sinusoidal_table_is_a_buffer_that_is_neither_trained_nor_saved():
    layer = SinusoidalPositions(Tk, D)
    assert not list(layer.parameters())
    assert not layer.state_dict()
    assert [name for name, _ in layer.named_buffers()] == ["table"]
    assert torch.equal(layer(torch.zeros(B, Tk, D)), layer.table.expand(B, Tk, D))
    with use({"sinusoidal_positions": lambda T, d_model: torch.full((T, d_model), 3.0)}):
        layer = SinusoidalPositions(2, D)
    assert (layer(torch.zeros(B, Tk, D)) == 3).all()
    assert (layer.table == 3).all()


# --- learned ------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [0, 3])
def test_learned_positions_equal_an_embedding_of_positions(start):
    layer = LearnedPositions(Tk + 3, D).double()
    x = tensor(B, Tk, D)
    expected = x + F.embedding(torch.arange(start, start + Tk), layer.weight)
    same(layer(x, start), expected, [x, layer.weight])
    assert torch.equal(layer(x), layer(x, 0))


def test_learned_positions_start_small():
    layer = LearnedPositions(400, 50)
    assert {n: tuple(p.shape) for n, p in layer.named_parameters()} == {"weight": (400, 50)}
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert layer.weight.mean().item() == pytest.approx(0.0, abs=0.001)


# --- rotary -------------------------------------------------------------------------------------


def rotated_by_hand(x, positions, base):
    """Each pair as one complex number, multiplied by e^(i m theta)."""
    half = x.size(-1) // 2
    pairs = torch.complex(x[..., :half], x[..., half:])
    theta = torch.tensor([base ** (-i / half) for i in range(half)], dtype=torch.float64)
    angles = positions.double()[..., None] * theta
    if positions.dim() == 2:
        angles = angles[:, None]
    turned = pairs * torch.polar(torch.ones_like(angles), angles).to(pairs.dtype)
    return torch.cat([turned.real, turned.imag], dim=-1)


@in_both_precisions
@pytest.mark.parametrize("base", [10000.0, 50.0])
@pytest.mark.parametrize("width", [2, 6, 8])
@pytest.mark.parametrize("per_sentence", [False, True], ids=["(T,)", "(B, T)"])
def test_rope_turns_each_pair_by_its_angle(dtype, close, base, width, per_sentence):
    x = tensor(B, H, Tq, width, dtype=dtype)
    positions = torch.randint(0, 40, (B, Tq) if per_sentence else (Tq,))
    same(apply_rope(x, positions, base), rotated_by_hand(x, positions, base), [x], close)
    if base == 10000.0:
        assert torch.equal(apply_rope(x, positions), apply_rope(x, positions, base))
    if per_sentence:
        first = apply_rope(x, positions[:1], base)[0]  # one row of positions for all
        close(first, apply_rope(x, positions, base)[0])


@settings(deadline=None, max_examples=30)
@given(query=st.integers(0, 500), key=st.integers(0, 500), shift=st.integers(0, 500))
def test_rotated_scores_depend_on_the_distance_alone(query, key, shift):
    q, k = (torch.randn(1, 1, 1, 8, dtype=torch.float64) for _ in range(2))

    def score(m, n):
        return (apply_rope(q, torch.tensor([m])) * apply_rope(k, torch.tensor([n]))).sum()

    torch.testing.assert_close(
        score(query, key), score(query + shift, key + shift), atol=1e-9, rtol=0
    )
    assert torch.equal(apply_rope(q, torch.tensor([0])), q)
    torch.testing.assert_close(apply_rope(q, torch.tensor([query])).norm(), q.norm())


def test_angles_are_as_exact_as_the_input_or_as_the_positions_say():
    x, positions = tensor(B, H, Tq, 8), torch.arange(3000, 3000 + Tq)
    exact = rotated_by_hand(x, positions, 10000.0)
    torch.testing.assert_close(apply_rope(x, positions), exact, atol=1e-10, rtol=0)
    single = apply_rope(x, positions.float())  # as Llama's own code
    assert 1e-10 < (single - exact).abs().max() < 1e-2
    assert single.dtype == torch.float64
    half = apply_rope(x.bfloat16(), positions)  # counting to 3000 in bfloat16 fails
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.double(), exact, atol=0.05, rtol=0)


def test_rope_leaves_its_inputs_as_they_were():
    x, positions = torch.randn(B, H, Tq, d_k), torch.arange(Tq)
    before = x.clone()
    apply_rope(x, positions)
    assert torch.equal(x, before)
    assert torch.equal(positions, torch.arange(Tq))


# --- ALiBi --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_heads", "exponents"),
    [
        (1, [8]),
        (2, [4, 8]),
        (3, [4, 8, 2]),
        (4, [2, 4, 6, 8]),
        (6, [2, 4, 6, 8, 1, 3]),
        (7, [2, 4, 6, 8, 1, 3, 5]),
        (8, [1, 2, 3, 4, 5, 6, 7, 8]),
        (12, [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5]),
    ],
)
def test_alibi_slopes_are_the_papers(n_heads, exponents):
    slopes = -alibi_bias(n_heads, 1, 2)[:, 0, 0]
    torch.testing.assert_close(slopes, torch.tensor([2.0**-e for e in exponents]))


def test_alibi_counts_the_distance_from_the_last_queries_in_both_directions():
    bias = alibi_bias(H, Tq, Tk)
    assert bias.shape == (H, Tq, Tk)
    assert bias.dtype == torch.float32
    for h, slope in enumerate((2**-4, 2**-8, 2**-2)):
        for i in range(Tq):
            for j in range(Tk):
                assert bias[h, i, j].item() == pytest.approx(-slope * abs(Tk - Tq + i - j))
    assert alibi_bias(H, Tq, device=torch.device("meta")).device.type == "meta"
    assert torch.equal(alibi_bias(H, Tk), alibi_bias(H, Tk, Tk))
    assert torch.equal(alibi_bias(H, Tq, Tk), alibi_bias(H, Tk)[:, -Tq:])


@pytest.mark.parametrize("kind", [SinusoidalPositions, LearnedPositions])
def test_tables_compile_as_one_graph(kind):
    layer, x = kind(Tk, D), torch.randn(B, Tq, D)
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, 2), layer(x, 2))
