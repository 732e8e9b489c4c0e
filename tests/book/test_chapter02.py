"""What chapter 2's modules measure is what the pages say: products, streams, bags, pictures."""

import json

import pytest
import torch
import torch.nn.functional as F

from unrolled import plots
from unrolled.data import fetch
from unrolled.data.registry import present
from unrolled.recurrent import RNN

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/02-recurrence"
RECORD = json.loads((ROOT / "benchmarks/results/chapter02.json").read_text())
BEFORE = json.loads((ROOT / "benchmarks/results/chapter00.json").read_text())
gradients, pictures, results, reviews, streams, tasks = (
    beside(ROOM, name)
    for name in ("gradients", "pictures", "results", "reviews", "streams", "tasks")
)


def test_the_product_of_jacobians_is_autograd_s_derivative():
    torch.manual_seed(0)
    rnn, x = RNN(3, 5).double(), torch.randn(1, 9, 3, dtype=torch.float64)
    states = rnn(x)[0][0]  # (T, H)

    def onwards(h):
        return rnn(x[:, 5:], h.view(1, 1, 5))[1].flatten()

    derivative = torch.autograd.functional.jacobian(onwards, states[4])  # (H, H), 4 steps back
    (found,) = gradients.norms_of_layer(rnn, x, [4])
    assert found == pytest.approx(torch.linalg.matrix_norm(derivative, 2).item(), rel=1e-9)


@pytest.mark.parametrize("radius", gradients.RADII)
def test_a_matrix_has_the_radius_it_was_made_for_and_an_orthogonal_one_stretches_all_alike(radius):
    W = gradients.matrix(radius, orthogonal=False, seed=3)
    assert gradients.largest_eigenvalue(W) == pytest.approx(radius)
    assert torch.linalg.matrix_norm(W, 2) > 1.2 * radius
    lengths = torch.linalg.svdvals(gradients.matrix(radius, orthogonal=True, seed=3))
    torch.testing.assert_close(lengths, torch.full_like(lengths, radius))


def test_a_stream_goes_on_where_its_piece_before_ended_and_the_state_with_it():
    text = torch.randint(7, (600,), generator=torch.Generator().manual_seed(0))
    rows = streams.streams(text, 2)  # (2, 300)
    assert torch.equal(rows.flatten(), text)
    torch.manual_seed(0)
    model = streams.Reader(7, hidden_size=8)
    with torch.no_grad():
        logits, _ = model(rows[:, :-1])
    whole = F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).item()
    assert streams.loss_of(model, text, rows=2) == pytest.approx(whole, abs=1e-5)
    assert streams.loss_of(model, text, rows=2, carry=300) == pytest.approx(whole, abs=1e-5)
    assert abs(streams.loss_of(model, text, rows=2, carry=3) - whole) > 1e-4


def test_a_state_that_is_carried_teaches_what_one_that_is_zeroed_cannot():
    """Three tokens decide the next one, pieces have two: only a carried state holds the first."""
    text = torch.tensor([0, 0, 1, 0, 1, 1]).repeat(400)  # after 0 1 both 0 and 1 may come
    losses = {}
    for carry in (True, False):
        torch.manual_seed(0)
        model = streams.Reader(2, hidden_size=16)
        plan = streams.Plan(steps=200, streams=8, length=2, rate=1e-2, carry=carry)
        streams.train(model, text, plan)
        losses[carry] = streams.loss_of(model, text, carry=0 if carry else 2)
    assert losses[True] < 0.5 * losses[False]


