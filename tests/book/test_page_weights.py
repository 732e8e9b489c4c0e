"""Trained weights beside a page: small, known by their hash, and as good as their record says."""

import hashlib
import importlib.util
import json

import pytest
from safetensors import safe_open

from unrolled.data import fetch
from unrolled.data.registry import present

from .conftest import ROOT

LARGEST = 2_000_000  # bytes
FILES = sorted(ROOT.glob("book/*/*.safetensors"))
RECORDS = {
    about["file"]: (json.loads(path.read_text()), about)
    for path in sorted(ROOT.glob("benchmarks/results/chapter*.json"))
    for about in json.loads(path.read_text()).get("weights", ())
}
by_name = pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)


def evaluator(file, about):
    """The function that the record names: a module beside the chapter, and its name."""
    module, _, name = about["evaluate"].rpartition(".")
    spec = importlib.util.spec_from_file_location(module, file.parent / f"{module}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return getattr(found, name)


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


def test_other_weights_would_not_pass(tmp_path):
    """The bound is no formality: weights that are off by a twentieth are seen."""
    from safetensors.torch import load_file, save_file

    file = FILES[0]
    _, about = RECORDS[str(file.relative_to(ROOT))]
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    state = {name: tensor * 1.05 for name, tensor in load_file(file).items()}
    save_file(state, tmp_path / "other.safetensors", metadata)
    loss = evaluator(file, about)(tmp_path / "other.safetensors", about["sample"])
    assert abs(loss - about["loss_of_sample"]) > 1e-3


@pytest.mark.skipif("tinyshakespeare.txt" not in present(), reason="needs the real data")
def test_the_loss_over_all_of_shakespeare_s_validation_text():
    (file,) = (file for file in FILES if file.parent.name == "06-self-attention")
    _, about = RECORDS[str(file.relative_to(ROOT))]
    text = fetch("tinyshakespeare.txt").read_text(encoding="utf-8")
    held_out = text[int(0.9 * len(text)) :]
    assert evaluator(file, about)(file, held_out) == pytest.approx(about["loss"], abs=1e-4)
