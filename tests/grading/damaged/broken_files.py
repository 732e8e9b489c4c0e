"""Files that are no sound JSON, or no notebook at all. Importing this adds them to the cases."""

import json

from grading.damaged.cases import case, kaggle
from grading.damaged.whole import (
    ATTENTION,
    CAUSAL,
    CHAPTER,
    PADDING,
    SELF,
    at,
    put,
    saved,
    stub,
    text,
)  # fmt: skip

EVERYTHING = (PADDING, CAUSAL, ATTENTION, SELF)
NOTHING = {"lost": EVERYTHING, "explained": False, "look": True}


# Encodings


@case("saved with a byte order mark", says="byte order mark")
def byte_order_mark(notebook):
    return b"\xef\xbb\xbf" + saved(notebook)


@case("saved as UTF-16", says="UTF-16")
def utf_16(notebook):
    return saved(notebook).decode().encode("utf-16")


@case("saved in the encoding of an older Windows", says="cp1252")
def cp1252(notebook):
    return saved(notebook).decode().encode("cp1252", "replace")


@case("some bytes of prose overwritten", says="characters of the file are damaged", look=True)
def bad_bytes(notebook):
    return saved(notebook).replace("6 · Self".encode(), b"6 \xff\xfe Self")


@case("NUL bytes inside and at the end, as after a power cut", says="NUL characters")
def nul_bytes(notebook):
    return saved(notebook).replace(b"return (ids", b"return \0\0(ids") + b"\0" * 5000


# JSON


@case("cut off after the third answer", lost=(SELF,), explained=False, says="cut off", look=True)
def cut_off(notebook):
    whole = saved(notebook)
    return whole[: whole.index(b"self.v_proj = ")]


@case(
    "written on one line and cut off inside a character",
    lost=(SELF,), explained=False, says="cut off", look=True,
)  # fmt: skip
def cut_off_line(notebook):
    put(at(notebook, SELF), "# ∆\n" + text(at(notebook, SELF)))
    whole = kaggle(notebook)
    return whole[: whole.index("∆".encode()) + 1]


@case("a quotation mark lost inside one answer", lost=(CAUSAL,), says="lost", look=True)
def quote_lost(notebook):
    return saved(notebook).replace(b'"def causal_mask(Tq,', b"def causal_mask(Tq,", 1)


@case("characters typed between two cells", says="not whole", look=True)
def typed_between(notebook):
    return saved(notebook).replace(b"\n  },\n  {", b"\n  },\n xx {", 3)


@case("the commas between cells lost", says="around its cells")
def commas_lost(notebook):
    return saved(notebook).replace(b"\n  },\n  {", b"\n  }\n  {")


@case("commas after every last item", says="trailing commas")
def trailing_commas(notebook):
    return saved(notebook).replace(b"\n   ]", b",\n   ]").replace(b"\n  }\n", b",\n  },\n")


@case("the end of a longer, older file behind it", says="held more", look=True)
def trailing_garbage(notebook):
    return saved(notebook) + b'   "version": "3.9.1"\n  }\n },\n "nbformat": 4\n}\n'


@case("a number of ten thousand digits and NaN in the metadata")
def huge_number(notebook):
    notebook["metadata"]["n"] = "HERE"
    return saved(notebook).replace(b'"HERE"', b"[NaN, -Infinity, " + b"9" * 10_000 + b"]")


def conflict(first, last, base=""):
    middle = f"||||||| base\n{base}\n" if base else ""
    return f"<<<<<<< HEAD\n{first}\n{middle}=======\n{last}\n>>>>>>> theirs"


@case("a merge conflict over what a cell showed", says="merge conflicts", look=True)
def conflict_in_outputs(notebook):
    mine = '      "ran cell 5\\n"'
    made = conflict(mine, '      "ran cell 6\\n"', '      "ran\\n"')
    return saved(notebook).decode().replace(mine, made, 1).encode()


@case("a merge conflict of an answer with its stub", says="merge conflicts", look=True)
def conflict_with_stub(notebook):
    mine, theirs = (lines_of(cell) for cell in (at(notebook, SELF), stub(SELF)))
    return saved(notebook).decode().replace(mine, conflict(mine, theirs)).encode()


@case("a merge conflict of a stub with its answer", says="merge conflicts", look=True)
def conflict_of_stub(notebook):
    mine, theirs = (lines_of(cell) for cell in (at(notebook, SELF), stub(SELF)))
    return saved(notebook).decode().replace(mine, conflict(theirs, mine)).encode()


def lines_of(cell):
    """A cell's text, as its lines stand in the file."""
    whole = json.dumps({"a": {"b": {"source": cell["source"]}}}, indent=1, ensure_ascii=False)
    lines = whole.split("\n")
    return "\n".join(lines[4:-4])


@case("conflict markers inside a cell, as nbdime writes them", says="merge conflicts", look=True)
def conflict_in_cell(notebook):
    cell = at(notebook, PADDING)
    right = "    return (ids != pad_id)[:, None, None, :]"
    line = next(line for line in text(cell).split("\n") if line.startswith(right))
    put(cell, text(cell).replace(line, conflict("    return (ids !=", line)))


# No notebook


@case("a PDF", **NOTHING, says="is a PDF")
def pdf(notebook):
    return b"%PDF-1.7\n1 0 obj\n"


@case("a web page", **NOTHING, says="is a web page")
def web_page(notebook):
    return {f"{CHAPTER}.html": b"x", f"{CHAPTER}.ipynb": b"<!DOCTYPE html>\n<title>mine</title>"}


@case("an empty file", **NOTHING, says="is empty")
def empty(notebook):
    return b""


@case("a damaged archive", **NOTHING, says="archive is damaged")
def damaged_archive(notebook):
    return {"homework.zip": b"PK\x03\x04 and no more"}


@case("an archive of a kind that is not read", **NOTHING, says="it holds homework.rar")
def another_archive(notebook):
    return {"homework.rar": b"Rar!"}
