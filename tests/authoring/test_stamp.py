"""The stamp of a notebook: the same while answers stay answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import unrolled
from unrolled.authoring.cells import graded_check, text
from unrolled.authoring.stamp import stamp
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
