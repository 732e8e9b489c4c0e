"""The frame of a chapter's benchmark: runs that a cut does not lose, and the record they end in.

A benchmark yields its runs one after another. The generator is given those that have ended, so
that a later run may depend on an earlier one's result, as a learning rate does on a search.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parent.parent
Run = tuple[str, Callable[..., dict], dict]  # table of the record, what measures a row, settings
Runs = Callable[[Mapping[str, dict]], Iterable[Run]]


def name_of(table: str, settings: Mapping[str, Any]) -> str:
    """What a run is called among those that have ended."""
    return " ".join(map(str, (table, *settings.values())))


def measured(chapter: str, runs: Runs) -> dict[str, list[dict]]:
    """Every run's row, by table and in order; one that has ended before is read.

    Args:
        chapter: name of the record, such as ``"chapter02"``; what has ended is kept under
            ``build`` by that name.
        runs: yields the runs, given the rows that have ended by ``name_of``.
    """
    unfinished = ROOT / "build" / f"{chapter}.json"
    unfinished.parent.mkdir(exist_ok=True)
    ended = json.loads(unfinished.read_text("utf-8")) if unfinished.exists() else {}
    tables: dict[str, list[dict]] = {}
    for table, measure, settings in runs(ended):
        name = name_of(table, settings)
        if name not in ended:
            started = time.process_time()  # waiting for other programs is not counted
            row = {**settings, **measure(**settings)}
            ended[name] = {**row, "seconds": round(time.process_time() - started, 1)}
            unfinished.write_text(json.dumps(ended), "utf-8")
            print(name, ended[name]["seconds"], "s", flush=True)
        tables.setdefault(table, []).append(ended[name])
    return tables


def write(
    chapter: str, tables: Mapping[str, list[dict]], settings: Mapping[str, Any], **more: Any
) -> None:
    """Write ``results/<chapter>.json``: what it took and where, settings, and all that was found.

    Args:
        chapter: name of the record and of its script.
        tables: the rows of each table, from ``measured``.
        settings: what the runs have in common, ``seeds`` among it.
        more: what else the record holds, such as ``weights``.
    """
    rows = [row for table in tables.values() for row in table]
    record = {
        "command": f"python benchmarks/{chapter}.py",
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores ({platform.machine()}), 1 thread",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "minutes": round(sum(row["seconds"] for row in rows) / 60, 1),
        # Above the number of cores, other programs have slowed this one down.
        "load_average_15_minutes": round(os.getloadavg()[2], 2),
        "settings": settings,
        **more,
        **tables,
    }
    result = ROOT / "benchmarks" / "results" / f"{chapter}.json"
    text = json.dumps(record, indent=1, ensure_ascii=False)
    result.write_text(text + "\n", encoding="utf-8")
    print("wrote", result.relative_to(ROOT))
