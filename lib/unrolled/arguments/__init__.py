"""What each function refuses: one module for each module of layers, so that bodies stay readable.

Every message names the argument, what was given and what is wanted. A check is a function of the
same name and arguments as the function it guards; :func:`unrolled.views.views` calls it first.
What several modules refuse stands once, in ``common``, ``tensors`` and ``configs``.
"""
