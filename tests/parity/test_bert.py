"""Our BERT and its heads against Hugging Face's: hidden states, logits and gradients."""

import pytest
import torch
from transformers.models.bert import configuration_bert, modeling_bert

from agreement import alike, in_both_precisions, shaken
from unrolled import bert
from unrolled.attention import padding_mask
from unrolled.parts import load_weights
from unrolled.pretrained import bert as names
from unrolled.pretrained.convert import from_hf, to_hf

from . import causal

B, T, V, D, H, F, L, C = 2, 7, 31, 12, 3, 20, 2, 5
MAX_T, S, PAD = 11, 4, 1
SIZES = {
    "vocab_size": V,
    "hidden_size": D,
    "num_hidden_layers": L,
    "num_attention_heads": H,
    "intermediate_size": F,
    "max_position_embeddings": MAX_T,
    "type_vocab_size": S,
    "pad_token_id": PAD,
    "layer_norm_eps": 3e-5,
    "initializer_range": 0.4,
}
HEADS = {
    "BertModel": names.BERT,
    "BertForMaskedLM": names.MASKED_LM,
    "BertForNextSentencePrediction": names.NEXT_SENTENCE,
    "BertForPreTraining": names.PRETRAINING,
    "BertForSequenceClassification": names.SEQUENCE_CLASSIFICATION,
    "BertForTokenClassification": names.TOKEN_CLASSIFICATION,
    "BertForQuestionAnswering": names.QUESTION_ANSWERING,
}
BACKENDS = pytest.mark.parametrize("backend", ["eager", "sdpa"])


def peers(name, dtype, backend="eager", **changes):
    """Build theirs and ours with the same weights, in evaluation."""
    torch.manual_seed(0)
    labels = 2 if name == "BertForQuestionAnswering" else C
    theirs = getattr(modeling_bert, name)._from_config(
        configuration_bert.BertConfig(**SIZES | changes, num_labels=labels),
        attn_implementation=backend,
    )
    theirs = shaken(theirs).to(dtype).eval()
    ours = getattr(bert, name)(bert.BertConfig(**SIZES | changes, num_labels=labels))
    ours = ours.to(dtype).eval()
    load_weights(ours, from_hf(theirs.state_dict(), HEADS[name], ours.state_dict()))
    return ours, theirs


def batch():
    """Two sentences in segments, the second with padding."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(PAD + 1, V, (B, T), generator=generator)
    ids[1, 5:] = PAD
    return ids, torch.randint(S, (B, T), generator=generator)


def tensors(output):
    """The tensors of a Hugging Face output or of a tuple of ours."""
    output = (output,) if isinstance(output, torch.Tensor) else output
    values = output.values() if hasattr(output, "values") else output
    return [value for value in values if isinstance(value, torch.Tensor)]


@in_both_precisions
@BACKENDS
@pytest.mark.parametrize("name", HEADS)
def test_outputs_and_gradients_equal_hugging_faces(name, dtype, close, backend):
    ours, theirs = peers(name, dtype, backend)
    ids, segments = batch()
    our_outputs = tensors(ours(ids, segments, padding_mask(ids, PAD)))
    attention_mask = (ids != PAD).long()
    their_outputs = tensors(
        theirs(input_ids=ids, token_type_ids=segments, attention_mask=attention_mask)
    )
    if our_outputs[0].shape[:2] == (B, T):  # what stands at padding means nothing
        real = attention_mask.to(dtype)
        first = our_outputs[0].dim() - 2
        for outputs in (our_outputs, their_outputs):
            outputs[0] = outputs[0] * real.reshape(B, T, *[1] * first)
    assert len(our_outputs) == len(their_outputs)
    for mine, other in zip(our_outputs, their_outputs, strict=True):
        close(mine, other)
    cotangents = [alike(output) for output in our_outputs]
    torch.autograd.backward(our_outputs, cotangents)
    torch.autograd.backward(their_outputs, cotangents)
    causal.gradients_agree(ours, theirs, HEADS[name], close)


@BACKENDS
def test_every_hidden_state_equals_hugging_faces(backend):
    ours, theirs = peers("BertModel", torch.float64, backend)
    ids, segments = batch()
    seen = []
    for layer in ours.layers:
        layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    last, _ = ours(ids, segments)
    expected = theirs(input_ids=ids, token_type_ids=segments, output_hidden_states=True)
    assert len(expected.hidden_states) == L + 1
    for mine, other in zip([*seen, last], expected.hidden_states, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("name", HEADS)
def test_names_go_there_and_back(name):
    ours, theirs = peers(name, torch.float64)
    back = to_hf(ours.state_dict(), HEADS[name], theirs.state_dict())
    theirs.load_state_dict(back, strict=True)
    for key, tensor in theirs.state_dict().items():
        assert torch.equal(back[key], tensor), key


@pytest.mark.parametrize("hidden_act", ["relu", "gelu_new", "gelu_pytorch_tanh"])
def test_other_activations(hidden_act):
    ours, theirs = peers("BertForMaskedLM", torch.float64, hidden_act=hidden_act)
    ids, _ = batch()
    torch.testing.assert_close(ours(ids), theirs(input_ids=ids).logits, atol=1e-10, rtol=1e-10)


def test_a_model_without_pooler_and_segments_left_out():
    ours, theirs = peers("BertModel", torch.float64)
    short = bert.BertModel(ours.config, pooler=False).double().eval()
    state = {k: v for k, v in theirs.state_dict().items() if not k.startswith("pooler")}
    load_weights(short, from_hf(state, names.BERT, short.state_dict()))
    ids, _ = batch()
    hidden, pooled = short(ids)
    torch.testing.assert_close(
        hidden, theirs(input_ids=ids).last_hidden_state, atol=1e-10, rtol=1e-10
    )
    assert pooled is None
    with pytest.raises(
        ValueError, match=r"unused keys: pooler\.dense\.weight, pooler\.dense\.bias"
    ):
        from_hf(theirs.state_dict(), names.BERT, short.state_dict())
