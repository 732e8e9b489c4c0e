"""An IPython shell in which a cell meets what it meets in a notebook's kernel.

Where something cannot be had here, such as a magic command of another package, that line is passed
over and the cell goes on: it is the answer below that is asked for.
"""

from __future__ import annotations

import contextlib
import dis
import functools
import getpass
import os
import pdb
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from IPython.core.autocall import ZMQExitAutocall
from IPython.core.interactiveshell import InteractiveShell
from matplotlib import pyplot

from unrolled.candidate.sources import CELL_MAGIC, ELSEWHERE, defined_names
from unrolled.grading.inside.missing import (
    OURS,
    PackageMissing,
    StandIn,
    WithStandIns,
    package_of,
)

MEASURES = ("time", "timeit", "prun")  # what these do beside running a cell is nobody's need
INSTALLERS = ("pip", "pip3", "conda", "mamba", "uv", "apt", "apt-get")
OPTIONS = re.compile(r"(?:\s*-[A-Za-z]+\s*\d*(?=\s))*")  # of %timeit
# What needs a loop that is running already, as a kernel's is.
IN_LOOP = re.compile(r"\basyncio\.(?:create_task|ensure_future|get_running_loop)\(")
MAX_ANSWERS = 20
TERMINAL = os.terminal_size((80, 24))


class KernelShell(InteractiveShell):
    """Passes over what it cannot do; says so where the cell's output goes.

    Attributes:
        nested: the first error of what a cell magic ran in its cell's place.
        missing: names that a failed import was to bind, with what is not installed.
    """

    def __init__(self, **kwargs: Any):
        self.nested: BaseException | None = None
        self.missing: dict[str, str] = {}
        super().__init__(**kwargs)
        self.exiter = ZMQExitAutocall(self)
        self.user_ns.update(exit=self.exiter, quit=self.exiter)
        self.ast_transformers.append(WithStandIns())
        self.user_ns.update(dict.fromkeys(("_i", "_ii", "_iii"), ""))
        self.builtin_trap.auto_builtins["input"] = _answered

    def ask_exit(self) -> None:
        """Go on: a kernel that is asked to end runs the rest of its cell too."""

    def stand_in(self, bound: str, module: str, name: str) -> Any:
        """Note that an import failed just now; return what takes its place.

        Args:
            bound: the name it was to bind.
            module: that was to be imported.
            name: of it; empty for the module itself.
        """
        error = sys.exc_info()[1]
        package = package_of(error, module, name)
        self.missing[bound] = package
        self._say(f"{package} is not installed where notebooks are graded ({error})")
        # `import torch.more` that fails leaves torch as it is.
        return (None if name else sys.modules.get(bound)) or StandIn(package)

    async def run_code(self, code_obj: Any, result: Any = None, *, async_: bool = False) -> bool:
        """Run a statement; one that uses what is not installed is left out."""
        failed = await super().run_code(code_obj, result, async_=async_)
        error = getattr(result, "error_in_exec", None)
        if failed and (package := _lacking(error)):
            result.error_in_exec = None
            # What it was to make is missing, too: `frame = pandas.read_csv(...)`.
            for name in _stored(code_obj) - self.user_ns.keys():
                self.user_ns[name] = StandIn(package)
                self.missing[name] = package
            return False
        return failed

    def should_run_async(self, raw_cell: str, **kwargs: Any) -> bool:
        """Run a cell in a loop if it waits, or speaks of the loop that runs."""
        in_loop = IN_LOOP.search(raw_cell) and ".run" not in raw_cell
        return bool(in_loop) or super().should_run_async(raw_cell, **kwargs)

    def system(self, cmd: str) -> None:
        """Run ``!command``; where there is no network, one that installs is not even tried."""
        if cmd.partition(" ")[0] in INSTALLERS:
            self._pass_over(f"!{cmd}", "nothing can be installed")
        else:
            super().system(cmd)

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run ``%magic``; what it cannot do costs its own line alone."""
        if magic_name in INSTALLERS:
            return self._pass_over(f"%{magic_name} {line}", "nothing can be installed")
        if magic_name == "timeit":  # a measurement takes seconds of the cell's own
            end = OPTIONS.match(line).end()  # type: ignore[union-attr]
            kept = "-o" if "o" in line[:end] else ""
            line = f"-n1 -r1 {kept} {line[end:]}"
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except Exception as error:
            if magic_name == "time" or isinstance(error, PackageMissing):  # it is the cell's own
                raise
            self._pass_over(f"%{magic_name}", error)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """Run ``%%magic``, and the cell itself where that leaves it undone.

        A cell is left undone by a magic that is not known, one that measures, and one that puts
        the definitions elsewhere, such as into a file.
        """
        result, undone = None, True
        if self.find_cell_magic(magic_name) and magic_name not in MEASURES:
            names = defined_names(cell)
            try:
                result = super().run_cell_magic(magic_name, line, cell)
                undone = bool(names) and names.isdisjoint(self.user_ns)
            except Exception as error:
                self._pass_over(f"%%{magic_name}", error)
        elif magic_name not in MEASURES:
            self._pass_over(f"%%{magic_name}", "there is no such magic command")
        if undone and magic_name not in ELSEWHERE:
            head = "" if CELL_MAGIC.match(cell) else "#\n"  # an error says its line in the whole
            done = self.run_cell(head + cell, store_history=False)
            self.nested = self.nested or done.error_before_exec or done.error_in_exec
        return result

    def magic(self, arg_s: str) -> Any:
        """Run ``%magic`` as notebooks of an older IPython ask for it."""
        name, _, line = arg_s.lstrip("%").partition(" ")
        return self.run_line_magic(name, line, 2)

    def enable_gui(self, gui: str | None = None) -> None:
        """Accept any: there is no window."""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Draw inline whatever is asked for: there is nobody to move a widget."""
        return super().enable_matplotlib("inline")

    def showtraceback(self, *args: Any, **kwargs: Any) -> None:
        """Show an error; of what is not installed, one line."""
        error = sys.exc_info()[1]
        if _lacking(error):
            self._say(f"a statement was left out: {error}")
        else:
            super().showtraceback(*args, **kwargs)

    def _pass_over(self, magic: str, why: object) -> None:
        self._say(f"{magic} was passed over where notebooks are graded: {why}")

    def _say(self, sentence: str) -> None:
        print(sentence, file=sys.stderr)


