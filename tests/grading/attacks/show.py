"""What is handed in is opened by a person who marks, or by a learner: nothing in it may act with
their rights, and it has to open.

A link is taken to run where the page of nbgrader's own feedback has it; ``test_formgrader.py``
clicks on it in a browser.
"""

import nbformat
from nbformat.v4 import new_markdown_cell, new_raw_cell

from grading.attacks.attack import Attack
from grading.spellings import ALERT, RUN, TEX


def written(name, says, text, cell=new_markdown_cell):
    """Text at the end of a notebook."""

    def write(notebook, path):
        notebook.cells.append(cell(text))
        nbformat.write(notebook, path)

    return Attack(name, "show", says, off="as it stands", damage=write)


ATTACKS = (
    written("a link that runs", "a link in words is a script", f"[notes]({ALERT})"),
    written("a link in disguise", "the same as a reference, its scheme in HTML's numbers",
            f"[notes][n]\n\n[n]: JavaScript&#58;{RUN}"),
    written("a formula that runs", "TeX's \\href leads to a script", TEX["href"]),
    written("a picture that runs", "HTML in words with a script for its errors",
            f'<img src="x" onerror="{RUN}">'),
    written("raw text that runs", "the formula in a raw cell", TEX["href"], new_raw_cell),
    written("a picture that is not there", "words show an attachment that the file lacks",
            "![see](attachment:gone.png)"),
)  # fmt: skip
