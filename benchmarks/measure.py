"""How two ways to do one thing are compared: interleaved pairs, and what machine it was.

A pair is timed back to back, and which of the two goes first alternates. Whatever else the machine
does then slows both sides of a pair alike, and their ratio survives it.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import torch

RESULTS = Path(__file__).resolve().parent / "results"


def ratios(
    ours: Callable[[], object], theirs: Callable[[], object], pairs: int, warm_up: int = 10
) -> list[float]:
    """Return ours / theirs for each pair, in wall-clock time, after a start-up that is not counted.

    Args:
        ours, theirs: one step each.
        pairs: how many, at least 1.
        warm_up: steps of each that are not counted. Default: 10.
    """
    for _ in range(warm_up):
        ours(), theirs()
    found = []
    for pair in range(pairs):
        first, second = (ours, theirs) if pair % 2 else (theirs, ours)
        start = time.perf_counter()
        first()
        middle = time.perf_counter()
        second()
        end = time.perf_counter()
        ratio = (middle - start) / (end - middle)
        found.append(ratio if pair % 2 else 1 / ratio)
    return found


def median_and_bounds(values: list[float], resamples: int = 2000) -> tuple[float, float, float]:
    """Return the median with the lower and upper bound of its 95 % bootstrap interval."""
    rng = random.Random(0)
    medians = sorted(
        statistics.median(rng.choices(values, k=len(values))) for _ in range(resamples)
    )
    low, high = medians[int(0.025 * resamples)], medians[int(0.975 * resamples) - 1]
    return statistics.median(values), low, high


def compared(
    size: dict[str, object],
    bar: float,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    pairs: int,
    warm_up: int = 10,
) -> dict[str, object]:
    """Measure one comparison and print its line: a row of a record.

    Args:
        size: what was compared, name to value; a name such as ``against`` may say with what.
        bar: what the upper 95 % bound of the median ratio may be at most.
        ours, theirs: one step each.
        pairs: how many.
        warm_up: steps of each that are not counted. Default: 10.
    """
    found = ratios(ours, theirs, pairs, warm_up)
    median, low, high = (round(value, 4) for value in median_and_bounds(found))
    print(size, f"{median:.3f} [{low:.3f}, {high:.3f}], at most {bar}", flush=True)
    return {
        "size": size,
        "bar": bar,
        "median": median,
        "low": low,
        "high": high,
        "within_bar": high <= bar,
        "pairs": pairs,
        "ratios": [round(ratio, 3) for ratio in found],
    }


def machine() -> dict[str, object]:
    """Describe what the numbers were measured on, without its name."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),  # processes that wanted a core
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def record(name: str, command: str, **content: object) -> Path:
    """Write ``results/<name>.json``: the command, the date and the machine beside the numbers."""
    head = {"command": command, "date": date.today().isoformat(), "machine": machine()}
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(head | content, indent=1)
    text = re.sub(r"\[[\d.,\s]+\]", lambda numbers: " ".join(numbers[0].split()), text)  # one line
    path.write_text(text + "\n", encoding="utf-8")
    return path
