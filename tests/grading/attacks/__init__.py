"""What submissions try, as data: one module for each kind, and the ground they are tried on.

An attack is code. It may use what ``grounds.knowledge`` tells it (where the course is, a port, a
process of the instructor), which is more than a learner knows, and the word ``MARK``, which it
prints, writes or leaves behind where it gets through. So one look tells whether it did.
"""

from grading.attacks import breaks, forge, kill, read, show, stay, write
from grading.attacks.attack import KINDS, Attack

ATTACKS: tuple[Attack, ...] = (
    *forge.ATTACKS, *read.ATTACKS, *write.ATTACKS, *stay.ATTACKS, *kill.ATTACKS, *breaks.ATTACKS,
    *show.ATTACKS,
)  # fmt: skip

__all__ = ["ATTACKS", "KINDS", "Attack"]
