"""What Llama, its layers and its config refuse, in which words, and what they still take."""

import dataclasses

import pytest
import torch

from unrolled.llama import GroupedQueryAttention, Llama, LlamaConfig, RMSNorm, SwiGLU

B, T, V, D, H, G, MAX_T = 2, 4, 13, 24, 6, 3, 9
SIZES = {
    "vocab_size": V,
    "hidden_size": D,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": H,
    "num_key_value_heads": G,
    "max_position_embeddings": MAX_T,
}
IDS = torch.zeros(B, T, dtype=torch.long)


def config(**changes):
    return LlamaConfig(**SIZES | changes)


def attend(*sizes, x=(B, T, D), **options):
    return GroupedQueryAttention(*(sizes or (D, H, G)), **options)(torch.zeros(x))


# --- the config ---------------------------------------------------------------------------------


def test_the_defaults_are_llamas():
    assert dataclasses.asdict(LlamaConfig()) == {
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": None,
        "head_dim": None,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "attention_bias": False,
        "mlp_bias": False,
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
    }


def test_the_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        LlamaConfig().rope_theta = 1.0


def test_heads_follow_from_the_other_sizes_unless_given():
    assert (config().n_kv_heads, config().d_k) == (G, 4)
    assert config(num_key_value_heads=None).n_kv_heads == H
    assert config(head_dim=10).d_k == 10
    assert config(num_attention_heads=5, num_key_value_heads=1, head_dim=2).d_k == 2


def test_the_config_reaches_every_layer():
    model = Llama(config(attention_dropout=0.25, rope_theta=7.0, rms_norm_eps=0.5, head_dim=10))
    assert (model.vocab_size, model.max_len) == (V, MAX_T)
    assert model.norm.eps == 0.5
    for block in model.blocks:
        assert (block.attention.dropout, block.attention.base) == (0.25, 7.0)
        assert (block.norm1.eps, block.norm2.eps) == (0.5, 0.5)
        assert block.attention.q_proj.weight.shape == (H * 10, D)
        assert block.attention.k_proj.weight.shape == (G * 10, D)


@pytest.mark.parametrize(
    "rope",
    [
        {"rope_theta": 500.0},
        {"rope_theta": 500.0, "rope_scaling": None, "rope_parameters": None},
        {"rope_parameters": {"rope_theta": 500.0, "rope_type": "default"}},
        {"rope_theta": 7.0, "rope_parameters": {"rope_theta": 500.0}},
        {"rope_theta": 500.0, "rope_parameters": {"partial_rotary_factor": 1.0}},
    ],
    ids=str,
)
def test_a_hugging_face_config_is_read_in_its_old_and_its_new_form(rope):
    theirs = {
        **SIZES,
        **rope,
        "model_type": "llama",
        "hidden_act": "silu",
        "use_cache": True,
        "pretraining_tp": 1,
        "attention_bias": True,
    }
    assert LlamaConfig.from_hf(theirs) == config(rope_theta=500.0, attention_bias=True)


