"""GPT and Llama become one graph each, with a cache and without."""

import pytest
import torch

from unrolled.attention import padding_mask
from unrolled.gpt import GPT, GPTConfig
from unrolled.llama import Llama, LlamaConfig

B, T, V = 2, 7, 13


def gpt():
    return GPT(GPTConfig(V, n_positions=11, n_embd=12, n_layer=1, n_head=3))


def llama():
    return Llama(
        LlamaConfig(
            V,
            hidden_size=12,
            intermediate_size=20,
            num_hidden_layers=1,
            num_attention_heads=3,
            num_key_value_heads=1,
        )
    )


@pytest.mark.parametrize("build", [gpt, llama])
def test_it_compiles_as_one_graph(build):
    torch._dynamo.reset()
    torch.manual_seed(0)
    model = build().double().eval()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    ids = torch.randint(V, (B, T))
    torch.testing.assert_close(compiled(ids), model(ids))
    mask = padding_mask(ids, pad_id=int(ids[0, 2]))
    torch.testing.assert_close(compiled(ids, mask=mask), model(ids, mask=mask))
    cache = model.new_cache()
    with torch.no_grad():
        pieces = [compiled(ids[:, :4], cache), compiled(ids[:, 4:], cache)]
        torch.testing.assert_close(torch.cat(pieces, 1), model(ids))
    assert cache.length == T
