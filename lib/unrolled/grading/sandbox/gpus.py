"""The GPUs of this machine, each shared by a few submissions at a time, and what each may use.

Torch's allocator keeps an honest process to its share, with an error that its code can see. A
process that lifts that limit is found by the driver's own count, as the watchdog's of the memory.
CUDA is never touched here: a process that has done so cannot fork.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

AT_ONCE = 4
# Of a GPU, what nobody gets, and of a share, what CUDA takes before the first tensor.
KEPT_MIB, CONTEXT_MIB = 512, 700
LEAST_MIB = 1024
NODES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")
SHARE = "UNROLLED_GPU_SHARE"  # read by the warm process of a sandbox


class GpuMissing(Exception):
    """No GPU can be used here; the message says why and what to do."""


@dataclass(frozen=True)
class Gpu:
    """One GPU.

    Attributes:
        uuid: as the driver names it.
        minor: the number of its device node.
        name: for people.
        memory_mib: all it has.
        at_once: how many submissions share it.
        device: where torch finds it in a sandbox that sees no other.
    """

    uuid: str
    minor: int
    name: str
    memory_mib: int
    at_once: int = AT_ONCE
    device: str = "cuda"

    @property
    def share_mib(self) -> int:
        """What one submission may use."""
        return (self.memory_mib - KEPT_MIB) // self.at_once

    @property
    def environment(self) -> dict[str, str]:
        """What a sandbox is told: to see this GPU alone, and how much of it."""
        fraction = (self.share_mib - CONTEXT_MIB) / self.memory_mib
        return {"CUDA_VISIBLE_DEVICES": self.uuid, SHARE: f"{fraction:.4f}"}

    @property
    def nodes(self) -> tuple[str, ...]:
        """The device nodes that a sandbox needs; no other GPU's among them."""
        return (f"/dev/nvidia{self.minor}", *NODES)

    def over(self, processes: Iterable[int]) -> bool:
        """Whether some processes together use more than one submission may."""
        return self.used(processes) > self.share_mib * 2**20

    def used(self, processes: Iterable[int]) -> int:
        """Bytes that some processes use, as the driver counts them."""
        nvml, mine = _nvml(), set(processes)
        with contextlib.suppress(nvml.NVMLError):  # a moment's trouble; it is asked again soon
            running = nvml.nvmlDeviceGetComputeRunningProcesses(
                nvml.nvmlDeviceGetHandleByUUID(self.uuid)
            )
            return sum(one.usedGpuMemory or 0 for one in running if one.pid in mine)
        return 0

    @contextlib.contextmanager
    def turn(self, folder: Path) -> Iterator[Turn]:
        """Use it beside others.

        Args:
            folder: for the file that all who share it lock.
        """
        with open(folder / f"{self.uuid}.lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield Turn(file)


@dataclass(frozen=True)
class Turn:
    """One who uses a GPU."""

    file: IO[str]

    def alone(self) -> None:
        """Wait until nobody else does, and let nobody else until the turn ends."""
        fcntl.flock(self.file, fcntl.LOCK_EX)


def find_gpus(at_once: int = 0) -> tuple[Gpu, ...]:
    """All GPUs that may be used, or those that ``CUDA_VISIBLE_DEVICES`` names.

    Args:
        at_once: how many submissions share one. Default: 4, or as many as fit.

    Raises:
        GpuMissing: if there is none, or not enough memory for so many.
    """
    import torch

    if not torch.backends.cuda.is_built():
        raise GpuMissing(
            f"torch {torch.__version__} is a build without CUDA; install one with CUDA, "
            "or grade with --device cpu"
        )
    nvml = _nvml()
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(n) for n in range(nvml.nvmlDeviceGetCount())]
        every = [_gpu(nvml, handle) for handle in handles]
    except nvml.NVMLError as error:
        raise GpuMissing(f"the driver of NVIDIA does not say what there is ({error})") from None
    found = [gpu for number, gpu in enumerate(every) if _is_visible(number, gpu.uuid)]
    if not found:
        raise GpuMissing("no GPU is visible; look at `nvidia-smi` and CUDA_VISIBLE_DEVICES")
    return tuple(_shared(gpu, at_once) for gpu in found)


@functools.cache
def _nvml() -> Any:
    """The driver's library for counting; it takes no memory of a GPU, as CUDA would."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except ImportError:
        raise GpuMissing("nvidia-ml-py is missing: `pip install 'unrolled[grade]'`") from None
    except pynvml.NVMLError as error:
        raise GpuMissing(f"the driver of NVIDIA does not answer ({error})") from None
    return pynvml


def _gpu(nvml: Any, handle: Any) -> Gpu:
    return Gpu(
        uuid=nvml.nvmlDeviceGetUUID(handle),
        minor=nvml.nvmlDeviceGetMinorNumber(handle),
        name=nvml.nvmlDeviceGetName(handle),
        memory_mib=nvml.nvmlDeviceGetMemoryInfo(handle).total // 2**20,
    )


def _is_visible(number: int, uuid: str) -> bool:
    """As CUDA reads it: numbers, or the beginnings of UUIDs."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    named = [] if visible is None else [name.strip() for name in visible.split(",")]
    return visible is None or any(
        name == str(number) or (name.startswith("GPU-") and uuid.startswith(name)) for name in named
    )


def _shared(gpu: Gpu, at_once: int) -> Gpu:
    """Divide a GPU; as many as fit where nobody says how many."""
    fitting = (gpu.memory_mib - KEPT_MIB) // LEAST_MIB
    if fitting < max(1, at_once):
        raise GpuMissing(
            f"{gpu.name} has {gpu.memory_mib} MiB: at {LEAST_MIB} MiB each, {max(0, fitting)} "
            f"submissions at a time fit, {max(1, at_once)} were asked for; see --per-gpu"
        )
    return replace(gpu, at_once=at_once or min(AT_ONCE, fitting))
