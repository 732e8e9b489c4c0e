"""LoRA: a change that starts at nothing, trains alone, and merges into its matrix."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from agreement import in_both_precisions, same
from unrolled.gpt import GPT, GPTConfig
from unrolled.llama import Llama, LlamaConfig
from unrolled.lora import (
    LoRALinear,
    adapter_state,
    add_lora,
    load_adapter,
    merge_lora,
    remove_lora,
    unmerge_lora,
)
from unrolled.parts import provenance, use

B, T, D_IN, D_OUT, R, V = 2, 5, 7, 6, 3, 11


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def layer(alpha=4.0, bias=True, dtype=torch.float64, **options):
    """An adapted layer whose change is no longer zero."""
    adapted = LoRALinear(nn.Linear(D_IN, D_OUT, bias=bias), R, alpha, **options)
    nn.init.normal_(adapted.lora_B)
    return adapted.to(dtype)


def gpt(seed=0):
    torch.manual_seed(seed)
    return GPT(GPTConfig(V, 8, n_embd=12, n_layer=2, n_head=3)).double().eval()


def adapted_gpt(names=("q_proj", "v_proj"), seed=0):
    model = gpt()
    add_lora(model, rank=R, alpha=2.0, names=names)
    torch.manual_seed(seed + 7)
    for name, parameter in model.named_parameters():
        if name.endswith("lora_B"):
            nn.init.normal_(parameter)
    return model


def some_ids():
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(1))


# --- one layer ----------------------------------------------------------------------------------


def test_it_starts_as_the_layer_itself():
    linear = nn.Linear(D_IN, D_OUT)
    adapted, x = LoRALinear(linear, R, 4.0), torch.randn(B, T, D_IN)
    assert torch.equal(adapted(x), linear(x))
    assert not adapted.lora_B.any()
    assert adapted.lora_A.any(dim=1).all()
    assert adapted.lora_A.shape == (R, D_IN)
    assert adapted.lora_B.shape == (D_OUT, R)
    assert adapted.lora_A.abs().max() <= D_IN**-0.5  # as nn.Linear draws its weight
    assert adapted.dropout.p == 0.0


@in_both_precisions
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("alpha", [3.0, 1.0, 12.0])
def test_it_is_its_formula(dtype, close, bias, alpha):
    adapted = layer(alpha, bias, dtype)
    x = torch.randn(B, T, D_IN).to(dtype).requires_grad_()
    A, W_B = (p.detach().clone().requires_grad_() for p in (adapted.lora_A, adapted.lora_B))
    matrix = adapted.linear.weight + alpha / R * W_B @ A
    expected = F.linear(x, matrix, adapted.linear.bias)
    same(adapted(x), expected, ([x, adapted.lora_A, adapted.lora_B], [x, A, W_B]), close)


def test_only_the_change_trains():
    adapted = layer()
    trained = [name for name, p in adapted.named_parameters() if p.requires_grad]
    assert trained == ["lora_A", "lora_B"]
    assert set(adapted.state_dict()) == {"linear.weight", "linear.bias", "lora_A", "lora_B"}


def test_dropout_is_on_what_goes_into_the_change():
    adapted = layer(dropout=0.5)
    x = torch.ones(400, D_IN, dtype=torch.float64)
    assert torch.equal(adapted.eval()(x), adapted(x))
    adapted.train()
    adapted.lora_A.data = torch.eye(R, D_IN, dtype=torch.float64)
    adapted.lora_B.data = torch.eye(D_OUT, R, dtype=torch.float64)
    change = (adapted(x) - adapted.linear(x))[:, :R] / adapted.scale
    kept = change.abs() > 1e-9
    torch.testing.assert_close(change[kept], torch.full_like(change[kept], 2.0))
    assert 0.4 < kept.double().mean() < 0.6  # 1200 draws at 0.5, deviation 0.015


@in_both_precisions
@pytest.mark.parametrize("bias", [True, False])
def test_merging_changes_the_matrix_and_not_the_result(dtype, close, bias):
    adapted = layer(bias=bias, dtype=dtype)
    x, before = torch.randn(B, T, D_IN).to(dtype), adapted.linear.weight.clone()
    expected = adapted(x)
    adapted.merge()
    merged = adapted.linear.weight.clone()
    close(adapted(x), expected)
    assert torch.equal(adapted(x), adapted.linear(x))
    torch.testing.assert_close(merged - before, 4.0 / R * adapted.lora_B @ adapted.lora_A)
    assert not adapted.lora_A.requires_grad
    assert not adapted.lora_B.requires_grad
    adapted.merge()  # twice is once
    assert torch.equal(adapted.linear.weight, merged)
    adapted.unmerge()
    assert torch.equal(adapted.linear.weight, before)
    assert torch.equal(adapted(x), expected)
    assert adapted.lora_A.requires_grad
    assert adapted.lora_B.requires_grad
    assert not adapted.linear.weight.requires_grad
    adapted.unmerge()
    assert torch.equal(adapted.linear.weight, before)


def test_what_was_before_the_merge_is_no_part_of_the_state():
    adapted = layer()
    adapted.merge()
    assert set(adapted.state_dict()) == {"linear.weight", "linear.bias", "lora_A", "lora_B"}
    assert adapted.float().before_merge.dtype == torch.float32  # it goes where the layer goes


# --- a model ------------------------------------------------------------------------------------


def test_an_adapted_model_starts_the_same_and_trains_its_adapters_alone():
    model, ids = gpt(), some_ids()
    before = {n: p.clone() for n, p in model.state_dict().items()}
    expected = model(ids)
    paths = add_lora(model, rank=R, alpha=6.0, dropout=0.25)
    assert paths == [f"blocks.{i}.attention.{n}_proj" for i in range(2) for n in "qv"]
    assert torch.equal(model(ids), expected)
    for path in paths:
        adapted = model.get_submodule(path)
        assert (adapted.scale, adapted.dropout.p) == (2.0, 0.25)
    trained = [n for n, p in model.named_parameters() if p.requires_grad]
    assert trained == [f"{path}.lora_{name}" for path in paths for name in "AB"]
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.5)
    for _ in range(2):  # A gets no gradient while B is zero
        model(ids).square().sum().backward()
        optimiser.step()
    state = {n.replace(".linear.", "."): p for n, p in model.state_dict().items()}
    for name, parameter in before.items():
        assert torch.equal(state[name], parameter), name
    for path in paths:
        assert all(p.grad.abs().max() > 0 for p in (model.get_submodule(path).lora_A,))
    assert not torch.allclose(model(ids), expected)


@pytest.mark.parametrize("names", [("q_proj", "v_proj"), ("linear1",), ["out_proj", "linear2"]])
def test_a_merged_model_gives_the_same_and_goes_back_bit_for_bit(names):
    model, ids = adapted_gpt(names), some_ids()
    before = {n: p.clone() for n, p in model.state_dict().items()}
    expected = model(ids)
    assert not torch.allclose(expected, gpt()(ids))
    merge_lora(model)
    torch.testing.assert_close(model(ids), expected, atol=1e-10, rtol=1e-10)
    changed = [n for n, p in model.state_dict().items() if not torch.equal(p, before[n])]
    assert len(changed) == 2 * len(names)
    unmerge_lora(model)
    assert torch.equal(model(ids), expected)
    assert all(torch.equal(p, before[n]) for n, p in model.state_dict().items())


def test_removed_after_a_merge_the_change_stays_in_a_plain_model():
    model, ids = adapted_gpt(), some_ids()
    expected = model(ids)
    merge_lora(model)
    remove_lora(model)
    plain = gpt(seed=1)
    plain.load_state_dict(model.state_dict())  # the names of a model that never had adapters
    torch.testing.assert_close(plain(ids), expected, atol=1e-10, rtol=1e-10)


def test_removed_without_a_merge_the_change_is_gone():
    model, ids = adapted_gpt(), some_ids()
    remove_lora(model)
    assert torch.equal(model(ids), gpt()(ids))
    assert not any(isinstance(module, LoRALinear) for module in model.modules())


def test_adapters_are_stored_and_loaded_alone():
    model, other, ids = adapted_gpt(), adapted_gpt(seed=5), some_ids()
    state = adapter_state(model)
    assert len(state) == 8
    assert set(state) == {n for n, p in model.named_parameters() if p.requires_grad}
    assert not any(tensor.requires_grad for tensor in state.values())
    assert not torch.allclose(other(ids), model(ids))
    load_adapter(other, state)
    assert torch.equal(other(ids), model(ids))
    assert all(p.requires_grad for n, p in other.named_parameters() if "lora" in n)


def test_a_llama_can_be_adapted_too():
    model = Llama(LlamaConfig(V, 12, 10, 1, 3, num_key_value_heads=1)).double().eval()
    paths = add_lora(model, 2, 2.0, names=["k_proj", "gate_proj"])
    assert paths == ["blocks.0.attention.k_proj", "blocks.0.feed_forward.gate_proj"]
    for path in paths:
        nn.init.normal_(model.get_submodule(path).lora_B)
    ids = some_ids()
    expected = model(ids)
    assert torch.equal(model.generate(ids, 2), model.generate(ids, 2, use_cache=False))
    merge_lora(model)
    torch.testing.assert_close(model(ids), expected, atol=1e-10, rtol=1e-10)


class MyLoRA(LoRALinear):
    pass


def test_a_learners_part_in_its_place():
    model = gpt()
    with use({"LoRALinear": MyLoRA}):
        add_lora(model, R, 2.0, names=["k_proj"])
    assert "MyLoRA" in provenance(model)["blocks.0.attention.k_proj"]
    merge_lora(model)
    assert model.blocks[1].attention.k_proj.before_merge is not None


def test_an_adapted_layer_compiles():
    torch._dynamo.reset()
    adapted, x = layer(), torch.randn(B, T, D_IN, dtype=torch.float64)
    compiled = torch.compile(adapted, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), adapted(x))


# --- refusals -----------------------------------------------------------------------------------


def merged():
    model = adapted_gpt()
    merge_lora(model)
    return model


def linear():
    return nn.Linear(D_IN, D_OUT)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: LoRALinear(nn.Identity(), R, 1.0),
            TypeError,
            "linear is a Identity, an nn.Linear is wanted",
        ),
        (lambda: LoRALinear(linear(), 0, 1.0), ValueError, "rank=0: at least 1 is wanted"),
        (
            lambda: LoRALinear(linear(), R, 1.0)(torch.zeros(2, 5)),
            ValueError,
            "x has shape (2, 5), (..., 7) is wanted",
        ),
        (
            lambda: LoRALinear(linear(), R, 1.0)(torch.zeros(2, 7).long()),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: LoRALinear(linear(), 7, 1.0), ValueError, "rank=7: at most 6, the smaller width"),
        (
            lambda: LoRALinear(linear(), R, 0.0),
            ValueError,
            "alpha=0.0: a finite number above 0 is wanted",
        ),
        (lambda: LoRALinear(linear(), R, 1.0, 1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (lambda: LoRALinear(linear(), R, 1.0, -0.1), ValueError, "dropout=-0.1 is outside [0, 1)"),
        (
            lambda: add_lora(gpt(), R, 1.0, names="q_proj"),
            TypeError,
            "names is a str, a list of strings is wanted",
        ),
        (
            lambda: add_lora(gpt(), R, 1.0, names=[]),
            ValueError,
            "names is empty, at least one layer's name is wanted",
        ),
        (
            lambda: add_lora(gpt(), R, 1.0, names=["q_proj", "o_proj"]),
            ValueError,
            "names holds 'o_proj': model has no layer of that name",
        ),
        (
            lambda: add_lora(gpt(), R, 1.0, names=["attention"]),
            TypeError,
            "linear is a CausalAttention, an nn.Linear is wanted",
        ),
        (lambda: add_lora(gpt(), 13, 1.0), ValueError, "rank=13: at most 12"),
        (
            lambda: add_lora(gpt(), R, 1.0, names=["lm_head"]),
            ValueError,
            "lm_head.weight is also used elsewhere in model (tied): it cannot change alone",
        ),
        (
            lambda: add_lora(adapted_gpt(), R, 1.0),
            ValueError,
            "model has adapters already, one without is wanted",
        ),
        (lambda: merge_lora(gpt()), ValueError, "model has no adapters, add_lora(model, ...)"),
        (lambda: unmerge_lora(gpt()), ValueError, "model has no adapters"),
        (lambda: remove_lora(gpt()), ValueError, "model has no adapters"),
        (lambda: adapter_state(gpt()), ValueError, "model has no adapters"),
        (lambda: load_adapter(gpt(), {}), ValueError, "model has no adapters"),
        (
            lambda: load_adapter(merged(), adapter_state(adapted_gpt())),
            ValueError,
            "blocks.0.attention.q_proj is merged, unmerge_lora(model) first is wanted",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


@pytest.mark.parametrize("rank", [1, 6])
def test_the_smallest_and_the_largest_rank_will_do(rank):
    assert LoRALinear(linear(), rank, 1.0).lora_A.shape == (rank, D_IN)


def test_a_refused_model_is_left_as_it_was():
    model = gpt()
    with pytest.raises(ValueError, match="no layer of that name"):
        add_lora(model, R, 1.0, names=["q_proj", "nothing"])
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not any(isinstance(module, LoRALinear) for module in model.modules())


def test_adapters_that_do_not_fit_are_named_and_nothing_is_loaded():
    model = adapted_gpt()
    state = adapter_state(adapted_gpt(seed=3))
    state["other"] = state.pop("blocks.0.attention.q_proj.lora_A")
    state["blocks.1.attention.v_proj.lora_B"] = torch.zeros(2, 3)
    before = {n: t.clone() for n, t in adapter_state(model).items()}
    with pytest.raises(ValueError, match="does not fit") as refusal:
        load_adapter(model, state)
    for part in (
        "missing keys ['blocks.0.attention.q_proj.lora_A']",
        "unexpected keys ['other']",
        "wrong shapes ['blocks.1.attention.v_proj.lora_B (2, 3) where (12, 3) is wanted']",
    ):
        assert part in str(refusal.value)
    assert all(torch.equal(t, before[n]) for n, t in adapter_state(model).items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("blocks.0.attention.q_proj.lora_A"), "unexpected keys none, wrong shapes"),
        (lambda s: s.update(other=torch.zeros(1)), "missing keys none, unexpected keys ['other']"),
        (
            lambda s: s.update({"blocks.0.attention.q_proj.lora_A": torch.zeros(1)}),
            "unexpected keys none, wrong shapes ['blocks.0.attention.q_proj.lora_A (1,)",
        ),
    ],
)
def test_one_thing_that_does_not_fit_is_enough(change, message):
    state = adapter_state(adapted_gpt())
    change(state)
    with pytest.raises(ValueError, match="does not fit") as refusal:
        load_adapter(adapted_gpt(), state)
    assert message in str(refusal.value)
