"""The repository's documents: what they name exists, and nothing of one machine is in them."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "book/index.md")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

# Written in parts, so that this file does not hold what it forbids.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("download", "pytorch", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
]
MACHINE_PATHS = [
    "/".join(("", *parts))
    for parts in (("work", "main"), ("work", "shared"), ("work", ".library"), ("tmp", "w"))
]
FORBIDDEN = re.compile(
    "|".join(re.escape(host) for host in REGISTRIES)
    + "|"
    + "|".join(re.escape(path) + r"\b" for path in MACHINE_PATHS)
    + r"|/(?:home|Users)/(?!jovyan\b)\w+/"
)


def tracked_files():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def make_targets():
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", text, flags=re.MULTILINE))


def named_targets(text):
    """Targets in code: `make x` between backticks, or at the start of a line of a code block."""
    found = set(re.findall(r"`make ([a-z-]+)`", text))
    for block in re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL):
        found.update(re.findall(r"^\s*make ([a-z-]+)", block, flags=re.MULTILINE))
    return found


def relative_links(text):
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link.split("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_make_targets_that_exist(name):
    named = named_targets((ROOT / name).read_text("utf-8"))
    assert named, f"{name} names no make target: is the pattern of this test still right?"
    assert named <= make_targets()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_relative_links_of_documents_resolve(name):
    links = relative_links((ROOT / name).read_text("utf-8"))
    assert links
    missing = [link for link in links if not (ROOT / name).parent.joinpath(link).exists()]
    assert missing == []


def test_no_tracked_file_names_a_machine_path_or_a_package_registry():
    found = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {match}" for match in FORBIDDEN.findall(text)]
    assert found == []


def test_the_pattern_finds_what_it_forbids():
    for example in (*REGISTRIES, *MACHINE_PATHS, "/".join(("", "home", "somebody", "x"))):
        assert FORBIDDEN.search(f"see {example} there"), example
    assert not FORBIDDEN.search("the work of /usr/bin/chromium, http://localhost/work/done")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_call_make_targets_and_pin_their_actions(path):
    workflow = yaml.safe_load(path.read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = "\n".join(step.get("run", "") for step in steps)
    called = set(re.findall(r"^make ([a-z-]+)", commands, flags=re.MULTILINE))
    assert called
    assert called <= make_targets()
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
    assert workflow["permissions"] == {"contents": "read"}


def test_both_workflows_are_there():
    assert [path.stem for path in WORKFLOWS] == ["pages", "tests"]


def test_ci_runs_the_tests_by_the_same_target():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run is not executable"
    assert "make test" in script.read_text("utf-8")
    assert {"course", "test"} <= make_targets()


def test_the_licences_say_which_is_which():
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    assert "creativecommons.org/licenses/by/4.0/" in (ROOT / "book" / "LICENSE").read_text("utf-8")


def test_the_picture_of_the_first_screen_is_small():
    assert 20_000 < (ROOT / "book" / "_static" / "readme.png").stat().st_size < 300_000


def test_hooks_run_the_tools_of_the_environment():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        assert hook["entry"].startswith(".venv/bin/ruff ")
