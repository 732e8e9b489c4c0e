"""GPUs shared by submissions: on a driver that answers as NVIDIA's does, and on a real one."""

import fcntl
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from grading.conftest import ASSIGNMENT, LIMITS, ROOT
from sample_class.learners import LEARNERS
from unrolled.checks import exercises
from unrolled.grading.asking import marking
from unrolled.grading.asking.execution import CodeCell, code_cells
from unrolled.grading.asking.marking import graded_seeds, mark_submission
from unrolled.grading.asking.pool import LocalPool, Task
from unrolled.grading.run import Options, setting_of
from unrolled.grading.sandbox import bwrap, container, gpus
from unrolled.grading.sandbox.gpus import Gpu, GpuMissing, find_gpus
from unrolled.grading.sandbox.tiers import choose_tier
from unrolled.grading.sandbox.workers import Worker
from unrolled.grading.submissions.matching import match
from unrolled.grading.submissions.reading import read_submission

MEMORY = {"GPU-aaaa": 16_384, "GPU-bbbb": 24_576}
CARD = Gpu("GPU-aaaa", 0, "Card 0", 16_384, at_once=2, device="cpu")
RIGHT = "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]"


class NVMLError(Exception):
    pass


class FakeNvml(SimpleNamespace):
    """Two cards, and what their processes use: the few calls that are made of the real library."""

    NVMLError = NVMLError

    def __init__(self):
        super().__init__(running={}, broken=False)

    def nvmlInit(self):
        if self.broken:
            raise NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self):
        return len(MEMORY)

    def nvmlDeviceGetHandleByIndex(self, number):
        return list(MEMORY)[number]

    def nvmlDeviceGetHandleByUUID(self, uuid):
        return uuid

    nvmlDeviceGetUUID = nvmlDeviceGetHandleByUUID

    def nvmlDeviceGetMinorNumber(self, handle):
        return list(MEMORY).index(handle)

    def nvmlDeviceGetName(self, handle):
        return f"Card {self.nvmlDeviceGetMinorNumber(handle)}"

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(total=MEMORY[handle] * 2**20)

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        if self.broken:
            raise NVMLError("Unknown Error")
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in self.running.items()]


@pytest.fixture
def nvml(monkeypatch):
    fake = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    gpus._nvml.cache_clear()
    yield fake
    gpus._nvml.cache_clear()


@pytest.mark.parametrize(
    ("visible", "wanted"),
    [
        (None, ["GPU-aaaa", "GPU-bbbb"]),
        ("0", ["GPU-aaaa"]),
        ("1, 0", ["GPU-aaaa", "GPU-bbbb"]),
        ("GPU-b", ["GPU-bbbb"]),
    ],
)
def test_the_gpus_are_those_that_cuda_would_show(nvml, monkeypatch, visible, wanted):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [gpu.uuid for gpu in find_gpus()] == wanted


def test_shares_fit_and_leave_room(nvml):
    first, second = find_gpus(3)
    assert (first.at_once, first.minor, second.minor) == (3, 0, 1)
    assert 3 * first.share_mib <= 16_384 - gpus.KEPT_MIB
    tensors = float(first.environment[gpus.SHARE]) * 16_384
    assert tensors + gpus.CONTEXT_MIB == pytest.approx(first.share_mib, abs=2)
    assert first.environment["CUDA_VISIBLE_DEVICES"] == "GPU-aaaa"


def test_no_more_than_fit(nvml, monkeypatch):
    monkeypatch.setitem(MEMORY, "GPU-aaaa", 2_600)
    assert [gpu.at_once for gpu in find_gpus()] == [2, gpus.AT_ONCE]
    with pytest.raises(GpuMissing, match=r"Card 0 has 2600 MiB.* 2 submissions.* 3 were asked for"):
        find_gpus(3)


