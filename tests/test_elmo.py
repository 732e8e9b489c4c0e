"""ELMo's targets, mix and two-way language model."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from unrolled.data.tinyworld import generate
from unrolled.elmo import BiLM, ScalarMix, bilm_loss, elmo_mix, elmo_targets
from unrolled.parts import provenance, use
from unrolled.recurrent import LSTM

L, B, T, D, V = 3, 2, 5, 4, 11
IDS = torch.tensor([[3, 7, 4, 9, 5], [6, 2, 8, 0, 0]])
PAIRED = pytest.mark.parametrize("direction", [0, 1], ids=["forward", "backward"])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


# --- targets ------------------------------------------------------------------------------------


def test_targets_are_the_next_token_and_the_one_before():
    forward, backward = elmo_targets(IDS, pad_id=0)
    assert forward.tolist() == [[7, 4, 9, 5, -100], [2, 8, -100, -100, -100]]
    assert backward.tolist() == [[-100, 3, 7, 4, 9], [-100, 6, 2, -100, -100]]
    assert forward.dtype == backward.dtype == torch.int64


def test_targets_follow_the_pad_id_and_the_mark_that_are_asked_for():
    ids = torch.tensor([[0, 5, 2, 9, 9]], dtype=torch.int32)
    forward, backward = elmo_targets(ids, 9, ignore_id=-1)
    assert forward.tolist() == [[5, 2, -1, -1, -1]]
    assert backward.tolist() == [[-1, 0, 5, -1, -1]]


def test_a_sentence_of_one_token_predicts_nothing():
    ids = torch.tensor([[4]])
    assert [each.tolist() for each in elmo_targets(ids, 0)] == [[[-100]], [[-100]]]
    assert ids.tolist() == [[4]]


# --- mix ----------------------------------------------------------------------------------------


def test_the_mix_is_gamma_times_the_softmax_weighted_sum():
    layers = torch.randn(L, B, T, D, dtype=torch.float64)
    scores, gamma = torch.tensor([0.5, -1.0, 2.0]).double(), torch.tensor(0.7, dtype=torch.float64)
    weights = scores.exp() / scores.exp().sum()
    expected = 0.7 * (weights[0] * layers[0] + weights[1] * layers[1] + weights[2] * layers[2])
    torch.testing.assert_close(elmo_mix(layers, scores, gamma), expected, atol=1e-10, rtol=1e-10)


def test_the_mix_does_not_change_when_all_scores_do():
    layers, scores = torch.randn(L, B, T, D), torch.randn(L)
    one = torch.tensor(1.0)
    torch.testing.assert_close(elmo_mix(layers, scores, one), elmo_mix(layers, scores + 5.0, one))


def test_scalar_mix_starts_as_the_plain_average_and_learns_scores_and_gamma():
    mix = ScalarMix(L).double()
    layers = torch.randn(L, B, T, D, dtype=torch.float64)
    torch.testing.assert_close(mix(layers), layers.mean(dim=0), atol=1e-10, rtol=1e-10)
    assert {name: tuple(p.shape) for name, p in mix.named_parameters()} == {
        "scores": (L,),
        "gamma": (),
    }
    assert torch.autograd.gradcheck(elmo_mix, (layers.requires_grad_(), mix.scores, mix.gamma))


def test_scalar_mix_takes_the_mix_in_scope():
    with use({"elmo_mix": lambda layers, scores, gamma: layers[0]}):
        mix = ScalarMix(L)
    layers = torch.randn(L, B, T, D)
    assert torch.equal(mix(layers), layers[0])


# --- the model ----------------------------------------------------------------------------------


def model(**options):
    return BiLM(V, D, **options).double().eval()


@PAIRED
@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_no_direction_sees_what_it_has_to_predict(direction, num_layers):
    """Another token at s changes the forward scores from s on, the backward ones up to s."""
    bilm = model(num_layers=num_layers)
    before = bilm(IDS)[direction]
    for s in range(T):
        changed = IDS.clone()
        changed[0, s] = 1
        differs = (bilm(changed)[direction] != before).any(dim=-1)  # (B, T)
        expected = [t < s if direction else t > s for t in range(T)]
        expected[s] = True
        assert differs[0].tolist() == expected
        assert not differs[1].any()
    target = elmo_targets(IDS, 0)[direction]
    assert (target[0] != -100).sum() == T - 1


def torchs_representations(bilm, ids):
    """The same with nn.LSTM, a sentence at a time, reversed by hand."""
    found = []
    for layers, backward in ((bilm.forward_layers, False), (bilm.backward_layers, True)):
        x = bilm.embedding.weight[ids].unsqueeze(0)  # (1, T, D)
        stack = [x]
        for k, layer in enumerate(layers):
            peer = nn.LSTM(D, D, batch_first=True).double()
            peer.load_state_dict(layer.state_dict(), strict=True)
            states = peer(x.flip(1) if backward else x)[0]
            states = states.flip(1) if backward else states
            x = states if k == 0 else x + states
            stack.append(x)
        found.append(torch.cat(stack))  # (L, T, D)
    return torch.cat(found, dim=-1)  # (L, T, 2 * D)


@pytest.mark.parametrize("pad_id", [0, 10])
def test_representations_and_scores_are_those_of_torchs_lstm(pad_id):
    bilm = model(pad_id=pad_id)
    ids = torch.where(IDS == 0, pad_id, IDS)
    found = bilm.representations(ids)
    assert found.shape == (L, B, T, 2 * D)
    scores = bilm(ids)
    for row, n in enumerate([5, 3]):
        expected = torchs_representations(bilm, ids[row, :n])
        torch.testing.assert_close(found[:, row, :n], expected, atol=1e-10, rtol=1e-10)
        for half, score in zip(expected[-1].chunk(2, dim=-1), scores, strict=True):
            wanted = bilm.output(half)
            torch.testing.assert_close(score[row, :n], wanted, atol=1e-10, rtol=1e-10)
    assert (found[:, 1, 3:] == 0).all()


def test_both_directions_share_token_vectors_and_output_and_nothing_else():
    bilm = BiLM(V, D)
    assert sorted(bilm.state_dict()) == sorted(
        ["embedding.weight", "output.weight", "output.bias"]
        + [
            f"{way}_layers.{k}.{kind}_l0"
            for way in ("forward", "backward")
            for k in (0, 1)  # two layers by default, as in the paper
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
    )
    bilm_loss(bilm(IDS), IDS, 0).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in bilm.parameters())
    assert bilm.pad_id == 0


def test_the_padding_token_has_no_say():
    bilm = model()
    before = bilm.representations(IDS)
    with torch.no_grad():
        bilm.embedding.weight[0] += 3.0
    assert torch.equal(bilm.representations(IDS), before)


def test_dropout_acts_in_training_on_what_layers_read():
    assert BiLM(V, D).dropout == 0.0
    bilm = BiLM(V, 50, num_layers=1, dropout=0.5)
    bilm.train()
    tokens = bilm.embedding(IDS)
    reads = []
    for layer in (bilm.forward_layers[0], bilm.output):
        layer.register_forward_pre_hook(lambda _, given: reads.append(given[0]))
    found = bilm.representations(IDS)
    assert len(reads) == 1
    kept = reads[0] != 0
    real = (IDS != 0).unsqueeze(-1)
    torch.testing.assert_close(reads[0], torch.where(kept & real, tokens * 2.0, 0.0))
    assert 0.3 < (kept & real).sum() / (real.sum() * 50) < 0.7
    assert torch.equal(found[0], torch.cat([tokens * real] * 2, dim=-1))  # itself not dropped
    bilm(IDS)
    assert (reads[-1][IDS != 0] == 0).float().mean() > 0.3
    assert (found[1][IDS != 0] != 0).all()
    bilm.eval()
    assert torch.equal(bilm(IDS)[0], bilm(IDS)[0])


def test_it_is_built_from_the_parts_in_scope():
    class Mine(LSTM):
        pass

    with use({"LSTM": Mine}):
        bilm = BiLM(V, D)
    origins = provenance(bilm)
    assert all("Mine" in origins[f"{way}_layers.1"] for way in ("forward", "backward"))


def test_it_compiles_whole():
    bilm = BiLM(V, D)
    compiled = torch.compile(bilm, fullgraph=True, backend="eager")
    for ours, expected in zip(compiled(IDS), bilm(IDS), strict=True):
        torch.testing.assert_close(ours, expected)


# --- the loss, and learning -----------------------------------------------------------------------


def test_the_loss_is_the_mean_over_both_directions_targets():
    logits = tuple(torch.randn(B, T, V, dtype=torch.float64) for _ in range(2))
    expected = F.cross_entropy(
        torch.cat(logits).flatten(0, 1), torch.cat(elmo_targets(IDS, 0)).flatten()
    )
    torch.testing.assert_close(bilm_loss(logits, IDS, 0), expected, atol=1e-10, rtol=1e-10)


def tiny_world(n):
    """Token ids of generated sentences, padded with 0."""
    sentences = [sentence.english for sentence in generate(n)]
    words = sorted({word for sentence in sentences for word in sentence})
    numbers = {word: i for i, word in enumerate(words, 1)}
    rows = [torch.tensor([numbers[word] for word in sentence]) for sentence in sentences]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True), len(words) + 1


def test_a_short_training_on_tiny_world_beats_the_word_frequencies():
    ids, vocab_size = tiny_world(600)
    train, held_out = ids[:500], ids[500:]
    counts = train[train != 0].bincount(minlength=vocab_size) + 1.0
    unigram = -(counts / counts.sum()).log()
    losses = [unigram[t[t != -100]].mean() for t in elmo_targets(held_out, 0)]
    bilm = BiLM(vocab_size, 48)
    optimiser = torch.optim.Adam(bilm.parameters(), lr=0.01)
    for batch in (train[torch.randperm(500)[:50]] for _ in range(60)):
        optimiser.zero_grad()
        bilm_loss(bilm(batch), batch, 0).backward()
        optimiser.step()
    with torch.no_grad():
        scores = bilm(held_out)
    for score, target, unigram_loss in zip(scores, elmo_targets(held_out, 0), losses, strict=True):
        loss = F.cross_entropy(score.flatten(0, 1), target.flatten())
        assert loss < unigram_loss - 0.5


# --- refusals -----------------------------------------------------------------------------------

LAYERS, SCORES, GAMMA = torch.zeros(L, B, T, D), torch.zeros(L), torch.tensor(1.0)
LOGITS = (torch.zeros(B, T, V),) * 2

REFUSALS = [
    (
        lambda: elmo_targets(IDS.float(), 0),
        TypeError,
        "ids has dtype torch.float32, torch.int64 or",
    ),
    (lambda: elmo_targets(IDS[0], 0), ValueError, "ids has shape (5,), (B, T) is wanted"),
    (
        lambda: elmo_targets(IDS[:0], 0),
        ValueError,
        "ids has shape (0, 5), (B, T), each at least 1, is wanted",
    ),
    (
        lambda: elmo_targets(IDS[:, :0], 0),
        ValueError,
        "ids has shape (2, 0), (B, T), each at least 1, is wanted",
    ),
    (
        lambda: elmo_targets(torch.tensor([[1, 2], [0, 0]]), 0),
        ValueError,
        "ids[1] holds pad_id=0 alone, at least one token is wanted",
    ),
    (
        lambda: elmo_mix(LAYERS[0], SCORES, GAMMA),
        ValueError,
        "layers has shape (2, 5, 4), (L, B, T",
    ),
    (
        lambda: elmo_mix(LAYERS[:, :0], SCORES, GAMMA),
        ValueError,
        "layers has shape (3, 0, 5, 4), (",
    ),
    (
        lambda: elmo_mix(LAYERS, SCORES[1:], GAMMA),
        ValueError,
        "scores has shape (2,), (3,) is wanted",
    ),
    (lambda: elmo_mix(LAYERS, SCORES, SCORES), ValueError, "gamma has shape (3,), () is wanted"),
    (
        lambda: elmo_mix(LAYERS.long(), SCORES, GAMMA),
        TypeError,
        "layers has dtype torch.int64, a fl",
    ),
    (
        lambda: elmo_mix(LAYERS, SCORES.long(), GAMMA),
        TypeError,
        "scores has dtype torch.int64, a fl",
    ),
    (
        lambda: elmo_mix(LAYERS, SCORES, GAMMA.long()),
        TypeError,
        "gamma has dtype torch.int64, a flo",
    ),
    (lambda: ScalarMix(0), ValueError, "n_layers=0: at least 1 is wanted"),
    (lambda: ScalarMix(2)(LAYERS), ValueError, "layers has L=3, 2 are wanted"),
    (lambda: BiLM(0, D), ValueError, "vocab_size=0: at least 1 is wanted"),
    (lambda: BiLM(V, 0), ValueError, "hidden_size=0: at least 1 is wanted"),
    (lambda: BiLM(V, D, num_layers=0), ValueError, "num_layers=0: at least 1 is wanted"),
    (lambda: BiLM(V, D, dropout=1.0), ValueError, "dropout=1.0 is outside [0, 1)"),
    (lambda: BiLM(V, D, dropout=-0.1), ValueError, "dropout=-0.1 is outside [0, 1)"),
    (lambda: BiLM(V, D, pad_id=V), ValueError, "pad_id=11: an id from 0 to 10 is wanted"),
    (lambda: BiLM(V, D, pad_id=-1), ValueError, "pad_id=-1: an id from 0 to 10 is wanted"),
    (lambda: BiLM(V, D)(IDS.float()), TypeError, "ids has dtype torch.float32, torch.int64 or"),
    (lambda: BiLM(V, D)(IDS[0]), ValueError, "ids has shape (5,), (B, T) is wanted"),
    (
        lambda: BiLM(V, D)(IDS * 0),
        ValueError,
        "ids[0] holds pad_id=0 alone, at least one token is wanted",
    ),
    (lambda: BiLM(9, D)(IDS), ValueError, "ids holds values from 0 to 9, 0 to 8 are wanted"),
    (lambda: BiLM(V, D)(IDS - 1), ValueError, "ids holds values from -1 to 8, 0 to 10 are wanted"),
    (
        lambda: BiLM(V, D).representations(IDS.flip(1)),
        ValueError,
        "ids[1] holds pad_id=0 before a token, padding after the last token alone is wanted",
    ),
    (
        lambda: bilm_loss(LOGITS[0], IDS, 0),
        TypeError,
        "logits is a tensor of torch.float32, a pair (forward, backward) is wanted",
    ),
    (
        lambda: bilm_loss(LOGITS[:1], IDS, 0),
        TypeError,
        "logits is a tuple of 1, a pair (forward, backward) is wanted",
    ),
    (
        lambda: bilm_loss(LOGITS, IDS.int(), 0),
        TypeError,
        "ids has dtype torch.int32, torch.int64 is",
    ),
    (
        lambda: bilm_loss(LOGITS, IDS * 0, 0),
        ValueError,
        "ids[0] holds pad_id=0 alone, at least one token is wanted",
    ),
    (
        lambda: bilm_loss(LOGITS, IDS[:, :4], 0),
        ValueError,
        "ids has shape (2, 4), (2, 5) is wanted",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSALS, ids=[r[2] for r in REFUSALS])
def test_bad_arguments_are_refused_with_what_was_given_and_wanted(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_the_smallest_of_everything_is_accepted():
    bilm = BiLM(1 + 1, 1, num_layers=1, pad_id=1)
    assert bilm(torch.tensor([[0]]))[0].shape == (1, 1, 2)
    assert BiLM(V, D, pad_id=V - 1)(IDS[:1])[0].shape == (1, T, V)
    assert ScalarMix(1)(torch.ones(1, 1, 1, 1)).item() == 1.0
    assert BiLM(10, D)(IDS)[1].shape == (B, T, 10)
    assert BiLM(1, 1).vocab_size == 1
