"""The boundary between a learner's answer and those who ask it questions.

``handles`` is the side that asks: probes are written against its :class:`~handles.Candidate`.
``host`` is the side that holds the learner's code. Between them go values (``values``) in messages
(``wire``), in one process while learning and across a sandbox while grading, with the same
behaviour: copies, no shared objects, no pickle. What comes back is unpacked as if it were forged
(``unpacking``) and paid from one account (``budget``). Both sides read a cell's text the same way
(``sources``), and ``watch`` notes what runs while an answer does.

The package imports nothing else of ``unrolled``, so that a sandboxed worker can have it.
"""
