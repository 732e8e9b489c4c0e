"""Our GPT against Hugging Face's GPT2LMHeadModel: logits, gradients, names and generated tokens."""

import pytest
import torch
from transformers.models.gpt2 import configuration_gpt2, modeling_gpt2

from agreement import in_both_precisions, shaken
from unrolled.attention import padding_mask
from unrolled.gpt import GPT, GPTConfig
from unrolled.parts import load_weights
from unrolled.pretrained import gpt2 as names
from unrolled.pretrained.convert import from_hf

from . import causal

B, T, V, D, H, L, F, MAX_T = 2, 7, 31, 12, 3, 5, 20, 64
SIZES = {
    "vocab_size": V,
    "n_positions": MAX_T,
    "n_embd": D,
    "n_head": H,
    "n_layer": L,
    "n_inner": F,
    "layer_norm_epsilon": 3e-5,
    "initializer_range": 0.4,
    "bos_token_id": 0,
    "eos_token_id": None,
}
TIES = pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])


def some_ids(length=T):
    return causal.some_ids(V, B, length)


def peers(dtype=torch.float64, tied=True, backend="sdpa", **changes):
    """Build theirs and ours with the same weights, in evaluation."""
    torch.manual_seed(0)
    sizes = SIZES | {"tie_word_embeddings": tied} | changes
    theirs = modeling_gpt2.GPT2LMHeadModel._from_config(
        configuration_gpt2.GPT2Config(**sizes), attn_implementation=backend
    )
    theirs = shaken(theirs).to(dtype).eval()
    ours = GPT(GPTConfig.from_hf(theirs.config.to_dict())).to(dtype).eval()
    rules = names.TIED if tied else names.UNTIED
    load_weights(ours, from_hf(theirs.state_dict(), rules, ours.state_dict()))
    return ours, theirs, rules


@in_both_precisions
@TIES
@pytest.mark.parametrize("backend", ["eager", "sdpa"])
def test_logits_and_gradients_equal_hugging_faces(dtype, close, tied, backend):
    ours, theirs, rules = peers(dtype, tied, backend)
    assert len(list(ours.parameters())) == 2 + 16 * L + 2 + (not tied)
    causal.logits_and_gradients_agree(ours, theirs, rules, some_ids(), close)


@pytest.mark.parametrize("activation", ["gelu_new", "gelu_pytorch_tanh", "gelu", "relu"])
@pytest.mark.parametrize("inner", [F, None])
def test_other_activations_and_the_usual_width(activation, inner):
    ours, theirs, _ = peers(activation_function=activation, n_inner=inner)
    ids = some_ids()
    torch.testing.assert_close(ours(ids), theirs(input_ids=ids).logits, atol=1e-10, rtol=1e-10)


def test_padding_at_the_end_and_a_hole_in_the_mask():
    ours, theirs, _ = peers()
    ids = some_ids() % (V - 1)
    ids[1, 2], ids[0, 5:] = V - 1, V - 1
    expected = theirs(input_ids=ids, attention_mask=(ids != V - 1).long()).logits
    logits = ours(ids, mask=padding_mask(ids, V - 1))
    real = ids != V - 1
    torch.testing.assert_close(logits[real], expected[real], atol=1e-10, rtol=1e-10)


@TIES
def test_names_go_there_and_back_with_every_bit(tied):
    ours, theirs, rules = peers(tied=tied)
    causal.names_go_there_and_back(ours, theirs, rules)


def test_a_file_of_the_hub_has_other_names_and_no_output_layer():
    ours, theirs, _ = peers()
    state = {n.removeprefix("transformer."): t for n, t in theirs.state_dict().items()}
    del state["lm_head.weight"]
    state["h.3.attn.bias"] = torch.ones(1, 1, MAX_T, MAX_T)
    state["h.3.attn.masked_bias"] = torch.tensor(-1e4)
    back = from_hf(state, names.HUB, ours.state_dict(), names.IGNORED)
    for name, tensor in ours.state_dict().items():
        assert torch.equal(back[name], tensor), name


def test_a_tied_file_may_leave_the_output_layer_out_and_must_not_contradict():
    ours, theirs, _ = peers()
    state = theirs.state_dict()
    del state["lm_head.weight"]
    state["transformer.h.0.attn.bias"] = torch.ones(1)
    back = from_hf(state, names.TIED, ours.state_dict(), names.IGNORED)
    assert torch.equal(back["lm_head.weight"], ours.lm_head.weight)
    state["lm_head.weight"] = 2 * ours.lm_head.weight.detach()
    with pytest.raises(ValueError, match=r"tied and yet different: .*lm_head\.weight"):
        from_hf(state, names.TIED, ours.state_dict(), names.IGNORED)


def test_what_does_not_fit_is_named():
    ours, theirs, _ = peers()
    state = theirs.state_dict()
    state["transformer.h.1.ln_3.weight"] = state.pop("transformer.h.1.ln_2.weight")
    state["transformer.h.5.ln_1.bias"] = torch.zeros(D)
    with pytest.raises(ValueError, match="does not fit") as refusal:
        from_hf(state, names.TIED, ours.state_dict())
    for part in (
        "missing keys: blocks.1.norm2.weight (from transformer.h.1.ln_2.weight)",
        "unexpected keys: transformer.h.1.ln_3.weight",
        "unused keys: transformer.h.5.ln_1.bias",
    ):
        assert part in str(refusal.value)


@TIES
def test_greedy_tokens_equal_hugging_faces(tied):
    ours, theirs, _ = peers(tied=tied)
    causal.greedy_tokens_agree(ours, theirs, some_ids(length=5), 40)


def test_a_text_ends_where_hugging_faces_ends():
    ours, theirs, _ = peers()
    ids = some_ids(length=3)
    free = ours.generate(ids, 30)
    eos_id = int(free[0, 3 + 4])
    causal.greedy_tokens_agree(ours, theirs, ids, 30, eos_token_id=eos_id, pad_token_id=eos_id)
