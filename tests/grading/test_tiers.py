"""Which tier is chosen, what a container is started with, and a worker asked through one.

The container engine here is a stand-in (see ``fake_podman``), so that the whole way of a question
through that tier is gone; ``test_a_real_engine`` goes it where podman or docker works.
"""

import itertools
import os
import pickle
import sys
from pathlib import Path

import pytest

from grading import fake_podman
from grading.conftest import run
from unrolled.candidate.wire import AnswerDied
from unrolled.grading.sandbox import container, mounts, tiers, workers
from unrolled.grading.sandbox.tiers import BWRAP, CONTAINER, NONE, SandboxMissing, choose_tier
from unrolled.grading.sandbox.workers import Limits, Worker, WorkerFailed

pytestmark = pytest.mark.sandbox


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """On a loaded machine cleaning takes longer, and what costs a sandbox here is to be found."""
    monkeypatch.setattr(workers, "CLEAN_SECONDS", 60.0)


@pytest.fixture
def offers(monkeypatch):
    """Make this a machine with these tiers."""

    def offer(*offered):
        for tier in (BWRAP, CONTAINER):
            said = None if tier in offered else f"{tier.name} is not there"
            monkeypatch.setattr(tiers, f"{tier.name}_problem", lambda said=said: said)

    return offer


def test_the_strongest_tier_is_taken(offers):
    offers(BWRAP, CONTAINER)
    assert choose_tier() is BWRAP
    offers(CONTAINER)
    assert choose_tier(unsafe=True) is CONTAINER
    offers()
    assert choose_tier(unsafe=True) is NONE


def test_the_tier_that_is_wanted_is_taken_or_refused(offers):
    offers(BWRAP)
    assert choose_tier(wanted="bwrap") is BWRAP
    with pytest.raises(SandboxMissing, match="container is not there"):
        choose_tier(wanted="container")
    with pytest.raises(SandboxMissing, match="container is not there"):
        choose_tier(unsafe=True, wanted="container")
    with pytest.raises(ValueError, match=r"'jail'.*bwrap, container, none"):
        choose_tier(wanted="jail")


def test_no_isolation_is_never_taken_unless_unsafe_is_said(offers):
    offers(BWRAP)
    with pytest.raises(SandboxMissing, match="--unsafe"):
        choose_tier(wanted="none")
    assert choose_tier(unsafe=True, wanted="none") is NONE
    offers()
    with pytest.raises(SandboxMissing, match=r"(?s)bwrap is not.*container is not.*--unsafe"):
        choose_tier()


def test_a_tier_that_came_from_another_process_has_the_same_walls(worker, package, shared_course):
    """The coordinator sends tiers to its processes: equal, and not the same object."""
    sent = pickle.loads(pickle.dumps(worker.tier))
    with Worker(package, shared_course.root, sent) as other:
        assert "bwrap" in other.start().process.args
        assert str(other.package) not in run(other, "import sys; print(sys.path)")


def test_a_question_has_no_open_file_but_its_own_socket(worker):
    look = (
        "import os\nfor fd in sorted(os.listdir('/proc/self/fd'), key=int):\n"
        "    try: print(fd, os.readlink('/proc/self/fd/' + fd).split(':')[0])\n"
        "    except OSError: pass"  # that of the folder, closed again
    )
    held = [line.split() for line in run(worker, look).splitlines()]
    assert [kind for fd, kind in held if int(fd) < 3] == ["/dev/null"] * 3
    assert [kind for fd, kind in held if int(fd) > 2] == ["socket"]


@pytest.fixture
def engine(tmp_path, monkeypatch):
    """A podman in the path, and its folder."""
    fake = tmp_path / "bin" / "podman"
    fake.parent.mkdir()
    source = Path(fake_podman.__file__).read_text()
    fake.write_text(f"#!{sys.executable}\n{source}")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    container._problem_of.cache_clear()
    yield fake.parent
    container._problem_of.cache_clear()


LIMITS = Limits(cell_seconds=60.0, answer_seconds=60.0, memory_mib=300)


@pytest.fixture
def contained(engine, package, shared_course):
    """A worker in what passes for a container."""
    with Worker(package, shared_course.root, choose_tier(wanted="container"), LIMITS) as worker:
        yield worker


