"""The catalogue tested on itself: every mistake can be made, is refused and is named."""

import re
from collections import Counter
from pathlib import Path

import pytest

from unrolled.candidate.handles import Candidate
from unrolled.checks import all_exercises, examine, exercise, exercises
from unrolled.checks.diagnose import diagnose
from unrolled.checks.exercise import PatchRefused, mistaken, patched_source
from unrolled.checks.probing import ask, run_probes
from unrolled.checks.sections import all_sections

pytestmark = pytest.mark.sweep

ROOT = Path(__file__).parents[2]
# Two seeds, one to refuse and one to name; benchmarks/checker.py asks more and records it.
SEEDS = (33,)
NAMING_SEEDS = (3,)
EXERCISES = all_exercises()
MISTAKES = [(e, m) for e in EXERCISES for m in e.mistakes]
AT_LEAST = {"scaled_dot_product_attention": 12, "SelfAttention": 12, "MultiHeadAttention": 12}


def name(value):
    return getattr(value, "id", "") or f"{value.slug} {value.variant}".strip()


def examination(found, answer, seed):
    return run_probes(found, Candidate.local(answer, found.name), seed)


@pytest.mark.parametrize("found", EXERCISES, ids=name)
def test_the_reference_earns_every_point_of_every_seed(found):
    for seed in SEEDS:
        assert examination(found, found.reference, seed).points == found.points


@pytest.mark.parametrize("found", EXERCISES, ids=name)
def test_there_are_enough_mistakes_and_all_have_names_of_their_own(found):
    assert len({mistake.slug for mistake in found.mistakes}) >= AT_LEAST.get(found.id, 5)
    assert max(Counter((m.slug, m.variant) for m in found.mistakes).values()) == 1


@pytest.mark.parametrize(("found", "mistake"), MISTAKES, ids=name)
def test_a_patch_fits_once_and_the_mistake_is_refused_for_every_seed(found, mistake):
    answer = mistaken(found, (mistake,))
    for seed in SEEDS:
        candidate = Candidate.local(answer, found.name)
        asked = [ask(found, probe, candidate, seed) for probe in found.probes]
        assert not all(result.passed for result in asked), f"seed {seed}"
        # A patch that uses what is not there would be refused for another reason than it says.
        raised = {getattr(result.observed, "type_name", "") for result in asked}
        assert "NameError" not in raised or mistake.without, f"seed {seed}"


@pytest.mark.parametrize("seed", NAMING_SEEDS)
@pytest.mark.parametrize("found", EXERCISES, ids=name)
def test_every_mistake_is_named_as_itself(found, seed):
    named = {
        (mistake.slug, mistake.variant): diagnose(examination(found, answer, seed))
        for mistake in found.mistakes
        for answer in [mistaken(found, (mistake,))]
    }
    other = {key: [m.slug for m in found] for key, found in named.items()}
    assert {key: slugs for key, slugs in other.items() if slugs != [key[0]]} == {}


def test_a_patch_that_does_not_fit_is_refused():
    found = exercise("scaled_dot_product_attention")
    twice = (found.mistake("no-scale"), found.mistake("scale-by-d_k"))
    with pytest.raises(PatchRefused, match="stands 0 times"):
        patched_source(found, twice)


@pytest.mark.parametrize(
    ("exercise_id", "slugs"),
    [
        ("scaled_dot_product_attention", ("no-scale", "mask-after-softmax")),
        ("scaled_dot_product_attention", ("softmax-over-queries", "dropout-missing")),
        ("scaled_dot_product_attention", ("scale-by-d_k", "uniform-rows", "logits-returned")),
        ("MultiHeadAttention", ("mha-no-scale", "mask-not-passed")),
        ("MultiHeadAttention", ("keys-values-swapped", "mha-dropout-in-eval", "weights-averaged")),
        ("repair_multi_head", ("repair-scale", "repair-heads", "repair-mask")),
    ],
)
def test_pairs_and_triples_are_all_named(exercise_id, slugs):
    found = exercise(exercise_id)
    answer = mistaken(found, tuple(found.mistake(slug) for slug in slugs))
    named = diagnose(examination(found, answer, seed=1))
    assert {mistake.slug for mistake in named} == set(slugs)


def test_a_widely_copied_attention_is_put_right_in_two_rounds():
    found = exercise("repair_multi_head")
    bugs = ("repair-scale", "repair-heads", "repair-mask")
    copied = tuple(found.mistake(slug) for slug in (*bugs, "repair-import"))
    first = examine(found.id, mistaken(found, copied))
    assert first.mistakes == ("repair-import",)
    second = diagnose(examination(found, mistaken(found, copied[:3]), seed=0))
    assert {mistake.slug for mistake in second} == set(bugs)


def test_nothing_known_names_nothing():
    found = exercise("softmax")
    report = examine("softmax", lambda logits, dim=-1: logits.cumsum(dim).sin())
    assert report.mistakes == ()
    assert report.fix_first.startswith(found.probes[0].name)


@pytest.mark.parametrize("found", EXERCISES, ids=name)
def test_structure_alone_earns_nothing(found):
    """An answer that takes anything and gives nothing right: no points for keeping its inputs."""

    class Empty:
        def __init__(self, *args, **kwargs): ...

        def __call__(self, *args, **kwargs):
            return args[0] if args else None

    answer = Empty if isinstance(found.reference, type) else Empty()
    assert examination(found, answer, seed=0).points == 0


@pytest.mark.parametrize("section", all_sections(), ids=lambda section: section.label)
def test_a_report_points_to_a_section_that_is_there(section):
    chapter = (ROOT / section.page).read_text(encoding="utf-8")
    above, found, below = chapter.partition(f"({section.label})=\n")
    assert found
    marks, heading = below.splitlines()[0].split(" ", 1)
    if marks == "###":  # it has the number of the section that it stands in
        heading = f"{re.findall(r'^## ([0-9.]+) ', above, re.MULTILINE)[-1]} {heading}"
    assert heading == section.title


@pytest.mark.parametrize("found", EXERCISES, ids=name)
def test_an_exercise_is_complete(found):
    assert len(found.hints) == 3
    assert 1 <= found.difficulty <= 5
    assert found.minutes > 0
    assert any(probe.values for probe in found.probes)
    assert found in exercises(found.chapter)
