"""What a learner's code cannot reach; and that it would, were the sandbox not there."""

import os
import socket
import sys
import threading
from pathlib import Path

import pytest

from grading.conftest import ASSIGNMENT, ROOT, run
from unrolled.grading import sandbox
from unrolled.grading.sandbox import SandboxMissing, choose_tier

pytestmark = pytest.mark.sandbox

TRY = """\
try:
    {code}
    print("GOT IT")
except BaseException as error:
    print("no:", type(error).__name__)
"""


@pytest.fixture(scope="module")
def secrets(shared_course):
    """Files of the course that matter, and a folder outside it."""
    root = shared_course.root
    for name in ("class/gradebook.db", f"class/submitted/learner-99/{ASSIGNMENT}/x.ipynb"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    shared_course.secret()
    return root


def attempts(root):
    return {
        "gradebook": f"open({str(root / 'class' / 'gradebook.db')!r}, 'rb').read()",
        "secret": f"open({str(root / 'class' / 'secret')!r}).read()",
        "solutions": f"open({str(root / 'solutions' / ASSIGNMENT / ASSIGNMENT)!r} + '.ipynb')",
        "submissions": f"__import__('os').listdir({str(root / 'class' / 'submitted')!r})",
        "repository": f"open({str(ROOT / 'lib' / 'unrolled' / 'attention.py')!r}).read()",
        "writing": f"open({str(root / 'class' / 'mine')!r}, 'w').write('x')",
        "python": "open(__import__('os').__file__, 'r+b')",
        "mount": "assert __import__('ctypes').CDLL(None).mount(b't', b'/tmp', b'tmpfs', 0, 0) == 0",
    }


@pytest.mark.parametrize("what", list(attempts(ROOT)))
def test_files_are_out_of_reach(worker, secrets, what):
    assert "GOT IT" not in run(worker, TRY.format(code=attempts(secrets)[what]))


def test_without_walls_the_same_files_are_there(open_worker, secrets):
    tries = attempts(secrets)
    if os.geteuid() != 0:  # these need root's rights as well
        tries = {name: code for name, code in tries.items() if name not in ("python", "mount")}
    tries.pop("mount")  # would change this machine
    for name, code in tries.items():
        assert "GOT IT" in run(open_worker, TRY.format(code=code)), name


@pytest.fixture
def listener():
    """A server on this machine that a process with a network could reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=server.accept, daemon=True).start()
        yield server.getsockname()[1]


def test_there_is_no_network(worker, open_worker, listener):
    connect = TRY.format(
        code=f"__import__('socket').create_connection(('127.0.0.1', {listener}), 5)"
    )
    assert "GOT IT" not in run(worker, connect)
    assert "GOT IT" in run(open_worker, connect)


def test_the_graders_environment_is_not_passed_on(package, monkeypatch, shared_course):
    from unrolled.grading.workers import Worker

    monkeypatch.setenv("CLASS_TOKEN", "hidden")
    with Worker(package, shared_course.root, choose_tier()) as fresh:
        seen = run(fresh, "import os; print(dict(os.environ))")
    assert "hidden" not in seen
    assert "learner" in seen


@pytest.mark.parametrize("file", ["mem", "environ", "fd", "maps"])
def test_the_warm_process_cannot_be_opened(worker, file):
    code = f"__import__('os').listdir('/proc/1/{file}')" if file == "fd" else (
        f"open('/proc/1/{file}', 'rb').read(1)"
    )  # fmt: skip
    assert "no: PermissionError" in run(worker, TRY.format(code=code))
    # The path is right: a process that may be opened shows the same under its own number.
    assert "1" in run(worker, "import os; print(os.getppid())")


def test_the_warm_process_cannot_be_killed(worker):
    run(worker, "import os, signal\nfor s in range(1, 32):\n    os.kill(1, s)")
    assert "alive" in run(worker, "print('alive')")
    assert worker.starts == 1


def test_nobody_inside_is_root(worker):
    status = run(worker, "print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_no_user_namespace_can_be_made(worker):
    if "--disable-userns" not in sandbox._bwrap_help():
        pytest.skip("this bubblewrap cannot forbid it")
    code = "assert __import__('ctypes').CDLL(None).unshare(0x10000000) == 0"
    assert "GOT IT" not in run(worker, TRY.format(code=code))


def test_without_bubblewrap_it_says_how_to_get_it_and_refuses(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    sandbox.bwrap_problem.cache_clear()
    try:
        with pytest.raises(SandboxMissing, match=r"(?s)apt install bubblewrap.*--unsafe"):
            choose_tier()
        assert choose_tier(unsafe=True) is sandbox.NONE
    finally:
        sandbox.bwrap_problem.cache_clear()


def test_a_course_inside_a_system_folder_is_hidden(tmp_path):
    command = sandbox.bwrap_command(tmp_path, sandbox.Path("/usr/share/course"), [])
    at = command.index("/usr/share/course")
    assert command[at - 1] == "--tmpfs"
    assert at > command.index("/usr")


def test_an_environment_below_tmp_is_there_all_the_same(package, tmp_path):
    """/tmp is private in the sandbox, and a clone in it must grade like any other."""
    command = sandbox.bwrap_command(package, tmp_path, [])
    python = command[command.index("--") + 1]
    assert python == f"/environment/bin/{Path(sys.executable).name}"
    mounted = [command[n + 2] for n, word in enumerate(command) if word == "--ro-bind"]
    assert "/environment" in mounted
    assert sys.prefix not in mounted