def test_a_question_goes_its_whole_way_through_a_container(contained, engine):
    assert run(contained, "print('fine')") == "fine\n"
    seen = run(contained, "import os; print(os.getppid(), os.environ['PYTHONPATH'])")
    assert seen == "1 /worker\n"
    assert run(contained, "open('/tmp/left', 'w')", "import os; print(os.listdir('/tmp'))") == (
        "['left']\n"
    )
    assert run(contained, "import os; print(os.listdir('/tmp'))") == "[]\n"
    assert contained.starts == 1
    contained.stop()
    asked = (engine / "asked").read_text().splitlines()
    name = asked[-1].split()[-1]
    assert asked[-1] == f"rm --force {name}"
    assert f"--name {name} " in asked[-2]


def test_nobody_inside_reaches_the_socket_of_the_orders(contained):
    code = (
        "import socket\ns = socket.socket(socket.AF_UNIX)\n"
        "try: s.connect('/control/socket'); print('GOT IT')\nexcept OSError as e: print('no', e)"
    )
    assert run(contained, code).startswith("no")


def test_a_container_has_the_same_filter_of_system_calls(contained):
    """That of an engine depends on its version: the worker sets up ours by itself."""
    seen = run(contained, "print(open('/proc/self/status').read())")
    assert "Seccomp:\t2" in seen
    opened = "import socket\ntry: socket.socket(16, 3, 15)\nexcept OSError as e: print('no', e)"
    assert run(contained, opened).startswith("no")


def test_docker_caps_the_number_of_files_and_podman_cannot(tmp_path):
    for engine, words in {"docker": f"nr_inodes={mounts.TMPFS_FILES}", "podman": ""}.items():
        command = container.container_command(engine, "name", {}, None, 256, ["true"])
        [folder] = [word for word in command if word.startswith("/tmp:")]
        assert ("nr_inodes" in folder) == bool(words)
        assert words in folder


def test_what_misbehaves_in_a_container_costs_one_question(contained):
    many = "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
    many += "        hog = bytearray(80 * 2**20); time.sleep(60)\ntime.sleep(60)"
    with pytest.raises(AnswerDied, match="more than 300 MiB together"):
        run(contained, many)
    with pytest.raises(AnswerDied):
        run(contained, "import os; os._exit(0)")
    assert run(contained, "print('fine')") == "fine\n"
    assert contained.starts == 1


def test_a_container_that_does_not_start_says_why(engine, tmp_path, shared_course):
    tier = choose_tier(wanted="container")
    with (
        Worker(tmp_path / "bin", shared_course.root, tier) as broken,
        pytest.raises(WorkerFailed, match=r"container.*unrolled\.grading"),
        broken.question(),
    ):
        pass


def test_an_engine_that_cannot_run_says_why(engine):
    (engine / "podman").write_text("#!/bin/sh\necho 'no service' >&2; exit 125\n")
    assert "podman is installed but cannot run a container: no service" in (
        container.container_problem()
    )


def test_without_an_engine_it_says_how_to_get_one(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert "apt install podman" in container.container_problem()


def test_a_container_is_given_no_more_than_it_needs(engine, tmp_path):
    words = container.worker_command(
        "unrolled-0", tmp_path, Path("/usr/share/course"), tmp_path / "c", 3072, ["-c", "pass"]
    )
    pairs = list(itertools.pairwise(words))
    for option, value in {
        "--network": "none", "--cap-drop": "ALL", "--security-opt": "no-new-privileges",
        "--memory": "3072m", "--memory-swap": "3072m", "--pids-limit": "128", "--pull": "never",
    }.items():  # fmt: skip
        assert (option, value) in pairs
    assert "--read-only" in words
    assert "--privileged" not in words
    assert all(word.endswith(",readonly") for word in words if word.startswith("type=bind"))
    assert any(word.startswith("/usr/share/course:ro") for word in words)
    ((_, user),) = [pair for pair in pairs if pair[0] == "--user"]
    assert int(user.split(":")[0]) >= 20_000
    command = words[words.index(container.IMAGE) + 1 :]
    assert command == [mounts.interpreter(), "-c", "pass"]


def test_two_containers_never_share_a_name():
    assert len({container.container_name() for _ in range(100)}) == 100


def test_a_real_engine(package, shared_course):
    if container.container_problem() is not None:
        pytest.skip("neither podman nor docker works on this machine")
    with Worker(package, shared_course.root, CONTAINER, LIMITS) as worker:
        assert run(worker, "print('fine')") == "fine\n"
        assert run(worker, "import os; print(os.getppid())") == "1\n"
