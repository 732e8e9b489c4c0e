"""What happened to each notebook, and which marks its code still deserves.

A case changes the notebook and returns nothing, or returns the file's bytes, or all files of the
submission by name.
"""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import nbformat

from grading.damaged.whole import (
    ATTENTION,
    CAUSAL,
    CHAPTER,
    PADDING,
    SELF,
    at,
    code,
    position,
    put,
    released,
    role,
    saved,
    stub,
    text,
    written,
)  # fmt: skip

PIP = re.compile("%pip.*")


@dataclass(frozen=True)
class Case:
    """One damaged submission.

    Attributes:
        happened: to the notebook, in words.
        change: does it.
        lost: answers that are gone from the file; every other earns what it earned before.
        explained: whether the answer in words is still to be found.
        says: part of what the learner must be told; empty if nothing needs to be said.
        look: whether a person must be asked to look.
    """

    happened: str
    change: Callable
    lost: tuple[str, ...] = ()
    explained: bool = True
    says: str = ""
    look: bool = False

    def files(self, chapter=CHAPTER):
        """The submission's files: name to bytes."""
        notebook = written(chapter)
        made = self.change(notebook)
        if isinstance(made, dict):
            return made
        return {f"{chapter}.ipynb": saved(notebook) if made is None else made}


CASES: dict[str, Case] = {}


def case(happened, **deserves):
    def keep(change):
        CASES[change.__name__] = Case(happened, change, **deserves)
        return change

    return keep


# Check cells


@case("a check cell deleted", says="check cell of causal_mask was missing")
def check_deleted(notebook):
    del notebook["cells"][position(notebook, "check-causal_mask")]


@case("a check cell copied to the end", says="more than once")
def check_copied(notebook):
    notebook["cells"].append(dict(at(notebook, "check-padding_mask"), id="copy"))


@case("a check cell edited", says="had been changed")
def check_edited(notebook):
    put(at(notebook, "check-causal_mask"), "print('4 of 4 points')\n4")


@case("check cells turned into text", says="had been changed")
def checks_turned(notebook):
    for cell in notebook["cells"]:
        if role(cell).get("grade") and cell["cell_type"] == "code":
            to_markdown(cell)


def to_markdown(cell):
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]


# Roles and ids


@case("an answer turned into text", says="turned into text")
def answer_turned(notebook):
    to_markdown(at(notebook, ATTENTION))


@case("an answer turned into text, its metadata lost", says="turned into text")
def answer_turned_and_unlabelled(notebook):
    to_markdown(at(notebook, ATTENTION))
    at(notebook, ATTENTION)["metadata"] = {}


@case("the metadata of every cell lost", says="found by its name")
def metadata_lost(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}


@case("metadata and ids lost", says="found by its name")
def metadata_and_ids_lost(notebook):
    metadata_lost(notebook)
    ids_lost(notebook)


def ids_lost(notebook):
    for cell in notebook["cells"]:
        del cell["id"]


@case("every cell with the same id")
def ids_duplicated(notebook):
    for cell in notebook["cells"]:
        cell["id"] = "a1b2c3d4"


@case("every grade id renamed", says="found by its name")
def grade_ids_renamed(notebook):
    for cell in notebook["cells"]:
        if role(cell):
            role(cell)["grade_id"] = f"cell-{role(cell)['grade_id']}-1"


@case("the grade ids of two answers exchanged")
def grade_ids_exchanged(notebook):
    role(at(notebook, PADDING))["grade_id"] = CAUSAL
    role(at(notebook, CAUSAL))["grade_id"] = PADDING


# Cells


@case("all cells in reverse order", says="imports were missing or changed")
def cells_reversed(notebook):
    notebook["cells"].reverse()


@case("the imports deleted", says="imports were missing or changed")
def imports_deleted(notebook):
    del notebook["cells"][position(notebook, "setup")]


@case("an import before 'from __future__', so that none runs", says="imports were missing or")
def imports_broken(notebook):
    put(at(notebook, "setup"), "import seaborn\n" + text(at(notebook, "setup")))


@case("two answers to one question, the first not even Python", says="last one counts", look=True)
def two_answers(notebook):
    first = dict(stub(ATTENTION), id="first")
    put(first, f"def {ATTENTION}(query, key, value:\n    return value")
    notebook["cells"].insert(position(notebook, ATTENTION), first)


