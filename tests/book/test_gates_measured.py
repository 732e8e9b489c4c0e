"""Chapter 3's instruments: each would fail for the mistake that would make its numbers empty."""

import json

import pytest
import torch

from unrolled.data import tinyworld

from .conftest import ROOT
from .rooms import beside

ROOM = ROOT / "book/03-gates"
tasks, languages, agreement, context = (
    beside(ROOM, name) for name in ("tasks", "languages", "agreement", "context")
)


def generator():
    return torch.Generator().manual_seed(0)


def test_copying_asks_for_the_first_symbols_after_the_silence():
    x, wanted = tasks.copy_batch(5, 4, generator())
    ids = x.argmax(dim=-1)  # (B, T)
    assert ids.shape == (4, 3 + 5 + 3)
    assert torch.equal(ids[:, :3], wanted)
    assert set(ids[:, 3:8].flatten().tolist()) == {tasks.SILENCE}
    assert set(ids[:, 8:].flatten().tolist()) == {tasks.ASK}


def test_adding_marks_one_number_in_each_half():
    x, wanted = tasks.adding_batch(10, 50, generator())
    numbers, marks = x.unbind(dim=-1)
    assert torch.equal(marks[:, :5].sum(dim=1), torch.ones(50))
    assert torch.equal(marks[:, 5:].sum(dim=1), torch.ones(50))
    assert torch.equal(wanted, (numbers * marks).sum(dim=1, keepdim=True))


@pytest.mark.parametrize("task", ["copy", "adding"])
def test_the_layers_of_a_task_have_about_as_many_parameters(task):
    sizes = [sum(p.numel() for p in tasks.Memory(kind, task).parameters()) for kind in tasks.KINDS]
    assert max(sizes) < 1.12 * min(sizes)


def test_the_forget_bias_is_the_sum_of_both_and_of_no_other_gate():
    layer = tasks.make("LSTM", "copy", seed=0).layer
    before = (layer.bias_ih_l0 + layer.bias_hh_l0).detach().clone()
    tasks.set_forget_bias(layer, 3.0)
    after = (layer.bias_ih_l0 + layer.bias_hh_l0).view(4, -1)  # (gates, H)
    assert torch.equal(after[1], torch.full_like(after[1], 3.0))
    assert torch.equal(after[[0, 2, 3]], before.view(4, -1)[[0, 2, 3]])


def test_an_open_forget_gate_reaches_further_back_than_a_closed_one():
    open_, closed = (
        tasks.reach(tasks.make("LSTM", "adding", seed=0, bias=bias), "adding", 30)[25]
        for bias in (3.0, 0.0)
    )
    assert open_ > 100 * closed


@pytest.mark.parametrize("kind", languages.KINDS)
def test_a_reader_has_the_parameters_that_were_asked_for(kind):
    model = languages.make(kind, 65, 20_000, seed=0)
    assert 19_000 < sum(p.numel() for p in model.parameters()) <= 20_000


def test_the_state_is_carried_so_that_pieces_do_not_change_the_loss():
    model = languages.make("LSTM", 11, 4_000, seed=0)
    text = torch.randint(11, (402,), generator=generator())
    whole, pieces = (languages.loss_of(model, text, rows=2, piece=n) for n in (200, 7))
    assert whole == pytest.approx(pieces, abs=1e-5)


def test_training_goes_down_on_a_text_that_repeats():
    model = languages.make("GRU", 4, 2_000, seed=0)
    losses = languages.train(model, torch.arange(4).repeat(200), 60, 1e-2, 0, (4, 16))
    assert losses[-1] < 0.5 * losses[0]


def test_a_question_stops_before_the_verb_and_knows_what_misleads():
    said = "the keys that the girl needs are new ."
    asked = agreement.question(tinyworld.parse(said.split()))
    assert asked.words == tuple(["the", "keys", "that", "the", "girl", "needs"])
    assert (asked.plural, asked.between, asked.misleads) == (True, 4, True)
    assert agreement.question(tinyworld.parse(["Anna", "is", "tired", "."])) is None


