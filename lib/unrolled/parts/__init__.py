"""Parts: the reference's layers, or a learner's own, in the same models.

A model asks for each of its parts by the reference's name, ``part(MultiHeadAttention)(8, 2)``, and
gets what is in scope: the reference, unless :func:`use` says otherwise::

    with use(mine()):                 # or use({"MultiHeadAttention": MyAttention})
        model = GPT(config)
    load_weights(model, state)        # strict; a PARAM_MAP on a class renames
    provenance(model)                 # whose part stands where
"""

from unrolled.parts.loading import load_weights
from unrolled.parts.mylib import mine, store
from unrolled.parts.scope import part, provenance, use

__all__ = ["load_weights", "mine", "part", "provenance", "store", "use"]
