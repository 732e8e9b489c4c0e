"""``python -m unrolled.authoring``: build the notebooks of the repository one stands in."""

from pathlib import Path

from unrolled.authoring import build

if __name__ == "__main__":
    build(Path.cwd())
