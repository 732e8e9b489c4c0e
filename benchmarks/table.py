"""The recorded comparisons as one table, benchmarks/README.md.

    python benchmarks/table.py

Every record of ``results/`` that holds comparisons gives its rows; nothing is measured here.
"""

from __future__ import annotations

import json
from pathlib import Path

import measure

README = Path(__file__).resolve().with_name("README.md")
INTRODUCTION = """# What was measured

Each row compares one step of ours with one of a peer's, in pairs timed back to back in one run;
which of the two goes first alternates. The ratio is ours / theirs in wall-clock time, below 1 is
faster; beside the median stand the bounds of its 95 % bootstrap interval, and the bar is for the
upper one. Start-up is not counted; equal weights and equal results are asserted first. `make bench`
measures anew and writes this table from [`results/`](results), which holds every single ratio.

"""
HEAD = "| command | what | median ratio | 95 % | at most | held |\n|---|---|---|---|---|---|\n"


def rows_of(record: dict) -> list[str]:
    """The lines of one record."""
    lines = []
    for row in record["comparisons"]:
        named = {"against": f"nn.{row['layer']}, {row['path']}"} if "layer" in row else {}
        what = ", ".join(f"{name} {value}" for name, value in (named | row["size"]).items())
        held = "" if row["bar"] is None else "yes" if row["within_bar"] else "no"
        interval = f"{row['low']:.3f} to {row['high']:.3f}"
        cells = [
            f"`{record['command']}`",
            what,
            f"{row['median']:.3f}",
            interval,
            row["bar"] or "",
            held,
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |\n")
    return lines


def setting(name: str, record: dict) -> str:
    """On what machine, with what versions and when a record was made."""
    machine = record["machine"]
    facts = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in machine.items())
    return f"- [`{name}`](results/{name}.json): {record['date']}; {facts}\n"


def mutants() -> str:
    """What the mutation test found, where it was run."""
    path = measure.RESULTS / "mutants.json"
    if not path.exists():
        return ""
    record = json.loads(path.read_text(encoding="utf-8"))
    low, high = record["interval_95"]
    share = record["killed"] / record["tried"]
    return (
        f"\n## Mutants\n\n`{record['command']}`: of {record['tried']} small changes to the layers, "
        f"drawn from {record['possible']}, the tests noticed {record['killed']} ({share:.1%}, 95 % "
        f"interval {low:.1%} to {high:.1%}). [`mutants`](results/mutants.json) lists the others, "
        "with the reason each of them lives.\n"
    )


def main() -> None:
    """Write the table."""
    paths = sorted(measure.RESULTS.glob("*.json"))
    records = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    records = {name: record for name, record in records.items() if "comparisons" in record}
    lines = [line for record in records.values() for line in rows_of(record)]
    settings = [setting(name, record) for name, record in records.items()]
    text = INTRODUCTION + HEAD + "".join(lines) + "\n## Where and when\n\n" + "".join(settings)
    text += mutants()
    README.write_text(text, encoding="utf-8")
    print("wrote", README.name)


if __name__ == "__main__":
    main()
