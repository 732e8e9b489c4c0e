"""What each learner of the sample class wrote and did to the notebook.

An answer is the list of bodies for the cell's ``YOUR CODE HERE`` places; ``RIGHT`` stands for the
reference's own. ``done`` and ``saved`` name what happened to the notebook afterwards; see
``build.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sample_class.answers import (
    AFTER_SOFTMAX,
    ATTENTION,
    CAUSAL,
    CHEAT,
    DIFFERENT,
    FORGED,
    LOOPS,
    MY_SOFTMAX,
    NO_NUMPY,
    NO_SCALE,
    ONES,
    OVER_QUERIES,
    OWN,
    PADDING,
    PRINTS,
    RENAMED,
    SELF,
    STRICT,
    SWAPPED,
    THREE,
    TINY_FILL,
    TOP_LEFT,
    TWO_IN_SELF,
    WARNING,
)

RIGHT = object()
STUB = object()

EXPLANATION = """\
1. Both are the same vector, so their queries are the same and so is everything after. Training
   changes the matrices, not that.
2. Nothing. If I shuffle the words I get the same outputs, shuffled.
3. The second one sees more words. But "saw dog the" and "dog saw the" end in the same output for
   the last word, so it is not really order."""


@dataclass(frozen=True)
class Learner:
    """One submission.

    Attributes:
        about: what the case is for.
        answers: bodies by exercise; every other exercise is answered right.
        otherwise: what every other exercise has, ``RIGHT`` or ``STUB``.
        explanation: the answer in words; empty leaves the cell untouched.
        before: a cell of the learner's own after the imports.
        done: names of functions of ``build.py`` that change the notebook.
        saved: name of a function of ``build.py`` that changes the file's text.
        name: of the notebook's file, where it is not the assignment's.
        timestamp: what ``timestamp.txt`` holds, if there is one.
    """

    about: str
    answers: dict[str, list[str] | object] = field(default_factory=dict)
    otherwise: object = RIGHT
    explanation: str = EXPLANATION
    before: str = ""
    done: tuple[str, ...] = ()
    saved: str = ""
    name: str = ""
    timestamp: str = ""


LEARNERS = {
    "learner-01": Learner("everything right"),
    "learner-02": Learner("right, written differently", answers=DIFFERENT),
    "learner-03": Learner("one mistake: softmax over queries", answers={ATTENTION: [OVER_QUERIES]}),
    "learner-04": Learner("three mistakes in one answer", answers={ATTENTION: [THREE]}),
    "learner-05": Learner("nothing written", otherwise=STUB, explanation=""),
    "learner-06": Learner("an endless loop below the answer", done=("loop_below_causal",)),
    "learner-07": Learner("the answer ends the process", done=("exit_below_attention",)),
    "learner-08": Learner(
        "torch.allclose and the checks replaced",
        answers={PADDING: ONES, CAUSAL: ONES, ATTENTION: ONES, SELF: ["pass", "return x"]},
        before=CHEAT,
    ),
    "learner-09": Learner(
        "right, with warnings on stderr",
        answers={PADDING: [WARNING + "return (ids != pad_id)[:, None, None, :]"]},
        before="import warnings\nwarnings.warn('from a cell')",
    ),
    "learner-10": Learner("a check cell deleted", done=("delete_causal_check",)),
    "learner-11": Learner(
        "a syntax error", answers={ATTENTION: ["scores = query @ key.transpose(-2, -1"]}
    ),
    "learner-12": Learner("a renamed notebook", name="06-self-attention-Copy1.ipynb"),
    "learner-13": Learner("not a notebook", explanation="", saved="as_pdf"),
    "learner-14": Learner("metadata lost, cells in another order", done=("lose_metadata",)),
    "learner-15": Learner(
        "a mistake in each mask",
        answers={PADDING: ["return (ids == pad_id)[:, None, None, :]"], CAUSAL: [TOP_LEFT]},
    ),
    "learner-16": Learner(
        "two right, one without its import, one not begun",
        answers={
            PADDING: ["mask = ids.ne(pad_id)\nreturn mask.unsqueeze(1).unsqueeze(2)"],
            CAUSAL: RIGHT,
            ATTENTION: [NO_NUMPY],
        },
        otherwise=STUB,
        explanation="1. I think they start equal.",
    ),
    "learner-17": Learner("right, in a way of one's own", answers={ATTENTION: [OWN]}),
    "learner-18": Learner(
        "the same with other names, late",
        answers={ATTENTION: [RENAMED]},
        timestamp="2026-03-04 01:12:09 UTC",
    ),
    "learner-19": Learner(
        "one mistake: no scale; late",
        answers={ATTENTION: [NO_SCALE]},
        timestamp="2026-03-03 08:30:00 UTC",
    ),
    "learner-20": Learner(
        "saved by Colab, with one mistake: 1e-9",
        answers={ATTENTION: [TINY_FILL]},
        before="import math",
        done=("colab",),
    ),
    "learner-21": Learner("the end of the file is lost", explanation="", saved="cut_off"),
    "learner-22": Learner("a merge conflict with the stub", saved="conflict_with_stub"),
    "learner-23": Learner(
        "its own check, and the check cells changed",
        answers={PADDING: RIGHT},
        otherwise=STUB,
        before=FORGED,
        done=("change_checks",),
    ),
    "learner-24": Learner("prints a lot", answers={CAUSAL: [LOOPS]}, before=PRINTS),
    "learner-25": Learner(
        "installs a package, which needs a network", before="!pip install -q --retries 0 einops"
    ),
    "learner-26": Learner("in a folder of its own", name="Week 6/06-self-attention.ipynb"),
    "learner-27": Learner(
        "two mistakes in the layer, of which the first hides the second",
        answers={SELF: TWO_IN_SELF},
    ),
    "learner-28": Learner(
        "the mask after the softmax, which is a helper of the learner's",
        answers={ATTENTION: [AFTER_SOFTMAX]},
        before=MY_SOFTMAX,
    ),
    "learner-29": Learner("an empty file", explanation="", saved="emptied"),
    "learner-30": Learner(
        "the stub's raise left above the answer, a strict mask, queries and keys exchanged",
        answers={CAUSAL: [STRICT], SELF: SWAPPED},
        done=("leave_raise_in_padding",),
    ),
}
