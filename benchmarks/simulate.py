"""How far one coordinator reaches: 10,000 submissions on many workers, from measured costs.

    python benchmarks/simulate.py            # reads results/grading.json, writes simulation.json

The coordinator reads a submission, hands it to a worker that is free, and records what comes back;
it does one thing at a time. Workers ask. Every cost is a measured mean, drawn from a gamma
distribution with the spread of a class (coefficient of variation 0.5), and the network between
them takes a millisecond each way. What comes out is how long the class takes, how busy both sides
are, and from how many workers on more of them help no more.
"""

from __future__ import annotations

import argparse
import heapq
import json
import random

import measure

NETWORK = 0.001
SPREAD = 0.5
AHEAD = 2  # submissions that wait at each worker


def costs() -> tuple[float, float, float]:
    """Seconds to read, to ask and to record, as measured."""
    steps = json.loads((measure.RESULTS / "grading.json").read_text())["milliseconds a submission"]
    read = steps["read and match"]
    record = steps["gradebook and notebook"] + steps["feedback"]
    return read / 1000, (steps["all"] - read - record) / 1000, record / 1000


def simulate(submissions: int, workers: int, seed: int = 0) -> dict[str, float]:
    """Run one class through the model."""
    rng = random.Random(seed)
    read, ask, record = costs()

    def drawn(mean: float) -> float:
        return rng.gammavariate(1 / SPREAD**2, mean * SPREAD**2)

    free = [0.0] * workers  # when each worker is free
    heapq.heapify(free)
    back: list[float] = []  # when answers are back at the coordinator
    now = asked = busy = worked = 0.0
    sent = done = 0
    while done < submissions:
        room = sent - done < AHEAD * workers and sent < submissions
        if room and not (back and back[0] <= now):
            spent = drawn(read)
            now, busy, sent = now + spent, busy + spent, sent + 1
            asked = drawn(ask)
            begin = max(now + NETWORK, heapq.heappop(free))
            heapq.heappush(free, begin + asked)
            heapq.heappush(back, begin + asked + NETWORK)
            worked += asked
        else:
            arrived = heapq.heappop(back)
            spent = drawn(record)
            now, busy, done = max(now, arrived) + spent, busy + spent, done + 1
    return {
        "workers": workers, "seconds": round(now, 1),
        "submissions a second": round(submissions / now, 2),
        "coordinator busy": round(busy / now, 3),
        "workers busy": round(worked / now / workers, 3),
    }  # fmt: skip


def main() -> None:
    """Simulate and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=10_000)
    options = parser.parse_args()
    rows = [simulate(options.submissions, workers) for workers in (1, 2, 4, 8, 16, 32, 64, 128)]
    for row in rows:
        print(row)
    read, ask, record = costs()
    measure.record(
        "simulation", f"python benchmarks/simulate.py --submissions {options.submissions}",
        submissions=options.submissions, rows=rows, seconds_read=read, seconds_asked=ask,
        seconds_recorded=record, saturates_at_workers=round(ask / (read + record), 1),
    )  # fmt: skip


if __name__ == "__main__":
    main()
