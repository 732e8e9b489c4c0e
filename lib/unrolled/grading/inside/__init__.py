"""The side that runs in the sandbox: a warm process that forks once for every question.

It is copied into the worker's own package and may import only the standard library, torch, numpy,
IPython, matplotlib and ``unrolled.candidate`` without its handles.
"""
