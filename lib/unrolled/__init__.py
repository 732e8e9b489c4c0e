"""Unrolled: from RNNs to GPT, one layer at a time.

The reference layers of the book, one module per idea. Import a layer from its module
(``from unrolled.attention import MultiHeadAttention``); importing the package alone is free.
"""

__version__ = "0.1.0"
