"""The stamp of a notebook: the same while answers stay answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import unrolled
from unrolled.authoring.cells import graded_check, text
from unrolled.authoring.stamp import STILL_SHOW, digest, stamp
from unrolled.checks import exercises

NAME = "06-self-attention"
ASKED = exercises(NAME)
CELLS = [graded_check("check-a", "check(a)", 3), text("text-1", "Read this.")]


ROOT = Path(__file__).resolve().parents[2]


def rules(asked=ASKED, cells=CELLS):
    return stamp(NAME, asked, cells)["rules"]


def test_it_names_assignment_version_and_rules():
    made = stamp(NAME, ASKED, CELLS)
    assert made == stamp(NAME, ASKED, CELLS)
    assert made["assignment"] == NAME
    assert made["version"] == unrolled.__version__
    assert len(made["rules"]) == 12


def test_words_hints_and_mistakes_may_change(monkeypatch):
    other = [CELLS[0], text("text-2", "Read that.")]
    asked = (replace(ASKED[0], hints=("", "", ""), mistakes=(), minutes=99), *ASKED[1:])
    before = rules()
    monkeypatch.setattr(unrolled, "__version__", "9.9.9")
    assert rules(asked, other) == before
    assert stamp(NAME, ASKED, CELLS)["version"] == "9.9.9"


@pytest.mark.parametrize(
    ("asked", "cells"),
    [
        (ASKED[1:], CELLS),
        (ASKED[::-1], CELLS),
        ((replace(ASKED[0], name="causal_mask"), *ASKED[1:]), CELLS),
        ((replace(ASKED[0], probes=ASKED[0].probes[1:]), *ASKED[1:]), CELLS),
        (ASKED, [graded_check("check-b", "check(a)", 3)]),
        (ASKED, [graded_check("check-a", "check(a)", 4)]),
        (ASKED, []),
    ],
)
def test_what_is_asked_may_not(asked, cells):
    assert rules(asked, cells) != rules()


@pytest.mark.parametrize("folder", ["solutions", "exercises"])
def test_every_notebook_carries_its_own(folder):
    notebooks = sorted((ROOT / folder).glob("*/*.ipynb"))
    stamps = {path: json.loads(path.read_text())["metadata"]["unrolled"] for path in notebooks}
    assert len({stamp["rules"] for stamp in stamps.values()}) == len(notebooks) > 10
    assert all(stamp["assignment"] == path.stem for path, stamp in stamps.items())


# Of the notebooks that learners have. A change here refuses what they hand in: say in STILL_HOLD
# which older rules an answer still answers, and add the new ones.
HANDED_OUT = {
    "00-warm-up": "9fc7c64a1da3",
    "01-words": "f91c9578dc7f",
    "02-recurrence": "25a408187c6b",
    "03-gates": "8eeba386af7a",
    "04-seq2seq": "483db05ecf19",
    "05-alignment": "27bedffff551",
    "06-self-attention": "fb1020fcb4c1",
    "07-multi-head": "105139a6175e",
    "08-positions": "f55ec89cd939",
    "09-block": "d203cd28a48e",
    "10-transformer": "71fe484e7f73",
    "11-bert": "86b4acd1f680",
    "12-gpt": "ecc87cc9d70d",
    "13-modern": "479d2c46a910",
    "14-beyond": "6c866940536f",
}


@pytest.mark.parametrize("name", HANDED_OUT)
def test_what_was_handed_out_is_still_graded(name):
    path = ROOT / "exercises" / name / f"{name}.ipynb"
    made = json.loads(path.read_text(encoding="utf-8"))["metadata"]["unrolled"]
    assert HANDED_OUT[name] in (made["rules"], *made.get("still", ()))


# The cells that show something, by the hash of their text, in the notebooks that learners have. A
# change here makes grading run what it need not: add the new ones, and the old ones to STILL_SHOW.
SHOWN = {
    "00-warm-up": ("a3d6635fb94c", "f9db9417606c"),
    "01-words": ("8733f873a6b6", "f3bb54ab36c3"),
    "02-recurrence": ("efb01ab076e4", "cf85543b69f1"),
    "03-gates": ("93e752e029bb", "2dc2ce4e06ed", "8e2b038c1941"),
    "06-self-attention": ("99aa1ecff3d0", "dbd1674f3922"),
    "07-multi-head": ("e949f8626ead", "b16ded0ad611"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_was_handed_out_to_be_shown_is_still_known(name):
    cells = json.loads((ROOT / "exercises" / name / f"{name}.ipynb").read_text("utf-8"))["cells"]
    shown = {digest("".join(c["source"])) for c in cells if "demo" in c["metadata"].get("tags", ())}
    assert {*SHOWN[name]} <= shown | STILL_SHOW
