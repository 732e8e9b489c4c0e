"""A download that survives a lost connection: what came stays, and the rest is asked for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from tqdm import tqdm

__all__ = ["ResumingDownloader"]

_CHUNK = 1 << 16  # bytes
_TIMEOUT = 30  # seconds without a byte


class ResumingDownloader:
    """A downloader for Pooch that goes on where an earlier attempt was cut off.

    The bytes that have come are kept beside the cache as ``*.part``. The server is asked for those
    that follow (``Range``); one that does not offer that sends all of them and the file is begun
    anew. Whether the result is right is for Pooch to say, by its SHA-256.

    Args:
        name: of the file, for the progress bar.
        progress: whether to show one.

    Attributes:
        resumed: whether the file was put together from more than one answer.
    """

    def __init__(self, name: str, progress: bool = True):
        self.name, self.progress, self.resumed = name, progress, False

    def __call__(self, url: str, output_file: str, store: Any, check_only: bool = False) -> None:
        """Fetch ``url`` into ``output_file``; Pooch calls this."""
        import requests  # not at the top: it takes 0.1 s, and few imports of this end in a download

        part = Path(store.path) / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.part"
        while True:
            before = _size(part)
            try:
                self._go_on(url, part)
                break
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                if _size(part) <= before:  # nothing more came: give up, keep what there is
                    raise
        os.replace(part, output_file)

    def _go_on(self, url: str, part: Path) -> None:
        import requests

        here = _size(part)
        headers = {"Accept-Encoding": "identity"}  # the file's bytes, not compressed on the way
        if here:
            headers["Range"] = f"bytes={here}-"
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                part.unlink()  # nothing follows what is here: begin anew
                return self._go_on(url, part)
            answer.raise_for_status()
            goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {here}-")
            self.resumed |= goes_on
            here = here if goes_on else 0
            self._write(answer, part, here)

    def _write(self, answer: Any, part: Path, here: int) -> None:
        total = here + int(answer.headers.get("Content-Length", 0)) or None
        bar = tqdm(
            desc=self.name, total=total, initial=here, unit="B", unit_scale=True,
            disable=not self.progress,
        )  # fmt: skip
        with bar, part.open("ab" if here else "wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
