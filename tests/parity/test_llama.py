"""Our Llama against Hugging Face's LlamaForCausalLM: logits, gradients, names and tokens."""

import pytest
import torch
from torch import nn
from transformers.models.llama import configuration_llama, modeling_llama

from agreement import in_both_precisions, shaken, within_rounding
from unrolled.attention import padding_mask
from unrolled.llama import Llama, LlamaConfig, RMSNorm, SwiGLU
from unrolled.parts import load_weights
from unrolled.pretrained import llama as names
from unrolled.pretrained.convert import from_hf

from . import causal

B, T, V, D, H, G, L, F, MAX_T = 2, 7, 31, 24, 6, 3, 5, 20, 64
SIZES = {
    "vocab_size": V,
    "hidden_size": D,
    "intermediate_size": F,
    "num_hidden_layers": L,
    "num_attention_heads": H,
    "num_key_value_heads": G,
    "max_position_embeddings": MAX_T,
    "rms_norm_eps": 3e-5,
    "initializer_range": 0.4,
    "bos_token_id": 0,
    "eos_token_id": None,
}
FORMS = pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_key_value_heads": 1},
        {"num_key_value_heads": H},
        {"tie_word_embeddings": True},
        {"rope_theta": 500.0},
        {"attention_bias": True, "mlp_bias": True},
        {"head_dim": 10},
    ],
    ids=["grouped", "multi-query", "multi-head", "tied", "theta", "biases", "wide heads"],
)


class Rotary64(nn.Module):
    """Hugging Face's rotary angles without its cast to float32."""

    def __init__(self, theta, width):
        super().__init__()
        self.frequencies = theta ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)

    def forward(self, x, position_ids):
        angles = position_ids[..., None].double() * self.frequencies
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos(), angles.sin()


def in_float64(theirs):
    """Lift the two casts to float32 that Hugging Face's code makes in a model of any dtype."""
    for path, module in list(theirs.named_modules()):
        if isinstance(module, modeling_llama.LlamaRMSNorm):
            norm = nn.RMSNorm(module.weight.shape, eps=module.variance_epsilon)
            norm.weight = module.weight
            parent, _, name = path.rpartition(".")
            setattr(theirs.get_submodule(parent), name, norm)
    config = theirs.config
    theirs.model.rotary_emb = Rotary64(config.rope_parameters["rope_theta"], config.head_dim)
    return theirs.double()


def some_ids(length=T):
    return causal.some_ids(V, B, length)


def peers(dtype=torch.float64, backend="sdpa", **changes):
    """Build theirs and ours with the same weights, in evaluation."""
    torch.manual_seed(0)
    theirs = modeling_llama.LlamaForCausalLM._from_config(
        configuration_llama.LlamaConfig(**SIZES | changes), attn_implementation=backend
    )
    shaken(theirs)
    if dtype == torch.float64:
        theirs = in_float64(theirs)
    theirs = theirs.eval()
    ours = Llama(LlamaConfig.from_hf(theirs.config.to_dict())).to(dtype).eval()
    rules = names.TIED if changes.get("tie_word_embeddings") else names.UNTIED
    load_weights(ours, from_hf(theirs.state_dict(), rules, ours.state_dict()))
    return ours, theirs, rules


@in_both_precisions
@pytest.mark.parametrize("backend", ["eager", "sdpa"])
@FORMS
def test_logits_and_gradients_equal_hugging_faces(dtype, close, changes, backend):
    ours, theirs, rules = peers(dtype, backend, **changes)
    causal.logits_and_gradients_agree(ours, theirs, rules, some_ids(), close)


def test_padding_at_the_end_and_a_hole_in_the_mask():
    ours, theirs, _ = peers()
    ids = some_ids() % (V - 1)
    ids[1, 2], ids[0, 5:] = V - 1, V - 1
    expected = theirs(
        input_ids=ids,
        attention_mask=(ids != V - 1).long(),
        position_ids=torch.arange(T).expand(B, T),
    ).logits
    logits = ours(ids, mask=padding_mask(ids, V - 1))
    real = ids != V - 1
    torch.testing.assert_close(logits[real], expected[real], atol=1e-10, rtol=1e-10)


def test_the_norm_and_the_feed_forward_network_alone():
    theirs = modeling_llama.LlamaRMSNorm(D, eps=1e-3)
    ours = RMSNorm(D, eps=1e-3)
    theirs.weight.data.normal_()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(B, T, D)
    exact = torch.nn.functional.rms_norm(x.double(), (D,), theirs.weight.double(), 1e-3)
    within_rounding([(ours(x), theirs(x))], [exact])
    config = configuration_llama.LlamaConfig(**SIZES | {"mlp_bias": True})
    mlp, gated = modeling_llama.LlamaMLP(config).double(), SwiGLU(D, F, bias=True).double()
    gated.load_state_dict(mlp.state_dict())
    torch.testing.assert_close(gated(x.double()), mlp(x.double()), atol=1e-10, rtol=1e-10)


@FORMS
def test_names_go_there_and_back_with_every_bit(changes):
    ours, theirs, rules = peers(**changes)
    causal.names_go_there_and_back(ours, theirs, rules)


def test_a_tied_file_may_leave_the_output_layer_out():
    ours, theirs, rules = peers(tie_word_embeddings=True)
    state = theirs.state_dict()
    del state["lm_head.weight"]
    state["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.ones(2)
    back = from_hf(state, rules, ours.state_dict(), names.IGNORED)
    assert torch.equal(back["lm_head.weight"], ours.lm_head.weight)
    with pytest.raises(ValueError, match=r"missing keys: lm_head\.weight"):
        from_hf(state, names.UNTIED, ours.state_dict(), names.IGNORED)


def test_what_does_not_fit_is_named():
    ours, theirs, rules = peers()
    state = theirs.state_dict()
    state["model.layers.1.self_attn.q.weight"] = state.pop("model.layers.1.self_attn.q_proj.weight")
    state["model.layers.2.self_attn.q_proj.bias"] = torch.zeros(D)
    state["model.norm.weight"] = torch.zeros(D + 1)
    with pytest.raises(ValueError, match="does not fit") as refusal:
        from_hf(state, rules, ours.state_dict())
    for part in (
        "missing keys: blocks.1.attention.q_proj.weight "
        "(from model.layers.1.self_attn.q_proj.weight)",
        "unexpected keys: model.layers.1.self_attn.q.weight",
        "unused keys: model.layers.2.self_attn.q_proj.bias",
        "wrong shapes: norm.weight (25,) where (24,) is wanted",
    ):
        assert part in str(refusal.value)


@pytest.mark.parametrize("changes", [{}, {"tie_word_embeddings": True}], ids=["untied", "tied"])
def test_greedy_tokens_equal_hugging_faces(changes):
    ours, theirs, _ = peers(**changes)
    causal.greedy_tokens_agree(ours, theirs, some_ids(length=5), 40)
