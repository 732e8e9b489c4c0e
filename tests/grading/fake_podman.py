"""Stands for podman where there is none: understands just the words that a worker is started with.

Walls are bubblewrap's, the root folder is the imported image; an option it does not know is an
error. Pids and archives are kept beside it.
"""

import argparse
import os
import signal
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE / "image"
FILTER = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}  # Debian's 3.11.2 has none
NEEDED = ("name", "pull", "network", "user", "pids-limit", "memory", "memory-swap", "ipc",
          "shm-size", "hostname", "workdir", "log-driver", "read-only-tmpfs")  # fmt: skip


def image(words):
    sys.exit(0 if words[0] == "inspect" and ROOT.exists() else 1)


def import_(words):
    (HERE / "imported").write_text(words[1])
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        archive.extractall(ROOT, **FILTER)


def rm(words):
    force, name = words
    assert force == "--force"
    with (HERE / "removed").open("a") as removed:
        removed.write(f"{name}\n")
    pid = HERE / f"{name}.pid"
    if pid.exists():
        os.kill(int(pid.read_text()), signal.SIGKILL)


def run(words):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for option in NEEDED:
        parser.add_argument(f"--{option}", required=True)
    for option in ("cap-drop", "security-opt", "env", "mount", "tmpfs"):
        parser.add_argument(f"--{option}", action="append", default=[])
    for flag in ("--rm", "--read-only"):
        parser.add_argument(flag, action="store_true", required=True)
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(words)
    assert (given.network, given.cap_drop, given.pull) == ("none", ["ALL"], "never")
    assert "no-new-privileges" in given.security_opt
    assert given.image == (HERE / "imported").read_text()
    uid, gid = given.user.split(":")
    walls = ["bwrap", "--unshare-all", "--uid", uid, "--gid", gid, "--as-pid-1", "--clearenv"]
    walls += ["--cap-drop", "ALL", "--bind", str(ROOT), "/", "--proc", "/proc", "--dev", "/dev"]
    for mount in given.mount:
        kind, source, target, read_only = mount.split(",")
        assert (kind, read_only) == ("type=bind", "readonly")
        walls += ["--ro-bind", source.removeprefix("source="), target.removeprefix("target=")]
    for tmpfs in (*given.tmpfs, f"/dev/shm:size={given.shm_size}"):
        place, options = tmpfs.split(":")
        size = next(o for o in options.split(",") if o.startswith("size=")).removeprefix("size=")
        walls += ["--size", size, "--tmpfs", place]
    for pair in given.env:
        walls += ["--setenv", *pair.split("=", 1)]
    (HERE / f"{given.name}.pid").write_text(str(os.getpid()))
    walls += ["--remount-ro", "/", "--chdir", given.workdir, "--", *given.command]
    os.execvp(walls[0], walls)


if __name__ == "__main__":
    with (HERE / "asked").open("a") as asked:
        asked.write(" ".join(sys.argv[1:]) + "\n")
    {"image": image, "import": import_, "rm": rm, "run": run}[sys.argv[1]](sys.argv[2:])