def test_an_empty_config_is_the_default():
    assert LlamaConfig.from_hf({}) == LlamaConfig()


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        *[
            (
                lambda name=name: config(**{name: 0}),
                ValueError,
                f"{name}=0: at least 1 is wanted",
            )
            for name in (*SIZES, "head_dim")
        ],
        (
            lambda: config(hidden_size=24.0),
            TypeError,
            "hidden_size=24.0 is a float, an integer is wanted",
        ),
        (
            lambda: config(num_attention_heads=5),
            ValueError,
            "hidden_size=24 is not divisible by num_attention_heads=5",
        ),
        (
            lambda: config(num_key_value_heads=4),
            ValueError,
            "num_attention_heads=6 is not divisible by num_key_value_heads=4",
        ),
        (
            lambda: config(head_dim=5),
            ValueError,
            "head_dim=5 is odd, rotary positions turn pairs of features",
        ),
        (
            lambda: config(attention_dropout=1.0),
            ValueError,
            "attention_dropout=1.0 is outside [0, 1)",
        ),
        (
            lambda: config(rms_norm_eps=0.0),
            ValueError,
            "rms_norm_eps=0.0: a finite number above 0 is wanted",
        ),
        (
            lambda: config(rope_theta=0.0),
            ValueError,
            "rope_theta=0.0: a finite number above 0 is wanted",
        ),
        (
            lambda: config(initializer_range=-0.1),
            ValueError,
            "initializer_range=-0.1: a finite number of at least 0 is wanted",
        ),
        *[
            (
                lambda theirs=theirs: LlamaConfig.from_hf(theirs),
                ValueError,
                f"the config has {message} is wanted",
            )
            for theirs, message in (
                (
                    {"model_type": "gpt2"},
                    "model_type='gpt2', which this model does not compute; 'llama'",
                ),
                (
                    {"hidden_act": "gelu"},
                    "hidden_act='gelu', which this model does not compute; 'silu'",
                ),
                (
                    {"rope_scaling": {"factor": 2}},
                    "rope_scaling={'factor': 2}, which this model does not compute; None",
                ),
                (
                    {"rope_parameters": {"rope_type": "llama3"}},
                    "rope_type='llama3', which this model does not compute; 'default'",
                ),
                (
                    {"rope_parameters": {"partial_rotary_factor": 0.5}},
                    "partial_rotary_factor=0.5, which this model does not compute; 1.0",
                ),
            )
        ],
        (lambda: RMSNorm(0), ValueError, "d_model=0: at least 1 is wanted"),
        (
            lambda: RMSNorm(3, eps=-1.0),
            ValueError,
            "eps=-1.0: a finite number of at least 0 is wanted",
        ),
        (lambda: RMSNorm(3)(torch.zeros(2, 4)), ValueError, "x has shape (2, 4), (..., 3) is"),
        (
            lambda: RMSNorm(3)(torch.zeros(2, 3, dtype=torch.long)),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: SwiGLU(0, 2), ValueError, "d_model=0: at least 1 is wanted"),
        (lambda: SwiGLU(2, 0), ValueError, "d_ff=0: at least 1 is wanted"),
        (lambda: SwiGLU(3, 5)(torch.zeros(2, 4)), ValueError, "x has shape (2, 4), (..., 3) is"),
        (
            lambda: SwiGLU(3, 5)(torch.zeros(2, 3, dtype=torch.long)),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: attend(0, 1, 1), ValueError, "d_model=0: at least 1 is wanted"),
        (lambda: attend(D, 0, 1), ValueError, "n_heads=0: at least 1 is wanted"),
        (lambda: attend(D, H, 0), ValueError, "n_kv_heads=0: at least 1 is wanted"),
        (lambda: attend(D, H, G, 0), ValueError, "d_k=0: at least 1 is wanted"),
        (lambda: attend(D, H, 4), ValueError, "n_heads=6 is not divisible by n_kv_heads=4"),
        (lambda: attend(D, 5, 5), ValueError, "d_model=24 is not divisible by n_heads=5"),
        (lambda: attend(D, 8, 2), ValueError, "d_k=3 is odd, rotary positions turn pairs"),
        (lambda: attend(D, H, G, 5), ValueError, "d_k=5 is odd, rotary positions turn pairs"),
        (lambda: attend(dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (lambda: attend(base=0.0), ValueError, "base=0.0: a finite number above 0 is wanted"),
        (lambda: attend(x=(B, T, 5)), ValueError, "x has shape (2, 4, 5), (B, T, 24) is wanted"),
        (lambda: attend(x=(T, D)), ValueError, "x has shape (4, 24), (B, T, 24) is wanted"),
        (lambda: attend(x=(B, 0, D)), ValueError, "x has shape (2, 0, 24), (B, T, 24), each at"),
        (
            lambda: GroupedQueryAttention(D, H, G)(torch.zeros(B, T, D), torch.ones(T, T)),
            TypeError,
            "mask has dtype torch.float32, torch.bool is wanted",
        ),
        (
            lambda: GroupedQueryAttention(D, H, G)(
                torch.zeros(B, T, D), torch.ones(T, 5, dtype=torch.bool)
            ),
            ValueError,
            "mask has shape (4, 5), one that broadcasts to (2, 6, 4, 4) is wanted",
        ),
        (
            lambda: GroupedQueryAttention(D, H, G)(torch.zeros(B, T, D, dtype=torch.long)),
            TypeError,
            "x has dtype torch.int64, a floating-point tensor is wanted",
        ),
        (lambda: Llama(SIZES), TypeError, "config is a dict, a LlamaConfig is wanted"),
        (lambda: Llama(config())(IDS + V), ValueError, "ids holds values from 13 to 13, 0 to 12"),
        (lambda: Llama(config())(IDS[0]), ValueError, "ids has shape (4,), (B, T) is wanted"),
        (
            lambda: Llama(config())(torch.zeros(B, MAX_T + 1, dtype=torch.long)),
            ValueError,
            "ids has T=10, at most 9 positions are wanted",
        ),
        (
            lambda: Llama(config()).generate(IDS, 6),
            ValueError,
            "ids has T=4 and max_new_tokens=6: together at most 9 positions are wanted",
        ),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


def test_what_is_at_the_edge_is_taken():
    assert attend(D, 1, 1, x=(1, 1, D)).shape == (1, 1, D)
    assert attend(1, 1, 1, 2, x=(1, 1, 1)).shape == (1, 1, 1)
    assert RMSNorm(1, eps=0.0)(torch.full((1, 1), 3.0)).item() == 1.0
    assert SwiGLU(1, 1)(torch.ones(1)).shape == (1,)
    small = LlamaConfig(1, 2, 1, 1, 1, 1, 2, 1, initializer_range=0.0)
    assert Llama(small)(torch.zeros(1, 1, dtype=torch.long)).shape == (1, 1, 1)
