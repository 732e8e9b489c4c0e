"""Would the tests notice? A fixed random sample of small changes to the layers, one at a time.

    python benchmarks/mutants.py            # writes benchmarks/results/mutants.json
    python benchmarks/mutants.py --sample 40 --module attention

Cosmic Ray makes the changes (an operator swapped, a number moved by one, a condition turned
round); a mutant is killed when a test of its module fails, or one of its parity with Hugging Face.
The bar: at least 90 % of 400. Survivors are listed, with the reason that ``mutants.toml`` gives.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import hypothesis  # noqa: F401 - imported before the forks, so that no mutant waits for it
import pytest
import torch

import changes
import measure

BAR = 0.90
ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "lib" / "unrolled"
LAYERS = (
    "alignment", "attention", "basics", "bert", "blocks", "decoding", "elmo", "embeddings", "gpt",
    "llama", "lora", "positions", "recurrent", "retrieval", "scaling", "seq2seq", "tokenizers",
    "training", "transformer", "vit",
)  # fmt: skip
LIMIT = 240.0  # seconds; a mutant that runs longer hangs, and a hang is noticed


@dataclass(frozen=True)
class Mutant:
    """One change: the ``occurrence``-th place in a file where an operator applies."""

    path: str
    line: int
    source: str
    operator: str
    occurrence: int

    @property
    def layer(self) -> str:
        """The layer module it belongs to."""
        return Path(self.path).parts[2].removesuffix(".py")


def files_of(layer: str) -> list[Path]:
    """The files of a layer module: one, or those of a package."""
    folder = LIBRARY / layer
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [LIBRARY / f"{layer}.py"]


def all_mutants(path: Path) -> Iterator[Mutant]:
    """Every change to a file."""
    code = path.read_text(encoding="utf-8")
    where, lines = str(path.relative_to(ROOT)), code.splitlines()
    for line, operator, occurrence in changes.places(code):
        yield Mutant(where, line, lines[line - 1].strip(), operator, occurrence)


def tests_of(layer: str, tree: Path) -> list[str]:
    """The tests of one layer, its doctests first."""
    named = sorted((tree / "tests").glob(f"test_{layer}*.py"))
    source = tree / "lib" / "unrolled" / layer
    doctests = source if source.is_dir() else source.with_suffix(".py")
    folder = tree / "tests" / layer
    return [str(p) for p in (doctests, *named, *([folder] if folder.is_dir() else []))]


def copy_tree() -> Path:
    """A copy of the library and its tests, to be changed."""
    tree = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in ("lib", "tests"):
        skipped = shutil.ignore_patterns("__pycache__", "sample_class", "*.png")
        shutil.copytree(ROOT / name, tree / name, ignore=skipped)
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, tree / name)
    return tree


def passes(tree: Path, tests: list[str]) -> bool:
    """Run tests on the tree in a child, which alone imports the changed library."""
    child = os.fork()
    if not child:
        os.setsid()
        os.chdir(tree)
        sys.path.insert(0, str(tree / "lib"))
        sys.dont_write_bytecode = True
        signal.alarm(int(LIMIT))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore"]
        os._exit(pytest.main([*options, *tests]))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def killed_by(mutant: Mutant, tree: Path) -> str:
    """Say which tests noticed: those of the module, those of its parity, or none."""
    path = tree / mutant.path
    original = path.read_text(encoding="utf-8")
    try:
        changed = changes.changed(original, mutant.operator, mutant.occurrence)
        path.write_text(changed, encoding="utf-8")
        if not passes(tree, tests_of(mutant.layer, tree)):
            return "its module's tests"
        parity = [str(p) for p in (tree / "tests" / "parity").glob(f"test_{mutant.layer}*.py")]
        return "its parity tests" if parity and not passes(tree, parity) else ""
    finally:
        path.write_text(original, encoding="utf-8")


def refuse_failing_tests(layers: Sequence[str]) -> None:
    """Tests that fail already would kill every mutant."""
    tree = copy_tree()
    for layer in layers:
        if not passes(tree, tests_of(layer, tree)):
            raise SystemExit(f"the tests of {layer} fail on the library as it is")
    shutil.rmtree(tree)


def work(mutants: multiprocessing.Queue, results: multiprocessing.Queue) -> None:
    """Take mutants until there are none."""
    torch.set_num_threads(1)
    tree = copy_tree()
    while (mutant := mutants.get()) is not None:
        results.put((mutant, killed_by(mutant, tree)))
    shutil.rmtree(tree)


def run(mutants: list[Mutant], workers: int) -> list[tuple[Mutant, str]]:
    """Try all mutants on some processes."""
    todo: multiprocessing.Queue = multiprocessing.Queue()
    done: multiprocessing.Queue = multiprocessing.Queue()
    for item in [*mutants, *[None] * workers]:
        todo.put(item)
    processes = [multiprocessing.Process(target=work, args=(todo, done)) for _ in range(workers)]
    for process in processes:
        process.start()
    found = []
    for number in range(len(mutants)):
        mutant, killer = done.get()
        found.append((mutant, killer))
        if not killer:
            print(f"survived: {mutant.path}:{mutant.line} {mutant.operator}: {mutant.source}")
        if number % 20 == 19:
            print(f"{number + 1} of {len(mutants)}", flush=True)
    return found


def reason(mutant: Mutant) -> str:
    """Why a survivor may live, as somebody who looked at it wrote down."""
    known = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    for entry in known.get("survivor", []):
        if entry["source"] == mutant.source and mutant.operator in entry["operators"]:
            return entry["reason"]
    return "not looked at yet"


def main() -> None:
    """Sample, try and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=400)
    parser.add_argument("--module", choices=LAYERS)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    layers = [options.module] if options.module else LAYERS
    every = [m for layer in layers for path in files_of(layer) for m in all_mutants(path)]
    sample = random.Random(0).sample(every, min(options.sample, len(every)))
    refuse_failing_tests(layers)
    found = run(sample, options.workers)
    survivors = sorted((m for m, killer in found if not killer), key=lambda m: (m.path, m.line))
    killed = len(found) - len(survivors)
    bounds = changes.wilson(killed, len(found))
    print(f"killed {killed} of {len(found)}: {killed / len(found):.1%}, {bounds}")
    if options.module or options.sample != 400:
        return
    measure.record(
        "mutants", "python benchmarks/mutants.py", possible=len(every), tried=len(found),
        killed=killed, by_parity_alone=sum("parity" in killer for _, killer in found),
        interval_95=bounds, bar=BAR,
        survivors=[asdict(m) | {"reason": reason(m)} for m in survivors],
    )  # fmt: skip
    sys.exit(killed / len(found) < BAR)


if __name__ == "__main__":
    main()
