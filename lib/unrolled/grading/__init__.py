"""Grading a class: what a learner's code computes is asked for, never trusted.

``run`` is the whole of it: it reads ``submissions``, has their exercises asked (``asking``) of code
that runs in a ``sandbox``, and writes the ``gradebook`` and the ``pages``. ``inside`` alone runs
beside a learner's code. Everything else is the trusted side: it decides the marks and hands them to
nbgrader, whose gradebook is the system of record. ``downloads`` takes submissions from a learning
platform, ``rules`` says when a class has to be graded again.
"""
