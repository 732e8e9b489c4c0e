"""What the comparisons of causal models with Hugging Face's share."""

import torch

from agreement import alike
from unrolled.pretrained.convert import from_hf, to_hf


def some_ids(vocab_size, batch, length, seed=1):
    return torch.randint(vocab_size, (batch, length), generator=torch.Generator().manual_seed(seed))


def logits_and_gradients_agree(ours, theirs, rules, ids, close):
    """The same logits, and for a random weighting of them the same gradients, none of them zero."""
    logits, expected = ours(ids), theirs(input_ids=ids).logits
    close(logits, expected)
    cotangent = alike(logits)
    logits.backward(cotangent)
    expected.backward(cotangent)
    gradients_agree(ours, theirs, rules, close)


def gradients_agree(ours, theirs, rules, close):
    """What two backward passes left in the parameters agrees, and is nowhere zero."""
    gradients = {n: p.grad for n, p in theirs.named_parameters(remove_duplicate=False)}
    wanted = from_hf(gradients, rules, ours.state_dict())
    for path, parameter in ours.named_parameters():
        assert parameter.grad.abs().max() > 0, f"{path} is not used"
        scale = wanted[path].abs().max().clamp(min=1.0)
        close(parameter.grad / scale, wanted[path] / scale)


def names_go_there_and_back(ours, theirs, rules):
    """Ours to theirs and back: no name is left out, and no bit is changed."""
    there = to_hf(ours.state_dict(), rules, theirs.state_dict())
    theirs.load_state_dict(there, strict=True)
    assert there.keys() == theirs.state_dict().keys()
    back = from_hf(there, rules, ours.state_dict())
    assert back.keys() == ours.state_dict().keys()
    for name, tensor in ours.state_dict().items():
        assert torch.equal(back[name], tensor), name


def greedy_tokens_agree(ours, theirs, ids, new, **options):
    """Hugging Face's ``generate`` writes the same tokens."""
    expected = theirs.generate(
        ids,
        do_sample=False,
        max_new_tokens=new,
        attention_mask=torch.ones_like(ids),
        **{"pad_token_id": 0} | options,
    )
    eos_id = options.get("eos_token_id")
    assert torch.equal(ours.generate(ids, new, eos_id=eos_id), expected)