@case("a copy of the untouched stub below the answer", says="untouched stub")
def stub_below_answer(notebook):
    notebook["cells"].append(dict(stub(SELF), id="again"))


@case("the answer in a cell of its own below the stub", says="untouched stub")
def answer_below_stub(notebook):
    here = position(notebook, PADDING)
    notebook["cells"].insert(here + 2, code(text(at(notebook, PADDING))))
    notebook["cells"][here] = stub(PADDING)


@case("the answer in a cell of its own above the stub", says="untouched stub")
def answer_above_stub(notebook):
    here = position(notebook, SELF)
    notebook["cells"].insert(here, code(text(at(notebook, SELF))))
    notebook["cells"][here + 1] = stub(SELF)


@case("the stub's raise left above a right body", says="below the stub's raise", look=True)
def raise_left(notebook):
    cell = at(notebook, PADDING)
    stop = '    raise NotImplementedError("this answer is still to be written")\n'
    put(cell, text(cell).replace("    return", stop + "    return"))


@case("a warning and a progress bar on stderr in a right answer")
def noise_on_stderr(notebook):
    cell = at(notebook, PADDING)
    noise = "    import sys, warnings\n    warnings.warn('slow')\n    sys.stderr.write('\\r 50%')\n"
    put(cell, text(cell).replace("    return", noise + "    return"))


@case("an answer split in two inside its body", says="joined again", look=True)
def answer_split(notebook):
    here = position(notebook, ATTENTION)
    above, line, below = text(notebook["cells"][here]).partition("    weights = masked_softmax")
    rest = dict(notebook["cells"][here], id="rest")
    put(notebook["cells"][here], above)
    put(rest, line + below)
    notebook["cells"].insert(here + 1, rest)


@case("two answers and their checks merged into one cell", says="was missing")
def answers_merged(notebook):
    first, last = position(notebook, PADDING), position(notebook, "check-causal_mask")
    codes = [c for c in notebook["cells"][first : last + 1] if c["cell_type"] == "code"]
    put(codes[0], "\n\n".join(map(text, codes)))
    notebook["cells"][first : last + 1] = [codes[0]]


@case("all answers and checks merged into the cell of the imports", says="was missing")
def code_merged(notebook):
    here = position(notebook, "setup")
    cells = notebook["cells"][here:]
    merged = [c for c in cells if c["cell_type"] == "code" and "demo" not in tags(c)]
    rest = [c for c in cells if c not in merged]
    put(merged[0], "\n\n".join(map(text, merged)))
    notebook["cells"][here:] = [merged[0], *rest]


def tags(cell):
    return cell["metadata"].get("tags", [])


@case("two answers merged into one cell, the second's stub still below", says="untouched stub")
def answers_merged_above_stub(notebook):
    both = f"{text(at(notebook, PADDING))}\n\n{text(at(notebook, CAUSAL))}"
    put(at(notebook, PADDING), both)
    notebook["cells"][position(notebook, CAUSAL)] = stub(CAUSAL)


@case("code pasted from a chat, its indents no-break spaces", says="invisible characters")
def no_break_spaces(notebook):
    cell = at(notebook, PADDING)
    put(cell, text(cell).replace("    ", "\u00a0" * 4) + "\u200b")


@case("a cell's output nested a hundred thousand deep", says="could not be read", look=True)
def deep_output(notebook):
    at(notebook, "code-6")["outputs"] = "HERE"
    return saved(notebook).replace(b'"HERE"', b"[" * 100_000 + b"]" * 100_000)


@case("fifteen megabytes of outputs")
def huge_outputs(notebook):
    lines = ["0.123456789 " * 80 + "\n"] * 15_000
    at(notebook, "code-6")["outputs"][0]["text"] = lines


# Editors


