"""GPT before and while it trains: initial weights, dropout, what weight decay is for."""

import math

import pytest
import torch

from agreement import shaken
from unrolled.gpt import GPT, GPTConfig, decay_groups

B, T, V, D, H, L, F_, MAX_T = 2, 7, 13, 12, 3, 4, 20, 11
SIZES = {
    "vocab_size": V,
    "n_positions": MAX_T,
    "n_embd": D,
    "n_head": H,
    "n_layer": L,
    "n_inner": F_,
    "initializer_range": 0.4,
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def gpt(**changes):
    """A small GPT in float64 and evaluation, with no parameter at 0 or 1."""
    torch.manual_seed(0)
    return shaken(GPT(GPTConfig(**SIZES | changes))).double().eval()


def some_ids(length=T, batch=B, seed=1):
    return torch.randint(V, (batch, length), generator=torch.Generator().manual_seed(seed))


def test_fresh_weights_have_gpt2s_deviations():
    config = GPTConfig(67, 71, n_embd=64, n_layer=8, n_head=2, tie_word_embeddings=False)
    model = GPT(config)
    for name, parameter in model.named_parameters():
        if "norm" in name:
            assert (parameter == (1 if name.endswith("weight") else 0)).all()
        elif name.endswith("bias"):
            assert not parameter.any()
        else:
            residual = name.endswith(("out_proj.weight", "linear2.weight"))
            wanted = 0.02 / math.sqrt(2 * 8) if residual else 0.02
            # at least 4096 draws: their deviation is within 1.1 % of the true one, times 5.5
            assert parameter.std().item() == pytest.approx(wanted, rel=0.06), name
            assert abs(parameter.mean()) < 0.1 * wanted


@pytest.mark.parametrize("tied", [True, False])
def test_the_deviation_is_the_configs(tied):
    model = GPT(GPTConfig(**SIZES | {"initializer_range": 0.0, "tie_word_embeddings": tied}))
    assert not any(p.any() for n, p in model.named_parameters() if "norm" not in n)


def test_each_rate_drops_in_its_place():
    model = GPT(GPTConfig(**SIZES, resid_pdrop=0.2, embd_pdrop=0.3, attn_pdrop=0.4))
    assert model.dropout.p == 0.3
    for block in model.blocks:
        assert block.dropout.p == 0.2
        assert block.attention.dropout == 0.4
        assert block.feed_forward.dropout.p == 0.0


@pytest.mark.parametrize("rate", ["resid_pdrop", "embd_pdrop", "attn_pdrop"])
def test_each_rate_works_while_training_alone(rate):
    rates = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)
    ids = some_ids()
    still = gpt(**rates).train()
    torch.testing.assert_close(still(ids), still.eval()(ids))
    model = gpt(**rates | {rate: 0.5}).train()
    assert not torch.allclose(model(ids), model(ids))
    torch.testing.assert_close(model.eval()(ids), model(ids))
    torch.testing.assert_close(model(ids), still(ids))


def test_embedding_dropout_drops_the_sum_of_both_embeddings():
    model = gpt(embd_pdrop=0.5, resid_pdrop=0.0, attn_pdrop=0.0).train()
    seen = []
    model.blocks[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    ids = some_ids()
    model(ids)
    dropped, whole = seen[0], model.positions(model.token_embedding(ids))
    kept = dropped != 0
    assert 0.2 < kept.double().mean() < 0.8  # 168 draws at 0.5, deviation 0.04
    torch.testing.assert_close(dropped[kept], 2 * whole[kept])


def test_decay_is_for_matrices_once_each():
    model = gpt()
    model.blocks[0].attention.q_proj.weight.requires_grad_(False)
    model.blocks[0].norm1.bias.requires_grad_(False)
    decayed, rest = decay_groups(model, 0.1)
    assert (decayed["weight_decay"], rest["weight_decay"]) == (0.1, 0.0)
    names = {id(p): n for n, p in model.named_parameters() if p.requires_grad}
    found = [names.pop(id(p)) for p in decayed["params"]]
    assert all(".norm" not in n and n.endswith("weight") for n in found)
    assert len(found) == 2 + 6 * L - 1
    found = [names.pop(id(p)) for p in rest["params"]]
    assert all("norm" in n or n.endswith("bias") for n in found)
    assert not names
