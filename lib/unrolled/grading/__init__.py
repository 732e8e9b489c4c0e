"""Grading a class: what a learner's code computes is asked for, never trusted.

``inside`` runs in the sandbox with the learner's code. Everything else is the trusted side: it
parses notebooks, asks the questions through :class:`~unrolled.candidate.handles.Candidate`, decides
the marks and hands them to nbgrader, whose gradebook is the system of record.
"""
