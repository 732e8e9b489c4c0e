"""The Pythons that are promised are those that every pinned package takes."""

import importlib.metadata
import importlib.util
import platform
import re
import runpy
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PROMISED = SpecifierSet(PROJECT["requires-python"])
MINORS = [name.rsplit(" ", 1)[1] for name in PROJECT["classifiers"] if re.search(r" 3\.\d", name)]
LOWEST = next(part.version for part in PROMISED if part.operator == ">=")
VERSIONS = [LOWEST, *(f"{minor}.0" for minor in MINORS if f"{minor}.0" in PROMISED)]
CHECK = runpy.run_path(str(ROOT / ".ci" / "python_version.py"))
# Each environment brings its own; and torch pins what it needs of CUDA itself.
UNPINNED = re.compile(r"pip|setuptools|wheel|nvidia-.*|cuda-.*|triton")


def pins():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = (line.partition("#")[0].strip().split("==") for line in lines)  # a reason may follow
    return {canonicalize_name(name): pin for name, pin in found}


PINS = pins()
# The first of a name is the one that is imported: setuptools carries older copies of some.
FOUND = reversed(list(importlib.metadata.distributions()))
INSTALLED = {canonicalize_name(one.name): one for one in FOUND}


def on(version):
    """What markers are asked about, on one Python."""
    return {
        "python_version": version.rpartition(".")[0],
        "python_full_version": version,
        "extra": "",
    }


def needs(version):
    """What each installed pin needs on one Python."""
    for name in PINS.keys() & INSTALLED.keys():
        for need in map(Requirement, INSTALLED[name].requires or ()):
            if not need.marker or need.marker.evaluate(on(version)):
                yield name, need


def test_the_promise_has_two_ends_and_the_classifiers_fill_it():
    assert VERSIONS[0] in PROMISED
    assert len(VERSIONS) == len(MINORS) == 3
    assert LOWEST.startswith(MINORS[0])
    assert f"3.{int(MINORS[-1].split('.')[1]) + 1}.0" not in PROMISED
    assert f"{LOWEST} to {MINORS[-1]}" in (ROOT / "README.md").read_text("utf-8")
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text("utf-8"))
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == [MINORS[0], MINORS[-1]]


@pytest.mark.parametrize("name", PINS)
def test_a_pin_takes_every_promised_python(name):
    if name not in INSTALLED:  # another Python needs it, and reads it there
        here = platform.python_version()
        assert not any(need.name == name for _, need in needs(here)), f"{name} is not installed"
        return
    found = INSTALLED[name]
    assert found.version.split("+")[0] == PINS[name]
    takes = SpecifierSet(found.metadata.get("Requires-Python") or "")
    assert [version for version in VERSIONS if version not in takes] == []


def test_the_lowest_python_needs_every_pin():
    if platform.python_version_tuple()[:2] == tuple(LOWEST.split(".")[:2]):
        assert PINS.keys() - INSTALLED.keys() == set()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_pin_needs_is_pinned_and_fits(version):
    """On another Python a package may need more: it would come unpinned, or not at all."""
    missing = []
    for name, need in needs(version):
        pin = PINS.get(canonicalize_name(need.name))
        if pin is None and UNPINNED.fullmatch(canonicalize_name(need.name)):
            continue
        if pin is None or not need.specifier.contains(pin, prereleases=True):
            missing.append(f"{name} needs {need}, pinned is {pin}")
    assert missing == []


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ((2, 7, 18), "Python 2.7.18 is too old: 3.11.2 to 3.13 is wanted."),
        ((3, 11, 1), "Python 3.11.1 is too old"),
        ((3, 11, 2), ""),
        ((3, 12, 0), ""),
        ((3, 13, 99), ""),
        (
            (3, 14, 0),
            "Python 3.14.0 is newer than what the pinned packages were tried with",
        ),
        ((4, 0, 0), "Python 4.0.0 is newer"),
    ],
)
def test_the_check_before_installing_says_so(version, says):
    found = CHECK["problem"](version, *CHECK["promised"]((ROOT / "pyproject.toml").read_text()))
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_no_process_builds_a_grammar_before_it_can_read_a_notebook():
    """Newer jsonschemas import it for a format that no notebook has: a second, in every process."""
    assert importlib.util.find_spec("rfc3987_syntax") is None
