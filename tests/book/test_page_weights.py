"""Trained weights beside a page: small, known by their hash, and as good as their record says."""

import hashlib
import json

import pytest
import torch
from safetensors import safe_open

from unrolled.data import fetch, tatoeba
from unrolled.data.registry import present

from .conftest import ROOT
from .rooms import beside

LARGEST = 2_000_000  # bytes
FILES = sorted(ROOT.glob("book/*/*.safetensors"))
RECORDS = {
    about["file"]: (json.loads(path.read_text()), about)
    for path in sorted(ROOT.glob("benchmarks/results/chapter*.json"))
    for about in json.loads(path.read_text()).get("weights", ())
}
by_name = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")


def evaluator(file, about):
    """The function that the record names: a module beside the chapter, and its name."""
    module, _, name = about["evaluate"].rpartition(".")
    return getattr(beside(file.parent, module), name)


def of_chapter(room, name="*"):
    """Weights of a chapter, and what its record says of them; by name where it keeps several."""
    (file,) = (ROOT / "book" / room).glob(f"{name}.safetensors")
    return file, RECORDS[str(file.relative_to(ROOT))][1]


def test_there_are_weights_and_each_has_a_record_and_the_other_way_round():
    assert FILES
    assert {str(file.relative_to(ROOT)) for file in FILES} == set(RECORDS)


@by_name
def test_weights_are_small_half_precision_and_those_of_the_record(file):
    record, about = RECORDS[str(file.relative_to(ROOT))]
    assert file.stat().st_size <= LARGEST
    assert hashlib.sha256(file.read_bytes()).hexdigest() == about["sha256"]
    with safe_open(file, framework="pt") as opened:
        kinds = {opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118
    assert kinds == {"F16"}
    script = record["command"].split()[1]
    assert (ROOT / script).exists(), f"{file.name} was made by {script}, which is not here"


@by_name
def test_weights_do_what_the_record_says(file):
    """Losses are means of float32 numbers near 2: processors differ in their sixth digit."""
    _, about = RECORDS[str(file.relative_to(ROOT))]
    loss = evaluator(file, about)(file, about["sample"])
    assert loss == pytest.approx(about["loss_of_sample"], abs=1e-4)


@by_name
def test_other_weights_would_not_pass(file, tmp_path):
    """The bound is no formality: weights that are off by a twentieth are seen."""
    from safetensors.torch import load_file, save_file

    _, about = RECORDS[str(file.relative_to(ROOT))]
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    state = {name: tensor * 1.05 for name, tensor in load_file(file).items()}
    save_file(state, tmp_path / "other.safetensors", metadata)
    loss = evaluator(file, about)(tmp_path / "other.safetensors", about["sample"])
    assert abs(loss - about["loss_of_sample"]) > 1e-3


@pytest.mark.skipif("tinyshakespeare.txt" not in present(), reason="needs the real data")
@pytest.mark.parametrize(
    ("room", "name"), [("06-self-attention", "*"), ("03-gates", "shakespeare-lstm")]
)
def test_the_loss_over_all_of_shakespeare_s_validation_text(room, name):
    file, about = of_chapter(room, name)
    text = fetch("tinyshakespeare.txt").read_text(encoding="utf-8")
    held_out = text[int(0.9 * len(text)) :]
    assert evaluator(file, about)(file, held_out) == pytest.approx(about["loss"], abs=1e-4)


@pytest.mark.skipif(tatoeba.NAME not in present(), reason="needs the real data")
def test_the_loss_over_all_of_tatoeba_s_validation_sentences():
    file, about = of_chapter("07-multi-head")
    characters = beside(file.parent, "characters")
    data = characters.corpus()
    model, alphabet = characters.read_weights(file)
    assert alphabet == data.characters
    with torch.no_grad():
        loss = characters.loss(model, data.validation).item()
    assert loss == pytest.approx(about["loss"], abs=1e-4)
    held_out = [characters.decode(ids, alphabet) for ids in data.validation]
    assert evaluator(file, about)(file, "\n".join(held_out)) == pytest.approx(loss, abs=1e-6)


@pytest.mark.skipif("multi30k/val.en.gz" not in present(), reason="needs the real data")
def test_the_loss_over_all_validation_captions():
    file, about = of_chapter("03-gates", "captions-bilm")
    text = "\n".join(beside(file.parent, "context").captions("valid"))
    assert evaluator(file, about)(file, text) == pytest.approx(about["loss"], abs=1e-4)


def test_the_words_of_our_sentences_are_words_that_the_captions_model_knows():
    file, _ = of_chapter("03-gates", "captions-bilm")
    context = beside(file.parent, "context")
    _, known = context.read_weights(file)
    ours = {w for by in context.SENSES.values() for group in by.values() for s in group
            for w in context.split(s)}  # fmt: skip
    assert ours <= set(known)


def test_a_word_is_one_vector_without_context_and_another_in_each_sentence():
    file, _ = of_chapter("03-gates", "captions-bilm")
    context = beside(file.parent, "context")
    model, words = context.read_weights(file)
    stone, music = (group[0] for group in context.SENSES["rock"].values())
    token, *layers = context.cosines(model, words, stone, music, "rock")
    assert token == pytest.approx(1.0)
    assert all(similar < 0.95 for similar in layers)


def test_sentences_in_a_public_record_are_our_own():
    """Tatoeba's sentences are shown with their authors; a record has no room for those."""
    file, about = of_chapter("07-multi-head")
    assert about["sample"] == "\n".join(beside(file.parent, "characters").SENTENCES)
    if tatoeba.NAME in present():
        assert not {row.english for row in tatoeba.load_rows()} & set(about["sample"].splitlines())
