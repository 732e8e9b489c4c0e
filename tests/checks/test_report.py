"""What a learner reads, in a terminal, in a notebook, and in plain nbgrader's eyes."""

import contextlib
import io

import pytest
import torch
from torch import nn

from unrolled.attention import MultiHeadAttention, SelfAttention, scaled_dot_product_attention
from unrolled.candidate.handles import Opaque
from unrolled.checks import check, examine, exercise, hint
from unrolled.checks.exercise import mistaken


def wrong(exercise_id, *slugs):
    found = exercise(exercise_id)
    return mistaken(found, tuple(found.mistake(slug) for slug in slugs))


def lines(answer, exercise_id="scaled_dot_product_attention", **kwargs):
    return examine(exercise_id, answer, **kwargs).text().splitlines()


def test_a_right_answer_reads_short():
    text = lines(scaled_dot_product_attention)
    assert text[0].split() == ["scaled_dot_product_attention", "11", "of", "11", "points"]
    assert all(line.startswith("  ok") for line in text[1:])
    assert len({len(line) for line in text}) == 1  # the points stand below each other


def test_a_wrong_answer_says_what_works_what_to_fix_and_where_to_read():
    text = "\n".join(lines(wrong("scaled_dot_product_attention", "mask-after-softmax")))
    assert "  ok  values, no mask" in text
    assert "  no  random mask" in text
    assert "Fix first: the mask is applied after the softmax, so what stays visible" in text
    assert "  expected" in text
    assert "  got" in text
    assert (
        'Read 6.4 Masks before softmax.   For a hint: hint("scaled_dot_product_attention")' in text
    )


def test_the_shown_numbers_are_those_of_the_smallest_case():
    report = examine("softmax", wrong("softmax", "softmax-sigmoid"))
    facts = {name: rest for name, *rest in report.facts()}
    assert 2 <= len(facts["expected"]) <= 4
    assert sum(map(float, facts["expected"])) == pytest.approx(1, abs=0.002)
    assert any(number.startswith("≠ ") for number in facts["got"])


def test_a_stub_is_called_one():
    def softmax(logits, dim=-1):
        raise NotImplementedError("your code here")

    report = examine("softmax", softmax)
    assert report.points == 0
    assert report.fix_first.startswith("it is not written yet")
    assert report.facts() == []


def test_an_error_shows_the_learners_line_and_no_traceback_of_ours():
    def softmax(logits, dim=-1):
        return logits.exp() / logits.exp().sum(dimension=dim)

    text = "\n".join(lines(softmax, "softmax"))
    assert "your code raised TypeError" in text
    assert "at: return logits.exp() / logits.exp().sum(dimension=dim)" in text
    assert "Traceback" not in text
    assert "unrolled/" not in text


def test_an_error_is_told_in_place_of_what_a_wrong_result_would_be_told():
    """A sentence on another merge misleads where no merge came out."""

    def train_bpe(text, n_merges):
        return [{}[121]]

    report = examine("train_bpe", train_bpe)
    assert report.mistakes == ()
    assert report.fix_first.startswith("a few words, a line each: your code raised KeyError: 121")


def test_an_error_is_told_once_with_the_sizes_of_the_smallest_case():
    def negative_sampling_loss(centre, context, negatives):
        return (negatives * centre).sum()

    report = examine("negative_sampling_loss", negative_sampling_loss)
    assert "your code raised RuntimeError: The size of tensor a (3) must match" in report.fix_first
    assert [name for name, *_ in report.facts()] == ["input"]


def test_of_a_fact_that_must_hold_no_true_and_false_are_shown():
    report = examine("negative_sampler", wrong("negative_sampler", "sampler-unigram"))
    assert [name for name, *_ in report.facts()] == ["input", "looked at", "seen"]


def test_points_stand_below_each_other_also_behind_a_long_question():
    first, *rest = lines(lambda *given: torch.zeros(()), "negative_sampling_loss")
    paid = [line for line in rest if line.startswith(("  ok", "  no"))]
    assert {len(line) for line in paid} == {len(first)}