def test_a_rate_that_throws_the_weights_away_ends_the_run_or_its_losses_say_so():
    text = torch.randint(7, (900,), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    model = streams.Reader(7, hidden_size=8)
    plan = streams.Plan(steps=20, streams=4, length=8, rate=1e30, clip=None, plain=True)
    seen = streams.train(model, text, plan)
    assert len(seen["losses"]) < 20 or max(seen["losses"]) > 10
    assert len(seen["losses"]) == len(seen["norms"])


def test_a_bag_is_blind_to_order_and_no_judge_to_the_company_of_a_sentence():
    torch.manual_seed(0)
    ids, lengths = torch.tensor([[2, 3, 4, 0], [5, 6, 7, 8]]), torch.tensor([3, 4])
    turned = torch.tensor([[4, 2, 3, 0], [5, 6, 7, 8]])
    for kind in reviews.KINDS:
        judge = reviews.Judge(kind, 9).eval()
        with torch.no_grad():
            scores, other = judge(ids, lengths), judge(turned, lengths)
            alone = judge(ids[:1, :3], lengths[:1])
        torch.testing.assert_close(scores[:1], alone)
        assert torch.allclose(scores[0], other[0], atol=1e-6) == (kind == "bag")


def test_pictures_that_are_held_out_are_never_trained_on_and_captions_are_words():
    kept = {tuple(row) for row in pictures.gallery(2000, held_out=False)[1].tolist()}
    new = {tuple(row) for row in pictures.gallery(300, held_out=True)[1].tolist()}
    assert not kept & new
    assert len(kept) + len(new) == len(pictures.THINGS)


def test_letters_that_are_held_out_are_never_trained_on():
    torch.manual_seed(0)
    source, before, target = tasks.letters(700)
    assert not tasks.is_held_out(source).any()
    assert len(source) == len(before) == len(target) > 500
    assert torch.equal(before[:, 1:], source.flip(1)[:, :-1])


def test_a_start_that_keeps_lengths_lets_a_gradient_come_nine_steps():
    """The page says that this is what the network of characters lacked."""
    torch.manual_seed(0)
    model = tasks.SequenceToSequence(len(tasks.CHARACTERS))
    ids, reach = torch.tensor([tasks.encode(tasks.HIDING[1])]), []  # (1, T)
    for keep in (False, True):
        if keep:
            tasks.keep_lengths(model.rnn, model.embedding)
        with torch.no_grad():
            x = model.embedding(ids)  # (1, T, I)
        reach += gradients.norms_of_layer(model.rnn, x, [9])
    assert reach[0] < 0.02
    assert reach[1] > 0.3


def test_in_a_bag_a_word_adds_the_same_amount_beside_any_other_unless_a_layer_is_hidden():
    lengths = torch.tensor([2, 2, 2, 2])
    ids = torch.tensor([[1, 3], [2, 3], [1, 4], [2, 4]])
    for reader in tasks.READERS:
        torch.manual_seed(0)
        scores = tasks.SequenceToVector(5, 2, reader)(ids, lengths)  # (4, classes)
        together = (scores[0] - scores[1]) - (scores[2] - scores[3])
        assert (together.abs().max() < 1e-6) == (reader == "bag")


def test_the_entropy_of_the_hiding_sentences_is_what_counting_says():
    ids = tasks.hiding(20_000, torch.Generator().manual_seed(0))
    text = "".join(tasks.CHARACTERS[i] for i in ids.tolist())
    shares = torch.tensor([text.count(sentence) for sentence in tasks.HIDING]).double()
    shares = shares / shares.sum()
    counted = -(shares * shares.log()).sum().item() * 20_000 / len(text)
    assert tasks.hiding_entropy() == pytest.approx(counted, rel=1e-2)


@pytest.mark.skipif("tinyshakespeare.txt" not in present(), reason="needs the real data")
def test_the_kept_model_s_loss_over_all_of_shakespeare_s_validation_text():
    (about,) = RECORD["weights"]
    text = fetch("tinyshakespeare.txt").read_text(encoding="utf-8")
    held_out = text[int(0.9 * len(text)) :]
    found = streams.evaluate(ROOT / about["file"], held_out)
    assert found == pytest.approx(about["loss"], abs=1e-4)


def test_every_table_of_the_record_is_a_table():
    tables = {
        "characters": results.characters_table(RECORD, BEFORE), "cut": results.cut_table(RECORD),
        "world": results.world_table(RECORD), "reviews": results.reviews_table(RECORD),
        "radius": results.radius_table(RECORD), "clipping": results.clipping_table(RECORD),
    }  # fmt: skip
    for name, rows in tables.items():
        header = [f"column {n}" for n in range(len(rows[0]))]
        shown = plots.table(header, rows, name, record=RECORD)
        assert "nan" not in repr(rows)
        assert shown is not None


def test_powers_of_ten_are_the_nearest():
    assert results.between(2e-15, 3e-13) == "10⁻¹⁵ to 10⁻¹³"
    assert results.between(0.8, 1.2) == "10⁰"
