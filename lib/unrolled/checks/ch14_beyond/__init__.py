"""Chapter 14: patches of images, retrieval, and a prompt with what was found."""

from unrolled.checks.ch14_beyond.patches import CHAPTER, PATCH_EMBED
from unrolled.checks.ch14_beyond.retrieval import RAG_PROMPT, RETRIEVE

__all__ = ["CHAPTER", "EXERCISES"]

EXERCISES = (PATCH_EMBED, RETRIEVE, RAG_PROMPT)