def test_shapes_and_dtypes_are_told_as_wanted_and_returned():
    keeps_head_axis = lines(wrong("SelfAttention", "self-keeps-head-axis"), "SelfAttention")
    assert any("head axis" in line for line in keeps_head_axis)
    unknown = lines(lambda ids, pad_id: (ids != pad_id).long()[:, None], "padding_mask")
    assert any("shape" in line and "is wanted" in line for line in unknown)


def softmax_with(change):
    def softmax(logits, dim=-1):
        return change(logits, torch.softmax(logits, dim))

    return softmax


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (softmax_with(lambda _, p: p * float("nan")), "numbers are NaN"),
        (softmax_with(lambda _, p: p / 0), "numbers are infinite"),
        (softmax_with(lambda _, p: p.float()), "dtype float64 is wanted, float32 was returned"),
        (softmax_with(lambda _, p: p.detach()), "no gradient reaches the input: nothing that"),
        (softmax_with(lambda z, p: p + 0 * z.mul_(2)), "your code changes its input in place"),
        (softmax_with(lambda _, p: p[0]), "is wanted, (7,) was returned"),
        (softmax_with(lambda _, p: None), "a tensor is wanted, None was returned"),
        (softmax_with(lambda _, p: (x for x in p)), "a tensor is wanted, an Iterated"),
    ],
)
def test_what_many_answers_get_wrong_has_a_sentence_of_its_own(answer, says):
    report = examine("softmax", answer, seed=3)
    assert says in report.fix_first or says in report.text()


def test_a_changed_input_is_told_by_its_name():
    def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0, need_weights=False):
        out = exercise("scaled_dot_product_attention").reference(
            query, key, value, mask, dropout, need_weights
        )
        value.data.add_(1)
        return out

    report = examine("scaled_dot_product_attention", scaled_dot_product_attention)
    assert "value is changed in place: work on a copy" in report.probes[-1].difference.how


def test_a_parameter_that_nothing_depends_on_is_named():
    class SelfAttention(exercise("SelfAttention").reference):
        def forward(self, x, mask=None, need_weights=False):
            return super().forward(x, mask, need_weights) if self.training else self.v_proj(x)

    report = examine("SelfAttention", SelfAttention)
    (gradients,) = [r for r in report.probes if r.probe.name.startswith("gradients")]
    assert gradients.difference.where == "x"  # numbers: the first thing that differs

    class Partly(exercise("SelfAttention").reference):
        def forward(self, x, mask=None, need_weights=False):
            q = self.q_proj(x).detach()
            return scaled_dot_product_attention(q, self.k_proj(x), self.v_proj(x))

    (gradients,) = [
        r for r in examine("SelfAttention", Partly).probes if r.probe.name.startswith("gradients")
    ]
    assert isinstance(gradients.observed["q_proj.weight"], Opaque)


def test_shapes_stand_axis_by_axis_and_what_differs_is_marked():
    text = lines(lambda ids, pad_id: (ids != pad_id)[:, None, :, None], "padding_mask")
    (axes,) = [line.split() for line in text if "axis 0" in line]
    (got,) = [line.split() for line in text if line.startswith("  got")]
    assert axes == ["axis", "0", "axis", "1", "axis", "2", "axis", "3"]
    assert got.count("≠") == 2


def test_what_works_stands_first():
    text = lines(wrong("scaled_dot_product_attention", "weights-not-returned"))
    marks = [line[2:4] for line in text if line.startswith(("  ok", "  no"))]
    assert marks == sorted(marks, reverse=True)
    assert len(set(marks)) == 2


def test_a_missing_parameter_is_told_with_what_was_found():
    class SelfAttention(nn.Module):
        def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
            super().__init__()
            self.wq = nn.Linear(d_model, d_k or d_model, bias=False)

    text = "\n".join(lines(SelfAttention, "SelfAttention"))
    assert "parameter wq.weight is unexpected, wanted are q_proj.weight" in text
    assert "PARAM_MAP" in text


