"""Fetch and verify every file of the real data sets: ``python -m unrolled.data``."""

from __future__ import annotations

import sys

from unrolled.data.registry import FILES, DataCorrupt, DataUnavailable, fetch


def main() -> int:
    """Look for each file where :func:`unrolled.data.fetch` does, and say what is wrong with it.

    Returns:
        0, or 1 after a line for each file that is missing or damaged.
    """
    faults = [fault for name in FILES if (fault := _fault(name))]
    for fault in faults:
        print(fault, file=sys.stderr)
    if not faults:
        print(f"The {len(FILES)} files of real data are here, each with the pinned SHA-256.")
        return 0
    print(
        f"{len(faults)} of the {len(FILES)} files of real data are missing or damaged. With a "
        "network they are downloaded once; without one, set UNROLLED_DATA to a folder that holds "
        "them under these names. Their addresses are in lib/unrolled/data/registry.py.",
        file=sys.stderr,
    )
    return 1


def _fault(name: str) -> str:
    try:
        fetch(name)
    except (DataCorrupt, DataUnavailable) as error:
        return f"{name}: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
