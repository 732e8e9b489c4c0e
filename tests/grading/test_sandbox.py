"""How the sandbox is made; test_attacks.py tries what a learner's code can reach in it."""

import sys
from pathlib import Path

import pytest

from grading.conftest import run
from unrolled.grading.sandbox import bwrap, tiers
from unrolled.grading.sandbox.tiers import SandboxMissing, choose_tier

pytestmark = pytest.mark.sandbox

TRY = """\
try:
    {code}
    print("GOT IT")
except BaseException as error:
    print("no:", type(error).__name__)
"""


def test_the_warm_process_cannot_be_killed(worker):
    with worker.question() as question:
        before = worker.starts
        question.run_cell("import os, signal\nfor s in range(1, 32):\n    os.kill(1, s)")
    assert "alive" in run(worker, "print('alive')")
    assert worker.starts == before


def test_nobody_inside_is_root(worker):
    status = run(worker, "print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_no_user_namespace_can_be_made(worker):
    if "--disable-userns" not in bwrap._bwrap_help():
        pytest.skip("this bubblewrap cannot forbid it")
    code = "assert __import__('ctypes').CDLL(None).unshare(0x10000000) == 0"
    assert "GOT IT" not in run(worker, TRY.format(code=code))


def test_without_bubblewrap_it_says_how_to_get_it_and_refuses(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    tiers.bwrap_problem.cache_clear()
    try:
        with pytest.raises(SandboxMissing, match=r"(?s)apt install bubblewrap.*--unsafe"):
            choose_tier()
        assert choose_tier(unsafe=True) is tiers.NONE
    finally:
        tiers.bwrap_problem.cache_clear()


def test_a_course_inside_a_system_folder_is_hidden(tmp_path):
    command = bwrap.bwrap_command(tmp_path, Path("/usr/share/course"), [])
    at = command.index("/usr/share/course")
    assert command[at - 1] == "--tmpfs"
    assert at > command.index("/usr")


def test_an_environment_below_tmp_is_there_all_the_same(package, tmp_path):
    """/tmp is private in the sandbox, and a clone in it must grade like any other."""
    command = bwrap.bwrap_command(package, tmp_path, [])
    python = command[command.index("--") + 1]
    assert python == f"/environment/bin/{Path(sys.executable).name}"
    mounted = [command[n + 2] for n, word in enumerate(command) if word == "--ro-bind"]
    assert "/environment" in mounted
    assert sys.prefix not in mounted