def test_every_reason_for_no_gpu_is_said(nvml, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(GpuMissing, match="no GPU is visible"):
        find_gpus()
    gpus._nvml.cache_clear()
    nvml.broken = True
    with pytest.raises(GpuMissing, match=r"does not answer .Driver Not Loaded"):
        find_gpus()
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    with pytest.raises(GpuMissing, match="build without CUDA"):
        find_gpus()


def test_only_its_own_processes_count(nvml):
    share = CARD.share_mib * 2**20
    nvml.running = {11: share // 2, 12: share, 13: None}
    assert not CARD.over([11, 13])
    assert CARD.over([11, 12])
    nvml.broken = True  # a moment's trouble ends nobody's question
    assert not CARD.over([11, 12])


def test_a_sandbox_has_the_nodes_of_one_gpu(tmp_path, monkeypatch):
    card = Gpu("GPU-bbbb", 1, "Card 1", 24_576)
    words = " ".join(bwrap.bwrap_command(tmp_path, Path("/usr/share/course"), [], card))
    assert "--dev-bind-try /dev/nvidia1 /dev/nvidia1" in words
    assert "/dev/nvidia0" not in words
    assert "--setenv CUDA_VISIBLE_DEVICES GPU-bbbb" in words
    assert words.index("--dev /dev ") < words.index("nvidia1") < words.index("--remount-ro /dev")
    plain = " ".join(bwrap.bwrap_command(tmp_path, Path("/usr/share/course"), []))
    assert "nvidia" not in plain
    assert "/sys" not in plain.split("--")
    monkeypatch.setattr(Path, "exists", lambda path: True)
    words = container.container_command("podman", "x", {}, None, 9, ["true"], card)
    assert "--device=/dev/nvidia1" in words
    assert "--device=/dev/nvidia0" not in words


def test_processes_are_dealt_out_over_gpus(shared_course, monkeypatch):
    cards = (CARD, Gpu("GPU-bbbb", 1, "Card 1", 24_576, at_once=2, device="cpu"))
    monkeypatch.setattr("unrolled.grading.run.find_gpus", lambda at_once: cards)
    setting = setting_of(shared_course, ASSIGNMENT, choose_tier(), Options(device="cuda"))
    with LocalPool(setting) as pool:
        assert pool.processes == 4
        slots = []
        for _ in range(4):
            slots.append(pool._free())
            slots[-1].task = "busy"
        assert [slot.setting.gpus for slot in slots] == [(cards[0],), (cards[1],)] * 2


@pytest.fixture
def gpu_worker(package, shared_course, nvml):
    with Worker(package, shared_course.root, choose_tier(), LIMITS, CARD) as worker:
        yield worker


@pytest.mark.sandbox
def test_who_takes_more_than_its_share_is_ended_and_nobody_else(gpu_worker, nvml):
    with gpu_worker.question() as question:
        inside = [p for p in Path("/proc").iterdir() if p.name.isdecimal()]
        nvml.running = {int(p.name): 2**50 for p in inside}
        with pytest.raises(marking.AnswerDied, match="or 7936 MiB of the GPU, together"):
            question.run_cell("while True: pass")
    nvml.running = {}
    with gpu_worker.question() as question:
        assert question.run_cell("1")["status"] == "ok"


STARVED = RIGHT.replace(
    "    return", "    raise torch.cuda.OutOfMemoryError('no room')\n    return"
)


@pytest.mark.sandbox
def test_who_finds_no_memory_is_asked_again_alone(gpu_worker, monkeypatch):
    """A neighbour holds the GPU; only when it has gone is the one who starved asked again."""
    asked = [e for e in exercises(ASSIGNMENT) if e.id == "padding_mask"]
    counted = []
    monkeypatch.setattr(marking, "_marked", _counting(marking._marked, counted))
    neighbour = open(gpu_worker.package.parent / f"{CARD.uuid}.lock", "w")  # noqa: SIM115
    fcntl.flock(neighbour, fcntl.LOCK_SH)
    threading.Timer(2.0, lambda: (counted.append("neighbour gone"), neighbour.close())).start()
    cells = [CodeCell("a", "import torch"), CodeCell("b", STARVED)]
    mark_submission(cells, asked, gpu_worker, graded_seeds(b"s" * 64, "learner-01", asked))
    assert counted == ["asked", "neighbour gone", "asked"]


def _counting(function, into):
    def counted(*arguments):
        into.append("asked")
        return function(*arguments)

    return counted


@pytest.mark.sandbox
@pytest.mark.parametrize("at", ["fake", "real"])
def test_marks_are_those_of_the_cpu(at, shared_course, release, worker):
    """The whole sample class, two at a time on one GPU."""
    if at == "real" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cards = (CARD,) if at == "fake" else find_gpus(2)[:1]
    some = sorted(LEARNERS)[: 3 if at == "fake" else None]
    tasks = [_task(learner, release) for learner in some]
    setting = setting_of(shared_course, ASSIGNMENT, choose_tier(), Options(limits=LIMITS))
    with LocalPool(replace(setting, gpus=cards)) as pool:
        there = {task.learner: done for task, done in pool.run(tasks)}
    for task in tasks:
        here = mark_submission(task.cells, release.exercises, worker, task.seeds)
        assert [m.text() for m in there[task.learner].marks] == [m.text() for m in here.marks]


def _task(learner, release):
    submission = read_submission(
        ROOT / "tests" / "sample_class", learner, ASSIGNMENT, set(release.graded)
    )
    cells = tuple(code_cells(match(submission, release).notebook))
    return Task(learner, cells, graded_seeds(b"s" * 64, learner, release.exercises))
