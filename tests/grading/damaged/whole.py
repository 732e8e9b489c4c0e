"""A submission before anything happens to it: three answers right, one wrong, one in words."""

import copy
import json
from pathlib import Path

ROOT = Path(__file__).parents[3]
CHAPTER = "06-self-attention"
EXPLAIN = "explain-same-word-twice"
EXPLANATION = "Both are the same vector: “the” asks, offers and hands over the same, twice."
# Right where there are as many keys as queries.
WRONG_MASK = """\
def causal_mask(Tq, Tk=None, device=None):
    Tk = Tq if Tk is None else Tk
    return torch.ones(Tq, Tk, dtype=torch.bool, device=device).tril()"""
PADDING, CAUSAL = "padding_mask", "causal_mask"
ATTENTION, SELF = "scaled_dot_product_attention", "SelfAttention"


def released(chapter=CHAPTER):
    """The notebook that learners are given, as JSON."""
    return _read("exercises", chapter)


def written(chapter=CHAPTER):
    """The same with its answers written, and with outputs as after a run."""
    answers = {cell["id"]: "".join(cell["source"]) for cell in _read("solutions", chapter)["cells"]}
    notebook = released(chapter)
    for number, cell in enumerate(notebook["cells"]):
        if role(cell).get("solution") and cell["cell_type"] == "code":
            lines = answers[cell["id"]].split("\n")
            put(cell, "\n".join(line for line in lines if "### " not in line))
        elif role(cell).get("solution"):
            put(cell, EXPLANATION)
        if cell["cell_type"] == "code":
            cell["execution_count"] = number + 1
            text = [f"ran cell {number}\n"]
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    if chapter == CHAPTER:
        put(at(notebook, CAUSAL), WRONG_MASK)
    return notebook


def _read(folder, chapter):
    return json.loads((ROOT / folder / chapter / f"{chapter}.ipynb").read_text(encoding="utf-8"))


def role(cell):
    """What nbgrader knows of a cell."""
    return cell["metadata"].get("nbgrader", {})


def put(cell, source):
    """Give a cell another text, in lines as Jupyter saves it."""
    cell["source"] = source.splitlines(keepends=True)


def text(cell):
    """A cell's text."""
    return "".join(cell["source"])


def position(notebook, cell_id):
    """Where the cell with an id stands."""
    return next(n for n, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)


def at(notebook, cell_id):
    """The cell with an id."""
    return notebook["cells"][position(notebook, cell_id)]


def stub(cell_id):
    """A cell as released."""
    return copy.deepcopy(at(released(), cell_id))


def code(source):
    """A cell of the learner's own."""
    cell = {"cell_type": "code", "id": "own", "metadata": {}, "outputs": []}
    return cell | {"execution_count": None, "source": source.splitlines(keepends=True)}


def saved(notebook, indent=1):
    """The notebook's file, as Jupyter writes it."""
    return (json.dumps(notebook, indent=indent, ensure_ascii=False) + "\n").encode()