def test_renamed_and_fused_parameters_are_mapped():
    class Fused(SelfAttention):
        PARAM_MAP = {  # noqa: RUF012 - as a learner writes it
            "qkv.weight": {"cat": ["q_proj.weight", "k_proj.weight", "v_proj.weight"], "dim": 0}
        }

        def __init__(self, d_model, d_k=None, d_v=None, dropout=0.0):
            super().__init__(d_model, d_k, d_v, dropout)
            self.sizes = [p.out_features for p in (self.q_proj, self.k_proj, self.v_proj)]
            del self.q_proj, self.k_proj, self.v_proj
            self.qkv = nn.Linear(d_model, sum(self.sizes), bias=False)

        def forward(self, x, mask=None, need_weights=False):
            q, k, v = (part.unsqueeze(1) for part in self.qkv(x).split(self.sizes, dim=-1))
            p = self.dropout if self.training else 0.0
            out, weights = scaled_dot_product_attention(q, k, v, mask, p, need_weights=True)
            return (out.squeeze(1), weights) if need_weights else out.squeeze(1)

    assert examine("SelfAttention", Fused).passed


def test_a_ban_is_a_teaching_rule_with_its_own_sentence():
    source = "def softmax(logits, dim=-1):\n    return torch.softmax(logits, dim)"
    report = examine("softmax", torch.softmax, source=source)
    assert report.points == 0
    says = "this exercise asks you to write the softmax by hand; your answer uses torch.softmax."
    assert report.fix_first == says


def test_warnings_and_prints_cost_nothing_and_global_changes_are_told():
    def softmax(logits, dim=-1):
        import warnings

        warnings.warn("slow", stacklevel=1)
        print("here")
        torch.set_default_dtype(torch.float64)
        return torch.softmax(logits, dim)

    report = examine("softmax", softmax)
    assert report.passed
    assert torch.get_default_dtype() == torch.float32
    assert any("default dtype" in note for note in report.notes)
    assert any("slow" in note for note in report.notes)
    assert "Your code printed, at first: here" in "\n".join(report.notes)


def test_the_html_is_escaped_and_holds_the_same_facts():
    def softmax(logits, dim=-1):
        raise ValueError("<script>alert(1)</script>")

    page = examine("softmax", softmax)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<tr>") >= 5
    assert "scope='col'" in page


def test_one_seed_one_report():
    answer = wrong("MultiHeadAttention", "keys-values-swapped")
    one, two = (examine("MultiHeadAttention", answer, seed=7) for _ in range(2))
    assert one.text() == two.text()
    assert one.text() != examine("MultiHeadAttention", answer, seed=8).text()


def test_check_prints_to_stdout_alone_and_returns_the_points():
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        points = check(MultiHeadAttention)
    assert points == 14
    assert "14 of 14 points" in out.getvalue()
    assert err.getvalue() == ""


@pytest.mark.parametrize("odd", [None, "softmax", 3, print, dict, lambda x: x])
def test_check_of_something_else_is_a_sentence(odd, capsys):
    assert check(odd) == 0
    printed = capsys.readouterr()
    assert "softmax" in printed.out
    assert printed.err == ""


def test_hints_open_one_by_one(capsys):
    for number in (1, 2, 3, 3):
        hint("merge_heads")
        assert f"Hint {number} of 3: " in capsys.readouterr().out
    hint("no such thing")
    assert "merge_heads" in capsys.readouterr().out


def test_an_answer_that_hides_behind_equality_earns_nothing():
    class Equal(torch.Tensor):
        def __eq__(self, other):
            return torch.ones(self.shape, dtype=torch.bool)

        __hash__ = None

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return True

    report = examine("softmax", lambda logits, dim=-1: logits.as_subclass(Equal))
    assert report.points == 0