@case("saved by Colab: no ids, lines of its own in the metadata")
def colab(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {"id": f"Xy{number}", "colab": {"base_uri": "https://localhost/"}}
    ids_lost(notebook)
    notebook["nbformat_minor"] = 0
    notebook["metadata"] |= {"colab": {"provenance": []}, "accelerator": "GPU"}


@case("uploaded to Colab, its metadata lost, and renamed", says="Untitled0.ipynb")
def colab_renamed(notebook):
    metadata_lost(notebook)
    colab(notebook)
    return {"Untitled0.ipynb": saved(notebook, indent=2)}


@case("saved by VS Code: its own metadata instead of nbgrader's", says="found by its name")
def vs_code(notebook):
    metadata_lost(notebook)
    ids_lost(notebook)
    for cell in notebook["cells"]:
        cell["metadata"] = {"vscode": {"languageId": "python"}}
    notebook["metadata"] = {"language_info": {"name": "python"}, "orig_nbformat": 4}
    notebook["nbformat_minor"] = 2


@case("saved by Kaggle: on one line, metadata first, sources as one string", says="by its name")
def kaggle(notebook):
    ids_lost(notebook)
    for cell in notebook["cells"]:
        cell |= {"source": text(cell), "metadata": {"_uuid": "0", "trusted": True}}
    order = ("metadata", "nbformat_minor", "nbformat", "cells")
    return saved({key: notebook[key] for key in order}, indent=None)


@case("saved in nbformat 3", says="old format")
def nbformat_3(notebook):
    return nbformat.writes(nbformat.reads(saved(notebook), as_version=3), version=3).encode()


@case("lines ended as on Windows, in the file and in the cells")
def windows_lines(notebook):
    for cell in notebook["cells"]:
        put(cell, text(cell).replace("\n", "\r\n"))
    return saved(notebook).replace(b"\n", b"\r\n")


# Scripts and archives


@case("exported by VS Code as a script", says="Python script", look=True)
def vs_code_script(notebook):
    return {f"{CHAPTER}.py": script(notebook, "# %% [markdown]\n", "# %%\n")}


@case("exported by nbconvert as a script", says="Python script", look=True, explained=False)
def nbconvert_script(notebook):
    return {f"{CHAPTER}.py": script(notebook, "", "# In[7]:\n\n\n")}


def script(notebook, prose, program):
    pieces = ["#!/usr/bin/env python\n# coding: utf-8\n\n"]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            pieces.append(program + PIP.sub("get_ipython().run_line_magic('pip', '')", text(cell)))
        else:
            pieces.append(prose + "\n".join(f"# {line}" for line in text(cell).split("\n")))
        pieces.append("\n\n")
    return "".join(pieces).encode()


@case("downloaded from Colab as a script", says="Python script", look=True, explained=False)
def colab_script(notebook):
    pieces, prose = [], ["Untitled0.ipynb\n\nAutomatically generated by Colab.\n"]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            prose.append(text(cell))
            continue
        pieces += [f'"""{joined}"""' for joined in ["\n\n".join(prose)] if joined]
        prose.clear()
        out = "# Commented out IPython magic to ensure Python compatibility.\n"
        lines = text(cell).split("\n")
        lines = [f"# {line}" if line.lstrip().startswith("%") else line for line in lines]
        pieces.append((out if "%pip" in text(cell) else "") + "\n".join(lines))
    pieces.append('"""' + "\n\n".join(prose) + '"""')
    return {"untitled0.py": "\n\n".join(pieces).encode()}


@case("handed in as a zip archive", says=".zip/")
def zipped(notebook):
    return {"homework.zip": archive({f"me/{CHAPTER}.ipynb": saved(notebook), "me/a.pdf": b"%PDF"})}


def archive(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, contents in files.items():
            file.writestr(name, contents)
    return packed.getvalue()


@case("in a folder inside the folder, with what macOS leaves", says=f"{CHAPTER}/{CHAPTER}.ipynb")
def nested(notebook):
    beside = {f"__MACOSX/._{CHAPTER}.ipynb": b"\0\5\x16\7", ".DS_Store": b"\0"}
    return {f"{CHAPTER}/{CHAPTER}.ipynb": saved(notebook), **beside}


@case("saved by a browser with another ending", says=".ipynb.txt")
def another_ending(notebook):
    return {f"{CHAPTER}.ipynb.txt": saved(notebook)}


@case("renamed to -Copy1", says="-Copy1.ipynb")
def copy_1(notebook):
    return {f"{CHAPTER}-Copy1.ipynb": saved(notebook)}


@case("the work in -Copy1, beside the untouched original", says="left aside", look=True)
def copy_1_beside(notebook):
    released_too = {f"{CHAPTER}.ipynb": saved(released())}
    return {f"{CHAPTER}-Copy1.ipynb": saved(notebook), **released_too}


@case("the notebook empty, an editor's older copy beside it", says="older copy", look=True)
def checkpoint(notebook):
    older = {f".ipynb_checkpoints/{CHAPTER}-checkpoint.ipynb": saved(notebook)}
    return {f"{CHAPTER}.ipynb": b"", **older}
