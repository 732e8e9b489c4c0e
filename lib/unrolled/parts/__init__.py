"""Parts: the reference's layers, or a learner's own, in the same models.

A model asks for each of its parts by the reference's name, ``part(MultiHeadAttention)(8, 2)``, and
gets what is in scope: the reference, unless :func:`use` says otherwise::

    with use(mine()):                 # or use({"MultiHeadAttention": MyAttention})
        model = GPT(config)
    load_weights(model, state)        # strict; a PARAM_MAP on a class renames
    provenance(model)                 # whose part stands where

Which slots there are: **a class asks, where it is built and never inside a call, for every public
layer that it constructs and for the answer of every exercise that it calls.** What attention is
made of inside, its heads and their product, is no slot: who wants another brings another attention.
A function asks for nothing, unless learners' parts are to stand in a loop or in a model that it
makes: ``fit``, ``decode_transformer``, ``add_lora``, ``ByteBPE.train``.
"""

from unrolled.parts.loading import load_weights
from unrolled.parts.mylib import mine, store
from unrolled.parts.scope import part, provenance, use

__all__ = ["load_weights", "mine", "part", "provenance", "store", "use"]
