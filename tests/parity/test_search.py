"""Temperature, top-k and top-p against the warpers of Hugging Face's ``generate``; greedy too."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.generation import (
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from unrolled.decoding import (
    apply_temperature,
    beam_search,
    greedy_decode,
    top_k_filter,
    top_p_filter,
)

B, V = 3, 11
DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["f64", "f32"])
# Few different values: most rows hold ties, and cumulated probabilities that meet p exactly.
TIED = st.lists(st.integers(-2, 2), min_size=V, max_size=V)


@DTYPES
@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 3.0])
def test_temperature_is_hugging_faces(dtype, temperature):
    logits = torch.randn(B, V, dtype=dtype, generator=torch.Generator().manual_seed(0))
    expected = TemperatureLogitsWarper(temperature)(None, logits)
    assert torch.equal(apply_temperature(logits, temperature), expected)


@DTYPES
@settings(max_examples=100)
@given(row=TIED, k=st.integers(1, V + 2))
def test_top_k_is_hugging_faces(dtype, row, k):
    logits = torch.stack([torch.tensor(row, dtype=dtype), torch.arange(V).to(dtype)])
    assert torch.equal(top_k_filter(logits, k), TopKLogitsWarper(k)(None, logits))


@DTYPES
@settings(max_examples=300)
@given(row=TIED, p=st.floats(0.01, 1.0) | st.sampled_from([0.25, 0.5, 0.75, 0.9, 1.0]))
def test_top_p_is_hugging_faces(dtype, row, p):
    logits = torch.stack([torch.tensor(row, dtype=dtype), torch.arange(V).to(dtype)])
    assert torch.equal(top_p_filter(logits, p), TopPLogitsWarper(p)(None, logits))


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=V, n_positions=16, n_embd=8, n_layer=1, n_head=2)
    config.initializer_range = 1.0
    config.eos_token_id = None
    return GPT2LMHeadModel(config).eval().double()


def whole_prefix(model):
    """A step whose state is all the ids so far: no cache to get wrong."""

    def step(last, ids):
        ids = torch.cat([ids, last[:, None]], dim=1)
        return model(ids).logits[:, -1], ids

    return step


def same_until_the_end(ours, theirs, eos_id):
    width = max(ours.size(1), theirs.size(1))
    ours, theirs = (
        torch.nn.functional.pad(ids, (0, width - ids.size(1)), value=eos_id)
        for ids in (ours, theirs)
    )
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("eos_id", range(V))
def test_greedy_search_is_hugging_faces(model, eos_id):
    prompt = torch.tensor([[1, 2], [3, 4], [5, 9]])
    state, last = prompt[:, :1], prompt[:, 1]
    ours = greedy_decode(whole_prefix(model), state, last, eos_id, max_len=9)
    settings = {"do_sample": False, "max_new_tokens": 9, "pad_token_id": eos_id}
    theirs = model.generate(prompt, eos_token_id=eos_id, **settings)[:, 2:]
    same_until_the_end(ours, theirs, eos_id)


@pytest.mark.parametrize("beam_size", [2, 3, 4])
def test_beams_that_never_end_are_hugging_faces(model, beam_size):
    """Without an end the two searches are one: sums of log-probabilities, beams taken together."""
    prompt = torch.tensor([[1, 2], [3, 4], [5, 9]])

    def step(last, ids):
        logits, ids = whole_prefix(model)(last, ids)
        return torch.nn.functional.pad(logits, (0, 1), value=-torch.inf), ids  # V never comes

    ours, scores = beam_search(step, prompt[:, :1], prompt[:, 1], V, 6, beam_size)
    settings = {"num_beams": beam_size, "do_sample": False, "max_new_tokens": 6}
    theirs = model.generate(
        prompt, **settings, length_penalty=0.0, output_scores=True, return_dict_in_generate=True
    )
    assert torch.equal(ours, theirs.sequences[:, 2:])
    # Hugging Face rounds each of the six steps to float32, whatever the model.
    largest = max(step[step.isfinite()].abs().max().item() for step in theirs.scores)
    rounding = 6 * largest * torch.finfo(torch.float32).eps
    torch.testing.assert_close(scores, theirs.sequences_scores.double(), atol=rounding, rtol=0)
