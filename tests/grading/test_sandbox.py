"""How the sandbox is made; test_attacks.py tries what a learner's code can reach in it."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from grading.conftest import run
from unrolled.grading.sandbox import bwrap, mounts, staging, tiers
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


MOUNTS = (
    "import pathlib\nfor path in pathlib.Path('/proc').glob('[0-9s]*/mount*'):\n"
    "    try: print(path.read_text())\n    except OSError: pass\n"
    "print(open('/proc/mounts').read(), open('/proc/1/cmdline').read())"
)


def test_the_table_of_mounts_tells_no_path_of_this_machine(worker, shared_course):
    if not staging.can_stage():
        pytest.skip("nothing can be mounted before bubblewrap here")
    seen = run(worker, MOUNTS)
    assert " /worker " in seen
    own = [Path(sys.prefix)] if mounts.interpreter() != sys.executable else []
    for path in (worker.package, worker.package.parents[1], shared_course.root, *own):
        assert str(path) not in seen


def test_of_the_machine_only_what_programs_ask_is_told(worker):
    look = (
        "import os\nfor name in os.listdir('/proc'):\n    path = '/proc/' + name\n"
        "    if name.isdecimal(): continue\n"
        "    try: seen = os.listdir(path) if os.path.isdir(path) else open(path).read(1)\n"
        "    except OSError: continue\n"
        "    if seen: print(name)\nprint('end')"
    )
    seen = set(run(worker, look).split()) - {"end"}
    assert seen <= mounts.PROC
    assert {"cpuinfo", "meminfo", "self", "sys"} <= seen


SETTINGS = """\
import os
for folder, _, names in os.walk("/proc/sys"):
    for name in names:
        path = os.path.join(folder, name)
        try:
            open(path, "r+").close()
            print("GOT IT", path)
        except OSError:
            pass
try:
    open("/proc/sys/kernel/pid_max", "w").write("301")
except OSError as error:
    print("no:", error.strerror)
"""


def test_no_question_sets_the_kernel_for_those_after_it(worker):
    """Such as how many processes there may be: a namespace's own settings outlive a question."""
    before = run(worker, "print(open('/proc/sys/kernel/pid_max').read())")
    assert re.fullmatch("no: (Read-only file system|Permission denied)\n", run(worker, SETTINGS))
    assert run(worker, "print(open('/proc/sys/kernel/pid_max').read())") == before


def as_user(words):
    """As an ordinary user, which the tests may not be."""
    drop = ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"]
    return words if os.geteuid() else [*drop, *words]


@pytest.fixture
def ordinary(monkeypatch, tmp_path):
    """An ordinary user's sandbox of a shell, and a folder that it is shown."""
    if os.geteuid() == 0:
        monkeypatch.setattr(staging.os, "geteuid", lambda: 1234)
    folder = Path("/usr/share")  # open to all, as those of the tests need not be
    monkeypatch.setattr(mounts, "needed_folders", lambda package: {folder: mounts.PACKAGE})
    monkeypatch.setattr(mounts, "interpreter", lambda: "/bin/sh")
    staging.can_stage.cache_clear()
    yield folder
    staging.can_stage.cache_clear()


@pytest.mark.parametrize("staging_works", [True, False])
def test_an_ordinary_user_has_it_too_or_goes_without(ordinary, monkeypatch, staging_works):
    trial = subprocess.run
    monkeypatch.setattr(
        staging.subprocess, "run",
        lambda words, **given: trial(as_user(words) if staging_works else ["false"], **given),
    )  # fmt: skip
    if staging.can_stage() != staging_works:
        pytest.skip("an ordinary user may mount nothing here")
    look = "df -i /tmp | tail -1; cat /proc/self/mountinfo; ls /worker; echo > /tmp/a"
    command = bwrap.bwrap_command(ordinary, Path("/nowhere"), ["-c", look])
    done = trial(as_user(command), capture_output=True, text=True, check=True)
    assert "zoneinfo" in done.stdout
    files = int(done.stdout.split()[1])
    assert (files == mounts.TMPFS_FILES) == staging_works
    assert ("/usr/share /worker" not in done.stdout) == staging_works


def test_what_is_needed_is_staged_in_a_folder_that_hides_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(staging, "PLACES", ("/mnt", "/srv"))
    assert staging.free_place([Path("/data/package")]) == Path("/mnt")
    assert staging.free_place([Path("/mnt/package")]) == Path("/srv")
    taken = [Path("/mnt/package"), Path("/srv/package")]
    assert staging.free_place(taken) is None
    monkeypatch.setattr(staging, "_open_to_all", lambda path: False)
    monkeypatch.setattr(staging.os, "geteuid", lambda: 0)
    with pytest.raises(SandboxMissing, match="Make an empty /mnt"):
        staging.stage(taken)
    monkeypatch.setattr(staging, "_open_to_all", lambda path: True)
    assert staging.stage(taken).seen_at == {path: path for path in taken}


@pytest.mark.parametrize("name", ["transformers", "tokenizers", "sacrebleu"])
def test_a_package_that_has_an_answer_is_neither_imported_nor_read(worker, name):
    """They are installed here for the course's own tests, beside what learners need."""
    folder = Path(find_spec(name).origin).parent
    assert any(folder.iterdir())
    code = "import os\nprint(sum(len(f) for top in {!r} for _, _, f in os.walk(top)))"
    tops = [str(mounts.inside(folder)), str(folder)]
    assert run(worker, code.format(tops)).strip() == "0"
    assert "GOT IT" not in run(worker, TRY.format(code=f"from {name} import __version__"))


def test_what_a_notebook_imports_is_there(worker):
    code = "import torch, numpy, matplotlib.pyplot, IPython, regex, tqdm, safetensors, ipywidgets"
    assert "GOT IT" in run(worker, TRY.format(code=code))


def test_answers_are_hidden_in_every_form_and_place(tmp_path, monkeypatch, package):
    """A package, a module of one file, the course itself, another interpreter's packages."""
    base = tmp_path / "base" / "lib" / "python3.11" / "site-packages"
    for folder in ("nltk", "unrolled", "numpy"):
        (base / folder).mkdir(parents=True)
    for file in ("tiktoken.py", "apex.cpython-311.so", "numpy.py"):
        (base / file).touch()
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "base"))
    assert {base / "nltk", base / "unrolled"} <= set(mounts.hidden_folders())
    assert set(mounts.hidden_files()) == {base / "tiktoken.py", base / "apex.cpython-311.so"}
    command = bwrap.bwrap_command(package, tmp_path, [])
    assert command[command.index(str(base / "tiktoken.py")) - 1] == "/dev/null"
    assert command[command.index(str(base / "nltk")) - 1] == "--tmpfs"
    assert str(base / "numpy") not in command
