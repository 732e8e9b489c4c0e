"""Stop early, and in words, where Python is not one that the course was tried with.

What it was tried with stands in pyproject.toml. This file runs on any Python, 2.7 among them.
"""
# ruff: noqa: ANN, PTH, RUF005, UP

import os
import re
import sys


def promised(text):
    """The lowest version that will do and the first that will not, as tuples of numbers."""
    low, end = re.search(r'requires-python = ">=([\d.]+),<([\d.]+)"', text).groups()
    return tuple(map(int, low.split("."))), tuple(map(int, end.split(".")))


def problem(version, low, end):
    """What is wrong with a version, in words; nothing if it will do."""
    last = end[:-1] + (end[-1] - 1,)
    wanted = "{} to {} is wanted".format(*(".".join(map(str, v)) for v in (low, last)))
    own = ".".join(map(str, version))
    if version < low:
        return f"Python {own} is too old: {wanted}."
    if version >= end:
        return f"Python {own} is newer than what the pinned packages were tried with: {wanted}."
    return ""


if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(os.path.join(root, "pyproject.toml"), encoding="utf-8") as pyproject:
        says = problem(sys.version_info[:3], *promised(pyproject.read()))
    if says:
        sys.exit(says + " Name another: make PYTHON=python3.13 ...")