def _lacking(error: BaseException | None) -> str:
    """The package for want of which a statement ended, however it asked for it; else nothing."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    return name if name and name.partition(".")[0] not in OURS else ""


def _stored(code: CodeType) -> set[str]:
    """The names that a statement binds in the notebook."""
    stores = (i for i in dis.get_instructions(code) if i.opname in ("STORE_NAME", "STORE_GLOBAL"))
    return {instruction.argval for instruction in stores}


def settle() -> None:
    """Let the process look as a kernel's does to those who ask: arguments, terminal, debugger."""
    sys.argv[:] = ["ipykernel_launcher.py"]
    os.get_terminal_size = lambda descriptor=1: TERMINAL  # type: ignore[assignment]
    getpass.getpass = _answered
    # Nobody is there to debug, and a forgotten breakpoint is no error.
    sys.breakpointhook = pdb.set_trace = lambda *args, **kwargs: None
    pyplot.switch_backend = functools.partial(_drawing, pyplot.switch_backend)
    sys.modules.update(_emptied())


def _drawing(switch: Callable[[str], None], newbackend: str) -> None:
    """Draw as before where there is no such window: ``matplotlib.use("TkAgg")``."""
    with contextlib.suppress(ImportError):
        switch(newbackend)


def _emptied() -> dict[str, Any]:
    """Packages that the sandbox hides: to Python, an empty folder would be one, without a name."""
    sites = [Path(path) for path in sys.path if path.endswith("-packages")]
    folders = [folder for site in sites if site.is_dir() for folder in site.iterdir()]
    hidden = {f.name for f in folders if f.name.isidentifier() and _is_empty(f)}
    return dict.fromkeys(hidden - sys.modules.keys())


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


_answers = iter([""] * MAX_ANSWERS)


def _answered(prompt: object = "", *args: Any, **kwargs: Any) -> str:
    """Stand for ``input()``: show the question, and give the empty answer.

    Raises:
        EOFError: in the end, for there are loops that ask until they like the answer.
    """
    print(prompt)
    try:
        return next(_answers)
    except StopIteration:
        raise EOFError("nobody is there to answer") from None
