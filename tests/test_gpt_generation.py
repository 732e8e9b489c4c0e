"""Writing with GPT: greedy and drawn tokens, ends, the cache and its fast step, beams."""

import pytest
import torch
from torch import nn

from agreement import shaken
from unrolled.capture import capture_attention
from unrolled.decoding import (
    apply_temperature,
    beam_search,
    greedy_decode,
    top_k_filter,
    top_p_filter,
)
from unrolled.gpt import GPT, GPTConfig
from unrolled.gpt.step import is_plain, token_step
from unrolled.lora import add_lora
from unrolled.parts import use

B, T, V, D, H, L, MAX_T = 3, 4, 13, 10, 2, 5, 24
SIZES = {
    "vocab_size": V,
    "n_positions": MAX_T,
    "n_embd": D,
    "n_head": H,
    "n_layer": L,
    "n_inner": 17,
    "initializer_range": 0.5,
    "layer_norm_epsilon": 0.03,
}
NEW = 9


def gpt(**changes):
    torch.manual_seed(0)
    return shaken(GPT(GPTConfig(**SIZES | changes))).double().eval()


def some_ids(length=T, batch=B, seed=1):
    return torch.randint(V, (batch, length), generator=torch.Generator().manual_seed(seed))


def by_hand(model, ids, new, choose):
    """Read the whole text anew for every token."""
    with torch.no_grad():
        for _ in range(new):
            ids = torch.cat([ids, choose(model(ids)[:, -1])[:, None]], dim=1)
    return ids


CACHES = pytest.mark.parametrize("use_cache", [True, False], ids=["cached", "uncached"])


@CACHES
@pytest.mark.parametrize("length", [1, 2, T])
def test_greedy_takes_the_most_probable_token_each_time(use_cache, length):
    model, ids = gpt(), some_ids(length)
    expected = by_hand(model, ids, NEW, lambda logits: logits.argmax(-1))
    assert torch.equal(model.generate(ids, NEW, use_cache=use_cache), expected)
    assert len(expected[:, length:].unique()) > 2  # not one token over and over


@CACHES
@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 1.0},
        {"temperature": 0.5},
        {"temperature": 1.5, "top_k": 3},
        {"temperature": 1.5, "top_p": 0.8},
        {"temperature": 2.0, "top_k": 5, "top_p": 0.6},
        {"temperature": 3.0, "top_k": 1},
    ],
    ids=str,
)
def test_drawn_tokens_go_through_temperature_then_top_k_then_top_p(use_cache, options):
    model, ids = gpt(), some_ids()
    chance = torch.Generator().manual_seed(5)

    def choose(logits):
        logits = apply_temperature(logits, options["temperature"])
        if "top_k" in options:
            logits = top_k_filter(logits, options["top_k"])
        if "top_p" in options:
            logits = top_p_filter(logits, options["top_p"])
        return torch.multinomial(logits.softmax(-1), 1, generator=chance)[:, 0]

    expected = by_hand(model, ids, NEW, choose)
    written = model.generate(
        ids,
        NEW,
        **options,
        generator=torch.Generator().manual_seed(5),
        use_cache=use_cache,
    )
    assert torch.equal(written, expected)


def test_without_a_generator_chance_is_torchs_own():
    model, ids = gpt(), some_ids()
    torch.manual_seed(3)
    written = model.generate(ids, NEW, temperature=2.0)
    torch.manual_seed(3)
    assert torch.equal(model.generate(ids, NEW, temperature=2.0), written)
    assert not torch.equal(model.generate(ids, NEW, temperature=2.0), written)


@CACHES
def test_a_text_that_has_ended_is_filled_up_and_all_ended_is_the_end(use_cache):
    model, ids = gpt(), some_ids()
    free = model.generate(ids, NEW)
    eos_id = int(free[0, T + 2])
    ends = [(row[T:] == eos_id).nonzero()[:1].flatten().tolist() for row in free]
    last = max(end[0] if end else NEW - 1 for end in ends)
    written = model.generate(ids, NEW, eos_id=eos_id, use_cache=use_cache)
    assert written.shape == (B, T + last + 1)
    for row, expected, end in zip(written, free, ends, strict=True):
        stop = T + (end[0] + 1 if end else last + 1)
        assert torch.equal(row[:stop], expected[:stop])
        assert (row[stop:] == eos_id).all()
    one = model.generate(ids[:1], NEW, eos_id=eos_id, use_cache=use_cache)
    assert torch.equal(one, free[:1, : T + ends[0][0] + 1])


