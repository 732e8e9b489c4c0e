"""What a probe has to hand an answer and torch does not have: answer-free models and functions.

A worker in the sandbox has this module, so nothing in it may help with an exercise.
"""

from __future__ import annotations
