"""The numbers hold on other processors: a slice of ``make test-processors``, in every run."""

import os
import subprocess
import sys

import pytest

import processors
from unrolled.grading.sandbox import mounts

# Layers, kernels and whole models, with gradients: where the order of sums shows first.
SLICE = (
    "-n0",
    "tests/parity/test_llama.py",
    "tests/parity/test_bert.py",
    "tests/test_recurrent_layers.py",
    "tests/test_seq2seq.py",
)
COMPUTE = """
import torch
x = torch.ones(64, 64)
x @ x
torch.nn.LSTM(64, 64)(x)
"""


def test_onednn_and_mkl_are_held_to_plain_instructions():
    verbose = {"ONEDNN_VERBOSE": "1", "MKL_VERBOSE": "1"}
    told = subprocess.run(
        [sys.executable, "-c", COMPUTE],
        env=processors.environment("plain") | verbose,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "SSE4.1" in told or "onednn" not in told
    assert "CNR:COMPATIBLE" in told or "MKL_VERBOSE" not in told


def test_a_slice_holds():
    words = ["--only", "plain", "--threads", "2", *SLICE]
    command = [sys.executable, processors.__file__, *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stdout[-4000:] + done.stderr[-2000:]
    assert "plain, threads 2: ok" in done.stdout


def test_a_failure_is_told_and_what_a_processor_lacks_is_passed_over(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["processors.py", "-x"])
    monkeypatch.setattr(processors, "available", lambda: ["plain", "avx2"])
    monkeypatch.setattr(processors, "run", lambda name, *rest: (int(name == "plain"), 7.0))
    with pytest.raises(SystemExit) as ended:
        processors.main()
    assert ended.value.code
    assert capsys.readouterr().out.splitlines()[1:] == [
        "plain, threads 1: FAILED, 7 s",
        "plain, threads 2: FAILED, 7 s",
        "avx2, threads 1: ok, 7 s",
        "avx2, threads 2: ok, 7 s",
        "avx512, threads 1: passed over, this processor lacks it",
        "avx512, threads 2: passed over, this processor lacks it",
    ]


def test_every_variable_of_every_set_reaches_a_sandbox(monkeypatch, tmp_path):
    for variables in processors.SETS.values():
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            own = mounts.environment(tmp_path, tmp_path, tmp_path)
        assert variables.items() <= own.items()
        assert variables.keys() <= set(mounts.PROCESSOR)


def test_a_set_that_is_lacking_is_never_tried(monkeypatch):
    for best, found in {
        "default": ["plain"],
        "avx2": ["plain", "avx2"],
        "avx512": ["plain", "avx2", "avx512"],
        "sve256": ["plain"],
    }.items():
        monkeypatch.setattr(processors, "capability", lambda variables, best=best: best)
        assert processors.available() == found


def test_everything_that_computes_is_asked():
    words = processors.pytest_words(1, sweeps=True)
    folders = {os.path.basename(word) for word in words}
    assert {"parity", "training", "checks", "banks", "parts", "test_bert.py"} <= folders
    assert processors.SAMPLE in words
    assert "not sweep" not in words
    assert {"not sweep", processors.SAMPLE} <= set(processors.pytest_words(1))
    assert "not sweep" in processors.pytest_words(2)
    assert processors.pytest_words(2, ["tests/parity"])[-1] == "tests/parity"
