"""Stop early, and in words, when Python is too old."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older Python runs this file)
    sys.exit(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is wanted.")
