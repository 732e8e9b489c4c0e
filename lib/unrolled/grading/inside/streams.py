"""Where what cells show goes to: standing for the streams and displays of a kernel."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher


class _Sink(io.RawIOBase):
    """The bytes below a stream: what is written comes back as text."""

    def __init__(self, name: str, take: Callable[[str], None]):
        self.name, self.take = f"<{name}>", take
        self.number = {"stdout": 1, "stderr": 2}[name]
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, data: Any) -> int:
        self.take(self.decoder.decode(bytes(data)))
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """A descriptor, for those who write past Python; nobody reads there."""
        return self.number


def stream(name: str, take: Callable[[str], None]) -> io.TextIOWrapper:
    """Stand for stdout or stderr while cells run, with all that a file of text has.

    Args:
        name: ``stdout`` or ``stderr``.
        take: is given what is written.
    """
    sink: Any = _Sink(name, take)
    text = io.TextIOWrapper(sink, "utf-8", "backslashreplace", newline="", write_through=True)
    text.mode = "w"
    return text


class Publisher(DisplayPublisher):
    """Gives what is displayed to the shell's outputs."""

    def publish(self, data: dict, metadata: dict | None = None, **ignored: Any) -> None:
        """Keep it."""
        self.shell.outputs.show("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what was shown before."""
        self.shell.outputs.items.clear()


class Hook(DisplayHook):
    """Gives a cell's last value to the shell's outputs."""

    def write_output_prompt(self) -> None:
        """Keep the prompt out of what is collected."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        """Keep it."""
        self.shell.outputs.show("execute_result", format_dict)
