"""Our loss is the one Hugging Face's GPT-2 reports for the same logits and labels."""

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from unrolled.training import language_model_loss


def test_the_loss_is_that_of_gpt2():
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=11, n_positions=8, n_embd=6, n_layer=1, n_head=2)
    model = GPT2LMHeadModel(config).double().eval()
    ids = torch.randint(11, (3, 7))
    labels = ids.clone()
    labels[1, 4:] = -100
    theirs = model(ids, labels=labels)
    ours = language_model_loss(theirs.logits, labels)
    torch.testing.assert_close(ours, theirs.loss.double(), atol=1e-6, rtol=1e-6)
