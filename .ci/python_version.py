"""Stop early, and in words, where Python is not one that the course was tried with.

What it was tried with stands in pyproject.toml. This file runs on any Python, 2.7 among them.
"""
# ruff: noqa: ANN201, RUF005, UP020, UP032

import io
import os
import re
import sys


def promised(text):
    """The lowest version that will do and the first that will not, as tuples of numbers."""
    low, end = re.search(r'requires-python = ">=([\d.]+),<([\d.]+)"', text).groups()
    return tuple(map(int, low.split("."))), tuple(map(int, end.split(".")))


def problem(version, low, end):
    """What is wrong with a version, in words; nothing if it will do."""
    own, low_name = (".".join(map(str, numbers)) for numbers in (version, low))
    last_name = ".".join(map(str, end[:-1] + (end[-1] - 1,)))
    wanted = "{} to {} is wanted".format(low_name, last_name)
    if version < low:
        return "Python {} is too old: {}.".format(own, wanted)
    if version >= end:
        untried = "newer than what the pinned packages were tried with"
        return "Python {} is {}: {}.".format(own, untried, wanted)
    return ""


if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with io.open(os.path.join(root, "pyproject.toml"), encoding="utf-8") as pyproject:
        says = problem(sys.version_info[:3], *promised(pyproject.read()))
    if says:
        sys.exit(says + " Name another: make PYTHON=python3.13 ...")
