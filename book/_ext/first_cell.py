# @title Run this first: it fetches what this page imports and reads
# It needs a network and git: about 3 MB and some seconds, into a folder named unrolled beside
# this notebook. Inside a copy of the repository it fetches nothing.
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = os.environ.get("UNROLLED_REPOSITORY", "$repository")
COMMIT, FOLDER = "$commit", "$folder"
NEEDS = "$needs".split()


class Stop(Exception):
    """Ends the run with a sentence that says what to do, and no traceback."""

    def _render_traceback_(self):
        return [str(self)]


def do(*command, otherwise):
    """Run a command; where it fails, stop with a sentence and what the command said last."""
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}  # git asks for no password, it fails
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=quiet)
    except FileNotFoundError:
        raise Stop(f"{command[0]} is not installed. {otherwise}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"{command[0]} ended with {done.returncode}"]
        raise Stop(f"{otherwise} ({said[-1]})")


def fetch():
    """Return the repository around this notebook, or fetch the published one beside it."""
    here = Path.cwd()
    for home in (here, *here.parents):
        if (home / FOLDER).is_dir() and (home / "lib/unrolled").is_dir():
            return home
    home = here / "unrolled"
    print(f"Fetching {REPOSITORY} at {COMMIT[:7]} into {home} ...")
    if not (home / ".git").exists():
        do(
            *("git", "clone", "--quiet", "--filter=blob:none", "--no-checkout", REPOSITORY, home),
            otherwise=f"{REPOSITORY} could not be fetched into {home}: is there a network, is git "
            "installed, is the folder empty? Then run this cell again.",
        )
    do(
        *("git", "-C", home, "checkout", "--quiet", "--detach", COMMIT),
        otherwise=f"{home} has no version {COMMIT[:7]}: rename or delete that folder, run this "
        "cell again, and if it stays so, download the notebook anew from its page.",
    )
    return home


def prepare(home):
    """Put the fetched library and the chapter's folder first, and install what it lacks."""
    if sys.version_info < (3, 11):
        raise Stop(f"Python {sys.version.split()[0]} is running, 3.11 or newer is wanted.")
    loaded = sys.modules.get("unrolled")
    if loaded and home not in Path(loaded.__file__).resolve().parents:
        raise Stop(f"Another unrolled is in use ({loaded.__file__}): restart the kernel first.")
    sys.path[:0] = [str(home / "lib"), str(home / FOLDER)]
    missing = [x for x in NEEDS if not importlib.util.find_spec(re.split("[<>=]", x)[0])]
    if missing:
        print(f"Installing {', '.join(missing)} ...")
        do(
            *(sys.executable, "-m", "pip", "install", "--quiet", *missing),
            otherwise=f"{', '.join(missing)} could not be installed: is there a network?",
        )
    os.chdir(home / FOLDER)


home = fetch().resolve()
prepare(home)
print(f"Ready: this page runs with the library and the records in {home}.")
