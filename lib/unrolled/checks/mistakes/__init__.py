"""The known mistakes, one module a chapter: patches of the reference, and a sentence for each."""
