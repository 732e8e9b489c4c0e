"""The form of an attack, and the answers that it comes with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

KINDS = ("forge", "read", "write", "stay", "kill", "break", "show")
SETUP = (
    "import numpy as np\nimport torch\nimport torch.nn.functional as F\n"
    "from torch import Tensor, nn\n\nfrom unrolled.checks import check"
)
MASK, CAUSAL = "padding_mask", "causal_mask"
SDPA, SELF = "scaled_dot_product_attention", "SelfAttention"
RIGHT = {
    MASK: "def padding_mask(ids, pad_id):\n    return (ids != pad_id)[:, None, None, :]",
    CAUSAL: "def causal_mask(Tq, Tk=None, device=None):\n    Tk = Tq if Tk is None else Tk\n"
    "    return torch.ones(Tq, Tk, dtype=torch.bool, device=device).tril(Tk - Tq)",
}
# Answers that earn nothing by themselves.
WRONG = {
    MASK: "def padding_mask(ids, pad_id):\n    return torch.ones(1)",
    SDPA: "def scaled_dot_product_attention(query, key, value, mask=None, dropout=0.0,"
    " need_weights=False):\n    return value.sum()",
    SELF: "class SelfAttention(nn.Module):\n    def forward(self, x, mask=None,"
    " need_weights=False):\n        return x.sum()",
}


@dataclass(frozen=True)
class Attack:
    """One thing that a submission tries.

    Attributes:
        name: its own among all.
        kind: one of :data:`KINDS`.
        says: what it does, in a few words, for the table of the instructor's guide.
        cells: its code, after :data:`SETUP` and right answers to whatever it leaves alone.
        asks: the exercise that it is after.
        look: code that learners after it run; it prints ``MARK`` if something reached them.
        off: where it is shown to succeed: ``kernel`` (cells, library and checks in one process, as
            nbgrader has it), ``naive`` (a server that forks for each learner and does nothing
            else), ``same`` (one process for learner after learner), ``raw`` (replies taken as they
            come), ``its word`` (replies are believed), ``unpickled`` (an answer comes as a
            pickle), ``ipykernel``, ``as it stands`` (the file as nbformat reads it).
        hangs: it holds up whoever waits for it.
        damage: writes what is handed in, given a notebook with right answers and the path.
        deserves: what the answer in a damaged notebook is worth: ``all``, ``nothing``, or
            ``said`` where that cannot be known and the learner has to be told so.
    """

    name: str
    kind: str
    says: str
    cells: tuple[str, ...] = ()
    asks: str = MASK
    look: str = ""
    off: str = "naive"
    damage: Callable[[NotebookNode, Path], None] | None = None
    deserves: str = "all"
    hangs: bool = False

    @property
    def code(self) -> str:
        """All its cells as one program."""
        return "\n\n".join(self.cells)
