"""Translation, token by token; and what the model and its decoder refuse."""

import pytest
import torch
import torch.nn.functional as F

from unrolled.decoding import beam_search
from unrolled.parts import use
from unrolled.transformer import (
    Transformer,
    TransformerDecoder,
    TransformerEncoder,
    decode_transformer,
)

PAD, BOS, EOS, SYMBOLS = 0, 1, 2, 8
B, Ts, Tt, V, W, D, H, d_ff = 3, 7, 5, 11, 13, 8, 2, 20


def reversals(n, generator):
    """Sentences of 2 to 4 symbols, and the same backwards between BOS and EOS."""
    lengths = torch.randint(2, 5, (n,), generator=generator)
    source = torch.full((n, 4), PAD)
    target = torch.full((n, 6), PAD)
    for row, length in enumerate(lengths.tolist()):
        symbols = torch.randint(3, 3 + SYMBOLS, (length,), generator=generator)
        source[row, :length] = symbols
        target[row, : length + 2] = torch.tensor([BOS, *reversed(symbols.tolist()), EOS])
    return source, target


@pytest.fixture(scope="module")
def reverser():
    """A tiny Transformer that has learned to write backwards."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    model = Transformer(
        3 + SYMBOLS, 3 + SYMBOLS, d_model=32, n_heads=2, n_layers=1, d_ff=64, dropout=0.0,
        norm_first=True, tied="all",
    )  # fmt: skip
    optimiser = torch.optim.Adam(model.parameters(), lr=8e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.02, total_iters=250)
    for _ in range(250):
        source, target = reversals(48, generator)
        logits = model(source, target[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval()


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_tiny_transformer_learns_to_reverse(reverser, beam_size):
    source, target = reversals(100, torch.Generator().manual_seed(2))
    written = decode_transformer(reverser, source, BOS, EOS, max_len=5, beam_size=beam_size)
    wanted = target[:, 1:].masked_fill(target[:, 1:] == PAD, EOS)
    written = F.pad(written, (0, 5 - written.size(1)), value=EOS)
    assert (written == wanted).all(dim=1).float().mean().item() >= 0.9


def some_model(**options):
    torch.manual_seed(0)
    sizes = {"d_model": D, "n_heads": H, "n_layers": 2, "d_ff": d_ff, "dropout": 0.0}
    return Transformer(V, W, **sizes | options).double().eval()


def some_source():
    torch.manual_seed(3)
    source = torch.randint(1, V, (B, Ts))
    source[1, 4:] = PAD
    return source


@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary", "alibi", "none"])
def test_greedy_writes_what_teacher_forcing_scores_highest(positions):
    model, source = some_model(positions=positions, max_len=9), some_source()
    written = decode_transformer(model, source, BOS, EOS, max_len=Tt)
    assert 1 <= written.size(1) <= Tt
    prefix = torch.cat([torch.full((B, 1), BOS), written[:, :-1]], dim=1)
    best = model(source, prefix).argmax(dim=-1)
    ended = (written == EOS).cumsum(dim=1) - (written == EOS).long() > 0
    assert torch.equal(written[~ended], best[~ended])
    assert (written[ended] == EOS).all()
    alone = decode_transformer(model, source[1:2, :4], BOS, EOS, max_len=Tt)
    assert torch.equal(alone[0], written[1, : alone.size(1)])


def test_beam_search_finds_the_likeliest_of_all_translations():
    """With as many beams as there are translations, search is exhaustive."""
    model = some_model(d_model=4, d_ff=6)
    with torch.no_grad():
        model.generator.weight.mul_(5)
        model.generator.bias[3:] = -60.0  # only the ids 0, 1 and 2 are ever written
    source = some_source()
    written = decode_transformer(model, source, BOS, EOS, 3, beam_size=8)
    memory, mask = model.encode(source)
    for row in range(B):
        scored = {}
        for ids in sentences([], 3):
            prefix = torch.tensor([[BOS, *ids[:-1]]])
            logits = model.generator(
                model.decode(prefix, memory[row : row + 1], mask[row : row + 1])
            )
            log_probs = logits[0].log_softmax(-1)
            scored[tuple(ids)] = sum(log_probs[t, i].item() for t, i in enumerate(ids))
        best = max(scored, key=scored.get)
        assert tuple(written[row].tolist())[: len(best)] == best
        assert set(written[row].tolist()[len(best) :]) <= {EOS}


def sentences(beginning, left):
    """Every sentence of the ids 0 and 1 that ends with EOS, or is ``left`` tokens long."""
    for token in (0, 1, EOS):
        if token == EOS or left == 1:
            yield [*beginning, token]
        else:
            yield from sentences([*beginning, token], left - 1)


def test_the_search_is_given_every_argument():
    model, source, seen = some_model(), some_source(), []

    def search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty):
        seen.append((bos_id, eos_id, max_len, beam_size, length_penalty))
        return beam_search(step, state, bos_id, eos_id, max_len, beam_size, length_penalty)

    def greedy(step, state, bos_id, eos_id, max_len):
        seen.append((bos_id, eos_id, max_len))
        return step(torch.full((B,), bos_id), state)[0].argmax(-1)[:, None]

    with use({"beam_search": search, "greedy_decode": greedy}):
        decode_transformer(model, source, BOS, EOS, 4, beam_size=2, length_penalty=0.7)
        decode_transformer(model, source, BOS, EOS, 4, 2)
        first = decode_transformer(model, source, BOS, EOS, 6)
    assert seen == [(BOS, EOS, 4, 2, 0.7), (BOS, EOS, 4, 2, 0.0), (BOS, EOS, 6)]
    assert torch.equal(first[:, 0], model(source, torch.full((B, 1), BOS))[:, 0].argmax(-1))


def test_decoding_leaves_the_model_as_it_was_and_makes_no_graph():
    model, source = some_model(), some_source()
    for mode in (True, False):
        model.train(mode)
        assert not decode_transformer(model, source, BOS, EOS, 2).requires_grad
        assert model.training is mode
    assert torch.is_grad_enabled()
    assert all(parameter.grad is None for parameter in model.parameters())


# --- refusals -----------------------------------------------------------------------------------

IDS = torch.ones(B, Ts, dtype=torch.long)


def build(*sizes, **options):
    return Transformer(*(sizes or (V, W)), d_model=D, n_heads=H, n_layers=1, d_ff=d_ff, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: build(positions="relative"),
            ValueError,
            "positions='relative': one of sinusoidal, learned, rotary, alibi, none is wanted",
        ),
        (
            lambda: build(tied="both"),
            ValueError,
            "tied='both': one of none, target, all is wanted",
        ),
        (
            lambda: build(tied="all"),
            ValueError,
            "tied='all' shares one table, but source_vocab_size=11 and target_vocab_size=13",
        ),
        (
            lambda: build(pad_id=V),
            ValueError,
            "pad_id=11: an id from 0 to 10 is wanted",
        ),
        (
            lambda: build(W, V, pad_id=V),
            ValueError,
            "pad_id=11: an id from 0 to 10 is wanted",
        ),
        (
            lambda: build(pad_id=-1),
            ValueError,
            "pad_id=-1: an id from 0 to 10 is wanted",
        ),
        (
            lambda: Transformer(V, W, d_model=10, n_heads=3),
            ValueError,
            "d_model=10 is not divisible by n_heads=3",
        ),
        (
            lambda: Transformer(V, W, d_model=D, n_heads=H, d_ff=0),
            ValueError,
            "d_ff=0: at least 1 is wanted",
        ),
        (
            lambda: Transformer(V, W, d_model=D, n_heads=H, n_layers=0),
            ValueError,
            "n_layers=0: at least 1 is wanted",
        ),
        (
            lambda: TransformerEncoder(0, D, H, d_ff),
            ValueError,
            "n_layers=0: at least 1 is wanted",
        ),
        (
            lambda: TransformerDecoder(-1, D, H, d_ff),
            ValueError,
            "n_layers=-1: at least 1 is wanted",
        ),
        (
            lambda: Transformer(0, W, d_model=D, n_heads=H),
            ValueError,
            "source_vocab_size=0: at least 1 is wanted",
        ),
        (
            lambda: Transformer(V, 0, d_model=D, n_heads=H),
            ValueError,
            "target_vocab_size=0: at least 1 is wanted",
        ),
        (lambda: Transformer(V, W, d_model=0), ValueError, "d_model=0: at least 1 is wanted"),
        (lambda: build(max_len=0), ValueError, "max_len=0: at least 1 is wanted"),
        (lambda: build(dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
        (
            lambda: build()(IDS.float(), IDS),
            TypeError,
            "source has dtype torch.float32, torch.int64 or torch.int32 is wanted",
        ),
        (
            lambda: build()(IDS, IDS.bool()),
            TypeError,
            "target has dtype torch.bool, torch.int64 or torch.int32 is wanted",
        ),
        (
            lambda: build()(IDS[0], IDS),
            ValueError,
            "source has shape (7,), (B, T) is wanted",
        ),
        (
            lambda: build()(IDS[:0], IDS[:0]),
            ValueError,
            "source has shape (0, 7), (B, T), each at least 1, is wanted",
        ),
        (
            lambda: build()(IDS, IDS[:, :0]),
            ValueError,
            "target has shape (3, 0), (B, T), each at least 1, is wanted",
        ),
        (
            lambda: build()(IDS, IDS[0]),
            ValueError,
            "target has shape (7,), (B, T) is wanted",
        ),
        (
            lambda: build()(IDS * V, IDS),
            ValueError,
            "source holds values from 11 to 11, 0 to 10 are wanted",
        ),
        (
            lambda: build()(IDS, IDS * W),
            ValueError,
            "target holds values from 13 to 13, 0 to 12 are wanted",
        ),
        (
            lambda: build()(-IDS, IDS),
            ValueError,
            "source holds values from -1 to -1, 0 to 10 are wanted",
        ),
        (
            lambda: build()(IDS * torch.tensor([[1], [0], [0]]), IDS),
            ValueError,
            "source[1] holds pad_id=0 alone, at least one token is wanted",
        ),
        (
            lambda: build()(IDS, IDS * torch.tensor([[1], [1], [0]])),
            ValueError,
            "target[2] holds pad_id=0 alone, at least one token is wanted",
        ),
        (
            lambda: build()(IDS, IDS[:2]),
            ValueError,
            "target has B=2, source has B=3: equal batches are wanted",
        ),
        (
            lambda: build(positions="learned", max_len=6)(IDS, IDS),
            ValueError,
            "start=0 and T=7 ask for positions 0 to 6, 0 to 5 are there",
        ),
        (
            lambda: decode_transformer(build(), IDS, PAD, EOS, 4),
            ValueError,
            "bos_id=0 is the model's pad_id, which is never attended to: an id of its own",
        ),
        (
            lambda: decode_transformer(build(), IDS, BOS, EOS, 4, beam_size=0),
            ValueError,
            "beam_size=0: at least 1 is wanted",
        ),
        (
            lambda: decode_transformer(build(), IDS, W, EOS, 4),
            ValueError,
            "target holds values from 13 to 13, 0 to 12 are wanted",
        ),
        (
            lambda: decode_transformer(build(), IDS[:0], BOS, EOS, 4),
            ValueError,
            "source has shape (0, 7)",
        ),
        (lambda: decode_transformer(build(), IDS, BOS, EOS, 0), ValueError, "max_len=0"),
        (lambda: decode_transformer(build(), IDS, BOS, W, 4), ValueError, "eos_id=13"),
    ],
)
def test_an_error_names_argument_given_and_wanted(call, error, message):
    with pytest.raises(error) as refusal:
        call()
    assert message in str(refusal.value)


def test_the_limits_themselves_are_served():
    model = build(pad_id=V - 1)
    ids = torch.zeros(1, 1, dtype=torch.int32)
    assert model(ids, ids).shape == (1, 1, W)
    assert model(ids + V - 2, ids + W - 1).shape == (1, 1, W)
    assert len(TransformerEncoder(1, D, H, d_ff).layers) == 1
    assert decode_transformer(model, ids, BOS, EOS, 1).shape == (1, 1)


def test_writing_keeps_no_graph(reverser):
    recorded = []
    hook = reverser.register_forward_hook(lambda *_: recorded.append(torch.is_grad_enabled()))
    hook_of_encoder = reverser.encoder.register_forward_hook(
        lambda *_: recorded.append(torch.is_grad_enabled())
    )
    decode_transformer(reverser, torch.tensor([[4, 5, 3]]), BOS, EOS, max_len=2)
    hook.remove(), hook_of_encoder.remove()
    assert recorded
    assert not any(recorded)
