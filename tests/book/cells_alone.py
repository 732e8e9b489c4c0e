"""What a reader can see of a page runs: its cells without the stripped ones.

    python tests/book/cells_alone.py book/06-self-attention/chapter.md

runs them in this process, in the chapter's folder, and ends at the first that fails.
"""

import ast
import contextlib
import io
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from book.form_source import ROOT, Page, Piece
else:
    from .form_source import ROOT, Page, Piece


def seen_code(page: Page) -> str:
    """The code that can be seen, every line at the place where the page has it."""
    lines = [""] * (page.text.count("\n") + 1)
    for cell in page.cells:
        if cell.seen:
            code = cell.code.splitlines()
            lines[cell.line - 1 : cell.line - 1 + len(code)] = code
    return "\n".join(lines)


def missing_names(page: Page) -> list[str]:
    """Names that no cell that can be seen defines before they are used, as ``page:line: ...``."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select=F821"]
    command += ["--output-format=json", f"--stdin-filename={page.name}.py", "-"]
    done = subprocess.run(command, input=seen_code(page), capture_output=True, text=True)
    assert done.returncode < 2, f"ruff could not read {page.name}:\n{done.stderr}"
    return [
        f"{page.name}:{fault['location']['row']}: {fault['message']} in what can be seen"
        for fault in json.loads(done.stdout)
    ]


def run_alone(path: Path, seconds: float = 240) -> str:
    """Run a page's cells in a process of their own; return what went wrong, or nothing."""
    library = os.pathsep.join([str(ROOT / "lib"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, __file__, str(path)],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": library, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    said = done.stderr.strip() or f"the process ended with {done.returncode}"
    return said if done.returncode else ""


def _run(cell: Piece, names: dict, page: str) -> None:
    """Run a cell as a notebook does, which also shows the value of its last line."""
    body = cell.tree.body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), page, "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), page, "eval"), names)
        getattr(value, "_repr_html_", value.__repr__)()


def main(path: Path) -> int:
    """Run a page's cells; at the first that fails, say where and why."""
    from IPython.display import display

    page = Page.read(path)
    sys.path.insert(0, str(path.parent))
    names = {"__name__": "__main__", "display": display}
    for cell in page.cells:
        if not cell.seen:
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                _run(cell, names, page.name)
        except Exception as problem:
            if "raises-exception" not in cell.tags:
                here = [f for f in traceback.extract_tb(problem.__traceback__) if f[0] == page.name]
                line = here[-1].lineno if here else cell.line
                print(f"{page.name}:{line}: {type(problem).__name__}: {problem}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
