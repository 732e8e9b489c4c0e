"""What the banks themselves are tested with: plain questions, asked without the checker.

A module ``chNN`` has ``QUESTIONS``: for each exercise, label to question. A label says what is
special about the question (mask, dropout, large, gradient ...); ``ONLY_IN`` says, for a mistake,
words of the labels where an answer with this one mistake may differ from the reference: everywhere
else it must be right.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import torch

from banks.questions.common import Question, same

__all__ = ["ONLY_IN", "QUESTIONS", "Error", "ask", "same"]

QUESTIONS: dict[str, dict[str, Question]] = {}
ONLY_IN: dict[tuple[str, str], tuple[str, ...]] = {}

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    if _module.startswith("ch"):
        _chapter = importlib.import_module(f"{__name__}.{_module}")
        QUESTIONS.update(_chapter.QUESTIONS)
        for _slug, _words in _chapter.ONLY_IN.items():
            _words = (_words,) if isinstance(_words, str) else _words
            ONLY_IN.update({(_name, _slug): _words for _name in _chapter.QUESTIONS})


class Error(str):
    """The name of an error, as an observation."""


def ask(exercise: str, answer: Any) -> dict[str, Any]:
    """Every question of an exercise; what an answer raises is its observation."""
    seen = {}
    for label, question in QUESTIONS[exercise].items():
        torch.manual_seed(7)
        try:
            seen[label] = question(answer)
        except Exception as error:
            seen[label] = Error(type(error).__name__)
    return seen
