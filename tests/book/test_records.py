"""A chapter's record is what its script, as it stands, would measure: its settings, its runs."""

import json

import pytest

from .conftest import ROOT
from .rooms import script

RECORDS = {path.stem: json.loads(path.read_text("utf-8")) for path in
           sorted(ROOT.glob("benchmarks/results/chapter*.json"))}  # fmt: skip
chapters = script("chapters")


def plain(value):
    """As it would be in a record."""
    return json.loads(json.dumps(value))


def replayed(record, runs):
    """The rows of the record that the script's runs ask for, by table; none for one it lacks.

    A run may wait for what an earlier one found: it is told what the record says.
    """
    ended, tables = {}, {}
    for table, _, settings in runs(ended):
        row = next((row for row in record[table] if plain(settings).items() <= row.items()), None)
        assert row is not None, f"{table} has no row of {settings}: run {record['command']}"
        ended[chapters.name_of(table, settings)] = row
        tables.setdefault(table, []).append(row)
    return tables


@pytest.mark.parametrize("name", RECORDS)
def test_the_record_s_settings_are_the_script_s(name):
    wanted, record = plain(script(name).SETTINGS), RECORDS[name]
    assert {key: record["settings"].get(key) for key in wanted} == wanted
    assert record["command"] == f"python benchmarks/{name}.py"


@pytest.mark.parametrize("name", RECORDS)
def test_the_record_has_a_row_for_each_run_and_no_other(name):
    for table, rows in replayed(RECORDS[name], script(name).runs).items():
        assert rows == RECORDS[name][table]


def test_a_run_that_has_ended_is_read_and_a_later_one_may_depend_on_it(tmp_path, monkeypatch):
    monkeypatch.setattr(chapters, "ROOT", tmp_path)
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    measured = []

    def measure(seed, best=None):
        if seed == 2 and not measured.count(2):
            measured.append(2)
            raise KeyboardInterrupt
        measured.append(seed)
        return {"loss": 10 - seed, "best": best}

    def runs(ended):
        for seed in (0, 1):
            yield "search", measure, {"seed": seed}
        best = min(range(2), key=lambda seed: ended[f"search {seed}"]["loss"])
        yield "rows", measure, {"seed": 2, "best": best}

    with pytest.raises(KeyboardInterrupt):
        chapters.measured("chapter99", runs)
    tables = chapters.measured("chapter99", runs)
    assert measured == [0, 1, 2, 2]
    assert [(row["loss"], row["best"]) for row in tables["rows"]] == [(8, 1)]
    chapters.write("chapter99", tables, {"seeds": (0, 1, 2)}, weights=[])
    record = json.loads((tmp_path / "benchmarks/results/chapter99.json").read_text("utf-8"))
    assert record["search"] == tables["search"]
    assert record["settings"] == {"seeds": [0, 1, 2]}
    assert {"command", "date", "machine", "python", "torch", "minutes"} <= set(record)