def test_an_end_in_the_prompt_is_not_the_end():
    model, ids = gpt(), some_ids(batch=1)
    free = model.generate(ids, NEW)
    eos_id = next(token for token in range(V) if token not in free[0, T:])
    ids[0, 1] = eos_id
    assert model.generate(ids, 1, eos_id=eos_id).shape == (1, T + 1)


def test_the_whole_context_can_be_filled_and_the_prompt_stays():
    model, ids = gpt(), some_ids().int()
    before = ids.clone()
    written = model.generate(ids, MAX_T - T)
    assert written.shape == (B, MAX_T)
    assert torch.equal(written[:, :T], before.long())
    assert torch.equal(ids, before)
    assert model.generate(ids, 1).shape == (B, T + 1)


def test_writing_is_without_dropout_and_without_gradients_and_leaves_the_modes():
    model, ids = gpt(resid_pdrop=0.5), some_ids()
    expected = model.generate(ids, NEW)
    model.train()
    model.blocks[1].eval()
    modes = [module.training for module in model.modules()]
    written = model.generate(ids, NEW)
    assert torch.equal(written, expected)
    assert [module.training for module in model.modules()] == modes
    assert True in modes
    assert False in modes
    with pytest.raises(ValueError, match="holds values"):
        model.generate(ids + V, 2)
    assert [module.training for module in model.modules()] == modes


def test_modes_are_restored_after_an_error():
    model = gpt().train()

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    model.norm.register_forward_hook(stop)
    with pytest.raises(Stop):
        model.generate(some_ids(), 2)
    assert all(module.training for module in model.modules())


# --- reading, and going on in other ways --------------------------------------------------------


@CACHES
def test_read_hands_over_to_greedy_decode_and_to_beams(use_cache):
    model, ids = gpt(), some_ids()
    step, state = model.read(ids, use_cache)
    written = greedy_decode(step, state, ids[:, -1], 0, NEW)
    expected = model.generate(ids, NEW, eos_id=0)[:, T:]
    assert torch.equal(written, expected)


def test_beams_with_a_cache_equal_beams_that_read_anew():
    model, ids = gpt(), some_ids()
    found = []
    for use_cache in (True, False):
        step, state = model.read(ids, use_cache)
        found.append(beam_search(step, state, ids[:, -1], 0, NEW, beam_size=4))
    assert torch.equal(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1])
    greedy = model.generate(ids, NEW, eos_id=0)[:, T:]
    assert found[0][0].shape != greedy.shape or not torch.equal(found[0][0], greedy)


def test_a_cache_is_used_unless_told_otherwise():
    model, ids = gpt(), some_ids()
    lengths = []
    model.blocks[0].register_forward_pre_hook(lambda _, given: lengths.append(given[0].size(1)))
    model.generate(ids, 3)
    assert lengths == [T - 1, 1, 1, 1]
    lengths.clear()
    model.generate(ids[:, :1], 2)
    assert lengths == [1, 1]
    lengths.clear()
    model.generate(ids, 3, use_cache=False)
    assert lengths == [T, T + 1, T + 2]


def test_only_the_last_position_is_scored():
    model, sizes = gpt(), []
    model.lm_head.register_forward_pre_hook(lambda _, given: sizes.append(given[0].size(1)))
    for use_cache in (True, False):
        model.generate(some_ids(), 2, use_cache=use_cache)
    assert set(sizes) == {1}


def test_a_learners_filters_choose():
    calls = []

    def counted(name, function):
        def call(*arguments):
            calls.append(name)
            return function(*arguments)

        return call

    mine = {f.__name__: counted(f.__name__, f) for f in (apply_temperature, top_k_filter)}
    with use(mine | {"top_p_filter": counted("top_p_filter", top_p_filter)}):
        model = gpt()
    model.generate(some_ids(), 1, temperature=1.0, top_k=2, top_p=0.5)
    assert calls == ["apply_temperature", "top_k_filter", "top_p_filter"]