def test_the_grammar_itself_gets_every_verb_right_and_a_model_that_knows_nothing_half():
    vocabulary = tinyworld.vocabulary()

    class Grammar(torch.nn.Module):
        """Logits of the exact next word at the last place."""

        def forward(self, ids):
            logits = torch.full((*ids.shape, len(vocabulary)), -50.0)
            for row, one in enumerate(ids):
                read = one[1 : int((one > 0).sum())].tolist()
                for word, chance in tinyworld.next_words(vocabulary.decode(read)).items():
                    (place,) = vocabulary.encode([word])
                    logits[row, len(read), place] = torch.tensor(chance).log()
            return logits, None

    found = (agreement.question(s) for s in tinyworld.generate(400, seed=5))
    asked = [question for question in found if question and question.between]
    assert len(asked) > 20
    assert agreement.right(Grammar(), asked) == 1.0
    singular = sum(not question.plural for question in asked) / len(asked)
    knows_nothing = lambda ids: (torch.zeros(*ids.shape, len(vocabulary)), None)  # noqa: E731
    assert agreement.right(knows_nothing, asked) == pytest.approx(singular)  # a tie is no plural


def test_a_word_s_place_is_behind_the_edge():
    words = (*context.SPECIAL, "a", "rock", "band")
    model = context.BiLM(len(words), 4, pad_id=context.PAD)
    found = context.representations(model, words, ["a rock", "a rock band"], "rock")
    vector = model.embedding.weight[words.index("rock")]
    for row in found[0]:
        torch.testing.assert_close(row, torch.cat([vector, vector]))


def test_a_nearest_row_of_the_own_sense_is_counted():
    x = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [0.1, 1.0]])
    right, within, between = context.compared(x, torch.tensor([0, 0, 1, 1]))
    assert right == 1.0
    assert within > between


def test_the_record_says_what_the_pages_say_of_it():
    """The claims in words, so that another measurement cannot leave them standing."""
    record = json.loads((ROOT / "benchmarks" / "results" / "chapter03.json").read_text())
    records = beside(ROOM, "records")
    longest = record["settings"]["lengths"]["adding"][-1]
    added = {
        name: torch.tensor(records.task_scores(record, "adding", name, longest)).median()
        for name in ("RNN", "LSTM", "LSTM, forget bias 3", "GRU")
    }
    assert added.pop("GRU") < 0.02 < 0.1 < min(added.values())
    far = record["settings"]["reached"].index(50)
    reach = {
        kind: records.reach(record, "shakespeare", kind, "after").median(dim=0).values[far]
        for kind in ("RNN", "LSTM", "GRU")
    }
    assert reach["RNN"] < 1e-3 * reach["LSTM"]
    assert reach["LSTM"] < reach["GRU"]
    clause = {
        kind: records.right(record, kind, "other").mean(dim=0)[1] for kind in ("RNN", "LSTM", "GRU")
    }
    assert clause["RNN"] < 0.65
    assert min(clause["LSTM"], clause["GRU"]) > clause["RNN"] + 0.1


def test_rates_lie_within_their_grid_and_losses_in_the_order_that_the_page_tells():
    record = json.loads((ROOT / "benchmarks" / "results" / "chapter03.json").read_text())
    mean = beside(ROOM, "records").mean
    rates = record["settings"]["rates"]
    used = {run["rate"] for text in ("shakespeare", "tinyworld") for run in record[text]}
    assert min(rates) < min(used) <= max(used) < max(rates)
    for text, what in (("shakespeare", "loss"), ("tinyworld", "above")):
        rnn, lstm, opened, gru = (mean(record, text, kind, what) for kind in languages.KINDS)
        assert gru < min(rnn, lstm) - 0.02
        assert abs(rnn - lstm) < 0.01
        assert opened > lstm + 0.02
