"""What computes, tested on other processors than this one, as far as one can be others.

    make test-processors
    .venv/bin/python tests/processors.py --only plain --threads 1 tests/parity -x

torch, oneDNN and MKL choose their kernels by what a processor can do, and the environment can hold
each of them to less. Sums are then added in another order, and a bound that fits one machine by
chance does not hold. A set that this processor lacks is passed over, and said.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What torch calls each set, and what holds the libraries below it. On AMD's processors MKL listens
# to MKL_CBWR alone; COMPATIBLE is a branch of its own, which every processor takes in the same way.
SETS = {
    "plain": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "MKL_CBWR": "COMPATIBLE",
    },
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
    "avx512": {
        "ATEN_CPU_CAPABILITY": "avx512",
        "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
        "MKL_ENABLE_INSTRUCTIONS": "AVX512",
    },
}
THREADS = (1, 2)
CAPABILITY = "import torch; print(torch.backends.cpu.get_cpu_capability().lower())"
# What does not compute, or runs this file. The sample class does: its marks are always the same.
LEFT_OUT = ("__pycache__", "authoring", "book", "candidate", "data", "grading", "sample_class")
LEFT_OUT += ("test_processors.py",)
SAMPLE = "tests/grading/test_sample_class.py"


def environment(name, threads=1):
    """This process's variables, held to an instruction set and a number of threads."""
    own = {"UNROLLED_TEST_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
    return os.environ | SETS[name] | own


def capability(variables=None):
    """What torch says that it computes with."""
    words = [sys.executable, "-c", CAPABILITY]
    done = subprocess.run(words, env=variables, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def available():
    """The sets that this processor has, as torch's own choice tells: it would not refuse others."""
    free = {name: value for name, value in os.environ.items() if name not in SETS["plain"]}
    names, best = list(SETS), capability(free)
    known = [SETS[name]["ATEN_CPU_CAPABILITY"] for name in names]
    return names[: known.index(best) + 1] if best in known else names[:1]


def pytest_words(threads, chosen=(), sweeps=False):
    """The arguments for pytest: what was chosen, or everything that computes, with its sweeps."""
    words = ["-n", str(max(1, (os.cpu_count() or 1) // threads)), "--dist", "loadscope"]
    if chosen:
        return [*words, *chosen]
    found = [*(ROOT / "tests").glob("test_*.py"), *(ROOT / "tests").glob("*/")]
    words += ["lib/unrolled", *sorted(str(path) for path in found if path.name not in LEFT_OUT)]
    words += [SAMPLE] if threads == 1 else []
    return words if sweeps else [*words, "-m", "not sweep"]


def run(name, threads, chosen):
    """One round; what became of it, and how long it took."""
    variables = environment(name, threads)
    expected = SETS[name]["ATEN_CPU_CAPABILITY"]
    assert capability(variables) == expected, f"torch does not let itself be held to {expected}"
    print(f"== {name}, threads {threads}", flush=True)
    start = time.monotonic()
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    # Marks and the names of mistakes are asked where most is different from an ordinary run.
    words += pytest_words(threads, chosen, sweeps=(name, threads) == ("plain", 1))
    code = subprocess.run(words, cwd=ROOT, env=variables).returncode
    return code, time.monotonic() - start


def main():
    """Every round, then a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SETS, help="one instruction set")
    parser.add_argument("--threads", type=int, choices=THREADS, help="one number of threads")
    options, words = parser.parse_known_args()  # the others are pytest's
    have, lines, failed = available(), [], False
    for name in [options.only] if options.only else SETS:
        for threads in [options.threads] if options.threads else THREADS:
            if name not in have:
                lines.append(f"{name}, threads {threads}: passed over, this processor lacks it")
                continue
            code, seconds = run(name, threads, words)
            failed |= code != 0
            lines.append(
                f"{name}, threads {threads}: {'FAILED' if code else 'ok'}, {seconds:.0f} s"
            )
    print("", *lines, sep="\n")
    sys.exit(failed)


if __name__ == "__main__":
    main()