# --- the fast step ------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["gelu_new", "gelu", "relu"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("length", [0, 1, 6])
def test_the_fast_step_equals_the_modules(activation, tied, length):
    model = gpt(activation_function=activation, tie_word_embeddings=tied)
    assert is_plain(model)
    ids = some_ids(length + 2)
    fast, plain = model.new_cache(), model.new_cache()
    with torch.no_grad():
        for cache in (fast, plain):
            if length:
                model(ids[:, :length], cache)
        step = token_step(model)
        for position in range(length, length + 2):
            logits, same = step(ids[:, position], fast)
            assert same is fast
            expected = model(ids[:, position : position + 1], plain)[:, 0]
            torch.testing.assert_close(logits, expected, atol=1e-12, rtol=0)
    assert fast.length == plain.length == length + 2
    torch.testing.assert_close(fast.keys, plain.keys)
    torch.testing.assert_close(fast.values, plain.values)


def test_the_fast_step_refuses_to_go_past_the_end():
    model = gpt(n_positions=2)
    step, cache = token_step(model), model.new_cache()
    for _ in range(2):
        step(torch.tensor([1]), cache)
    with pytest.raises(ValueError, match="the cache holds 2 positions, at most 1 before another"):
        step(torch.tensor([1]), cache)
    assert cache.length == 2


def test_the_fast_step_asks_for_no_gradients_and_copies_the_weights_of_now():
    model = gpt()
    step, cache, later = token_step(model), model.new_cache(), model.new_cache()
    logits, _ = step(torch.tensor([1]), cache)
    assert not logits.requires_grad
    with torch.no_grad():
        model.blocks[0].attention.q_proj.weight.mul_(3.0)
        model.blocks[0].attention.v_proj.weight.mul_(3.0)
    assert not torch.allclose(token_step(model)(torch.tensor([1]), later)[0], logits)


def changed(change):
    model = gpt()
    change(model)
    return model


class OtherNorm(nn.LayerNorm):
    pass


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.train(),
        lambda m: m.blocks[2].attention.register_forward_hook(print),
        lambda m: m.norm.register_forward_pre_hook(print),
        lambda m: m.register_forward_hook(print),
        lambda m: setattr(m.blocks[1].attention, "forward", print),
        lambda m: add_lora(m, 2, 2.0),
        lambda m: setattr(m, "norm", OtherNorm(D)),
        lambda m: setattr(m.blocks[4], "norm2", OtherNorm(D)),
        lambda m: setattr(m.blocks[0].attention, "q_proj", nn.Identity()),
        lambda m: setattr(m, "lm_head", nn.Identity()),
    ],
)
def test_what_is_not_plain_is_run_as_it_stands(change):
    model = changed(change)
    assert not is_plain(model)
    assert model.read(some_ids(1))[0] == model._step


def test_what_is_plain_takes_the_fast_step():
    model = gpt()
    assert is_plain(model)
    assert model.read(some_ids())[0] != model._step


def test_a_subclass_is_not_plain_since_its_forward_may_differ():
    class Other(GPT):
        pass

    model = Other(gpt().config).eval()
    assert not is_plain(model)
    assert model.read(some_ids())[0] == model._step


def test_attention_can_be_captured_while_writing():
    model, ids = gpt(), some_ids()
    expected = model.generate(ids, 2)
    with capture_attention(model) as weights:
        written = model.generate(ids, 2)
    assert torch.equal(written, expected)
    assert weights["blocks.0.attention"].shape == (B, H, 1, T + 1)
    assert [w.size(2) for w in weights.calls["blocks.4.attention"]] == [T - 1, 1, 1]


def test_an_adapter_changes_what_is_written():
    model, ids = gpt(), some_ids()
    add_lora(model, rank=2, alpha=8.0, names=["v_proj", "out_proj"])
    torch.manual_seed(4)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("lora_B"):
                parameter.normal_()
    expected = by_hand(model, ids, NEW, lambda logits: logits.argmax(-1))
    assert torch.equal(model.generate(ids, NEW), expected)
    assert not torch.equal(expected, gpt().generate(ids, NEW))
